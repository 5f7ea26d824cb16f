package server_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/vetgraph/vetgraph/internal/catalog"
	"github.com/vetgraph/vetgraph/internal/department"
	"github.com/vetgraph/vetgraph/internal/division"
	"github.com/vetgraph/vetgraph/internal/population"
	"github.com/vetgraph/vetgraph/internal/port"
	"github.com/vetgraph/vetgraph/internal/store/storetest"
	"github.com/vetgraph/vetgraph/internal/workday"
)

// register puts one fact of a hero into a department's register, in place of what
// it held of them.
func (k *talk) register(department_, field string, hero int, value any) {
	k.t.Helper()
	n := 0
	for p := range population.Generate(1, len(population.Heroes()), workday.FromTime(noon()), division.Builtin()) {
		if n == hero {
			err := k.hub.Fleet.Enrol(k.t.Context(), department_, []department.Person{{CitizenNumber: p.Number, Facts: catalog.Facts{field: value}}})
			if err != nil {
				k.t.Fatal(err)
			}
		}
		n++
	}
}

const enrolmentFields = `id matter { code } state round dispatchedAt dispatchCheck { answer held sentAs words { zh en } }
	corrections { returnedBy words answeredAt }`

type enrolmentItem struct {
	ID            string
	Matter        struct{ Code string }
	State         string
	Round         int
	DispatchedAt  *string
	DispatchCheck *struct {
		Answer string
		Held   bool
		SentAs *string
		Words  struct{ Zh, En string }
	}
	Corrections []struct {
		ReturnedBy string
		AnsweredAt *string
	}
}

// enrolment submits a case of a hero up to the medical enrolment, lets the matters
// before it be granted and answers its ID.
func (k *talk) enrolment(hero int) (caseID string) {
	k.t.Helper()
	as := fmt.Sprintf("veteran%d", hero)
	var done struct {
		SubmitCase struct {
			Problems []struct{ Field, Reason string }
			Case     *struct {
				ID    string
				Items []enrolmentItem
			}
		}
	}
	given := map[string]any{
		"mobile": "19900001234", "currentDivision": "230102001000", "currentAddress": "示例路1号", "householdSettleType": "OWN_DWELLING",
		"targetDivision": "230102001001", "targetAddress": "示例路1号", "medicalSchemeType": "EMPLOYEE",
	}
	for range given { // whom a field is not asked need not answer it
		answers := []any{}
		for field, value := range given {
			answers = append(answers, map[string]any{"field": field, "value": value})
		}
		k.get(as, `mutation($in: SubmitCaseInput!) { submitCase(input: $in) { problems { field reason } case { id items { id matter { code } } } } }`,
			map[string]any{"in": map[string]any{"idempotencyKey": "enrolment-" + as, "veteranId": k.heroes[hero], "matters": []string{"M01", "M04", "M09"}, "answers": answers}}, &done)
		for _, p := range done.SubmitCase.Problems {
			if p.Reason == "FIELD_NOT_ON_FORM" {
				delete(given, p.Field)
			}
		}
		if done.SubmitCase.Case != nil {
			break
		}
	}
	if done.SubmitCase.Case == nil {
		k.t.Fatal(done.SubmitCase.Problems)
	}
	for _, it := range done.SubmitCase.Case.Items[:2] {
		k.until(it.Matter.Code+" is there", func() bool { return k.medical(as, done.SubmitCase.Case.ID, it.Matter.Code).State == "RECEIVED" })
		if err := k.hub.Fleet.DecideNow(k.t.Context(), it.ID, port.Approved); err != nil {
			k.t.Fatal(err)
		}
	}
	return done.SubmitCase.Case.ID
}

// medical is an item of a case as somebody sees it.
func (k *talk) medical(as, caseID, matter string) enrolmentItem {
	k.t.Helper()
	var got struct {
		Case struct{ Items []enrolmentItem }
	}
	k.get(as, `query($c: ID!) { case(id: $c) { items { `+enrolmentFields+` } } }`, map[string]any{"c": caseID}, &got)
	i := slices.IndexFunc(got.Case.Items, func(it enrolmentItem) bool { return it.Matter.Code == matter })
	if i < 0 {
		k.t.Fatalf("no %s", matter)
	}
	return got.Case.Items[i]
}

// Before a medical enrolment is sent, province and nation are asked whether the
// person is enrolled (医保跨层级数据核验): nobody is enrolled twice, what was
// suspended is resumed, who is enrolled elsewhere is told what to do first and
// rejected by nobody, and a silent department is asked again.
func TestEnrolmentBeforeDispatch(t *testing.T) {
	t.Parallel()
	for name, database := range map[string]func(testing.TB) string{"sqlite": storetest.SQLite, "postgres": storetest.PostgreSQL} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			k := open(t, database(t), noon)
			k.enrolled()
			k.enrolledElsewhere()
			k.enrolmentUnanswered()
		})
	}
}

