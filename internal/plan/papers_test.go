package plan_test

import (
	"strings"
	"testing"

	"github.com/vetgraph/vetgraph/internal/plan"
)

func TestPapers(t *testing.T) {
	kept := func(p *plan.Plan) string {
		var codes []string
		for _, k := range p.Papers.Kept {
			codes = append(codes, k.Material)
		}
		return strings.Join(codes, " ")
	}
	dropped := func(p *plan.Plan, material string) (out []string) {
		for _, d := range p.Papers.Dropped {
			if d.Material == material {
				out = append(out, string(d.Reason)+" "+strings.Join(d.Matters, ","))
			}
		}
		return out
	}
	p := compile(t, input(t, everything))
	if got, want := kept(p), "MAT01 MAT02 MAT03 MAT04 MAT05 MAT06 MAT07 MAT08 MAT09 MAT10 MAT11 MAT12 MAT13 MAT14"; got != want {
		t.Errorf("kept %s, want %s", got, want)
	}
	for material, want := range map[string]string{
		"MAT01": "SHARED M01,M02,M04,M11,M13", "MAT15": "PRODUCED_INSIDE M04", "MAT16": "PRODUCED_INSIDE M05,M09,M13", "MAT17": "MERGED_INTO_FORM M02",
	} {
		if got := strings.Join(dropped(p, material), "; "); got != want {
			t.Errorf("%s dropped as %q, want %q", material, got, want)
		}
	}
	conscript := compile(t, input(t, person("CONSCRIPT", "SELF_EMPLOYMENT", "", "")))
	if got := strings.Join(dropped(conscript, "MAT09"), "; "); got != "NOT_NEEDED M07" {
		t.Errorf("MAT09 dropped as %q", got)
	}
	alone := compile(t, input(t, everything, "M05"))
	if got := kept(alone); got != "MAT16 MAT14" {
		t.Errorf("an ID card alone: the household book has to be brought, got %s", got)
	}
	if m := matter(t, alone, "M05"); strings.Join(m.Assumes, " ") != "M04" || m.StartsAfter != 0 {
		t.Errorf("M05 alone: %+v", m)
	}
	in := input(t, everything, "M05")
	in.Done = []string{"M01", "M04"}
	after := compile(t, in)
	if got := kept(after); got != "MAT14" || strings.Join(dropped(after, "MAT16"), "") != "ALREADY_DONE M05" || matter(t, after, "M05").Assumes != nil {
		t.Errorf("after M04: kept %s, dropped %v", got, dropped(after, "MAT16"))
	}
	for _, x := range []*plan.Plan{alone, after, conscript} {
		balanced(t, x)
	}
}

func TestUnknownConditionCountsAsNeeded(t *testing.T) {
	p := compile(t, input(t, map[string]plan.Known{}, "M07"))
	for _, k := range p.Papers.Kept {
		if k.Material == "MAT09" {
			if !k.Open {
				t.Error("MAT09 does not say that it is uncertain")
			}
			return
		}
	}
	t.Error("MAT09 is not needed although the category is unknown")
}

func TestVisits(t *testing.T) {
	p := compile(t, input(t, everything))
	if len(p.Visits) != 1 {
		t.Fatalf("visits %+v", p.Visits)
	}
	v := p.Visits[0]
	if strings.Join(v.Matters, " ") != "M04 M05" || len(v.Why) != 2 || strings.Join(v.Bring, " ") != "MAT01 MAT03 MAT06" || v.Day != 2 || v.NotBefore.String() != "2026-11-25" {
		t.Errorf("visit %+v", v)
	}
	if p := compile(t, input(t, everything, "M01", "M11")); len(p.Visits) != 0 || p.Totals.After.Visits != 0 {
		t.Errorf("visits %+v", p.Visits)
	}
}
