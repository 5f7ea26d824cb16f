package subsidy_test

import (
	"context"
	"testing"
	"time"

	"github.com/vetgraph/vetgraph/ent/gen"
	"github.com/vetgraph/vetgraph/ent/gen/notification"
	"github.com/vetgraph/vetgraph/ent/gen/obligation"
	"github.com/vetgraph/vetgraph/ent/gen/paymentline"
	"github.com/vetgraph/vetgraph/ent/gen/task"
	"github.com/vetgraph/vetgraph/internal/access"
	"github.com/vetgraph/vetgraph/internal/department"
	"github.com/vetgraph/vetgraph/internal/store"
	"github.com/vetgraph/vetgraph/internal/store/storetest"
	"github.com/vetgraph/vetgraph/internal/workday"
)

// The hub dies at every statement and around every commit on the way, and so do
// finance and bank now and then: after the restart the money arrives, once.
func TestDeathAtEveryStep(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		r := newRig(t, s)
		n := 0
		steps := map[string]int{}
		for name, life := range map[string]struct {
			before func(item string)
			dies   func(ctx context.Context, item string) error
		}{
			"from approval to the receipt": {
				func(string) {},
				func(ctx context.Context, item string) error {
					if err := r.desk.Approve(ctx, item); err != nil {
						return err
					}
					return r.work(ctx)
				},
			},
			"when the bank has spoken": {
				func(item string) {
					must(r.t, r.desk.Approve(r.machine(), item))
					r.payers.SetFault("BANK", department.Fault{NoCallbacks: true})
					must(r.t, r.push(r.machine()))
					r.moved(item)
				},
				func(ctx context.Context, _ string) error { return r.desk.Look(ctx) },
			},
			"when another account is named": {
				func(item string) {
					r.said[item]["bankAccountNo"] = wrong
					must(r.t, r.desk.Approve(r.machine(), item))
					r.until(item, "RETURNED")
				},
				func(ctx context.Context, item string) error {
					s := r.of(item)
					self := access.With(ctx, &access.Viewer{ID: s.VeteranID, Kind: access.Veteran, Self: s.VeteranID})
					return r.correctAs(self, s, right)
				},
			},
		} {
			for step := 0; ; step++ {
				item := r.grant(n, 2, "CONSCRIPT", right, places[n%len(places)])
				n++
				life.before(item)
				fuse := &store.Fuse{Left: step}
				err := life.dies(store.WithFuse(r.machine(), fuse), item)
				if step%7 == 3 {
					must(t, r.payers.Close())
					r.playPayers()
				}
				r.payers.SetFault("BANK", department.Fault{})
				r.live(item)
				if !fuse.Blown {
					must(t, err)
					steps[name] = step
					break
				}
			}
		}
		r.balanced()
		for name, n := range steps {
			if n < 5 {
				t.Errorf("%s: only %d steps could fail", name, n)
			}
		}
	})
}

// live goes on after a restart, as queue, rounds and the person would: a job that was
// cut off runs again.
func (r *rig) live(item string) {
	r.t.Helper()
	must(r.t, r.desk.Approve(r.machine(), item))
	if r.said[item]["bankAccountNo"] == wrong && r.of(item).Attempt == 1 {
		must(r.t, r.correct(r.until(item, "RETURNED"), right))
	}
	r.until(item, "PAID")
}

// moved waits until the bank has paid.
func (r *rig) moved(item string) {
	r.t.Helper()
	for end := time.Now().Add(30 * time.Second); ; {
		l, err := r.store.Read.PaymentLine.Query().Where(paymentline.SubsidyID(r.of(item).ID)).Only(r.machine())
		must(r.t, err)
		all, err := r.payers.Transfers(r.t.Context())
		must(r.t, err)
		if all[l.ID] > 0 {
			return
		} else if time.Now().After(end) {
			r.t.Fatal("the bank does not pay")
		}
	}
}

// Who pays is silent beyond the limit, in working days: a named person has it, once,
// the veteran is told so, and when the money has come the task ends.
func TestSilentPayer(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		r := newRig(t, s)
		r.payers.SetFault("BANK", department.Fault{Silent: true})
		item := r.grant(0, 2, "CONSCRIPT", right, places[0])
		must(t, r.desk.Approve(r.machine(), item))
		_ = r.work(r.machine()) // finance takes the roll; the bank does not answer
		owed := r.word(item)
		limit := r.desk.Parameters.Roll.SilentWorkdays
		if want := workday.Builtin().Due(workday.FromTime(noon), limit).Day.AddDays(1).Time(); !owed.WordBy.Equal(want) {
			t.Fatalf("a word is owed by %v, want %v: %d working days", owed.WordBy, want, limit)
		}
		r.at(owed.WordBy.Add(-time.Minute))
		must(t, r.office.Watch(t.Context(), "VA"))
		if n := len(r.tasks()); n != 0 {
			t.Fatalf("%d tasks before the limit", n)
		}
		r.at(owed.WordBy.Add(time.Minute))
		must(t, r.office.Watch(t.Context(), "VA"))
		must(t, r.office.Watch(t.Context(), "VA"))
		tasks := r.tasks()
		if len(tasks) != 1 || tasks[0].Kind != task.KindSILENCE || tasks[0].State != task.StateOPEN || tasks[0].AssigneeName == "" || tasks[0].Subject != owed.ID {
			t.Fatalf("tasks %v", tasks)
		}
		told, err := s.Read.Notification.Query().Where(notification.CaseID("case_0000"), notification.Kind("SILENCE_ESCALATED")).Count(r.machine())
		must(t, err)
		if told != 1 {
			t.Errorf("the veteran is told %d times", told)
		}
		r.payers.SetFault("BANK", department.Fault{})
		r.until(item, "PAID")
		must(t, r.office.Watch(t.Context(), "VA"))
		if tasks := r.tasks(); tasks[0].State != task.StateDONE {
			t.Errorf("the task is %s after the money has come", tasks[0].State)
		}
		if o := r.word(item); o.EndedAt == nil || o.Ending != "PAID" {
			t.Errorf("the word that was owed: %v", o)
		}
		report, err := r.office.Silences(access.With(t.Context(), &access.Viewer{ID: "s", Kind: access.Supervisor, Division: "230000000000"}), 10)
		must(t, err)
		if report.Total != 0 {
			t.Errorf("silences: %+v", report.Silences)
		}
	})
}

func (r *rig) at(moment time.Time) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.clock = moment
}

func (r *rig) word(item string) *gen.Obligation {
	r.t.Helper()
	o, err := r.store.Read.Obligation.Query().Where(obligation.CaseID(r.of(item).CaseID), obligation.KindEQ(obligation.KindPAYMENT)).Only(r.machine())
	must(r.t, err)
	return o
}

func (r *rig) tasks() []*gen.Task {
	r.t.Helper()
	all, err := r.store.Read.Task.Query().All(r.machine())
	must(r.t, err)
	return all
}
