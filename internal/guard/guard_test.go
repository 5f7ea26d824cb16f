package guard_test

import (
	"context"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/vetgraph/vetgraph/ent/gen"
	"github.com/vetgraph/vetgraph/ent/gen/dispute"
	"github.com/vetgraph/vetgraph/ent/gen/paymentroll"
	"github.com/vetgraph/vetgraph/ent/gen/subsidy"
	"github.com/vetgraph/vetgraph/ent/gen/task"
	"github.com/vetgraph/vetgraph/internal/access"
	"github.com/vetgraph/vetgraph/internal/catalog"
	"github.com/vetgraph/vetgraph/internal/division"
	"github.com/vetgraph/vetgraph/internal/fault"
	"github.com/vetgraph/vetgraph/internal/lifecycle"
	"github.com/vetgraph/vetgraph/internal/population"
	"github.com/vetgraph/vetgraph/internal/profile"
	"github.com/vetgraph/vetgraph/internal/store"
	"github.com/vetgraph/vetgraph/internal/store/storetest"
	"github.com/vetgraph/vetgraph/internal/vault"
	"github.com/vetgraph/vetgraph/internal/workday"
)

// doors are counts of every entity of the record.
func doors(c *gen.Client) map[string]func(context.Context) (int, error) {
	return map[string]func(context.Context) (int, error){
		"veterans": c.Veteran.Query().Count, "backgrounds": c.Background.Query().Count, "contacts": c.Contact.Query().Count,
		"household entries": c.HouseholdEntry.Query().Count, "identity cards": c.IdentityCard.Query().Count,
		"service periods": c.ServicePeriod.Query().Count, "ranks": c.Rank.Query().Count, "awards": c.Award.Query().Count,
		"discharges": c.Discharge.Query().Count, "settlements": c.Settlement.Query().Count, "disabilities": c.Disability.Query().Count,
		"employment records": c.EmploymentRecord.Query().Count, "trainings": c.Training.Query().Count, "guidances": c.Guidance.Query().Count,
		"training subsidies": c.TrainingSubsidy.Query().Count, "enrolments": c.Enrolment.Query().Count,
		"social-security cards": c.SocialSecurityCard.Query().Count, "army relations": c.ArmyRelation.Query().Count,
		"economic subsidies": c.EconomicSubsidy.Query().Count, "preferential cards": c.PreferentialCard.Query().Count,
		"pension relations": c.PensionRelation.Query().Count,
		"cases":             c.CaseFile.Query().Count, "items": c.Item.Query().Count, "materials": c.Material.Query().Count, "events": c.Event.Query().Count,
		"catalogue versions": c.CatalogVersion.Query().Count, "calendar years": c.CalendarYear.Query().Count, "port orders": c.PortOrder.Query().Count, "slots": c.Slot.Query().Count,
		"pre-reviews": c.PreReview.Query().Count, "corrections": c.Correction.Query().Count, "pauses": c.Pause.Query().Count,
		"obligations": c.Obligation.Query().Count, "tasks": c.Task.Query().Count, "violations": c.Violation.Query().Count,
		"appointments": c.Appointment.Query().Count, "mandates": c.Mandate.Query().Count, "ratings": c.Rating.Query().Count,
		"notifications": c.Notification.Query().Count, "identity checks": c.IdentityCheck.Query().Count, "disputes": c.Dispute.Query().Count,
		"subsidies": c.Subsidy.Query().Count, "payment rolls": c.PaymentRoll.Query().Count, "payment lines": c.PaymentLine.Query().Count,
		"sayings": c.Saying.Query().Count, "consents": c.Consent.Query().Count, "slice uses": c.SliceUse.Query().Count, "client assertions": c.ClientAssertion.Query().Count, "announcements": c.Announcement.Query().Count,
		"receipts": c.Receipt.Query().Count, "receipt heads": c.ReceiptHead.Query().Count, "receipt persons": c.ReceiptPerson.Query().Count, "receipt checkpoints": c.ReceiptCheckpoint.Query().Count,
		"receipt cosignatures": c.ReceiptCosignature.Query().Count, "administrative acts": c.AdministrativeAct.Query().Count, "restrictions": c.Restriction.Query().Count,
		"persons by edge": c.CaseFile.Query().QueryVeteran().Count,
	}
}

// The policy speaks of every entity of the record, and of nothing else.
func TestPolicySpeaksOfEveryEntity(t *testing.T) {
	var entities []string
	for f := range reflect.TypeFor[gen.Client]().Fields() {
		if name, ok := strings.CutSuffix(f.Type.String(), "Client"); ok && f.IsExported() {
			entities = append(entities, strings.TrimPrefix(name, "*gen."))
		}
	}
	slices.Sort(entities)
	if got := access.Builtin().Entities(); !slices.Equal(got, entities) {
		t.Errorf("the policy speaks of %v, the record has %v", got, entities)
	}
}

