package server_test

import (
	"cmp"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/vektah/gqlparser/v2/ast"

	"github.com/vetgraph/vetgraph/internal/store/storetest"
	"github.com/vetgraph/vetgraph/internal/vault"
	"github.com/vetgraph/vetgraph/server"
)

// library is a hub with enough people and cases that lists can be doubled, and
// values for what documents leave open.
type library struct {
	*scales
	documents []document
	veterans  []string // of the province
	samples   map[string]map[string]string
	lines     []string // of the table
	sizes     [][2]int // of lists; a question too costly for one pair is asked with the next
	turn      int      // of left
}

// left leaves out of n questions n-1, others in each run, where SQLite is asked them
// all: the statements are the same, and each takes its time.
func (l *library) left(n int) bool {
	if l.hub.Store.Pool == nil || os.Getenv("VETGRAPH_EVERY_QUESTION") != "" {
		return false
	}
	l.turn++
	return l.turn%n != 0
}

func openLibrary(t *testing.T, database string) *library {
	t.Helper()
	l := &library{scales: open(t, database, noon, sameIDs(t), func(c *server.Config) { c.Veterans = 200 }).scales(), documents: documents(t), samples: map[string]map[string]string{}, sizes: [][2]int{{25, 50}, {10, 20}, {5, 10}, {2, 4}}}
	var page struct {
		Veterans struct{ Nodes []struct{ ID string } }
	}
	l.get("clerk", `{ veterans(first: 100) { nodes { id } } }`, nil, &page)
	for _, v := range page.Veterans.Nodes {
		l.veterans = append(l.veterans, v.ID)
	}
	l.meetOwner()
	l.turn = rand.IntN(1000)
	return l
}

// sameIDs gives a hub the same keys in each run, and so people the same IDs: lists
// have the same people in the same order.
func sameIDs(t *testing.T) func(*server.Config) {
	t.Helper()
	keys, file := vault.Generate(), filepath.Join(t.TempDir(), "keys.json")
	for i := range keys.Index {
		keys.Index[i] = 7
	}
	if err := vault.SaveFile(file, keys); err != nil {
		t.Fatal(err)
	}
	return func(c *server.Config) { c.Keys = file }
}

// meetOwner gives the persona "owner" a token: a veteran whose case is well under
// way. The heroes have yet to submit theirs.
func (l *library) meetOwner() {
	l.t.Helper()
	var page struct {
		Cases struct {
			Nodes []struct {
				ID      string
				Veteran struct{ ID string }
				Items   []struct{ State string }
			}
		}
	}
	l.get("clerk", `{ cases(first: 100, filter: {states: [IN_PROGRESS]}) { nodes { id veteran { id } items { state } } } }`, nil, &page)
	owned := slices.MaxFunc(page.Cases.Nodes, func(a, b struct {
		ID      string
		Veteran struct{ ID string }
		Items   []struct{ State string }
	}) int {
		return len(a.Items) - len(b.Items)
	})
	l.heroes = append(l.heroes, owned.Veteran.ID)
	l.tokens["owner"] = l.token(fmt.Sprintf("veteran%d", len(l.heroes)-1))
	l.samples["owner"] = map[string]string{"veterans": owned.Veteran.ID, "cases": owned.ID}
}

// asker is who asks a document: who the file says, an owner instead of a veteran
// without a case where it is about a case, and otherwise the window.
func (l *library) asker(d document) string {
	as := d.as
	if strings.HasPrefix(as, "veteran") && !d.rough {
		eachField(d.op.SelectionSet, func(f *ast.Field) {
			if f.Name == "case" && f.Arguments.ForName("id") != nil {
				as = "owner"
			}
		})
	}
	return cmp.Or(as, "clerk")
}

// sample is what a persona would put in place of a variable.
func (l *library) sample(as string) func(where, name string) *ast.Value {
	return func(where, name string) *ast.Value {
		text := func(s string) *ast.Value { return &ast.Value{Kind: ast.StringValue, Raw: s} }
		if n, err := strconv.Atoi(name); err == nil && n < len(l.heroes) {
			return text(l.heroes[n])
		}
		switch where {
		case "veteran.id", "veteranId", "id":
			return text(l.own(as, "veterans", `{ veterans(first: 1) { nodes { id } } }`))
		case "case.id", "caseId", "caseProgress.id":
			return text(l.own(as, "cases", `{ cases(first: 1) { nodes { id } } }`))
		case "_entities.representations":
			out := &ast.Value{Kind: ast.ListValue}
			for _, id := range l.veterans {
				out.Children = append(out.Children, &ast.ChildValue{Value: &ast.Value{Kind: ast.ObjectValue, Children: ast.ChildValueList{
					{Name: "__typename", Value: text("Veteran")}, {Name: "id", Value: text(id)},
				}}})
			}
			return out
		}
		return nil // an argument that may be left out; if not, the answer says so and the test fails
	}
}

