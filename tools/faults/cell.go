package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/vetgraph/vetgraph/ent/gen"
	"github.com/vetgraph/vetgraph/ent/gen/event"
	"github.com/vetgraph/vetgraph/internal/catalog"
	"github.com/vetgraph/vetgraph/internal/department"
	"github.com/vetgraph/vetgraph/internal/lifecycle"
	"github.com/vetgraph/vetgraph/internal/port"
)

// patience is the longest wait for anything: a time-out of ten seconds, a pause of
// a port at rest, a queue's second attempt.
const patience = 60 * time.Second

// abreast is how many cells are played at once: no two of one matter.
const abreast = 24

// cell is one fault at one port.
type cell struct {
	fault  string
	port   *catalog.Port
	unseen string // why it cannot be
	err    error
	took   time.Duration
}

// begin makes the port of a cell misbehave.
func (r *rig) begin(c *cell) error {
	f, err := department.Named(c.fault)
	if err != nil {
		return err
	}
	return r.hub.Fleet.SetFault(c.port.ID, f)
}

// end makes it behave, and says so, as an operator does who was told.
func (r *rig) end(id string) error {
	r.hub.Registry.Gate(id).Release()
	return r.hub.Fleet.SetFault(id, department.Fault{})
}

// live takes a case through the fault to its end.
func (r *rig) live(ctx context.Context, c *cell) (err error) {
	l := &life{rig: r, cell: c}
	defer func() { err = errors.Join(err, r.end(c.port.ID)) }()
	early := c.port.Operation == "SUBMIT" || c.port.Operation == "RECEIPT" || c.fault == department.EarlyResult
	felt := r.felt(c)
	if early {
		if err := r.begin(c); err != nil {
			return err
		}
	}
	if err := l.submit(ctx); err != nil {
		return err
	}
	if early {
		if err := l.until(ctx, "the fault is felt", felt); err != nil {
			return err
		}
		if err := r.end(c.port.ID); err != nil {
			return err
		}
	}
	if err := l.until(ctx, "the receipt", func() bool { return l.item(ctx).ReceiptNo != "" }); err != nil {
		return err
	}
	switch c.port.Operation {
	case "CORRECTION":
		err = l.correct(ctx)
	case "STATUS":
		err = l.hearByAsking(ctx)
	case "WITHDRAW":
		return l.takeBack(ctx)
	case "RESULT":
		if early {
			break
		}
		err = l.tell(ctx)
	default:
		if c.fault != department.EarlyResult {
			err = r.hub.Fleet.DecideNow(ctx, l.itemID, port.Approved)
		}
	}
	if err != nil {
		return err
	}
	if err := l.until(ctx, "the result", func() bool { return l.item(ctx).State.Ended() }); err != nil {
		return err
	}
	return l.check(ctx)
}

// felt says whether a call has been made through the port since, or turned away.
func (r *rig) felt(c *cell) func() bool {
	calls := func() (n int64) {
		for _, p := range r.hub.Resolver.Catalogue().Ports {
			same := p.ID == c.port.ID
			switch {
			case c.fault == department.ExpiredCertificate: // of the department, which may be asked before anything is sent
				same = p.Department == c.port.Department
			case c.port.Operation == "RECEIPT", c.port.Operation == "RESULT": // what follows a delivery
				same = p.Operation == "SUBMIT" && p.Matter == c.port.Matter
			case c.port.Operation == "STATUS", c.port.Operation == "WITHDRAW": // made through one port for all that share an address
				same = p.Operation == c.port.Operation && p.Department == c.port.Department
			}
			if same {
				h := r.hub.Registry.Gate(p.ID).Health()
				n += h.Calls + h.TurnedAway
			}
		}
		return n
	}
	before := calls()
	return func() bool { return calls() > before }
}

// life is one case of one matter.
type life struct {
	*rig
	cell           *cell
	token          string
	caseID, itemID string
}

