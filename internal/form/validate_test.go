package form_test

import (
	"encoding/json"
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/vetgraph/vetgraph/internal/catalog"
	"github.com/vetgraph/vetgraph/internal/form"
)

type places map[string]bool

func (p places) Known(code string) bool { return p[code] }

var against = form.Against{Today: day, Divisions: places{"230102000000": true, "230102": true}}

// held is what departments have told of a synthetic person.
func held() map[string]form.Known {
	return map[string]form.Known{
		"name": from("PS", "测试甲"), "citizenId": from("PS", "23010219990305001X"), "ethnicity": from("PS", "01"),
		"personnelCategory": from("VA", "CONSCRIPT"), "enlistDate": from("VA", "2024-09-01"), "dischargeDate": from("VA", "2026-10-10"),
	}
}

// good answers every question once, without faults.
func good() map[string]any {
	return map[string]any{
		"mobile": "13900000000", "currentDivision": "230102000000", "currentAddress": "测试路1号", "deliveryMode": "WINDOW",
		"occupation": "4", "healthStatus": "10", "photo": "file-1", "idApplyReason": "EXPIRED",
		"householdSettleType": "ORIGINAL", "targetDivision": "230102000000", "targetAddress": "测试路1号",
		"insuranceTypes": []any{"PENSION", "MEDICAL"}, "medicalSchemeType": "EMPLOYEE",
		"ssCardBank": "ICBC", "ssCardBranch": "测试支行", "prefCardBank": "ICBC",
		"bankName": "ICBC", "bankAccountNo": "6222020000000000000", "bankAccountName": "测试甲", "trainingIntent": false,
		"unitContactName": "测试乙", "unitContactPhone": "13900000001",
	}
}

func listed(values map[string]any) (answers []form.Answer) {
	for _, id := range slices.Sorted(maps.Keys(values)) {
		answers = append(answers, form.Answer{Field: id, Value: values[id]})
	}
	return answers
}

func reasons(problems []form.Problem) map[string]string {
	out := map[string]string{}
	for _, p := range problems {
		out[p.Field] = strings.TrimSpace(out[p.Field] + " " + p.Reason)
	}
	return out
}

func TestGoodAnswersHaveNoProblems(t *testing.T) {
	clean, problems := form.Validate(merge(t, held()), listed(good()), against)
	if len(problems) > 0 {
		t.Fatalf("%v", problems)
	}
	if len(clean) != len(good()) || !reflect.DeepEqual(clean["insuranceTypes"], []string{"PENSION", "MEDICAL"}) {
		t.Errorf("%v", clean)
	}
}

func TestValidate(t *testing.T) {
	const missing = "\x00missing"
	for _, tc := range []struct {
		name  string
		field string
		value any
		want  string // reasons about that field
	}{
		{"missing", "mobile", missing, form.ValueMissing},
		{"emptied though required", "mobile", nil, form.ValueMissing},
		{"blank though required", "mobile", " 　 ", form.ValueMissing},
		{"optional may be emptied", "jobIntent", nil, ""},
		{"number for text", "mobile", 13900000000.0, form.ValueWrongType},
		{"text for yes or no", "trainingIntent", "true", form.ValueWrongType},
		{"map for text", "mobile", map[string]any{"a": 1}, form.ValueWrongType},
		{"pattern", "mobile", "23900000000", form.ValuePattern},
		{"trimmed", "mobile", "  13900000000\t", ""},
		{"too long", "currentAddress", strings.Repeat("长", 201), form.ValueTooLong},
		{"characters are counted, not bytes", "currentAddress", strings.Repeat("长", 200), ""},
		{"far too long", "currentAddress", strings.Repeat("x", 1<<20), form.ValueTooLong},
		{"invalid UTF-8", "currentAddress", "a\xffb", form.ValueNotText},
		{"control character", "currentAddress", "a\x00b", form.ValueNotText},
		{"direction mark", "currentAddress", "a\u202eb", form.ValueNotText},
		{"code not in list", "deliveryMode", "PIGEON", form.ValueNotInList},
		{"list item not in list", "insuranceTypes", []any{"PENSION", "PIGEON"}, form.ValueNotInList},
		{"list repeats", "insuranceTypes", []string{"PENSION", "PENSION"}, form.ListRepeats},
		{"list with an empty item", "insuranceTypes", []any{""}, form.ValueTooShort},
		{"list with a number", "insuranceTypes", []any{1}, form.ValueWrongType},
		{"endless list", "insuranceTypes", make([]string, 1000), form.ListTooLong},
		{"empty list though required", "insuranceTypes", []any{}, form.ValueMissing},
		{"division", "targetDivision", "999999000000", form.DivisionUnknown},
		{"division of six digits", "targetDivision", "230102", ""},
		{"card check digit", "bankAccountNo", "6222020000000000001", form.CardCheckDigit},
		{"short account without check digit", "bankAccountNo", "1234567890123", ""},
		{"somebody else's account", "bankAccountName", "测试丙", form.NameDiffers},
		{"own name with blanks", "bankAccountName", "测 试 甲", ""},
		{"no such field", "pigeon", "x", form.FieldUnknown},
		{"read-only, equal", "ethnicity", "01", ""},
		{"read-only, equal once tidied", "citizenId", " 23010219990305001x", ""},
		{"read-only, different", "ethnicity", "11", form.FieldReadOnly},
		{"a department holds it", "maritalStatus", "10", form.FieldOfDept},
		{"produced in the case", "hukouAddress", "测试路1号", form.FieldProduced},
		{"taken on site", "fingerprint", "x", form.FieldOnSite},
		{"computed, equal", "serviceYears", 2.5, ""},
		{"computed, different", "serviceYears", 9.0, form.FieldDerived},
		{"not needed", "hostName", "测试乙", form.FieldNotNeeded},
	} {
		t.Run(tc.name, func(t *testing.T) {
			values := good()
			if values[tc.field] = tc.value; tc.value == missing {
				delete(values, tc.field)
			}
			clean, problems := form.Validate(merge(t, held()), listed(values), against)
			got := reasons(problems)
			if got[tc.field] != tc.want {
				t.Errorf("%q, want %q", got[tc.field], tc.want)
			}
			if delete(got, tc.field); len(got) > 0 {
				t.Errorf("other fields: %v", got)
			}
			if _, kept := clean[tc.field]; kept && tc.want != "" {
				t.Error("a refused answer is kept")
			}
		})
	}
}

