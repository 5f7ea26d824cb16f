package plan

import (
	"slices"

	"github.com/vetgraph/vetgraph/internal/catalog"
	"github.com/vetgraph/vetgraph/internal/workday"
)

// schedule lays the chosen matters side by side as far as their order allows
// (并联办理) and finds the chain that decides when all is done.
func (w *work) schedule(p *Plan) {
	order := w.ordered()
	w.sequence = order
	via := map[string]string{} // the predecessor that a matter waits for last
	for i, m := range order {
		mp := w.plan(m.Code)
		mp.Order, mp.Workdays = i+1, m.Days.Joint()
		for _, d := range m.After {
			before := w.plan(d.Matter)
			switch {
			case before.Selected:
				mp.After = append(mp.After, d.Matter)
				// Of predecessors that end together the later code is named, so that the path is always the same one.
				if before.FinishDay > mp.StartsAfter || via[m.Code] == "" || before.FinishDay == mp.StartsAfter && d.Matter > via[m.Code] {
					mp.StartsAfter, via[m.Code] = before.FinishDay, d.Matter
				}
			case !before.Done:
				mp.Assumes = append(mp.Assumes, d.Matter)
			}
		}
		mp.FinishDay = mp.StartsAfter + mp.Workdays
	}
	end := w.chosen[0].Code
	for _, m := range w.chosen {
		if w.plan(m.Code).FinishDay >= w.plan(end).FinishDay {
			end = m.Code
		}
	}
	for code := end; code != ""; code = via[code] {
		p.CriticalPath = append(p.CriticalPath, code)
	}
	slices.Reverse(p.CriticalPath)
	w.slack(order, w.plan(end).FinishDay)
	w.promise(p, order)
}

// ordered sorts the chosen matters so that each comes after those it waits for;
// among those that are free the catalogue's order decides. The loader refuses circles.
func (w *work) ordered() []*catalog.Matter {
	left, placed := slices.Clone(w.chosen), map[string]bool{}
	var order []*catalog.Matter
	for len(left) > 0 {
		i := slices.IndexFunc(left, func(m *catalog.Matter) bool {
			return !slices.ContainsFunc(m.After, func(d catalog.Dependency) bool { return w.plan(d.Matter).Selected && !placed[d.Matter] })
		})
		i = max(i, 0)
		placed[left[i].Code] = true
		order, left = append(order, left[i]), slices.Delete(left, i, i+1)
	}
	return order
}

// slack counts back from the end how late each matter may finish.
func (w *work) slack(order []*catalog.Matter, end int) {
	latest := map[string]int{}
	for _, m := range slices.Backward(order) {
		mp := w.plan(m.Code)
		if _, bounded := latest[m.Code]; !bounded {
			latest[m.Code] = end
		}
		mp.Slack = latest[m.Code] - mp.FinishDay
		for _, before := range mp.After {
			start := latest[m.Code] - mp.Workdays
			if l, bounded := latest[before]; !bounded || start < l {
				latest[before] = start
			}
		}
	}
}

// promise turns working days into dates and writes the ledger of the path.
func (w *work) promise(p *Plan, order []*catalog.Matter) {
	dates := map[int]*workday.Due{}
	for _, m := range order {
		mp := w.plan(m.Code)
		if dates[mp.FinishDay] == nil {
			due := w.in.Calendar.Due(w.in.AcceptedOn, mp.FinishDay)
			dates[mp.FinishDay] = &due
		}
		mp.Promised = dates[mp.FinishDay]
	}
	names := make([]catalog.Text, len(p.CriticalPath))
	for i, code := range p.CriticalPath {
		mp := w.plan(code)
		names[i] = mp.Name
		l := Line{Matter: code, From: mp.StartsAfter + 1, To: mp.FinishDay}
		l.Words = catalog.Say("第%[1]d至%[2]d个工作日：%[3]s（%[4]d个工作日）", "Working days %[1]d to %[2]d: %[3]s (%[4]d)", l.From, l.To, mp.Name, mp.Workdays)
		if l.From >= l.To {
			l.Words = catalog.Say("第%[1]d个工作日：%[2]s（%[3]d个工作日）", "Working day %[1]d: %[2]s (%[3]d)", l.To, mp.Name, mp.Workdays)
		}
		if pre := w.in.Catalog.Matter(code).Days.PreReview; pre > 0 {
			l.Words = catalog.Say("%s；另有%d个工作日的预审在受理之前完成", "%s; %d more working days of pre-review lie before acceptance", l.Words, pre)
		}
		p.Ledger = append(p.Ledger, l)
	}
	last := w.plan(p.CriticalPath[len(p.CriticalPath)-1])
	p.PromisedOn = *last.Promised
	chain := names[0]
	for _, n := range names[1:] {
		chain = catalog.Say("%s → %s", "%s → %s", chain, n)
	}
	p.PathWords = catalog.Say("最长的一条线决定办结日：%s，共%d个工作日；其他事项同时办理。",
		"The longest chain decides the day: %s, %d working days in all; everything else runs beside it.", chain, last.FinishDay)
}
