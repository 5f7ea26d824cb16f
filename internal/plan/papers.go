package plan

import (
	"fmt"
	"slices"
	"strings"

	"github.com/vetgraph/vetgraph/internal/catalog"
)

// Papers is what the person brings, what they need not bring, and why. The
// ledger balances: Asked is the papers of Kept without the joint form, plus the
// Saved of all Dropped.
type Papers struct {
	Asked   int            `json:"asked"` // what the matters, each done alone, would ask for
	Kept    []Paper        `json:"kept"`  // the smallest set, and the joint form
	Dropped []DroppedPaper `json:"dropped"`
}

// Paper is one paper to bring.
type Paper struct {
	Material string       `json:"material"`
	Name     catalog.Text `json:"name"`
	NeededBy []string     `json:"neededBy"` // matter codes
	Original bool         `json:"original"` // the original is looked at in person
	Form     bool         `json:"form"`     // the joint form: filled in here, not brought
	Open     bool         `json:"open"`     // needed only under a condition that is not known yet
	Instead  []string     `json:"instead"`  // papers that would serve as well for all these matters
	Why      catalog.Text `json:"why"`
}

// DroppedPaper is a paper, or repeats of one, that the person need not bring.
type DroppedPaper struct {
	Material string       `json:"material"`
	Name     catalog.Text `json:"name"`
	Matters  []string     `json:"matters"` // that ask for it
	Reason   DropReason   `json:"reason"`
	Saved    int          `json:"saved"` // how many of Asked this accounts for
	Words    catalog.Text `json:"words"`
}

// DropReason says why a paper need not be brought.
type DropReason string

// The reasons, a closed list.
const (
	Shared      DropReason = "SHARED"           // brought once for several matters
	Produced    DropReason = "PRODUCED_INSIDE"  // a matter of this case makes it in time
	Merged      DropReason = "MERGED_INTO_FORM" // its questions are on the joint form
	NotNeeded   DropReason = "NOT_NEEDED"       // its condition does not hold
	Alternative DropReason = "ALTERNATIVE"      // another paper serves
	AlreadyDone DropReason = "ALREADY_DONE"     // a matter finished before has made it
)

// need is one need of one matter that has to be settled.
type need struct {
	matter  string
	anyOf   []string // applicable papers
	free    string   // a paper that meets it without being brought
	because DropReason
}

// papers finds the smallest set of papers and accounts for every other one.
func (w *work) papers() (Papers, error) {
	l := paperLedger{work: w, drops: map[dropKey]*DroppedPaper{}, open: map[string]bool{}}
	above := w.ancestors()
	for _, m := range w.chosen {
		for _, n := range m.Materials.Needs {
			if err := l.enter(m, n, above[m.Code]); err != nil {
				return Papers{}, fmt.Errorf("papers of matter %s: %w", m.Code, err)
			}
		}
	}
	return l.settle(), nil
}

// ancestors answers, for each chosen matter, the chosen matters that end before it starts.
func (w *work) ancestors() map[string]map[string]bool {
	out := map[string]map[string]bool{}
	for _, m := range w.sequence {
		all := map[string]bool{}
		for _, before := range w.plan(m.Code).After {
			all[before] = true
			for code := range out[before] {
				all[code] = true
			}
		}
		out[m.Code] = all
	}
	return out
}

type dropKey struct {
	material string
	reason   DropReason
}

// paperLedger collects needs and what became of them.
type paperLedger struct {
	*work
	needs []need
	drops map[dropKey]*DroppedPaper
	order []dropKey
	open  map[string]bool // paper -> its condition is not known
}

// enter takes in one need of a matter. above are the matters that end before it starts.
func (l *paperLedger) enter(m *catalog.Matter, from catalog.Need, above map[string]bool) error {
	n := need{matter: m.Code}
	for _, code := range from.AnyOf {
		paper := l.in.Catalog.Material(code)
		v, err := l.holds(paper.Condition)
		if err != nil {
			return fmt.Errorf("condition of material %s: %w", code, err)
		}
		if v == catalog.False {
			l.drop(code, NotNeeded, m.Code, 0)
			continue
		}
		l.open[code] = v == catalog.Unknown // counts as needed: better one paper too many than a second visit
		n.anyOf = append(n.anyOf, code)
		if n.free == "" {
			if why := l.without(paper, above); why != "" {
				n.free, n.because = code, why
			}
		}
	}
	if len(n.anyOf) > 0 {
		l.needs = append(l.needs, n)
	}
	return nil
}

// without answers why a paper costs the person nothing, or "" if it has to be
// brought: one made by a matter counts as free only if that matter ends first.
func (l *paperLedger) without(p *catalog.Material, above map[string]bool) DropReason {
	switch {
	case p.Disposition == catalog.MergedIntoForm || p.Disposition == catalog.New:
		return Merged
	case p.ProducedBy == "":
		return ""
	case above[p.ProducedBy]:
		return Produced
	case l.done[p.ProducedBy]:
		return AlreadyDone
	}
	return ""
}

func (l *paperLedger) drop(code string, why DropReason, matter string, saved int) {
	key := dropKey{code, why}
	d := l.drops[key]
	if d == nil {
		d = &DroppedPaper{Material: code, Name: l.in.Catalog.Material(code).Name, Reason: why}
		l.drops[key], l.order = d, append(l.order, key)
	}
	if !slices.Contains(d.Matters, matter) {
		d.Matters = append(d.Matters, matter)
	}
	d.Saved += saved
}