func (l *life) submit(ctx context.Context) error {
	p, token, err := l.somebody()
	if err != nil {
		return err
	}
	l.token = token
	answers, err := l.answers(ctx, p.id, l.cell.port.Matter)
	if err != nil {
		return err
	}
	var out struct {
		SubmitCase struct {
			Problems []struct{ Field, Reason string }
			Case     *struct {
				ID    string
				Items []struct {
					ID     string
					Matter struct{ Code string }
				}
			}
		}
	}
	err = l.ask(ctx, token, `mutation($input: SubmitCaseInput!) { submitCase(input: $input) { problems { field reason } case { id items { id matter { code } } } } }`,
		map[string]any{"input": map[string]any{"idempotencyKey": "faults-" + p.id, "veteranId": p.id, "matters": []string{l.cell.port.Matter}, "answers": answers}}, &out)
	if err != nil {
		return fmt.Errorf("submit: %w", err)
	}
	if out.SubmitCase.Case == nil {
		return fmt.Errorf("submit: problems %v", out.SubmitCase.Problems)
	}
	l.caseID = out.SubmitCase.Case.ID
	for _, it := range out.SubmitCase.Case.Items {
		if it.Matter.Code == l.cell.port.Matter {
			l.itemID = it.ID
		}
	}
	return nil
}

func (l *life) item(ctx context.Context) *gen.Item {
	it, err := l.hub.Store.Read.Item.Get(ctx, l.itemID)
	if err != nil {
		return &gen.Item{}
	}
	return it
}

func (l *life) until(ctx context.Context, what string, so func() bool) error {
	for !so() {
		select {
		case <-ctx.Done():
			it := l.item(context.WithoutCancel(ctx))
			return fmt.Errorf("never came about: %s; case %s, item %s is %s", what, l.caseID, l.itemID, it.State)
		case <-time.After(20 * time.Millisecond):
		}
	}
	return nil
}

// through lets something happen while the port misbehaves.
func (l *life) through(ctx context.Context, do func() error) error {
	felt := l.felt(l.cell)
	if err := l.begin(l.cell); err != nil {
		return err
	}
	if err := do(); err != nil {
		return err
	}
	if err := l.until(ctx, "the fault is felt", felt); err != nil {
		return err
	}
	return l.end(l.cell.port.ID)
}

// correct is returned once by its department and answers that through the fault.
func (l *life) correct(ctx context.Context) error {
	known, err := l.hub.Cases.ItemAnswers(ctx, l.item(ctx))
	if err != nil {
		return err
	}
	for _, a := range known {
		if port.NamesOf(l.hub.Resolver.Catalogue(), l.cell.port.Department).FieldName(l.cell.port.Matter, a.Field) == "" || a.Value == nil {
			continue
		}
		if err := l.hub.Fleet.ReturnNow(ctx, l.itemID, port.Defect{Field: a.Field, Words: "请核对后重新填写"}); err != nil {
			return err
		}
		if err := l.until(ctx, "the return", func() bool { return l.item(ctx).State == lifecycle.ItemCorrection }); err != nil {
			return err
		}
		if err := l.through(ctx, func() error { return l.supplement(ctx, a.Field, a.Value) }); err != nil {
			return err
		}
		if err := l.until(ctx, "the receipt of the correction", func() bool { return l.item(ctx).State == lifecycle.ItemReceived }); err != nil {
			return err
		}
		return l.hub.Fleet.DecideNow(ctx, l.itemID, port.Approved)
	}
	return errors.New("nothing that could be corrected")
}

func (l *life) supplement(ctx context.Context, field string, value any) error {
	var out struct {
		SupplementItem struct {
			Problems []struct{ Field, Reason string }
		}
	}
	err := l.ask(ctx, l.token, `mutation($input: SupplementItemInput!) { supplementItem(input: $input) { problems { field reason } } }`,
		map[string]any{"input": map[string]any{"itemId": l.itemID, "answers": []any{map[string]any{"field": field, "value": value}}}}, &out)
	if err == nil && len(out.SupplementItem.Problems) > 0 {
		err = fmt.Errorf("supplement: problems %v", out.SupplementItem.Problems)
	}
	return err
}

