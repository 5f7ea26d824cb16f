package plan

import (
	"fmt"
	"strings"

	"github.com/vetgraph/vetgraph/internal/catalog"
	"github.com/vetgraph/vetgraph/internal/form"
)

// Notice is the one-time notice (一次性告知书): everything the person has to know,
// said once. What it does not name may not be asked for later.
type Notice struct {
	Title    catalog.Text    `json:"title"`
	Sections []NoticeSection `json:"sections"`
}

// NoticeSection is a part of the notice: a heading and short lines.
type NoticeSection struct {
	ID      string         `json:"id"` // stable: HANDLED BRING HELD FILL VISIT PROMISE LIMITS RIGHTS
	Heading catalog.Text   `json:"heading"`
	Lines   []catalog.Text `json:"lines"`
}

// text is a sentence without arguments.
func text(zh, en string) catalog.Text { return catalog.Text{Zh: zh, En: en} }

// notice writes the notice from the finished plan.
func (w *work) notice(p *Plan) Notice {
	all := []NoticeSection{
		{"HANDLED", text("办哪些事、谁来办", "What is handled, and by whom"), w.handled()},
		{"BRING", text("带什么、为什么", "What to bring, and why"), bring(p)},
		{"HELD", text("部门已有、不再要您提供的", "What offices already hold and do not ask of you"), w.held(p.Form)},
		{"FILL", text("要您填写的", "What you fill in"), fill(p.Form)},
		{"VISIT", text("要您亲自去的", "Where you go in person"), w.visit(p)},
		{"PROMISE", text("什么时候办结、为什么", "When it ends, and why"), promised(p)},
		{"LIMITS", text("您自己的期限（自然日）", "Your own deadlines, in calendar days"), w.limits()},
		{"RIGHTS", text("您的权利", "Your rights"), w.rights()},
	}
	n := Notice{Title: catalog.Say("退役军人服务“一件事”一次性告知书（%d项）", "One-time notice: veteran services as one matter (%d matters)", len(w.chosen))}
	for _, s := range all {
		if len(s.Lines) > 0 {
			n.Sections = append(n.Sections, s)
		}
	}
	return n
}

func (w *work) handled() (lines []catalog.Text) {
	for _, m := range w.sequence {
		p := w.plan(m.Code)
		t := catalog.Say("%s：由%s办理", "%s: handled by %s", m.Name, w.office(m.Lead))
		if m.Duty.Kind == "MUST" {
			t = catalog.Say("%s；依法必须办理（%s）", "%s; the law requires it (%s)", t, m.Duty.Basis)
		}
		if len(p.After) > 0 {
			t = catalog.Say("%s；在%s之后", "%s; after %s", t, w.names(p.After))
		}
		if len(p.Assumes) > 0 {
			t = catalog.Say("%s；前提是您已办过%s", "%s; it takes for granted that you have done %s", t, w.names(p.Assumes))
		}
		if p.Verdict == Uncertain {
			t = catalog.Say("%s；是否符合条件由部门核实", "%s; the office checks whether the conditions are met", t)
		}
		lines = append(lines, catalog.Say("%s。", "%s.", t))
	}
	return lines
}

func bring(p *Plan) (lines []catalog.Text) {
	for _, k := range p.Papers.Kept {
		if k.Form {
			continue
		}
		t := catalog.Say("%s。%s", "%s. %s", k.Name, k.Why)
		if k.Original {
			t = catalog.Say("%s请带原件核对。", "%s Bring the original to be looked at.", t)
		}
		lines = append(lines, t)
	}
	if len(lines) == 0 {
		return []catalog.Text{text("不用带任何材料。", "Nothing to bring.")}
	}
	var free []catalog.Text
	for _, d := range p.Papers.Dropped {
		if d.Saved > 0 && d.Reason != Shared {
			free = append(free, d.Name)
		}
	}
	if len(free) > 0 {
		lines = append(lines, catalog.Say("不用带：%s。", "No need to bring: %s.", catalog.List(free...)))
	}
	return append(lines, catalog.Say("除此之外不要求其他材料（原来%d份，现在连同联办登记表%d份）。",
		"Nothing else is asked for (%d papers before, %d now with the joint form).", p.Papers.Asked, len(p.Papers.Kept)))
}

// held lists, office by office, what is not asked again (国务院令第716号 7).
func (w *work) held(f *form.Form) (lines []catalog.Text) {
	var order []string
	by := map[string][]catalog.Text{}
	for _, s := range f.Sections {
		for _, field := range s.Fields {
			source := field.Source
			if field.Fill != form.Department && field.Fill != form.Filled || source == form.Applicant {
				continue
			}
			if by[source] == nil {
				order = append(order, source)
			}
			by[source] = append(by[source], field.Name)
		}
	}
	for _, source := range order {
		lines = append(lines, catalog.Say("%s:%s。", "%s: %s.", w.office(source), catalog.List(by[source]...)))
	}
	if len(lines) > 0 {
		lines = append(lines, text("以上由部门共享取得，不要求您重复提供（国务院令第716号第7条）。", "Offices share these; you are not asked again (State Council Decree 716, article 7)."))
	}
	return lines
}

