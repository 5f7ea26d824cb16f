package rekey_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"github.com/vetgraph/vetgraph/internal/access"
	"github.com/vetgraph/vetgraph/internal/catalog"
	"github.com/vetgraph/vetgraph/internal/division"
	"github.com/vetgraph/vetgraph/internal/population"
	"github.com/vetgraph/vetgraph/internal/profile"
	"github.com/vetgraph/vetgraph/internal/rekey"
	"github.com/vetgraph/vetgraph/internal/store"
	"github.com/vetgraph/vetgraph/internal/vault"
	"github.com/vetgraph/vetgraph/internal/workday"
)

const people = 60

// rig is a record with people in it, sealed with key 1, and the keys after a rotation.
type rig struct {
	t    testing.TB
	s    *store.Store
	ids  []string
	who  []profile.Person
	keys vault.Keys // of before
	next vault.Keys // key 2 is the current one
}

func newRig(t testing.TB, s *store.Store) *rig {
	t.Helper()
	r := &rig{t: t, s: s, keys: vault.Generate()}
	var err error
	if r.next, err = r.keys.Rotate(vault.SM4GCM, time.Now()); err != nil {
		t.Fatal(err)
	}
	p := r.profile(r.keys)
	for q := range population.Generate(1, people, workday.Date(2026, 11, 2), division.Builtin()) {
		r.who = append(r.who, q)
		r.ids = append(r.ids, p.VeteranID(q.Number))
	}
	r.put(p, r.who...)
	return r
}

func (r *rig) machine() context.Context { return access.AsMachine(r.t.Context(), "test") }

func (r *rig) vault(keys vault.Keys) *vault.Vault {
	r.t.Helper()
	v, err := vault.New(keys)
	if err != nil {
		r.t.Fatal(err)
	}
	return v
}

func (r *rig) profile(keys vault.Keys) *profile.Profile {
	r.t.Helper()
	c, err := catalog.Builtin()
	if err != nil {
		r.t.Fatal(err)
	}
	return &profile.Profile{Store: r.s, Vault: r.vault(keys), Catalog: func() *catalog.Catalog { return c }, Divisions: division.Builtin(), Now: time.Now}
}

func (r *rig) put(p *profile.Profile, who ...profile.Person) {
	r.t.Helper()
	if err := r.s.InTx(r.machine(), func(ctx context.Context, tx store.Tx) error {
		_, err := p.Put(ctx, tx, who)
		return err
	}); err != nil {
		r.t.Fatal(err)
	}
}

// worker seals anew with the keys after the rotation, without rest.
func (r *rig) worker() *rekey.Worker {
	return &rekey.Worker{Store: r.s, Vault: r.vault(r.next), Columns: profile.SealedColumns(), Batch: 7, Share: 1, Log: zerolog.New(zerolog.NewTestWriter(r.t)).Level(zerolog.WarnLevel)}
}

// known is everybody's sealed values, as whoever has these keys reads them.
func (r *rig) known(keys vault.Keys) map[string]string {
	r.t.Helper()
	p, all := r.profile(keys), map[string]string{}
	rows, err := p.ReadRows(r.machine(), r.ids)
	if err != nil {
		r.t.Fatal(err)
	}
	for id, one := range rows {
		q, err := p.Person(one)
		if err != nil {
			r.t.Fatal(err)
		}
		text := q.Number.Reveal()
		if q.Contact != nil {
			text += " " + q.Contact.Mobile + " " + q.Contact.Address
		}
		for _, h := range q.Households {
			text += " " + h.Kind + h.Address
		}
		if q.Discharge != nil {
			text += " " + q.Discharge.CertNo
		}
		all[id] = text
	}
	if len(all) != people {
		r.t.Fatalf("%d people are there", len(all))
	}
	return all
}

// sound insists that all stands as it did, and needs the new key alone.
func (r *rig) sound(before map[string]string) {
	r.t.Helper()
	for id, now := range r.known(r.next) {
		if now != before[id] {
			r.t.Errorf("%s has changed", id)
		}
	}
	if left, err := r.worker().Left(r.machine()); err != nil || left[1] != 0 || left[2] == 0 {
		r.t.Errorf("left: %v, %v", left, err)
	}
	only := r.next
	only.Sealing = only.Sealing[1:]
	r.known(only) // the old key is gone, and everything opens
}

func (r *rig) pass(w *rekey.Worker) rekey.Result {
	r.t.Helper()
	result, err := w.Pass(r.machine())
	if err != nil {
		r.t.Fatal(err)
	}
	return result
}

func (r *rig) exec(query string, args ...any) {
	r.t.Helper()
	if err := r.s.InTx(r.machine(), func(ctx context.Context, tx store.Tx) error {
		n, err := tx.Plain().Exec(ctx, query, args...)
		if err == nil && n != 1 {
			err = fmt.Errorf("%d rows", n)
		}
		return err
	}); err != nil {
		r.t.Fatal(err)
	}
}