func TestAllProblemsAtOnce(t *testing.T) {
	answers := []form.Answer{{Field: "mobile", Value: "1"}, {Field: "mobile", Value: "2"}, {Field: "deliveryMode", Value: "POST"}, {Field: "householdSettleType", Value: "JOIN_RELATIVE"}, {Field: "hostCitizenId", Value: "230102199903050011"}, {Field: "trainingIntent", Value: true}, {Field: "nobody"}, {Field: "nobody"}}
	clean, problems := form.Validate(merge(t, held()), answers, against)
	got := reasons(problems)
	for field, want := range map[string]string{
		"mobile": form.FieldTwice, "deliveryAddress": form.ValueMissing, "hostName": form.ValueMissing, "hostCitizenId": "CITIZEN_NUMBER_CHECK_DIGIT",
		"trainingOccupation": form.ValueMissing, "trainingInstitution": "", "nobody": form.FieldUnknown, "occupation": form.ValueMissing,
	} {
		if got[field] != want {
			t.Errorf("%s: %q, want %q", field, got[field], want)
		}
	}
	if !maps.EqualFunc(clean, map[string]any{"deliveryMode": "POST", "householdSettleType": "JOIN_RELATIVE", "trainingIntent": true}, reflect.DeepEqual) {
		t.Errorf("kept %v", clean)
	}
	for _, p := range problems {
		if p.Zh == "" || p.En == "" || strings.Contains(p.Zh+p.En, "%") || strings.Contains(p.Zh+p.En, "2301") {
			t.Errorf("words of %s: %s / %s", p.Field, p.Zh, p.En)
		}
		if p.Reason != form.FieldUnknown && len(p.Matters) == 0 {
			t.Errorf("%s does not say which matter asks it", p.Field)
		}
	}
}

// TestConditionsFollowAnswers: an answer to a field that the answers make idle is
// reported, and what hung on it is looked at again.
func TestConditionsFollowAnswers(t *testing.T) {
	values := good()
	values["deliveryMode"], values["deliveryAddress"] = "POST", "测试路2号"
	if _, problems := form.Validate(merge(t, held()), listed(values), against); len(problems) > 0 {
		t.Errorf("%v", problems)
	}
	values["deliveryMode"] = "ELECTRONIC"
	if _, problems := form.Validate(merge(t, held()), listed(values), against); reasons(problems)["deliveryAddress"] != form.FieldNotNeeded {
		t.Errorf("%v", problems)
	}
	// An earlier answer may be typed over, and then decides.
	known := held()
	known["deliveryMode"] = from("APPLICANT", "POST")
	values["deliveryMode"] = "WINDOW"
	delete(values, "deliveryAddress")
	if _, problems := form.Validate(merge(t, known), listed(values), against); len(problems) > 0 {
		t.Errorf("%v", problems)
	}
}

// TestFieldsOfOtherMatters: a field that no chosen matter asks is refused by name.
func TestFieldsOfOtherMatters(t *testing.T) {
	_, problems := form.Validate(merge(t, held(), "M11"), []form.Answer{{Field: "bankName", Value: "ICBC"}}, against)
	if got := reasons(problems)["bankName"]; got != form.FieldNotOnForm {
		t.Errorf("%q", got)
	}
}

