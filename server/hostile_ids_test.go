package server_test

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/vektah/gqlparser/v2/ast"

	"github.com/vetgraph/vetgraph/graph/exec"
	"github.com/vetgraph/vetgraph/internal/access"
	"github.com/vetgraph/vetgraph/internal/store"
	"github.com/vetgraph/vetgraph/internal/store/storetest"
	"github.com/vetgraph/vetgraph/server"
)

// swapped is one row of the record by what the rules look at.
type swapped struct {
	table, id, veteran, department string
	divisions                      []string
}

// swapper asks everything the schema has with the IDs of others.
type swapper struct {
	*talk
	schema *ast.Schema
	rows   map[string][]swapped // by table
	tables []store.Table
	plain  context.Context // of who reads the record beside the rules
}

func newSwapper(k *talk) *swapper {
	s := &swapper{talk: k, schema: exec.NewExecutableSchema(exec.Config{}).Schema(), rows: map[string][]swapped{}, plain: access.AsMachine(k.t.Context(), "test")}
	err := k.hub.Store.Snapshot(s.plain, func(ctx context.Context, p store.Plain) (err error) {
		if s.tables, err = p.Tables(ctx); err != nil {
			return err
		}
		cases, veterans := map[string][2]string{}, map[string]string{}
		read := func(query string, into func(a, b, c string)) error {
			return p.Each(ctx, query, nil, func(scan func(...any) error) error {
				var a, b, c string
				err := scan(&a, &b, &c)
				into(a, b, c)
				return err
			})
		}
		if err := read(`SELECT id, division, '' FROM veterans`, func(id, division, _ string) { veterans[id] = division }); err != nil {
			return err
		}
		if err := read(`SELECT id, veteran_id, division FROM case_files`, func(id, veteran, division string) { cases[id] = [2]string{veteran, division} }); err != nil {
			return err
		}
		for _, t := range s.tables {
			if !slices.Contains(slices.Collect(maps.Values(kept)), t.Name) {
				continue
			}
			column := func(name string) string {
				if slices.Contains(t.Columns, name) {
					return "COALESCE(" + name + ", '')"
				}
				return "''"
			}
			person := column("veteran_id")
			if t.Name == "veterans" {
				person = "id"
			}
			err := p.Each(ctx, `SELECT id, `+person+`, `+column("case_id")+`, `+column("division")+`, `+column("department")+` FROM `+t.Name+` ORDER BY id`, nil, func(scan func(...any) error) error {
				r := swapped{table: t.Name}
				var file, division string
				if err := scan(&r.id, &r.veteran, &file, &division, &r.department); err != nil {
					return err
				}
				if r.veteran == "" {
					r.veteran = cases[file][0]
				}
				r.divisions = []string{division, cases[file][1], veterans[r.veteran]}
				s.rows[t.Name] = append(s.rows[t.Name], r)
				return nil
			})
			if err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		k.t.Fatal(err)
	}
	return s
}

// record is every row of every table.
func (s *swapper) record() map[string]string {
	s.t.Helper()
	out := map[string]string{}
	err := s.hub.Store.Snapshot(s.plain, func(ctx context.Context, p store.Plain) error {
		for _, t := range s.tables {
			if t.Name == "slice_uses" || t.Name == "receipt_checkpoints" || t.Name == "receipt_persons" { // how much of its quota a partner has used; signed, and filed, now and then
				continue
			}
			var lines []string
			values := make([]any, len(t.Columns))
			into := make([]any, len(values))
			for i := range values {
				into[i] = &values[i]
			}
			if err := p.Each(ctx, `SELECT "`+strings.Join(t.Columns, `", "`)+`" FROM "`+t.Name+`"`, nil, func(scan func(...any) error) error {
				err := scan(into...)
				lines = append(lines, fmt.Sprint(values...))
				return err
			}); err != nil {
				return err
			}
			slices.Sort(lines)
			out[t.Name] = strings.Join(lines, "\n")
		}
		return nil
	})
	if err != nil {
		s.t.Fatal(err)
	}
	return out
}

// who asks, and which rows are not theirs.
type intruder struct {
	as      string
	foreign func(swapped) bool
	sees    []string // fields by which they may see, or do, it with everybody's
	headers map[string]string
	most    int // rows tried of each kind; 0: 3
}

func (s *swapper) intruders() []intruder {
	all := func(swapped) bool { return true }
	outside := func(code string) func(swapped) bool {
		return func(r swapped) bool {
			return !slices.ContainsFunc(r.divisions, func(d string) bool { return strings.HasPrefix(d, code) })
		}
	}
	concerned := map[string]bool{} // veterans with whom the department has to do
	for _, name := range []string{"items", "disputes", "pre_reviews", "subsidies", "tasks"} {
		for _, r := range s.rows[name] {
			if r.department == "HSA" || r.department == "" {
				concerned[r.veteran] = true
			}
		}
	}
	return []intruder{
		{as: "veteran0", foreign: func(r swapped) bool { return r.veteran != s.heroes[0] }},
		{as: "clerk@230200000000", foreign: outside("2302")},
		{as: "officer-hsa", foreign: func(r swapped) bool {
			return r.department != "HSA" && (r.table != "case_files" && r.table != "veterans" || !concerned[r.veteran])
		}},
		{as: "supervisor@230200000000", foreign: outside("2302")},
		{as: "analyst", foreign: all, sees: []string{"case", "caseProgress"}}, // where cases stand, not whose they are
		{as: "auditor", foreign: all, sees: []string{"case", "caseProgress"}},
		{as: "operator", foreign: all, sees: []string{"replayPort"}},
		{as: "partner-insurance", foreign: all, sees: []string{"veteran"}, headers: map[string]string{"X-Purpose": "INSURANCE_TAKEOVER"}, most: 1}, // of those that are its slice's; see TestSlicesRefuse
		{as: "nobody", foreign: all},
	}
}

// say asks and answers what was said, without the IDs that it may repeat.
func (s *swapper) say(i intruder, a rootField, ids map[int]string) (string, string) {
	s.t.Helper()
	text, err := json.Marshal(a.variables)
	if err != nil {
		s.t.Fatal(err)
	}
	var variables map[string]any
	if err := json.Unmarshal(text, &variables); err != nil {
		s.t.Fatal(err)
	}
	for n, p := range a.ids {
		put(variables, p, ids[n])
	}
	body, err := json.Marshal(map[string]any{"query": a.query, "variables": variables})
	if err != nil {
		s.t.Fatal(err)
	}
	headers := map[string]string{"Content-Type": "application/json"}
	if a.root == "Subscription" {
		headers["Accept"] = "text/event-stream"
	}
	if token := s.token(i.as); token != "" {
		headers["Authorization"] = "Bearer " + token
	}
	maps.Copy(headers, i.headers)
	status, _, answer := s.send(http.MethodPost, s.public+"/graphql", string(body), headers)
	for n, id := range ids {
		answer = strings.ReplaceAll(answer, id, fmt.Sprint("ID", n))
	}
	return string(body), fmt.Sprint(status, " ", answer)
}

// foreignOf are rows that are not the intruder's, spread over all there are.
func (i intruder) foreignOf(rows []swapped) (out []swapped) {
	for _, r := range rows {
		if i.foreign(r) {
			out = append(out, r)
		}
	}
	if most := cmp.Or(i.most, 3); len(out) > most {
		for n := range most {
			out[n] = out[n*len(out)/most]
		}
		out = out[:most]
	}
	return out
}

// nowhere is an ID of the same form that nothing has.
const nowhere = "01932b5c-ffff-7fff-bfff-ffffffffffff"

// Whoever puts the ID of somebody else's thing where their own belongs changes nothing
// in any table and learns nothing, not even that it is there: the answer is that for an
// ID which nothing has. What is asked is made from the schema.
func TestSwappedIDs(t *testing.T) {
	t.Parallel()
	k := open(t, storetest.SQLite(t), noon, func(c *server.Config) { c.Rate = -1 })
	k.swapWorld()
	if err := k.hub.Queue.Stop(t.Context()); err != nil {
		t.Fatal(err)
	}
	s := newSwapper(k)
	for table, rows := range s.rows {
		t.Log(len(rows), table)
	}
	given["SubmitCaseInput.answers"] = k.everything(0)["answers"]
	all := s.everything()
	before := s.record()
	asked, reasons := 0, map[string]map[string]bool{}
	for _, i := range s.intruders() {
		for _, a := range all {
			if slices.Contains(i.sees, a.name) {
				continue
			}
			t.Run(i.as+"/"+a.name, func(t *testing.T) {
				try := func(ids, none map[int]string) {
					t.Helper()
					body, got := s.say(i, a, ids)
					_, want := s.say(i, a, none)
					asked += 2
					if got != want {
						t.Errorf("%s\nis answered %s\nand for what is not there %s", body, got, want)
					}
					if strings.Contains(got, "INTERNAL_SERVER_ERROR") || !strings.Contains(got, `"reason"`) && !strings.Contains(got, `"errors"`) && !strings.Contains(got, `:null`) {
						t.Errorf("%s\nis answered %s", body, got)
					}
					if reasons[a.name] == nil {
						reasons[a.name] = map[string]bool{}
					}
					if _, code, ok := strings.Cut(got, `"reason":"`); ok {
						code, _, _ = strings.Cut(code, `"`)
						reasons[a.name][code] = true
					}
				}
				for n, p := range a.ids {
					rows := i.foreignOf(s.rows[p.table])
					if len(rows) == 0 && p.table != "tasks" {
						t.Errorf("there is no foreign row of %s", p.table)
					}
					for _, r := range rows {
						// alone; with all else of the same person's; with all else one's own
						alone, theirs, own := map[int]string{n: r.id}, map[int]string{n: r.id}, map[int]string{n: r.id}
						for m, q := range a.ids {
							if m == n {
								continue
							}
							for _, o := range s.rows[q.table] {
								if o.veteran == r.veteran {
									theirs[m] = o.id
								}
								if o.veteran == s.heroes[0] && i.as == "veteran0" {
									own[m] = o.id
								}
							}
							alone[m] = nowhere
						}
						for _, ids := range []map[int]string{alone, theirs, own} {
							none := maps.Clone(ids)
							for m := range none {
								if m == n || ids[m] != own[m] {
									none[m] = nowhere
								}
							}
							try(ids, none)
						}
					}
				}
				after := s.record()
				for table, rows := range before {
					if after[table] != rows {
						t.Errorf("%s was changed:\n%s", table, different(rows, after[table]))
					}
				}
				before = after
			})
		}
	}
	t.Logf("%d fields, %d requests", len(all), asked)
	s.swappedElsewhere()
	for _, name := range slices.Sorted(maps.Keys(reasons)) {
		t.Log(name, slices.Sorted(maps.Keys(reasons[name])))
	}
}

// different are the lines of two texts that the other has not.
func different(a, b string) string {
	var out []string
	for _, line := range strings.Split(b, "\n") {
		if !strings.Contains(a, line) {
			out = append(out, line)
		}
	}
	return fmt.Sprintf("%.600s", strings.Join(out, "\n"))
}
