package server_test

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/vetgraph/vetgraph/ent/gen"
	"github.com/vetgraph/vetgraph/internal/access"
	"github.com/vetgraph/vetgraph/internal/casefile"
	"github.com/vetgraph/vetgraph/internal/fault"
	"github.com/vetgraph/vetgraph/internal/form"
	"github.com/vetgraph/vetgraph/internal/mandate"
	"github.com/vetgraph/vetgraph/internal/store/storetest"
	"github.com/vetgraph/vetgraph/internal/workday"
)

// turnedAway asks for something that is refused, and answers the reason.
func (k *talk) turnedAway(as, query string, variables map[string]any) string {
	k.t.Helper()
	_, b := k.ask(as, k.public+"/graphql", query, variables)
	var answer struct {
		Errors []struct{ Extensions struct{ Reason string } }
	}
	if err := json.Unmarshal(b, &answer); err != nil || len(answer.Errors) != 1 {
		k.t.Fatalf("%s: %s", query, b)
	}
	return answer.Errors[0].Extensions.Reason
}

type mandateAnswer struct {
	Mandate struct {
		ID, State, Agent, Until string
		ConfirmedHow, Qr        *string
		Matters                 []struct{ Code string }
		Fields                  []struct{ ID string }
	}
}

const (
	mandateOf = `mandate { id state agent until confirmedHow qr matters { code } fields { id } }`
	asking    = `mutation($i: RequestMandateInput!) { requestMandate(input: $i) { ` + mandateOf + ` } }`
	telling   = `mutation($i: ConfirmMandateInput!) { confirmMandate(input: $i) { ` + mandateOf + ` } }`
	revoking  = `mutation($i: RevokeMandateInput!) { revokeMandate(input: $i) { ` + mandateOf + ` } }`
	showing   = `query($v: ID!) { veteran(id: $v) { mandates { id state agent until confirmedHow qr matters { code } fields { id } } } }`
	filing    = `mutation($i: SubmitCaseInput!) { submitCase(input: $i) { problems { field reason } case { id timeline { kind actor principal mandateId } } } }`
)

// A clerk files for a veteran: refused without a mandate, asked for, confirmed by
// what the veteran shows, shown on every entry, and over the moment it is revoked.
func TestMandateThroughTheDoor(t *testing.T) {
	for name, database := range map[string]func(testing.TB) string{"sqlite": storetest.SQLite, "postgres": storetest.PostgreSQL} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			k := open(t, database(t), noon)
			who := k.heroes[0]
			file := func(key, matter string) map[string]any {
				return map[string]any{"i": map[string]any{"idempotencyKey": key, "veteranId": who, "matters": []string{matter}, "channel": "AGENT",
					"answers": []any{map[string]any{"field": "mobile", "value": "19900001234"}, map[string]any{"field": "currentAddress", "value": "示例路1号"}}}}
			}
			if got := k.turnedAway("clerk", filing, file("mandate-0001", "M01")); got != "MANDATE_REQUIRED" {
				t.Fatal(got)
			}
			var asked struct{ RequestMandate mandateAnswer }
			k.get("clerk", asking, map[string]any{"i": map[string]any{"veteranId": who, "matters": []string{"M01"}, "until": "2026-12-01"}}, &asked)
			m := asked.RequestMandate.Mandate
			if m.State != "REQUESTED" || m.Qr != nil || m.Agent != "demo/clerk" || len(m.Matters) != 1 {
				t.Fatalf("the clerk got %+v", m)
			}
			var shown struct {
				Veteran struct{ Mandates []mandateAnswerOne }
			}
			k.get("veteran0", showing, map[string]any{"v": who}, &shown)
			if len(shown.Veteran.Mandates) != 1 || shown.Veteran.Mandates[0].Qr == nil {
				t.Fatalf("the veteran sees %+v", shown)
			}
			qr := *shown.Veteran.Mandates[0].Qr
			if got := k.turnedAway("clerk", telling, map[string]any{"i": map[string]any{"mandateId": m.ID, "code": wrong(qr)}}); got != "MANDATE_CODE_WRONG" {
				t.Error(got)
			}
			var told struct{ ConfirmMandate mandateAnswer }
			k.get("clerk", telling, map[string]any{"i": map[string]any{"mandateId": m.ID, "code": qr}}, &told)
			if got := told.ConfirmMandate.Mandate; got.State != "ACTIVE" || got.ConfirmedHow == nil || *got.ConfirmedHow != "QR" || got.Qr != nil {
				t.Fatalf("confirmed: %+v", got)
			}
			if got := k.turnedAway("clerk", filing, file("mandate-0002", "M11")); got != "MANDATE_TOO_NARROW" {
				t.Error(got)
			}
			k.filed(file("mandate-0001", "M01"), m.ID, who)
			var heard struct {
				Veteran struct{ Notifications []struct{ Kind string } }
			}
			k.get("veteran0", `query($v: ID!) { veteran(id: $v) { notifications(first: 100) { kind } } }`, map[string]any{"v": who}, &heard)
			for _, kind := range []string{"MANDATE_REQUESTED", "MANDATE_CONFIRMED", "MANDATE_USED"} {
				if !strings.Contains(fmt.Sprint(heard), kind) {
					t.Errorf("the veteran has not heard of %s: %v", kind, heard)
				}
			}

			var over struct{ RevokeMandate mandateAnswer }
			if got := k.turnedAway("veteran1", revoking, map[string]any{"i": map[string]any{"mandateId": m.ID}}); got != "MANDATE_NOT_FOUND" {
				t.Error(got)
			}
			k.get("veteran0", revoking, map[string]any{"i": map[string]any{"mandateId": m.ID}}, &over)
			if over.RevokeMandate.Mandate.State != "REVOKED" {
				t.Errorf("%+v", over)
			}
			if got := k.turnedAway("clerk", filing, file("mandate-0003", "M01")); got != "MANDATE_REQUIRED" {
				t.Error(got)
			}
		})
	}
}

