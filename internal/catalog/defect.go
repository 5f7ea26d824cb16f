package catalog

import "slices"

// Defect is something that officers find wrong with a matter again and again: they
// name it by its code, and everybody reads it in their own language.
type Defect struct {
	Code     string `yaml:"code"`               // unique in its matter
	Field    string `yaml:"field,omitempty"`    // that the matter asks; either this
	Material string `yaml:"material,omitempty"` // or a paper that it needs
	Say      Text   `yaml:"say"`
	Evidence `yaml:",inline"`
}

// Defect returns the coded defect of a matter, or nil.
func (m *Matter) Defect(code string) *Defect {
	i := slices.IndexFunc(m.Defects, func(d Defect) bool { return d.Code == code })
	if i < 0 {
		return nil
	}
	return &m.Defects[i]
}

// DefectList is the coded defects of a matter, in file order.
func (m *Matter) DefectList() []*Defect {
	out := make([]*Defect, len(m.Defects))
	for i := range m.Defects {
		out[i] = &m.Defects[i]
	}
	return out
}

// checkDefects sees that each coded defect is of something that the matter asks
// or needs.
func (l *loader) checkDefects(m *Matter) {
	for i := range m.Defects {
		d := &m.Defects[i]
		l.shaped(&d.Code, defectCode, "HOST_CONSENT")
		if slices.ContainsFunc(m.Defects[:i], func(o Defect) bool { return o.Code == d.Code }) && d.Code != "" {
			l.blame(&d.Code, "%s stands here twice", d.Code)
		}
		needed := slices.ContainsFunc(m.Materials.Needs, func(n Need) bool { return slices.Contains(n.AnyOf, d.Material) })
		switch {
		case (d.Field == "") == (d.Material == ""):
			l.blame(&d.Code, "a defect is of either a field or a material")
		case d.Field != "" && m.Asks != nil && !slices.Contains(m.Asks, d.Field):
			l.blame(&d.Field, "%s is not asked by %s", d.Field, m.Code)
		case d.Material != "" && m.Materials.Needs != nil && !needed:
			l.blame(&d.Material, "%s is not needed by %s", d.Material, m.Code)
		}
	}
}
