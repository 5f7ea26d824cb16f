package server_test

import (
	"bytes"
	"context"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/vektah/gqlparser/v2/ast"

	"github.com/vetgraph/vetgraph/ent/gen/receipt"
	"github.com/vetgraph/vetgraph/graph/exec"
	"github.com/vetgraph/vetgraph/internal/access"
	log "github.com/vetgraph/vetgraph/internal/receipt"
	"github.com/vetgraph/vetgraph/internal/store/storetest"
	"github.com/vetgraph/vetgraph/server"
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

// expected is what an answer had: fields by owner.
type expected map[owner]map[string]bool

// walk reckons what is in an answer. who is whose data the object is.
func (a *asker) walk(data any, below []*selected, who owner, to expected) {
	switch data := data.(type) {
	case []any:
		for _, one := range data {
			a.walk(one, below, who, to)
		}
	case map[string]any:
		if len(below) > 0 && a.owners[below[0].of.Name] != nil {
			id, _ := data["own"].(string)
			now, ok := a.owners[below[0].of.Name][id]
			if !ok {
				a.t.Fatalf("nobody knows %s %s", below[0].of.Name, id)
			}
			if now.file == "" && now.person == who.person {
				now.file = who.file
			}
			who = now
		}
		for _, s := range below {
			value := data[s.alias]
			if value == nil {
				continue
			}
			whose := who
			if whose.person == "" { // of an answer whose owner the question names
				if _, id, ok := strings.Cut(s.args, `veteranId: "`); ok {
					whose.person, _, _ = strings.Cut(id, `"`)
				}
			}
			if a.marked[s.of.Name+"."+s.field] {
				if list, ok := value.([]any); ok && len(list) == 0 && whose.person == "" {
					continue // nothing of nobody
				}
				if whose.person == "" {
					a.t.Fatalf("whose is %s.%s?", s.of.Name, s.field)
				}
				if to[whose] == nil {
					to[whose] = map[string]bool{}
				}
				to[whose][s.of.Name+"."+s.field] = true
			}
			a.walk(value, s.below, whose, to)
		}
	}
}

// kept is what the log says since a leaf, with the number of the next.
func (a *asker) kept(from int64) (expected, int64) {
	name := func(sort, id string) string {
		if id == "" {
			return ""
		}
		return hex.EncodeToString(a.hub.Vault.Index(id, "receipt/"+sort)[:16])
	}
	back := map[string]owner{}
	for _, kind := range []string{"Veteran", "Case"} {
		for _, o := range a.owners[kind] {
			back[name("person", o.person)+name("case", o.file)] = o
		}
	}
	got := expected{}
	rows := a.hub.Store.Read.Receipt.Query().Where(receipt.IDGTE(from)).AllX(access.AsMachine(context.WithoutCancel(a.t.Context()), "test"))
	for _, r := range rows {
		leaf, err := log.Parse(r.Body)
		if err != nil {
			a.t.Fatal(err)
		}
		o, ok := back[leaf.Person+leaf.Case]
		if !ok {
			a.t.Fatalf("nobody is %s %s", leaf.Person, leaf.Case)
		}
		if got[o] != nil {
			a.t.Errorf("two leaves of one answer about the same")
		}
		got[o] = map[string]bool{}
		for _, f := range leaf.Fields {
			got[o][f] = true
		}
		from = r.ID + 1
	}
	return got, from
}

// self is whose a viewer is.
func (a *asker) self(as string) owner {
	var n int
	if _, err := fmt.Sscanf(as, "veteran%d", &n); err == nil {
		return owner{person: a.heroes[n]}
	}
	return owner{}
}

// once asks one random operation and compares what was sent with what was kept. It
// answers how many fields that was, and the number of the next leaf.
func (a *asker) once(from int64) (int, int64) {
	as := askers[a.rnd.IntN(len(askers))]
	a.as = as
	var text strings.Builder
	var below []*selected
	var variables map[string]any
	address := a.public + "/graphql"
	entities := a.rnd.IntN(5) == 0
	if entities {
		address = a.sub + "/subgraph"
		var list []map[string]any
		for range 1 + a.rnd.IntN(4) {
			if a.rnd.IntN(2) == 0 {
				list = append(list, map[string]any{"__typename": "Veteran", "id": a.somebody()})
			} else {
				list = append(list, map[string]any{"__typename": "Case", "id": a.cases[a.rnd.IntN(len(a.cases))]})
			}
		}
		variables = map[string]any{"r": list}
		text.WriteString(`query($r: [_Any!]!) { _entities(representations: $r) {`)
		for _, name := range []string{"Veteran", "Case"} {
			s := &selected{of: a.schema.Types[name], is: a.schema.Types[name], below: a.pick(a.schema.Types[name], 4)}
			for _, b := range s.below { // one name may not mean two types
				if b.alias != "own" {
					b.alias = strings.ToLower(name) + b.alias
				}
			}
			below = append(below, s)
			fmt.Fprintf(&text, " ... on %s { kind: __typename", name)
			for _, b := range s.below {
				text.WriteString(" ")
				b.write(&text)
			}
			text.WriteString(" }")
		}
		text.WriteString(" } }")
	} else {
		root := &selected{alias: "x", of: a.schema.Query, is: a.schema.Query, below: a.pick(a.schema.Query, 6)}
		if below = root.below; len(below) == 0 {
			return 0, from
		}
		text.WriteString("query {")
		for _, b := range below {
			text.WriteString(" ")
			b.write(&text)
		}
		text.WriteString(" }")
	}
	_, body := a.ask(as, address, text.String(), variables)
	if bytes.Contains(body, []byte("RECEIPT_NOT_KEPT")) {
		a.t.Fatalf("as %q\n%s\n%s", as, text.String(), body)
	}
	var answer struct{ Data map[string]any }
	if err := json.Unmarshal(body, &answer); err != nil {
		a.t.Fatalf("%s: %s", text.String(), body)
	}
	want := expected{}
	if entities {
		list, _ := answer.Data["_entities"].([]any)
		for _, one := range list {
			if object, ok := one.(map[string]any); ok {
				for _, s := range below {
					if object["kind"] == s.of.Name {
						a.walk(object, s.below, owner{}, want)
					}
				}
			}
		}
	} else {
		a.me(answer.Data, below, as, want)
	}
	got, next := a.kept(from)
	n := 0
	for _, fields := range want {
		n += len(fields)
	}
	if !maps.EqualFunc(want, got, maps.Equal[map[string]bool, map[string]bool]) {
		a.t.Fatalf("as %q\n%s\nwas sent %v\nand kept is %v\n%s", as, text.String(), want, got, body)
	}
	return n, next
}

// me walks the roots: what is the viewer's own belongs to them.
func (a *asker) me(data map[string]any, below []*selected, as string, to expected) {
	for _, s := range below {
		who := owner{}
		if s.is.Name == "Viewer" {
			who = a.self(as)
		}
		if who.person == "" {
			a.walk(data, []*selected{s}, who, to)
		} else {
			a.walk(data[s.alias], s.below, who, to)
		}
	}
}

// What is sent is what is kept, field by field and person by person, whatever was
// asked, by whomever, at either door. VETGRAPH_RECEIPT_ANSWERS says how many answers.
func TestReceiptsAreComplete(t *testing.T) {
	answers := 1000
	if n, err := strconv.Atoi(os.Getenv("VETGRAPH_RECEIPT_ANSWERS")); err == nil {
		answers = n
	}
	k := open(t, storetest.SQLite(t), noon, func(c *server.Config) { c.Rate = -1 })
	a := newAsker(k, 7)
	var next int64
	fields, sent := 0, 0
	for i := range answers {
		var n int
		if n, next = a.once(next); n > 0 {
			sent++
		}
		fields += n
		if t.Failed() {
			t.Fatalf("at answer %d", i)
		}
	}
	t.Logf("%d answers, %d with something sensitive, %d fields, %d leaves", answers, sent, fields, next)
	if sent < answers/20 {
		t.Errorf("only %d of %d answers had anything sensitive: the test asks for too little", sent, answers)
	}
}