type mandateAnswerOne struct{ Qr *string }

// hasty revokes a mandate the moment it has been found.
type hasty struct {
	*mandate.Desk
	veteran context.Context //nolint:containedctx // who revokes
	id      string
}

func (h hasty) Act(ctx context.Context, veteran string, matters, fields []string) (context.Context, error) {
	ctx, err := h.Desk.Act(ctx, veteran, matters, fields)
	if err == nil {
		_, err = h.Revoke(h.veteran, h.id)
	}
	return ctx, err
}

// A mandate that is revoked after it was found, and before the case is written, is
// worth nothing: no case is there, not even for an instant.
func TestRevokedMeanwhile(t *testing.T) {
	for name, database := range map[string]func(testing.TB) string{"sqlite": storetest.SQLite, "postgres": storetest.PostgreSQL} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			k := open(t, database(t), noon)
			who := k.heroes[0]
			veteran := access.With(t.Context(), &access.Viewer{ID: "v", Kind: access.Veteran, Self: who})
			clerk := access.With(t.Context(), &access.Viewer{ID: "anna", Kind: access.Clerk, Division: "230000000000"})
			m, err := k.hub.Mandates.Grant(veteran, mandate.Grant{Agent: "anna", Matters: []string{"M01"}, Until: workday.FromTime(noon())})
			if err != nil {
				t.Fatal(err)
			}
			k.hub.Cases.Mandates = hasty{k.hub.Mandates, veteran, m.ID}
			_, err = k.hub.Cases.Submit(clerk, casefile.Submission{VeteranID: who, Key: "meanwhile-1", Matters: []string{"M01"}, Answers: []form.Answer{
				{Field: "mobile", Value: "19900001234"}, {Field: "currentAddress", Value: "示例路1号"}}})
			if fault.Of(err).Reason != "MANDATE_REQUIRED" {
				t.Errorf("filed under a revoked mandate: %v", err)
			}
			if by, err := k.hub.Cases.OfVeterans(veteran, []string{who}); err != nil || slices.ContainsFunc(by[who], func(c *gen.CaseFile) bool { return c.SubmissionKey != nil && *c.SubmissionKey == "meanwhile-1" }) {
				t.Errorf("a case is there: %v", err)
			}
		})
	}
}

// wrong is a code that the QR text does not hold.
func wrong(qr string) string {
	if strings.HasSuffix(qr, ":000000") {
		return "000001"
	}
	return "000000"
}

// filed files as the clerk and looks at who did it for whom.
func (k *talk) filed(input map[string]any, mandate, who string) {
	k.t.Helper()
	var out struct {
		SubmitCase struct {
			Problems []any
			Case     *struct {
				ID       string
				Timeline []struct{ Kind, Actor, Principal, MandateID string }
			}
		}
	}
	k.get("clerk", filing, input, &out)
	if out.SubmitCase.Case == nil || len(out.SubmitCase.Case.Timeline) == 0 {
		k.t.Fatalf("not filed: %+v", out)
	}
	for _, e := range out.SubmitCase.Case.Timeline {
		if e.Actor != "demo/clerk" || e.Principal != who || e.MandateID != mandate {
			k.t.Errorf("%s by %q for %q under %q", e.Kind, e.Actor, e.Principal, e.MandateID)
		}
	}
}

