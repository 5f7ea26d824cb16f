package server

import (
	"github.com/vetgraph/vetgraph/internal/catalog"
	"github.com/vetgraph/vetgraph/internal/division"
	"github.com/vetgraph/vetgraph/internal/form"
	"github.com/vetgraph/vetgraph/internal/population"
	"github.com/vetgraph/vetgraph/internal/profile"
)

// answers are what a synthetic person types where a form asks, the same for the
// page's button and for example cases: settled in their own place, with numbers
// that belong to nobody.
func answers(cat *catalog.Catalog, places *division.Tree, q *profile.Person, i int, f *form.Form) []form.Answer {
	home := home(places, q.Division)
	typed := map[string]any{
		"mobile": population.Mobile(i), "currentDivision": home.Code, "currentAddress": "示例路1号",
		"targetDivision": home.Code, "targetAddress": "示例路1号", "householdSettleType": "OWN_DWELLING",
		"bankAccountNo": population.BankAccount(i), "bankAccountName": q.Identity.Name, "bankName": "ICBC",
		"ssCardBank": "ICBC", "ssCardBranch": "示例支行", "prefCardBank": "ICBC", "photo": "example-photo",
		"idApplyReason": "FIRST", "deliveryMode": "ELECTRONIC", "healthStatus": "10", "occupation": "4",
		"insuranceTypes": []any{"PENSION"}, "medicalSchemeType": "EMPLOYEE", "pensionSchemeType": "EMPLOYEE",
		"trainingIntent": false, "maritalStatus": "10", "education": "30", "politicalStatus": "13",
	}
	var out []form.Answer
	for _, s := range f.Sections {
		for _, field := range s.Fields {
			if field.Fill != form.Ask || !field.Required {
				continue
			}
			v, ok := typed[field.ID]
			if !ok {
				v = plausible(cat, field)
			}
			out = append(out, form.Answer{Field: field.ID, Value: v})
		}
	}
	return out
}

// home is the first village of a county, to live in.
func home(places *division.Tree, county string) division.Division {
	d, _ := places.Get(county)
	for below := places.Children(d.Code); len(below) > 0; below = places.Children(d.Code) {
		d = below[0]
	}
	return d
}

// plausible is a value of the right type for a field that nobody thought of.
func plausible(cat *catalog.Catalog, f form.Field) any {
	if list := cat.Codes[f.Codes]; list != nil && len(list.Items) > 0 {
		if f.Type == "list" {
			return []any{list.Items[0].Code}
		}
		return list.Items[0].Code
	}
	switch f.Type {
	case "bool":
		return false
	case "int", "decimal", "money":
		return 1
	case "date":
		return "2026-01-05"
	}
	return "示例"
}
