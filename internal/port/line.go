package port

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/vetgraph/vetgraph/internal/catalog"
)

// Line is what one kind of port does on the wire, in the department's own names.
// It carries one call at a time and decides nothing: names, batches, rates and
// what a failure means to casework are the same for every kind and said above.
//
// An error is a fault of kind Unavailable (see [Silent], [Busy], [Failed],
// [Garbled]), or a *Refusal if the system has said no. A line does not repeat
// itself, and what it answers has been read whole.
type Line interface {
	// Deliver hands over one item through a SUBMIT or CORRECTION port.
	Deliver(ctx context.Context, p *catalog.Port, item Item) (Slip, error)

	// Status asks after items. Those that the system does not know are left out.
	Status(ctx context.Context, p *catalog.Port, items []string) ([]Message, error)

	// Withdraw takes an item back.
	Withdraw(ctx context.Context, p *catalog.Port, item string) (Message, error)

	// Lookup asks about persons, one record for each. p is one of the ports that
	// the persons name in Lookups; they share a path.
	Lookup(ctx context.Context, p *catalog.Port, persons []Person) ([]Found, error)
}

// Counterpart is the other end of a line: a department's system as every kind
// sees it. The simulated departments are one; a kind puts its transport before it.
// A *Refusal is a no that the caller may hear; other errors are the system's own.
type Counterpart interface {
	// Take keeps a delivery before it answers.
	Take(ctx context.Context, item Item) (Slip, error)
	// Tell answers for the items that it knows.
	Tell(ctx context.Context, items []string) ([]Message, error)
	// TakeBack withdraws an item that is not decided.
	TakeBack(ctx context.Context, item string) (Message, error)
	// Find answers for each person, in order.
	Find(ctx context.Context, persons []Person) ([]Found, error)
}

// Setup is what a line is opened with.
type Setup struct {
	Department string
	Ports      []*catalog.Port // those that go through this line
	Endpoint   Endpoint
	Transport  http.RoundTripper // for lines over HTTP: shows who we are; nil means the bearer token alone
	Now        func() time.Time
}

// Kind opens a line for ports of one kind that share an address. It makes no call.
type Kind func(Setup) (Line, error)

// Item is one matter of one applicant on the wire, under the department's names.
type Item struct {
	ID        string         `json:"-"` // not part of the content
	Round     int            `json:"round"`
	Case      string         `json:"case"`
	Matter    string         `json:"matter"`
	Applicant string         `json:"applicant"` // citizen number
	Fields    map[string]any `json:"fields"`
	Materials []string       `json:"materials"`
	Callback  string         `json:"callback"`
}

// Slip is a system's word that it has an item.
type Slip struct {
	Item       string    `json:"item"`
	Number     string    `json:"number"`
	ReceivedAt time.Time `json:"receivedAt"`
	DueAt      time.Time `json:"dueAt,omitzero"`
}

// Person is one question of a lookup.
type Person struct {
	Ref           string   `json:"ref"`
	CitizenNumber string   `json:"citizenNumber"`
	Lookups       []string `json:"lookups"`
}

// Found is what a system holds of one person, by lookup and then by its own names.
// A name left out is not said; null says that there is none. Numbers are json.Number.
type Found struct {
	Ref     string                    `json:"ref"`
	Known   bool                      `json:"known"`
	AsOf    time.Time                 `json:"asOf,omitzero"`
	Lookups map[string]map[string]any `json:"lookups,omitempty"`
}

// Refusal is a system's no. Reason is one of the constants below, or anything
// else; it is not shown to people. Item stands beside ItemDecided and tells the
// decision.
type Refusal struct {
	Reason string   `json:"reason"`
	Item   *Message `json:"item,omitempty"`
}

// ErrLost is what a counterpart answers when it has done as asked and the word of
// it is to be lost on the way: the line breaks without an answer.
var ErrLost = errors.New("the answer is lost on the way")

// Error implements error, without what the system said of anybody.
func (r *Refusal) Error() string { return "refused: " + Clean(r.Reason) }

// The reasons that both sides know.
const (
	ItemDeliveredOtherwise = "ITEM_DELIVERED_OTHERWISE"
	ItemDecided            = "ITEM_DECIDED" // of a withdrawal
	ItemUnknown            = "ITEM_UNKNOWN" // of a withdrawal
)

// Clean is a word of a system's fit for a log: up to 60 letters, digits and underlines.
func Clean(word string) string {
	out := make([]byte, 0, 60)
	for _, c := range []byte(word) {
		if len(out) == cap(out) {
			break
		}
		if 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || c == '_' {
			out = append(out, c)
		}
	}
	return string(out)
}
