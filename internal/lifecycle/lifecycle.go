// Package lifecycle holds the lawful moves of a case and of its items, each as one table.
//
// A case is one joint handling (一件事); an item is one matter of it. What is
// not in a table cannot happen. The words follow 退役军人服务"一件事" practice:
// a correction or suspension stops the clock, a refused prerequisite ends what
// depends on it, and a case ends only when its last item has ended.
package lifecycle

import (
	"fmt"
	"io"
	"slices"
	"strconv"

	"github.com/vetgraph/vetgraph/internal/fault"
)

// CaseState is where a case stands.
type CaseState string

// The states of a case, a closed list.
const (
	CaseDraft       CaseState = "DRAFT"
	CasePreReview   CaseState = "PRE_REVIEW"
	CaseReturned    CaseState = "RETURNED"
	CaseSubmitted   CaseState = "SUBMITTED"
	CaseNotAccepted CaseState = "NOT_ACCEPTED"
	CaseAccepted    CaseState = "ACCEPTED"
	CaseInProgress  CaseState = "IN_PROGRESS"
	CaseCompleted   CaseState = "COMPLETED"
	CasePartially   CaseState = "PARTIALLY_COMPLETED"
	CaseRejected    CaseState = "REJECTED"
	CaseWithdrawn   CaseState = "WITHDRAWN"
	CaseTerminated  CaseState = "TERMINATED"
)

// ItemState is where one matter of a case stands.
type ItemState string

// The states of an item, a closed list.
const (
	ItemWaiting    ItemState = "WAITING"    // a matter it depends on is still open
	ItemReady      ItemState = "READY"      // queued for its department
	ItemDispatched ItemState = "DISPATCHED" // sent, not yet confirmed
	ItemReceived   ItemState = "RECEIVED"   // the department has given its receipt
	ItemCorrection ItemState = "CORRECTION" // returned to the person; the clock stands
	ItemSuspended  ItemState = "SUSPENDED"  // the clock stands
	ItemApproved   ItemState = "APPROVED"
	ItemRejected   ItemState = "REJECTED"
	ItemBlocked    ItemState = "BLOCKED" // a matter it depends on was not granted
	ItemDelivered  ItemState = "DELIVERED"
	ItemWithdrawn  ItemState = "WITHDRAWN"
	ItemTerminated ItemState = "TERMINATED" // not put right in time
)

// Actor is on whose word a state changes.
type Actor string

// The actors, a closed list.
const (
	Applicant  Actor = "APPLICANT"  // the person, or a clerk for them
	Department Actor = "DEPARTMENT" // an officer, or the department's own system
	Hub        Actor = "HUB"        // by rule or by lapse of time
)

type (
	caseWays map[CaseState][]Actor
	itemWays map[ItemState][]Actor
)

// caseMoves is every lawful move of a case, and on whose word.
var caseMoves = map[CaseState]caseWays{
	CaseDraft: {CasePreReview: {Applicant}, CaseSubmitted: {Applicant}, CaseWithdrawn: {Applicant}},
	CasePreReview: {
		CaseReturned: {Department, Hub}, CaseDraft: {Department, Hub}, // passed: ready to be submitted
		CaseSubmitted: {Applicant}, CaseWithdrawn: {Applicant},
	},
	CaseReturned: {CasePreReview: {Applicant}, CaseSubmitted: {Applicant}, CaseWithdrawn: {Applicant}},
	CaseSubmitted: {
		CaseAccepted:    {Applicant, Department, Hub}, // complete when it came in; or by an officer; or by silence (行政许可法 32)
		CaseNotAccepted: {Department}, CaseWithdrawn: {Applicant},
	},
	CaseAccepted: {CaseInProgress: {Applicant, Department, Hub}},
	CaseInProgress: {
		CaseCompleted: {Applicant, Department, Hub}, CasePartially: {Applicant, Department, Hub}, CaseRejected: {Applicant, Department, Hub},
		CaseWithdrawn: {Applicant, Department, Hub}, CaseTerminated: {Applicant, Department, Hub}, // each follows from its last item
	},
}

// itemMoves is every lawful move of an item, and on whose word.
var itemMoves = map[ItemState]itemWays{
	ItemWaiting: {
		ItemReady: {Applicant, Department, Hub}, ItemBlocked: {Applicant, Department, Hub}, // both follow from another item
		ItemWithdrawn: {Applicant}, ItemTerminated: {Hub},
	},
	ItemReady: {
		ItemDispatched: {Department, Hub}, ItemCorrection: {Hub}, // something is to be done elsewhere first: see beforeDispatch in the catalogue
		ItemWithdrawn: {Applicant}, ItemTerminated: {Hub},
	},
	ItemDispatched: {
		ItemReceived: {Department, Hub}, ItemCorrection: {Department}, ItemSuspended: {Department}, ItemApproved: {Department}, ItemRejected: {Department},
		ItemWithdrawn: {Applicant, Department, Hub}, ItemTerminated: {Hub},
	},
	ItemReceived: {
		ItemCorrection: {Department}, ItemSuspended: {Department}, ItemApproved: {Department}, ItemRejected: {Department},
		ItemWithdrawn: {Applicant, Department, Hub}, ItemTerminated: {Hub},
	},
	ItemCorrection: {
		ItemReady: {Applicant, Hub}, ItemApproved: {Department}, ItemRejected: {Department},
		ItemWithdrawn: {Applicant, Department, Hub}, ItemTerminated: {Hub},
	},
	ItemSuspended: {
		ItemReceived: {Department}, ItemCorrection: {Department}, ItemApproved: {Department}, ItemRejected: {Department},
		ItemWithdrawn: {Applicant, Department, Hub}, ItemTerminated: {Hub},
	},
	ItemApproved: {ItemDelivered: {Applicant, Department, Hub}},
}

