package catalog

import (
	"slices"
	"strings"
)

func (l *loader) checkMatter(m *Matter) {
	l.shaped(&m.Code, code, "M01")
	l.shaped(&m.Slug, slug, "discharge-report")
	l.oneOf(&m.Origin, "national", "local")
	l.oneOf(&m.DecideLevel, levels...)
	l.oneOf(&m.Duty.Kind, "MUST", "MAY")
	l.oneOf(&m.Result.Kind, "RECEIPT", "PAYMENT", "REGISTRATION", "CERTIFICATE", "TRANSFER")
	for i := range m.AcceptLevels {
		l.oneOf(&m.AcceptLevels[i], levels...)
	}
	l.distinct(m.AcceptLevels)
	if d := l.department(&m.Lead); d != nil && d.External {
		l.blame(&m.Lead, "%s is an external party and decides no matter", d.Code)
	}
	for i := range m.With {
		l.department(&m.With[i])
	}
	l.distinct(m.With)
	l.checkNumbers(m)
	l.checkAfter(m)
	l.checkNeeds(m)
	l.checkDispatch(m)
	l.checkDefects(m)
	for i := range m.Asks {
		if f := l.field(&m.Asks[i]); f != nil && f.Group == "process" {
			l.blame(&m.Asks[i], "%s is asked by the process, not by a matter", f.ID)
		}
	}
	l.distinct(m.Asks)
	for i := range m.Result.Outputs {
		l.field(&m.Result.Outputs[i])
	}
	l.distinct(m.Result.Outputs)
	if limit := m.ApplicantLimit; limit != nil {
		if f := l.field(&limit.From); f != nil && f.Type != "" && f.Type != "date" {
			l.blame(&limit.From, "a limit runs from a date; %s is a %s", f.ID, f.Type)
		}
		if limit.CalendarDays <= 0 {
			l.blame(&limit.CalendarDays, "a limit has at least one day")
		}
	}
}

func (l *loader) checkNumbers(m *Matter) {
	for _, n := range []*int{&m.Days.Alone, &m.Days.PreReview, &m.Visits.Value, &m.Steps.Value} {
		if *n < 0 {
			l.blame(n, "%d is negative", *n)
		}
	}
	if m.Days.PreReview > m.Days.Alone && m.Days.Alone >= 0 {
		l.blame(&m.Days.PreReview, "the pre-review (%d) is longer than the whole (%d)", m.Days.PreReview, m.Days.Alone)
	}
}

func (l *loader) checkAfter(m *Matter) {
	for i := range m.After {
		a := &m.After[i].Matter
		if l.matter(a); *a == m.Code && *a != "" {
			l.blame(a, "%s cannot wait for itself", m.Code)
		}
		if slices.ContainsFunc(m.After[:i], func(d Dependency) bool { return d.Matter == *a }) {
			l.blame(a, "%s stands here twice", *a)
		}
	}
}

func (l *loader) checkNeeds(m *Matter) {
	before := l.ancestors(m)
	seen := map[string]bool{}
	for i := range m.Materials.Needs {
		need := &m.Materials.Needs[i]
		if need.AnyOf != nil && len(need.AnyOf) == 0 {
			l.blame(need, "nothing meets this need")
		}
		for j := range need.AnyOf {
			name := &need.AnyOf[j]
			paper := l.c.materials[*name]
			switch {
			case *name == "":
			case paper == nil:
				if !l.lost["materials"] {
					l.blame(name, "there is no material %s", *name)
				}
			case seen[*name]:
				l.blame(name, "%s stands here twice", *name)
			case paper.Disposition == New:
				l.blame(name, "%s is made by handling as one; no matter can ask for it", *name)
			case paper.ProducedBy != "" && l.c.matters[paper.ProducedBy] != nil && !before[paper.ProducedBy]:
				l.blame(name, "%s is made by %s, for which %s does not wait", *name, paper.ProducedBy, m.Code)
			}
			seen[*name] = true
		}
	}
}

