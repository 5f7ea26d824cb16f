package casefile_test

import (
	"context"
	"slices"
	"testing"
	"time"

	"github.com/vetgraph/vetgraph/ent/gen"
	"github.com/vetgraph/vetgraph/ent/gen/violation"
	"github.com/vetgraph/vetgraph/internal/access"
	"github.com/vetgraph/vetgraph/internal/casefile"
	"github.com/vetgraph/vetgraph/internal/catalog"
	"github.com/vetgraph/vetgraph/internal/division"
	"github.com/vetgraph/vetgraph/internal/fault"
	"github.com/vetgraph/vetgraph/internal/form"
	"github.com/vetgraph/vetgraph/internal/lifecycle"
	"github.com/vetgraph/vetgraph/internal/population"
	"github.com/vetgraph/vetgraph/internal/port"
	"github.com/vetgraph/vetgraph/internal/profile"
	"github.com/vetgraph/vetgraph/internal/store"
	"github.com/vetgraph/vetgraph/internal/store/storetest"
	"github.com/vetgraph/vetgraph/internal/vault"
	"github.com/vetgraph/vetgraph/internal/workday"
)

// office is a desk without departments behind it, whose clock the test sets: what
// is to be carried is only noted.
type office struct {
	*rig
	at             time.Time
	sent, recalled []string
}

func (o *office) Enqueue(_ context.Context, _ store.Tx, ids []string) error {
	o.sent = append(o.sent, ids...)
	return nil
}

func (o *office) Recall(_ context.Context, _ store.Tx, ids []string) error {
	o.recalled = append(o.recalled, ids...)
	return nil
}

func newOffice(t *testing.T, s *store.Store) *office {
	t.Helper()
	ctx := access.AsMachine(t.Context(), "test")
	cat, err := builtin()
	must(t, err)
	v, err := vault.New(vault.Generate())
	must(t, err)
	o := &office{at: time.Date(2026, 11, 23, 10, 0, 0, 0, workday.Zone())}
	now := func() time.Time { return o.at }
	p := &profile.Profile{Store: s, Vault: v, Catalog: func() *catalog.Catalog { return cat }, Divisions: division.Builtin(), Now: now}
	shelf, err := casefile.NewShelf(ctx, s, cat, catalog.BuiltinFiles(), o.at)
	must(t, err)
	years, err := casefile.OpenYears(ctx, s, workday.Builtin())
	must(t, err)
	o.rig = &rig{t: t, now: now, desk: &casefile.Desk{
		Store: s, Profile: p, Shelf: shelf, Calendar: years.Calendar, Years: years, Divisions: division.Builtin(),
		Vault: v, Bell: &casefile.Bell{}, Now: now, Closing: 17, Outbox: o,
	}}
	for person := range population.Generate(1, len(population.Heroes()), workday.FromTime(o.at), division.Builtin()) {
		o.heroes = append(o.heroes, p.VeteranID(person.Number))
		must(t, s.InTx(ctx, func(ctx context.Context, tx store.Tx) error {
			_, err := p.Put(ctx, tx, []profile.Person{person})
			return err
		}))
	}
	return o
}

// officer is a context in which an officer of a department sits at the desk.
func (o *office) officer(department string) context.Context {
	return access.With(o.t.Context(), &access.Viewer{ID: "officer/" + department, Kind: access.Officer, Department: department, Division: "230000000000"})
}

func (o *office) machine() context.Context { return access.AsMachine(o.t.Context(), "test") }

func (o *office) item(caseID, matter string) *gen.Item {
	o.t.Helper()
	items, err := o.desk.Items(o.machine(), []string{caseID})
	must(o.t, err)
	i := slices.IndexFunc(items[caseID], func(it *gen.Item) bool { return it.Matter == matter })
	if i < 0 {
		o.t.Fatalf("the case has no %s", matter)
	}
	return items[caseID][i]
}

// grant lets a department receive and approve an item.
func (o *office) grant(caseID, matter string) {
	o.t.Helper()
	it := o.item(caseID, matter)
	must(o.t, o.desk.Decide(o.officer(it.Department), it.ID, true, "准〔1〕", ""))
}

// owing checks that every open item has exactly one word owed and every other none.
func (o *office) owing(caseID string) {
	o.t.Helper()
	owed, err := o.desk.Obligations(o.machine(), []string{caseID})
	must(o.t, err)
	items, err := o.desk.Items(o.machine(), []string{caseID})
	must(o.t, err)
	for _, it := range items[caseID] {
		n := 0
		for _, w := range owed[caseID] {
			if w.ItemID == it.ID && w.EndedAt == nil {
				n++
			}
		}
		if want := map[bool]int{false: 1, true: 0}[it.State.Ended()]; n != want {
			o.t.Errorf("%s is %s and %d words are owed about it", it.Matter, it.State, n)
		}
	}
}

