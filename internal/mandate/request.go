package mandate

import (
	"context"
	"fmt"
	"time"

	"github.com/vetgraph/vetgraph/ent/gen"
	"github.com/vetgraph/vetgraph/ent/gen/mandate"
	"github.com/vetgraph/vetgraph/ent/gen/predicate"
	"github.com/vetgraph/vetgraph/internal/access"
	"github.com/vetgraph/vetgraph/internal/fault"
	"github.com/vetgraph/vetgraph/internal/form"
	"github.com/vetgraph/vetgraph/internal/notify"
	"github.com/vetgraph/vetgraph/internal/store"
	"github.com/vetgraph/vetgraph/internal/workday"
)

// Request is what a clerk asks for.
type Request struct {
	VeteranID string
	Matters   []string    // codes or slugs; nil: all that the veteran may or must file
	Until     workday.Day // last day
}

// scope is what a mandate is to cover.
type scope struct {
	veteran *gen.Veteran
	matters []string
	fields  []string
	until   workday.Day
}

// Request asks a veteran for a mandate and sends them the code. A request of the
// same clerk that was still open gives way to it. What is answered holds no code.
// Faults: those of a plan; MANDATE_UNTIL, MANDATE_REQUESTS_TOO_MANY,
// MANDATES_TOO_MANY.
func (d *Desk) Request(ctx context.Context, in Request) (*gen.Mandate, error) {
	if err := access.Require(ctx, access.RequestMandate); err != nil {
		return nil, err
	}
	s, err := d.scope(ctx, in.VeteranID, in.Matters, in.Until)
	if err != nil {
		return nil, err
	}
	v, now, id := access.From(ctx), d.Now().UTC(), store.NewID()
	codeUntil := now.Truncate(time.Second).Add(time.Duration(d.Figures.CodeMinutes.Value) * time.Minute)
	code := d.draw(id, codeUntil)
	err = d.Store.InTx(ctx, func(ctx context.Context, tx store.Tx) error {
		if err := tx.LockVeteran(ctx, in.VeteranID); err != nil {
			return err
		}
		if err := d.withinLimits(ctx, tx, in.VeteranID, v.ID, now); err != nil {
			return err
		}
		if err := d.giveWay(ctx, tx, in.VeteranID, v.ID, now); err != nil {
			return err
		}
		if err := d.row(tx, id, v.ID, s, now, v.ID).SetCodeHash(d.digest(id, code)).SetCodeUntil(codeUntil).Exec(ctx); err != nil {
			return fmt.Errorf("request a mandate: %w", err)
		}
		return d.tell(ctx, tx, "MANDATE_REQUESTED", id, s, code)
	})
	if err != nil {
		return nil, err
	}
	return d.Get(ctx, id)
}

// giveWay ends the requests of a clerk to a person that are still open: two codes
// would only confuse.
func (d *Desk) giveWay(ctx context.Context, tx store.Tx, veteranID, agent string, now time.Time) error {
	open := []predicate.Mandate{mandate.VeteranID(veteranID), mandate.Agent(agent), mandate.StateEQ(mandate.StateREQUESTED)}
	ids, err := tx.Ent.Mandate.Query().Where(open...).IDs(ctx)
	if err != nil || len(ids) == 0 {
		return err
	}
	if err := tx.Ent.Mandate.Update().Where(mandate.IDIn(ids...)).SetState(mandate.StateREVOKED).SetEndedAt(now).SetEndedBy(agent).ClearCodeHash().Exec(ctx); err != nil {
		return fmt.Errorf("requests before: %w", err)
	}
	return d.forget(ctx, tx, veteranID, ids...)
}

// scope computes what is needed, and nothing wider.
func (d *Desk) scope(ctx context.Context, veteranID string, matters []string, until workday.Day) (scope, error) {
	today := workday.FromTime(d.Now())
	if until < today || until > today.AddDays(d.Figures.LongestDays.Value) {
		return scope{}, fault.Newf(fault.Invalid, "MANDATE_UNTIL", "委托的最后一天应在今天起 %[1]d 个自然日以内。",
			"The last day of a mandate lies within %[1]d calendar days from today.", d.Figures.LongestDays.Value).At("input", "until")
	}
	v, err := d.Profile.Get(ctx, veteranID)
	if err != nil {
		return scope{}, err
	}
	p, err := d.Plan(ctx, veteranID, matters)
	if err != nil {
		return scope{}, err
	}
	s := scope{veteran: v, until: until, fields: typed(p.Form)}
	for _, m := range p.Matters {
		if m.Selected {
			s.matters = append(s.matters, m.Code)
		}
	}
	return s, nil
}

