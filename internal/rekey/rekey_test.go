package rekey_test

import (
	"context"
	"errors"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/vetgraph/vetgraph/internal/profile"
	"github.com/vetgraph/vetgraph/internal/rekey"
	"github.com/vetgraph/vetgraph/internal/store"
	"github.com/vetgraph/vetgraph/internal/store/storetest"
	"github.com/vetgraph/vetgraph/internal/vault"
)

// After a rotation everything is sealed anew, by another suite too; nothing else
// changes, and the next pass finds nothing to do.
func TestPass(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		r := newRig(t, s)
		before, w := r.known(r.next), r.worker()
		left, err := w.Left(r.machine())
		if err != nil || left[1] < 3*people || len(left) != 1 {
			t.Fatalf("before: %v, %v", left, err)
		}
		if err := w.Free(r.machine(), 1); !errors.Is(err, rekey.ErrNeeded) {
			t.Errorf("the old key is free: %v", err)
		}
		told, rows := map[string]int64{}, int64(0)
		w.Told = func(p rekey.Progress) {
			rows += int64(p.Rows)
			told[p.Table+"."+p.Column] = p.Left
		}
		result := r.pass(w)
		if result.Rows != left[1] || result.Passed != 0 || result.Damaged != 0 || rows != result.Rows {
			t.Errorf("%+v, told of %d, of %d", result, rows, left[1])
		}
		for column, left := range told {
			if left != 0 {
				t.Errorf("%s: %d left", column, left)
			}
		}
		r.sound(before)
		if err := w.Free(r.machine(), 1); err != nil {
			t.Error(err)
		}
		if again := r.pass(w); !again.Clean() {
			t.Errorf("a second pass: %+v", again)
		}
	})
}

// Whoever dies at any step of a pass, before or after a commit, loses nothing, and
// the next one does the rest.
func TestKilled(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		r := newRig(t, s)
		before, last, died := r.known(r.next), int64(1<<60), 0
		for steps := 3; ; steps += 9 {
			ctx := store.WithFuse(r.machine(), &store.Fuse{Left: steps})
			_, err := r.worker().Pass(ctx)
			left, lerr := r.worker().Left(r.machine())
			if lerr != nil || left[1] > last {
				t.Fatalf("after %d steps: %v (%d before), %v", steps, left, last, lerr)
			}
			last = left[1]
			if err == nil {
				break
			}
			died++
			if !errors.Is(err, store.ErrDead) {
				t.Fatal(err)
			}
			r.known(r.next) // half old, half new: everything opens
		}
		if died < 5 {
			t.Errorf("it died only %d times", died)
		}
		r.sound(before)
	})
}

// A pass that is told to end does, with what it did done.
func TestCutOff(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		r := newRig(t, s)
		before, w := r.known(r.next), r.worker()
		ctx, cancel := context.WithCancel(r.machine())
		rests := 0
		w.Share, w.Rest = 0, func(ctx context.Context, d time.Duration) error {
			if rests++; d <= 0 {
				t.Errorf("a rest of %v", d)
			}
			if rests == 5 {
				cancel()
			}
			return ctx.Err()
		}
		result, err := w.Pass(ctx)
		if !errors.Is(err, context.Canceled) || result.Rows != int64(5*w.Batch) {
			t.Fatalf("%+v, %v", result, err)
		}
		if rest := r.pass(r.worker()); rest.Rows == 0 {
			t.Error("nothing was left")
		}
		r.sound(before)
	})
}

// While two seal anew, hubs with the old key and with the new one write: each row
// ends as it was written last, and nobody waits in a circle.
func TestConcurrentWriters(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		r := newRig(t, s)
		want := make([]string, people)
		var group sync.WaitGroup
		for hub, keys := range []vault.Keys{{Current: 1}, {Current: 2}} {
			mine := r.next
			mine.Current = keys.Current
			p := r.profile(mine)
			group.Go(func() {
				for round := range 4 {
					for i := range people / 2 { // each hub has its own half, in another order each time
						n := (i*(2*round+1))%(people/2)*2 + hub
						q := r.who[n]
						c := profile.Contact{}
						if q.Contact != nil {
							c = *q.Contact
						}
						if c.Source == "" {
							c.Provenance = q.Identity.Provenance
						}
						c.AsOf = c.AsOf.Add(time.Duration(round+1) * time.Hour)
						c.Address = "新地址" + strconv.Itoa(round) + "号"
						want[n] = c.Address
						r.put(p, profile.Person{Number: q.Number, Identity: q.Identity, Division: q.Division, Synthetic: true, Contact: &c})
					}
				}
			})
		}
		written := make(chan struct{})
		go func() { group.Wait(); close(written) }()
		var sealers sync.WaitGroup
		for range 2 {
			sealers.Go(func() {
				for w := r.worker(); ; {
					r.pass(w)
					select {
					case <-written:
						return
					default:
					}
				}
			})
		}
		sealers.Wait()
		for !r.pass(r.worker()).Clean() { //nolint:revive // until what the hub with the old key wrote last is done
		}
		rows, err := r.profile(r.next).ReadRows(r.machine(), r.ids)
		if err != nil {
			t.Fatal(err)
		}
		for i, id := range r.ids {
			q, err := r.profile(r.next).Person(rows[id])
			if err != nil || q.Contact == nil || q.Contact.Address != want[i] {
				t.Fatalf("somebody's address is not the one written last: %v", err)
			}
		}
		if err := r.worker().Free(r.machine(), 1); err != nil {
			t.Error(err)
		}
	})
}

// What somebody holds is passed over, not waited for, and done by the next pass.
func TestHeldRowsArePassedOver(t *testing.T) {
	s := storetest.Open(t, storetest.PostgreSQL(t))
	r := newRig(t, s)
	held := r.ids[3]
	if err := s.InTx(r.machine(), func(ctx context.Context, tx store.Tx) error {
		if err := tx.LockVeteran(ctx, held); err != nil {
			return err
		}
		if result := r.pass(r.worker()); result.Passed != 1 || result.Clean() {
			t.Errorf("%+v", result)
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	if err := r.worker().Free(r.machine(), 1); !errors.Is(err, rekey.ErrNeeded) {
		t.Errorf("the key of a row that was held is free: %v", err)
	}
	if result := r.pass(r.worker()); result.Rows != 1 {
		t.Errorf("%+v", result)
	}
}

// A value that was moved, or whose key is lost, holds up nothing else, is left as it
// is, and keeps its key from being retired.
func TestDamaged(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		r := newRig(t, s)
		moved := r.vault(r.keys).Seal([]byte("another's"), "elsewhere")
		lost := append([]byte{99}, moved[1:]...)
		r.exec(`UPDATE veterans SET citizen_sealed = $1 WHERE id = $2`, moved, r.ids[0])
		r.exec(`UPDATE veterans SET citizen_sealed = $1 WHERE id = $2`, lost, r.ids[1])
		result := r.pass(r.worker())
		left, err := r.worker().Left(r.machine())
		if err != nil || result.Damaged != 2 || !(rekey.Result{Damaged: 2}).Clean() || left[1] != 1 || left[99] != 1 {
			t.Errorf("%+v, left %v, %v", result, left, err)
		}
		if err := r.worker().Free(r.machine(), 1); !errors.Is(err, rekey.ErrNeeded) {
			t.Errorf("free: %v", err)
		}
	})
}
