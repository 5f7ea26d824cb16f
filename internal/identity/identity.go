// Package identity is how surely a session has shown who sits there, and the check by face that raises it.
//
// The hub sees no face. It asks the police to begin a check, sends the veteran to
// the police's own page, and then asks how it came out: yes or no, a level and the
// number under which the police keep it. That, when it was and how long it counts is
// all that is stored (个人信息保护法 6, 28); the ticket in the page's address is not.
//
// A passed check raises the session in which it was asked for and no other, so a
// stolen session of the same account gains nothing by it.
package identity

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"time"

	"github.com/vetgraph/vetgraph/ent/gen"
	"github.com/vetgraph/vetgraph/ent/gen/identitycheck"
	"github.com/vetgraph/vetgraph/internal/access"
	"github.com/vetgraph/vetgraph/internal/catalog"
	"github.com/vetgraph/vetgraph/internal/fault"
	"github.com/vetgraph/vetgraph/internal/port"
	"github.com/vetgraph/vetgraph/internal/profile"
	"github.com/vetgraph/vetgraph/internal/store"
)

// Desk checks and remembers.
type Desk struct {
	Store       *store.Store
	Profile     *profile.Profile
	Catalog     func() *catalog.Catalog
	Departments interface {
		Get(code string) port.Department
	}
	Rules *Rules // nil: those that ship
	Now   func() time.Time
}

// Facts that the police answer with, as the catalogue names them.
const (
	factState     = "identityCheckState" // PENDING, PASSED or FAILED
	factPage      = "identityCheckPage"
	factUntil     = "identityCheckUntil" // RFC 3339
	factReference = "identityCheckReference"
	factLevel     = "identityCheckLevel"
)

const machine = "identity"

// InForce are the rules in force.
func (d *Desk) InForce() *Rules {
	if d.Rules != nil {
		return d.Rules
	}
	return BuiltinRules()
}

// Start begins a check for the viewer's session and answers with the page where the
// veteran makes it. Faults: SESSION_UNKNOWN, IDENTITY_CHECKS_TOO_MANY,
// IDENTITY_UNKNOWN, those of ports, IDENTITY_CHECK_NOT_OFFERED.
func (d *Desk) Start(ctx context.Context) (*gen.IdentityCheck, string, error) {
	if err := access.Require(ctx, access.CheckIdentity); err != nil {
		return nil, "", err
	}
	v := access.From(ctx)
	if v.Self == "" || v.Session == "" {
		return nil, "", fault.New(fault.Denied, "SESSION_UNKNOWN", "请由本人登录后发起身份核验。", "Only a person who has signed in themself can begin an identity check.")
	}
	if err := d.room(ctx, v); err != nil {
		return nil, "", err
	}
	id := store.NewID()
	said, err := d.ask(ctx, v.Self, id, d.InForce().Check.Lookup)
	if err != nil {
		return nil, "", err
	}
	page, err := url.Parse(said.page)
	if err != nil || page.Host == "" || page.Scheme != "https" && page.Scheme != "http" || said.until.IsZero() {
		return nil, "", d.garbled(errors.New("no page, or not until when"))
	}
	err = d.Store.InTx(ctx, func(ctx context.Context, tx store.Tx) error {
		return tx.Ent.IdentityCheck.Create().SetID(id).SetVeteranID(v.Self).SetSession(v.Session).SetPort(d.InForce().Check.Lookup).
			SetReference(said.reference).SetAskedAt(d.Now().UTC()).SetTicketUntil(said.until.UTC()).Exec(ctx)
	})
	if err != nil {
		return nil, "", fmt.Errorf("begin an identity check: %w", err)
	}
	row, err := d.mine(ctx, id)
	return row, page.String(), err
}

// room keeps somebody from beginning checks without end.
func (d *Desk) room(ctx context.Context, v *access.Viewer) error {
	n, err := d.Store.Read.IdentityCheck.Query().Where(identitycheck.VeteranID(v.Self), identitycheck.AskedAtGT(d.Now().UTC().Add(-time.Hour))).Count(ctx)
	if err != nil {
		return fmt.Errorf("identity checks: %w", err)
	}
	if most := d.InForce().Check.PerHour; n >= most {
		return fault.Newf(fault.Conflict, "IDENTITY_CHECKS_TOO_MANY", "一小时内最多发起 %[1]d 次身份核验，请稍后再试。", "At most %[1]d identity checks can be begun in an hour; please try later.", most)
	}
	return nil
}