// Every entity, every kind of viewer: only a machine sees all, a stranger sees
// nothing, and what anybody sees is never more than what lies in their sight.
func TestReads(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ids := populate(t, s)
		machine := counts(t, s, access.AsMachine(t.Context(), "test"))
		for name := range machine {
			if machine[name] == 0 {
				t.Fatalf("the test has no %s", name)
			}
		}
		for kind, v := range map[string]*access.Viewer{
			"stranger":            {ID: "x", Kind: access.Veteran, Self: "v-nobody"},
			"veteran without ID":  {ID: "x", Kind: access.Veteran},
			"clerk of nowhere":    {ID: "x", Kind: access.Clerk},
			"clerk of elsewhere":  {ID: "x", Kind: access.Clerk, Division: "110000000000"},
			"clerk of a wildcard": {ID: "x", Kind: access.Clerk, Division: "23%"},
			"officer of nothing":  {ID: "x", Kind: access.Officer, Division: "230000000000"},
			"officer elsewhere":   {ID: "x", Kind: access.Officer, Department: "PS", Division: "110000000000"},
			"partner":             {ID: "x", Kind: access.Partner, Division: "230000000000"},
			"operator":            {ID: "x", Kind: access.Operator, Division: "230000000000"},
			"unheard of":          {ID: "x", Kind: "KING", Division: "230000000000", Self: ids[0]},
		} {
			for name, n := range counts(t, s, access.With(t.Context(), v)) {
				if n != 0 && name != "slots" { // opening hours are public
					t.Errorf("%s sees %d %s", kind, n, name)
				}
			}
		}
		for kind, tt := range map[access.Kind]struct{ all, none []string }{
			access.Analyst: {
				all:  append([]string{"slots"}, counted...),
				none: slices.Concat([]string{"mandates", "notifications", "identity checks", "consents", "slice uses", "client assertions", "announcements", "disputes", "subsidies", "payment rolls", "payment lines", "tasks", "violations", "catalogue versions", "calendar years", "port orders"}, logged, personal),
			},
			access.Supervisor: {
				all:  append([]string{"slots", "tasks", "violations", "disputes", "subsidies", "payment rolls"}, counted...),
				none: slices.Concat([]string{"mandates", "notifications", "identity checks", "consents", "slice uses", "client assertions", "announcements", "payment lines", "catalogue versions", "calendar years", "port orders"}, logged, personal),
			},
			access.Auditor: {
				all:  append([]string{"slots", "tasks", "violations", "disputes", "subsidies", "payment rolls"}, counted...),
				none: slices.Concat([]string{"mandates", "notifications", "identity checks", "consents", "slice uses", "client assertions", "announcements", "payment lines", "catalogue versions", "calendar years", "port orders"}, logged, personal),
			},
			access.Clerk: {
				all:  append(append([]string{"slots"}, personal...), counted...),
				none: append([]string{"mandates", "notifications", "identity checks", "consents", "slice uses", "client assertions", "announcements", "disputes", "subsidies", "payment rolls", "payment lines", "tasks", "violations", "catalogue versions", "calendar years", "port orders"}, logged...),
			},
		} {
			got := counts(t, s, access.With(t.Context(), &access.Viewer{ID: "x", Kind: kind, Division: "230000000000"}))
			for _, name := range tt.all {
				if got[name] != machine[name] {
					t.Errorf("the province's %s sees %d of %d %s", kind, got[name], machine[name], name)
				}
			}
			for _, name := range tt.none {
				if got[name] != 0 {
					t.Errorf("%s sees %d %s", kind, got[name], name)
				}
			}
			if len(tt.all)+len(tt.none) != len(machine) {
				t.Errorf("%s: the test speaks of %d of %d entities", kind, len(tt.all)+len(tt.none), len(machine))
			}
		}
		agent := counts(t, s, access.With(t.Context(), &access.Viewer{ID: "clerk", Kind: access.Clerk, Division: "230000000000"}))
		if agent["mandates"] != machine["mandates"] {
			t.Errorf("the agent sees %d of %d mandates", agent["mandates"], machine["mandates"])
		}
	})
}

