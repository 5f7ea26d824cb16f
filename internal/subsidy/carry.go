package subsidy

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/riverqueue/river"

	"github.com/vetgraph/vetgraph/ent/gen"
	"github.com/vetgraph/vetgraph/ent/gen/paymentline"
	"github.com/vetgraph/vetgraph/ent/gen/paymentroll"
	"github.com/vetgraph/vetgraph/internal/access"
	"github.com/vetgraph/vetgraph/internal/catalog"
	"github.com/vetgraph/vetgraph/internal/fault"
	"github.com/vetgraph/vetgraph/internal/port"
	"github.com/vetgraph/vetgraph/internal/store"
	"github.com/vetgraph/vetgraph/internal/words"
	"github.com/vetgraph/vetgraph/internal/workday"
)

// Grant is the job that reckons the amount of an item that was granted.
type Grant struct {
	Item string `json:"item"`
}

// Kind implements river.JobArgs.
func (Grant) Kind() string { return "subsidy-grant" }

// Push is the job that pushes one closed roll to the finance department.
type Push struct {
	Roll string `json:"roll"`
}

// Kind implements river.JobArgs.
func (Push) Kind() string { return "subsidy-push" }

// Install adds the workers of the jobs.
func (d *Desk) Install(w *river.Workers) {
	river.AddWorker(w, &granter{desk: d})
	river.AddWorker(w, &pusher{desk: d})
}

type granter struct {
	river.WorkerDefaults[Grant]
	desk *Desk
}

// Work is [Desk.Approve]. It may run twice.
func (g *granter) Work(ctx context.Context, job *river.Job[Grant]) error {
	return g.desk.Approve(ctx, job.Args.Item)
}

type pusher struct {
	river.WorkerDefaults[Push]
	desk *Desk
}

// putOff is how long a roll waits at a port that an operator holds before it is
// looked at again.
const putOff = 30 * time.Second

// errHeld is of a roll that an operator keeps back. It is no failed attempt.
var errHeld = errors.New("an operator keeps it back")

// Work is [Desk.Push]. It may run twice: the roll's ID is its key all the way.
func (p *pusher) Work(ctx context.Context, job *river.Job[Push]) error {
	err := p.desk.Push(ctx, job.Args.Roll, len(job.Errors) > 0)
	if errors.Is(err, errHeld) {
		return river.JobSnooze(putOff)
	}
	return err
}

// enrol puts a payment of a subsidy on the open roll of its division and this month.
func (d *Desk) enrol(ctx context.Context, tx store.Tx, s *gen.Subsidy, to Account) error {
	now := d.Now().UTC()
	month := workday.FromTime(now).String()[:7]
	open := tx.Ent.PaymentRoll.Query().Where(paymentroll.Division(s.Division), paymentroll.Month(month), paymentroll.StateEQ(paymentroll.StateOPEN))
	roll, err := locked(tx, open).First(access.AsMachine(ctx, machine))
	if gen.IsNotFound(err) {
		var parts int
		if parts, err = tx.Ent.PaymentRoll.Query().Where(paymentroll.Division(s.Division), paymentroll.Month(month)).Count(access.AsMachine(ctx, machine)); err != nil {
			return fmt.Errorf("rolls of a month: %w", err)
		}
		roll, err = tx.Ent.PaymentRoll.Create().SetID(store.NewID()).SetDepartment(s.Department).SetDivision(s.Division).SetMonth(month).
			SetPart(parts + 1).SetOpenedAt(now).Save(ctx)
	}
	if err != nil {
		return fmt.Errorf("open roll: %w", err)
	}
	id := store.NewID()
	sealed, err := d.seal(id, to)
	if err != nil {
		return err
	}
	err = tx.Ent.PaymentLine.Create().SetID(id).SetRollID(roll.ID).SetSubsidyID(s.ID).SetAttempt(s.Attempt).SetAmountFen(s.AmountFen).SetAccountSealed(sealed).Exec(ctx)
	if err != nil {
		return fmt.Errorf("line of a roll: %w", err)
	}
	return d.owe(ctx, tx, s)
}

// locked makes other transactions about the same rolls wait for this one. On
// SQLite there is only one writer.
func locked(tx store.Tx, q *gen.PaymentRollQuery) *gen.PaymentRollQuery {
	if tx.PG != nil {
		q.ForUpdate()
	}
	return q
}

// Look does what has fallen due: it closes rolls that have gathered long enough,
// and asks the bank after lines that it has not spoken of.
func (d *Desk) Look(ctx context.Context) error {
	ctx = access.AsMachine(ctx, machine)
	if err := d.closeDue(ctx); err != nil {
		return err
	}
	return d.ask(ctx)
}

// closeDue closes the rolls whose time of gathering is over, each with the job that
// pushes it.
func (d *Desk) closeDue(ctx context.Context) error {
	due, err := d.Store.Read.PaymentRoll.Query().Where(paymentroll.StateEQ(paymentroll.StateOPEN), paymentroll.OpenedAtLTE(d.Now().UTC().Add(-d.Gather))).
		Order(paymentroll.ByID()).IDs(ctx)
	if err != nil {
		return fmt.Errorf("open rolls: %w", err)
	}
	for _, id := range due {
		if err := d.Store.InTx(ctx, func(ctx context.Context, tx store.Tx) error { return d.close(ctx, tx, id) }); err != nil {
			return err
		}
	}
	return nil
}

