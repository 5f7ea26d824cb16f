package identity_test

import (
	"strings"
	"testing"

	"github.com/vetgraph/vetgraph/internal/identity"
)

func TestClaimed(t *testing.T) {
	r := identity.BuiltinRules()
	for says, want := range map[string]string{"": "REAL_NAME", "1": "BASIC", "3": "FACE", "FACE": "FACE", "urn:somebody:else": "BASIC"} {
		if got := r.Claimed(says); got != want {
			t.Errorf("%q is %s, want %s", says, got, want)
		}
	}
}

// Every mistake of the rules is told at once, with its place.
func TestLoadRulesBroken(t *testing.T) {
	_, err := identity.LoadRules("assurance.yaml", []byte(`levels:
  - {code: BASIC, name: {zh: 一, en: One}}
  - {code: BASIC, name: {zh: 一, en: One}}
claims:
  - {says: "1", level: HIGH}
unstated: LOW
confidence: Z
acts:
  - {act: item.decide, level: BASIC, why: {zh: 一, en: One}}
  - {act: item.decide, level: BASIC, why: {zh: 一, en: One}}
check: {lookup: ps.faceMatch, validMinutes: 0, perHour: 9999, confidence: A, camera: true}
`))
	if err == nil {
		t.Fatal("no mistake")
	}
	for _, want := range []string{
		"the level BASIC stands here twice", "there is no level HIGH", "there is no level LOW", "not \"Z\"", "item.decide is no act of a veteran",
		"item.decide stands here twice", "0 is not from 1 to 1440", "9999 is not from 1 to 1440", `unknown key "camera"`,
	} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("nothing of %s in\n%v", want, err)
		}
	}
}