// TestDatesInOrder uses facts that the person claims, because no department told them.
func TestDatesInOrder(t *testing.T) {
	claimed := map[string]form.Known{"enlistDate": from("APPLICANT", "2024-09-01"), "dischargeDate": from("APPLICANT", "2026-10-10"), "settlementMode": from("APPLICANT", "SELF_EMPLOYMENT"), "personnelCategory": from("APPLICANT", "CONSCRIPT"), "idValidTo": from("APPLICANT", "2030-01-01")}
	for _, tc := range []struct {
		field string
		value any
		want  string
	}{
		{"dischargeDate", "2026-09-30", ""},
		{"dischargeDate", "2026-02-30", form.DateMalformed},
		{"dischargeDate", "30.9.2026", form.DateMalformed},
		{"dischargeDate", "0001-01-01", form.DateMalformed},
		{"dischargeDate", "2026-11-24", form.DateInFuture},
		{"dischargeDate", "2024-08-31", form.DateOrder},
		{"enlistDate", "2026-10-11", form.DateOrder},
		{"idValidTo", "2040-01-01", ""},
		{"idValidTo", "长期", ""},
		{"idValidTo", "永远", form.DateMalformed},
		{"settlementMode", "JOB_PLACEMENT", ""},
		{"settlementMode", "DEMOBILIZATION", form.ValueCombination},
	} {
		values := map[string]any{tc.field: tc.value}
		_, problems := form.Validate(merge(t, claimed), listed(values), against)
		if got := reasons(problems)[tc.field]; got != tc.want {
			t.Errorf("%s: %q, want %q", tc.field, got, tc.want)
		}
	}
}

func TestTooManyAnswers(t *testing.T) {
	_, problems := form.Validate(merge(t, nil), make([]form.Answer, 501), against)
	if len(problems) != 1 || problems[0].Reason != form.AnswersTooMany {
		t.Errorf("%v", problems)
	}
}

func TestValuesAreNotRepeated(t *testing.T) {
	values := map[string]any{"mobile": "secret", "23010219990305001X": 1, "hostCitizenId": "secret", "bankAccountNo": "secret", "insuranceTypes": []any{"secret"}, "currentDivision": "secret", "hostName": "se\x00cret"}
	_, problems := form.Validate(merge(t, nil), listed(values), against)
	text, err := json.Marshal(problems)
	if err != nil || strings.Contains(string(text), "secret") || strings.Contains(string(text), "2301") {
		t.Errorf("%s %v", text, err)
	}
}

// TestKeptTextIsTidy: kept text is trimmed and composed (NFC), so equal text has equal bytes.
func TestKeptTextIsTidy(t *testing.T) {
	clean, problems := form.Validate(merge(t, nil), []form.Answer{{Field: "jobIntent", Value: "\u3000 cafe\u0301 \n"}}, against)
	if clean["jobIntent"] != "caf\u00e9" || reasons(problems)["jobIntent"] != "" {
		t.Errorf("%q %v", clean["jobIntent"], problems)
	}
}

func TestComplete(t *testing.T) {
	f := merge(t, held())
	clean, problems := form.Validate(f, listed(good()), against)
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	full, err := f.Complete(clean)
	if err != nil {
		t.Fatal(err)
	}
	for field, want := range map[string]any{"name": "测试甲", "birthDate": "1999-03-05", "gender": "1", "serviceYears": 2.5, "mobile": "13900000000"} {
		if full[field] != want {
			t.Errorf("%s is %v, want %v", field, full[field], want)
		}
	}
	for _, field := range []string{"hostName", "hukouAddress", "fingerprint", "maritalStatus"} {
		if v, there := full[field]; there {
			t.Errorf("%s is %v", field, v)
		}
	}
}

func FuzzValidate(f *testing.F) {
	start, err := json.Marshal(listed(good()))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(start)
	f.Add([]byte(`[{"field":"mobile","value":"\u202e"},{"field":"","value":{}},{"field":"awards","value":[[]]},{"field":"idValidTo","value":"长期"}]`))
	f.Add([]byte(`[{"field":"insuranceTypes","value":["PENSION"]},{"field":"householdSettleType","value":"JOIN_RELATIVE"},{"field":"hostPhone","value":"0451-1234567"}]`))
	c, err := catalog.Builtin()
	if err != nil {
		f.Fatal(err)
	}
	known := held()
	known["jobIntent"] = from("APPLICANT", "x")
	joint, err := form.Merge(c, all(c), known, day)
	if err != nil {
		f.Fatal(err)
	}
	before, err := json.Marshal(joint)
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		var answers []form.Answer
		if json.Unmarshal(text, &answers) != nil {
			return
		}
		clean, problems := form.Validate(joint, answers, against)
		if after, err := json.Marshal(joint); err != nil || string(after) != string(before) {
			t.Fatal("the form changed", err)
		}
		for _, p := range problems {
			if p.Zh == "" || p.En == "" || p.Reason == "" || strings.Contains(p.Zh+p.En, "%!") {
				t.Fatalf("%+v", p)
			}
			if _, kept := clean[p.Field]; kept {
				t.Fatalf("%s is refused and kept", p.Field)
			}
		}
		again, _ := form.Validate(joint, listed(clean), against)
		if !reflect.DeepEqual(again, clean) {
			t.Fatalf("what was kept is not kept again: %v, %v", clean, again)
		}
		if _, err := joint.Complete(clean); err != nil {
			t.Fatal(err)
		}
	})
}

func BenchmarkValidate(b *testing.B) {
	f, answers := merge(b, held()), listed(good())
	for b.Loop() {
		if _, problems := form.Validate(f, answers, against); len(problems) > 0 {
			b.Fatal(problems)
		}
	}
}
