// Package sharing is what happens under slices: whom a partner may see now, what people agree to and take back, what partners use.
//
// A person's consent counts from the moment it is written to the moment it is taken
// back: the condition on rows asks for it in the same statement as the data
// (internal/guard), so nothing read after the commit of a withdrawal knows of it.
package sharing

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"time"

	"github.com/vetgraph/vetgraph/ent/gen"
	"github.com/vetgraph/vetgraph/ent/gen/consent"
	"github.com/vetgraph/vetgraph/ent/gen/predicate"
	"github.com/vetgraph/vetgraph/ent/gen/veteran"
	"github.com/vetgraph/vetgraph/internal/access"
	"github.com/vetgraph/vetgraph/internal/fault"
	"github.com/vetgraph/vetgraph/internal/slice"
	"github.com/vetgraph/vetgraph/internal/store"
	"github.com/vetgraph/vetgraph/internal/words"
	"github.com/vetgraph/vetgraph/internal/workday"
)

// Desk looks after slices.
type Desk struct {
	Store     *store.Store
	Slices    *slice.Register
	Described func(coordinate string) words.Text // what the schema says of Type.field
	Sensitive func(coordinate string) bool       // whether it is of class sensitive or military
	Now       func() time.Time
	Watch     Watcher // nil: nobody is told of consents

	Announces func(s *slice.Slice) bool // whether changes are told to the partner; nil: never
}

// Watcher is told before a consent of people is written, in the same transaction, and after.
type Watcher interface {
	Watch(ctx context.Context, tx store.Tx, ids []string) (after func(context.Context) error, err error)
}

// inTx writes what concerns a person's consents, one after the other, and lets the
// watcher see before and after.
func (d *Desk) inTx(ctx context.Context, id string, write func(context.Context, store.Tx) error) error {
	return d.Store.InTx(ctx, func(ctx context.Context, tx store.Tx) error {
		if err := tx.LockVeteran(ctx, id); err != nil {
			return err
		}
		if d.Watch == nil {
			return write(ctx, tx)
		}
		after, err := d.Watch.Watch(ctx, tx, []string{id})
		if err != nil {
			return err
		}
		if err := write(ctx, tx); err != nil {
			return err
		}
		return after(ctx)
	})
}

// Enter makes a partner the reader of a slice: its ground, its place, and whom it may see.
func (d *Desk) Enter(v *access.Viewer, s *slice.Slice) {
	v.Slice, v.Division, v.Ground = s.Name, s.Rows.Division, s.Ground()
	v.Scope = &access.Scope{Now: d.Now()}
	for _, w := range s.Rows.Where {
		f := slice.Facts[w.Fact]
		v.Scope.Facts = append(v.Scope.Facts, access.Fact{Table: f.Table, Column: f.Column, In: slices.Clone(w.In)})
	}
	if s.Asks() {
		v.Scope.Consent = &access.Agreed{Slice: s.Name, Version: s.Version}
	}
}

// Open tells whether a slice may be read today. Fault: Denied SLICE_CLOSED.
func (d *Desk) Open(s *slice.Slice) error {
	if !s.Open(workday.FromTime(d.Now())) {
		return fault.New(fault.Denied, "SLICE_CLOSED", "数据共享授权不在有效期内。", "This slice is not open today.")
	}
	return nil
}

// Notice is what a person is told of a slice.
func (d *Desk) Notice(s *slice.Slice) words.Text { return s.Notice(d.Described) }

// digest is what stands in a consent of the words that were shown.
func (d *Desk) digest(s *slice.Slice) string {
	sum := sha256.Sum256([]byte(d.Notice(s).Zh))
	return hex.EncodeToString(sum[:])
}

