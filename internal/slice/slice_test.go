package slice_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/vektah/gqlparser/v2"
	"github.com/vektah/gqlparser/v2/ast"

	"github.com/vetgraph/vetgraph/internal/slice"
	"github.com/vetgraph/vetgraph/internal/words"
	"github.com/vetgraph/vetgraph/internal/workday"
)

const good = `slice: bus
version: 2
title: {zh: 乘车, en: Rides}
partner: {name: {zh: 公交, en: Bus}, contact: "12345"}
purpose: {code: RIDES, text: {zh: 核验, en: checking}}
basis: {kind: CONSENT, article: 《个人信息保护法》第二十三条}
fields:
  Query: [person(id)]
  Person: [name, card]
  Card: [state]
rows: {division: "230100000000", where: [{fact: preferentialCard.state, in: [ACTIVE]}], text: {zh: 持证人, en: holders}}
period: {from: "2026-01-01", until: "2026-12-31"}
frequency: {perMinute: 10, perDay: 100}
keepDays: 7
clients: [{id: bus.hub, key: {kty: OKP, crv: Ed25519, x: 11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo}}]
`

const full = `
directive @tag(name: String!) repeatable on FIELD_DEFINITION | OBJECT | INTERFACE | UNION | ENUM
type Query { person(id: ID!, secretFilter: Hidden): Person  people(kind: Kind!): [Person!]  any: Any  thing: Thing }
"a person" type Person { name: String @tag(name: "personal") card: Card @tag(name: "personal") salary: Int other: Other value: String @tag(name: "sensitive") @tag(name: "military") }
type Card { state: State! number: String }
type Other { x: Int }
enum State { ACTIVE "old" LOST }
enum Kind { A B }
input Hidden { salary: Int }
union Any = Card | Other
interface Thing { id: ID }
type Stone implements Thing { id: ID }
`

func read(t *testing.T, change ...string) (*slice.Slice, error) {
	t.Helper()
	return slice.Read("bus.yaml", []byte(strings.NewReplacer(change...).Replace(good)))
}

func TestCutShowsWhatIsListedAndNothingElse(t *testing.T) {
	s, err := read(t)
	if err != nil {
		t.Fatal(err)
	}
	cut, err := s.Cut(gqlparser.MustLoadSchema(&ast.Source{Input: full}))
	if err != nil {
		t.Fatal(err)
	}
	var there []string
	for name, d := range cut.Types {
		if strings.HasPrefix(name, "__") {
			continue
		}
		for _, f := range d.Fields {
			if strings.HasPrefix(f.Name, "__") {
				continue
			}
			there = append(there, name+"."+f.Name)
			for _, a := range f.Arguments {
				there = append(there, fmt.Sprintf("%s.%s(%s)", name, f.Name, a.Name))
			}
		}
	}
	slices.Sort(there)
	if want := []string{"Card.state", "Person.card", "Person.name", "Query.person", "Query.person(id)"}; !slices.Equal(there, want) {
		t.Errorf("there is %v, want %v", there, want)
	}
	for _, hidden := range []string{"Other", "Hidden", "Kind", "Any", "Thing", "Stone"} {
		if cut.Types[hidden] != nil {
			t.Errorf("%s is there", hidden)
		}
	}
	for document, want := range map[string]string{
		`{person(id:1){name card{state}}}`:     "",
		`{person(id:1){salary}}`:               `Cannot query field "salary" on type "Person".`,
		`{person(id:1){nam}}`:                  `Cannot query field "nam" on type "Person". Did you mean "name"?`,
		`{person(id:1){salry}}`:                `Cannot query field "salry" on type "Person". Did you mean "card"?`,
		`{person(id:1){...on Other{x}}}`:       `Unknown type "Other".`,
		`{people(kind:A){name}}`:               `Cannot query field "people" on type "Query".`,
		`{person(id:1,secretFilter:{}){name}}`: `Unknown argument "secretFilter" on field "Query.person".`,
	} {
		_, errs := gqlparser.LoadQueryWithRules(cut, document, nil)
		switch {
		case want == "" && errs != nil:
			t.Errorf("%s: %v", document, errs)
		case want != "" && (len(errs) == 0 || errs[0].Message != want):
			t.Errorf("%s: %v, want %s", document, errs, want)
		}
	}
}

