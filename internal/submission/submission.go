// Package submission carries items to departments, however long that takes, and asks after those that stay silent.
//
// A job may run twice, and a department may have taken an item whose receipt
// was lost: the item's ID is the idempotency key all the way, so repeating is
// harmless. What comes back is applied by the desk, once.
package submission

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/riverqueue/river"
	"github.com/rs/zerolog"

	"github.com/vetgraph/vetgraph/internal/access"
	"github.com/vetgraph/vetgraph/internal/fault"
	"github.com/vetgraph/vetgraph/internal/port"
)

// Dispatch is the job that carries one item to its department.
type Dispatch struct {
	Item string `json:"item"`
}

// Kind implements river.JobArgs.
func (Dispatch) Kind() string { return "dispatch" }

// Recall is the job that asks a department to let go of an item.
type Recall struct {
	Item string `json:"item"`
}

// Kind implements river.JobArgs.
func (Recall) Kind() string { return "recall" }

// Inquire is the job that asks one department after its open items.
type Inquire struct {
	Department string `json:"department"`
}

// Kind implements river.JobArgs.
func (Inquire) Kind() string { return "inquire" }

// InsertOpts keeps questions to a department that does not answer from piling up.
func (Inquire) InsertOpts() river.InsertOpts {
	return river.InsertOpts{MaxAttempts: 1}
}

// Desk is what this room needs of casework.
type Desk interface {
	Check(ctx context.Context, itemID string) (department string, q *port.Question, err error)
	Checked(ctx context.Context, itemID string, r port.Record) (goes bool, err error)
	Delivery(ctx context.Context, itemID string) (department string, d port.Delivery, err error)
	Sent(ctx context.Context, itemID, reason string) error
	Received(ctx context.Context, itemID string, round int, r port.Receipt) error
	Recall(ctx context.Context, itemID string) (department string, wanted bool, err error)
	Recalled(ctx context.Context, itemID string, a port.Answer, decided bool) error
	Open(ctx context.Context, department, after string, limit int) ([]string, error)
	Apply(ctx context.Context, department string, a port.Answer) error
}

// Departments finds a department's system by code.
type Departments interface {
	Get(code string) port.Department
	Departments() []string
}

// Carrier works the jobs.
type Carrier struct {
	Desk        Desk
	Departments Departments
	Callback    func(department string) string // absolute address for results
	Log         zerolog.Logger
}

// Workers registers the jobs' workers.
func (c *Carrier) Workers() *river.Workers {
	w := river.NewWorkers()
	river.AddWorker(w, &dispatcher{carrier: c})
	river.AddWorker(w, &inquirer{carrier: c})
	river.AddWorker(w, &recaller{carrier: c})
	return w
}

// Inquiries are periodic jobs, one for each department, every so often.
func (c *Carrier) Inquiries(every time.Duration) []*river.PeriodicJob {
	var jobs []*river.PeriodicJob
	for _, code := range c.Departments.Departments() {
		jobs = append(jobs, river.NewPeriodicJob(river.PeriodicInterval(every),
			func() (river.JobArgs, *river.InsertOpts) { return Inquire{Department: code}, nil }, nil))
	}
	return jobs
}

type dispatcher struct {
	river.WorkerDefaults[Dispatch]
	carrier *Carrier
}

// putOff is how long an item waits at a port that an operator holds before it is
// looked at again, should nobody say that the port is free: see [Outbox.Again].
const putOff = 5 * time.Minute

// errHeld is of a delivery that an operator keeps back. It is no failed attempt.
var errHeld = errors.New("an operator keeps it back")

// Work is [Carrier.Deliver].
func (d *dispatcher) Work(ctx context.Context, job *river.Job[Dispatch]) error {
	err := d.carrier.Deliver(ctx, job.Args.Item, len(job.Errors) == 0) // the first failure, also after an attempt that a kill cut off
	if errors.Is(err, errHeld) {
		return river.JobSnooze(putOff)
	}
	return err
}