// own is the first veteran or case that a persona sees.
func (l *library) own(as, of, query string) string {
	if l.samples[as] == nil {
		l.samples[as] = map[string]string{}
	}
	if id, ok := l.samples[as][of]; ok {
		return id
	}
	var answer struct {
		Data map[string]struct{ Nodes []struct{ ID string } }
	}
	id := l.heroes[0]
	if json.Unmarshal(l.measure(as, "/graphql", query).body, &answer) == nil && len(answer.Data[of].Nodes) > 0 {
		id = answer.Data[of].Nodes[0].ID
	}
	l.samples[as][of] = id
	return id
}

// weigh asks an operation at two sizes, and holds the answers against the rule:
// no department is called more than once, and twice the rows cost no more statements.
func (l *library) weigh(where, as, door string, op *ast.OperationDefinition) (small, large cost, sizes [2]int, ok bool) {
	l.t.Helper()
	if !grows(op) {
		small = l.measure(as, door, printed(op))
		l.once(where, small)
		return small, small, sizes, !small.faulty()
	}
	for _, sizes = range l.sizes {
		large = l.measure(as, door, printed(sized(op, sizes[1])))
		if !strings.Contains(string(large.body), `"TOO_COSTLY"`) {
			break
		}
	}
	small = l.measure(as, door, printed(sized(op, sizes[0])))
	l.once(where, small)
	l.once(where, large)
	if large.statements > small.statements+2*small.without(large)+chance(sizes) && l.grown(as, door, op, sizes) && l.grown(as, door, op, sizes) { // twice: on a busy machine a batch may come in two
		l.t.Errorf("%s, as %s: %d statements for %d rows, %d for %d: %s", where, as, small.statements, sizes[0], large.statements, sizes[1], printed(op))
	}
	return small, large, sizes, !large.faulty()
}

// chance is how many statements more may be because the rows that came in are of
// another kind. What is read row by row costs four times as many at least.
func chance(sizes [2]int) int64 { return int64(sizes[1]-sizes[0]) / 4 }

// grown says whether an operation costs more with each row, seen from near. Where a
// kind of thing comes in of which the first rows have none, so do its reads, once.
// One that the viewer is not shown may come in too: a statement or two, at one place.
func (l *library) grown(as, door string, op *ast.OperationDefinition, sizes [2]int) bool {
	last, rises, same := l.measure(as, door, printed(sized(op, sizes[0]))), 0, 0
	for i := 1; i <= 4; i++ {
		next := l.measure(as, door, printed(sized(op, sizes[0]+(sizes[1]-sizes[0])*i/4)))
		if last.without(next) == 0 {
			same++
			if next.statements > last.statements+2 {
				return true
			} else if next.statements > last.statements {
				rises++
			}
		}
		last = next
	}
	return rises > 1 || same == 0
}

func (l *library) once(where string, c cost) {
	l.t.Helper()
	for code, n := range c.calls {
		if n > 1 {
			l.t.Errorf("%s: %s is called %d times", where, code, n)
		}
	}
}

// line adds one to the table that the test prints.
func (l *library) line(where, as string, small, large cost) {
	l.lines = append(l.lines, fmt.Sprintf("%-42s %-12s %4d → %3d rows %4d → %3d statements %3d departments, %d call each",
		where, as, small.rows(), large.rows(), small.statements, large.statements, len(large.calls), large.most()))
}

// Every operation that stands somewhere costs the same however many rows it is
// about, in whatever shape it is put, and calls no department twice.
func TestWhatDocumentsCost(t *testing.T) {
	t.Parallel()
	eachRecord(t, func(t *testing.T, l *library) {
		for _, d := range l.documents {
			if d.op.Operation != ast.Query {
				continue // what it answers is read from lists, below
			}
			as := l.asker(d)
			op := filled(d.op, l.sample(as))
			small, large, _, ok := l.weigh(d.where, as, d.door, op)
			if !ok && !d.rough {
				t.Errorf("%s, as %s: %.400s", d.where, as, large.body)
			}
			if !d.rough {
				l.line(d.where, as, small, large)
			}
		}
		slices.Sort(l.lines)
		t.Log("\n" + strings.Join(l.lines, "\n"))
	})
}

