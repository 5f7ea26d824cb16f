package subsidy_test

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/vetgraph/vetgraph/ent/gen"
	"github.com/vetgraph/vetgraph/ent/gen/event"
	"github.com/vetgraph/vetgraph/ent/gen/obligation"
	"github.com/vetgraph/vetgraph/ent/gen/paymentline"
	"github.com/vetgraph/vetgraph/internal/department"
	"github.com/vetgraph/vetgraph/internal/store"
	"github.com/vetgraph/vetgraph/internal/store/storetest"
)

var places = []string{"230102000000", "230103000000", "230202001001"}

// To the fen: what stands on the lines of a roll is its total, what finance has
// released, and what the bank has paid and sent back of it; and each grant is paid
// once, whatever is returned, corrected, lost on the way, repeated or said twice.
func TestMoney(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		r := newRig(t, s)
		n := 0
		for seed := range uint64(8) {
			dice := rand.New(rand.NewPCG(seed, 22))
			r.payers.SetFault("FIN", department.Fault{LoseAnswer: dice.IntN(2) == 0, ErrorRate: 0.3 * dice.Float64()})
			r.payers.SetFault("BANK", department.Fault{DuplicateCallbacks: dice.IntN(2) == 0, NoCallbacks: dice.IntN(3) == 0})
			due := map[string]bool{} // items whose money is to arrive in the end
			for range 1 + dice.IntN(6) {
				account := fmt.Sprintf("62%010d", dice.IntN(1e9)*10+1)
				if dice.IntN(3) == 0 {
					account = wrong
				}
				item := r.grant(n, 1+dice.IntN(12), []string{"CONSCRIPT", "NCO"}[dice.IntN(2)], account, places[dice.IntN(len(places))])
				n++
				must(t, r.desk.Approve(r.machine(), item))
				must(t, r.desk.Approve(r.machine(), item)) // again
				_ = r.work(r.machine())                    // finance may fail
				due[item] = true
			}
			_ = r.work(r.machine())
			r.payers.SetFault("FIN", department.Fault{})
			for item := range due {
				if r.said[item]["bankAccountNo"] != wrong {
					r.until(item, "PAID")
					continue
				}
				for range dice.IntN(3) { // wrong again
					must(t, r.correct(r.until(item, "RETURNED"), wrong))
				}
				must(t, r.correct(r.until(item, "RETURNED"), right))
				r.until(item, "PAID")
			}
			r.balanced()
		}
	})
}

// balanced holds all the books against each other.
func (r *rig) balanced() {
	r.t.Helper()
	books, err := r.payers.Books(r.t.Context())
	must(r.t, err)
	moved, err := r.payers.Transfers(r.t.Context())
	must(r.t, err)
	rolls, err := r.store.Read.PaymentRoll.Query().All(r.machine())
	must(r.t, err)
	lines, err := r.store.Read.PaymentLine.Query().All(r.machine())
	must(r.t, err)
	sum, ended := map[string]int64{}, map[string]map[paymentline.State]int64{}
	paid := map[string]int{} // by subsidy
	for _, l := range lines {
		sum[l.RollID] += l.AmountFen
		if ended[l.RollID] == nil {
			ended[l.RollID] = map[paymentline.State]int64{}
		}
		ended[l.RollID][l.State] += l.AmountFen
		want := 0
		if l.State == paymentline.StatePAID {
			want = 1
			paid[l.SubsidyID]++
		}
		if moved[l.ID] != want {
			r.t.Errorf("line %s is %s and money moved %d times", l.ID, l.State, moved[l.ID])
		}
		delete(moved, l.ID)
	}
	if len(moved) > 0 {
		r.t.Errorf("money moved for lines that nobody knows: %v", moved)
	}
	for _, p := range rolls {
		b, here := books[p.ID], ended[p.ID]
		if sum[p.ID] != p.TotalFen || p.TotalFen != b.Released || b.Released != b.Paid+b.Returned ||
			here[paymentline.StatePAID] != b.Paid || here[paymentline.StateRETURNED] != b.Returned || b.Waiting != 0 {
			r.t.Errorf("roll %s: lines %d, total %d, finance and bank %+v, here %v", p.ID, sum[p.ID], p.TotalFen, b, here)
		}
	}
	all, err := r.store.Read.Subsidy.Query().All(r.machine())
	must(r.t, err)
	for _, s := range all {
		r.told(s)
		if paid[s.ID] != 1 || s.State != "PAID" {
			r.t.Errorf("subsidy %s is %s and was paid %d times", s.ID, s.State, paid[s.ID])
		}
	}
}

// told holds that approval and payment were told once each, and each return; and
// that nobody owes a word about what has ended.
func (r *rig) told(s *gen.Subsidy) {
	r.t.Helper()
	rows, err := r.store.Read.Event.Query().Where(event.CaseID(s.CaseID)).All(r.machine())
	must(r.t, err)
	times := map[string]int{}
	for _, e := range rows {
		times[e.Kind]++
	}
	again := s.Attempt - 1
	if got, want := fmt.Sprint(times["SUBSIDY_APPROVED"], times["SUBSIDY_PUSHED"], times["SUBSIDY_RETURNED"], times["SUBSIDY_ACCOUNT_CORRECTED"], times["SUBSIDY_PAID"]),
		fmt.Sprint(1, s.Attempt, again, again, 1); got != want {
		r.t.Errorf("subsidy %s: journal %s, want %s", s.ID, got, want)
	}
	open, err := r.store.Read.Obligation.Query().Where(obligation.CaseID(s.CaseID), obligation.EndedAtIsNil()).Count(r.machine())
	must(r.t, err)
	if open != 0 {
		r.t.Errorf("subsidy %s is %s and %d words are owed", s.ID, s.State, open)
	}
}