// Deliver delivers one item, once its department has answered what is asked before,
// and notes the receipt, or takes back what is not to be
// delivered any more. A department that is away is a
// reason to try again later; one that refuses outright is too, for a person
// must then mend the port, and nothing accepted may be lost meanwhile. What an
// operator keeps back was not sent.
func (c *Carrier) Deliver(ctx context.Context, itemID string, first bool) error {
	ctx = access.AsMachine(ctx, "dispatch")
	if goes, err := c.cleared(ctx, itemID, first); !goes {
		return err
	}
	code, out, err := c.Desk.Delivery(ctx, itemID)
	if err != nil {
		c.Log.Error().Err(err).Str("item", itemID).Msg("an item cannot be made up for its department")
		return err
	}
	if out.ItemID == "" {
		return c.TakeBack(ctx, itemID) // an attempt that was cut off may have left it there, and it has ended since
	}
	department := c.Departments.Get(code)
	out.Callback, out.Again = c.Callback(code), !first
	receipt, err := department.Deliver(ctx, out)
	if err != nil {
		reason := fault.Of(err).Reason
		if held(reason) {
			return fmt.Errorf("deliver item %s to %s: %w", out.ItemID, code, errHeld)
		}
		if reason == "ITEM_DELIVERED_OTHERWISE" {
			if over, err := c.over(ctx, code, itemID); over || err != nil {
				return err
			}
		}
		if first {
			c.Log.Warn().Str("item", out.ItemID).Str("department", code).Str("reason", reason).Msg("not delivered, will be tried again")
		}
		if serr := c.Desk.Sent(ctx, out.ItemID, reason); serr != nil { // an earlier attempt may have failed before anything was sent
			return serr
		}
		return fmt.Errorf("deliver item %s to %s: %s", out.ItemID, code, reason)
	}
	return c.Desk.Received(ctx, out.ItemID, out.Round, receipt)
}

// held says whether a port does not work because an operator holds it.
func held(reason string) bool { return reason == "PORT_PAUSED" || reason == "PORT_DRAINING" }

// cleared asks a department what the catalogue wants to know before an item is
// sent to it, and says whether the item may go. A department that does not answer
// is asked again later, and the item waits: nothing of it has left.
func (c *Carrier) cleared(ctx context.Context, itemID string, first bool) (bool, error) {
	code, q, err := c.Desk.Check(ctx, itemID)
	if err != nil || q == nil {
		return err == nil, err
	}
	records, err := c.Departments.Get(code).Lookup(ctx, []port.Question{*q})
	if err != nil {
		reason := fault.Of(err).Reason
		if held(reason) {
			return false, fmt.Errorf("ask %s before item %s is sent: %w", code, itemID, errHeld)
		}
		if first {
			c.Log.Warn().Str("item", itemID).Str("department", code).Str("reason", reason).Msg("no answer before an item is sent, will be asked again")
		}
		return false, fmt.Errorf("ask %s before item %s is sent: %s", code, itemID, reason)
	}
	return c.Desk.Checked(ctx, itemID, records[0])
}

// over says whether a department will never take another round of an item because
// it has ended there, and applies its word on that.
func (c *Carrier) over(ctx context.Context, code, itemID string) (bool, error) {
	answers, err := c.Departments.Get(code).Status(ctx, []string{itemID})
	if err != nil {
		return false, fmt.Errorf("ask %s: %s", code, strings.ToLower(fault.Of(err).Reason))
	}
	if a := answers[0]; a.State.Decided() || a.State == port.Withdrawn {
		return true, c.Desk.Apply(ctx, code, a)
	}
	return false, nil
}

type inquirer struct {
	river.WorkerDefaults[Inquire]
	carrier *Carrier
}

const page = 500 // items in one question

// Work is [Carrier.Ask]. What fails is not tried again: it is asked soon anyway.
func (q *inquirer) Work(ctx context.Context, job *river.Job[Inquire]) error {
	if err := q.carrier.Ask(ctx, job.Args.Department); err != nil {
		return river.JobCancel(err)
	}
	return nil
}

// Ask asks after every open item of a department, a page at a time, and applies
// what has changed. An item that the department does not know yet is still on its
// way: its own job delivers it.
func (c *Carrier) Ask(ctx context.Context, code string) error {
	ctx = access.AsMachine(ctx, "inquire")
	for after := ""; ; {
		ids, err := c.Desk.Open(ctx, code, after, page)
		if err != nil || len(ids) == 0 {
			return err
		}
		answers, err := c.Departments.Get(code).Status(ctx, ids)
		if err != nil {
			return fmt.Errorf("ask %s: %s", code, strings.ToLower(fault.Of(err).Reason))
		}
		for _, a := range answers {
			if a.State == "" {
				continue
			}
			if err := c.Desk.Apply(ctx, code, a); err != nil {
				c.Log.Error().Err(err).Str("item", a.ItemID).Str("department", code).Msg("an answer could not be applied")
			}
		}
		after = ids[len(ids)-1]
		if len(ids) < page {
			return nil
		}
	}
}
