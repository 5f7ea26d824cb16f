package access_test

import (
	"context"
	"testing"

	"github.com/vetgraph/vetgraph/internal/access"
	"github.com/vetgraph/vetgraph/internal/fault"
)

var acts = []access.Act{
	access.ReadProfile, access.ReadCase, access.ReadPlan, access.Draft, access.Submit, access.Supplement, access.Withdraw, access.Book, access.Rate,
	access.DisputeValue, access.GrantMandate, access.RevokeMandate, access.GiveConsent, access.CheckIdentity, access.RequestMandate, access.Decide, access.TakePapers, access.Supervise, access.CloseTask,
	access.Count, access.ReadPorts, access.WatchPorts, access.OperatePorts, access.LoadCalendar,
}

func TestRequire(t *testing.T) {
	for _, act := range acts {
		if f := fault.Of(access.Require(t.Context(), act)); f.Kind != fault.SignedOut || f.Reason != "SIGN_IN" {
			t.Errorf("%s by nobody: %v", act, f)
		}
		ctx := access.With(t.Context(), &access.Viewer{Kind: "STRANGER"})
		if f := fault.Of(access.Require(ctx, act)); f.Kind != fault.Denied || f.Reason != "NOT_ALLOWED" {
			t.Errorf("%s by an unknown kind: %v", act, f)
		}
	}
	for _, tt := range []struct {
		kind access.Kind
		may  []access.Act
	}{
		{access.Veteran, []access.Act{
			access.ReadProfile, access.ReadCase, access.ReadPlan, access.Draft, access.Submit, access.Supplement, access.Withdraw,
			access.Book, access.Rate, access.DisputeValue, access.GrantMandate, access.RevokeMandate, access.GiveConsent, access.CheckIdentity,
		}},
		{access.Clerk, []access.Act{
			access.ReadProfile, access.ReadCase, access.ReadPlan, access.Draft, access.Submit, access.Supplement, access.Withdraw,
			access.Book, access.RequestMandate, access.TakePapers, access.Count,
		}},
		{access.Officer, []access.Act{
			access.ReadProfile, access.ReadCase, access.Decide, access.TakePapers, access.Supervise, access.CloseTask, access.Count,
		}},
		{access.Supervisor, []access.Act{access.ReadCase, access.Supervise, access.CloseTask, access.Count, access.ReadPorts}},
		{access.Analyst, []access.Act{access.ReadCase, access.Count}},
		{access.Partner, []access.Act{access.ReadProfile}},
		{access.Operator, []access.Act{access.ReadPorts, access.WatchPorts, access.OperatePorts, access.LoadCalendar}},
		{access.Auditor, []access.Act{access.ReadCase, access.Supervise, access.Count, access.ReadPorts, access.WatchPorts}},
	} {
		v := &access.Viewer{Kind: tt.kind}
		n := 0
		for _, act := range acts {
			if v.May(act) {
				n++
			}
		}
		for _, act := range tt.may {
			if !v.May(act) {
				t.Errorf("%s may not %s", tt.kind, act)
			}
		}
		if n != len(tt.may) {
			t.Errorf("%s may do %d acts, want %d", tt.kind, n, len(tt.may))
		}
	}
}

// weak is a session that has shown too little for one act.
type weak struct{ act access.Act }

func (w weak) Assured(_ context.Context, _ *access.Viewer, act access.Act) error {
	if act == w.act {
		return fault.New(fault.Denied, "ASSURANCE_TOO_LOW", "级别不够", "too low")
	}
	return nil
}

// What a session has shown is asked after what its kind may do, never instead.
func TestRequireAssured(t *testing.T) {
	for _, tt := range []struct {
		kind   access.Kind
		act    access.Act
		reason string
	}{
		{access.Veteran, access.GrantMandate, "ASSURANCE_TOO_LOW"}, {access.Veteran, access.RevokeMandate, ""}, {access.Clerk, access.GrantMandate, "NOT_ALLOWED"},
	} {
		err := access.Require(access.With(t.Context(), &access.Viewer{Kind: tt.kind, Assurer: weak{access.GrantMandate}}), tt.act)
		if (err == nil) != (tt.reason == "") || err != nil && fault.Of(err).Reason != tt.reason {
			t.Errorf("%s %s: %v, want %q", tt.kind, tt.act, err, tt.reason)
		}
	}
}