// An objection: the profile shows it, the department has it with who objects and
// what they say, and its decision ends it.
func TestDisputeThroughTheDoor(t *testing.T) {
	for name, database := range map[string]func(testing.TB) string{"sqlite": storetest.SQLite, "postgres": storetest.PostgreSQL} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			k := open(t, database(t), noon)
			who := k.heroes[0]
			const body = `id state claim reason dueOn words department { code } field { id } veteran { id name }`
			type dispute struct {
				ID, State, DueOn     string
				Claim, Reason, Words *string
				Department           struct{ Code string }
				Veteran              *struct{ ID, Name string }
			}
			var opened struct{ DisputeValue struct{ Dispute dispute } }
			object := map[string]any{"i": map[string]any{"veteranId": who, "field": "enlistDate", "claim": "2017-09-02", "reason": "入伍通知书上是九月二日。"}}
			k.get("veteran0", `mutation($i: DisputeValueInput!) { disputeValue(input: $i) { dispute { `+body+` } } }`, object, &opened)
			d := opened.DisputeValue.Dispute
			if d.State != "OPEN" || d.DueOn != "2026-12-14" || d.Claim == nil || *d.Claim != "2017-09-02" || d.Department.Code != "VA" {
				t.Fatalf("opened: %+v", d)
			}
			if got := k.turnedAway("veteran0", `mutation($i: DisputeValueInput!) { disputeValue(input: $i) { dispute { id } } }`, object); got != "DISPUTE_OPEN" {
				t.Error(got)
			}
			var profile struct {
				Veteran struct {
					Disputes []dispute
					Elements []struct{ Dispute *struct{ ID string } }
				}
			}
			look := `query($v: ID!) { veteran(id: $v) { disputes { ` + body + ` } elements(ids: ["enlistDate", "name"]) { field { id } dispute { id } } } }`
			k.get("veteran0", look, map[string]any{"v": who}, &profile)
			if es := profile.Veteran.Elements; len(profile.Veteran.Disputes) != 1 || es[0].Dispute == nil || es[0].Dispute.ID != d.ID || es[1].Dispute != nil {
				t.Errorf("the profile shows %+v", profile)
			}
			list := `{ disputes(first: 100) { nodes { ` + body + ` } pageInfo { hasNextPage } } }`
			for as, want := range map[string]int{"officer-va": 1, "officer-ps": 0, "supervisor": 1} {
				var page struct{ Disputes struct{ Nodes []dispute } }
				asked := list
				if as == "supervisor" { // whom the policy sends no claims
					asked = strings.Replace(list, " claim ", " ", 1)
				}
				k.get(as, asked, nil, &page)
				ours := slices.DeleteFunc(page.Disputes.Nodes, func(n dispute) bool { return n.ID != d.ID }) // the examples have some too
				if len(ours) != want {
					t.Errorf("%s has %d", as, len(ours))
				}
				for _, n := range ours {
					if reads := as == "officer-va"; (n.Claim != nil) != reads || (n.Reason != nil) != reads || (n.Veteran != nil) != reads {
						t.Errorf("%s reads %+v", as, n)
					}
				}
			}
			for as, want := range map[string]string{"nobody": "SIGN_IN", "analyst": "NOT_ALLOWED", "clerk": "NOT_ALLOWED", "veteran0": "NOT_ALLOWED"} {
				if got := k.turnedAway(as, list, nil); got != want {
					t.Errorf("%s: %s", as, got)
				}
			}
			decide := `mutation($i: DecideDisputeInput!) { decideDispute(input: $i) { dispute { ` + body + ` } } }`
			verdict := map[string]any{"i": map[string]any{"disputeId": d.ID, "upheld": true, "words": "已核对档案并更正。"}}
			if got := k.turnedAway("officer-ps", decide, verdict); got != "DISPUTE_NOT_FOUND" {
				t.Error(got)
			}
			var decided struct{ DecideDispute struct{ Dispute dispute } }
			k.get("officer-va", decide, verdict, &decided)
			if got := decided.DecideDispute.Dispute; got.State != "UPHELD" || got.Words == nil {
				t.Errorf("decided: %+v", got)
			}
			k.get("veteran0", look, map[string]any{"v": who}, &profile)
			if profile.Veteran.Elements[0].Dispute != nil || profile.Veteran.Disputes[0].State != "UPHELD" || profile.Veteran.Disputes[0].ID != d.ID {
				t.Errorf("afterwards the profile shows %+v", profile)
			}
		})
	}
}
