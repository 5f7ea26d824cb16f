package access

import "time"

// Ground is what personal data is read for, and what allows it: a purpose and a
// basis, as PIPL 6 and 13 ask for both.
type Ground struct {
	Purpose string `yaml:"purpose"` // code of a closed list, e.g. JOINT_HANDLING
	Basis   string `yaml:"basis"`   // code of a closed list, e.g. STATUTORY_DUTY
	Article string `yaml:"article"` // the law that says so, in Chinese; empty where the basis is the person's own word
}

// The bases, a closed list.
const (
	OwnData       = "OWN_DATA"       // the person reads what is theirs: PIPL 45
	ByMandate     = "MANDATE"        // the person has sent somebody: PIPL 13(1)
	StatutoryDuty = "STATUTORY_DUTY" // a department does what the law tells it to: PIPL 13(3), 34
	ByConsent     = "CONSENT"        // the person has agreed, separately: PIPL 14, 23, 29
)

// ReadsFor is the ground on which the viewer reads. A clerk who acts under a
// mandate reads for the person who gave it.
func (v *Viewer) ReadsFor() Ground {
	if v.Ground != (Ground{}) {
		return v.Ground
	}
	var g Ground
	if r := Builtin().Role(v.Kind); r != nil {
		g = r.Reads
	}
	if v.Mandate != "" {
		return Ground{g.Purpose, ByMandate, "个人信息保护法第十三条第一款第一项"}
	}
	return g
}

// Scope is whom a partner may see: of the viewer's division, those of whom every
// condition is true at this moment.
type Scope struct {
	Facts   []Fact
	Consent *Agreed // what the person must have agreed to; nil: the law allows it
	Now     time.Time
}

// Fact is a condition on a person: there is a row of a table about them whose column
// has one of these values.
type Fact struct {
	Table, Column string
	In            []string
}

// Agreed is a slice in the version that a person has to have agreed to.
type Agreed struct {
	Slice   string
	Version int
}