// What tells where cases stand, and what tells who people are.
var (
	counted  = []string{"cases", "items", "materials", "events", "pre-reviews", "corrections", "pauses", "obligations", "appointments", "ratings"}
	logged   = []string{"receipts", "receipt persons", "receipt heads", "receipt checkpoints", "receipt cosignatures", "administrative acts", "restrictions"} // for whom their rooms ask
	personal = []string{
		"veterans", "backgrounds", "contacts", "household entries", "identity cards", "service periods", "ranks", "awards", "discharges", "settlements",
		"disabilities", "employment records", "trainings", "guidances", "training subsidies", "enrolments", "social-security cards", "army relations",
		"economic subsidies", "preferential cards", "pension relations", "sayings", "persons by edge",
	}
)

// A veteran sees themself, an officer only their department's items, whatever else
// the case holds, and only the people behind them.
func TestSights(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ids := populate(t, s)
		own := access.With(t.Context(), &access.Viewer{Kind: access.Veteran, Self: ids[0]})
		for _, v := range s.Read.Veteran.Query().AllX(own) {
			if v.ID != ids[0] {
				t.Errorf("a veteran sees %s", v.ID)
			}
		}
		for _, f := range s.Read.Discharge.Query().AllX(own) {
			if f.VeteranID != ids[0] {
				t.Errorf("a veteran sees the discharge of %s", f.VeteranID)
			}
		}
		officer := access.With(t.Context(), &access.Viewer{Kind: access.Officer, Department: "PS", Division: "230000000000"})
		items := s.Read.Item.Query().AllX(officer)
		for _, it := range items {
			if it.Department != "PS" {
				t.Errorf("the police see an item of %s", it.Department)
			}
		}
		for _, e := range s.Read.Event.Query().AllX(officer) {
			if e.Matter != "" && e.Matter != "M04" {
				t.Errorf("the police see what happened to %s", e.Matter)
			}
		}
		for _, o := range s.Read.Obligation.Query().AllX(officer) {
			if o.Department != "PS" {
				t.Errorf("the police see what %s owes", o.Department)
			}
		}
		for name, n := range map[string]int{
			"tasks of others":     s.Read.Task.Query().Where(task.DepartmentNEQ("PS")).CountX(officer),
			"disputes of others":  s.Read.Dispute.Query().Where(dispute.DepartmentNEQ("PS")).CountX(officer),
			"subsidies of others": s.Read.Subsidy.Query().Where(subsidy.DepartmentNEQ("PS")).CountX(officer),
			"rolls of others":     s.Read.PaymentRoll.Query().Where(paymentroll.DepartmentNEQ("PS")).CountX(officer),
			"payment lines":       s.Read.PaymentLine.Query().CountX(officer),
			"pauses of others":    s.Read.Pause.Query().CountX(officer) - len(items),
		} {
			if n != 0 {
				t.Errorf("the police see %d %s", n, name)
			}
		}
		for name, got := range counts(t, s, own) {
			if all := counts(t, s, access.AsMachine(t.Context(), "test")); name != "slots" && got == all[name] {
				t.Errorf("a veteran sees all %s", name)
			}
		}
		if n, m := len(items), s.Read.Veteran.Query().CountX(officer); n == 0 || n != m {
			t.Errorf("the police see %d items and %d people", n, m)
		}
		one := s.Read.Veteran.Query().FirstX(access.AsMachine(t.Context(), "test"))
		clerk := access.With(t.Context(), &access.Viewer{Kind: access.Clerk, Division: one.Division})
		for _, v := range s.Read.Veteran.Query().AllX(clerk) {
			if !division.Within(v.Division, one.Division) {
				t.Errorf("a clerk of %s sees a person of %s", one.Division, v.Division)
			}
		}
	})
}

func counts(t *testing.T, s *store.Store, ctx context.Context) map[string]int { //nolint:revive // the context is what varies
	t.Helper()
	out := map[string]int{}
	for name, count := range doors(s.Read) {
		if _, err := count(t.Context()); fault.Of(err).Kind != fault.SignedOut {
			t.Errorf("nobody is answered %s: %v", name, err)
		}
		n, err := count(ctx)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		out[name] = n
	}
	return out
}

var (
	now   = time.Date(2026, 11, 23, 4, 0, 0, 0, time.UTC)
	today = workday.FromTime(now)
)

