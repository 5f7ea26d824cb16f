package server_test

import (
	"bytes"
	"context"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"strconv"
	"strings"
	"testing"

	"github.com/vetgraph/vetgraph/ent/gen/receipt"
	"github.com/vetgraph/vetgraph/internal/access"
	log "github.com/vetgraph/vetgraph/internal/receipt"
	"github.com/vetgraph/vetgraph/internal/store/storetest"
	"github.com/vetgraph/vetgraph/server"
)

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
		if below = a.pick(a.schema.Query, 6); len(below) == 0 {
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
	t.Parallel()
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
