package server_test

import (
	"bytes"
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/vetgraph/vetgraph/internal/department"
	"github.com/vetgraph/vetgraph/internal/port"
	"github.com/vetgraph/vetgraph/internal/store/storetest"
)

// The whole way through GraphQL: the matter is granted, the money comes back from
// a wrong account, another is named, and it is paid, once, although the finance
// department loses its answers and the bank says everything twice.
func TestSubsidy(t *testing.T) {
	k := open(t, storetest.SQLite(t), nil)
	k.hub.Payers.SetFault("FIN", department.Fault{LoseAnswer: true})
	k.hub.Payers.SetFault("BANK", department.Fault{DuplicateCallbacks: true})
	wrong, right := "99900000"+department.WrongAccount, "999000000111" // twelve digits have no check digit
	var plan struct {
		SubmitCase struct {
			Case     *struct{ ID string }
			Problems []struct{ Field, Reason string }
		}
	}
	file := func(answers []any) {
		k.get("veteran0", `mutation($i: SubmitCaseInput!) { submitCase(input: $i) { case { id } problems { field reason } } }`, map[string]any{"i": map[string]any{
			"idempotencyKey": fmt.Sprintf("subsidy-%04d", len(answers)), "veteranId": k.heroes[0], "matters": []string{"M01", "M02"}, "answers": answers,
		}}, &plan)
	}
	file([]any{})
	typed := map[string]any{
		"mobile": "19900001234", "currentDivision": "230102001000", "currentAddress": "示例路1号",
		"bankName": "ICBC", "bankAccountNo": wrong, "bankAccountName": heroName(k),
	}
	var answers []any
	for _, p := range plan.SubmitCase.Problems {
		if typed[p.Field] == nil {
			t.Fatalf("nothing to answer for %s (%s)", p.Field, p.Reason)
		}
		answers = append(answers, map[string]any{"field": p.Field, "value": typed[p.Field]})
	}
	file(answers)
	if plan.SubmitCase.Case == nil {
		t.Fatalf("not taken: %+v", plan.SubmitCase.Problems)
	}

	s := awaitSubsidy(k, "RETURNED")
	if s.AmountFen <= 0 || len(s.Reckoning) < 5 || s.AccountTail != department.WrongAccount || s.Returned == nil || s.PaidOn != "" {
		t.Errorf("returned: %+v", s)
	}
	k.hub.Payers.SetFault("FIN", department.Fault{})
	var done struct{ CorrectAccount struct{ Subsidy subsidyRow } }
	k.get("veteran0", `mutation($in: CorrectAccountInput!) { correctAccount(input: $in) { subsidy { `+subsidyFields+` } } }`, map[string]any{
		"in": map[string]any{"subsidyId": s.ID, "bankName": "ICBC", "bankAccountNo": right, "bankAccountName": heroName(k)},
	}, &done)
	if got := done.CorrectAccount.Subsidy; got.State != "APPROVED" || got.Attempt != 2 {
		t.Errorf("corrected: %+v", got)
	}
	paid := awaitSubsidy(k, "PAID")
	if paid.PaidOn == "" || paid.AmountFen != s.AmountFen {
		t.Errorf("paid: %+v", paid)
	}
	moved, err := k.hub.Payers.Transfers(t.Context())
	if err != nil || len(moved) != 1 {
		t.Errorf("transfers %v, %v", moved, err)
	}
	for line, n := range moved {
		if n != 1 {
			t.Errorf("%s was paid %d times", line, n)
		}
	}
	var v struct {
		Veteran struct {
			Benefits struct {
				EconomicSubsidy struct {
					State, PaidOn string
					AmountFen     int64
				}
			}
			Cases struct {
				Nodes []struct{ Timeline []struct{ Kind string } }
			}
		}
	}
	k.get("veteran0", `query($v: ID!) { veteran(id: $v) { benefits { economicSubsidy { state paidOn amountFen } } cases { nodes { timeline { kind } } } } }`,
		map[string]any{"v": k.heroes[0]}, &v)
	if e := v.Veteran.Benefits.EconomicSubsidy; e.State != "PAID" || e.PaidOn != paid.PaidOn || e.AmountFen != paid.AmountFen {
		t.Errorf("profile: %+v", e)
	}
	times := map[string]int{}
	for _, c := range v.Veteran.Cases.Nodes {
		for _, e := range c.Timeline {
			times[e.Kind]++
		}
	}
	if fmt.Sprint(times["SUBSIDY_APPROVED"], times["SUBSIDY_PUSHED"], times["SUBSIDY_RETURNED"], times["SUBSIDY_ACCOUNT_CORRECTED"], times["SUBSIDY_PAID"]) != "1 2 1 1 1" {
		t.Errorf("journal: %v", times)
	}
}

// A word about a payment is heard from the bank alone.
func TestForgedPayment(t *testing.T) {
	k := open(t, storetest.SQLite(t), nil)
	body := []byte(`{"line":"x","state":"PAID","on":"2026-11-23"}`)
	for name, header := range map[string]string{"unsigned": "", "another's": port.SignCallback([]byte("guess"), body, time.Now())} {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, k.public+"/payments/BANK", bytes.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set(port.SignatureHeader, header)
		res, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		_ = res.Body.Close()
		if res.StatusCode != http.StatusUnauthorized {
			t.Errorf("%s: %s", name, res.Status)
		}
	}
}

type subsidyRow struct {
	ID, State, PaidOn, AccountTail string
	Attempt                        int
	AmountFen                      int64
	Reckoning                      []struct{ Zh string }
	Returned                       *struct{ Zh string }
}

const subsidyFields = `id state amountFen attempt paidOn accountTail reckoning { zh } returned { zh }`

func awaitSubsidy(k *talk, state string) (s subsidyRow) {
	k.t.Helper()
	for end := time.Now().Add(40 * time.Second); ; {
		var a struct {
			Veteran struct{ Subsidies []subsidyRow }
		}
		k.get("veteran0", `query($v: ID!) { veteran(id: $v) { subsidies { `+subsidyFields+` } } }`, map[string]any{"v": k.heroes[0]}, &a)
		if list := a.Veteran.Subsidies; len(list) == 1 && list[0].State == state {
			return list[0]
		} else if time.Now().After(end) {
			k.t.Fatalf("never %s: %+v", state, list)
		}
	}
}

func heroName(k *talk) string {
	var a struct{ Veteran struct{ Name string } }
	k.get("veteran0", `query($v: ID!) { veteran(id: $v) { name } }`, map[string]any{"v": k.heroes[0]}, &a)
	return a.Veteran.Name
}
