package casefile_test

import (
	"context"
	"maps"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/vetgraph/vetgraph/ent/gen"
	"github.com/vetgraph/vetgraph/internal/access"
	"github.com/vetgraph/vetgraph/internal/casefile"
	"github.com/vetgraph/vetgraph/internal/department"
	"github.com/vetgraph/vetgraph/internal/fault"
	"github.com/vetgraph/vetgraph/internal/form"
	"github.com/vetgraph/vetgraph/internal/lifecycle"
	"github.com/vetgraph/vetgraph/internal/population"
	"github.com/vetgraph/vetgraph/internal/port"
	"github.com/vetgraph/vetgraph/internal/profile"
	"github.com/vetgraph/vetgraph/internal/store"
	"github.com/vetgraph/vetgraph/internal/store/storetest"
	"github.com/vetgraph/vetgraph/internal/workday"
)

const hero = population.DisabledNCO

// submission is what the disabled NCO hands in for some matters (nil: all).
func (r *rig) submission(key string, matters ...string) casefile.Submission {
	r.t.Helper()
	p, err := r.desk.Plan(r.as(hero), casefile.PlanInput{VeteranID: r.heroes[hero], Matters: matters})
	must(r.t, err)
	return casefile.Submission{VeteranID: r.heroes[hero], Key: key, Matters: matters, Answers: answers(r.t, p)}
}

func (r *rig) submit(s casefile.Submission) string {
	r.t.Helper()
	out, err := r.desk.Submit(r.as(hero), s)
	must(r.t, err)
	if len(out.Problems) > 0 {
		r.t.Fatalf("problems: %+v", out.Problems)
	}
	return out.CaseID
}

// wait returns a case once it is over, with its items by matter.
func (r *rig) wait(id string) (*gen.CaseFile, map[string]*gen.Item) {
	r.t.Helper()
	ctx := r.as(hero)
	rung, stop := r.desk.Bell.Listen(id)
	defer stop()
	for deadline := time.After(time.Minute); ; {
		c, err := r.desk.Get(ctx, id)
		must(r.t, err)
		items, err := r.desk.Items(ctx, []string{id})
		must(r.t, err)
		by := map[string]*gen.Item{}
		for _, it := range items[id] {
			by[it.Matter] = it
		}
		if c.State.Ended() {
			return c, by
		}
		select {
		case <-rung:
		case <-deadline:
			for m, it := range by {
				r.t.Logf("%s %s", m, it.State)
			}
			r.t.Fatal("the case did not end")
		}
	}
}

// One veteran, one plan, one submission, one feedback sheet, on both databases:
// thirteen items go to five departments in the order the law demands, each is
// done once, and the household entry is input of the identity card.
func TestStory(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		r := newRig(t, s, department.Config{})
		id := r.submit(r.submission("story-0001"))
		c, items := r.wait(id)
		if c.State != lifecycle.CaseCompleted || len(items) != 13 {
			t.Fatalf("%s with %d items", c.State, len(items))
		}
		for _, it := range items {
			if it.ReceiptNo == "" || it.ResultNo == "" || it.DecidedAt == nil {
				t.Errorf("%s ended without receipt, number or date: %+v", it.Matter, it)
			}
			for _, before := range it.After {
				if items[before].DecidedAt.After(*it.DecidedAt) {
					t.Errorf("%s was decided before %s", it.Matter, before)
				}
			}
		}
		r.actedOnce(items)
		r.profileKnows()
		r.sheetIsComplete(c)
		r.journalIsWhole(id)
	})
}

func (r *rig) actedOnce(items map[string]*gen.Item) {
	r.t.Helper()
	acts, err := r.fleet.Acts(r.t.Context())
	must(r.t, err)
	if len(acts) != len(items) {
		r.t.Errorf("departments acted on %d items, want %d", len(acts), len(items))
	}
	for _, it := range items {
		if acts[it.ID] != 1 {
			r.t.Errorf("%s was done %d times", it.Matter, acts[it.ID])
		}
	}
}

