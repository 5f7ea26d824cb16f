package supervision_test

import (
	"context"
	"testing"

	"github.com/vetgraph/vetgraph/ent/gen"
	"github.com/vetgraph/vetgraph/ent/gen/task"
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
