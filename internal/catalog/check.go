package catalog

import (
	"regexp"
	"slices"
	"strings"
	"time"
)

// The closed lists of words; what is not here is a mistake.
var (
	levels        = []string{"province", "city", "county", "township", "village"}
	roles         = []string{"lead", "handler", "coordinator"}
	dispositions  = []string{string(Keep), string(New), string(ProducedInside), string(MergedIntoForm)}
	sensitivities = []string{"PERSONAL", "SENSITIVE", "MILITARY_RESTRICTED"}
	checks        = map[string]string{ // named check -> the type of field it fits
		"citizenNumber": "string", "luhn": "string", "equalsName": "string", "notFuture": "date", "division": "code",
	}
	computed = []string{"today", "age"} // derived facts that the program works out
)

// The parties that are no department.
const (
	applicant = "APPLICANT"
	derived   = "DERIVED"
)

var (
	identifier = regexp.MustCompile(`^[a-z][a-zA-Z0-9]*$`)
	code       = regexp.MustCompile(`^[A-Z][A-Z0-9]*$`)
	defectCode = regexp.MustCompile(`^[A-Z][A-Z0-9]*(_[A-Z0-9]+)*$`)
	slug       = regexp.MustCompile(`^[a-z][a-z0-9]*(-[a-z0-9]+)*$`)
	label      = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]*$`)
)

// check looks at the catalogue as a whole: what one part says of another. Of a
// part in which something could not be read it does not say that things are
// missing there; that would hide the one mistake among its consequences.
func (l *loader) check() {
	l.checkMeta()
	l.checkEvidence()
	l.checkDepartments()
	l.checkCodes()
	l.checkFields()
	l.checkDerived()
	l.checkRules()
	for _, m := range l.c.Matters {
		l.checkMatter(m)
	}
	l.checkCycles()
	l.checkMaterials()
	l.checkWindows()
	l.checkPorts()
}

// oneOf reports a word outside a closed list; an empty one is reported elsewhere.
func (l *loader) oneOf(word *string, list ...string) bool {
	if *word == "" || slices.Contains(list, *word) {
		return *word != ""
	}
	l.blame(word, "%q is not one of %s", *word, strings.Join(list, ", "))
	return false
}

// shaped reports a name that is not written as names of its kind are.
func (l *loader) shaped(name *string, shape *regexp.Regexp, like string) {
	if *name != "" && !shape.MatchString(*name) {
		l.blame(name, "%q is not a name of the form %s", *name, like)
	}
}

// distinct reports what stands in a list twice.
func (l *loader) distinct(list []string) {
	for i := range list {
		if list[i] != "" && slices.Contains(list[:i], list[i]) {
			l.blame(&list[i], "%s stands here twice", list[i])
		}
	}
}

func (l *loader) field(id *string) *Field {
	f := l.c.fields[*id]
	if f == nil && *id != "" && !l.lost["fields"] {
		l.blame(id, "there is no field %s", *id)
	}
	return f
}

func (l *loader) matter(code *string) *Matter {
	m := l.c.matters[*code]
	if m == nil && *code != "" && !l.lost["matters"] {
		l.blame(code, "there is no matter %s", *code)
	} else if m != nil && m.Code != *code {
		l.blame(code, "write the code %s, not the slug", m.Code)
	}
	return m
}

func (l *loader) department(code *string) *Department {
	d := l.c.departments[*code]
	if d == nil && *code != "" && !l.lost["departments"] {
		l.blame(code, "there is no department %s", *code)
	}
	return d
}

func (l *loader) checkMeta() {
	m := &l.c.Meta
	if _, err := time.Parse(time.DateOnly, m.AsOf); err != nil && m.AsOf != "" {
		l.blame(&m.AsOf, "%q is not a date like 2026-11-23", m.AsOf)
	}
	l.shaped(&m.Label, label, "draft-1")
	for name := range m.Published {
		if _, ok := (Totals{}).byName()[name]; !ok {
			l.blame(entry{&m.Published, name}, "there is no total %s", name)
		}
	}
	seen := map[string]bool{}
	for i := range l.c.Process.Sections {
		g := &l.c.Process.Sections[i].Group
		if seen[*g] {
			l.blame(g, "section %s stands here twice", *g)
		} else if _, ok := l.groups[*g]; !ok && *g != "" && !l.lost["fields"] {
			l.blame(g, "section %s has no file fields/%s.yaml", *g, *g)
		}
		seen[*g] = true
	}
	for g := range l.groups {
		if !seen[g] && !l.lost["catalog"] {
			l.blame(entry{&l.groups, g}, "no section of the joint form has the group %s", g)
		}
	}
	for i := range l.c.Process.PublicSteps {
		s := &l.c.Process.PublicSteps[i]
		if slices.ContainsFunc(l.c.Process.PublicSteps[:i], func(o Step) bool { return o.ID == s.ID }) {
			l.blame(&s.ID, "step %s is defined twice", s.ID)
		}
	}
}

// checkEvidence sees that every fact's mark and sources are explained.
func (l *loader) checkEvidence() {
	for _, e := range l.evidence {
		if _, ok := l.c.Meta.Confidence[e.Confidence]; !ok && e.Confidence != "" && l.c.Meta.Confidence != nil {
			l.blame(&e.Confidence, "there is no confidence mark %s", e.Confidence)
		}
		for i := range e.Sources {
			if _, ok := l.c.Sources[e.Sources[i]]; !ok && e.Sources[i] != "" && l.c.Sources != nil {
				l.blame(&e.Sources[i], "there is no source %s", e.Sources[i])
			}
		}
	}
}

func (l *loader) checkDepartments() {
	for _, d := range l.c.Departments {
		l.shaped(&d.Code, code, "VA")
		if d.Code == applicant || d.Code == derived {
			l.blame(&d.Code, "%s cannot be a department", d.Code)
		}
		if !d.External {
			l.oneOf(&d.Role, roles...)
		}
		for i := range d.Levels {
			l.oneOf(&d.Levels[i], levels...)
		}
		l.distinct(d.Levels)
	}
}

func (l *loader) checkCodes() {
	for _, list := range l.c.Codes {
		l.shaped(&list.ID, identifier, "settlementMode")
		own := map[string]bool{}
		for i := range list.Items {
			c := &list.Items[i].Code
			if own[*c] && *c != "" {
				l.blame(c, "code %s stands here twice", *c)
			}
			own[*c] = true
		}
		if len(list.Items) == 0 && !list.Open {
			l.blame(&list.ID, "list %s has no items; is it open?", list.ID)
		}
		l.checkAllowed(list, own)
	}
}

func (l *loader) checkAllowed(list *CodeList, own map[string]bool) {
	if (list.AllowedBy == "") != (len(list.Allowed) == 0) {
		l.blame(&list.ID, "allowed and allowedBy go together")
		return
	}
	if list.AllowedBy == "" {
		return
	}
	by := l.c.Codes[list.AllowedBy]
	if by == nil {
		if !l.lost["codes"] {
			l.blame(&list.AllowedBy, "there is no code list %s", list.AllowedBy)
		}
		return
	}
	for key, values := range list.Allowed {
		if !by.has(key) {
			l.blame(entry{&list.Allowed, key}, "list %s has no code %s", by.ID, key)
		}
		for _, v := range values {
			if !own[v] {
				l.blame(entry{&list.Allowed, key}, "list %s has no code %s", list.ID, v)
			}
		}
	}
}

// has says whether a value is one of the list's items.
func (c *CodeList) has(value string) bool {
	return slices.ContainsFunc(c.Items, func(i CodeItem) bool { return i.Code == value })
}
