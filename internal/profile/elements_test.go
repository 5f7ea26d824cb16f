package profile_test

import (
	"context"
	"fmt"
	"maps"
	"reflect"
	"strings"
	"testing"

	"github.com/vetgraph/vetgraph/internal/catalog"
	"github.com/vetgraph/vetgraph/internal/fact"
	"github.com/vetgraph/vetgraph/internal/form"
	"github.com/vetgraph/vetgraph/internal/profile"
	"github.com/vetgraph/vetgraph/internal/store"
	"github.com/vetgraph/vetgraph/internal/store/storetest"
	"github.com/vetgraph/vetgraph/internal/workday"
)

// told is what the person of whom everything is known tells.
var told = map[string]any{
	"name": "王小明", "gender": "1", "birthDate": "1999-03-05", "ethnicity": "11", "maritalStatus": "10",
	"education": "30", "politicalStatus": "01", "idValidTo": "2046-02-28",
	"mobile": "19900000001", "currentDivision": "230102000000", "currentAddress": "田地街1号",
	"priorHukouDivision": "230103000000", "priorHukouAddress": "旧街2号", "hukouCancelDate": "2020-09-01",
	"targetPoliceStation": "兆麟派出所", "hukouAddress": "田地街1号", "hasLocalHukou": true,
	"enlistDate": "2018-09-01", "enlistDivision": "230103000000", "serviceBranch": "ARMY", "serviceUnit": "32001部队",
	"militarySpecialty": "通信", "combatExperience": false, "militaryRank": "SGT", "awards": []string{"MERIT_3"},
	"dischargeDate": "2026-09-01", "personnelCategory": "NCO", "dischargeReason": "TERM_EXPIRED",
	"dischargeCertType": "03", "dischargeCertNo": "军退字1号", "adminLetterNo": "介1", "reserveEligible": true,
	"settlementMode": "SELF_EMPLOYMENT", "settlementDivision": "230102000000", "relocationReason": "SPOUSE_HUKOU",
	"disabilityGrade": "8", "disabilityNature": "DUTY", "disabilityCertNo": "军残1号", "disabilityAuthority": "某部",
	"enrolDivision": "230102000000", "pensionSchemeType": "EMPLOYEE", "priorPensionDivision": "230103000000",
	"medicalSchemeType": "EMPLOYEE", "priorMedicalDivision": "230103000000",
	"hasSocialSecurityCard": true, "ssCardBank": "ICBC", "preferentialCardBarred": false, "prefCardBank": "ABC", "employmentStatus": "70",
	"armyPensionVoucherNo": "养1", "armyPensionMonths": 96, "armyPensionAmount": 80000.01,
	"armyMedicalVoucherNo": "医1", "armyMedicalAmount": 0.5, "annuityAmount": 1234.56,
}

// untold is what the profile deliberately does not know, with the reason.
var untold = map[string]string{
	"medicalEnrolmentStatus":  "asked live of HSA over all levels, right before submission; a mirror of it would be old",
	"medicalRegistrationKind": "told with an item after what was answered before it was sent; no fact of a person",
	"identityCheckState":      "of one check, not of a person", "identityCheckPage": "of one check, not of a person", "identityCheckUntil": "of one check, not of a person",
	"identityCheckReference": "of one check, not of a person", "identityCheckLevel": "of one check, not of a person",
	"occupation":    "asked anew: the register of employment keeps a status, not an occupation",
	"healthStatus":  "asked anew: sensitive, and nobody keeps the record of it",
	"photo":         "a file of the case",
	"fingerprint":   "taken by the police, never stored here",
	"idApplyReason": "an intention of this application", "deliveryMode": "an intention of this application", "deliveryAddress": "an intention of this application",
	"unitContactName": "another person's data, of use for one case", "unitContactPhone": "another person's data, of use for one case",
	"serviceYears":        "computed by the form from two dates",
	"householdSettleType": "an intention of this application", "targetDivision": "an intention of this application", "targetAddress": "an intention of this application",
	"hostName": "another person's data, of use for one case", "hostCitizenId": "another person's data, of use for one case",
	"hostRelation": "another person's data, of use for one case", "hostPhone": "another person's data, of use for one case",
	"insuranceTypes": "an intention of this application",
	"ssCardBranch":   "an intention of this application",
	"bankName":       "an account is asked when money is to be paid, and not kept", "bankAccountNo": "an account is asked when money is to be paid, and not kept",
	"bankAccountName": "an account is asked when money is to be paid, and not kept",
	"trainingIntent":  "an intention of this application", "trainingOccupation": "an intention of this application", "trainingInstitution": "an intention of this application",
	"jobIntent": "an intention of this application", "startupIntent": "an intention of this application",
	"today": "of the day a rule is asked", "age": "computed by the form from the date of birth",
}

