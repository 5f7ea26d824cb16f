package supervision_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/vetgraph/vetgraph/ent/gen"
	"github.com/vetgraph/vetgraph/ent/gen/task"
	"github.com/vetgraph/vetgraph/internal/access"
	"github.com/vetgraph/vetgraph/internal/store"
	"github.com/vetgraph/vetgraph/internal/store/storetest"
	"github.com/vetgraph/vetgraph/internal/supervision"
)

func (r *rig) raise(c supervision.Concern) (id string) {
	r.t.Helper()
	r.in(func(ctx context.Context, tx store.Tx) (err error) {
		id, err = r.office.Raise(ctx, tx, c)
		return err
	})
	return id
}

func (r *rig) task(id string) *gen.Task {
	r.t.Helper()
	t, err := r.store.Read.Task.Get(r.machine(), id)
	must(r.t, err)
	return t
}

// One task for a kind and subject; settled, it opens again only when raised again.
func TestRaiseAndSettle(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		r := newRig(t, s)
		c := supervision.Concern{Kind: task.KindRATING, Subject: "rating-1", Department: "PS", Division: daoli, Words: "请回访。", Workdays: 15}
		id := r.raise(c)
		if again := r.raise(c); again != id {
			t.Errorf("raised again it is %s, was %s", again, id)
		}
		got := r.task(id)
		if got.Assignee != "demo/officer-ps" || got.AssigneeName == "" || got.DueOn.String() != "2026-12-14" || got.State != task.StateOPEN {
			t.Errorf("the task is %v", got)
		}
		settle := func(subject string) {
			r.in(func(ctx context.Context, tx store.Tx) error {
				return r.office.Settle(ctx, tx, task.KindRATING, subject, "已再次评价。")
			})
		}
		settle("another") // none is no error
		settle("rating-1")
		settle("rating-1")
		if got = r.task(id); got.State != task.StateDONE || got.DoneBy != "machine" || got.Outcome != "已再次评价。" || got.DoneAt == nil {
			t.Errorf("settled it is %v", got)
		}
		if again := r.raise(c); again != id {
			t.Errorf("raised again it is %s, was %s", again, id)
		}
		if got = r.task(id); got.State != task.StateOPEN || got.DoneAt != nil || got.Outcome != "" {
			t.Errorf("opened again it is %v", got)
		}
	})
}

// Tasks are seen and closed by those who supervise them, and by nobody else; a
// silence ends with the word, not with a remark.
func TestClose(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		r := newRig(t, s)
		caseID, itemID := r.file(daoli, today-5, today+5)
		id := r.raise(supervision.Concern{Kind: task.KindOVERDUE, Subject: itemID, CaseID: caseID, ItemID: itemID, Department: "PS", Division: daoli, Words: "请办结。", Workdays: 3})
		for who, x := range map[string]struct {
			ctx  context.Context
			text string
			want string
		}{
			"nobody":                  {t.Context(), "已办结", "SIGN_IN"},
			"the veteran":             {r.veteranOf(caseID), "已办结", "NOT_ALLOWED"},
			"another department":      {r.officer("VA", daoli), "已办结", "TASK_NOT_FOUND"},
			"another place":           {r.officer("PS", nangang), "已办结", "TASK_NOT_FOUND"},
			"a supervisor of another": {r.supervisor(nangang), "已办结", "TASK_NOT_FOUND"},
			"without a word":          {r.officer("PS", daoli), " \n", "OUTCOME_MISSING"},
			"with too many":           {r.officer("PS", daoli), strings.Repeat("字", 1001), "OUTCOME_TOO_LONG"},
		} {
			if err := r.office.Close(x.ctx, id, x.text); reason(err) != x.want {
				t.Errorf("%s: %v, want %s", who, err, x.want)
			}
		}
		must(t, r.office.Close(r.officer("PS", daoli), id, strings.Repeat("字", 1000)))
		if err := r.office.Close(r.supervisor(daoli), id, "已办结"); reason(err) != "TASK_DONE" {
			t.Errorf("closed twice: %v", err)
		}
		got, err := r.office.Task(r.supervisor(daoli), id)
		must(t, err)
		if got.State != task.StateDONE || got.DoneBy != "demo/officer-PS" || got.DoneAt == nil {
			t.Errorf("closed it is %v", got)
		}
		if got := r.kinds(caseID); !slices.Equal(got, []string{"TASK_CLOSED OPEN→DONE"}) {
			t.Errorf("journal: %v", got)
		}

		owed := r.owed(caseID, itemID, noon.Add(-time.Minute))
		r.watch()
		silence := s.Read.Task.Query().Where(task.Subject(owed)).OnlyX(r.machine())
		if err := r.office.Close(r.officer("PS", daoli), silence.ID, "催过了"); reason(err) != "TASK_STILL_OWED" {
			t.Errorf("a silence was talked away: %v", err)
		}
	})
}

