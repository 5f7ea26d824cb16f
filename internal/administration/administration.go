// Package administration keeps the three administrators apart, and lets the one for security say who is kept out.
//
// GB/T 22239-2019 8.1.5 asks for a system, a security and an audit administrator, none
// of whom can do another's work. Here a role has its acts alone (internal/access), an
// account that has acted in one of the three roles is refused in the other two, and
// what each of them does is written in the transaction of the deed, for the audit
// administrator to read and for nobody to change.
package administration

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"github.com/rs/zerolog"

	"github.com/vetgraph/vetgraph/ent/gen"
	"github.com/vetgraph/vetgraph/ent/gen/administrativeact"
	"github.com/vetgraph/vetgraph/ent/gen/restriction"
	"github.com/vetgraph/vetgraph/internal/access"
	"github.com/vetgraph/vetgraph/internal/fault"
	"github.com/vetgraph/vetgraph/internal/journal"
	"github.com/vetgraph/vetgraph/internal/store"
)

// Desk is where administrators are known. Its methods may be called side by side.
type Desk struct {
	Store *store.Store
	Now   func() time.Time
	Log   zerolog.Logger

	mu     sync.Mutex
	out    map[restricted]bool // who is kept out
	looked time.Time
}

type restricted struct {
	kind    restriction.Kind
	subject string
}

const (
	// Fresh is how long what is known of restrictions counts: another hub's count here
	// no later than that, one's own at once.
	Fresh = time.Second
	// stale is how long it counts when the record does not answer. Later nobody is let in.
	stale = time.Minute

	longestReason  = 1000 // characters
	longestSubject = 120
)

// Admit says whether a viewer may come in. Faults: Denied ROLES_SEPARATED for an
// account that has acted as another administrator, ACCOUNT_RESTRICTED and
// SLICE_RESTRICTED for one that is kept out; the audit administrator is kept out by
// nobody here, or who is audited could end the audit. Unavailable RECORD_SILENT.
func (d *Desk) Admit(ctx context.Context, v *access.Viewer) error {
	r := access.Builtin().Role(v.Kind)
	if r != nil && r.Administers != "" {
		other, err := d.Store.Read.AdministrativeAct.Query().Where(administrativeact.Account(v.ID), administrativeact.RoleNEQ(string(v.Kind))).Exist(access.AsMachine(ctx, "administration"))
		if err != nil {
			return fmt.Errorf("acts of an account: %w", err)
		}
		if other {
			return fault.New(fault.Denied, "ROLES_SEPARATED", "该账号办过另一类管理员的事。系统管理、安全管理、审计管理须由不同的账号担任。",
				"This account has acted as another administrator. System, security and audit are administered by different accounts.")
		}
	}
	if r != nil && r.Administers == "AUDIT" {
		return nil
	}
	return d.Kept(ctx, v)
}

// Kept is the fault of a viewer who is kept out, nil for others. It asks the record no
// more than once in [Fresh].
func (d *Desk) Kept(ctx context.Context, v *access.Viewer) error {
	if v == nil || v.Kind == access.Auditor || v.Kind == access.Machine {
		return nil
	}
	out, err := d.known(ctx)
	if err != nil {
		return err
	}
	if out[restricted{restriction.KindACCOUNT, v.ID}] {
		return fault.New(fault.Denied, "ACCOUNT_RESTRICTED", "该账号已被停用。如有疑问，请联系当地退役军人事务部门。", "This account is kept out. If that is a mistake, turn to the veterans affairs department.")
	}
	if v.Slice != "" && out[restricted{restriction.KindSLICE, v.Slice}] {
		return fault.New(fault.Denied, "SLICE_RESTRICTED", "这项数据共享已被停用。", "This slice is kept from use.")
	}
	return nil
}

func (d *Desk) known(ctx context.Context) (map[restricted]bool, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	now := time.Now() // by the machine's clock: the hub's may stand still
	if d.out != nil && now.Sub(d.looked) < Fresh {
		return d.out, nil
	}
	rows, err := d.Store.Read.Restriction.Query().Where(restriction.LiftedAtIsNil()).All(access.AsMachine(context.WithoutCancel(ctx), "administration"))
	if err != nil {
		if d.out != nil && now.Sub(d.looked) < stale {
			d.Log.Warn().Err(err).Msg("who is kept out is not known anew")
			return d.out, nil
		}
		return nil, fault.New(fault.Unavailable, "RECORD_SILENT", "数据库暂时没有回应，请稍后再试。", "The database does not answer; please try again.").Because(err).From("", now.Add(Fresh))
	}
	out := make(map[restricted]bool, len(rows))
	for _, r := range rows {
		out[restricted{r.Kind, r.Subject}] = true
	}
	d.out, d.looked = out, now
	return out, nil
}

// forget makes the next request ask the record.
func (d *Desk) forget() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.looked = time.Time{}
}