// MoveCase says whether a case may go from one state to another on an actor's
// word; a fault of kind Conflict, reason CASE_STATE, if not.
func MoveCase(from, to CaseState, by Actor) error {
	if slices.Contains(caseMoves[from][to], by) {
		return nil
	}
	return fault.Newf(fault.Conflict, "CASE_STATE", "办件当前状态为 %[1]s,不能变为 %[2]s。", "A case that is %[1]s cannot become %[2]s.", from, to)
}

// MoveItem says whether an item may go from one state to another on an actor's
// word; a fault of kind Conflict, reason ITEM_STATE, if not.
func MoveItem(from, to ItemState, by Actor) error {
	if slices.Contains(itemMoves[from][to], by) {
		return nil
	}
	return fault.Newf(fault.Conflict, "ITEM_STATE", "事项当前状态为 %[1]s,不能变为 %[2]s。", "An item that is %[1]s cannot become %[2]s.", from, to)
}

// Ended says whether nothing more is decided about an item.
func (s ItemState) Ended() bool {
	return s.Granted() || s == ItemRejected || s == ItemBlocked || s == ItemWithdrawn || s == ItemTerminated
}

// Stopped says whether the clock of an item stands.
func (s ItemState) Stopped() bool { return s == ItemCorrection || s == ItemSuspended }

// Granted says whether the department has decided for the applicant.
func (s ItemState) Granted() bool { return s == ItemApproved || s == ItemDelivered }

// Ended says whether a case is over.
func (s CaseState) Ended() bool { return len(caseMoves[s]) == 0 }

// Outcome is the state in which a case ends once all its items have ended, and
// false while one has not. Some items granted and others not is a partial
// completion: results already given stay (4.1 of the joint process). With none
// granted, a refusal weighs more than a lapse, a lapse more than a withdrawal.
func Outcome(items []ItemState) (CaseState, bool) {
	n := map[ItemState]int{}
	for _, s := range items {
		switch {
		case !s.Ended():
			return "", false
		case s.Granted():
			s = ItemApproved
		}
		n[s]++
	}
	switch {
	case len(items) == 0:
		return "", false
	case n[ItemApproved] == len(items):
		return CaseCompleted, true
	case n[ItemApproved] > 0:
		return CasePartially, true
	case n[ItemRejected] > 0:
		return CaseRejected, true
	case n[ItemTerminated] > 0:
		return CaseTerminated, true
	}
	return CaseWithdrawn, true // what is blocked was blocked by a withdrawal
}

// Values lists all states, for the record's check and the schema.
func (CaseState) Values() []string {
	return []string{
		"DRAFT", "PRE_REVIEW", "RETURNED", "SUBMITTED", "NOT_ACCEPTED", "ACCEPTED", "IN_PROGRESS",
		"COMPLETED", "PARTIALLY_COMPLETED", "REJECTED", "WITHDRAWN", "TERMINATED",
	}
}

// Values lists all states, for the record's check and the schema.
func (ItemState) Values() []string {
	return []string{
		"WAITING", "READY", "DISPATCHED", "RECEIVED", "CORRECTION", "SUSPENDED",
		"APPROVED", "REJECTED", "BLOCKED", "DELIVERED", "WITHDRAWN", "TERMINATED",
	}
}

// MarshalGQL writes the state as GraphQL does.
func (s CaseState) MarshalGQL(w io.Writer) { _, _ = io.WriteString(w, strconv.Quote(string(s))) }

// UnmarshalGQL reads the state as GraphQL gives it.
func (s *CaseState) UnmarshalGQL(v any) error { return decode(v, s, CaseState("").Values()) }

// MarshalGQL writes the state as GraphQL does.
func (s ItemState) MarshalGQL(w io.Writer) { _, _ = io.WriteString(w, strconv.Quote(string(s))) }

// UnmarshalGQL reads the state as GraphQL gives it.
func (s *ItemState) UnmarshalGQL(v any) error { return decode(v, s, ItemState("").Values()) }

func decode[S ~string](v any, to *S, values []string) error {
	str, ok := v.(string)
	if !ok || !slices.Contains(values, str) {
		return fmt.Errorf("not a state: %v", v)
	}
	*to = S(str)
	return nil
}