// profileKnows checks that results went into the profile with their source.
func (r *rig) profileKnows() {
	r.t.Helper()
	ctx, id := r.as(hero), r.heroes[hero]
	entries, err := profile.Read(ctx, r.desk.Profile, profile.Households, []string{id})
	must(r.t, err)
	i := slices.IndexFunc(entries[id], func(h *gen.HouseholdEntry) bool { return h.Kind == "CURRENT" && h.State == "REGISTERED" })
	if i < 0 || entries[id][i].Source != "PS" {
		r.t.Errorf("no household entry by the police: %v", entries[id])
	}
	cards, err := profile.Read(ctx, r.desk.Profile, profile.IDCards, []string{id})
	must(r.t, err)
	if len(cards[id]) != 1 || cards[id][0].State != "VALID" {
		r.t.Errorf("no valid identity card: %v", cards[id])
	}
}

func (r *rig) sheetIsComplete(c *gen.CaseFile) {
	r.t.Helper()
	ctx := r.as(hero)
	items, err := r.desk.Items(ctx, []string{c.ID})
	must(r.t, err)
	sheet, err := r.desk.Sheet(ctx, c, items[c.ID])
	must(r.t, err)
	if !sheet.Complete || len(sheet.Lines) != 13 || sheet.OnTime == nil || !*sheet.OnTime {
		r.t.Errorf("sheet %+v", sheet)
	}
	for _, l := range sheet.Lines {
		if l.Number == "" || l.DecidedOn == nil || l.NextStep == nil || l.NextStep.Zh == "" {
			r.t.Errorf("line of %s: %+v", l.Matter.Code, l)
		}
	}
}

// journalIsWhole checks that every state follows from the one before it.
func (r *rig) journalIsWhole(id string) {
	r.t.Helper()
	entries, err := r.desk.Timeline(r.as(hero), []string{id})
	must(r.t, err)
	now := map[string]string{}
	for _, e := range entries[id] {
		if e.Kind != "CASE_"+e.ToState && e.Kind != "ITEM_"+e.ToState { // no move
			continue
		}
		if was, ok := now[e.ItemID]; ok && was != e.FromState {
			r.t.Errorf("%s goes from %s, but stood at %s", e.Matter, e.FromState, was)
		}
		now[e.ItemID] = e.ToState
		if e.Actor == "" || e.ActorKind == "" || e.At.IsZero() {
			r.t.Errorf("entry without actor or time: %+v", e)
		}
	}
	if now[""] != string(lifecycle.CaseCompleted) || len(now) != 14 {
		r.t.Errorf("the journal ends in %v", now)
	}
}

// A refusal ends what depends on it and nothing else.
func TestRefusalBlocksDependants(t *testing.T) {
	r := newRig(t, storetest.Open(t, storetest.SQLite(t)), department.Config{Decide: func(i department.Item) port.State {
		if i.Matter == "M04" {
			return port.Rejected
		}
		return ""
	}})
	c, items := r.wait(r.submit(r.submission("refused-01")))
	if c.State != lifecycle.CasePartially {
		t.Errorf("the case is %s", c.State)
	}
	want := map[string]lifecycle.ItemState{}
	for m := range items {
		want[m] = lifecycle.ItemBlocked
	}
	maps.Copy(want, map[string]lifecycle.ItemState{
		"M01": lifecycle.ItemApproved, "M02": lifecycle.ItemApproved, "M03": lifecycle.ItemApproved, "M11": lifecycle.ItemApproved, "M04": lifecycle.ItemRejected,
	})
	for m, it := range items {
		if it.State != want[m] {
			t.Errorf("%s is %s, want %s", m, it.State, want[m])
		}
		if !it.State.Granted() && it.Words == "" {
			t.Errorf("%s was not granted and nobody says why", m)
		}
	}
}