// typed lists the fields that a form asks of the person, those included that may
// come to be asked by another answer.
func typed(f *form.Form) []string {
	out := []string{}
	for _, s := range f.Sections {
		for _, field := range s.Fields {
			if field.Fill == form.Ask {
				out = append(out, field.ID)
			}
		}
	}
	return out
}

// withinLimits counts as the hub itself: a clerk sees only mandates of their own.
func (d *Desk) withinLimits(ctx context.Context, tx store.Tx, veteranID, agent string, now time.Time) error {
	if err := d.room(ctx, tx, veteranID, now); err != nil {
		return err
	}
	rows, err := tx.Ent.Mandate.Query().Where(mandate.VeteranID(veteranID), mandate.CodeUntilNotNil()).
		Order(gen.Desc(mandate.FieldID)).Limit(d.Figures.RequestsDailyAll.Value).All(access.AsMachine(ctx, "mandate"))
	if err != nil {
		return fmt.Errorf("count requests: %w", err)
	}
	since := now.Add(-24 * time.Hour)
	var all, own []*gen.Mandate // the newest first
	for _, m := range rows {
		if m.RequestedAt.After(since) {
			if all = append(all, m); m.RequestedBy == agent {
				own = append(own, m)
			}
		}
	}
	for _, c := range []struct {
		asked []*gen.Mandate
		most  int
	}{{own, d.Figures.RequestsDaily.Value}, {all, d.Figures.RequestsDailyAll.Value}} {
		if len(c.asked) >= c.most {
			return fault.New(fault.Unavailable, "MANDATE_REQUESTS_TOO_MANY", "24 小时内向此人申请委托的次数太多，请稍后再试。",
				"This person was asked for a mandate too often within 24 hours; try later.").From("", c.asked[c.most-1].RequestedAt.Add(24*time.Hour))
		}
	}
	return nil
}

// room refuses one mandate more than a person may have at once.
func (d *Desk) room(ctx context.Context, tx store.Tx, veteranID string, now time.Time) error {
	n, err := tx.Ent.Mandate.Query().Where(mandate.VeteranID(veteranID), mandate.StateEQ(mandate.StateACTIVE), mandate.UntilGTE(workday.FromTime(now))).
		Count(access.AsMachine(ctx, "mandate"))
	if err != nil {
		return fmt.Errorf("count mandates: %w", err)
	}
	if n >= d.Figures.InForce.Value {
		return fault.Newf(fault.Conflict, "MANDATES_TOO_MANY", "此人已有 %[1]d 份有效委托，请先撤销不用的。",
			"There are %[1]d mandates in force already; revoke those not in use.", n)
	}
	return nil
}

func (d *Desk) row(tx store.Tx, id, agent string, s scope, now time.Time, by string) *gen.MandateCreate {
	row := tx.Ent.Mandate.Create().SetID(id).SetVeteranID(s.veteran.ID).SetAgent(agent).SetDivision(s.veteran.Division).
		SetMatters(s.matters).SetFields(s.fields).SetUntil(s.until).SetRequestedAt(now).SetRequestedBy(by)
	if d.Names != nil {
		row.SetAgentName(d.Names(agent))
	}
	return row
}

// tell tells the veteran what became of a mandate. Which matters and fields it
// covers, and who acts, they see when signed in.
func (d *Desk) tell(ctx context.Context, tx store.Tx, kind, mandateID string, s scope, code string) error {
	if d.Post == nil {
		return nil
	}
	return d.Post.Tell(ctx, tx, notify.Notice{
		VeteranID: s.veteran.ID, Division: s.veteran.Division, Kind: kind, Secret: code,
		Facts: map[string]string{"due": s.until.String(), "mandate": mandateID},
	})
}

// forget wipes the code of a request from the notice that brought it.
func (d *Desk) forget(ctx context.Context, tx store.Tx, veteranID string, mandateIDs ...string) error {
	for _, id := range mandateIDs {
		if d.Post == nil {
			return nil
		}
		if err := d.Post.Forget(ctx, tx, veteranID, "MANDATE_REQUESTED", "mandate", id); err != nil {
			return err
		}
	}
	return nil
}
