package server_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"

	"github.com/vektah/gqlparser/v2/ast"

	"github.com/vetgraph/vetgraph/graph/exec"
	"github.com/vetgraph/vetgraph/internal/access"
)

// owner is whose something is, and of which case.
type owner struct{ person, file string }

// asker makes random operations and reckons from the answers, knowing nothing of how
// the hub keeps receipts, whose sensitive fields were sent.
type asker struct {
	*talk
	rnd    *rand.Rand
	schema *ast.Schema
	marked map[string]bool // Type.field
	leads  map[string]int  // steps from a type to a marked field, fewest
	owners map[string]map[string]owner
	cases  []string
	people []string
	as     string // who asks
}

func newAsker(k *talk, seed uint64) *asker {
	a := &asker{talk: k, rnd: rand.New(rand.NewPCG(seed, 1)), schema: exec.NewExecutableSchema(exec.Config{}).Schema(), marked: map[string]bool{}, leads: map[string]int{}}
	for _, d := range a.schema.Types {
		for _, f := range d.Fields {
			for _, tag := range f.Directives.ForNames("tag") {
				if name := tag.Arguments.ForName("name").Value.Raw; d.Kind == ast.Object && (name == "sensitive" || name == "military") {
					a.marked[d.Name+"."+f.Name], a.leads[d.Name] = true, 1
				}
			}
		}
	}
	for changed := true; changed; {
		changed = false
		for _, d := range a.schema.Types {
			for _, f := range d.Fields {
				if n := a.leads[f.Type.Name()]; n > 0 && d.Kind == ast.Object && (a.leads[d.Name] == 0 || a.leads[d.Name] > n+1) {
					a.leads[d.Name], changed = n+1, true
				}
			}
		}
	}
	a.learn()
	return a
}

// learn reads from the record itself whose everything is.
func (a *asker) learn() {
	ctx, db := access.AsMachine(a.t.Context(), "test"), a.hub.Store.Read
	a.owners = map[string]map[string]owner{"Veteran": {}, "Case": {}, "Item": {}, "Dispute": {}, "Subsidy": {}, "IdentityCheck": {}}
	a.people, a.cases = nil, nil
	for _, v := range db.Veteran.Query().AllX(ctx) {
		a.owners["Veteran"][v.ID] = owner{person: v.ID}
		a.people = append(a.people, v.ID)
	}
	for _, c := range db.CaseFile.Query().AllX(ctx) {
		a.owners["Case"][c.ID] = owner{c.VeteranID, c.ID}
		a.cases = append(a.cases, c.ID)
	}
	for _, i := range db.Item.Query().AllX(ctx) {
		a.owners["Item"][i.ID] = owner{i.VeteranID, i.CaseID}
	}
	for _, d := range db.Dispute.Query().AllX(ctx) {
		a.owners["Dispute"][d.ID] = owner{person: d.VeteranID}
	}
	for _, s := range db.Subsidy.Query().AllX(ctx) {
		a.owners["Subsidy"][s.ID] = owner{s.VeteranID, s.CaseID}
	}
	for _, c := range db.IdentityCheck.Query().AllX(ctx) {
		a.owners["IdentityCheck"][c.ID] = owner{person: c.VeteranID}
	}
	slices.Sort(a.people)
	slices.Sort(a.cases)
}

// selected is one field of an operation as it was asked.
type selected struct {
	alias, field string
	args         string
	of           *ast.Definition // type that the field belongs to
	is           *ast.Definition // type of what it answers
	below        []*selected
}

func (s *selected) write(b *strings.Builder) {
	fmt.Fprintf(b, "%s: %s%s", s.alias, s.field, s.args)
	if len(s.below) > 0 {
		b.WriteString(" {")
		for _, c := range s.below {
			b.WriteString(" ")
			c.write(b)
		}
		b.WriteString(" }")
	}
}

// pick chooses fields of a type. Where the road to something sensitive goes is
// gone more often.
func (a *asker) pick(d *ast.Definition, depth int) (out []*selected) {
	add := func(f *ast.FieldDefinition, alias string) {
		args, ok := a.arguments(d, f)
		is := a.schema.Types[f.Type.Name()]
		if !ok || is == nil || is.Kind == ast.Union || is.Kind == ast.Interface {
			return
		}
		s := &selected{alias: alias, field: f.Name, args: args, of: d, is: is}
		if is.Kind == ast.Object {
			if depth == 0 {
				return
			}
			if s.below = a.pick(is, depth-1); len(s.below) == 0 {
				return
			}
		}
		out = append(out, s)
	}
	if a.owners[d.Name] != nil {
		out = append(out, &selected{alias: "own", field: "id", of: d, is: a.schema.Types["ID"]})
	}
	for i, f := range d.Fields {
		chance := 0.08
		switch {
		case strings.HasPrefix(f.Name, "_") || f.Directives.ForName("requires") != nil || f.Directives.ForName("external") != nil || f.Name == "departments" && a.rnd.Float64() < 0.8:
			continue
		case d.Name == "Query" && a.leads[f.Type.Name()] == 0, f.Name == "readReceipts":
			chance = 0.01 // many may not, and then the whole answer is none
		case a.marked[d.Name+"."+f.Name]:
			chance = 0.6
		case a.leads[f.Type.Name()] > 0 && a.leads[f.Type.Name()] <= depth:
			chance = 0.35
			if d.Name == "Query" && (f.Name == "veteran" || f.Name == "case" || f.Name == "cases" || f.Name == "me") {
				chance = 0.6
			}
		}
		for n := 0; n < 2 && a.rnd.Float64() < chance; n++ { // sometimes twice, by two names
			add(f, fmt.Sprintf("a%d_%d", i, n))
		}
	}
	return out
}

// arguments fills in what a field wants; false if nobody here knows it.
func (a *asker) arguments(d *ast.Definition, f *ast.FieldDefinition) (string, bool) {
	var args []string
	for _, arg := range f.Arguments {
		switch at := d.Name + "." + f.Name + "." + arg.Name; {
		case at == "Query.veteran.id":
			args = append(args, fmt.Sprintf("id: %q", a.somebody()))
		case at == "Query.case.id":
			args = append(args, fmt.Sprintf("id: %q", a.cases[a.rnd.IntN(len(a.cases))]))
		case at == "Query.plan.input":
			args = append(args, fmt.Sprintf("input: {veteranId: %q}", a.somebody()))
		case arg.Name == "first":
			args = append(args, fmt.Sprint("first: ", 1+a.rnd.IntN(4)))
		case arg.Name == "full" || arg.Name == "selected":
			args = append(args, fmt.Sprint(arg.Name, ": ", a.rnd.IntN(2) == 0))
		case arg.Type.NonNull && arg.DefaultValue == nil:
			return "", false
		}
	}
	if len(args) == 0 {
		return "", true
	}
	return "(" + strings.Join(args, ", ") + ")", true
}

func (a *asker) somebody() string {
	if own := a.self(a.as); own.person != "" && a.rnd.IntN(3) > 0 {
		return own.person
	}
	if a.rnd.IntN(3) == 0 {
		return a.heroes[a.rnd.IntN(len(a.heroes))]
	}
	return a.people[a.rnd.IntN(len(a.people))]
}

var askers = []string{
	"veteran0", "veteran1", "veteran2", "veteran3", "clerk", "clerk", "clerk", "clerk", "officer-va", "officer-ps", "officer-hrss", "officer-hsa", "officer-mil", "analyst", "auditor", "supervisor", "operator", "",
}
