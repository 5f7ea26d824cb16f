package guard_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/vetgraph/vetgraph/ent/gen/casefile"
	"github.com/vetgraph/vetgraph/internal/access"
	"github.com/vetgraph/vetgraph/internal/citizen"
	"github.com/vetgraph/vetgraph/internal/lifecycle"
	"github.com/vetgraph/vetgraph/internal/store"
	"github.com/vetgraph/vetgraph/internal/store/storetest"
	"github.com/vetgraph/vetgraph/internal/workday"
)

// Whatever is said in words about somebody, by whom and in which room, keeps no number
// by which they are known; all else that is written stays as it was.
func TestWordsKeepNoNumbers(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx := access.AsMachine(t.Context(), "test")
		number := citizen.Make("230102", workday.Date(1999, time.March, 5), 1).Reveal()
		said := "号码" + number + "，电话13912345678"
		err := s.InTx(ctx, func(ctx context.Context, tx store.Tx) error {
			v := tx.Ent.Veteran.Create().SetID("v").SetName("某人").SetCitizenSealed([]byte{1}).SetCitizenIndex([]byte{1}).SetBornOn(today).SetDivision("230102000000").
				SetSource("PS").SetAsOf(now).SetBasis("x").SetCreatedAt(now).SetUpdatedAt(now).SaveX(ctx)
			c := tx.Ent.CaseFile.Create().SetID("c").SetNumber("c").SetVeteranID(v.ID).SetDivision(v.Division).SetCatalogVersion("test").SetReason(said).
				SetMatters([]string{"M01"}).SetCreatedAt(now).SetUpdatedAt(now).SaveX(ctx)
			it := tx.Ent.Item.Create().SetID("i").SetCaseID(c.ID).SetVeteranID(v.ID).SetDivision(v.Division).SetMatter("M01").SetDepartment("VA").
				SetPosition(0).SetState(lifecycle.ItemReady).SetFinishDay(1).SetDueOn(today).SaveX(ctx)
			it.Update().SetWords(said).SetResultNo(number).SetReceiptNo("13912345678").ExecX(ctx)
			defects := []lifecycle.Defect{{Words: said, Field: "mobile"}}
			tx.Ent.Correction.Create().SetID("r").SetCaseID(c.ID).SetItemID(it.ID).SetRound(0).SetReturnedBy("x").SetReturnedAt(now).SetDueOn(today).SetDefects(defects).ExecX(ctx)
			if defects[0].Words != said {
				t.Error("the caller's words are changed")
			}
			tx.Ent.Event.CreateBulk(tx.Ent.Event.Create().SetCaseID(c.ID).SetKind("TEST").SetActorKind("MACHINE").SetActor("test").SetAt(now).SetReason(said)).ExecX(ctx)
			tx.Ent.Notification.Create().SetID("n").SetVeteranID(v.ID).SetCaseID(c.ID).SetDivision(v.Division).SetKind("TEST").SetFacts(map[string]string{"reason": said}).SetCreatedAt(now).ExecX(ctx)
			tx.Ent.CaseFile.Update().Where(casefile.ID(c.ID)).SetReason(said).ExecX(ctx)
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		c, it := s.Read.CaseFile.GetX(ctx, "c"), s.Read.Item.GetX(ctx, "i")
		r, e := s.Read.Correction.GetX(ctx, "r"), s.Read.Event.Query().OnlyX(ctx)
		all := []string{c.Reason, it.Words, r.Defects[0].Words, e.Reason, s.Read.Notification.GetX(ctx, "n").Facts["reason"]}
		want := strings.NewReplacer(number, number[:3]+"***********"+number[14:], "13912345678", "139****5678").Replace(said)
		if slices.ContainsFunc(all, func(text string) bool { return text != want }) {
			t.Errorf("%q, want %q", all, want)
		}
		if it.ResultNo == number || it.ReceiptNo != "13912345678" || r.Defects[0].Field != "mobile" {
			t.Error(fmt.Sprint(it.ReceiptNo, " ", it.ResultNo == number))
		}
	})
}