// Grant writes the viewer's consent to a slice in the version that they were shown,
// until its last day. Who has agreed already agrees to nothing twice. Faults: SIGN_IN,
// NOT_ALLOWED, SLICE_UNKNOWN, CONSENT_NOT_NEEDED, SLICE_CHANGED, SLICE_CLOSED.
func (d *Desk) Grant(ctx context.Context, name string, version int) (*gen.Consent, error) {
	if err := access.Require(ctx, access.GiveConsent); err != nil {
		return nil, err
	}
	s := d.Slices.Get(name)
	switch {
	case s == nil:
		return nil, fault.New(fault.NotFound, "SLICE_UNKNOWN", "没有这项数据共享。", "There is no such slice.").At("input", "slice")
	case !s.Asks():
		return nil, fault.New(fault.Conflict, "CONSENT_NOT_NEEDED", "这项数据共享依法进行，不以同意为前提。", "The law provides for this slice; it does not rest on consent.").At("input", "slice")
	case s.Version != version:
		return nil, fault.New(fault.Conflict, "SLICE_CHANGED", "告知内容已更新，请重新阅读后再决定。", "The notice has changed; please read it again and then decide.").At("input", "version")
	}
	if err := d.Open(s); err != nil {
		return nil, err
	}
	self, now := access.From(ctx).Self, d.Now().UTC()
	var given *gen.Consent
	err := d.inTx(ctx, self, func(ctx context.Context, tx store.Tx) error {
		there, err := tx.Ent.Consent.Query().Where(consent.VeteranID(self), consent.Slice(name), consent.WithdrawnAtIsNil()).All(ctx)
		if err != nil {
			return fmt.Errorf("consents: %w", err)
		}
		for _, c := range there {
			if c.Version == version && now.Before(c.Until) {
				given = c
				return nil
			}
			if err := tx.Ent.Consent.UpdateOne(c).SetWithdrawnAt(now).Exec(ctx); err != nil { // another version takes its place
				return fmt.Errorf("end a consent: %w", err)
			}
		}
		given, err = tx.Ent.Consent.Create().SetID(store.NewID()).SetVeteranID(self).SetSlice(name).SetVersion(version).SetNotice(d.digest(s)).
			SetGrantedAt(now).SetUntil(s.Ends().UTC()).Save(ctx)
		if err != nil {
			return fmt.Errorf("write a consent: %w", err)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return given, nil
}

// Withdraw takes a consent of the viewer's back, from this moment. Twice is once.
// Faults: SIGN_IN, NOT_ALLOWED, CONSENT_NOT_FOUND.
func (d *Desk) Withdraw(ctx context.Context, id string) (*gen.Consent, error) {
	if err := access.Require(ctx, access.GiveConsent); err != nil {
		return nil, err
	}
	self := access.From(ctx).Self
	var taken *gen.Consent
	err := d.inTx(ctx, self, func(ctx context.Context, tx store.Tx) error {
		c, err := tx.Ent.Consent.Query().Where(consent.ID(id), consent.VeteranID(self)).Only(ctx)
		if gen.IsNotFound(err) {
			return fault.New(fault.NotFound, "CONSENT_NOT_FOUND", "没有找到这份同意。", "There is no such consent.")
		} else if err != nil {
			return fmt.Errorf("consent: %w", err)
		}
		if taken = c; c.WithdrawnAt != nil {
			return nil
		}
		if taken, err = tx.Ent.Consent.UpdateOne(c).SetWithdrawnAt(d.Now().UTC()).Save(ctx); err != nil {
			return fmt.Errorf("withdraw a consent: %w", err)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return taken, nil
}

// InForce tells whether a consent counts now.
func (d *Desk) InForce(c *gen.Consent) bool {
	return c.WithdrawnAt == nil && d.Now().Before(c.Until)
}

// Use is a slice as it concerns one person.
type Use struct {
	Slice     *slice.Slice
	Concerns  bool           // the partner may see the person at this moment
	Announced bool           // and is told when something of them changes
	Consents  []*gen.Consent // of the person for it, the newest first
}

// Uses answers for each veteran how every slice concerns them, in order of slices. A
// viewer learns it of those whom they see; consents are the person's own to see.
func (d *Desk) Uses(ctx context.Context, ids []string) (map[string][]Use, error) {
	if err := access.Require(ctx, access.ReadProfile); err != nil {
		return nil, err
	}
	given, err := d.Store.Read.Consent.Query().Where(store.OneOf[predicate.Consent](consent.FieldVeteranID, ids)).Order(gen.Desc(consent.FieldID)).All(ctx)
	if err != nil {
		return nil, fmt.Errorf("consents: %w", err)
	}
	out := make(map[string][]Use, len(ids))
	for _, s := range d.Slices.All() {
		seen, err := d.Seen(ctx, d.Store.Read, s, ids)
		if err != nil {
			return nil, err
		}
		for _, id := range ids {
			use := Use{Slice: s, Concerns: slices.Contains(seen, id)}
			use.Announced = use.Concerns && d.Announces != nil && d.Announces(s)
			for _, c := range given {
				if c.VeteranID == id && c.Slice == s.Name {
					use.Consents = append(use.Consents, c)
				}
			}
			out[id] = append(out[id], use)
		}
	}
	return out, nil
}

// Seen answers who of these people a partner may read at this moment: it asks from,
// the record or a transaction, with the partner's own eyes.
func (d *Desk) Seen(ctx context.Context, from *gen.Client, s *slice.Slice, ids []string) ([]string, error) {
	if d.Open(s) != nil {
		return nil, nil
	}
	partner := &access.Viewer{ID: s.Name, Kind: access.Partner}
	d.Enter(partner, s)
	seen, err := from.Veteran.Query().Where(store.OneOf[predicate.Veteran](veteran.FieldID, ids)).IDs(access.With(ctx, partner))
	if err != nil {
		return nil, fmt.Errorf("whom slice %s concerns: %w", s.Name, err)
	}
	return seen, nil
}