// A return names everything at once; only that reopens; the clock stands and says
// so; what is wrong with the supplement is said whole; then it goes on.
func TestReturnAndSupplement(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		o := newOffice(t, s)
		id := o.submit(o.submission("return-0001", "M01", "M03", "M04", "M11"))
		o.grant(id, "M01")
		m := o.item(id, "M11")
		due := m.DueOn
		found := []lifecycle.Defect{{Field: "mobile", Words: "号码打不通。"}, {Field: "currentAddress", Words: "缺门牌号。"}}

		wantFault(t, o.desk.Return(o.as(hero), m.ID, found, ""), fault.Denied, "NOT_ALLOWED")
		wantFault(t, o.desk.Return(o.officer("PS"), m.ID, found, ""), fault.NotFound, "ITEM_NOT_FOUND")
		wantFault(t, o.desk.Return(o.officer("MIL"), m.ID, nil, ""), fault.Invalid, "DEFECTS_MISSING")
		wantFault(t, o.desk.Return(o.officer("MIL"), m.ID, []lifecycle.Defect{{Field: "bankName", Words: "x"}}, ""), fault.Invalid, "DEFECT_UNKNOWN")
		must(t, o.desk.Return(o.officer("MIL"), m.ID, found, "请一并补正。"))
		o.owing(id)
		if m = o.item(id, "M11"); m.State != lifecycle.ItemCorrection {
			t.Fatalf("returned, it is %s", m.State)
		}
		if other := o.item(id, "M04"); other.State == lifecycle.ItemCorrection || other.State.Ended() {
			t.Errorf("another item has become %s", other.State)
		}

		o.at = time.Date(2026, 11, 27, 10, 0, 0, 0, workday.Zone()) // four working days later
		clocks, err := o.desk.Clocks(o.as(hero), []string{id})
		must(t, err)
		if c := clocks[id].Items[m.ID]; !c.Stopped || !c.Due.Open || c.Due.Day <= due || len(c.Pauses) != 1 {
			t.Errorf("while it stands: stopped %v, open %v, due %s after %s", c.Stopped, c.Due.Open, c.Due.Day, due)
		}
		problems, err := o.desk.Supplement(o.as(hero), casefile.Supplement{ItemID: m.ID, Answers: []form.Answer{{Field: "mobile", Value: "12"}, {Field: "occupation", Value: "4"}}})
		must(t, err)
		var reasons []string
		for _, p := range problems {
			reasons = append(reasons, p.Field+" "+p.Reason)
		}
		slices.Sort(reasons)
		if want := []string{"currentAddress VALUE_MISSING", "mobile VALUE_PATTERN", "occupation FIELD_NOT_REOPENED"}; !slices.Equal(reasons, want) {
			t.Errorf("problems %v, want %v", reasons, want)
		}
		right := casefile.Supplement{ItemID: m.ID, Answers: []form.Answer{{Field: "mobile", Value: "19900009999"}, {Field: "currentAddress", Value: "示例路2号"}}}
		_, err = o.desk.Supplement(o.as(1), right)
		wantFault(t, err, fault.NotFound, "ITEM_NOT_FOUND")
		problems, err = o.desk.Supplement(o.as(hero), right)
		if must(t, err); len(problems) > 0 {
			t.Fatalf("a right supplement: %+v", problems)
		}
		o.owing(id)
		if m = o.item(id, "M11"); m.State != lifecycle.ItemReady || m.Round != 1 || m.DueOn != o.desk.Calendar().Due(due, 3).Day { // the first of the four days was still M01's
			t.Errorf("supplemented, it is %s, round %d, due %s (was %s)", m.State, m.Round, m.DueOn, due)
		}
		_, out, err := o.desk.Delivery(o.machine(), m.ID)
		must(t, err)
		if out.Round != 1 || out.Answers["mobile"] != "19900009999" || out.Answers["occupation"] != "4" {
			t.Errorf("what is sent again: round %d, %v", out.Round, out.Answers["mobile"])
		}
		_, err = o.desk.Supplement(o.as(hero), right)
		wantFault(t, err, fault.Conflict, "NOT_RETURNED")

		// A second return for what could have been seen at the first is recorded, with its owner.
		must(t, o.desk.Return(o.officer("MIL"), m.ID, []lifecycle.Defect{{Field: "mobile", Words: "仍打不通。"}, {Field: "occupation", Words: "与档案不符。"}}, ""))
		vs := s.Read.Violation.Query().Where(violation.CaseID(id)).AllX(o.machine())
		if len(vs) != 1 || vs[0].Element != "occupation" || vs[0].Owner != "officer/MIL" {
			t.Errorf("violations: %+v", vs)
		}
		o.owing(id)
	})
}

