package receipt_test

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/vetgraph/vetgraph/ent/gen/receiptperson"
	"github.com/vetgraph/vetgraph/internal/access"
	"github.com/vetgraph/vetgraph/internal/receipt"
	"github.com/vetgraph/vetgraph/internal/store"
	"github.com/vetgraph/vetgraph/internal/store/storetest"
)

// all pages through what a person sees, two at a time.
func (r *rig) all(l *receipt.Log, person string) (ids []int64) {
	r.t.Helper()
	for w := (receipt.Wish{First: 2}); ; {
		found, more, err := l.Reads(r.self(person), person, w)
		if err != nil {
			r.t.Fatal(err)
		}
		for _, e := range found {
			ids = append(ids, e.ID)
		}
		if !more {
			return ids
		}
		w.After = fmt.Sprint(ids[len(ids)-1])
	}
}

// exec runs a statement of somebody who has the database.
func (r *rig) exec(statement string, args ...any) {
	r.t.Helper()
	err := r.store.InTx(access.AsMachine(r.t.Context(), "test"), func(ctx context.Context, tx store.Tx) error {
		_, err := tx.Plain().Exec(ctx, statement, args...)
		return err
	})
	if err != nil {
		r.t.Fatal(err)
	}
}

// A read is seen at once, and in the same way before its leaf is filed, when some are,
// and when all are; to the page, by time too.
func TestFiledBehind(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		r := newRig(t, s)
		if err := r.Close(t.Context()); err != nil { // filing is at rest
			t.Fatal(err)
		}
		l := r.open()
		for i := range 7 {
			r.read(l, clerk, "v1", fmt.Sprint("x", i))
			r.now = r.now.Add(time.Hour)
		}
		if err := l.Close(t.Context()); err != nil {
			t.Fatal(err)
		}
		machine := access.AsMachine(t.Context(), "test")
		for _, filed := range []int64{0, 1, 5, 6, 14} {
			if err := l.File(t.Context()); err != nil {
				t.Fatal(err)
			}
			r.exec(`DELETE FROM receipt_persons WHERE id >= $1`, filed)
			if n := s.Read.ReceiptPerson.Query().CountX(machine); n != int(filed) {
				t.Fatalf("%d are filed, want %d", n, filed)
			}
			if got := fmt.Sprint(r.all(l, "v1")); got != "[12 10 8 6 4 2 0]" {
				t.Errorf("%d filed: %s", filed, got)
			}
			found, more, err := l.Reads(r.self("v1"), "v1", receipt.Wish{First: 9, From: start.Add(time.Hour), To: start.Add(5 * time.Hour)})
			if err != nil || more || len(found) != 4 || found[0].ID != 8 || found[3].ID != 2 {
				t.Errorf("%d filed, some hours: %+v, %v", filed, found, err)
			}
			if got := r.audit(nil); got.Wrong != "" {
				t.Errorf("%d filed: %s", filed, got.Wrong)
			}
		}
		r.exec(`UPDATE receipt_persons SET person = (SELECT person FROM receipt_persons WHERE id = 2) WHERE id = 3`)
		if got := fmt.Sprint(r.all(l, "v1")); got != "[12 10 8 6 4 2 0]" {
			t.Errorf("somebody else's leaf filed under v1: %s", got)
		}
		if got := r.audit(nil); !strings.HasPrefix(got.Wrong, "receipt_persons 3:") {
			t.Errorf("somebody else's leaf filed under v1: %q", got.Wrong)
		}
	})
}

// Hubs that add and file at once, far more than one commit files, file each leaf once;
// what a hub has left when it ended, the next one files.
func TestFiledOnce(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		r := newRig(t, s)
		logs := []*receipt.Log{r.Log, r.open()}
		people := make([]string, 100)
		for i := range people {
			people[i] = fmt.Sprint("v", i)
		}
		var wg sync.WaitGroup
		for i := range 30 {
			wg.Go(func() {
				r.read(logs[i%2], clerk, people...)
				if err := logs[i/2%2].File(t.Context()); err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		for _, l := range logs {
			if err := l.Close(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		r.exec(`DELETE FROM receipt_persons WHERE id >= $1`, 500) // as if it had been killed
		next, machine := r.open(), access.AsMachine(t.Context(), "test")
		for s.Read.ReceiptPerson.Query().CountX(machine) < 3000 && t.Context().Err() == nil {
			if err := next.File(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		if n := len(r.all(next, "v7")); n != 30 {
			t.Errorf("v7 sees %d", n)
		}
		if got := r.audit(nil); got.Wrong != "" || got.Leaves != 3000 {
			t.Errorf("audit: %+v", got)
		}
	})
}

// A log of before has every leaf filed by the step that makes the table.
func TestFiledByMigration(t *testing.T) {
	storetest.EachAt(t, 13, func(t *testing.T, s *store.Store) {
		r := &rig{t: t, store: s}
		for i := range 5 {
			r.exec(`INSERT INTO receipts (id, at, person, body, hashes) VALUES ($1, 1, $2, $3, $4)`, i, []byte{byte(i % 2)}, []byte("x"), []byte("x"))
		}
		if _, err := s.Migrate(t.Context()); err != nil {
			t.Fatal(err)
		}
		ids := s.Read.ReceiptPerson.Query().Where(receiptperson.Person([]byte{1})).Order(receiptperson.ByID()).IDsX(access.AsMachine(t.Context(), "test"))
		if fmt.Sprint(ids) != "[1 3]" {
			t.Errorf("filed under the second: %v", ids)
		}
	})
}
