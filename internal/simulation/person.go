package simulation

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/vetgraph/vetgraph/ent/gen"
	"github.com/vetgraph/vetgraph/ent/gen/material"
	"github.com/vetgraph/vetgraph/internal/access"
	"github.com/vetgraph/vetgraph/internal/casefile"
	"github.com/vetgraph/vetgraph/internal/form"
	"github.com/vetgraph/vetgraph/internal/lifecycle"
	"github.com/vetgraph/vetgraph/internal/plan"
	"github.com/vetgraph/vetgraph/internal/workday"
)

// person is an applicant.
type person struct {
	w       *world
	n       int
	id      string
	matters []string
	handed  *casefile.Submission // what was handed in, once it has been made up
	knows   string               // the case, as the receipt says
	gaveUp  bool                 // nothing can be filed
	again   int                  // how often the same was handed in again
}

// sets are matters that wait for one another: a chain of four, forks, a diamond.
var sets = [][]string{
	{"M01", "M04", "M05", "M08"}, {"M01", "M04", "M05", "M09"}, {"M01", "M04", "M09", "M12"}, {"M01", "M04", "M05", "M08"},
	{"M01", "M04"}, {"M01"},
}

func newPerson(w *world, n int, id string) *person {
	return &person{w: w, n: n, id: id, matters: pick(w.r, sets)}
}

func (p *person) viewer() *access.Viewer {
	return &access.Viewer{ID: p.id, Kind: access.Veteran, Self: p.id}
}

// typed is what everybody types where asked.
var typed = map[string]any{
	"mobile": "19900001234", "currentDivision": "230102001000", "currentAddress": "示例路1号", "occupation": "4",
	"healthStatus": "10", "photo": "photo-1", "idApplyReason": "FIRST", "deliveryMode": "ELECTRONIC",
	"householdSettleType": "OWN_DWELLING", "targetDivision": "230102001001", "targetAddress": "示例路1号",
	"insuranceTypes": []any{"PENSION"}, "medicalSchemeType": "EMPLOYEE", "ssCardBank": "ICBC", "ssCardBranch": "示例支行",
	"prefCardBank": "ICBC", "bankName": "ICBC", "bankAccountNo": "621000000000", "bankAccountName": "王志远", "trainingIntent": false,
}

// done says whether the person has nothing more to do.
func (p *person) done() bool { return p.gaveUp || p.knows != "" }

// wake is when the person thinks of the matter.
func (p *person) wake() {
	if !p.done() || !p.w.calm && p.again < 2 && p.w.chance(8) {
		p.submit()
	} else {
		p.live()
	}
	if p.gaveUp || p.w.result.Failure != nil {
		return
	}
	c := p.file()
	if p.knows == "" || c == nil || !c.State.Ended() {
		p.w.after(p.w.between(time.Hour, 5*24*time.Hour), p.wake)
	}
}

func (p *person) file() *gen.CaseFile {
	for _, c := range p.w.rows.cases {
		if c.ID == p.knows {
			return c
		}
	}
	return nil
}

// submit hands in, or hands in the same again.
func (p *person) submit() {
	w := p.w
	if p.handed == nil && !p.makeUp() {
		return
	}
	if p.knows != "" {
		p.again++
	}
	var out casefile.Outcome
	what := fmt.Sprintf("p%d submits %v, %d gaps, %d commitments", p.n, p.handed.Matters, len(p.handed.Gaps), len(p.handed.Commitments))
	refused, lived := w.try(what, p.viewer(), func(ctx context.Context) (err error) {
		out, err = w.desk.Submit(ctx, *p.handed)
		return err
	})
	switch {
	case !lived:
		w.catchUp()
	case refused != nil:
		w.fail("a good submission is refused: %v", refused)
	case len(out.Problems) > 0 && p.late():
		p.handed = nil // the paper was promised for a day that has come meanwhile
	case len(out.Problems) > 0:
		w.fail("a good submission has problems: %+v", out.Problems)
	case p.knows != "" && p.knows != out.CaseID:
		w.fail("the same key has made two cases")
	default:
		p.knows = out.CaseID
	}
}

// late says whether a promise is too old to be handed in.
func (p *person) late() bool {
	return slices.ContainsFunc(p.handed.Gaps, func(g casefile.Gap) bool { return g.By <= workday.FromTime(p.w.now) })
}