// What is not corrected in time ends, and what waited for it too; the person is
// not left in the dark.
func TestLapse(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		o := newOffice(t, s)
		id := o.submit(o.submission("lapse-0001", "M01", "M04"))
		m := o.item(id, "M01")
		must(t, o.desk.Apply(o.machine(), "VA", port.Answer{ItemID: m.ID, State: port.Returned, Words: "请补正", DecidedOn: o.at, Sequence: 2}))
		must(t, o.desk.Lapse(o.machine()))
		if got := o.item(id, "M01").State; got != lifecycle.ItemCorrection {
			t.Fatalf("before its time it is %s", got)
		}
		o.at = o.desk.Calendar().Due(workday.FromTime(o.at), 10).Day.AddDays(1).Time().Add(time.Second)
		must(t, o.desk.Lapse(o.machine()))
		if a, b := o.item(id, "M01").State, o.item(id, "M04").State; a != lifecycle.ItemTerminated || b != lifecycle.ItemBlocked {
			t.Errorf("after its time: %s, %s", a, b)
		}
		c, err := o.desk.Get(o.as(hero), id)
		must(t, err)
		if c.State != lifecycle.CaseTerminated {
			t.Errorf("the case is %s", c.State)
		}
		o.owing(id)
	})
}

// A suspended item stands for a reason and on a ground; resumed, its promised day
// has moved by the working days between, and so has the case's.
func TestSuspendAndResume(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		o := newOffice(t, s)
		id := o.submit(o.submission("suspend-01", "M01", "M04"))
		m := o.item(id, "M01")
		before, err := o.desk.Get(o.as(hero), id)
		must(t, err)
		must(t, o.desk.Sent(o.machine(), m.ID, ""))
		wantFault(t, o.desk.Suspend(o.officer("VA"), m.ID, " ", "法"), fault.Invalid, "WORDS_MISSING")
		wantFault(t, o.desk.Suspend(o.officer("VA"), m.ID, "核实", ""), fault.Invalid, "LAW_MISSING")
		must(t, o.desk.Suspend(o.officer("VA"), m.ID, "向原部队核实", "《行政许可法》第四十五条"))
		wantFault(t, o.desk.Suspend(o.officer("VA"), m.ID, "再次", "法"), fault.Conflict, "ITEM_STATE")
		o.at = o.at.AddDate(0, 0, 7)
		must(t, o.desk.Drift(o.machine()))
		must(t, o.desk.Resume(o.officer("VA"), m.ID, ""))
		o.owing(id)
		after, err := o.desk.Get(o.as(hero), id)
		must(t, err)
		if want := o.desk.Calendar().Due(*before.DueOn, 5).Day; *after.DueOn != want {
			t.Errorf("promised %s, five working days on is %s, got %s", before.DueOn, want, after.DueOn)
		}
		clocks, err := o.desk.Clocks(o.as(hero), []string{id})
		must(t, err)
		for matter, at := range map[string]string{"M01": m.ID, "M04": o.item(id, "M04").ID} {
			if c := clocks[id].Items[at]; c.Due.Day != o.item(id, matter).DueOn {
				t.Errorf("%s: the clock says %s, the record %s", matter, c.Due.Day, o.item(id, matter).DueOn)
			}
		}
	})
}

