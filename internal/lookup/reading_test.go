package lookup_test

import (
	"bytes"
	"context"
	"maps"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"github.com/vetgraph/vetgraph/internal/access"
	"github.com/vetgraph/vetgraph/internal/catalog"
	"github.com/vetgraph/vetgraph/internal/department"
	"github.com/vetgraph/vetgraph/internal/division"
	"github.com/vetgraph/vetgraph/internal/lookup"
	"github.com/vetgraph/vetgraph/internal/population"
	"github.com/vetgraph/vetgraph/internal/port"
	"github.com/vetgraph/vetgraph/internal/port/kinds"
	"github.com/vetgraph/vetgraph/internal/profile"
	"github.com/vetgraph/vetgraph/internal/store"
	"github.com/vetgraph/vetgraph/internal/store/storetest"
	"github.com/vetgraph/vetgraph/internal/vault"
	"github.com/vetgraph/vetgraph/internal/workday"
)

// hall is a record with a few people, and real departments that know them.
type hall struct {
	t     *testing.T
	desk  *lookup.Desk
	fleet *department.Fleet
	ids   []string
	clock atomic.Int64
	log   bytes.Buffer
}

func newHall(t *testing.T, s *store.Store, without ...string) *hall {
	t.Helper()
	h := &hall{t: t}
	h.clock.Store(time.Date(2026, 11, 23, 4, 0, 0, 0, time.UTC).UnixNano())
	now := func() time.Time { return time.Unix(0, h.clock.Load()).UTC() }
	ctx := access.AsMachine(t.Context(), "test")
	c, err := catalog.Builtin()
	must(t, err)
	v, err := vault.New(vault.Generate())
	must(t, err)
	current := func() *catalog.Catalog { return c }
	p := &profile.Profile{Store: s, Vault: v, Catalog: current, Divisions: division.Builtin(), Now: now}
	must(t, population.Write(ctx, p, 1, 6, nil))
	h.fleet, err = department.Start(ctx, department.Config{Dir: t.TempDir(), Catalog: c, Now: now})
	must(t, err)
	t.Cleanup(func() { must(t, h.fleet.Close()) })
	for person := range population.Generate(1, 6, workday.FromTime(now()), division.Builtin()) {
		h.ids = append(h.ids, p.VeteranID(person.Number))
		for code, facts := range population.DepartmentRecords(person) {
			must(t, h.fleet.Enrol(ctx, code, []department.Person{{CitizenNumber: person.Number, Facts: facts}}))
		}
	}
	ends := h.fleet.Endpoints()
	maps.DeleteFunc(ends, func(key string, _ port.Endpoint) bool {
		p := c.Port(key)
		return slices.Contains(without, key) || p != nil && slices.Contains(without, p.Department)
	})
	r, err := port.NewRegistry(c, ends, kinds.All(), now)
	must(t, err)
	h.desk = &lookup.Desk{Profile: p, Catalog: current, Departments: r, Patience: 300 * time.Millisecond,
		Keeper: &lookup.Keeper{Profile: p, Log: zerolog.New(&h.log)}}
	t.Cleanup(func() { must(t, h.desk.Keeper.Close(context.WithoutCancel(t.Context()))) })
	return h
}

func (h *hall) clerk() context.Context {
	return access.With(h.t.Context(), &access.Viewer{ID: "clerk", Kind: access.Clerk, Division: "230000000000"})
}

// read reads elements of the first person, and answers how many departments were asked.
func (h *hall) read(ctx context.Context, how lookup.Reading, elements ...string) (map[string]lookup.Element, int) {
	h.t.Helper()
	rows, err := h.desk.Profile.ReadRows(access.AsMachine(ctx, "test"), h.ids[:1])
	must(h.t, err)
	r := rows[h.ids[0]]
	keys, err := h.desk.Due(ctx, how, elements, []*profile.Rows{r, nil})
	must(h.t, err)
	answers, err := h.desk.Many(ctx, keys)
	must(h.t, err)
	by := map[string]lookup.Answer{}
	for i, k := range keys {
		by[k.Department] = answers[i]
	}
	out, err := h.desk.Elements(r, by, elements)
	must(h.t, err)
	must(h.t, h.desk.Keeper.Wait(h.t.Context()))
	return out, len(keys)
}