// makeUp plans and fills in the form.
func (p *person) makeUp() bool {
	w := p.w
	var q *plan.Plan
	refused, lived := w.try(fmt.Sprintf("p%d plans %v", p.n, p.matters), p.viewer(), func(ctx context.Context) (err error) {
		q, err = w.desk.Plan(ctx, casefile.PlanInput{VeteranID: p.id, Matters: p.matters})
		return err
	})
	if !lived {
		w.catchUp()
		return false
	}
	if refused != nil {
		p.gaveUp = true
		return false
	}
	s := &casefile.Submission{VeteranID: p.id, Key: fmt.Sprintf("key-of-p%d-%d", p.n, w.result.Seed), Matters: p.matters, Channel: "WEB"}
	for _, section := range q.Form.Sections {
		for _, f := range section.Fields {
			if v, known := typed[f.ID]; f.Fill == form.Ask && f.Required {
				if !known {
					w.fail("nobody knows what to type for %s", f.ID)
				}
				s.Answers = append(s.Answers, form.Answer{Field: f.ID, Value: v})
			}
		}
	}
	for _, paper := range q.Papers.Kept {
		m := w.desk.Shelf.Current().Material(paper.Material)
		switch by := q.PromisedOn.Day.AddDays(-w.r.IntN(3)); {
		case paper.Form:
		case m.Gap && w.chance(40) && by > workday.FromTime(w.now):
			s.Gaps = append(s.Gaps, casefile.Gap{Material: paper.Material, By: by})
		case m.Commitment && w.chance(40):
			s.Commitments = append(s.Commitments, paper.Material)
		}
	}
	p.handed = s
	return true
}

// live answers what was returned, brings papers, takes things back, or does nothing.
func (p *person) live() {
	w := p.w
	c := p.file()
	if c == nil || c.State.Ended() {
		return
	}
	for _, it := range w.rows.items {
		if it.CaseID != c.ID || it.State.Ended() {
			continue
		}
		switch {
		case it.State == lifecycle.ItemCorrection && w.chance(60):
			p.answer(it, !w.astray(25))
			return
		case w.astray(3):
			p.deed("p"+fmt.Sprint(p.n)+" takes "+w.name(it.ID)+" back", func(ctx context.Context) error { return w.desk.WithdrawItem(ctx, it.ID, "不办了") })
			return
		}
	}
	if w.astray(3) {
		p.deed("p"+fmt.Sprint(p.n)+" takes the case back", func(ctx context.Context) error { return w.desk.WithdrawCase(ctx, c.ID, "不办了") })
		return
	}
	p.bring(c)
}

func (p *person) deed(what string, f func(context.Context) error) {
	if _, lived := p.w.try(what, p.viewer(), f); !lived {
		p.w.catchUp()
	}
}

// bring hands in a paper that was promised; the window notes it.
func (p *person) bring(c *gen.CaseFile) {
	w := p.w
	var owed []string
	for _, o := range w.rows.owed {
		if o.CaseID == c.ID && o.Kind == "MAKE_UP" && o.EndedAt == nil {
			owed = append(owed, o.Matter)
		}
	}
	if len(owed) == 0 || w.chance(40) {
		return
	}
	clerk := &access.Viewer{ID: "clerk", Kind: access.Clerk, Division: "230000000000"}
	if _, lived := w.try("the window takes "+owed[0], clerk, func(ctx context.Context) error { return w.desk.TakePapers(ctx, c.ID, owed[:1]) }); !lived {
		w.catchUp()
	}
}

// answer answers a return, right or wrong.
func (p *person) answer(it *gen.Item, right bool) {
	w := p.w
	rows, err := w.desk.Corrections(w.ctx, []string{it.ID})
	if err != nil {
		w.fail("read the return of %s: %v", w.name(it.ID), err)
		return
	}
	last := rows[it.ID][len(rows[it.ID])-1]
	s := casefile.Supplement{ItemID: it.ID}
	for _, x := range last.Defects {
		if x.Field != "" {
			s.Answers = append(s.Answers, form.Answer{Field: x.Field, Value: typed[x.Field]})
		} else {
			s.Materials = append(s.Materials, x.Material)
		}
	}
	if !right {
		s.Materials = append(s.Materials, "MAT99")
	}
	var problems []form.Problem
	what := fmt.Sprintf("p%d answers the return of %s (right: %v)", p.n, w.name(it.ID), right)
	refused, lived := w.try(what, p.viewer(), func(ctx context.Context) (err error) {
		problems, err = w.desk.Supplement(ctx, s)
		return err
	})
	switch {
	case !lived:
		w.catchUp()
	case refused == nil && right != (len(problems) == 0):
		w.fail("%s: problems %+v", what, problems)
	}
}

