package supervision_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/vetgraph/vetgraph/ent/gen/event"
	"github.com/vetgraph/vetgraph/ent/gen/notification"
	"github.com/vetgraph/vetgraph/ent/gen/obligation"
	"github.com/vetgraph/vetgraph/ent/gen/task"
	"github.com/vetgraph/vetgraph/ent/gen/violation"
	"github.com/vetgraph/vetgraph/internal/lifecycle"
	"github.com/vetgraph/vetgraph/internal/notify"
	"github.com/vetgraph/vetgraph/internal/store"
	"github.com/vetgraph/vetgraph/internal/store/storetest"
	"github.com/vetgraph/vetgraph/internal/supervision"
	"github.com/vetgraph/vetgraph/internal/workday"
)

var today = workday.FromTime(noon)

func (r *rig) watch() {
	r.t.Helper()
	must(r.t, r.office.Watch(r.t.Context(), "PS"))
}

// kinds are the kinds of the journal's entries about a case.
func (r *rig) kinds(caseID string) (all []string) {
	r.t.Helper()
	rows, err := r.store.Read.Event.Query().Where(event.CaseID(caseID)).Order(event.ByID()).All(r.machine())
	must(r.t, err)
	for _, e := range rows {
		all = append(all, e.Kind+" "+e.FromState+"→"+e.ToState)
	}
	return all
}

func (r *rig) silences(ctx context.Context) *supervision.Report {
	r.t.Helper()
	got, err := r.office.Silences(ctx, 10)
	must(r.t, err)
	return got
}

// A late word becomes a named person's, once, and the veteran is told by whose
// office; when the word comes, the task ends.
func TestLateWord(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		r := newRig(t, s)
		caseID, itemID := r.file(daoli, today-5, today+5)
		id := r.owed(caseID, itemID, noon.Add(-time.Minute))
		r.watch()
		r.watch()
		tasks, err := s.Read.Task.Query().All(r.machine())
		must(t, err)
		if len(tasks) != 1 || tasks[0].Kind != task.KindSILENCE || tasks[0].Subject != id || tasks[0].Assignee != "demo/officer-ps" ||
			tasks[0].DueOn.String() != "2026-11-25" || !strings.Contains(tasks[0].Words, "“户口登记(退役军人恢复户口)”应于 2026-11-23 前有答复") {
			t.Fatalf("tasks: %v", tasks)
		}
		told, err := s.Read.Notification.Query().All(r.machine())
		must(t, err)
		if len(told) != 1 || told[0].Kind != "SILENCE_ESCALATED" || told[0].ItemID != itemID || told[0].VeteranID == "" {
			t.Fatalf("told: %v", told)
		}
		body := r.post.Body(t.Context(), told[0])
		if want := "公安机关未按时就“户口登记(退役军人恢复户口)”给出答复。黑龙江省公安机关督办岗位已接手督办，最迟 2026-11-25 前落实。您无需重复提交。"; body.Zh != want {
			t.Errorf("the veteran reads %s", body.Zh)
		}
		if strings.Contains(body.Zh+body.En, tasks[0].AssigneeName) {
			t.Error("the veteran is told the named person's name")
		}
		if got := r.kinds(caseID); !slices.Equal(got, []string{"OBLIGATION_ESCALATED DEPARTMENT→PERSON"}) {
			t.Errorf("journal: %v", got)
		}
		r.now = noon.Add(time.Hour)
		if got := r.silences(r.supervisor(daoli)); got.Total != 0 {
			t.Errorf("silences: %+v", got.Silences)
		}
		r.over(id)
		r.in(func(ctx context.Context, tx store.Tx) error {
			return tx.Ent.Item.UpdateOneID(itemID).SetState(lifecycle.ItemApproved).Exec(ctx)
		})
		r.watch()
		if got := r.task(tasks[0].ID); got.State != task.StateDONE {
			t.Errorf("the word has come, and the task is %s", got.State)
		}
	})
}

// What the applicant owes is casework's to end; an acceptance, which silence gives,
// goes to a person only if casework does not give it.
func TestNotEveryWordIsEscalated(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		r := newRig(t, s)
		for _, change := range []func(*obligationUpdate){
			func(u *obligationUpdate) { u.SetOwedBy(obligation.OwedByAPPLICANT) },
			func(u *obligationUpdate) { u.SetEndedAt(noon) },
			func(u *obligationUpdate) { u.SetWordBy(noon.Add(time.Minute)) },
			func(u *obligationUpdate) { u.SetDepartment("VA") },
		} {
			caseID, itemID := r.file(daoli, today-5, today+5)
			id := r.owed(caseID, itemID, noon.Add(-time.Minute))
			r.in(func(ctx context.Context, tx store.Tx) error {
				u := tx.Ent.Obligation.UpdateOneID(id)
				change(u)
				return u.Exec(ctx)
			})
		}
		caseID, _ := r.file(daoli, today-5, today+5)
		r.acceptance(caseID, noon.Add(-time.Minute))
		r.watch()
		if n := s.Read.Task.Query().CountX(r.machine()); n != 0 {
			t.Errorf("%d tasks", n)
		}
		r.now = noon.Add(10 * time.Minute)
		r.watch()
		if n := s.Read.Task.Query().Where(task.CaseID(caseID)).CountX(r.machine()); n != 1 {
			t.Errorf("%d tasks about an acceptance that nobody gave", n)
		}
	})
}