func builtin(t testing.TB) *catalog.Catalog {
	t.Helper()
	c, err := catalog.Builtin()
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// Every data element and derived fact of the catalogue is told, or deliberately not.
func TestEveryElement(t *testing.T) {
	c, q := builtin(t), full()
	known := q.Elements()
	told := maps.Clone(told)
	told["citizenId"] = q.Number.Reveal()
	var ids []string
	for _, f := range c.Fields {
		ids = append(ids, f.ID)
	}
	if len(ids) != 80 {
		t.Errorf("%d data elements", len(ids))
	}
	for _, f := range c.Derived {
		ids = append(ids, f.ID)
	}
	for _, id := range ids {
		want, mapped := told[id]
		if mapped == (untold[id] != "") {
			t.Errorf("%s must be either told or not, with a reason", id)
		}
		k, ok := known[id]
		if ok != mapped || mapped && (!reflect.DeepEqual(k.Value, want) || k.Source == "" || k.AsOf.IsZero() || k.Absent) {
			t.Errorf("%s: %v", id, k.Value)
		}
	}
	if len(known) != len(told) {
		t.Errorf("%d told, %d expected", len(known), len(told))
	}
	if k := known["dischargeDate"]; k.Source != "UNIT" || k.Basis != "test" || *k.ValidUntil != workday.Date(2030, 1, 1) {
		t.Errorf("provenance %+v", k)
	}
	if _, _, err := form.Settle(c, known, workday.Date(2026, 11, 23)); err != nil {
		t.Errorf("the form cannot read it: %v", err)
	}
}

// A source that says there is none is not one that says nothing.
func TestAbsent(t *testing.T) {
	q := full()
	q.IDCard = &profile.IDCard{Provenance: by("PS", 1), State: profile.None}
	q.Disability = &profile.Disability{Provenance: by("VA", 1)}
	q.Settlement.RelocationReason = ""
	q.SocialSecurityCard = &profile.SocialSecurityCard{Provenance: by("HRSS", 1), State: profile.None}
	q.Enrolments = []profile.Enrolment{
		{Provenance: by("HRSS", 1), Branch: profile.Social, State: profile.None},
		{Provenance: by("HRSS", 1), Branch: profile.Pension, State: profile.None},
		{Provenance: by("HSA", 1), Branch: profile.Medical, State: profile.None},
		{Provenance: by("HSA", 1), Branch: profile.Medical, State: profile.None, BeforeService: true},
	}
	q.Households = []profile.Household{{Provenance: by("PS", 1), Kind: profile.Prior, State: profile.Registered, Division: "230102000000"}}
	q.ArmyRelations = []profile.ArmyRelation{{Provenance: by("UNIT", 1), Kind: profile.Pension}, {Provenance: by("UNIT", 1), Kind: profile.Medical, VoucherNo: "医1"}}
	known := q.Elements()
	for _, id := range []string{"idValidTo", "disabilityGrade", "disabilityNature", "disabilityCertNo", "disabilityAuthority", "relocationReason",
		"enrolDivision", "pensionSchemeType", "priorMedicalDivision", "hukouCancelDate"} {
		if k, ok := known[id]; !ok || !k.Absent || k.Value != nil {
			t.Errorf("%s is not absent: %v", id, k.Value)
		}
	}
	for _, id := range []string{"medicalSchemeType", "priorPensionDivision", "hukouAddress", "armyMedicalAmount", "annuityAmount"} {
		if _, ok := known[id]; ok {
			t.Errorf("%s is said to be known", id)
		}
	}
	for id, want := range map[string]any{"hasSocialSecurityCard": false, "hasLocalHukou": true, "armyPensionMonths": 0, "armyPensionAmount": 0.0} {
		if known[id].Value != want {
			t.Errorf("%s: %v", id, known[id].Value)
		}
	}
}

// What a department says is what is then known, for all that has a place.
func TestRecord(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		p, q := open(t, s), full()
		q.Households, q.IDCard, q.Enrolments, q.Disability, q.SocialSecurityCard = nil, nil, nil, nil, nil
		put(t, p, q)
		id, said := p.VeteranID(q.Number), by("PS", 20)
		outputs := map[string]any{
			"hukouAddress": "新街3号", "idValidTo": profile.LongTerm, "enrolDivision": "230102000000", "disabilityCertNo": "黑军J1",
			"disabilityGrade": "8", "priorPensionDivision": nil, "priorHukouAddress": "旧街2号", "hukouCancelDate": "2020-09-01",
			"hasSocialSecurityCard": true, "employmentStatus": "24", "pensionSchemeType": "RESIDENT", "maritalStatus": "20",
			"somethingElse": 7.5,
		}
		if err := record(t, p, id, outputs, said); err != nil {
			t.Fatal(err)
		}
		got := get(t, p, q.Number)
		known := got.Elements()
		for field, want := range outputs {
			k, ok := known[field]
			if field == "somethingElse" {
				continue
			}
			if !ok || k.Value != want || k.Absent != (want == nil) || !k.AsOf.Equal(said.AsOf) || k.Source != "PS" {
				t.Errorf("%s: %v by %s", field, k.Value, k.Source)
			}
		}
		if known["hasLocalHukou"].Value != true || got.Identity.Name != "王小明" || known["education"].Value != "30" {
			t.Error("the rest must stay")
		}
		if err := record(t, p, id, map[string]any{"idValidTo": "2026-11-01"}, said); err != nil || get(t, p, q.Number).IDCard.State != "EXPIRED" {
			t.Errorf("a card of the past: %v", err)
		}
		if err := record(t, p, id, map[string]any{"hasLocalHukou": false, "idValidTo": nil}, said); err != nil {
			t.Error(err)
		}
		if known := get(t, p, q.Number).Elements(); known["hasLocalHukou"].Value != false || !known["idValidTo"].Absent {
			t.Error("no household, no card")
		}
	})
}

func TestRecordRefuses(t *testing.T) {
	s := storetest.Open(t, storetest.SQLite(t))
	p, q := open(t, s), full()
	put(t, p, q)
	id := p.VeteranID(q.Number)
	for field, v := range map[string]any{"idValidTo": "2026-13-01", "hukouAddress": 4711.0, "disabilityGrade": true, "hasLocalHukou": "4711", "hukouCancelDate": "4711", "employmentStatus": 4711} {
		err := record(t, p, id, map[string]any{field: v}, by("PS", 20))
		if err == nil || !strings.Contains(err.Error(), field) || strings.Contains(err.Error(), fmt.Sprint("be a ", v)) {
			t.Errorf("%s: %v", field, err)
		}
	}
	if record(t, p, "nobody", nil, by("PS", 20)) == nil {
		t.Error("recorded of nobody")
	}
}

func record(t *testing.T, p *profile.Profile, id string, outputs map[string]any, prov fact.Provenance) error {
	return p.Store.InTx(machine(t), func(ctx context.Context, tx store.Tx) error { return p.Record(ctx, tx, id, outputs, prov) })
}
