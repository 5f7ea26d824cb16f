package server_test

import (
	"context"
	"encoding/json"
	"net/http"
	"strings"

	"github.com/vetgraph/vetgraph/ent/gen/item"
	"github.com/vetgraph/vetgraph/internal/access"
	"github.com/vetgraph/vetgraph/internal/fact"
	"github.com/vetgraph/vetgraph/internal/store"
)

// swapWorld lets there be something of every kind that is not hero 0's.
func (k *talk) swapWorld() {
	k.t.Helper()
	k.fileAll(2)
	answers := k.everything(1)["answers"]
	var saved struct {
		SaveDraft struct{ Case struct{ ID string } }
	}
	k.get("veteran1", `mutation($v: ID!, $a: [AnswerInput!]!) { saveDraft(input: {veteranId: $v, answers: $a}) { case { id } } }`, map[string]any{"v": k.heroes[1], "a": answers}, &saved)
	var nothing struct{}
	k.get("veteran1", `mutation($c: ID!) { requestPreReview(input: {caseId: $c}) { preReviews { state } } }`, map[string]any{"c": saved.SaveDraft.Case.ID}, &nothing)
	k.get("veteran1", `mutation { startIdentityCheck { check { id } } }`, nil, &nothing)
	var me struct {
		Me struct{ Veteran struct{ DataUses []dataUse } }
	}
	k.get("veteran1", `{ me { veteran { dataUses { slice { name version } } } } }`, nil, &me)
	for _, u := range me.Me.Veteran.DataUses {
		if u.Slice.Name == "preferential" {
			k.get("veteran1", `mutation($v: Int!) { grantConsent(input: {slice: "preferential", version: $v}) { consent { id } } }`, map[string]any{"v": u.Slice.Version}, &nothing)
		}
	}
	ctx := access.AsMachine(k.t.Context(), "test")
	if err := k.hub.Store.InTx(ctx, func(ctx context.Context, tx store.Tx) error {
		for i, it := range tx.Ent.Item.Query().Where(item.VeteranIDNEQ(k.heroes[0])).Order(item.ByID()).Limit(20).AllX(ctx) {
			if i%4 != 0 {
				continue
			}
			tx.Ent.Subsidy.Create().SetID(store.NewID()).SetVeteranID(it.VeteranID).SetCaseID(it.CaseID).SetItemID(it.ID).SetMatter(it.Matter).SetDepartment(it.Department).
				SetDivision(it.Division).SetState("RETURNED").SetAmountFen(100).SetMonths(24).SetReckoning([]fact.Reckoned{}).SetApprovedAt(noon()).SaveX(ctx)
		}
		return nil
	}); err != nil {
		k.t.Fatal(err)
	}
}

// A proof of somebody else's receipt is not there, and neither is what routers would
// refer to or a sheet that is not one's own.
func (s *swapper) swappedElsewhere() {
	s.t.Helper()
	var nothing struct{}
	s.get("clerk", `query($id: ID!) { veteran(id: $id) { citizenNumber } }`, map[string]any{"id": s.heroes[1]}, &nothing)
	var out readReceipts
	s.get("veteran1", `query($id: ID!) { veteran(id: $id) { readReceipts { nodes { id proof } } } }`, map[string]any{"id": s.heroes[1]}, &out)
	if len(out.Veteran.ReadReceipts.Nodes) == 0 {
		s.t.Fatal("nobody has read anything of hero 1")
	}
	proof := out.Veteran.ReadReceipts.Nodes[0].Proof
	number := ""
	for _, c := range s.hub.Store.Read.CaseFile.Query().AllX(s.plain) {
		if c.VeteranID != s.heroes[0] && c.Number != "" {
			number = c.Number
		}
	}
	const ask = `query($r: [_Any!]!) { _entities(representations: $r) { __typename ... on Veteran { id } ... on Case { id number } } }`
	for _, as := range []string{"veteran0", "clerk@230200000000", "officer-hsa", "operator", "nobody"} {
		headers := map[string]string{}
		if token := s.token(as); token != "" {
			headers["Authorization"] = "Bearer " + token
		}
		for theirs, none := range map[string]string{proof: "/receipts/proof/999999", "/sheets/" + number: "/sheets/" + number[:len(number)-1] + "X"} {
			status, _, got := s.send(http.MethodGet, s.public+theirs, "", headers)
			missing, _, want := s.send(http.MethodGet, s.public+none, "", headers)
			if status != missing || got != want || status < 400 {
				s.t.Errorf("%s: %s is answered %d %.300s\nand %s %d %.300s", as, theirs, status, got, none, missing, want)
			}
		}
		for theirs, none := range map[string]map[string]any{
			`{"__typename":"Veteran","id":"` + s.heroes[1] + `"}`: {"__typename": "Veteran", "id": nowhere},
			`{"__typename":"Case","number":"` + number + `"}`:     {"__typename": "Case", "number": "X"},
		} {
			var one map[string]any
			if err := json.Unmarshal([]byte(theirs), &one); err != nil {
				s.t.Fatal(err)
			}
			_, got := s.ask(as, s.sub+"/subgraph", ask, map[string]any{"r": []any{one}})
			_, want := s.ask(as, s.sub+"/subgraph", ask, map[string]any{"r": []any{none}})
			if string(got) != string(want) || strings.Contains(string(got), number) {
				s.t.Errorf("%s: %s is answered %s\nand what is not there %s", as, theirs, got, want)
			}
		}
	}
}
