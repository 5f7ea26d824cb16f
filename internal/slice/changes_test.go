package slice_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/vektah/gqlparser/v2"
	"github.com/vektah/gqlparser/v2/ast"

	"github.com/vetgraph/vetgraph/internal/slice"
	"github.com/vetgraph/vetgraph/internal/words"
)

// told is a slice that tells of changes.
const told = `slice: bus
version: 2
title: {zh: 乘车, en: Rides}
partner: {name: {zh: 公交, en: Bus}, contact: "12345"}
purpose: {code: RIDES, text: {zh: 核验, en: checking}}
basis: {kind: CONSENT, article: 《个人信息保护法》第二十三条}
fields:
  Query: [veteran(id)]
  Veteran: [id, name, bornOn, benefits]
  Benefits: [preferentialCard]
  PreferentialCard: [state, provenance]
  Provenance: [asOf]
changes:
  Veteran: [name]
  PreferentialCard: [state]
rows: {division: "230100000000", where: [], text: {zh: 持证人, en: holders}}
period: {from: "2026-01-01", until: "2026-12-31"}
frequency: {perMinute: 10, perDay: 100}
keepDays: 7
clients: []
`

func readTold(change ...string) (*slice.Slice, error) {
	return slice.Read("bus.yaml", []byte(strings.NewReplacer(change...).Replace(told)))
}

// Nothing is told of what is not read, of what has no place in the record, or of
// somebody whom the partner could not come and read.
func TestChangesAreChecked(t *testing.T) {
	s, err := readTold()
	if err != nil {
		t.Fatal(err)
	}
	if got, want := s.Changes.Coordinates(), []string{"PreferentialCard.state", "Veteran.name"}; !slices.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
	if zh := s.Notice(func(string) words.Text { return words.Text{} }).Zh; !strings.Contains(zh, "变化时，会告诉对方") {
		t.Errorf("the notice does not say so: %s", zh)
	}
	_, err = readTold("Veteran: [name]\n", "Veteran: [name, name, sex, bornOn]\n  Provenance: [asOf]\n", "veteran(id)", "veteran(id)", "[id, name,", "[name,")
	if err == nil {
		t.Fatal("read")
	}
	for _, want := range []string{"bus.yaml:14:3: name stands there twice", "sex is not among", "changes of bornOn", "changes of asOf", "wants the fields Query.veteran(id)"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("no word of %q in\n%v", want, err)
		}
	}
}

func TestDiffTellsOfChangesAndCertificates(t *testing.T) {
	was, err := readTold()
	if err != nil {
		t.Fatal(err)
	}
	is, err := readTold("Veteran: [name]\n  PreferentialCard: [state]\n", "Veteran: [name]\n", "clients: []", "clients: [{id: bus.1, certificate: {dns: hub.bus.example}}]")
	if err != nil {
		t.Fatal(err)
	}
	text := func(all []slice.Change) (out []string) {
		for _, c := range all {
			out = append(out, map[bool]string{true: "wider ", false: ""}[c.Wider]+c.Text.En)
		}
		return out
	}
	if got, want := text(slice.Diff(was, is)), []string{"wider client bus.1 is new or has another key or certificate", "changes of PreferentialCard.state are told no more"}; !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
	if got := text(slice.Diff(is, was)); len(got) != 2 || got[0] != "wider changes of PreferentialCard.state are told" {
		t.Errorf("%q", got)
	}
}

func TestCertificatesOfClientsAreChecked(t *testing.T) {
	const sum = "A4DtL2JmUMhAsvJj5tKyn64SqzmuXbMrJa0n761y5v0"
	for client, want := range map[string]string{
		"{id: bus.1, certificate: {sha256: " + sum + "}}":  "",
		"{id: bus.1, certificate: {dns: hub.bus.example}}": "",
		"{id: bus.1}": "wants a key or a certificate",
		"{id: bus.1, certificate: {sha256: abc}}":                               "43 characters",
		"{id: bus.1, certificate: {sha256: " + sum + ", dns: hub.bus.example}}": "known by sha256 or by dns",
		"{id: bus.1, certificate: {dns: '*.bus.example'}}":                      "a whole DNS name",
		"{id: bus.1, certificate: {dns: hub.bus.example}, key: {kty: oct}}":     "public JWK",
	} {
		_, err := readTold("clients: []", "clients: ["+client+"]")
		if want == "" && err != nil || want != "" && (err == nil || !strings.Contains(err.Error(), want)) {
			t.Errorf("%s: %v, want %q", client, err, want)
		}
	}
}

// What is reached and not listed is found, whatever the cut has made of it.
func TestProve(t *testing.T) {
	s, err := read(t)
	if err != nil {
		t.Fatal(err)
	}
	schema := gqlparser.MustLoadSchema(&ast.Source{Input: full})
	cut, err := s.Cut(schema)
	if err != nil {
		t.Fatal(err)
	}
	reach, err := s.Prove(schema, cut)
	if want := (slice.Extent{Types: 6, Fields: 4, Arguments: 1}); err != nil || reach.Reachable != want || reach.Hidden.Fields == 0 || reach.Hidden.Arguments == 0 || reach.Hidden.Types == 0 {
		t.Errorf("%+v %v", reach, err)
	}
	if _, err := s.Prove(schema, schema); err == nil {
		t.Error("the full schema passes")
	}
	person := *cut.Types["Person"]
	person.Fields = append(slices.Clone(person.Fields), schema.Types["Person"].Fields.ForName("salary"))
	cut.Types["Person"] = &person
	if _, err := s.Prove(schema, cut); err == nil || !strings.Contains(err.Error(), "Person.salary is reached, and not listed") {
		t.Errorf("%v", err)
	}
}
