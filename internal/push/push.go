// Package push hands a roll of payments (花名册) to who pays it, and hears of each line what became of it.
//
// Money goes from veterans affairs to the finance department and from there to
// the bank. These are external parties: they have no matter and no port of the
// catalogue, only this one thing that they take. What every party must do:
// a roll is known by its ID and a line by its own, for good; the same
// again gives the same receipt and pays nothing again; another content under a
// known ID is refused.
//
// A line carries what a transfer needs: holder, bank, account, amount. Neither a
// citizen number nor anything of the service goes along (个人信息保护法 6).
//
// Faults that a caller may meet: Unavailable PAYER_SILENT, PAYER_BUSY,
// PAYER_FAILED, PAYER_GARBLED; Conflict ROLL_PUSHED_OTHERWISE; Invalid
// ROLL_REFUSED.
package push

import (
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/vetgraph/vetgraph/internal/fault"
	"github.com/vetgraph/vetgraph/internal/workday"
)

// Roll is what is pushed. It never changes once it has been.
type Roll struct {
	ID       string `json:"roll"`
	Division string `json:"division"` // 12 digits
	Month    string `json:"month"`    // YYYY-MM
	Part     int    `json:"part"`     // 1 for the first of the division and month
	TotalFen int64  `json:"totalFen"` // the sum of the lines
	Callback string `json:"callback"` // where the bank tells of each line; not part of the content
	Lines    []Line `json:"lines"`
}

// Line is one payment.
type Line struct {
	ID        string `json:"line"`
	Holder    string `json:"holder"`
	Bank      string `json:"bank"` // code of the catalogue's list
	Account   string `json:"account"`
	AmountFen int64  `json:"fen"`
}

// String keeps people out of logs.
func (r Roll) String() string { return fmt.Sprintf("roll %s of %d lines", r.ID, len(r.Lines)) }

// GoString keeps people out of logs.
func (r Roll) GoString() string { return r.String() }

// String keeps people out of logs.
func (l Line) String() string { return "line " + l.ID }

// GoString keeps people out of logs.
func (l Line) GoString() string { return l.String() }

// Receipt is a party's word that it has a roll, given after it has kept it.
type Receipt struct {
	Roll       string    `json:"roll"`
	Number     string    `json:"number"`
	ReceivedAt time.Time `json:"receivedAt"`
}

// State is where a line stands at the bank.
type State string

// The states, a closed list.
const (
	Waiting  State = "WAITING"  // kept, not paid yet
	Paid     State = "PAID"     // credited; it will not be undone
	Returned State = "RETURNED" // the money came back; it will not be tried again under this line
)

// Settled says whether the line has ended.
func (s State) Settled() bool { return s == Paid || s == Returned }

// Outcome is what the bank says of a line. Of one that has ended it always says the same.
type Outcome struct {
	Line   string      `json:"line"`
	State  State       `json:"state"`
	Reason string      `json:"reason,omitempty"` // of a return: ACCOUNT_UNKNOWN, HOLDER_DIFFERS, ACCOUNT_CLOSED, or the bank's own code
	On     workday.Day `json:"on,omitempty"`     // day on which it was paid or returned
}

// maxReason is the longest code a bank may answer.
const maxReason = 40

// Check says what is wrong with a roll, whoever made it.
func (r Roll) Check() error {
	sum, seen := int64(0), map[string]bool{}
	for _, l := range r.Lines {
		if l.ID == "" || seen[l.ID] || l.Holder == "" || l.Account == "" || l.AmountFen <= 0 {
			return errors.New("a line without ID, holder, account or amount, or one that stands there twice")
		}
		seen[l.ID] = true
		sum += l.AmountFen
	}
	if r.ID == "" || len(r.Lines) == 0 || sum != r.TotalFen {
		return errors.New("a roll without ID or lines, or whose total is not their sum")
	}
	return nil
}

// Digest is equal for equal content, whatever the order of the lines and wherever
// the answers go.
func (r Roll) Digest() ([]byte, error) {
	r.Callback = ""
	r.Lines = slices.Clone(r.Lines)
	slices.SortFunc(r.Lines, func(a, b Line) int { return strings.Compare(a.ID, b.ID) })
	body, err := json.Marshal(r)
	if err != nil {
		return nil, fmt.Errorf("digest of a roll: %w", err)
	}
	sum := sha256.Sum256(body)
	return sum[:], nil
}

// ReadOutcome reads what a bank says of one line.
func ReadOutcome(body []byte) (Outcome, error) {
	var o Outcome
	if err := json.Unmarshal(body, &o); err != nil {
		return Outcome{}, garbled()
	}
	return o, o.check()
}

func (o Outcome) check() error {
	switch {
	case o.Line == "", len(o.Reason) > maxReason, o.State != Waiting && !o.State.Settled(), o.State.Settled() && o.On == 0, o.State == Returned && o.Reason == "":
		return garbled()
	}
	return nil
}

func garbled() error {
	return fault.New(fault.Unavailable, "PAYER_GARBLED", "付款方的答复无法识别。", "The paying party answers something that cannot be understood.")
}