// What nobody has seen is taken back at once; what a department has is asked for.
func TestWithdraw(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		o := newOffice(t, s)
		id := o.submit(o.submission("withdraw-1", "M01", "M03", "M04"))
		o.grant(id, "M01")
		m3, m4 := o.item(id, "M03"), o.item(id, "M04")
		must(t, o.desk.Received(o.machine(), m4.ID, 0, port.Receipt{ItemID: m4.ID, Number: "R1", ReceivedAt: o.at}))
		wantFault(t, o.desk.WithdrawItem(o.as(1), m4.ID, ""), fault.NotFound, "ITEM_NOT_FOUND")
		o.recalled = nil
		must(t, o.desk.WithdrawCase(o.as(hero), id, "不办了"))
		if a, b := o.item(id, m3.Matter), o.item(id, m4.Matter); a.State != lifecycle.ItemWithdrawn || b.State != lifecycle.ItemReceived || !b.Withdrawing || !slices.Contains(o.recalled, b.ID) {
			t.Fatalf("M03 %s; M04 %s, withdrawing %v", a.State, b.State, b.Withdrawing)
		}
		o.owing(id)
		// The department had decided: that stands, and the person is told.
		must(t, o.desk.Recalled(o.machine(), m4.ID, port.Answer{ItemID: m4.ID, State: port.Approved, Number: "N", DecidedOn: o.at, Sequence: 5}, true))
		c, err := o.desk.Get(o.as(hero), id)
		must(t, err)
		if b := o.item(id, "M04"); b.State != lifecycle.ItemApproved || b.Withdrawing || c.State != lifecycle.CasePartially {
			t.Errorf("decided meanwhile: %s, withdrawing %v, the case %s", b.State, b.Withdrawing, c.State)
		}
		o.owing(id)
		wantFault(t, o.desk.WithdrawItem(o.as(hero), m4.ID, ""), fault.Conflict, "ITEM_STATE")
	})
}

// A case with a paper promised for later waits for an officer, who accepts or
// refuses it; silence accepts it on the day it came in.
func TestAcceptance(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		o := newOffice(t, s)
		p, err := o.desk.Plan(o.as(hero), casefile.PlanInput{VeteranID: o.heroes[hero], Matters: []string{"M01", "M03", "M04", "M12"}})
		must(t, err)
		var minor string
		for _, x := range p.Papers.Kept {
			if m := o.desk.Shelf.Current().Material(x.Material); m != nil && m.Gap {
				minor = x.Material
			}
		}
		if minor == "" {
			t.Fatal("no paper of the plan may come later")
		}
		gap := func(key string, by workday.Day) casefile.Submission {
			sub := o.submission(key, "M01", "M03", "M04", "M12")
			sub.Gaps = []casefile.Gap{{Material: minor, By: by}}
			return sub
		}
		out, err := o.desk.Submit(o.as(hero), gap("gap-000001", p.PromisedOn.Day.AddDays(1)))
		if must(t, err); len(out.Problems) != 1 || out.Problems[0].Reason != "GAP_TOO_LATE" {
			t.Errorf("after the promised day: %+v", out.Problems)
		}
		by := workday.FromTime(o.at).AddDays(3)
		id := o.submit(gap("gap-000002", by))
		if c, _ := o.desk.Get(o.as(hero), id); c.State != lifecycle.CaseSubmitted || c.AcceptedOn != nil || len(o.sent) > 0 {
			t.Fatalf("it does not wait: %s", c.State)
		}
		_, err = o.desk.Submit(o.as(hero), o.submission("gap-000003", "M01"))
		wantFault(t, err, fault.Conflict, "MATTER_ALREADY_OPEN")
		wantFault(t, o.desk.Refuse(o.officer("VA"), id, " "), fault.Invalid, "WORDS_MISSING")
		wantFault(t, o.desk.Accept(o.officer("PS"), id, ""), fault.NotFound, "CASE_NOT_FOUND")
		must(t, o.desk.Refuse(o.officer("VA"), id, "不属于本地安置。"))
		c, err := o.desk.Get(o.as(hero), id)
		must(t, err)
		if remedy, _ := o.desk.Remedy(o.as(hero), c); c.State != lifecycle.CaseNotAccepted || c.Reason == "" || remedy == nil {
			t.Errorf("refused: %s, %q", c.State, c.Reason)
		}

		id = o.submit(gap("gap-000004", by))
		came := workday.FromTime(o.at)
		o.at = o.desk.Calendar().Due(came, 5).Day.AddDays(1).Time().Add(time.Minute)
		must(t, o.desk.Lapse(o.machine()))
		c, err = o.desk.Get(o.as(hero), id)
		must(t, err)
		if c.State != lifecycle.CaseInProgress || *c.AcceptedOn != came {
			t.Fatalf("nobody spoke: %s, accepted on %v", c.State, c.AcceptedOn)
		}
		o.owing(id)
		o.at = o.at.AddDate(0, 0, 30)
		must(t, o.desk.Lapse(o.machine())) // the paper is overdue by now: what needs it ends
		ended := 0
		items, err := o.desk.Items(o.as(hero), []string{id})
		must(t, err)
		for _, it := range items[id] {
			if it.State == lifecycle.ItemTerminated {
				ended++
			}
		}
		if ended == 0 {
			t.Error("a promised paper did not come and nothing followed")
		}
		o.owing(id)
	})
}
