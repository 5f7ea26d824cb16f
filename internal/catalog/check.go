package catalog

import "regexp"

var identifier = regexp.MustCompile(`^[a-zA-Z][a-zA-Z0-9]*$`)

func (l *loader) check() {
	if l.c.env != nil {
		l.compileRules()
	}
}

// compileRules compiles every rule of the catalogue where it stands.
func (l *loader) compileRules() {
	for _, m := range l.c.Materials {
		m.Condition = l.rule(&m.When)
	}
	for _, f := range l.c.fields {
		f.Condition = l.rule(&f.When)
		if f.Pattern != "" {
			f.Pattern = "^(?:" + f.Pattern + ")$"
			f.match, _ = regexp.Compile(f.Pattern)
		}
	}
	for _, m := range l.c.Matters {
		for i := range m.Eligibility.Conditions {
			c := &m.Eligibility.Conditions[i]
			c.Expr = l.rule(&c.When)
		}
		if m.ApplicantLimit != nil {
			m.ApplicantLimit.Condition = l.rule(&m.ApplicantLimit.When)
		}
	}
}

func (l *loader) rule(text *string) *Expr {
	if *text == "" {
		return nil
	}
	e, _, flaws := l.c.compile(*text)
	for _, f := range flaws {
		l.blame(text, "rule %q: at %d:%d: %s", *text, f.line, f.column, f.text)
	}
	return e
}
