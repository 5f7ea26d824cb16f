package plan

import (
	"strings"

	"github.com/vetgraph/vetgraph/internal/catalog"
	"github.com/vetgraph/vetgraph/internal/fault"
)

// choose marks the matters of the case: those asked for, or all that the person
// may or must file and has not finished.
func (w *work) choose(codes []string) error {
	if codes == nil {
		for i := range w.plans {
			w.plans[i].Selected = w.plans[i].Verdict != Ineligible && !w.plans[i].Done
		}
	} else if err := w.take(codes); err != nil {
		return err
	}
	for i, m := range w.in.Catalog.Matters {
		if w.plans[i].Selected {
			w.chosen = append(w.chosen, m)
		}
	}
	if len(w.chosen) == 0 {
		return fault.New(fault.Invalid, "NO_MATTERS", "没有可以办理的事项。", "There is no matter to file.").At("input", "matters")
	}
	return nil
}

func (w *work) take(codes []string) error {
	var done, refused []string
	for _, code := range codes {
		m := w.in.Catalog.Matter(code)
		if m == nil {
			return unknownMatter("matters")
		}
		p := w.plan(m.Code)
		switch {
		case p.Selected:
			return fault.Newf(fault.Invalid, "MATTER_REPEATED", "事项 %s 选了不止一次。", "Matter %s is chosen more than once.", m.Code).At("input", "matters")
		case p.Done:
			done = append(done, m.Code)
		case p.Verdict == Ineligible:
			refused = append(refused, m.Code)
		}
		p.Selected = true
	}
	switch {
	case len(done) > 0:
		list := w.names(done)
		return fault.New(fault.Invalid, "MATTER_ALREADY_DONE", "已经办结，不用再办："+list.Zh+"。", "Already done: "+list.En+".").At("input", "matters")
	case len(refused) > 0:
		return w.notEligible(refused)
	}
	return nil
}

// unknownMatter does not repeat the code: it may be anything.
func unknownMatter(field string) error {
	return fault.New(fault.Invalid, "MATTER_UNKNOWN", "没有这个事项。", "There is no such matter.").At("input", field)
}

// notEligible names every refused matter with the conditions that do not hold.
func (w *work) notEligible(codes []string) error {
	var zh, en []string
	for _, code := range codes {
		p := w.plan(code)
		var unmet []catalog.Text
		for _, r := range p.Reasons {
			if r.Verdict == "NOT_MET" {
				unmet = append(unmet, r.Words)
			}
		}
		t := catalog.Say("%s %s（不满足：%s）", "%s %s (not met: %s)", code, p.Name, catalog.List(unmet...))
		zh, en = append(zh, t.Zh), append(en, t.En)
	}
	return fault.New(fault.Invalid, "MATTER_NOT_ELIGIBLE", "您不符合办理条件："+strings.Join(zh, ";")+"。",
		"You do not meet the conditions: "+strings.Join(en, "; ")+".").At("input", "matters")
}