func (d *Desk) close(ctx context.Context, tx store.Tx, id string) error {
	roll, err := locked(tx, tx.Ent.PaymentRoll.Query().Where(paymentroll.ID(id), paymentroll.StateEQ(paymentroll.StateOPEN))).Only(ctx)
	if gen.IsNotFound(err) {
		return nil // another hub was first
	} else if err != nil {
		return fmt.Errorf("close a roll: %w", err)
	}
	lines, err := tx.Ent.PaymentLine.Query().Where(paymentline.RollID(id)).All(ctx)
	if err != nil {
		return fmt.Errorf("lines of a roll: %w", err)
	}
	sum := int64(0)
	for _, l := range lines {
		sum += l.AmountFen
	}
	err = tx.Ent.PaymentRoll.UpdateOneID(roll.ID).SetState(paymentroll.StateCLOSED).SetClosedAt(d.Now().UTC()).SetLines(len(lines)).SetTotalFen(sum).Exec(ctx)
	if err != nil {
		return fmt.Errorf("close a roll: %w", err)
	}
	return d.Queue.Insert(ctx, tx, Push{Roll: id})
}

// pushPort is the port to one of the parties, or nil.
func (d *Desk) pushPort(party string) *catalog.Port {
	if d.Ports == nil {
		return nil
	}
	return d.Ports.PushPort(party, d.Parameters.Matter)
}

// Push pushes a closed roll to the finance department and notes its receipt. It may
// be done again: what is pushed is pinned, and the roll is known by its ID. again
// says that the department may have it already.
func (d *Desk) Push(ctx context.Context, id string, again bool) error {
	ctx = access.AsMachine(ctx, machine)
	roll, err := d.Store.Read.PaymentRoll.Get(ctx, id)
	if err != nil {
		return fmt.Errorf("roll: %w", err)
	}
	if roll.State != paymentroll.StateCLOSED {
		return nil
	}
	finance := d.pushPort(d.Parameters.Finance)
	if finance == nil {
		return fmt.Errorf("push roll %s: no finance department is connected", id)
	}
	lines, err := d.Store.Read.PaymentLine.Query().Where(paymentline.RollID(id)).Order(paymentline.ByID()).All(ctx)
	if err != nil {
		return fmt.Errorf("lines of a roll: %w", err)
	}
	out, err := d.batch(roll, lines)
	if err != nil {
		return err
	}
	out.Again = again
	receipt, err := d.Ports.Push(ctx, finance.ID, out)
	switch reason := fault.Of(err).Reason; {
	case err == nil:
		return d.pushed(ctx, id, receipt, lines)
	case reason == "PORT_PAUSED" || reason == "PORT_DRAINING":
		return fmt.Errorf("push roll %s: %w", id, errHeld)
	default:
		return fmt.Errorf("push roll %s: %s", id, reason)
	}
}

// batch is a roll as it goes to who pays: what a transfer needs, and neither a
// citizen number nor anything of the service (个人信息保护法 6).
func (d *Desk) batch(roll *gen.PaymentRoll, lines []*gen.PaymentLine) (port.Batch, error) {
	out := port.Batch{ID: roll.ID, Callback: d.Callback(), Fields: map[string]any{
		catalog.BatchDivision: roll.Division, catalog.BatchMonth: roll.Month, catalog.BatchPart: int64(roll.Part), catalog.BatchTotal: roll.TotalFen,
	}}
	for _, l := range lines {
		to, err := d.open(l.ID, l.AccountSealed)
		if err != nil {
			return out, err
		}
		out.Lines = append(out.Lines, port.Entry{Line: l.ID, Fields: map[string]any{
			"bankAccountName": to.Holder, "bankName": to.Bank, "bankAccountNo": to.Number, catalog.LineAmount: l.AmountFen,
		}})
	}
	return out, nil
}

// pushed notes of each subsidy that it is on its way, and then the receipt: cut off
// in between, the roll is pushed again and nothing is noted twice.
func (d *Desk) pushed(ctx context.Context, id string, r port.Receipt, lines []*gen.PaymentLine) error {
	for _, l := range lines {
		if err := d.onTheWay(ctx, l); err != nil {
			return err
		}
	}
	err := d.Store.InTx(ctx, func(ctx context.Context, tx store.Tx) error {
		return tx.Ent.PaymentRoll.Update().Where(paymentroll.ID(id), paymentroll.StateEQ(paymentroll.StateCLOSED)).
			SetState(paymentroll.StatePUSHED).SetPushedAt(d.Now().UTC()).SetReceiptNo(words.Clip(r.Number, 80)).Exec(ctx)
	})
	if err != nil {
		return fmt.Errorf("note a receipt: %w", err)
	}
	return nil
}
