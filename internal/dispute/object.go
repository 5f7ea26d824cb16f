package dispute

import (
	"context"
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"github.com/vetgraph/vetgraph/ent/gen"
	"github.com/vetgraph/vetgraph/ent/gen/dispute"
	"github.com/vetgraph/vetgraph/ent/gen/task"
	"github.com/vetgraph/vetgraph/internal/access"
	"github.com/vetgraph/vetgraph/internal/catalog"
	"github.com/vetgraph/vetgraph/internal/fault"
	"github.com/vetgraph/vetgraph/internal/form"
	"github.com/vetgraph/vetgraph/internal/notify"
	"github.com/vetgraph/vetgraph/internal/profile"
	"github.com/vetgraph/vetgraph/internal/store"
	"github.com/vetgraph/vetgraph/internal/supervision"
	"github.com/vetgraph/vetgraph/internal/workday"
)

// Objection is what a person objects to.
type Objection struct {
	VeteranID string
	Field     string // data element
	Claim     any    // what is right, after the element's type; nil: only that it is wrong
	Reason    string
}

// Object opens a dispute before the department that vouches for the value, and
// gives a named person there the task; where sources disagree, before the one that
// must settle it. That a department says there is none may be objected to as well. Faults: ELEMENT_UNKNOWN, NOTHING_TO_DISPUTE, DISPUTE_OPEN,
// DISPUTE_REASON_UNFIT, CLAIM_UNFIT.
func (d *Desk) Object(ctx context.Context, in Objection) (*gen.Dispute, error) {
	if err := access.Require(ctx, access.DisputeValue); err != nil {
		return nil, err
	}
	field := d.Catalog().Field(in.Field)
	if field == nil {
		return nil, fault.New(fault.Invalid, "ELEMENT_UNKNOWN", "没有这个数据元。", "There is no such data element.").At("input", "field")
	}
	rows, err := d.Profile.ReadRows(ctx, []string{in.VeteranID})
	if err != nil {
		return nil, err
	}
	r := rows[in.VeteranID]
	if r == nil || r.Veteran == nil {
		return nil, profile.NotFound()
	}
	known, err := d.Profile.Findings(r)
	if err != nil {
		return nil, err
	}
	owner := d.owner(known.By[field.ID], field.ID)
	if owner == nil {
		return nil, nothing("这项信息没有部门记录，无法提出异议。", "No department has said this, so there is nothing to dispute.")
	}
	said, err := d.said(in, field, known.Known()[field.ID])
	if err != nil {
		return nil, err
	}
	return d.write(ctx, r.Veteran, field, owner, said)
}

func nothing(zh, en string) error {
	return fault.New(fault.Conflict, "NOTHING_TO_DISPUTE", zh, en).At("input", "field")
}

// owner is the department that answers for a value: its source. What a party
// without officers here has told, such as the former unit, came through the lead
// department, which takes it up there (退役军人保障法 8). Where sources disagree it is
// the source of record.
func (d *Desk) owner(found profile.Finding, field string) *catalog.Department {
	c := d.Catalog()
	switch {
	case found.Conflict():
		return profile.Owner(c, field)
	case len(found.Words) == 0:
		return nil
	}
	return c.Department(d.Profile.Voice(found.Words[0].Source))
}

// said checks what the person says and brings it to the form that is kept.
func (d *Desk) said(in Objection, field *catalog.Field, told form.Known) (Said, error) {
	reason := strings.TrimSpace(norm.NFC.String(in.Reason))
	unseen := func(r rune) bool {
		return r == utf8.RuneError || unicode.Is(unicode.C, r) && r != '\n' && r != '\r' && r != '\t'
	}
	if n := utf8.RuneCountInString(reason); n == 0 || n > d.Figures.ReasonRunes.Value || strings.ContainsFunc(reason, unseen) {
		return Said{}, fault.Newf(fault.Invalid, "DISPUTE_REASON_UNFIT", "请写明理由，%[1]d 字以内。", "Give your reasons in up to %[1]d characters.",
			d.Figures.ReasonRunes.Value).At("input", "reason")
	}
	claim, err := d.claim(field, in.Claim)
	if err != nil {
		return Said{}, err
	}
	if claim != nil {
		settled, _, err := form.Settle(d.Catalog(), map[string]form.Known{field.ID: told}, workday.FromTime(d.Now()))
		if err != nil {
			return Said{}, fmt.Errorf("compare a claim: %w", err)
		}
		if k, ok := settled[field.ID]; ok && !k.Absent && reflect.DeepEqual(k.Value, claim) {
			return Said{}, nothing("部门的记录与您主张的相同。", "The record says what you claim.")
		}
	}
	return Said{Claim: claim, Reason: reason}, nil
}