// Finish asks the police how a check came out and, if it was passed, raises the
// session. Asked again it answers the same. Faults: IDENTITY_CHECK_NOT_FOUND, also
// for another session's; those of ports.
func (d *Desk) Finish(ctx context.Context, id string) (*gen.IdentityCheck, error) {
	if err := access.Require(ctx, access.CheckIdentity); err != nil {
		return nil, err
	}
	row, err := d.mine(ctx, id)
	if err != nil || row.State != identitycheck.StatePENDING {
		return row, err
	}
	said, err := d.ask(ctx, row.VeteranID, id, row.Port)
	if err != nil {
		return nil, err
	}
	if said.reference != row.Reference {
		return nil, d.garbled(errors.New("another check's number"))
	}
	state := identitycheck.State(said.state)
	now := d.Now().UTC()
	if state == identitycheck.StatePENDING && now.After(row.TicketUntil) {
		state = identitycheck.StateFAILED // nobody came to the page
	}
	if state == identitycheck.StatePENDING {
		return row, nil
	}
	err = d.Store.InTx(ctx, func(ctx context.Context, tx store.Tx) error {
		change := tx.Ent.IdentityCheck.Update().Where(identitycheck.ID(id), identitycheck.StateEQ(identitycheck.StatePENDING)).SetState(state).SetAnsweredAt(now)
		if state == identitycheck.StatePASSED {
			change.SetLevel(said.level).SetValidUntil(now.Add(d.InForce().valid()))
		}
		return change.Exec(ctx)
	})
	if err != nil {
		return nil, fmt.Errorf("end an identity check: %w", err)
	}
	return d.mine(ctx, id)
}

// mine is a check of the viewer's session.
func (d *Desk) mine(ctx context.Context, id string) (*gen.IdentityCheck, error) {
	row, err := d.Store.Read.IdentityCheck.Query().Where(identitycheck.ID(id), identitycheck.Session(access.From(ctx).Session)).Only(ctx)
	if gen.IsNotFound(err) {
		return nil, fault.New(fault.NotFound, "IDENTITY_CHECK_NOT_FOUND", "没有找到这次身份核验，请在发起核验的会话中查询。", "There is no such identity check in this session.")
	} else if err != nil {
		return nil, fmt.Errorf("identity check: %w", err)
	}
	return row, nil
}

// Checks are the viewer's own, the newest first, at most so many.
func (d *Desk) Checks(ctx context.Context, most int) ([]*gen.IdentityCheck, error) {
	v := access.From(ctx)
	if !v.May(access.CheckIdentity) || v.Self == "" {
		return nil, nil
	}
	rows, err := d.Store.Read.IdentityCheck.Query().Where(identitycheck.VeteranID(v.Self)).Order(gen.Desc(identitycheck.FieldID)).Limit(most).All(ctx)
	if err != nil {
		return nil, fmt.Errorf("identity checks: %w", err)
	}
	return rows, nil
}

// Level is that of the viewer's session now; nil for who has none, like an officer.
func (d *Desk) Level(ctx context.Context, v *access.Viewer) (*Level, error) {
	if v.Kind != access.Veteran {
		return nil, nil
	}
	r := d.InForce()
	best := max(r.rank(v.Assurance), 0)
	if v.Session != "" {
		rows, err := d.Store.Read.IdentityCheck.Query().Where(identitycheck.VeteranID(v.Self), identitycheck.Session(v.Session),
			identitycheck.StateEQ(identitycheck.StatePASSED), identitycheck.ValidUntilGT(d.Now().UTC())).All(access.AsMachine(ctx, machine))
		if err != nil {
			return nil, fmt.Errorf("identity checks of a session: %w", err)
		}
		for _, row := range rows {
			best = max(best, r.rank(row.Level))
		}
	}
	return &r.Levels[best], nil
}

// Assured implements [access.Assurer].
func (d *Desk) Assured(ctx context.Context, v *access.Viewer, act access.Act) error {
	r := d.InForce()
	n := r.need(act)
	if n == nil || v.Kind != access.Veteran || r.rank(v.Assurance) >= r.rank(n.Level) {
		return nil
	}
	has, err := d.Level(ctx, v)
	if err != nil || r.rank(has.Code) >= r.rank(n.Level) {
		return err
	}
	to := r.Level(n.Level)
	return fault.Newf(fault.Denied, "ASSURANCE_TOO_LOW",
		"%[1]s需要“%[2]s”，本次登录为“%[3]s”。请用 startIdentityCheck 发起核验，在公安页面完成后再办。",
		"%[4]s this session needs the level “%[5]s” and has “%[6]s”. Begin a check with startIdentityCheck, make it at the police's page, and try again.",
		n.Why.Zh, to.Name.Zh, has.Name.Zh, n.Why.En, to.Name.En, has.Name.En)
}
