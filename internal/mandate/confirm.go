package mandate

import (
	"context"
	"fmt"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/vetgraph/vetgraph/ent/gen"
	"github.com/vetgraph/vetgraph/ent/gen/mandate"
	"github.com/vetgraph/vetgraph/internal/access"
	"github.com/vetgraph/vetgraph/internal/fault"
	"github.com/vetgraph/vetgraph/internal/profile"
	"github.com/vetgraph/vetgraph/internal/store"
	"github.com/vetgraph/vetgraph/internal/workday"
)

// Confirm puts a mandate in force: the clerk enters the code that the veteran
// tells, or the QR text that they show. Each wrong code counts, and stays counted.
// Faults: MANDATE_NOT_FOUND, MANDATE_CODE_MALFORMED, MANDATE_CODE_WRONG,
// MANDATE_CODE_SPENT, MANDATE_NOT_OPEN.
func (d *Desk) Confirm(ctx context.Context, id, text string) (*gen.Mandate, error) {
	if err := access.Require(ctx, access.RequestMandate); err != nil {
		return nil, err
	}
	m, err := d.Get(ctx, id)
	if err != nil {
		return nil, err
	}
	code, how, err := readCode(id, text)
	if err != nil {
		return nil, err
	}
	var wrong error // told after the commit, or the attempt would not count
	err = d.Store.InTx(ctx, func(ctx context.Context, tx store.Tx) error {
		if err := tx.LockVeteran(ctx, m.VeteranID); err != nil {
			return err
		}
		m, err := find(ctx, tx.Ent, id)
		if err != nil {
			return err
		}
		if d.State(m) != Requested {
			return notOpen()
		}
		if !d.alive(m) {
			return fault.New(fault.Conflict, "MANDATE_CODE_SPENT", "确认码已失效，请重新申请。", "The code can be used no more; ask again.").At("input", "code")
		}
		if !d.matches(m, code) {
			left := d.Figures.CodeAttempts.Value - m.Attempts - 1
			wrong = fault.Newf(fault.Invalid, "MANDATE_CODE_WRONG", "确认码不对，还可以试 %[1]d 次。", "This is not the code; %[1]d attempts are left.", left).At("input", "code")
			if err := tx.Ent.Mandate.UpdateOneID(id).AddAttempts(1).Exec(ctx); err != nil {
				return fmt.Errorf("count an attempt: %w", err)
			}
			return nil
		}
		return d.enter(ctx, tx, m, how)
	})
	if err == nil {
		err = wrong
	}
	if err != nil {
		return nil, err
	}
	return d.Get(ctx, id)
}

func notOpen() error {
	return fault.New(fault.Conflict, "MANDATE_NOT_OPEN", "这份委托不在待确认状态。", "This mandate does not wait to be confirmed.").At("input", "mandateId")
}

// enter puts a requested mandate in force. Its veteran's row is locked.
func (d *Desk) enter(ctx context.Context, tx store.Tx, m *gen.Mandate, how string) error {
	now := d.Now().UTC()
	if err := d.room(ctx, tx, m.VeteranID, now); err != nil {
		return err
	}
	if err := tx.Ent.Mandate.UpdateOneID(m.ID).SetState(mandate.StateACTIVE).SetConfirmedAt(now).SetConfirmedHow(how).ClearCodeHash().Exec(ctx); err != nil {
		return fmt.Errorf("confirm a mandate: %w", err)
	}
	if err := d.forget(ctx, tx, m.VeteranID, m.ID); err != nil {
		return err
	}
	return d.tell(ctx, tx, "MANDATE_CONFIRMED", m.ID, covers(m), "")
}

// covers is what a mandate covers.
func covers(m *gen.Mandate) scope {
	return scope{veteran: &gen.Veteran{ID: m.VeteranID, Division: m.Division}, matters: m.Matters, fields: m.Fields, until: m.Until}
}

// Grant is what a veteran grants: a request, or a mandate afresh.
type Grant struct {
	MandateID string      // the request
	Agent     string      // afresh: account that is to act
	Matters   []string    // afresh: codes or slugs; nil: all that may or must be filed
	Until     workday.Day // afresh: last day
}

