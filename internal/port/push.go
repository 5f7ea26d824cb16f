package port

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/vetgraph/vetgraph/internal/catalog"
	"github.com/vetgraph/vetgraph/internal/fault"
	"github.com/vetgraph/vetgraph/internal/workday"
)

// Batch is a list of payments on its way to who pays, through a PUSH port: its
// values and those of its lines under our names (catalog.BatchTotal and others)
// before a gate, under the department's on the wire.
//
// Its ID is known for good, and so is that of each line: the same again gives the
// same receipt and pays nothing again, another content under a known ID is refused.
type Batch struct {
	ID       string         `json:"-"` // not part of the content: it is in the address
	Fields   map[string]any `json:"fields"`
	Lines    []Entry        `json:"lines"`
	Callback string         `json:"callback"` // absolute address for what becomes of lines; not part of the content
	Again    bool           `json:"-"`        // it may have arrived already; not part of the content
}

// Entry is one line of a batch, or what became of it.
type Entry struct {
	Line   string         `json:"line"`
	Fields map[string]any `json:"fields"`
}

// String keeps people out of logs.
func (b Batch) String() string { return fmt.Sprintf("batch %s of %d lines", b.ID, len(b.Lines)) }

// GoString keeps people out of logs.
func (b Batch) GoString() string { return b.String() }

// String keeps people out of logs.
func (e Entry) String() string { return "line " + e.Line }

// GoString keeps people out of logs.
func (e Entry) GoString() string { return e.String() }

// LineState is where a line stands at the department that pays it.
type LineState string

// The states, as catalog.LineStates has them.
const (
	LineWaiting  LineState = "WAITING"  // kept, not paid yet
	LinePaid     LineState = "PAID"     // credited; it will not be undone
	LineReturned LineState = "RETURNED" // the money came back; it will not be tried again under this line
)

// Settled says whether the line has ended. Of one that has, the same is said for good.
func (s LineState) Settled() bool { return s == LinePaid || s == LineReturned }

// Outcome is what a department says of a line, under our names.
type Outcome struct {
	Line   string
	State  LineState
	Reason string      // of a return: our code where the port has one for it, else theirs
	On     workday.Day // on which it was paid or came back; zero before
}

// Check says what is wrong with a batch under our names, without its values.
func (b Batch) Check() error {
	sum, seen := int64(0), map[string]bool{}
	for _, l := range b.Lines {
		fen, _ := l.Fields[catalog.LineAmount].(int64)
		if !wellFormedID(l.Line) || seen[l.Line] || fen <= 0 {
			return errors.New("a line without ID or amount, or one that stands there twice")
		}
		seen[l.Line] = true
		sum += fen
	}
	if total, _ := b.Fields[catalog.BatchTotal].(int64); !wellFormedID(b.ID) || len(b.Lines) == 0 || sum != total {
		return errors.New("no ID or lines, or a total that is not their sum")
	}
	return nil
}

// Pusher is a [Line] that PUSH ports can go through. Errors are as those of lines.
type Pusher interface {
	// Push hands over one batch.
	Push(ctx context.Context, p *catalog.Port, b Batch) (Slip, error)

	// Outcomes asks after lines. Those that the system does not know are left out.
	Outcomes(ctx context.Context, p *catalog.Port, lines []string) ([]Entry, error)
}

// Payer is the other end of a [Pusher], beside [Counterpart].
type Payer interface {
	// TakeBatch keeps a batch before it answers.
	TakeBatch(ctx context.Context, b Batch) (Slip, error)
	// TellLines answers for the lines that it knows.
	TellLines(ctx context.Context, lines []string) ([]Entry, error)
}

// BatchPushedOtherwise refuses another content under a known ID.
const BatchPushedOtherwise = "BATCH_PUSHED_OTHERWISE"

// errNoPush is of a line that cannot carry what its port says. The catalogue
// refuses such ports, so only a kind of somebody's own can have it.
var errNoPush = errors.New("this kind of port cannot push")

// Push implements [Pusher].
func (n notYet) Push(context.Context, *catalog.Port, Batch) (Slip, error) {
	return Slip{}, unconnected(n).fault()
}

// Outcomes implements [Pusher].
func (n notYet) Outcomes(context.Context, *catalog.Port, []string) ([]Entry, error) {
	return nil, unconnected(n).fault()
}

// PushThrough hands a batch to a line.
func PushThrough(ctx context.Context, l Line, p *catalog.Port, b Batch) (Slip, error) {
	if k, ok := l.(Pusher); ok {
		return k.Push(ctx, p, b)
	}
	return Slip{}, errNoPush
}

// OutcomesThrough asks after lines through a line.
func OutcomesThrough(ctx context.Context, l Line, p *catalog.Port, lines []string) ([]Entry, error) {
	if k, ok := l.(Pusher); ok {
		return k.Outcomes(ctx, p, lines)
	}
	return nil, errNoPush
}

