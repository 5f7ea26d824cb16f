package simulation

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/riverqueue/river"

	"github.com/vetgraph/vetgraph/internal/access"
	"github.com/vetgraph/vetgraph/internal/lifecycle"
	"github.com/vetgraph/vetgraph/internal/notify"
	"github.com/vetgraph/vetgraph/internal/store"
)

// queue keeps jobs as the real one does: within the transaction that they belong
// to, until they have been done.
type queue struct{ w *world }

const (
	dispatch = "dispatch"
	recall   = "recall"
	message  = "message"
)

func (q queue) Enqueue(ctx context.Context, tx store.Tx, ids []string) error {
	return q.add(ctx, tx, dispatch, ids)
}

func (q queue) Recall(ctx context.Context, tx store.Tx, ids []string) error {
	return q.add(ctx, tx, recall, ids)
}

// Insert implements notify.Queue.
func (q queue) Insert(ctx context.Context, tx store.Tx, jobs ...river.JobArgs) error {
	for _, j := range jobs {
		c, ok := j.(notify.Carry)
		if !ok {
			return fmt.Errorf("a job of kind %s", j.Kind())
		}
		if err := q.add(ctx, tx, message, []string{c.Notification}); err != nil {
			return err
		}
	}
	return nil
}

func (q queue) add(ctx context.Context, tx store.Tx, kind string, args []string) error {
	for _, arg := range args {
		if kind == message {
			continue // there is no gateway: what is told is in the record
		}
		if q.w.dropJobs > 0 {
			q.w.dropJobs--
			continue
		}
		if _, err := tx.Plain().Exec(ctx, "INSERT INTO simulated_jobs (kind, arg) VALUES ($1, $2)", kind, arg); err != nil {
			return err
		}
	}
	return nil
}

// job is one that waits.
type job struct {
	id        int64
	kind, arg string
}

// plan puts jobs on the agenda that are not there yet.
func (w *world) plan() {
	for _, j := range w.rows.jobs {
		if !w.carried[j.id] {
			w.carried[j.id] = true
			w.hub(w.between(time.Second, 20*time.Minute), func() { w.work(j, 0) })
		}
	}
}

// work does a job. It is gone only when that has been noted, so it may be done twice.
func (w *world) work(j job, failed int) {
	name := j.kind + " " + w.name(j.arg)
	var trouble error
	_, lived := w.try(name, &access.Viewer{ID: j.kind, Kind: access.Machine}, func(ctx context.Context) error {
		before := w.result.Faults
		if j.kind == dispatch {
			trouble = w.carrier.Deliver(ctx, j.arg, failed == 0)
		} else {
			trouble = w.carrier.TakeBack(ctx, j.arg)
		}
		if trouble != nil && w.result.Faults == before {
			return trouble // nothing went wrong on the way, so it is ours
		}
		return nil
	})
	switch {
	case !lived:
		w.catchUp()
	case trouble != nil:
		text := trouble.Error()
		w.tell("%s failed%s", name, text[strings.LastIndex(text, ":"):]) // without IDs, which are others each time
		w.hub(min(time.Duration(1+failed)*w.between(5*time.Minute, 3*time.Hour), 12*time.Hour), func() { w.work(j, failed+1) })
	default:
		if _, noted := w.try(name+" is done", &access.Viewer{ID: j.kind, Kind: access.Machine}, func(ctx context.Context) error {
			return w.lab.Store.InTx(ctx, func(ctx context.Context, tx store.Tx) error {
				_, err := tx.Plain().Exec(ctx, "DELETE FROM simulated_jobs WHERE id = $1", j.id)
				return err
			})
		}); !noted {
			w.catchUp()
		}
	}
}

// ask asks a department after what lies with it, again and again.
func (w *world) ask(code string) {
	if w.asks(code) {
		_, lived := w.try("ask "+code, &access.Viewer{ID: "inquire", Kind: access.Machine}, func(ctx context.Context) error {
			before := w.result.Faults
			if err := w.carrier.Ask(ctx, code); err != nil && w.result.Faults == before {
				return err
			}
			return nil
		})
		if !lived {
			w.catchUp()
			return
		}
	}
	w.hub(w.between(8*time.Hour, 40*time.Hour), func() { w.ask(code) })
}

// lying are the states of items that a department is asked after.
var lying = []lifecycle.ItemState{lifecycle.ItemDispatched, lifecycle.ItemReceived, lifecycle.ItemSuspended, lifecycle.ItemCorrection}

// asks says whether something lies with a department; else its round finds nothing.
func (w *world) asks(code string) bool {
	for _, it := range w.rows.items {
		if it.Department == code && slices.Contains(lying, it.State) {
			return true
		}
	}
	return false
}
