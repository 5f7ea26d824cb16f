package slice_test

import (
	"crypto/rand"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"golang.org/x/mod/sumdb/note"

	"github.com/vetgraph/vetgraph/internal/slice"
)

type reviewer struct{ private, public string }

func reviewers(t *testing.T, names ...string) map[string]reviewer {
	t.Helper()
	all := map[string]reviewer{}
	for _, name := range names {
		private, public, err := note.GenerateKey(rand.Reader, name)
		if err != nil {
			t.Fatal(err)
		}
		all[name] = reviewer{private, public}
	}
	return all
}

// A slice opens when two different reviewers have signed it as it stands.
func TestReviewedByTwo(t *testing.T) {
	people := reviewers(t, "data", "protection", "stranger")
	listed := "# who may sign\n" + people["data"].public + " # data\n" + people["protection"].public + "\n"
	sign := func(text string, by ...string) []byte {
		s, err := slice.Read("bus.yaml", []byte(text))
		if err != nil {
			t.Fatal(err)
		}
		var signed []byte
		for _, name := range by {
			if signed, err = s.Sign(signed, people[name].private); err != nil {
				t.Fatal(err)
			}
		}
		return signed
	}
	changed := strings.Replace(good, "keepDays: 7", "keepDays: 3650", 1)
	for name, c := range map[string]struct {
		text string
		sig  []byte
		want string
	}{
		"two reviewers":            {good, sign(good, "data", "protection"), ""},
		"two, one of them twice":   {good, sign(good, "data", "protection", "data"), ""},
		"nobody":                   {good, nil, "signed by 0 of 2"},
		"one":                      {good, sign(good, "data"), "signed by 1 of 2"},
		"one, twice":               {good, sign(good, "data", "data"), "signed by 1 of 2"},
		"one and a stranger":       {good, sign(good, "data", "stranger"), "signed by 1 of 2"},
		"strangers":                {good, sign(good, "stranger"), "signed by 0 of 2"},
		"another text":             {changed, sign(good, "data", "protection"), "of another text"},
		"changed after the first":  {changed, append(sign(good, "data"), sign(changed, "protection")...), "signatures"},
		"signed anew by one":       {changed, sign(changed, "protection"), "signed by 1 of 2"},
		"nonsense":                 {good, []byte("nonsense"), "signatures"},
		"enormous":                 {good, []byte(strings.Repeat("x", 70_000)), "longer"},
		"two, with a forged third": {good, append(sign(good, "data", "protection"), []byte("— data AAAAAAAAAAAA\n")...), ""},
	} {
		t.Run(name, func(t *testing.T) {
			folder := fstest.MapFS{"bus.yaml": {Data: []byte(c.text)}, "reviewers.txt": {Data: []byte(listed)}}
			if c.sig != nil {
				folder["bus.sig"] = &fstest.MapFile{Data: c.sig}
			}
			_, err := slice.Reviewed(folder)
			if c.want == "" && err != nil || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
				t.Errorf("%v, want %q", err, c.want)
			}
		})
	}
	again := append([]byte(nil), sign(good, "data")...)
	s, _ := slice.Read("bus.yaml", []byte(changed))
	signed, err := s.Sign(again, people["protection"].private)
	if err != nil || strings.Contains(string(signed), "— data") {
		t.Errorf("a signature of the text before was kept: %s %v", signed, err)
	}
	if _, err := s.Sign(nil, "PRIVATE+KEY+secret"); err == nil || strings.Contains(err.Error(), "secret") {
		t.Errorf("%v", err)
	}
	for name, text := range map[string]string{"none": "", "the same twice": people["data"].public + "\n" + people["data"].public, "no key": "who?"} {
		folder := fstest.MapFS{"bus.yaml": {Data: []byte(good)}, "reviewers.txt": {Data: []byte(text)}, "bus.sig": {Data: sign(good, "data", "protection")}}
		if _, err := slice.Reviewed(folder); err == nil {
			t.Errorf("reviewers %s: taken", name)
		}
	}
	if _, err := slice.Reviewed(fstest.MapFS{"bus.yaml": {Data: []byte(good)}}); err == nil {
		t.Error("without reviewers: taken")
	}
}

func TestDiffTellsWhatIsWider(t *testing.T) {
	was, err := read(t)
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		change []string
		wider  bool
		want   string
	}{
		"a field more":          {[]string{"[name, card]", "[name, card, salary]"}, true, "added Person.salary"},
		"a field less":          {[]string{"[name, card]", "[card]"}, false, "removed Person.name"},
		"an argument more":      {[]string{"person(id)", "person(id secretFilter)"}, true, "added Query.person(secretFilter:)"},
		"the whole province":    {[]string{`"230100000000"`, `"230000000000"`}, true, "rows were 230100000000"},
		"one district":          {[]string{`"230100000000"`, `"230102000000"`}, false, "are 230102000000"},
		"another city":          {[]string{`"230100000000"`, `"231000000000"`}, true, "rows were"},
		"a value more":          {[]string{"in: [ACTIVE]", "in: [ACTIVE, MAKING]"}, true, "ACTIVE|MAKING"},
		"a condition less":      {[]string{"where: [{fact: preferentialCard.state, in: [ACTIVE]}]", "where: []"}, true, "rows were"},
		"another purpose":       {[]string{"code: RIDES", "code: ADVERTS"}, true, "purpose was RIDES"},
		"no consent any more":   {[]string{"kind: CONSENT", "kind: STATUTORY_DUTY"}, true, "basis was CONSENT"},
		"longer":                {[]string{"2026-12-31", "2027-12-31"}, true, "open was"},
		"shorter":               {[]string{"2026-12-31", "2026-06-30"}, false, "open was"},
		"oftener":               {[]string{"perDay: 100", "perDay: 200"}, true, "is 10 and 200"},
		"kept for longer":       {[]string{"keepDays: 7", "keepDays: 8"}, true, "now for 8"},
		"another key":           {[]string{"x: 11qY", "x: 21qY"}, true, "client bus.hub is new"},
		"a client that is gone": {[]string{"clients: [{id: bus.hub, key: {kty: OKP, crv: Ed25519, x: 11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo}}]", "clients: []"}, false, "client bus.hub is gone"},
		"another partner":       {[]string{"en: Bus", "en: Tram"}, true, "the partner was"},
	} {
		t.Run(name, func(t *testing.T) {
			is, err := read(t, c.change...)
			if err != nil {
				t.Fatal(err)
			}
			changes := slice.Diff(was, is)
			if !slices.ContainsFunc(changes, func(ch slice.Change) bool { return ch.Wider == c.wider && strings.Contains(ch.Text.En, c.want) }) {
				t.Errorf("%+v, want %q, wider %v", changes, c.want, c.wider)
			}
			if len(slice.Diff(is, is)) != 0 {
				t.Error("it differs from itself")
			}
		})
	}
}