// One case that cannot be handled holds up no other, and is still reported.
func TestOneFailureHoldsUpNobody(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		r := newRig(t, s)
		var cases []string
		for range 5 {
			caseID, itemID := r.file(daoli, today-5, today+5)
			r.owed(caseID, itemID, noon.Add(-time.Hour))
			cases = append(cases, caseID)
		}
		boom := errors.New("boom")
		r.office.Tell = teller(func(ctx context.Context, tx store.Tx, notices ...notify.Notice) error {
			if notices[0].CaseID == cases[2] {
				return boom
			}
			return r.post.Tell(ctx, tx, notices...)
		})
		if err := r.office.Watch(t.Context(), "PS"); !errors.Is(err, boom) {
			t.Errorf("watched: %v", err)
		}
		rows, err := s.Read.Task.Query().Order(task.ByCaseID()).All(r.machine())
		must(t, err)
		var got []string
		for _, row := range rows {
			got = append(got, row.CaseID)
		}
		if want := slices.Delete(slices.Clone(cases), 2, 3); !slices.Equal(got, want) {
			t.Errorf("tasks about %v, want %v", got, want)
		}
		if rep := r.silences(r.supervisor(daoli)); rep.Total != 1 || rep.Silences[0].CaseID != cases[2] || rep.Silences[0].Reason != supervision.LateWithoutOwner {
			t.Errorf("silences: %+v", rep)
		}
		r.office.Tell = r.post
		r.watch()
		if rep := r.silences(r.supervisor(daoli)); rep.Total != 0 {
			t.Errorf("silences: %+v", rep)
		}
	})
}

// Warnings go from none to yellow to red as days pass, once each; red is recorded
// and has a named person; a day that moves takes the red back but not the record.
func TestWarnings(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		r := newRig(t, s)
		due := workday.Date(2026, 12, 4)
		caseID, itemID := r.file(daoli, workday.Date(2026, 11, 20), due)
		r.owed(caseID, itemID, due.AddDays(30).Time())
		stopped, stoppedItem := r.file(daoli, workday.Date(2026, 11, 20), due)
		r.owed(stopped, stoppedItem, due.AddDays(30).Time())
		r.in(func(ctx context.Context, tx store.Tx) error {
			return tx.Ent.Item.UpdateOneID(stoppedItem).SetState(lifecycle.ItemCorrection).Exec(ctx)
		})
		var counted int
		r.office.Figures = countCalls(&counted)
		for _, step := range []struct {
			on   string
			want lifecycle.Warning
		}{{"2026-12-01", lifecycle.NoWarning}, {"2026-12-02", lifecycle.Yellow}, {"2026-12-04", lifecycle.Yellow}, {"2026-12-05", lifecycle.Red}, {"2026-12-08", lifecycle.Red}} {
			r.on(step.on)
			r.watch()
			r.watch()
			if got := r.warning(caseID, itemID); got != [2]lifecycle.Warning{step.want, step.want} {
				t.Errorf("on %s item and case are %v, want %s", step.on, got, step.want)
			}
			if got := r.warning(stopped, stoppedItem); got != [2]lifecycle.Warning{lifecycle.NoWarning, lifecycle.NoWarning} {
				t.Errorf("on %s the one whose clock stands is %v", step.on, got)
			}
		}
		if got := r.kinds(caseID); !slices.Equal(got, []string{"ITEM_WARNING NONE→YELLOW", "ITEM_WARNING YELLOW→RED"}) {
			t.Errorf("journal: %v", got)
		}
		if counted != 2 {
			t.Errorf("figures were noted %d times", counted)
		}
		tasks, err := s.Read.Task.Query().All(r.machine())
		must(t, err)
		if len(tasks) != 1 || tasks[0].Kind != task.KindOVERDUE || tasks[0].Subject != itemID || tasks[0].State != task.StateOPEN {
			t.Fatalf("tasks: %v", tasks)
		}
		r.in(func(ctx context.Context, tx store.Tx) error {
			return tx.Ent.Item.UpdateOneID(itemID).SetDueOn(due.AddDays(40)).Exec(ctx)
		})
		r.watch()
		if got := r.warning(caseID, itemID); got[0] != lifecycle.NoWarning || got[1] != lifecycle.NoWarning {
			t.Errorf("moved, item and case are %v", got)
		}
		if got := r.task(tasks[0].ID); got.State != task.StateDONE {
			t.Errorf("moved, the task is %s", got.State)
		}
		vs, err := s.Read.Violation.Query().All(r.machine())
		must(t, err)
		if len(vs) != 1 || vs[0].Kind != violation.KindOVERDUE || vs[0].Owner != "department/PS" || vs[0].Law == "" || vs[0].ItemID != itemID {
			t.Errorf("violations: %v", vs)
		}
	})
}