func fill(f *form.Form) (lines []catalog.Text) {
	for _, s := range f.Sections {
		var names []catalog.Text
		for _, field := range s.Fields {
			if field.Fill != form.Ask {
				continue
			}
			name := field.Name
			if field.WhenOpen {
				name = catalog.Say("%s（视情况）", "%s (if it applies)", name)
			}
			names = append(names, name)
		}
		if len(names) > 0 {
			lines = append(lines, catalog.Say("%s:%s。", "%s: %s.", s.Name, catalog.List(names...)))
		}
	}
	if len(lines) == 0 {
		return []catalog.Text{text("不用填写，核对即可。", "Nothing to fill in; just check it.")}
	}
	return append(lines, catalog.Say("各事项原来共有%d个空，现在每项只填一次，最多填%d项。",
		"The matters' own forms have %d blanks; here each is asked once, and you fill in %d at most.", f.Counts.Blanks, f.Counts.Typed))
}

func (w *work) visit(p *Plan) (lines []catalog.Text) {
	if len(p.Visits) == 0 {
		return []catalog.Text{text("不用亲自去，全程网上办理。", "Nowhere; all of it is done online.")}
	}
	for _, v := range p.Visits {
		t := catalog.Say("%s，去一次，%s起：", "%s, once, from %s on:", v.Name, v.NotBefore)
		for i, e := range v.Why {
			if i > 0 {
				t = catalog.Say("%s;", "%s;", t)
			}
			t = catalog.Say("%s%s——%s", "%s %s — %s", t, w.name(e.Matter), e.Why)
		}
		lines = append(lines, catalog.Say("%s。", "%s.", t))
		if len(v.Bring) > 0 {
			names := make([]catalog.Text, len(v.Bring))
			for i, code := range v.Bring {
				names[i] = w.in.Catalog.Material(code).Name
			}
			lines = append(lines, catalog.Say("带上原件：%s。", "Bring the originals: %s.", catalog.List(names...)))
		}
	}
	return lines
}

func promised(p *Plan) []catalog.Text {
	lines := []catalog.Text{catalog.Say("%[1]s受理的，不晚于%[2]s全部办结（%[3]d个工作日，受理当日不算）。",
		"Accepted on %[1]s, all is done by %[2]s (%[3]d working days; the day of acceptance is not counted).", p.AcceptedOn, p.PromisedOn.Day, p.days())}
	lines = append(lines, p.PathWords)
	for _, l := range p.Ledger {
		lines = append(lines, catalog.Say("%s。", "%s.", l.Words))
	}
	if p.PromisedOn.Provisional {
		lines = append(lines, text("该日期为暂定：有关年份的放假安排尚未公布，公布后会重新计算并告知您。",
			"This date is provisional: the holidays of that year are not announced yet. It is computed again when they are, and you will be told."))
	}
	return lines
}

func (w *work) limits() (lines []catalog.Text) {
	for _, m := range w.chosen {
		if l := w.plan(m.Code).Limit; l != nil {
			lines = append(lines, catalog.Say("%s:%s", "%s: %s", m.Name, l.Words))
		}
	}
	return lines
}

func (w *work) rights() []catalog.Text {
	lines := []catalog.Text{
		text("材料有缺漏的，部门要一次说全；当时就能发现而没有说的，以后不得再要求补。", "If something is missing, the office tells you everything at one time; what it could have seen then it may not ask for later."),
		text("没有新情况，不会第二次要求您补正。", "You are asked to correct once, not twice, unless something new comes up."),
		text("不予受理或不予办理的，会书面说明理由和救济途径。", "A refusal comes in writing, with its reasons and where to turn."),
	}
	lines = append(lines, w.remedies()...)
	if d := w.in.Catalog.Meta.Disclaimer; d != (catalog.Text{}) {
		lines = append(lines, catalog.Say("说明：%s", "Please note: %s", d))
	}
	return lines
}

// remedies says once what several matters have in common.
func (w *work) remedies() (lines []catalog.Text) {
	var order []catalog.Text
	by := map[catalog.Text][]catalog.Text{}
	for _, m := range w.chosen {
		if m.Remedy == (catalog.Text{}) {
			continue
		}
		if by[m.Remedy] == nil {
			order = append(order, m.Remedy)
		}
		by[m.Remedy] = append(by[m.Remedy], m.Name)
	}
	for _, remedy := range order {
		lines = append(lines, catalog.Say("%s:%s", "%s: %s", catalog.List(by[remedy]...), remedy))
	}
	return lines
}

// office names a department or party.
func (w *work) office(code string) catalog.Text {
	if d := w.in.Catalog.Department(code); d != nil {
		return d.Name
	}
	if code == form.Derived {
		return text("系统", "The system")
	}
	return text(code, code)
}

// String writes the notice as plain text in one language, for terminals and print.
func (n Notice) String() string { return n.render(func(t catalog.Text) string { return t.Zh }) }

// English is [Notice.String] in English.
func (n Notice) English() string { return n.render(func(t catalog.Text) string { return t.En }) }

func (n Notice) render(in func(catalog.Text) string) string {
	var b strings.Builder
	fmt.Fprintln(&b, in(n.Title))
	for i, s := range n.Sections {
		fmt.Fprintf(&b, "\n%d. %s\n", i+1, in(s.Heading))
		for _, l := range s.Lines {
			fmt.Fprintf(&b, "   - %s\n", in(l))
		}
	}
	return b.String()
}
