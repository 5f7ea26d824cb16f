package casefile_test

import (
	"testing"

	"github.com/vetgraph/vetgraph/internal/casefile"
	"github.com/vetgraph/vetgraph/internal/catalog"
	"github.com/vetgraph/vetgraph/internal/fault"
	"github.com/vetgraph/vetgraph/internal/lifecycle"
	"github.com/vetgraph/vetgraph/internal/port"
	"github.com/vetgraph/vetgraph/internal/store"
	"github.com/vetgraph/vetgraph/internal/store/storetest"
)

// What a machine held back no machine ends: on the last day it is asked about
// again. It can be withdrawn at once, for no department has it, and an answer is
// asked for once in each round.
func TestHeldBeforeDispatch(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		o := newOffice(t, s)
		o.desk.Registers = nil
		matters := []string{"M01", "M04", "M09"}
		done, err := o.desk.Submit(o.as(hero), casefile.Submission{Key: "held-0001", VeteranID: o.heroes[hero], Matters: matters, Answers: o.complete(matters...)})
		must(t, err)
		id := done.CaseID
		o.grant(id, "M01")
		o.grant(id, "M04")
		it := o.item(id, "M09")
		elsewhere := port.Record{Known: true, Facts: catalog.Facts{"medicalEnrolmentStatus": "ACTIVE_ELSEWHERE"}}
		hold := func() {
			t.Helper()
			if code, q, err := o.desk.Check(o.machine(), it.ID); err != nil || code != "HSA" || q == nil || len(q.Lookups) != 1 {
				t.Fatalf("%s is asked %v, %v", code, q, err)
			}
			if goes, err := o.desk.Checked(o.machine(), it.ID, elsewhere); err != nil || goes {
				t.Fatalf("it goes: %v, %v", goes, err)
			}
			if _, q, err := o.desk.Check(o.machine(), it.ID); err != nil || q != nil {
				t.Errorf("asked twice: %v, %v", q, err)
			}
			if it = o.item(id, "M09"); it.State != lifecycle.ItemCorrection || it.DispatchedAt != nil {
				t.Fatalf("held as %s", it.State)
			}
			o.owing(id)
		}
		hold()
		o.at = o.at.AddDate(0, 0, 20) // ten working days and more
		o.sent = nil
		must(t, o.desk.Lapse(o.machine()))
		if it = o.item(id, "M09"); it.State != lifecycle.ItemReady || it.Checked != "" || len(o.sent) != 1 {
			t.Fatalf("after the last day it is %s, sent %v", it.State, o.sent)
		}
		o.owing(id)
		hold()
		if _, err := o.desk.Checked(o.machine(), it.ID, port.Record{Known: true, Facts: catalog.Facts{"medicalEnrolmentStatus": "NEW"}}); fault.Of(err).Kind != fault.Internal {
			t.Errorf("an answer that the catalogue does not know: %v", err)
		}
		o.recalled = nil
		must(t, o.desk.WithdrawItem(o.as(hero), it.ID, "不办了"))
		if it = o.item(id, "M09"); it.State != lifecycle.ItemWithdrawn || len(o.recalled) != 0 {
			t.Errorf("withdrawn: %s, recalled %v", it.State, o.recalled)
		}
	})
}