// settle solves for the smallest set and writes the balance.
func (l *paperLedger) settle() Papers {
	out := Papers{Asked: len(l.needs), Kept: []Paper{}, Dropped: []DroppedPaper{}}
	var sets [][]string
	for _, n := range l.needs {
		if n.free == "" {
			sets = append(sets, n.anyOf)
		}
	}
	chosen := Cover(sets)
	for _, code := range chosen {
		out.Kept = append(out.Kept, l.keep(code))
	}
	for _, n := range l.needs {
		l.account(n, chosen)
	}
	for _, p := range out.Kept {
		if uses := l.uses(p.Material, chosen); uses > 1 {
			for _, m := range p.NeededBy {
				l.drop(p.Material, Shared, m, 0)
			}
			l.drops[dropKey{p.Material, Shared}].Saved = uses - 1
		}
	}
	for _, key := range l.order {
		d := *l.drops[key]
		d.Words = l.why(d)
		out.Dropped = append(out.Dropped, d)
	}
	slices.SortStableFunc(out.Dropped, func(a, b DroppedPaper) int { return strings.Compare(a.Material, b.Material) })
	if form := l.in.Catalog.Material(l.in.Catalog.Process.JointForm); form != nil {
		p := Paper{Material: form.Code, Name: form.Name, Form: true, Instead: []string{},
			Why: catalog.Say("一张表代替各事项的表，在线填写。", "One form in place of each matter's own; filled in online.")}
		for _, m := range l.chosen {
			p.NeededBy = append(p.NeededBy, m.Code)
		}
		out.Kept = append(out.Kept, p)
	}
	return out
}

// account books one need: under the free paper, or as alternatives not used.
func (l *paperLedger) account(n need, chosen []string) {
	used := n.free
	if n.free != "" {
		l.drop(n.free, n.because, n.matter, 1)
	} else {
		used = met(n, chosen)
	}
	for _, code := range n.anyOf {
		if code != used && !slices.Contains(chosen, code) {
			l.drop(code, Alternative, n.matter, 0)
		}
	}
}

// met is the brought paper under which a need is booked: the first by code.
func met(n need, chosen []string) string {
	for _, code := range chosen { // sorted
		if slices.Contains(n.anyOf, code) {
			return code
		}
	}
	return ""
}

// uses counts the needs booked under a brought paper.
func (l *paperLedger) uses(code string, chosen []string) (n int) {
	for _, one := range l.needs {
		if one.free == "" && met(one, chosen) == code {
			n++
		}
	}
	return n
}

func (l *paperLedger) keep(code string) Paper {
	p := Paper{Material: code, Name: l.in.Catalog.Material(code).Name, Open: l.open[code], Instead: []string{}}
	for _, n := range l.needs {
		if n.free != "" || !slices.Contains(n.anyOf, code) {
			continue
		}
		if len(p.NeededBy) == 0 {
			p.Instead = slices.Clone(n.anyOf)
		} else {
			p.Instead = slices.DeleteFunc(p.Instead, func(c string) bool { return !slices.Contains(n.anyOf, c) })
		}
		if !slices.Contains(p.NeededBy, n.matter) {
			p.NeededBy = append(p.NeededBy, n.matter)
		}
		p.Original = p.Original || l.in.Catalog.Matter(n.matter).InPerson != nil
	}
	p.Instead = slices.DeleteFunc(p.Instead, func(c string) bool { return c == code })
	p.Why = catalog.Say("办理%s需要。", "Needed for: %s.", l.names(p.NeededBy))
	if producer := l.in.Catalog.Material(code).ProducedBy; producer != "" {
		p.Why = catalog.Say("%s由“%s”产生，本次不办理该事项，请带来。", "%s It comes out of “%s”, which is not part of this case: bring it.", p.Why, l.name(producer))
	}
	if p.Open {
		p.Why = catalog.Say("%s是否需要尚不能确定，请先带上。", "%s Whether it is needed is not certain yet; bring it to be safe.", p.Why)
	}
	return p
}

func (l *paperLedger) why(d DroppedPaper) catalog.Text {
	m := l.in.Catalog.Material(d.Material)
	switch d.Reason {
	case Shared:
		return catalog.Say("%s共用一份。", "One serves for: %s.", l.names(d.Matters))
	case Produced:
		return catalog.Say("由本次办理的“%s”产生，在内部流转。", "“%s” in this case makes it; it is passed on inside.", l.name(m.ProducedBy))
	case AlreadyDone:
		return catalog.Say("“%s”已办结，由部门提供。", "“%s” is done; the department provides it.", l.name(m.ProducedBy))
	case Merged:
		return catalog.Say("内容已并入联办登记表。", "Its questions are on the joint form.")
	case NotNeeded:
		return catalog.Say("按您的情况不需要（取决于：%s）。", "Not needed in your case (it depends on: %s).", l.reads(m.Condition))
	}
	return catalog.Say("已有其他材料可以代替。", "Another paper that you bring serves as well.")
}

// reads names the facts of a condition.
func (w *work) reads(e *catalog.Expr) catalog.Text {
	var names []catalog.Text
	for _, id := range e.Fields() {
		name, _, _ := w.about(id)
		names = append(names, name)
	}
	return catalog.List(names...)
}