// Each way of being silent is found, by those who supervise it and nobody else.
func TestSilences(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		r := newRig(t, s)
		late, lateItem := r.file(daoli, today-5, today+5)
		r.owed(late, lateItem, noon.Add(-16*time.Minute))
		inGrace, inGraceItem := r.file(daoli, today-5, today+5)
		r.owed(inGrace, inGraceItem, noon.Add(-14*time.Minute))
		bare, _ := r.file(nangang, today-5, today+5)
		waiting, waitingItem := r.file(daoli, today-5, today+5)
		ended, endedItem := r.file(daoli, today-5, today+5)
		r.over(r.owed(ended, endedItem, noon))
		before, beforeItem := r.file(daoli, today-5, today+5) // ended before words were owed, and told as things were then
		told, toldItem := r.file(daoli, today-5, today+5)
		paid := []string{r.owed(ended, endedItem, noon), r.owed(told, toldItem, noon)}
		r.in(func(ctx context.Context, tx store.Tx) error {
			for _, id := range []string{waitingItem, endedItem, toldItem, beforeItem} {
				if err := tx.Ent.Item.UpdateOneID(id).SetState(lifecycle.ItemApproved).Exec(ctx); err != nil {
					return err
				}
			}
			for _, id := range paid {
				if err := tx.Ent.Obligation.UpdateOneID(id).SetEndedAt(noon.Add(-time.Minute)).Exec(ctx); err != nil {
					return err
				}
			}
			for _, id := range []string{ended, told, before} {
				if err := tx.Ent.CaseFile.UpdateOneID(id).SetState(lifecycle.CaseCompleted).SetSubmittedAt(noon.Add(-time.Hour)).SetClosedAt(noon.Add(-time.Minute)).Exec(ctx); err != nil {
					return err
				}
			}
			if err := tx.Ent.CaseFile.UpdateOneID(waiting).SetState(lifecycle.CaseSubmitted).SetSubmittedAt(noon.Add(-time.Hour)).Exec(ctx); err != nil {
				return err
			}
			f := tx.Ent.CaseFile.GetX(ctx, told)
			return r.post.Tell(ctx, tx, notify.Notice{VeteranID: f.VeteranID, CaseID: told, Kind: "CASE_COMPLETED"})
		})
		untold := r.raise(supervision.Concern{Kind: task.KindSILENCE, Subject: "somewhere", CaseID: late, ItemID: lateItem, Department: "VA", Division: daoli, Words: "…", Workdays: 1})

		want := map[string]string{late: supervision.LateWithoutOwner, waiting: supervision.CaseWithoutObligation, ended: supervision.EndNotTold}
		got := r.silences(r.supervisor(daoli))
		if got.Total != 4 || got.Oldest != 48*time.Hour || !got.AsOf.Equal(noon) {
			t.Errorf("total %d, oldest %s, as of %s: %+v", got.Total, got.Oldest, got.AsOf, got.Silences)
		}
		for _, x := range got.Silences {
			if x.Reason != supervision.TaskNotTold && want[x.CaseID] != x.Reason {
				t.Errorf("%+v", x)
			}
		}
		if got = r.silences(r.supervisor(nangang)); got.Total != 1 || got.Silences[0].Reason != supervision.ItemWithoutObligation || got.Silences[0].CaseID != bare || got.Oldest != 0 {
			t.Errorf("elsewhere: %+v", got)
		}
		if got = r.silences(r.officer("PS", daoli)); got.Total != 3 { // the task is another department's
			t.Errorf("an officer's: %+v", got)
		}
		all, err := r.office.Silences(r.machine(), 0)
		must(t, err)
		if all.Total != 5 || len(all.Silences) != 0 {
			t.Errorf("counted: %+v", all)
		}
		if _, err := r.office.Silences(r.veteranOf(late), 5); reason(err) != "NOT_ALLOWED" {
			t.Errorf("a veteran: %v", err)
		}
		_ = untold
		if n := s.Read.Notification.Query().Where(notification.CaseID(told)).CountX(r.machine()); n != 1 {
			t.Errorf("%d notifications", n)
		}
	})
}