func (k *talk) enrolled() {
	for hero, tt := range []struct{ status, as string }{{"NONE", "ENROL"}, {"ACTIVE_HERE", "CHANGE"}, {"SUSPENDED", "RESUME"}} {
		k.register("HSA", "medicalEnrolmentStatus", hero, tt.status)
		as := fmt.Sprintf("veteran%d", hero)
		id := k.enrolment(hero)
		var it enrolmentItem
		k.until("the medical bureau has "+tt.status, func() bool { it = k.medical(as, id, "M09"); return it.State == "RECEIVED" })
		if c := it.DispatchCheck; c == nil || c.Answer != tt.status || c.Held || c.SentAs == nil || *c.SentAs != tt.as || c.Words.Zh == "" || c.Words.En == "" {
			k.t.Errorf("%s: %+v", tt.status, c)
		}
		sent, err := k.hub.Fleet.Fields(k.t.Context(), it.ID)
		if err != nil || sent["DJLX"] != tt.as {
			k.t.Errorf("%s was sent as %v, %v", tt.status, sent["DJLX"], err)
		}
		if c := k.medical("analyst", id, "M09").DispatchCheck; c != nil {
			k.t.Errorf("who counts sees %+v", c)
		}
		if it := k.medical("officer-hsa", id, "M09"); it.DispatchCheck == nil {
			k.t.Error("the officer does not see what their own register said")
		}
		if err := k.hub.Fleet.DecideNow(k.t.Context(), it.ID, port.Approved); err != nil {
			k.t.Fatal(err)
		}
		k.until("the end of "+tt.status, func() bool { return k.medical(as, id, "M09").State == "APPROVED" })
	}
}

func (k *talk) enrolledElsewhere() {
	k.register("HSA", "medicalEnrolmentStatus", 3, "ACTIVE_ELSEWHERE")
	id := k.enrolment(3)
	var it enrolmentItem
	k.until("the item is held", func() bool { it = k.medical("veteran3", id, "M09"); return it.State == "CORRECTION" })
	if c := it.DispatchCheck; c == nil || !c.Held || it.DispatchedAt != nil || len(it.Corrections) != 1 {
		k.t.Fatalf("elsewhere: %+v", it)
	}
	if sent, err := k.hub.Fleet.Fields(k.t.Context(), it.ID); err == nil {
		k.t.Errorf("it left all the same: %v", sent)
	}
	var told struct {
		Veteran struct {
			Notifications []struct {
				Kind string
				Body struct{ Zh, En string }
			}
		}
	}
	k.get("veteran3", `query($id: ID!) { veteran(id: $id) { notifications { kind body { zh en } } } }`, map[string]any{"id": k.heroes[3]}, &told)
	n := slices.IndexFunc(told.Veteran.Notifications, func(n struct {
		Kind string
		Body struct{ Zh, En string }
	}) bool {
		return n.Kind == "ITEM_HELD"
	})
	if n < 0 || !strings.Contains(told.Veteran.Notifications[n].Body.Zh, "原参保地") {
		k.t.Errorf("the veteran hears %+v", told.Veteran.Notifications)
	}
	// They say that it is done, and it is not: held again. Then it is.
	mended := `mutation($i: ID!) { supplementItem(input: {itemId: $i}) { problems { reason } item { state } } }`
	var done struct {
		SupplementItem struct{ Problems []struct{ Reason string } }
	}
	k.get("veteran3", mended, map[string]any{"i": it.ID}, &done)
	k.until("it is held again", func() bool {
		it = k.medical("veteran3", id, "M09")
		return it.State == "CORRECTION" && len(it.Corrections) == 2
	})
	k.register("HSA", "medicalEnrolmentStatus", 3, "NONE")
	k.get("veteran3", mended, map[string]any{"i": it.ID}, &done)
	k.until("it is sent", func() bool { it = k.medical("veteran3", id, "M09"); return it.State == "RECEIVED" })
	if it.DispatchCheck == nil || it.DispatchCheck.Answer != "NONE" || it.Round != 2 {
		k.t.Errorf("after the transfer: %+v", it)
	}
}

func (k *talk) enrolmentUnanswered() {
	k.register("HSA", "medicalEnrolmentStatus", 4, "SOMETHING_NEW") // which the catalogue does not know
	id := k.enrolment(4)
	asked := k.lookups()
	k.until("it is asked more than once", func() bool { return k.lookups() >= asked+2 })
	if err := k.hub.Fleet.SetFault("HSA", department.Fault{ErrorRate: 1}); err != nil {
		k.t.Fatal(err)
	}
	var owed struct {
		Case struct {
			Obligations []struct {
				OwedBy  string
				EndedAt *string
				Matter  *struct{ Code string }
			}
		}
	}
	k.get("veteran4", `query($c: ID!) { case(id: $c) { obligations { owedBy endedAt matter { code } } } }`, map[string]any{"c": id}, &owed)
	n := 0
	for _, o := range owed.Case.Obligations {
		if o.Matter != nil && o.Matter.Code == "M09" && o.EndedAt == nil && o.OwedBy == "HUB" {
			n++
		}
	}
	if it := k.medical("veteran4", id, "M09"); it.State != "READY" || it.DispatchCheck != nil || it.DispatchedAt != nil || n != 1 {
		k.t.Errorf("while nobody answers: %+v, %+v", it, owed)
	}
	k.register("HSA", "medicalEnrolmentStatus", 4, "NONE")
	if err := k.hub.Fleet.SetFault("HSA", department.Fault{}); err != nil {
		k.t.Fatal(err)
	}
	k.until("it is asked again and sent", func() bool { return k.medical("veteran4", id, "M09").State == "RECEIVED" })
}