// ancestors are the matters that must end before m, however far back.
func (l *loader) ancestors(m *Matter) map[string]bool {
	seen := map[string]bool{}
	var visit func(*Matter)
	visit = func(m *Matter) {
		for _, a := range m.After {
			if next := l.c.matters[a.Matter]; next != nil && !seen[next.Code] {
				seen[next.Code] = true
				visit(next)
			}
		}
	}
	visit(m)
	return seen
}

// checkCycles reports each circle of matters that wait for each other once.
func (l *loader) checkCycles() {
	const open, done = 1, 2
	state := map[*Matter]int{}
	var path []string
	var visit func(*Matter)
	visit = func(m *Matter) {
		state[m] = open
		path = append(path, m.Code)
		for i := range m.After {
			next := l.c.matters[m.After[i].Matter]
			switch {
			case next == nil || next == m:
			case state[next] == open:
				circle := append(slices.Clone(path[slices.Index(path, next.Code):]), next.Code)
				l.blame(&m.After[i].Matter, "matters wait for each other: %s", strings.Join(circle, " > "))
			case state[next] != done:
				visit(next)
			}
		}
		path = path[:len(path)-1]
		state[m] = done
	}
	for _, m := range l.c.Matters {
		if state[m] == 0 {
			visit(m)
		}
	}
}

func (l *loader) checkMaterials() {
	needed := map[string]bool{}
	for _, m := range l.c.Matters {
		for _, n := range m.Materials.Needs {
			for _, name := range n.AnyOf {
				needed[name] = true
			}
		}
	}
	form := &l.c.Process.JointForm
	switch paper := l.c.materials[*form]; {
	case *form == "":
	case paper == nil:
		if !l.lost["materials"] {
			l.blame(form, "there is no material %s", *form)
		}
	case paper.Disposition != New && paper.Disposition != "":
		l.blame(form, "the joint form %s has the disposition %s, not NEW", *form, paper.Disposition)
	}
	for _, m := range l.c.Materials {
		l.shaped(&m.Code, code, "MAT01")
		l.oneOf((*string)(&m.Disposition), dispositions...)
		switch {
		case m.Disposition == New && m.Code != *form && l.c.materials[*form] != nil:
			l.blame(&m.Code, "only the joint form is NEW")
		case !needed[m.Code] && m.Disposition != New && m.Code != "" && !l.lost["matters"]:
			l.blame(&m.Code, "no matter needs the material %s", m.Code)
		}
		switch produced := m.Disposition == ProducedInside; {
		case produced && m.ProducedBy == "":
			l.blame(&m.Code, "which matter makes %s? producedBy is missing", m.Code)
		case !produced && m.ProducedBy != "":
			l.blame(&m.ProducedBy, "producedBy goes with PRODUCED_INSIDE only")
		case produced:
			l.matter(&m.ProducedBy)
		}
	}
}

// checkWindows sees that personal steps and the windows they meet in agree.
func (l *loader) checkWindows() {
	for i := range l.c.Process.Windows {
		w := &l.c.Process.Windows[i]
		l.shaped(&w.ID, slug, "police-desk")
		l.distinct(w.Matters)
		for i := range w.Matters {
			if m := l.matter(&w.Matters[i]); m != nil && (m.InPerson == nil || m.InPerson.Window != w.ID) {
				l.blame(&w.Matters[i], "%s has no personal step at the window %s", m.Code, w.ID)
			}
		}
	}
	for _, m := range l.c.Matters {
		if m.InPerson == nil || m.InPerson.Window == "" {
			continue
		}
		switch w := l.windows[m.InPerson.Window]; {
		case w == nil && !l.lost["catalog"]:
			l.blame(&m.InPerson.Window, "there is no window %s", m.InPerson.Window)
		case w == nil:
		case !slices.Contains(w.Matters, m.Code):
			l.blame(&m.InPerson.Window, "the window %s does not list %s", w.ID, m.Code)
		}
	}
}
