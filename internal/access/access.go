// Package access decides who may see and do what.
//
// It is default deny: without a viewer nothing is answered, and a viewer may do
// only what policy.yaml lists for their kind: acts, rows, classes of fields, doors.
// Rules here know no database; the record's reads apply them through internal/guard.
package access

import (
	"context"
	"slices"

	"github.com/vetgraph/vetgraph/internal/fault"
)

// Kind is the sort of viewer.
type Kind string

// The kinds, a closed list.
const (
	Veteran    Kind = "VETERAN"    // sees only themself
	Clerk      Kind = "CLERK"      // window: the veterans and cases of a division
	Officer    Kind = "OFFICER"    // the items of one department in a division
	Supervisor Kind = "SUPERVISOR" // 督办: warnings, silences and violations of a division
	Analyst    Kind = "ANALYST"    // where cases stand, never who they are about
	Partner    Kind = "PARTNER"    // an authorized slice
	Operator   Kind = "OPERATOR"   // system administrator: runs the system, reads no person
	Security   Kind = "SECURITY"   // security administrator: says who is kept out, reads no person
	Auditor    Kind = "AUDITOR"    // audit administrator: reads the journal
	Machine    Kind = "MACHINE"    // the hub itself, outside any request
)

// Act is something a viewer may do. Its name and who may stand in policy.yaml.
type Act string

// The acts, a closed list. Those of an applicant are a clerk's too, under a mandate.
const (
	ReadProfile    Act = "profile.read"
	ReadCase       Act = "case.read"
	ReadPlan       Act = "plan.read"
	Draft          Act = "case.draft"       // save a draft, ask for pre-review
	Submit         Act = "case.submit"      //
	Supplement     Act = "item.supplement"  // answer a return
	Withdraw       Act = "case.withdraw"    // an item or the case
	Book           Act = "appointment.book" // and move, and cancel
	Rate           Act = "case.rate"        //
	DisputeValue   Act = "profile.dispute"  //
	CorrectAccount Act = "account.correct"  // name another account for money that came back
	GrantMandate   Act = "mandate.grant"    //
	RevokeMandate  Act = "mandate.revoke"   //
	GiveConsent    Act = "consent.give"     // and take it back
	CheckIdentity  Act = "identity.check"   // show who sits there, at the police's own page
	RequestMandate Act = "mandate.request"  // and confirm with the veteran's code
	Decide         Act = "item.decide"      // accept, refuse, decide, return, suspend, resume, hand over
	TakePapers     Act = "papers.take"      // at the window
	Supervise      Act = "supervision.read" // tasks, silences, violations
	CloseTask      Act = "task.close"       //
	Count          Act = "statistics.read"  //
	ReadPorts      Act = "ports.read"       // what the catalogue says of them
	WatchPorts     Act = "ports.watch"      // how they fare, and who held them
	OperatePorts   Act = "ports.operate"    // pause, drain, resume, replay
	LoadCalendar   Act = "calendar.load"    //

	Restrict           Act = "account.restrict"    // keep an account or a slice out, and let it in again
	ReadRestrictions   Act = "restriction.read"    //
	ReadAdministration Act = "administration.read" // what administrators did
)

// Viewer is whoever asks.
type Viewer struct {
	ID         string // of the account, for the journal; never a citizen number
	Kind       Kind
	Self       string // veteran ID, for a veteran
	Department string // department code, for an officer
	Division   string // 12-digit division whose subtree the viewer serves

	Session   string  // digest of the session, for a veteran who came in by the door
	Assurance string  // level at which the session began, a code of internal/identity
	Assurer   Assurer // asked before each act; nil: nobody sat before a screen

	Confined bool // to documents that were registered beforehand: the token is a program's that runs no others

	Slice  string // name of the authorized slice, for a partner
	Ground Ground // what a partner reads for, as the slice says; see [Viewer.ReadsFor]
	Scope  *Scope // whom a partner may see; nil: nobody

	Principal string // veteran for whom a clerk acts, under a mandate; see ActFor
	Mandate   string // its ID
}

// Assurer says whether a session has shown well enough who sits there for an act.
// Its fault is ASSURANCE_TOO_LOW.
type Assurer interface {
	Assured(ctx context.Context, v *Viewer, act Act) error
}

// ActFor returns a context in which the viewer acts for a veteran under a mandate,
// so that every entry of the journal shows actor, principal and mandate.
func ActFor(ctx context.Context, veteranID, mandateID string) context.Context {
	v := *From(ctx)
	v.Principal, v.Mandate = veteranID, mandateID
	return With(ctx, &v)
}

type key struct{}

// With returns a context that carries v.
func With(ctx context.Context, v *Viewer) context.Context { return context.WithValue(ctx, key{}, v) }

// From returns the viewer, or nil when nobody is signed in.
func From(ctx context.Context) *Viewer { v, _ := ctx.Value(key{}).(*Viewer); return v }

// AsMachine returns a context in which the hub acts for itself: workers,
// imports, callbacks. part names which, for the journal.
func AsMachine(ctx context.Context, part string) context.Context {
	return With(ctx, &Viewer{ID: part, Kind: Machine})
}

// Require is the first line of every use case. Faults: SignedOut SIGN_IN,
// Denied NOT_ALLOWED or ASSURANCE_TOO_LOW.
func Require(ctx context.Context, act Act) error {
	if err := Signed(ctx); err != nil {
		return err
	}
	v := From(ctx)
	if !v.May(act) {
		return NotAllowed()
	}
	if v.Assurer != nil {
		return v.Assurer.Assured(ctx, v, act)
	}
	return nil
}

// May says whether the policy lists an act for the viewer's kind. The hub itself may
// do everything that there is.
func (v *Viewer) May(act Act) bool {
	if v == nil {
		return false
	}
	if v.Kind == Machine {
		return slices.ContainsFunc(Builtin().Acts, func(a ActRule) bool { return a.Act == act })
	}
	r := Builtin().Role(v.Kind)
	return r != nil && slices.Contains(r.Acts, act)
}

// SignIn is the fault of a request without a viewer.
func SignIn() error {
	return fault.New(fault.SignedOut, "SIGN_IN", "请先登录。", "Please sign in.")
}

// NotAllowed is the fault of a viewer who may not.
func NotAllowed() error {
	return fault.New(fault.Denied, "NOT_ALLOWED", "您没有办理此事的权限。", "You may not do this.")
}

// Signed is the fault of a request without a viewer, nil if there is one.
func Signed(ctx context.Context) error {
	if From(ctx) == nil {
		return SignIn()
	}
	return nil
}