// process writes what the handling of a case leaves behind, all of it of
// veterans affairs.
func process(ctx context.Context, tx store.Tx, v *gen.Veteran, c string, now time.Time) {
	tx.Ent.PreReview.Create().SetID(c + "r").SetCaseID(c).SetDivision(v.Division).SetAskedAt(now).SetDueOn(today).ExecX(ctx)
	tx.Ent.Task.Create().SetID(c + "t").SetKind("SILENCE").SetSubject(c).SetDepartment("VA").SetDivision(v.Division).SetAssignee("x").SetAssigneeName("x").
		SetWords("x").SetOpenedAt(now).SetDueOn(today).ExecX(ctx)
	tx.Ent.Violation.Create().SetID(c + "v").SetCaseID(c).SetKind("SECOND_RETURN").SetOwner("x").SetDepartment("VA").SetDivision(v.Division).SetLaw("x").SetWords("x").SetAt(now).ExecX(ctx)
	tx.Ent.Appointment.Create().SetID(c + "a").SetCaseID(c).SetVeteranID(v.ID).SetSlotID("s").SetDivision(v.Division).SetWindow("w").SetDay(today).SetStarts(540).SetEnds(570).
		SetMatters([]string{"M04"}).SetCreatedAt(now).SetUpdatedAt(now).ExecX(ctx)
	tx.Ent.Mandate.Create().SetID(c + "m").SetVeteranID(v.ID).SetAgent("clerk").SetDivision(v.Division).SetMatters([]string{"M04"}).SetFields([]string{"mobile"}).
		SetUntil(today).SetRequestedAt(now).SetRequestedBy("clerk").ExecX(ctx)
	tx.Ent.Rating.Create().SetID(c + "g").SetCaseID(c).SetVeteranID(v.ID).SetMatter("M01").SetDepartment("VA").SetDivision(v.Division).SetRound(1).SetGrade(5).SetRatedAt(now).ExecX(ctx)
	tx.Ent.Notification.Create().SetID(c + "n").SetVeteranID(v.ID).SetCaseID(c).SetDivision(v.Division).SetKind("TEST").SetCreatedAt(now).ExecX(ctx)
	tx.Ent.IdentityCheck.Create().SetID(c + "i").SetVeteranID(v.ID).SetSession("s").SetPort("ps.faceMatch").SetReference("1").SetAskedAt(now).SetTicketUntil(now).ExecX(ctx)
	tx.Ent.Consent.Create().SetID(c + "o").SetVeteranID(v.ID).SetSlice("bus").SetVersion(2).SetNotice("x").SetGrantedAt(now).SetUntil(now.Add(time.Hour)).ExecX(ctx)
	tx.Ent.Subsidy.Create().SetID(c + "s").SetVeteranID(v.ID).SetCaseID(c).SetItemID(c + "VA").SetMatter("M02").SetDepartment("VA").SetDivision(v.Division).
		SetAmountFen(1).SetMonths(24).SetReckoning(nil).SetApprovedAt(now).ExecX(ctx)
	tx.Ent.PaymentRoll.Create().SetID(c + "l").SetDepartment("VA").SetDivision(v.Division).SetMonth(c[4:]).SetPart(1).SetOpenedAt(now).ExecX(ctx)
	tx.Ent.PaymentLine.Create().SetID(c + "p").SetRollID(c + "l").SetSubsidyID(c + "s").SetAttempt(1).SetAmountFen(1).SetAccountSealed([]byte{1}).ExecX(ctx)
	tx.Ent.Dispute.Create().SetID(c + "d").SetVeteranID(v.ID).SetElement("name").SetDepartment("VA").SetDivision(v.Division).SetOpenedAt(now).SetDueOn(today).ExecX(ctx)
}

