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

var caseMoves = map[CaseState][]CaseState{
	CaseDraft:      {CasePreReview, CaseSubmitted, CaseWithdrawn},
	CasePreReview:  {CaseReturned, CaseSubmitted, CaseWithdrawn},
	CaseReturned:   {CasePreReview, CaseSubmitted, CaseWithdrawn},
	CaseSubmitted:  {CaseAccepted, CaseNotAccepted, CaseWithdrawn},
	CaseAccepted:   {CaseInProgress, CaseWithdrawn},
	CaseInProgress: {CaseCompleted, CasePartially, CaseRejected, CaseWithdrawn, CaseTerminated},
}

var itemMoves = map[ItemState][]ItemState{
	ItemWaiting:    {ItemReady, ItemBlocked, ItemWithdrawn},
	ItemReady:      {ItemDispatched, ItemWithdrawn},
	ItemDispatched: {ItemReceived, ItemCorrection, ItemApproved, ItemRejected, ItemWithdrawn},
	ItemReceived:   {ItemCorrection, ItemSuspended, ItemApproved, ItemRejected, ItemWithdrawn},
	ItemCorrection: {ItemReady, ItemRejected, ItemWithdrawn},
	ItemSuspended:  {ItemReceived, ItemApproved, ItemRejected, ItemWithdrawn},
	ItemApproved:   {ItemDelivered},
}

// MoveCase says whether a case may go from one state to another; a fault of kind
// Conflict, reason CASE_STATE, if not.
func MoveCase(from, to CaseState) error {
	if slices.Contains(caseMoves[from], to) {
		return nil
	}
	return fault.Newf(fault.Conflict, "CASE_STATE", "办件当前状态为 %[1]s,不能变为 %[2]s。", "A case that is %[1]s cannot become %[2]s.", from, to)
}

// MoveItem says whether an item may go from one state to another; a fault of
// kind Conflict, reason ITEM_STATE, if not.
func MoveItem(from, to ItemState) error {
	if slices.Contains(itemMoves[from], to) {
		return nil
	}
	return fault.Newf(fault.Conflict, "ITEM_STATE", "事项当前状态为 %[1]s,不能变为 %[2]s。", "An item that is %[1]s cannot become %[2]s.", from, to)
}

// Ended says whether nothing more is decided about an item.
func (s ItemState) Ended() bool {
	return s.Granted() || s == ItemRejected || s == ItemBlocked || s == ItemWithdrawn
}

// Granted says whether the department has decided for the applicant.
func (s ItemState) Granted() bool { return s == ItemApproved || s == ItemDelivered }

// Ended says whether a case is over.
func (s CaseState) Ended() bool { return len(caseMoves[s]) == 0 }

// Outcome is the state in which a case ends once all its items have ended, and
// false while one has not. Some items granted and others not is a partial
// completion: results already given stay (4.1 of the joint process).
func Outcome(items []ItemState) (CaseState, bool) {
	granted, withdrawn := 0, 0
	for _, s := range items {
		switch {
		case !s.Ended():
			return "", false
		case s.Granted():
			granted++
		case s == ItemWithdrawn:
			withdrawn++
		}
	}
	switch {
	case len(items) == 0:
		return "", false
	case granted == len(items):
		return CaseCompleted, true
	case granted > 0:
		return CasePartially, true
	case withdrawn == len(items):
		return CaseWithdrawn, true
	}
	return CaseRejected, true
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
