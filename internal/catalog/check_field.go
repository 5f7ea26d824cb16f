package catalog

import (
	"maps"
	"regexp"
	"slices"
)

func (l *loader) checkFields() {
	asked := map[string]bool{}
	for _, m := range l.c.Matters {
		for _, id := range m.Asks {
			asked[id] = true
		}
	}
	for _, f := range l.c.fields {
		l.checkField(f)
		if !asked[f.ID] && f.Group != "process" && !l.lost["matters"] {
			l.blame(&f.ID, "no matter asks for the field %s", f.ID)
		}
	}
}

func (l *loader) checkField(f *Field) {
	l.shaped(&f.ID, identifier, "dischargeDate")
	l.oneOf(&f.Type, slices.Sorted(maps.Keys(kinds))...)
	l.oneOf(&f.Sensitivity, sensitivities...)
	if f.Origin != applicant && f.Origin != derived {
		l.department(&f.Origin)
	}
	l.checkCodesOf(f)
	l.checkFormat(f)
	if f.OnSite && f.When != "" {
		l.blame(&f.When, "a field taken on site is not asked on the form, so it has no condition")
	}
	if f.Type == "biometric" && !f.OnSite {
		l.blame(&f.Type, "biometrics are taken on site only: onSite: true")
	}
	if f.OutputOf == "" {
		return
	}
	if m := l.matter(&f.OutputOf); m != nil && !slices.Contains(m.Result.Outputs, f.ID) {
		l.blame(&f.OutputOf, "%s is not among the outputs of %s", f.ID, m.Code)
	}
}

func (l *loader) checkCodesOf(f *Field) {
	switch {
	case f.Codes == "" && f.Type == "code":
		l.blame(&f.Type, "a code needs its list: codes: …")
	case f.Codes == "":
	case f.Type != "code" && f.Type != "list":
		l.blame(&f.Codes, "only a code or a list has a code list")
	case l.c.Codes[f.Codes] == nil && !l.lost["codes"]:
		l.blame(&f.Codes, "there is no code list %s", f.Codes)
	}
}

// checkFormat compiles the pattern, anchored, and looks at lengths and the named check.
func (l *loader) checkFormat(f *Field) {
	if f.Pattern != "" {
		var err error
		f.Pattern = "^(?:" + f.Pattern + ")$"
		if f.match, err = regexp.Compile(f.Pattern); err != nil {
			l.blame(&f.Pattern, "the pattern does not compile: %v", err)
		}
	}
	text := kinds[f.Type] == "text"
	switch {
	case (f.Pattern != "" || f.MinLength != 0 || f.MaxLength != 0) && !text && f.Type != "":
		l.blame(&f.Type, "only texts have a pattern or a length")
	case f.MinLength < 0:
		l.blame(&f.MinLength, "a length is not negative")
	case f.MaxLength < 0:
		l.blame(&f.MaxLength, "a length is not negative")
	case f.MaxLength > 0 && f.MinLength > f.MaxLength:
		l.blame(&f.MinLength, "minLength is above maxLength")
	}
	if f.Check == "" {
		return
	}
	if l.oneOf(&f.Check, slices.Sorted(maps.Keys(checks))...) && f.Type != "" && checks[f.Check] != f.Type {
		l.blame(&f.Check, "the check %s is for a %s", f.Check, checks[f.Check])
	}
}

// checkDerived sees that every fact rules may read comes from somewhere.
func (l *loader) checkDerived() {
	for _, f := range l.c.Derived {
		l.shaped(&f.ID, identifier, "hasLocalHukou")
		l.oneOf(&f.Type, slices.Sorted(maps.Keys(kinds))...)
		switch {
		case len(f.From) > 0 && f.Origin != "":
			l.blame(&f.ID, "%s is either computed (from) or told by a department (source), not both", f.ID)
		case len(f.From) > 0:
			l.oneOf(&f.ID, computed...)
			for i := range f.From {
				if from := f.From[i]; from != "now" && l.c.fields[from] == nil && l.c.derived[from] == nil {
					l.blame(&f.From[i], "there is no fact %s", from)
				}
			}
		case f.Origin == "" && l.tellsAtDispatch(f.ID):
		case f.Origin == "":
			l.blame(&f.ID, "%s comes from nowhere: give from or source", f.ID)
		default:
			l.department(&f.Origin)
		}
	}
}