func TestIdempotency(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		r := newRig(t, s, department.Config{})
		sub := r.submission("again-0001", "M01")
		var wg sync.WaitGroup
		ids := make([]string, 8)
		for i := range ids { // the same at the same moment
			wg.Go(func() {
				out, err := r.desk.Submit(r.as(hero), sub)
				if err != nil {
					t.Error(err)
				}
				ids[i] = out.CaseID
			})
		}
		wg.Wait()
		if slices.Sort(ids); ids[0] == "" || ids[0] != ids[7] {
			t.Errorf("one key made %v", ids)
		}
		slices.Reverse(sub.Answers)
		if out, err := r.desk.Submit(r.as(hero), sub); err != nil || !out.Replayed || out.CaseID != ids[0] {
			t.Errorf("the same again: %+v %v", out, err)
		}
		sub.Answers = sub.Answers[1:]
		_, err := r.desk.Submit(r.as(hero), sub)
		wantFault(t, err, fault.Conflict, "IDEMPOTENCY_KEY_REUSED")
		r.wait(ids[0])
	})
}

// Bad input gets a clear fault and changes nothing.
func TestSubmitRefuses(t *testing.T) {
	r := newRig(t, storetest.Open(t, storetest.SQLite(t)), department.Config{})
	good := r.submission("refuse-001")
	with := func(f func(*casefile.Submission)) casefile.Submission {
		s := good
		s.Answers = slices.Clone(good.Answers)
		f(&s)
		return s
	}
	for _, tt := range []struct {
		name   string
		as     context.Context
		s      casefile.Submission
		kind   fault.Kind
		reason string
	}{
		{"nobody", t.Context(), good, fault.SignedOut, "SIGN_IN"},
		{"an analyst", access.With(t.Context(), &access.Viewer{Kind: access.Analyst, Division: "230000000000"}), good, fault.Denied, "NOT_ALLOWED"},
		{"another veteran", r.as(1), good, fault.NotFound, "VETERAN_NOT_FOUND"},
		{"a short key", r.as(hero), with(func(s *casefile.Submission) { s.Key = "short" }), fault.Invalid, "IDEMPOTENCY_KEY_MALFORMED"},
		{"a key of blanks", r.as(hero), with(func(s *casefile.Submission) { s.Key = "a key with blanks" }), fault.Invalid, "IDEMPOTENCY_KEY_MALFORMED"},
		{"an unknown matter", r.as(hero), with(func(s *casefile.Submission) { s.Matters = []string{"M99"} }), fault.Invalid, "MATTER_UNKNOWN"},
		{"a matter twice", r.as(hero), with(func(s *casefile.Submission) { s.Matters = []string{"M01", "M01"} }), fault.Invalid, "MATTER_REPEATED"},
		{"no matter", r.as(hero), with(func(s *casefile.Submission) { s.Matters = []string{} }), fault.Invalid, "NO_MATTERS"},
	} {
		_, err := r.desk.Submit(tt.as, tt.s)
		t.Run(tt.name, func(t *testing.T) { wantFault(t, err, tt.kind, tt.reason) })
	}
	out, err := r.desk.Submit(r.as(hero), with(func(s *casefile.Submission) {
		s.Answers[0].Value = "no such code"
		s.Answers = append(s.Answers[:1], form.Answer{Field: "nothing", Value: 1})
	}))
	must(t, err)
	if len(out.Problems) < 10 || out.CaseID != "" {
		t.Errorf("a bad form: %d problems, case %q", len(out.Problems), out.CaseID)
	}
	machine := access.AsMachine(t.Context(), "test")
	if n := r.desk.Store.Read.CaseFile.Query().CountX(machine) + r.desk.Store.Read.Event.Query().CountX(machine); n != 0 {
		t.Errorf("refusals left %d rows", n)
	}
}

