package catalog

import (
	"cmp"
	"slices"
)

// index builds the look-ups and reports what carries the same name twice.
func (l *loader) index() {
	c := l.c
	for _, s := range c.Process.Sections {
		c.Fields = append(c.Fields, l.groups[s.Group]...)
	}
	for _, f := range c.Process.ProcessFields {
		f.Group = "process"
	}
	slices.SortStableFunc(c.Materials, func(a, b *Material) int { return cmp.Compare(a.Code, b.Code) })
	slices.SortStableFunc(c.Matters, func(a, b *Matter) int { return cmp.Compare(a.Code, b.Code) })
	slices.SortStableFunc(c.Ports, func(a, b *Port) int { return cmp.Compare(a.ID, b.ID) })

	c.departments = unique(l, "department", c.Departments, func(d *Department) *string { return &d.Code })
	c.materials = unique(l, "material", c.Materials, func(m *Material) *string { return &m.Code })
	c.fields = unique(l, "field", slices.Concat(c.Fields, c.Process.ProcessFields), func(f *Field) *string { return &f.ID })
	c.derived = unique(l, "derived fact", c.Derived, func(f *Fact) *string { return &f.ID })
	c.ports = unique(l, "port", c.Ports, func(p *Port) *string { return &p.ID })
	c.matters = unique(l, "matter", c.Matters, func(m *Matter) *string { return &m.Code })
	for slug, m := range unique(l, "matter", c.Matters, func(m *Matter) *string { return &m.Slug }) {
		if other := c.matters[slug]; other != nil && other != m {
			l.blame(&m.Slug, "slug %s is the code of another matter", slug)
			continue
		}
		c.matters[slug] = m
	}
	l.windows = map[string]*Window{}
	for i := range c.Process.Windows {
		w := &c.Process.Windows[i]
		if l.windows[w.ID] != nil {
			l.blame(&w.ID, "window %s is defined twice", w.ID)
			continue
		}
		l.windows[w.ID] = w
	}
	l.declare()
}

// declare lists the facts that rules may read and makes the CEL environment.
func (l *loader) declare() {
	c := l.c
	c.facts = map[string]string{}
	for _, f := range c.fields {
		if k := kinds[f.Type]; k != "" && identifier.MatchString(f.ID) {
			c.facts[f.ID] = k
		}
	}
	for _, f := range c.Derived {
		switch k := kinds[f.Type]; {
		case c.fields[f.ID] != nil:
			l.blame(&f.ID, "derived fact %s has the name of a field", f.ID)
		case k != "" && identifier.MatchString(f.ID):
			c.facts[f.ID] = k
		}
	}
	var err error
	if c.env, err = newEnv(c.facts); err != nil {
		l.whole("rules: %v", err)
	}
}

// unique maps things by name; the second of the same name is a mistake.
func unique[T any](l *loader, what string, things []*T, name func(*T) *string) map[string]*T {
	m := make(map[string]*T, len(things))
	for _, t := range things {
		n := name(t)
		switch {
		case *n == "": // reported as missing
		case m[*n] != nil:
			l.blame(n, "%s %s is defined twice", what, *n)
		default:
			m[*n] = t
		}
	}
	return m
}
