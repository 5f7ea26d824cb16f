package server_test

import (
	"context"
	"fmt"
	"runtime"
	"slices"
	"testing"
	"time"

	gencase "github.com/vetgraph/vetgraph/ent/gen/casefile"
	"github.com/vetgraph/vetgraph/ent/gen/correction"
	"github.com/vetgraph/vetgraph/ent/gen/item"
	"github.com/vetgraph/vetgraph/internal/access"
	"github.com/vetgraph/vetgraph/internal/casefile"
	"github.com/vetgraph/vetgraph/internal/form"
	"github.com/vetgraph/vetgraph/internal/lifecycle"
	"github.com/vetgraph/vetgraph/internal/port"
	"github.com/vetgraph/vetgraph/internal/store/storetest"
	"github.com/vetgraph/vetgraph/server"
)

// What the desk writes beside the moves is there: nothing open without somebody
// who owes a word, nobody untold, a sum for every case, and everything that one
// may want to show.
func TestExamplesShowEverything(t *testing.T) {
	t.Parallel()
	h, err := server.Open(t.Context(), demo(t.TempDir(), 700), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = h.Close(t.Context()) }()
	arrived(t, h)
	ctx, c := access.AsMachine(t.Context(), "test"), h.Store.Read
	supervisor := access.With(t.Context(), &access.Viewer{ID: "demo/supervisor", Kind: access.Supervisor, Division: "230000000000"})
	if r, err := h.Office.Silences(supervisor, 10); err != nil || r.Total > 0 {
		t.Errorf("%v %v", r, err)
	}
	count := map[string]int{}
	for _, o := range c.Obligation.Query().AllX(ctx) {
		count["obligation "+string(o.Kind)+map[bool]string{true: " open", false: " ended"}[o.EndedAt == nil]]++
	}
	for _, x := range c.Task.Query().AllX(ctx) {
		count["task "+string(x.Kind)+" "+string(x.State)]++
	}
	for _, v := range c.Violation.Query().AllX(ctx) {
		count["violation "+string(v.Kind)]++
	}
	for _, r := range c.Rating.Query().AllX(ctx) {
		count[fmt.Sprintf("grade %d round %d", r.Grade, r.Round)]++
	}
	for _, m := range c.Mandate.Query().AllX(ctx) {
		count["mandate "+string(h.Mandates.State(m))]++
	}
	for _, m := range c.Material.Query().AllX(ctx) {
		count["paper "+string(m.State)]++
	}
	for _, r := range c.PreReview.Query().AllX(ctx) {
		count["pre-review "+string(r.State)]++
	}
	for _, d := range c.Dispute.Query().AllX(ctx) {
		count["dispute "+string(d.State)]++
	}
	for _, it := range c.Item.Query().AllX(ctx) {
		count["warning "+string(it.Warning)]++
		if it.Round > 0 {
			count["supplemented"]++
		}
	}
	for _, p := range c.Pause.Query().AllX(ctx) {
		count["pause "+string(p.Kind)+map[bool]string{true: " open", false: " ended"}[p.ToDay == nil]]++
	}
	count["appointment"] = c.Appointment.Query().CountX(ctx)
	count["notice"] = c.Notification.Query().CountX(ctx)
	for _, want := range []string{
		"obligation RESULT open", "obligation RESULT ended", "obligation ACCEPTANCE open", "obligation ACCEPTANCE ended", "obligation PRE_REVIEW open",
		"obligation PRE_REVIEW ended", "obligation MAKE_UP ended", "task OVERDUE OPEN", "task OVERDUE DONE", "task RATING OPEN", "task DISPUTE OPEN", "task DISPUTE DONE",
		"task COMMITMENT OPEN", "task COMMITMENT DONE", "task SILENCE OPEN", "violation SECOND_RETURN", "violation OVERDUE", "grade 5 round 1", "grade 1 round 1", "grade 2 round 1",
		"grade 4 round 2", "mandate ACTIVE", "mandate REQUESTED", "mandate EXPIRED", "mandate REVOKED", "paper PROMISED", "paper HELD", "paper COMMITTED", "paper FAULTY",
		"pre-review PENDING", "pre-review PASSED", "pre-review FAILED", "dispute OPEN", "dispute UPHELD", "dispute REJECTED", "warning YELLOW", "warning RED", "supplemented",
		"pause CORRECTION open", "pause CORRECTION ended", "pause SUSPENSION open", "pause SUSPENSION ended", "appointment", "notice",
	} {
		if count[want] == 0 {
			t.Errorf("there is no %s", want)
		}
	}
	if t.Failed() {
		t.Log(count)
	}
}

// The departments have the open examples: one that was returned can be
// supplemented and is decided by its department's system; what an officer decides
// at the desk is taken out of the department's books.
func TestExamplesLiveOn(t *testing.T) {
	t.Parallel()
	k := open(t, storetest.SQLite(t), noon, func(c *server.Config) { c.Veterans = 700 })
	ctx := access.AsMachine(t.Context(), "test")
	it := k.hub.Store.Read.Item.Query().Where(item.StateEQ(lifecycle.ItemCorrection)).Order(item.ByID()).FirstX(ctx)
	person := access.With(t.Context(), &access.Viewer{ID: "demo/veteran/" + it.VeteranID, Kind: access.Veteran, Self: it.VeteranID})
	row := k.hub.Store.Read.Correction.Query().Where(correction.ItemID(it.ID), correction.AnsweredAtIsNil()).OnlyX(ctx)
	known, err := k.hub.Cases.ItemAnswers(person, it)
	if err != nil {
		t.Fatal(err)
	}
	in := casefile.Supplement{ItemID: it.ID}
	for _, x := range row.Defects {
		if x.Material != "" {
			in.Materials = append(in.Materials, x.Material)
		} else {
			i := slices.IndexFunc(known, func(a casefile.ItemAnswer) bool { return a.Field == x.Field })
			in.Answers = append(in.Answers, form.Answer{Field: x.Field, Value: known[i].Value})
		}
	}
	if problems, err := k.hub.Cases.Supplement(person, in); err != nil || len(problems) > 0 {
		t.Fatal(problems, err)
	}
	becomes(t, k.hub, it.ID, lifecycle.ItemReceived)
	if err := k.hub.Fleet.DecideNow(t.Context(), it.ID, port.Approved); err != nil {
		t.Fatal(err)
	}
	becomes(t, k.hub, it.ID, lifecycle.ItemApproved)

	it = k.hub.Store.Read.Item.Query().Where(item.StateEQ(lifecycle.ItemReceived), item.HasCaseWith(gencase.SubmissionKeyIsNil())).Order(item.ByID()).FirstX(ctx)
	officer := access.With(t.Context(), &access.Viewer{ID: "demo/officer", Kind: access.Officer, Department: it.Department, Division: "230000000000"})
	if err := k.hub.Cases.Decide(officer, it.ID, true, "例 1 号", "准予办理。"); err != nil {
		t.Fatal(err)
	}
	for end := time.Now().Add(20 * time.Second); ; runtime.Gosched() {
		answers, err := k.hub.Registry.Get(it.Department).Status(t.Context(), []string{it.ID})
		if err != nil || time.Now().After(end) {
			t.Fatal(answers, err)
		}
		if answers[0].State == port.Withdrawn {
			break
		}
	}
}

func becomes(t *testing.T, h *server.Hub, id string, state lifecycle.ItemState) {
	t.Helper()
	ctx, cancel := context.WithTimeout(access.AsMachine(t.Context(), "test"), 20*time.Second)
	defer cancel()
	for h.Store.Read.Item.GetX(ctx, id).State != state {
		runtime.Gosched()
	}
}