// What is old is asked for, once; how old is said for each department.
func TestRefreshed(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		h := newHall(t, s)
		h.desk.Freshness = func(code string) time.Duration {
			return map[string]time.Duration{"PS": time.Hour, "HRSS": 72 * time.Hour}[code]
		}
		elements := []string{"name", "employmentStatus", "bankAccountNo"}
		got, asked := h.read(h.clerk(), lookup.FromMirror, elements...)
		if asked != 0 || got["name"].Freshness != lookup.Stale || len(got["bankAccountNo"].Words) != 0 || got["bankAccountNo"].Gap != nil {
			t.Errorf("%d asked, %+v", asked, got)
		}
		if _, asked = h.read(h.clerk(), lookup.Refreshed, elements...); asked != 2 {
			t.Errorf("%d asked", asked)
		}
		for hours, want := range []int{0, 1, 0, 1, 0} { // an hour is not older than an hour
			h.clock.Add(int64(time.Hour))
			if got, asked = h.read(h.clerk(), lookup.Refreshed, elements...); asked != want || got["employmentStatus"].Freshness != lookup.Fresh {
				t.Errorf("after %d hours: %d asked, %+v", hours+1, asked, got["employmentStatus"])
			}
			if hours == 0 && got["name"].Freshness != lookup.Fresh {
				t.Errorf("%+v", got["name"])
			}
		}
		if w := got["name"].Words[0]; w.HeardAt.Sub(w.AsOf) < time.Hour {
			t.Errorf("the register is as old as it was, and was asked anew: %+v", w)
		}
		if h.log.Len() > 0 {
			t.Error(h.log.String())
		}
	})
}

// A silence begins once, however often one asks, and ends with an answer.
func TestGaps(t *testing.T) {
	h := newHall(t, storetest.Open(t, storetest.SQLite(t)), "HSA")
	h.desk.Patience = 100 * time.Millisecond
	must(t, h.fleet.SetFault("HRSS", department.Fault{Silent: true}))
	must(t, h.fleet.SetFault("PS", department.Fault{Busy: 90 * time.Second}))
	began := h.desk.Profile.Now()
	var got map[string]lookup.Element
	for range 2 {
		got, _ = h.read(h.clerk(), lookup.Live, "employmentStatus", "priorMedicalDivision", "name", "dischargeDate")
		h.clock.Add(int64(time.Minute))
	}
	for element, want := range map[string]lookup.Gap{
		"employmentStatus":     {"HRSS", began, began.Add(90 * time.Second), "DEPARTMENT_SILENT"}, // asked again a minute later
		"priorMedicalDivision": {"HSA", began, began.Add(90 * time.Second), "DEPARTMENT_NOT_CONNECTED"},
		"name":                 {"PS", began, began.Add(150 * time.Second), "DEPARTMENT_BUSY"}, // it says when itself
	} {
		if gap := got[element].Gap; gap == nil || gap.Department != want.Department || !gap.Since.Equal(want.Since) || gap.Reason != want.Reason || gap.RetryAt.Sub(want.RetryAt).Abs() > 2*time.Second {
			t.Errorf("%s: %+v, want %+v", element, gap, want)
		}
	}
	if e := got["dischargeDate"]; e.Gap != nil || e.Freshness != lookup.Fresh || len(e.Words) != 1 {
		t.Errorf("the others' answers are complete: %+v", e)
	}
	if e := got["employmentStatus"]; len(e.Words) != 1 || e.Freshness != lookup.Stale {
		t.Errorf("what was known stays: %+v", e)
	}
	must(t, h.fleet.SetFault("HRSS", department.Fault{}))
	h.desk.Patience = time.Minute
	if got, _ = h.read(h.clerk(), lookup.Live, "employmentStatus"); got["employmentStatus"].Gap != nil || got["employmentStatus"].Freshness != lookup.Fresh {
		t.Errorf("%+v", got["employmentStatus"])
	}
}