// populate writes people and, for every third of them, a case with an item of the
// police and one of veterans affairs.
func populate(t *testing.T, s *store.Store) []string {
	t.Helper()
	ctx := access.AsMachine(t.Context(), "test")
	v, err := vault.New(vault.Generate())
	if err != nil {
		t.Fatal(err)
	}
	cat, err := catalog.Builtin()
	if err != nil {
		t.Fatal(err)
	}
	p := &profile.Profile{Store: s, Vault: v, Catalog: func() *catalog.Catalog { return cat }, Divisions: division.Builtin(), Now: func() time.Time { return now }}
	if err := population.Write(ctx, p, 1, 300, nil); err != nil {
		t.Fatal(err)
	}
	people := s.Read.Veteran.Query().AllX(ctx)
	ids := make([]string, len(people))
	err = s.InTx(ctx, func(ctx context.Context, tx store.Tx) error {
		tx.Ent.CalendarYear.Create().SetID("2027").SetSchedule([]byte{1}).SetLoadedAt(now).SetLoadedBy("x").ExecX(ctx)
		tx.Ent.PortOrder.Create().SetID("o").SetPort("ps.x").SetKind("PAUSE").SetOrderedBy("x").SetOrderedAt(now).ExecX(ctx)
		tx.Ent.Slot.Create().SetID("s").SetDivision(people[0].Division).SetWindow("w").SetDay(today).SetStarts(540).SetEnds(570).SetCapacity(1).ExecX(ctx)
		tx.Ent.Receipt.Create().SetID(0).SetAt(0).SetPerson([]byte{1}).SetBody([]byte{1}).SetHashes([]byte{1}).ExecX(ctx)
		tx.Ent.ReceiptPerson.Create().SetID(0).SetPerson([]byte{1}).ExecX(ctx)
		tx.Ent.ReceiptHead.Create().SetID(1).SetOrigin("x").SetSize(0).SetRoot([]byte{1}).ExecX(ctx)
		tx.Ent.ReceiptCheckpoint.Create().SetID(1).SetNote([]byte{1}).SetSignedAt(now).ExecX(ctx)
		tx.Ent.ReceiptCosignature.Create().SetID("1 x").SetSize(1).SetWitness("x").SetLine([]byte{1}).ExecX(ctx)
		tx.Ent.AdministrativeAct.Create().SetID("a").SetAt(now).SetRole("OPERATOR").SetAccount("x").SetAct("x").SetDeed("x").ExecX(ctx)
		tx.Ent.Restriction.Create().SetID("r").SetKind("ACCOUNT").SetSubject("x").SetReason("x").SetRestrictedAt(now).SetRestrictedBy("x").ExecX(ctx)
		tx.Ent.SliceUse.Create().SetID("u").SetSlice("bus").SetDay(1).ExecX(ctx)
		tx.Ent.ClientAssertion.Create().SetID("a").SetUntil(now).ExecX(ctx)
		tx.Ent.Announcement.Create().SetID("w").SetSlice("bus").SetVeteranID("v").SetAt(1).SetKind("LEFT").ExecX(ctx)
		tx.Ent.CatalogVersion.Create().SetID("test").SetArchive([]byte{1}).SetLoadedAt(now).ExecX(ctx)
		for i, v := range people {
			if ids[i] = v.ID; i%3 > 0 {
				continue
			}
			tx.Ent.Saying.Create().SetID(v.ID + ":sy").SetVeteranID(v.ID).SetElement("name").SetSource("PS").SetAsOf(now).SetBasis("x").SetSince(now).SetHeardAt(now).ExecX(ctx)
			c := fmt.Sprint("case", i)
			tx.Ent.CaseFile.Create().SetID(c).SetNumber(c).SetVeteranID(v.ID).SetDivision(v.Division).SetCatalogVersion("test").
				SetMatters([]string{"M01", "M04"}).SetCreatedAt(now).SetUpdatedAt(now).ExecX(ctx)
			for j, d := range []string{"VA", "PS"} {
				it, m := fmt.Sprint(c, d), []string{"M01", "M04"}[j]
				if i%2 > 0 && d == "PS" {
					continue
				}
				tx.Ent.Item.Create().SetID(it).SetCaseID(c).SetVeteranID(v.ID).SetDivision(v.Division).SetMatter(m).SetDepartment(d).
					SetPosition(j).SetState(lifecycle.ItemReady).SetFinishDay(1).SetDueOn(workday.FromTime(now)).ExecX(ctx)
				tx.Ent.Correction.Create().SetID(it + "c").SetCaseID(c).SetItemID(it).SetRound(0).SetReturnedBy("x").SetReturnedAt(now).SetDueOn(today).ExecX(ctx)
				tx.Ent.Pause.Create().SetID(it + "p").SetCaseID(c).SetItemID(it).SetKind("CORRECTION").SetFromDay(today).SetReason("x").SetLaw("x").SetOrderedBy("x").ExecX(ctx)
				tx.Ent.Obligation.Create().SetID(it + "o").SetCaseID(c).SetItemID(it).SetKind("RESULT").SetOwedBy("DEPARTMENT").SetDepartment(d).
					SetDivision(v.Division).SetOpenedAt(now).SetHeardAt(now).SetWordBy(now).ExecX(ctx)
				tx.Ent.Event.Create().SetCaseID(c).SetItemID(it).SetMatter(m).SetKind("TEST").SetActorKind("MACHINE").SetActor("test").SetAt(now).ExecX(ctx)
			}
			process(ctx, tx, v, c, now)
			tx.Ent.Material.Create().SetID(c + "m").SetCaseID(c).SetCode("MAT01").SetNeededBy([]string{"M01"}).ExecX(ctx)
			tx.Ent.Event.Create().SetCaseID(c).SetKind("TEST").SetActorKind("MACHINE").SetActor("test").SetAt(now).ExecX(ctx)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return ids
}