// Grant puts a mandate in force by the veteran's own word. A request that is in
// force already stays so. Faults: those of [Desk.Request] but for its count;
// MANDATE_GRANT_UNCLEAR, MANDATE_AGENT_MALFORMED, MANDATE_NOT_FOUND, MANDATE_NOT_OPEN.
func (d *Desk) Grant(ctx context.Context, in Grant) (*gen.Mandate, error) {
	if err := access.Require(ctx, access.GrantMandate); err != nil {
		return nil, err
	}
	afresh := in.Agent != "" || in.Matters != nil || in.Until != 0
	if (in.MandateID != "") == afresh {
		return nil, fault.New(fault.Invalid, "MANDATE_GRANT_UNCLEAR", "请给出一份申请，或者代办人账号、事项和最后一天，不能同时给。",
			"Name a request, or an account, matters and a last day; not both.").At("input")
	}
	if afresh {
		return d.grantAfresh(ctx, in)
	}
	m, err := d.Get(ctx, in.MandateID)
	if err != nil {
		return nil, err
	}
	err = d.Store.InTx(ctx, func(ctx context.Context, tx store.Tx) error {
		if err := tx.LockVeteran(ctx, m.VeteranID); err != nil {
			return err
		}
		m, err := find(ctx, tx.Ent, m.ID)
		if err != nil {
			return err
		}
		switch d.State(m) {
		case Active:
			return nil
		case Requested:
			return d.enter(ctx, tx, m, byPortal)
		}
		return notOpen()
	})
	if err != nil {
		return nil, err
	}
	return d.Get(ctx, m.ID)
}

func (d *Desk) grantAfresh(ctx context.Context, in Grant) (*gen.Mandate, error) {
	unseen := func(r rune) bool { return r == utf8.RuneError || !unicode.IsGraphic(r) || unicode.IsSpace(r) }
	if n := utf8.RuneCountInString(in.Agent); n < 1 || n > 80 || strings.ContainsFunc(in.Agent, unseen) {
		return nil, fault.New(fault.Invalid, "MANDATE_AGENT_MALFORMED", "代办人账号应为 1 至 80 个可见字符。", "An account has 1 to 80 visible characters.").At("input", "agent")
	}
	v, now, id := access.From(ctx), d.Now().UTC(), store.NewID()
	if v.Self == "" {
		return nil, profile.NotFound() // only a person grants for themself
	}
	s, err := d.scope(ctx, v.Self, in.Matters, in.Until)
	if err != nil {
		return nil, err
	}
	err = d.Store.InTx(ctx, func(ctx context.Context, tx store.Tx) error {
		if err := tx.LockVeteran(ctx, v.Self); err != nil {
			return err
		}
		if err := d.room(ctx, tx, v.Self, now); err != nil {
			return err
		}
		row := d.row(tx, id, in.Agent, s, now, v.ID).SetState(mandate.StateACTIVE).SetConfirmedAt(now).SetConfirmedHow(byPortal)
		if err := row.Exec(ctx); err != nil {
			return fmt.Errorf("grant a mandate: %w", err)
		}
		return d.tell(ctx, tx, "MANDATE_CONFIRMED", id, s, "")
	})
	if err != nil {
		return nil, err
	}
	return d.Get(ctx, id)
}

// Revoke ends a mandate at once, or refuses a request. One that has ended stays
// as it ended. Faults: MANDATE_NOT_FOUND.
func (d *Desk) Revoke(ctx context.Context, id string) (*gen.Mandate, error) {
	if err := access.Require(ctx, access.RevokeMandate); err != nil {
		return nil, err
	}
	m, err := d.Get(ctx, id)
	if err != nil {
		return nil, err
	}
	err = d.Store.InTx(ctx, func(ctx context.Context, tx store.Tx) error {
		if err := tx.LockVeteran(ctx, m.VeteranID); err != nil { // so that no act under it is half done
			return err
		}
		m, err := find(ctx, tx.Ent, id)
		if err != nil {
			return err
		}
		now := d.Now().UTC()
		switch m.State {
		case mandate.StateREQUESTED:
			return d.end(ctx, tx, m, mandate.StateREFUSED, now)
		case mandate.StateACTIVE:
			if err := d.end(ctx, tx, m, mandate.StateREVOKED, now); err != nil {
				return err
			}
			return d.tell(ctx, tx, "MANDATE_REVOKED", m.ID, covers(m), "")
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return d.Get(ctx, id)
}

func (d *Desk) end(ctx context.Context, tx store.Tx, m *gen.Mandate, as mandate.State, now time.Time) error {
	if err := tx.Ent.Mandate.UpdateOneID(m.ID).SetState(as).SetEndedAt(now).SetEndedBy(access.From(ctx).ID).ClearCodeHash().Exec(ctx); err != nil {
		return fmt.Errorf("end a mandate: %w", err)
	}
	return d.forget(ctx, tx, m.VeteranID, m.ID)
}