// While a case handles a matter no other may, and once it is granted the plan says so.
func TestMatterIsHandledOnce(t *testing.T) {
	r := newRig(t, storetest.Open(t, storetest.SQLite(t)), department.Config{Decide: nil})
	must(t, r.fleet.SetFault("VA", department.Fault{ErrorRate: 1}))
	first := r.submit(r.submission("first-0001", "M01"))
	_, err := r.desk.Submit(r.as(hero), r.submission("second-001", "M01", "M11"))
	wantFault(t, err, fault.Conflict, "MATTER_ALREADY_OPEN")
	must(t, r.fleet.SetFault("VA", department.Fault{}))
	r.wait(first)
	p, err := r.desk.Plan(r.as(hero), casefile.PlanInput{VeteranID: r.heroes[hero]})
	must(t, err)
	if m := p.Matters[0]; m.Code != "M01" || !m.Done || m.Selected {
		t.Errorf("M01 after it was granted: %+v", m)
	}
}

// What departments say may come doubled, late, out of order, from the wrong one:
// it is applied once.
func TestApplyOnce(t *testing.T) {
	r := newRig(t, storetest.Open(t, storetest.SQLite(t)), department.Config{})
	must(t, r.fleet.SetFault("VA", department.Fault{ErrorRate: 1}))
	id := r.submit(r.submission("apply-0001", "M01"))
	items, err := r.desk.Items(r.as(hero), []string{id})
	must(t, err)
	it := items[id][0]
	ctx := t.Context()
	a := port.Answer{ItemID: it.ID, State: port.Approved, Number: "N1", DecidedOn: time.Now(), Sequence: 3}
	wantFault(t, r.desk.Apply(ctx, "PS", a), fault.NotFound, "ITEM_NOT_FOUND")
	must(t, r.desk.Apply(ctx, "VA", a))
	must(t, r.desk.Apply(ctx, "VA", a))
	must(t, r.desk.Apply(ctx, "VA", port.Answer{ItemID: it.ID, State: port.Rejected, Words: "晚到", DecidedOn: time.Now(), Sequence: 9}))
	must(t, r.desk.Apply(ctx, "VA", port.Answer{ItemID: it.ID, State: port.InProgress, Sequence: 2}))
	c, by := r.wait(id)
	if c.State != lifecycle.CaseCompleted || by["M01"].ResultNo != "N1" || by["M01"].Words != "" {
		t.Errorf("%s %+v", c.State, by["M01"])
	}
	r.journalEnds(id, 1)
}

func (r *rig) journalEnds(id string, approvals int) {
	r.t.Helper()
	entries, err := r.desk.Timeline(r.as(hero), []string{id})
	must(r.t, err)
	n := 0
	for _, e := range entries[id] {
		if e.ToState == string(lifecycle.ItemApproved) {
			n++
		}
	}
	if n != approvals {
		r.t.Errorf("the journal tells %d approvals, want %d", n, approvals)
	}
}

// The pinned plan is what the person was promised, whatever the catalogue says later.
func TestPinnedPlan(t *testing.T) {
	r := newRig(t, storetest.Open(t, storetest.SQLite(t)), department.Config{})
	id := r.submit(r.submission("pinned-001"))
	p, err := r.desk.PinnedPlan(r.as(hero), id)
	must(t, err)
	c, err := r.desk.Get(r.as(hero), id)
	must(t, err)
	if p.Totals.After.Days != 15 || *c.DueOn != p.PromisedOn.Day || c.CatalogVersion != p.CatalogVersion {
		t.Errorf("plan %+v, case due %v", p.Totals, c.DueOn)
	}
	if *c.AcceptedOn != workday.Builtin().AcceptedOn(*c.SubmittedAt, 17) {
		t.Errorf("accepted on %v", c.AcceptedOn)
	}
	_, err = r.desk.PinnedPlan(r.as(1), id)
	wantFault(t, err, fault.NotFound, "CASE_NOT_FOUND")
	_, err = r.desk.Get(r.as(1), id)
	wantFault(t, err, fault.NotFound, "CASE_NOT_FOUND")
}

func wantFault(t *testing.T, err error, kind fault.Kind, reason string) {
	t.Helper()
	if f := fault.Of(err); err == nil || f.Kind != kind || f.Reason != reason {
		t.Errorf("got %v, want %s", err, reason)
	}
}