// personsAlone finds what is answered to the person alone, of whom no list holds two.
var personsAlone = regexp.MustCompile(`\breadReceipts\b`)

// What a document asks of one person, case or item is asked of a whole list of
// them, and costs no more for a list twice as long. So are the answers of
// mutations, which are reads too.
func TestWhatDocumentsCostForLists(t *testing.T) {
	t.Parallel()
	eachRecord(t, func(t *testing.T, l *library) {
		l.sizes = [][2]int{{10, 20}, {5, 10}, {2, 4}}
		seen := map[string]bool{}
		for _, d := range l.documents {
			for _, op := range lifted(d.op) {
				op = filled(op, l.sample("clerk"))
				if seen[printed(op)] {
					continue
				}
				if seen[printed(op)] = true; l.left(3) {
					continue
				}
				as := l.reader(d.as, op)
				if as == "" && (d.rough || personsAlone.MatchString(printed(op))) {
					continue
				} else if as == "" {
					t.Errorf("%s: nobody may ask this of a list: %s", d.where, printed(op))
					continue
				}
				l.weigh(d.where+", of a list", as, "/graphql", op)
			}
		}
		t.Logf("%d questions", len(seen))
	})
}

// reader is a persona whom an operation is answered without errors, the one who
// asked it first, if possible.
func (l *library) reader(first string, op *ast.OperationDefinition) string {
	for _, as := range []string{first, "clerk", "officer-va", "supervisor", "analyst"} {
		if as == "" || as == "nobody" || as == "owner" || strings.HasPrefix(as, "veteran") || strings.HasPrefix(as, "partner") {
			continue
		}
		if c := l.measure(as, "/graphql", printed(sized(op, 2))); !c.faulty() {
			return as
		}
	}
	return ""
}

// The shape makes no difference: three names, edges, edges beside nodes, fragments,
// one processor or many.
func TestShapesCostNoMore(t *testing.T) {
	t.Parallel()
	eachRecord(t, func(t *testing.T, l *library) {
		l.sizes = [][2]int{{8, 16}, {4, 8}, {2, 4}}
		for _, d := range l.documents {
			if d.op.Operation != ast.Query || d.rough || !grows(d.op) || l.left(3) {
				continue
			}
			as := l.asker(d)
			plain := filled(d.op, l.sample(as))
			_, usual, sizes, _ := l.weigh(d.where, as, d.door, plain)
			for _, shape := range []struct {
				name string
				op   *ast.OperationDefinition
			}{
				{"under three names", underThreeNames(plain)}, {"by edges", byEdges(plain, false)}, {"by edges and nodes", byEdges(plain, true)}, {"in fragments", inFragments(plain)},
			} {
				for _, processors := range []int{1, 8} {
					name := fmt.Sprintf("%s %s, %d processors", d.where, shape.name, processors)
					before := runtime.GOMAXPROCS(processors)
					_, got, at, ok := l.weigh(name, as, d.door, shape.op)
					for tries := 0; ok && got.statements > usual.statements+chance(sizes) && tries < 3; tries++ { // the hub lives on: there may be more to tell than a moment ago
						_, usual, sizes, _ = l.weigh(d.where, as, d.door, plain)
						_, got, at, ok = l.weigh(name, as, d.door, shape.op)
					}
					runtime.GOMAXPROCS(before)
					if !ok {
						t.Errorf("%s: %.300s", name, got.body)
					}
					if got.statements > usual.statements+chance(sizes) {
						t.Errorf("%s: %d statements for %d rows, plainly asked %d for %d", name, got.statements, at[1], usual.statements, sizes[1])
					}
				}
			}
		}
	})
}

func eachRecord(t *testing.T, f func(t *testing.T, l *library)) {
	t.Helper()
	for _, db := range []struct {
		name    string
		address func(testing.TB) string
	}{{"sqlite", storetest.SQLite}, {"postgres", storetest.PostgreSQL}} {
		t.Run(db.name, func(t *testing.T) { f(t, openLibrary(t, db.address(t))) })
	}
}
