package main

import (
	"bytes"
	_ "embed"
	"errors"
	"fmt"
	"io"
	"os"
	"regexp"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"

	"github.com/vetgraph/vetgraph/docs/examples/concessions/exec"
)

//go:embed concessions.yaml
var builtin []byte

// offer is everything on offer, and what each state of a card means for it.
type offer struct {
	all    []*exec.Concession
	byCode map[string]*exec.Concession
	cards  map[string]card
}

// words are said to people in both languages.
type words struct{ Zh, En string }

func (w words) text() *exec.Text { return &exec.Text{Zh: w.Zh, En: w.En} }
func (w words) missing() bool    { return w.Zh == "" || w.En == "" }

// card says what a state of the card means.
type card struct {
	Entitled bool  `yaml:"entitled"`
	Reason   words `yaml:"reason"`
}

// offerFile is concessions.yaml as it is written.
type offerFile struct {
	Cards       map[string]card  `yaml:"cards"`
	Kinds       map[string]words `yaml:"kinds"`
	Concessions []struct {
		Code       string `yaml:"code"`
		Name       words  `yaml:"name"`
		Kind       string `yaml:"kind"`
		PayPercent *int   `yaml:"payPercent"`
		Terms      words  `yaml:"terms"`
		Division   string `yaml:"division"`
		From       string `yaml:"from"`
		Until      string `yaml:"until"`
	} `yaml:"concessions"`
}

// cardStates are those that a person can be in: the hub's three, and the two that
// follow from the facts around them.
var cardStates = []string{"ACTIVE", "MAKING", "CANCELLED", noCard, notYetIssued}

var (
	codeShape     = regexp.MustCompile(`^[a-z][a-z0-9-]{1,40}$`)
	divisionShape = regexp.MustCompile(`^[0-9]{12}$`)
)

// loadOffer reads a file, or the built-in one for "", and returns every mistake in it.
func loadOffer(file string) (*offer, error) {
	body, name := builtin, "concessions.yaml"
	if file != "" {
		var err error
		if body, err = os.ReadFile(file); err != nil {
			return nil, fmt.Errorf("concessions: %w", err)
		}
		name = file
	}
	o, err := parseOffer(body)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return o, nil
}

func parseOffer(body []byte) (*offer, error) {
	var f offerFile
	d := yaml.NewDecoder(bytes.NewReader(body))
	d.KnownFields(true) // a misspelt name is a mistake, not a comment
	if err := d.Decode(&f); err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	var wrong []error
	miss := func(format string, args ...any) { wrong = append(wrong, fmt.Errorf(format, args...)) }
	for _, state := range cardStates {
		if c, ok := f.Cards[state]; !ok || c.Reason.missing() {
			miss("cards.%s: has a reason in zh and en", state)
		}
	}
	o := &offer{byCode: map[string]*exec.Concession{}, cards: f.Cards}
	for i, c := range f.Concessions {
		at := fmt.Sprintf("concessions[%d] %s", i, c.Code)
		if !codeShape.MatchString(c.Code) || o.byCode[c.Code] != nil {
			miss("%s: code is a short lower-case word that nothing else has", at)
		}
		if c.Name.missing() || c.Terms.missing() {
			miss("%s: name and terms are in zh and en", at)
		}
		if f.Kinds[c.Kind].missing() {
			miss("%s: kind %q is not among kinds, or has not both languages", at, c.Kind)
		}
		if c.PayPercent == nil || *c.PayPercent < 0 || *c.PayPercent > 100 {
			miss("%s: payPercent is from 0 to 100", at)
			c.PayPercent = new(int)
		}
		if !divisionShape.MatchString(c.Division) {
			miss("%s: division is a code of 12 digits, in quotes", at)
		}
		if !civil(c.From) || !civil(c.Until) || c.From != "" && c.Until != "" && c.Until < c.From {
			miss("%s: from and until are dates like 2026-01-31, the first not after the second", at)
		}
		made := &exec.Concession{Code: c.Code, Name: c.Name.text(), Kind: &exec.ConcessionKind{Code: c.Kind, Name: f.Kinds[c.Kind].text()},
			PayPercent: *c.PayPercent, Terms: c.Terms.text(), Division: &exec.Division{Code: c.Division}, From: orNil(c.From), Until: orNil(c.Until)}
		o.byCode[c.Code], o.all = made, append(o.all, made)
	}
	if len(o.all) == 0 {
		miss("concessions: there is none")
	}
	return o, errors.Join(wrong...)
}

func civil(day string) bool {
	_, err := time.Parse(time.DateOnly, day)
	return day == "" || err == nil
}

func orNil(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

// on are those that can be used on a day; a day of both ends counts.
func (o *offer) on(day string) []*exec.Concession {
	out := []*exec.Concession{}
	for _, c := range o.all {
		if usable(c, day) {
			out = append(out, c)
		}
	}
	return out
}

func usable(c *exec.Concession, day string) bool {
	return (c.From == nil || *c.From <= day) && (c.Until == nil || day <= *c.Until)
}

// within are those that can be used in a division or in a part of it.
func (o *offer) within(division string) []*exec.Concession {
	out := []*exec.Concession{}
	for _, c := range o.all {
		if a, b := significant(c.Division.Code), significant(division); strings.HasPrefix(a, b) || strings.HasPrefix(b, a) {
			out = append(out, c)
		}
	}
	return out
}

// significant are the digits of a division's code down to its own level:
// province 2, city 4, county 6, township 9, village 12.
func significant(code string) string {
	for _, n := range []int{2, 4, 6, 9} {
		if len(code) == 12 && strings.Trim(code[n:], "0") == "" {
			return code[:n]
		}
	}
	return code
}
