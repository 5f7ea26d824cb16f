package access_test

import (
	"testing"

	"github.com/vetgraph/vetgraph/internal/access"
)

func TestReadsFor(t *testing.T) {
	slice := access.Ground{Purpose: "INSURANCE_CHECK", Basis: access.ByConsent}
	for name, c := range map[string]struct {
		viewer         access.Viewer
		purpose, basis string
	}{
		"a veteran reads what is theirs":        {access.Viewer{Kind: access.Veteran}, "OWN_DATA", access.OwnData},
		"a clerk does what the law says":        {access.Viewer{Kind: access.Clerk}, "JOINT_HANDLING", access.StatutoryDuty},
		"a clerk who was sent reads by mandate": {access.Viewer{Kind: access.Clerk, Mandate: "m"}, "JOINT_HANDLING", access.ByMandate},
		"a partner reads for its slice":         {access.Viewer{Kind: access.Partner, Ground: slice}, "INSURANCE_CHECK", access.ByConsent},
		"a partner without a slice for nothing": {access.Viewer{Kind: access.Partner}, "", ""},
		"an operator reads nobody":              {access.Viewer{Kind: access.Operator}, "", ""},
	} {
		t.Run(name, func(t *testing.T) {
			if g := c.viewer.ReadsFor(); g.Purpose != c.purpose || g.Basis != c.basis {
				t.Errorf("ReadsFor = %+v, want %s by %s", g, c.purpose, c.basis)
			}
		})
	}
}
