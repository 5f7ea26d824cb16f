package catalog_test

import (
	"strings"
	"testing"

	"github.com/vetgraph/vetgraph/internal/catalog"
)

const (
	all         = "M01 M02 M03 M04 M05 M06 M07 M08 M09 M10 M11 M12 M13"
	selfEmploy  = "M01 M02 M03 M04 M05 M06 M07 M08 M09 M10 M11 M12"
	validCard   = "M01 M02 M03 M04 M06 M07 M08 M09 M10 M11 M12"
	placed      = "M01 M04 M05 M06 M07 M08 M09 M10 M11 M12"
	placedHurt  = "M01 M04 M05 M06 M07 M08 M09 M10 M11 M12 M13"
	pensioned   = "M01 M03 M04 M05 M06 M07 M08 M09 M10 M11 M12"
	supported   = "M01 M04 M05 M08 M11 M12 M13"
	retiredHurt = "M12 M13"
)

var persons = []struct {
	name, category, mode string
	grade, validTo       any
	want                 string
}{
	{"NCO disabled, self-employment", "NCO", "SELF_EMPLOYMENT", "6", nil, all},
	{"conscript, self-employment", "CONSCRIPT", "SELF_EMPLOYMENT", nil, nil, selfEmploy},
	{"conscript, card valid until later", "CONSCRIPT", "SELF_EMPLOYMENT", nil, "2031-05-01", validCard},
	{"conscript, card valid on its last day", "CONSCRIPT", "SELF_EMPLOYMENT", nil, "2026-11-23", validCard},
	{"conscript, card without an end", "CONSCRIPT", "SELF_EMPLOYMENT", nil, "长期", validCard},
	{"conscript, card ended yesterday", "CONSCRIPT", "SELF_EMPLOYMENT", nil, "2026-11-22", selfEmploy},
	{"NCO, self-employment", "NCO", "SELF_EMPLOYMENT", nil, nil, selfEmploy},
	{"NCO, job placement", "NCO", "JOB_PLACEMENT", nil, nil, placed},
	{"NCO disabled, job placement", "NCO", "JOB_PLACEMENT", "8", nil, placedHurt},
	{"NCO, monthly pension", "NCO", "MONTHLY_PENSION", nil, nil, pensioned},
	{"officer, demobilised", "OFFICER", "DEMOBILIZATION", nil, nil, pensioned},
	{"officer, career transfer", "OFFICER", "CAREER_TRANSFER", nil, nil, placed},
	{"NCO disabled, state support", "NCO", "STATE_SUPPORT", "2", nil, supported},
	{"officer disabled, retired", "OFFICER", "RETIREMENT", "5", nil, retiredHurt},
}

func TestEligibility(t *testing.T) {
	c := builtin(t)
	for _, p := range persons {
		facts := catalog.Facts{
			"today": "2026-11-23", "personnelCategory": p.category, "settlementMode": p.mode,
			"disabilityGrade": p.grade, "idValidTo": p.validTo,
		}
		if got := filed(t, c, facts, catalog.True, catalog.Unknown); got != p.want {
			t.Errorf("%s, the rest unknown: %s, want %s", p.name, got, p.want)
		}
		for _, f := range c.Fields { // the rest known to be absent
			if _, told := facts[f.ID]; !told {
				facts[f.ID] = nil
			}
		}
		for _, f := range c.Derived {
			if _, told := facts[f.ID]; !told {
				facts[f.ID] = nil
			}
		}
		if got := filed(t, c, facts, catalog.True); got != p.want {
			t.Errorf("%s, the rest absent: %s, want %s", p.name, got, p.want)
		}
	}
}

// filed lists the matters whose conditions together give one of the verdicts.
func filed(t *testing.T, c *catalog.Catalog, facts catalog.Facts, verdicts ...catalog.Verdict) string {
	t.Helper()
	var codes []string
	for _, m := range c.Matters {
		sum := catalog.True
		for _, cond := range m.Eligibility.Conditions {
			v, err := cond.Expr.Eval(facts)
			if err != nil {
				t.Fatalf("%s: %v", m.Code, err)
			}
			if v == catalog.False || v == catalog.Unknown && sum == catalog.True {
				sum = v
			}
		}
		for _, v := range verdicts {
			if sum == v {
				codes = append(codes, m.Code)
			}
		}
	}
	return strings.Join(codes, " ")
}