// Restrict keeps an account or a slice out, from now on at this hub and within [Fresh]
// at every other. Faults: REASON_MISSING, WORDS_TOO_LONG, SUBJECT_MISSING,
// RESTRICTION_SELF, RESTRICTED_ALREADY.
func (d *Desk) Restrict(ctx context.Context, kind restriction.Kind, subject, reason string) (*gen.Restriction, error) {
	if err := access.Require(ctx, access.Restrict); err != nil {
		return nil, err
	}
	v := access.From(ctx)
	if subject = strings.TrimSpace(subject); subject == "" || utf8.RuneCountInString(subject) > longestSubject {
		return nil, fault.New(fault.Invalid, "SUBJECT_MISSING", "请写明要停用的账号或切片。", "Say which account or slice.").At("input", "subject")
	}
	if kind == restriction.KindACCOUNT && subject == v.ID {
		return nil, fault.New(fault.Invalid, "RESTRICTION_SELF", "不能停用自己的账号。", "You cannot keep yourself out.").At("input", "subject")
	}
	if err := worded(reason); err != nil {
		return nil, err
	}
	var row *gen.Restriction
	err := d.write(ctx, func(ctx context.Context, tx store.Tx, now time.Time) (err error) {
		row, err = tx.Ent.Restriction.Create().SetID(store.NewID()).SetKind(kind).SetSubject(subject).SetReason(reason).SetRestrictedAt(now).SetRestrictedBy(v.ID).Save(ctx)
		if err != nil {
			return err
		}
		return journal.Administer(ctx, tx, v, journal.Deed{Act: access.Restrict, Deed: "RESTRICT_" + string(kind), Subject: subject, Reason: reason, At: now})
	})
	if gen.IsConstraintError(err) {
		return nil, fault.New(fault.Conflict, "RESTRICTED_ALREADY", "已经停用。", "It is kept out already.").At("input", "subject")
	}
	return row, err
}

// Lift lets in again what a restriction kept out. Faults: REASON_MISSING,
// WORDS_TOO_LONG, RESTRICTION_NOT_FOUND, RESTRICTION_LIFTED.
func (d *Desk) Lift(ctx context.Context, id, reason string) (*gen.Restriction, error) {
	if err := access.Require(ctx, access.Restrict); err != nil {
		return nil, err
	}
	if err := worded(reason); err != nil {
		return nil, err
	}
	v := access.From(ctx)
	var row *gen.Restriction
	err := d.write(ctx, func(ctx context.Context, tx store.Tx, now time.Time) error {
		n, err := tx.Ent.Restriction.Update().Where(restriction.ID(id), restriction.LiftedAtIsNil()).SetLiftedAt(now).SetLiftedBy(v.ID).SetLiftedReason(reason).Save(ctx)
		if err != nil {
			return err
		}
		row, err = tx.Ent.Restriction.Get(ctx, id)
		switch {
		case gen.IsNotFound(err):
			return fault.New(fault.NotFound, "RESTRICTION_NOT_FOUND", "没有这项停用。", "There is no such restriction.").At("input", "restrictionId")
		case err != nil:
			return err
		case n == 0:
			return fault.New(fault.Conflict, "RESTRICTION_LIFTED", "这项停用已经解除。", "It has been lifted already.").At("input", "restrictionId")
		}
		return journal.Administer(ctx, tx, v, journal.Deed{Act: access.Restrict, Deed: "LIFT_" + string(row.Kind), Subject: row.Subject, Reason: reason, At: now})
	})
	if err != nil {
		return nil, err
	}
	return row, nil
}

// write does something as the hub, for a viewer who may, and lets it count at once.
func (d *Desk) write(ctx context.Context, do func(ctx context.Context, tx store.Tx, now time.Time) error) error {
	err := d.Store.InTx(access.AsMachine(ctx, "administration"), func(ctx context.Context, tx store.Tx) error { return do(ctx, tx, d.Now().UTC()) })
	d.forget()
	return err
}

// Restrictions lists who is kept out, newest first, and whether there are more; with
// lifted, also who was. Faults: none beyond those of who may not.
func (d *Desk) Restrictions(ctx context.Context, lifted bool, first int, after string) ([]*gen.Restriction, bool, error) {
	if err := access.Require(ctx, access.ReadRestrictions); err != nil {
		return nil, false, err
	}
	q := d.Store.Read.Restriction.Query().Order(gen.Desc(restriction.FieldID)).Limit(first + 1)
	if !lifted {
		q.Where(restriction.LiftedAtIsNil())
	}
	if after != "" {
		q.Where(restriction.IDLT(after))
	}
	rows, err := q.All(access.AsMachine(ctx, "administration"))
	if err != nil {
		return nil, false, fmt.Errorf("restrictions: %w", err)
	}
	return rows[:min(first, len(rows))], len(rows) > first, nil
}

// Acts lists what administrators did, newest first, and whether there is more.
func (d *Desk) Acts(ctx context.Context, account string, first int, after string) ([]*gen.AdministrativeAct, bool, error) {
	if err := access.Require(ctx, access.ReadAdministration); err != nil {
		return nil, false, err
	}
	q := d.Store.Read.AdministrativeAct.Query().Order(gen.Desc(administrativeact.FieldID)).Limit(first + 1)
	if account != "" {
		q.Where(administrativeact.Account(account))
	}
	if after != "" {
		q.Where(administrativeact.IDLT(after))
	}
	rows, err := q.All(access.AsMachine(ctx, "administration"))
	if err != nil {
		return nil, false, fmt.Errorf("acts of administrators: %w", err)
	}
	return rows[:min(first, len(rows))], len(rows) > first, nil
}

func worded(reason string) error {
	switch n := utf8.RuneCountInString(strings.TrimSpace(reason)); {
	case n == 0:
		return fault.New(fault.Invalid, "REASON_MISSING", "请写明原因。", "Say why.").At("input", "reason")
	case n > longestReason:
		return fault.Newf(fault.Invalid, "WORDS_TOO_LONG", "最多 %[1]d 个字。", "At most %[1]d characters.", longestReason).At("input", "reason")
	}
	return nil
}
