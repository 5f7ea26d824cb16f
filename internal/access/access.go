// Package access decides who may see and do what.
//
// It is default deny: without a viewer nothing is answered, and a viewer may do
// only what their kind is listed for below. Rules here know no database; the
// record's reads apply them through internal/guard.
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
	Veteran  Kind = "VETERAN"  // sees only themself
	Clerk    Kind = "CLERK"    // window: the veterans and cases of a division
	Officer  Kind = "OFFICER"  // the items of one department in a division
	Analyst  Kind = "ANALYST"  // where cases stand, never who they are about
	Partner  Kind = "PARTNER"  // an authorized slice
	Operator Kind = "OPERATOR" // runs the system, reads no person
	Auditor  Kind = "AUDITOR"  // reads the journal
	Machine  Kind = "MACHINE"  // the hub itself, outside any request
)

// Act is something a viewer may do.
type Act string

// The acts, a closed list.
const (
	ReadProfile Act = "profile.read"
	ReadCase    Act = "case.read"
	ReadPlan    Act = "plan.read"
	Submit      Act = "case.submit"
	Withdraw    Act = "case.withdraw"
	ReadPorts   Act = "ports.read"
)

var allowed = map[Kind][]Act{
	Veteran:  {ReadProfile, ReadCase, ReadPlan, Submit, Withdraw},
	Clerk:    {ReadProfile, ReadCase, ReadPlan, Submit, Withdraw},
	Officer:  {ReadProfile, ReadCase},
	Analyst:  {ReadCase},
	Partner:  {},
	Operator: {ReadPorts},
	Auditor:  {ReadCase},
	Machine:  {ReadProfile, ReadCase, ReadPlan, Submit, Withdraw, ReadPorts},
}

// Viewer is whoever asks.
type Viewer struct {
	ID         string // of the account, for the journal; never a citizen number
	Kind       Kind
	Self       string // veteran ID, for a veteran
	Department string // department code, for an officer
	Division   string // 12-digit division whose subtree the viewer serves
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
// Denied NOT_ALLOWED.
func Require(ctx context.Context, act Act) error {
	if err := Signed(ctx); err != nil {
		return err
	}
	if !From(ctx).May(act) {
		return NotAllowed()
	}
	return nil
}

// May says whether the viewer's kind is listed for an act.
func (v *Viewer) May(act Act) bool { return v != nil && slices.Contains(allowed[v.Kind], act) }

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