// Pages go by due day, lose nothing and repeat nothing.
func TestTaskPages(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		r := newRig(t, s)
		for i := range 11 {
			r.raise(supervision.Concern{Kind: task.KindRATING, Subject: fmt.Sprint(i), Department: "PS", Division: []string{daoli, nangang}[i%2], Words: "…", Workdays: i % 3})
		}
		r.raise(supervision.Concern{Kind: task.KindDISPUTE, Subject: "x", Division: daoli, Words: "…", Workdays: 1})
		var seen []string
		var last string
		for after := ""; ; {
			page, more, err := r.office.Tasks(r.supervisor("230100000000"), supervision.TaskFilter{Kind: "RATING"}, 4, after)
			must(t, err)
			for _, x := range page {
				if at := supervision.Cursor(x); at <= last {
					t.Errorf("%s after %s", at, last)
				} else {
					last = at
				}
				seen = append(seen, x.ID)
			}
			if !more {
				break
			}
			after = last
		}
		if slices.Sort(seen); len(slices.Compact(seen)) != 11 {
			t.Errorf("%d tasks", len(seen))
		}
		count := func(ctx context.Context, f supervision.TaskFilter) int {
			page, _, err := r.office.Tasks(ctx, f, 50, "")
			must(t, err)
			return len(page)
		}
		mine := r.officer("VA", daoli)
		access.From(mine).ID = "demo/officer-va"
		for name, x := range map[string][2]int{
			"an officer's":           {count(r.officer("PS", daoli), supervision.TaskFilter{}), 6},
			"of a division":          {count(r.supervisor("230000000000"), supervision.TaskFilter{Division: nangang}), 5},
			"done":                   {count(r.supervisor("230000000000"), supervision.TaskFilter{States: []task.State{task.StateDONE}}), 0},
			"the lead department":    {count(mine, supervision.TaskFilter{Mine: true}), 1},
			"nobody's in particular": {count(r.supervisor("230000000000"), supervision.TaskFilter{Mine: true}), 0},
		} {
			if x[0] != x[1] {
				t.Errorf("%s: %d tasks, want %d", name, x[0], x[1])
			}
		}
		for want, f := range map[string]supervision.TaskFilter{"TASK_KIND_UNKNOWN": {Kind: "NONSENSE"}, "DIVISION_UNKNOWN": {Division: "x"}} {
			if _, _, err := r.office.Tasks(r.supervisor(daoli), f, 5, ""); reason(err) != want {
				t.Errorf("%+v: %v", f, err)
			}
		}
		if _, _, err := r.office.Tasks(r.supervisor(daoli), supervision.TaskFilter{}, 5, "nonsense"); reason(err) != "CURSOR_MALFORMED" {
			t.Errorf("a cursor: %v", err)
		}
		if _, _, err := r.office.Violations(r.supervisor(daoli), supervision.ViolationFilter{Kind: "NONSENSE"}, 5, ""); reason(err) != "VIOLATION_KIND_UNKNOWN" {
			t.Errorf("a kind: %v", err)
		}
	})
}