// hearByAsking is decided without a callback.
func (l *life) hearByAsking(ctx context.Context) error {
	result := ""
	for _, p := range l.hub.Resolver.Catalogue().Ports {
		if p.Operation == "RESULT" && p.Matter == l.cell.port.Matter {
			result = p.ID
		}
	}
	if err := l.hub.Fleet.SetFault(result, department.Fault{NoCallbacks: true}); err != nil {
		return err
	}
	err := l.through(ctx, func() error { return l.hub.Fleet.DecideNow(ctx, l.itemID, port.Approved) })
	if err == nil {
		err = l.until(ctx, "the result by asking", func() bool { return l.item(ctx).State.Ended() })
	}
	return errors.Join(err, l.end(result))
}

// mute is how long a department does not call back that does not call back.
const mute = 1500 * time.Millisecond

// tell is decided, and told of in a way that goes wrong; or not at all.
func (l *life) tell(ctx context.Context) error {
	told := func() int64 { return l.hub.Fleet.Counters()[l.cell.port.Department]["CALLBACK "+l.cell.port.Matter] }
	before := told()
	if err := l.begin(l.cell); err != nil {
		return err
	}
	if err := l.hub.Fleet.DecideNow(ctx, l.itemID, port.Approved); err != nil {
		return err
	}
	over := time.Now().Add(mute)
	silent := l.cell.fault == department.TimeOut || l.cell.fault == department.HalfCommit
	if err := l.until(ctx, "the callback", func() bool { return !silent && told() > before || silent && time.Now().After(over) }); err != nil {
		return err
	}
	return l.end(l.cell.port.ID)
}

// takeBack withdraws, and the department lets go of it.
func (l *life) takeBack(ctx context.Context) error {
	err := l.through(ctx, func() error {
		return l.ask(ctx, l.token, `mutation($i: ID!) { withdrawItem(input: {itemId: $i, reason: "改变主意"}) { item { id } } }`, map[string]any{"i": l.itemID}, &struct{}{})
	})
	if err != nil {
		return err
	}
	their := func() port.State {
		a, err := l.hub.Registry.Get(l.cell.port.Department).Status(ctx, []string{l.itemID})
		if err != nil || len(a) == 0 {
			return ""
		}
		return a[0].State
	}
	if err := l.until(ctx, "they let go", func() bool { return their() == port.Withdrawn }); err != nil {
		return err
	}
	if err := l.until(ctx, "the item is withdrawn", func() bool { return l.item(ctx).State == lifecycle.ItemWithdrawn }); err != nil {
		return err
	}
	return l.check(ctx)
}

// check holds the record against the department's books: the same end, once.
func (l *life) check(ctx context.Context) error {
	it := l.item(ctx)
	acts, err := l.hub.Fleet.Acts(ctx)
	if err != nil {
		return err
	}
	want := 1
	if it.State == lifecycle.ItemWithdrawn {
		want = 0
	}
	if l.cell.port.Operation != "WITHDRAW" && !it.State.Granted() {
		return fmt.Errorf("item %s is %s", l.itemID, it.State)
	}
	if acts[l.itemID] != want {
		return fmt.Errorf("item %s is %s, and its department acted %d times", l.itemID, it.State, acts[l.itemID])
	}
	ends, err := l.hub.Store.Read.Event.Query().Where(event.ItemID(l.itemID), event.KindIn("ITEM_APPROVED", "ITEM_REJECTED", "ITEM_WITHDRAWN")).Count(ctx)
	if err != nil {
		return err
	}
	if ends != 1 {
		return fmt.Errorf("item %s ended %d times by its journal", l.itemID, ends)
	}
	return nil
}