// Push hands a batch over through a PUSH port. After an error of kind Unavailable
// it may or may not have arrived; push it again. Faults: those of ports, and
// Conflict BATCH_PUSHED_OTHERWISE.
func (r *Registry) Push(ctx context.Context, portID string, b Batch) (Receipt, error) {
	c, p, err := r.pusher(portID)
	if err != nil {
		return Receipt{}, err
	}
	if err := b.Check(); err != nil {
		return Receipt{}, fmt.Errorf("push batch %s: %w", b.ID, err)
	}
	out, err := c.names.Batch(p, b)
	if err != nil {
		return Receipt{}, fmt.Errorf("push batch %s: %w", b.ID, err)
	}
	if err := c.doors[p.ID].gate.takes(b.Again); err != nil {
		return Receipt{}, fmt.Errorf("push batch %s: %w", b.ID, err)
	}
	var s Slip
	err = c.through(ctx, p, func(ctx context.Context, l Line) (err error) {
		if s, err = PushThrough(ctx, l, p, out); err == nil && (s.Item != b.ID || s.Number == "" || len(s.Number) > maxNumber || s.ReceivedAt.IsZero()) {
			err = Garbled(c.department).Because(errors.New("not a receipt of this batch"))
		}
		return err
	})
	if err != nil {
		return Receipt{}, fmt.Errorf("push batch %s: %w", b.ID, err)
	}
	return Receipt{ItemID: s.Item, Number: s.Number, ReceivedAt: s.ReceivedAt, DueAt: s.DueAt}, nil
}

// Outcomes asks what became of lines, in as few calls as the port allows. Those
// that the department does not know are left out.
func (r *Registry) Outcomes(ctx context.Context, portID string, lines []string) (map[string]Outcome, error) {
	c, p, err := r.pusher(portID)
	if err != nil {
		return nil, err
	}
	found := make(map[string]Outcome, len(lines))
	for some := range chunks(lines, p.Batch) {
		err := c.through(ctx, p, func(ctx context.Context, l Line) error {
			said, err := OutcomesThrough(ctx, l, p, some)
			if err != nil {
				return err
			}
			for _, e := range said {
				o, err := c.names.Outcome(p, e)
				if err != nil {
					return Garbled(c.department).Because(err)
				}
				found[o.Line] = o
			}
			return nil
		})
		if err != nil {
			return nil, fmt.Errorf("outcome of %d lines: %w", len(lines), err)
		}
	}
	return found, nil
}

// OutcomeCallback takes a department's word about one line, signed as its other
// callbacks are. Faults: NotFound DEPARTMENT_UNKNOWN, SignedOut CALLBACK_SIGNATURE
// or CALLBACK_STALE, Invalid CALLBACK_MALFORMED.
func (r *Registry) OutcomeCallback(portID, header string, body []byte) (Outcome, error) {
	c, p, err := r.pusher(portID)
	if err != nil {
		return Outcome{}, nobodyKnown()
	}
	if err := r.signed(c.department, header, body); err != nil {
		return Outcome{}, err
	}
	malformed := func(err error) error {
		return fault.New(fault.Invalid, "CALLBACK_MALFORMED",
			"回调内容不符合约定。", "The callback is not as agreed.").Because(err)
	}
	var e Entry
	if len(body) > MaxCallback {
		return Outcome{}, malformed(errors.New("too large"))
	}
	if err := DecodeJSON(body, &e); err != nil {
		return Outcome{}, malformed(err)
	}
	o, err := c.names.Outcome(p, e)
	if err != nil {
		return Outcome{}, malformed(err)
	}
	return o, nil
}

// PushPort is the PUSH port of a department for a matter, or nil.
func (r *Registry) PushPort(department, matter string) *catalog.Port {
	c, ok := r.departments[department].(*client)
	if !ok {
		return nil
	}
	for _, id := range sortedKeys(c.doors) {
		if p := c.doors[id].port; p.Operation == "PUSH" && p.Matter == matter {
			return p
		}
	}
	return nil
}

func (r *Registry) pusher(portID string) (*client, *catalog.Port, error) {
	g := r.gates[portID]
	if g == nil || g.port.Operation != "PUSH" {
		return nil, nil, unconnected{portID}.fault()
	}
	return r.departments[g.port.Department].(*client), g.port, nil
}

// PushedOtherwise is the fault of a batch that was pushed before with another content.
func PushedOtherwise(department string) *fault.Fault {
	return fault.New(fault.Conflict, "BATCH_PUSHED_OTHERWISE",
		"这份名册此前已以不同内容推送。", "This list was pushed before with another content.").From(department, time.Time{})
}

func nobodyKnown() error {
	return fault.New(fault.NotFound, "DEPARTMENT_UNKNOWN", "没有这个部门。", "There is no such department.")
}
