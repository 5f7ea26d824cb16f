package notify_test

import (
	"strings"
	"testing"

	"github.com/vetgraph/vetgraph/internal/lifecycle"
	"github.com/vetgraph/vetgraph/internal/notify"
)

// Every mistake in a file of notices is told at once, where it stands.
func TestMistakesInNotices(t *testing.T) {
	_, err := notify.Load("my.yaml", []byte(`settings: {channels: [SMS, PIGEON], unreadWorkdays: 0, smsHours: 12, secretHours: 24, confidence: A}
untold: [{kind: CASE_ACCEPTED, why: because}]
otherwise:
  number: {zh: x, en: x}
  matter: {zh: x, en: x}
  department: {zh: x, en: x}
  due: {zh: x, en: x}
  words: {zh: x, en: x}
  code: {zh: x, en: x}
notices:
  - {kind: CASE_ACCEPTED, title: {zh: 受理, en: Accepted}, body: {zh: "{name}您好", en: "Hello"}}
  - {kind: CASE_ACCEPTED, title: {zh: "{number}", en: Accepted}, body: {zh: "理由{words}", en: "Why"}}
  - {kind: nonsense, title: {zh: 受理}, body: {zh: a, en: b}, colour: red}
`))
	if err == nil {
		t.Fatal("it was taken")
	}
	for _, want := range []string{
		`my.yaml:1:28: unknown channel "PIGEON"`, "my.yaml:1:53: wants a number from 1 to 720", "my.yaml:2:17: CASE_ACCEPTED is told",
		"unknown placeholder {name}", "my.yaml:12:12: CASE_ACCEPTED stands here twice", "a title has no placeholders", "has {words}",
		"a kind is written like CASE_ACCEPTED", "missing here: en", `unknown key "colour"`, "SILENCE_ESCALATED must be told",
	} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%s is not told in\n%v", want, err)
		}
	}
}

// Every way a case can end is told, and so is every move of an item that is the
// applicant's to know or that stops the clock.
func TestEveryEndIsTold(t *testing.T) {
	w, err := notify.Builtin()
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range lifecycle.CaseState("").Values() {
		if lifecycle.CaseState(s).Ended() && !w.Tells("CASE_"+s) {
			t.Errorf("CASE_%s is not told", s)
		}
	}
	untold := map[string]bool{}
	for _, u := range w.Untold {
		untold[u.Kind] = true
	}
	for _, s := range lifecycle.ItemState("").Values() {
		if !w.Tells("ITEM_"+s) && !untold["ITEM_"+s] && s != "WAITING" {
			t.Errorf("ITEM_%s is neither told nor said not to be", s)
		}
	}
}