// officers come to the desk from time to time.
func (w *world) officers() {
	w.after(w.between(6*time.Hour, 6*24*time.Hour), func() {
		if w.calm {
			w.duty()
		} else {
			w.whim()
		}
		w.officers()
	})
}

func (w *world) officer(code, what string, f func(ctx context.Context) error) {
	v := &access.Viewer{ID: "officer/" + code, Kind: access.Officer, Department: code, Division: "230000000000"}
	if _, lived := w.try(code+"'s officer "+what, v, f); !lived {
		w.catchUp()
	}
}

// duty is what an officer who behaves does: no clock stands for ever.
func (w *world) duty() {
	for _, it := range w.rows.items {
		if it.State == lifecycle.ItemSuspended && !it.Withdrawing {
			w.officer(it.Department, "decides "+w.name(it.ID), func(ctx context.Context) error { return w.desk.Decide(ctx, it.ID, true, "N-1", "") })
			return
		}
	}
}

// whim is something that an officer does.
func (w *world) whim() {
	for _, c := range w.rows.cases {
		if c.State == lifecycle.CaseSubmitted && w.chance(50) {
			if w.chance(20) {
				w.officer("VA", "refuses the case", func(ctx context.Context) error { return w.desk.Refuse(ctx, c.ID, "不属于本机关职权范围") })
			} else {
				w.officer("VA", "accepts the case", func(ctx context.Context) error { return w.desk.Accept(ctx, c.ID, "") })
			}
			return
		}
	}
	if len(w.rows.items) == 0 {
		return
	}
	it := pick(w.r, w.rows.items)
	if it.State.Ended() && w.chance(80) {
		return
	}
	name := w.name(it.ID)
	switch n := w.r.IntN(100); {
	case n < 30:
		found := w.defects(it)
		w.officer(it.Department, fmt.Sprintf("returns %s for %d defects", name, len(found)), func(ctx context.Context) error { return w.desk.Return(ctx, it.ID, found, "请补正") })
	case n < 50:
		w.officer(it.Department, "suspends "+name, func(ctx context.Context) error {
			return w.desk.Suspend(ctx, it.ID, "等待鉴定", "《行政许可法》第四十五条")
		})
	case n < 70:
		w.officer(it.Department, "resumes "+name, func(ctx context.Context) error { return w.desk.Resume(ctx, it.ID, "") })
	case n < 80:
		w.officer(it.Department, "refuses "+name, func(ctx context.Context) error { return w.desk.Decide(ctx, it.ID, false, "", "不符合条件") })
	default:
		w.officer(it.Department, "grants "+name, func(ctx context.Context) error { return w.desk.Decide(ctx, it.ID, true, "N-2", "") })
	}
}

// defects are one or several of an item's.
func (w *world) defects(it *gen.Item) []lifecycle.Defect {
	var found []lifecycle.Defect
	c, err := w.desk.Shelf.Get(w.ctx, w.rows.file(it.CaseID).CatalogVersion)
	if err != nil {
		w.fail("catalogue: %v", err)
		return nil
	}
	for _, f := range c.Matter(it.Matter).Asks {
		if typed[f] != nil && w.chance(40) {
			found = append(found, lifecycle.Defect{Field: f, Words: "请更正"})
		}
	}
	papers, err := w.lab.Store.Read.Material.Query().Where(material.CaseID(it.CaseID)).Order(material.ByCode()).All(w.ctx)
	if err != nil {
		w.fail("papers: %v", err)
	}
	for _, m := range papers {
		if slices.Contains(m.NeededBy, it.Matter) && w.chance(40) {
			found = append(found, lifecycle.Defect{Material: m.Code, Words: "不清晰"})
		}
	}
	return found
}
