// Package port is how the hub speaks with a department's system.
//
// A department's system may be slow, absent, repeat itself or lose an answer on
// the way; callers rely only on what porttest checks of every kind. What is sent
// and understood is data: the ports of the catalogue map our field IDs to the
// department's names, and nothing that a port does not name leaves the hub
// (个人信息保护法 art.6, the smallest scope; 国务院令716号 art.7, data that can be
// shared is not asked for twice).
//
// Faults that a caller may meet, all with the department's code:
//
//	Unavailable DEPARTMENT_SILENT        no answer in time, or no connection
//	Unavailable DEPARTMENT_BUSY          429 or 503; RetryAt says when, if told
//	Unavailable DEPARTMENT_FAILED        it answers that it is broken, or refuses our credential
//	Unavailable DEPARTMENT_GARBLED       it answers something that cannot be understood
//	Invalid     DEPARTMENT_REFUSED       it will never take this as written
//	Conflict    ITEM_DELIVERED_OTHERWISE the item was delivered before, with another content
//	Conflict    ITEM_DECIDED             too late to withdraw
//	NotFound    ITEM_UNKNOWN             nothing to withdraw
package port

import (
	"context"
	"time"

	"github.com/vetgraph/vetgraph/internal/catalog"
	"github.com/vetgraph/vetgraph/internal/citizen"
)

// Department is one department's system, through all the ports that the
// catalogue gives it. It is safe for concurrent use.
type Department interface {
	// Deliver hands over one item. The item's ID and round are the idempotency
	// key: the same content again returns the same receipt, another content is a
	// fault of kind Conflict. A later round takes the place of an open item,
	// whether the department returned it or its officers did at our desk; of one
	// that is decided or withdrawn it is a Conflict. After an error of kind Unavailable the item may or
	// may not have arrived; deliver it again.
	Deliver(ctx context.Context, d Delivery) (Receipt, error)

	// Status returns how items fare, in the order asked, in as few calls as the
	// port allows (one, up to its batch). The zero Answer stands where the
	// department knows nothing of an item.
	Status(ctx context.Context, itemIDs []string) ([]Answer, error)

	// Withdraw takes an item back, also one that is returned. Repeating it is
	// harmless; delivering the item again afterwards does not revive it. After a
	// decision it is a fault of kind Conflict, and the Answer beside it tells the
	// decision. An item that the department has never seen is ITEM_UNKNOWN; a
	// delivery that is still under way may arrive after that.
	Withdraw(ctx context.Context, itemID string) (Answer, error)

	// Lookup asks what the department's registers hold, for all persons and all
	// lookups in as few calls as the port allows (one, up to its batch). Records
	// come in the order of the questions. A Ref may not occur twice.
	Lookup(ctx context.Context, questions []Question) ([]Record, error)
}

// Delivery is one item on its way to a department.
type Delivery struct {
	ItemID     string
	Round      int // 0 the first time; one more after each return for correction
	CaseNumber string
	Matter     string         // matter code
	Answers    map[string]any // by our field ID; what the port does not send stays here
	Materials  []string       // material codes that came with it
	Callback   string         // absolute address for results; not part of the content: it may differ when delivered again
	Applicant  citizen.Number
	Again      bool // the department may have it already; not part of the content
}

// Receipt is the department's word that it has an item, given after it has kept it.
type Receipt struct {
	ItemID     string
	Number     string // 受理编号
	ReceivedAt time.Time
	DueAt      time.Time // when the department means to decide; zero if it does not say
}

// State is where an item stands at its department.
type State string

// The states, a closed list. The empty State means that the department knows nothing of the item.
const (
	Received   State = "RECEIVED"    // kept, nobody has looked at it
	InProgress State = "IN_PROGRESS" // somebody looks at it
	Approved   State = "APPROVED"    // done; it will not be undone
	Rejected   State = "REJECTED"    // refused, with reasons
	Returned   State = "RETURNED"    // to be corrected and delivered again with the next Round
	Withdrawn  State = "WITHDRAWN"   // taken back by us
)

// Known says whether s is one of the states.
func (s State) Known() bool {
	switch s {
	case Received, InProgress, Approved, Rejected, Returned, Withdrawn:
		return true
	}
	return false
}

// Decided says whether the department has ended the item by its own decision.
func (s State) Decided() bool { return s == Approved || s == Rejected }

// Answer is what a department says of an item.
type Answer struct {
	ItemID    string
	Matter    string
	State     State
	Number    string        // of the certificate or approval, once there is one
	Words     string        // the department's reasons, Chinese; for the applicant, never for a log
	Outputs   catalog.Facts // what the result adds to the profile, by our field ID
	Faults    []Defect      // of a return: what must be put right, all at once; may be empty although it was returned
	DecidedOn time.Time     // when it was approved, rejected or returned; zero before
	DueAt     time.Time     // when the department means to decide; zero if it does not say
	Sequence  int64         // grows with every change of the item; an answer with a smaller one is old news
}

// Question asks a department what it holds of one person.
type Question struct {
	Ref           string // ours, opaque; never the citizen number
	CitizenNumber citizen.Number
	Lookups       []string // IDs of LOOKUP ports
}

// Record is what a department holds of one person.
type Record struct {
	Ref   string
	Known bool          // false: the department has nothing under this number
	Facts catalog.Facts // by our field ID; a missing key means the department does not say, nil that there is none
	AsOf  time.Time     // the age of what it holds
}