func TestCutRefuses(t *testing.T) {
	schema := gqlparser.MustLoadSchema(&ast.Source{Input: full})
	for name, c := range map[string]struct{ fields, want string }{
		"a field that is not there":         {"{Query: [person(id)], Person: [nme]}", "there is no field Person.nme"},
		"an argument that is not there":     {"{Query: [person(id of)], Person: [name]}", "Query.person has no argument of"},
		"an argument that must be given":    {"{Query: [people], Person: [name]}", "Query.people(kind:) must be given"},
		"a type of which nothing is listed": {"{Query: [person(id)], Person: [other]}", "Person.other leads to Other, of which nothing is listed"},
		"a type that nothing leads to":      {"{Query: [person(id)], Person: [name], Card: [state]}", "Card is listed and nothing shown leads to it"},
		"a union":                           {"{Query: [any]}", "Query.any leads to Any, which is no plain type"},
		"an interface":                      {"{Query: [thing]}", "Query.thing leads to Thing, which is no plain type"},
		"an input":                          {"{Query: [person(id secretFilter)], Person: [name]}", "leads to Hidden, which is no plain type"},
		"a value of any kind":               {"{Query: [person(id)], Person: [value]}", "Person.value may hold any value"},
	} {
		t.Run(name, func(t *testing.T) {
			s, err := read(t, "fields:\n  Query: [person(id)]\n  Person: [name, card]\n  Card: [state]\n", "fields: "+c.fields+"\n")
			if err != nil {
				t.Fatal(err)
			}
			if _, err := s.Cut(schema); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("%v, want %s", err, c.want)
			}
		})
	}
}

func TestReadTellsEveryMistake(t *testing.T) {
	_, err := read(t, "slice: bus", "slice: Bus", "version: 2", "version: 0", "code: RIDES", "code: rides", "kind: CONSENT", "kind: WISH", "第二十三条", "", `"230100000000"`, `"99"`,
		"preferentialCard.state", "salary", `until: "2026-12-31"`, `until: "2031-12-31"`, "perMinute: 10", "perMinute: 0", "perDay: 100", "perDay: -1", "keepDays: 7", "keepDays: 9999",
		"person(id)", "person(id", "kty: OKP", "kty: oct, d: secret-secret", "en: Bus", "en: ''")
	if err == nil {
		t.Fatal("read")
	}
	for _, want := range []string{"is the file's name", "counts from 1", "capital letters", "STATUTORY_DUTY or CONSENT", "names an article", "division of twelve digits", "no fact that rows", "at most 3 years",
		"1 to 6000", "1 to 5000000", "0 to 3650", "is not like name", "public JWK", "holds a private key", "is empty"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("no word of %q in\n%v", want, err)
		}
	}
	if strings.Contains(err.Error(), "secret-secret") {
		t.Error("the key is quoted")
	}
	for _, text := range []string{"", "slice: [", "unknown: 1\n" + good} {
		if _, err := slice.Read("bus.yaml", []byte(text)); err == nil {
			t.Errorf("%.20q is read", text)
		}
	}
}

func TestLoadRefusesAClientWithTwoSlices(t *testing.T) {
	again := strings.Replace(good, "slice: bus", "slice: tram", 1)
	_, err := slice.Load(fstest.MapFS{"bus.yaml": {Data: []byte(good)}, "tram.yaml": {Data: []byte(again)}})
	if err == nil || !strings.Contains(err.Error(), "client bus.hub has the slice bus already") {
		t.Errorf("%v", err)
	}
}

func TestOpen(t *testing.T) {
	s, err := read(t)
	if err != nil {
		t.Fatal(err)
	}
	for day, want := range map[string]bool{"2025-12-31": false, "2026-01-01": true, "2026-12-31": true, "2027-01-01": false} {
		d, err := workday.ParseDay(day)
		if err != nil {
			t.Fatal(err)
		}
		if s.Open(d) != want {
			t.Errorf("Open(%s) = %v", day, !want)
		}
	}
}

func TestNoticeSaysWhatTheLawAsksFor(t *testing.T) {
	s, err := read(t)
	if err != nil {
		t.Fatal(err)
	}
	n := s.Notice(func(c string) words.Text { return words.Text{Zh: "项" + c, En: "field " + c} })
	for _, want := range []string{"公交", "核验", "项Card.state", "项Person.name", "第二十三条", "撤回", "2026-12-31", "7天", "12345", "持证人"} {
		if !strings.Contains(n.Zh, want) {
			t.Errorf("no word of %s in %s", want, n.Zh)
		}
	}
	if strings.Contains(n.Zh, "Query") || !strings.Contains(n.En, "withdraw") {
		t.Error(n)
	}
}

func TestBuiltin(t *testing.T) {
	r, err := slice.Builtin()
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, s := range r.All() {
		names = append(names, s.Label())
	}
	if want := []string{"employment@1", "insurance@1", "preferential@1"}; !slices.Equal(names, want) {
		t.Errorf("%v, want %v", names, want)
	}
}