// Who goes away has not found a department silent.
func TestWhoLeavesFindsNobodySilent(t *testing.T) {
	h := newHall(t, storetest.Open(t, storetest.SQLite(t)))
	must(t, h.fleet.SetFault("HRSS", department.Fault{Silent: true}))
	h.desk.Patience = time.Minute
	played, came := h.desk.Departments.(*port.Registry), make(chan visit, 1)
	h.desk.Departments = slow{played, came}
	ctx, leave := context.WithCancel(h.clerk())
	go func() {
		<-came // the department is being asked
		leave()
	}()
	if _, err := h.desk.Many(ctx, []lookup.Key{{Veteran: h.ids[0], Department: "HRSS"}}); err != nil {
		t.Fatal(err)
	}
	h.desk.Departments = played
	h.clock.Add(int64(time.Hour))
	h.desk.Patience = 100 * time.Millisecond
	got, _ := h.read(h.clerk(), lookup.Live, "employmentStatus")
	if gap := got["employmentStatus"].Gap; gap == nil || !gap.Since.Equal(h.desk.Profile.Now()) {
		t.Errorf("%+v", gap)
	}
}

// An officer reaches their own department, and a partner nobody.
func TestDueKeepsWithinSight(t *testing.T) {
	h := newHall(t, storetest.Open(t, storetest.SQLite(t)))
	rows, err := h.desk.Profile.ReadRows(access.AsMachine(t.Context(), "test"), h.ids)
	must(t, err)
	var all []*profile.Rows
	for r := range maps.Values(rows) {
		all = append(all, r)
	}
	officer := access.With(t.Context(), &access.Viewer{ID: "o", Kind: access.Officer, Department: "HRSS", Division: "230000000000"})
	keys, err := h.desk.Due(officer, lookup.Live, []string{"name", "employmentStatus", "dischargeDate"}, all)
	must(t, err)
	for _, k := range keys {
		if k.Department != "HRSS" {
			t.Errorf("an officer of HRSS asks %s", k.Department)
		}
	}
	if len(keys) != len(h.ids) {
		t.Errorf("%d keys for %d people", len(keys), len(h.ids))
	}
	if keys, err := h.desk.Due(h.clerk(), "SOMETIMES", []string{"name"}, all); err != nil || keys != nil {
		t.Errorf("%v, %v", keys, err)
	}
}

// The keeper writes behind the answer, says when it cannot, and ends with the hub.
func TestKeeper(t *testing.T) {
	s := storetest.Open(t, storetest.SQLite(t))
	h := newHall(t, s)
	said := func(id string) []profile.Heard {
		return []profile.Heard{{VeteranID: id, Department: "PS", Known: true, AsOf: h.desk.Profile.Now(), At: h.desk.Profile.Now(), Facts: map[string]any{"maritalStatus": "40"}}}
	}
	k := h.desk.Keeper
	for range 500 {
		k.Keep(said(h.ids[0]))
	}
	must(t, k.Close(t.Context()))
	k.Keep(said(h.ids[1]))
	must(t, k.Wait(t.Context()))
	ctx := access.AsMachine(t.Context(), "test")
	if n := s.Read.Saying.Query().CountX(ctx); n != 2 { // the word and the answer
		t.Errorf("%d sayings", n)
	}
	must(t, s.Close())
	broken := &lookup.Keeper{Profile: h.desk.Profile, Log: zerolog.New(&h.log)}
	broken.Keep(said(h.ids[2]))
	must(t, broken.Close(t.Context()))
	if !strings.Contains(h.log.String(), "the mirror was not written") || strings.Contains(h.log.String(), "maritalStatus") {
		t.Error(h.log.String())
	}
}