// claim reads a value as a form of this one field would.
func (d *Desk) claim(field *catalog.Field, raw any) (any, error) {
	if raw == nil {
		return nil, nil
	}
	c := d.Catalog()
	f := &form.Form{CatalogVersion: c.Version, On: workday.FromTime(d.Now()), Sections: []form.Section{{
		Group: field.Group, Fields: []form.Field{{ID: field.ID, Name: field.Name, Type: field.Type, Fill: form.Filled}},
	}}}
	if err := f.Bind(c, nil); err != nil {
		return nil, fmt.Errorf("read a claim: %w", err)
	}
	values, problems := form.Validate(f, []form.Answer{{Field: field.ID, Value: raw}}, form.Against{Divisions: d.Divisions})
	for _, p := range problems {
		return nil, fault.Newf(fault.Invalid, "CLAIM_UNFIT", "主张的值不合格式：%[1]s", "The claimed value does not fit: %[2]s", p.Zh, p.En).At("input", "claim")
	}
	return values[field.ID], nil
}

func (d *Desk) write(ctx context.Context, v *gen.Veteran, field *catalog.Field, owner *catalog.Department, said Said) (*gen.Dispute, error) {
	plain, err := json.Marshal(said)
	if err != nil {
		return nil, fmt.Errorf("write a dispute: %w", err)
	}
	id, now := store.NewID(), d.Now().UTC()
	due := d.Calendar().Due(workday.FromTime(now), d.Figures.AnswerDays.Value).Day
	err = d.Store.InTx(ctx, func(ctx context.Context, tx store.Tx) error {
		if err := tx.LockVeteran(ctx, v.ID); err != nil {
			return err
		}
		open, err := tx.Ent.Dispute.Query().Where(dispute.VeteranID(v.ID), dispute.Element(field.ID), dispute.StateEQ(dispute.StateOPEN)).Exist(ctx)
		if err != nil {
			return fmt.Errorf("open disputes: %w", err)
		}
		if open {
			return fault.New(fault.Conflict, "DISPUTE_OPEN", "这项信息的异议还在处理中。", "A dispute about this is open already.").At("input", "field")
		}
		if err := tx.Ent.Dispute.Create().SetID(id).SetVeteranID(v.ID).SetElement(field.ID).SetDepartment(owner.Code).SetDivision(v.Division).
			SetClaimSealed(d.Vault.Seal(plain, bind(id))).SetOpenedAt(now).SetDueOn(due).Exec(ctx); err != nil {
			return fmt.Errorf("open a dispute: %w", err)
		}
		if _, err := d.Tasks.Raise(ctx, tx, supervision.Concern{
			Kind: task.KindDISPUTE, Subject: id, Department: owner.Code, Division: v.Division, Workdays: d.Figures.AnswerDays.Value,
			Words: fmt.Sprintf("对“%s”的异议：核对本部门记录，成立的在本系统更正，并答复本人。 An objection to “%s”: check your records, correct them if it is right, and answer the person.", field.Name.Zh, field.Name.En),
		}); err != nil {
			return err
		}
		return d.tell(ctx, tx, "DISPUTE_OPENED", v.ID, v.Division, map[string]string{"department": owner.Code, "due": due.String()})
	})
	if err != nil {
		return nil, err
	}
	return d.Get(ctx, id)
}

func (d *Desk) tell(ctx context.Context, tx store.Tx, kind, veteranID, division string, facts map[string]string) error {
	if d.Tell == nil {
		return nil
	}
	return d.Tell.Tell(ctx, tx, notify.Notice{VeteranID: veteranID, Division: division, Kind: kind, Facts: facts})
}
