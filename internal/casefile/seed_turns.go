package casefile

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/vetgraph/vetgraph/ent/gen"
	"github.com/vetgraph/vetgraph/ent/gen/mandate"
	"github.com/vetgraph/vetgraph/ent/gen/obligation"
	"github.com/vetgraph/vetgraph/ent/gen/pause"
	"github.com/vetgraph/vetgraph/ent/gen/prereview"
	"github.com/vetgraph/vetgraph/ent/gen/violation"
	"github.com/vetgraph/vetgraph/internal/access"
	"github.com/vetgraph/vetgraph/internal/catalog"
	"github.com/vetgraph/vetgraph/internal/form"
	"github.com/vetgraph/vetgraph/internal/lifecycle"
	"github.com/vetgraph/vetgraph/internal/plan"
	"github.com/vetgraph/vetgraph/internal/workday"
)

// What makes an example other than straight: drafts and their pre-review, clerks
// who file for somebody, gaps, returns, suspensions.

// paperGap is a minor paper that was promised for later.
type paperGap struct {
	material, department string
	by                   workday.Day
	takenAt              time.Time // zero: not yet
}

// draft is a case that has not been submitted.
func (s *Story) draft() {
	s.note(s.person, nil, "DRAFT_SAVED", "", string(lifecycle.CaseDraft), "", s.last)
	if s.Fate.Ends == lifecycle.CaseDraft && !s.Fate.Reviewed {
		return
	}
	asked := s.last.Add(5 * time.Minute)
	s.step(s.person, lifecycle.CasePreReview, "", asked)
	machine := &access.Viewer{ID: "prereview", Kind: access.Machine}
	until := s.calendar().Due(workday.FromTime(asked), s.desk.review().Result.Workdays).Day
	s.reviews = append(s.reviews, &gen.PreReview{
		ID: s.next(asked), State: prereview.StatePASSED, Reviewer: machine.ID, AskedAt: asked, DueOn: workday.FromTime(asked), EndedAt: &asked, ValidUntil: &until,
		Findings: []lifecycle.Finding{{Check: "FORMAT", Verdict: passed, Zh: "填写完整，格式正确。", En: "Complete, and of the right form."}},
	})
	s.note(machine, nil, "PRE_REVIEW_CHECKED", "", passed, "机器核对 1 项，0 项有问题。", asked)
	officers := officersOf(s.desk.Shelf.Current(), codes(s.chosen))
	if len(officers) == 0 {
		s.step(machine, lifecycle.CaseDraft, "", asked)
		return
	}
	said := asked.Add(s.until.Sub(asked) / 2) // all of them, while the story lasts
	for _, m := range officers {
		s.review(m, asked, said)
	}
	switch by := s.officer(officers[0].Lead); s.Fate.Ends {
	case lifecycle.CaseReturned:
		s.step(by, lifecycle.CaseReturned, "", said)
	case lifecycle.CaseDraft:
		s.step(by, lifecycle.CaseDraft, "", said)
	}
}

// review is an officer's look at one matter of a draft.
func (s *Story) review(m *catalog.Matter, asked, said time.Time) {
	due := s.calendar().Due(s.calendar().AcceptedOn(asked, s.desk.Closing), m.Days.PreReview).Day
	row := &gen.PreReview{ID: s.next(asked), Matter: m.Code, Department: m.Lead, State: prereview.StatePENDING, AskedAt: asked, DueOn: due}
	owed := &gen.Obligation{ID: s.next(asked), Matter: m.Code, Kind: obligation.KindPRE_REVIEW, OwedBy: obligation.OwedByDEPARTMENT, Department: m.Lead,
		OpenedAt: asked, HeardAt: asked, WordBy: endOf(due)}
	s.reviews, s.owed = append(s.reviews, row), append(s.owed, owed)
	s.note(&access.Viewer{ID: "prereview", Kind: access.Machine}, nil, "PRE_REVIEW_ASKED", "", string(row.State), m.Code+" "+due.String(), asked)
	if s.Fate.Ends == lifecycle.CasePreReview {
		return
	}
	by := s.officer(m.Lead)
	row.Reviewer, row.EndedAt, row.State = by.ID, &said, prereview.StatePASSED
	row.Findings = officersFindings(Conclusion{Passed: true})
	if s.Fate.Ends == lifecycle.CaseReturned {
		row.State = prereview.StateFAILED
		row.Findings = officersFindings(Conclusion{Defects: s.defects(m.Code, nil, 2)})
		row.Words = "其余无误，改好后即可提交。"
	} else {
		until := s.calendar().Due(workday.FromTime(said), s.desk.review().Result.Workdays).Day
		row.ValidUntil = &until
	}
	owed.EndedAt, owed.HeardAt, owed.Ending = &said, said, string(row.State)
	s.note(by, nil, "PRE_REVIEW_DECIDED", string(prereview.StatePENDING), string(row.State), strings.TrimSpace(m.Code+" "+row.Words), said)
}

// entrust lets a clerk file, under a mandate for exactly this form.
func (s *Story) entrust() {
	asked, agreed := s.last.Add(-12*time.Minute), s.last.Add(-9*time.Minute)
	var fields []string
	for _, sec := range s.Plan.Form.Sections {
		for _, f := range sec.Fields {
			if f.Fill == form.Ask {
				fields = append(fields, f.ID)
			}
		}
	}
	s.mandate = &gen.Mandate{
		ID: s.next(asked), VeteranID: s.VeteranID, Agent: s.Clerk, Division: s.Division, Matters: codes(s.chosen), Fields: fields,
		Until: workday.FromTime(s.last).AddDays(30), State: mandate.StateACTIVE, RequestedAt: asked, RequestedBy: s.Clerk, ConfirmedAt: &agreed, ConfirmedHow: "CODE",
	}
	s.person = &access.Viewer{ID: s.Clerk, Kind: access.Clerk, Principal: s.VeteranID, Mandate: s.mandate.ID}
}

// commit replaces papers by a signed commitment where that may be.
func (s *Story) commit() {
	for _, p := range s.Plan.Papers.Kept {
		if m := s.desk.Shelf.Current().Material(p.Material); s.Fate.Commits && m != nil && m.Commitment && !p.Form {
			s.committed = append(s.committed, p.Material)
		}
	}
}

// wait is that a case with a gap waits for an officer; it answers whether it was
// accepted. One without a paper that may come later is accepted at once.
func (s *Story) wait() bool {
	i := slices.IndexFunc(s.Plan.Papers.Kept, func(p plan.Paper) bool {
		m := s.desk.Shelf.Current().Material(p.Material)
		return m != nil && m.Gap && !p.Form
	})
	if i < 0 {
		return true
	}
	c, lead := s.calendar(), s.leader()
	s.gap = &paperGap{material: s.Plan.Papers.Kept[i].Material, department: lead, by: c.Due(s.Plan.AcceptedOn, max(1, s.Plan.Totals.After.Days/2)).Day}
	if m := s.desk.Shelf.Current().Matter(s.Plan.Papers.Kept[i].NeededBy[0]); m != nil {
		s.gap.department = m.Lead
	}
	s.waited = &gen.Obligation{
		ID: s.next(s.last), Kind: obligation.KindACCEPTANCE, OwedBy: obligation.OwedByDEPARTMENT, Department: lead, OpenedAt: s.last, HeardAt: s.last,
		WordBy: endOf(c.Deemed(c.AcceptedOn(s.last, s.desk.Closing), s.desk.limits().Acceptance.Workdays).Day),
	}
	s.owed = append(s.owed, s.waited)
	at := s.last.Add(time.Duration(60+s.r.IntN(22*60)) * time.Minute)
	if s.Fate.Ends == lifecycle.CaseSubmitted || at.After(s.until) {
		return false
	}
	s.waited.EndedAt, s.waited.HeardAt, s.waited.Ending = &at, at, string(lifecycle.CaseInProgress)
	if s.Fate.Ends == lifecycle.CaseNotAccepted {
		s.waited.Ending = string(lifecycle.CaseNotAccepted)
		s.reason = "安置地不在本地，请到安置地办理；材料已全部退还。"
		s.step(s.officer(lead), lifecycle.CaseNotAccepted, s.reason, at)
		return false
	}
	s.last = at
	return true
}

func (s *Story) leader() string {
	return (&acceptance{desk: s.desk, chosen: s.chosen}).leader()
}

// interrupt is what stands between receipt and decision; it answers whether the
// department goes on to decide.
func (s *Story) interrupt(p *part) bool {
	switch p.Code {
	case s.Fate.Withdraws:
		at := p.received.Add(time.Duration(1+s.r.IntN(4)) * time.Hour)
		if at.After(s.until) {
			return true
		}
		s.takeBack(p, at)
		return false
	case s.Fate.Returns:
		return s.correct(p, nil)
	case s.Fate.Pauses:
		return s.suspend(p)
	}
	return true
}

// correct returns an item, once or, with what could have been seen before, again.
func (s *Story) correct(p *part, earlier []lifecycle.Defect) bool {
	at := p.received.Add(time.Duration(2*60+s.r.IntN(3*60)) * time.Minute)
	found := s.defects(p.Code, earlier, 2)
	if at.After(s.until) || len(found) == 0 {
		return true
	}
	by, limit := departmentSystem(p.Department), s.desk.limits().Correction
	if len(earlier) > 0 {
		s.accuse(p, found, by, at)
	}
	p.words = saidAtOnce(found)
	p.sequence += 2
	s.stop(p, pause.KindCORRECTION, ground{"退回补正", limit.Law}, by, at)
	s.move(by, p, lifecycle.ItemCorrection, p.words, at)
	s.returns++
	row := &gen.Correction{ID: s.next(at), ItemID: p.id, Round: p.round, Defects: found, Words: p.words, ReturnedBy: by.ID, ReturnedAt: at,
		DueOn: s.calendar().Due(workday.FromTime(at), limit.Workdays).Day}
	s.returned = append(s.returned, row)
	for _, x := range found {
		if x.Material != "" {
			s.faulty[x.Material] = x.Words
		}
	}
	answer := at.Add(time.Duration(18+s.r.IntN(60)) * time.Hour)
	if lapse := endOf(row.DueOn).Add(5 * time.Second); !s.Fate.Answered && !lapse.After(s.until) {
		s.goOn(p, lapse)
		p.words = "逾期未补正，终止办理。"
		s.move(&access.Viewer{ID: "lapse", Kind: access.Machine}, p, lifecycle.ItemTerminated, p.words, lapse)
		return false
	}
	if !s.Fate.Answered || answer.After(s.until) {
		return false
	}
	s.supplement(p, row, answer)
	if s.Fate.Again && len(earlier) == 0 {
		return s.correct(p, found)
	}
	return true
}

// supplement answers a return: what it names is handed in again, and the item goes
// to its department as its next round.
func (s *Story) supplement(p *part, row *gen.Correction, at time.Time) {
	row.AnsweredAt = &at
	for _, x := range row.Defects {
		if x.Material != "" {
			row.Papers = append(row.Papers, x.Material)
			delete(s.faulty, x.Material)
		}
	}
	for _, o := range s.parts {
		if o.state == lifecycle.ItemWaiting && slices.Contains(o.After, p.Code) {
			row.Also = append(row.Also, o.id)
		}
	}
	s.goOn(p, at)
	s.move(s.person, p, lifecycle.ItemReady, "", at)
	p.round, p.words = p.round+1, ""
	s.send(p, at.Add(time.Second))
}

// accuse is that an item is returned for what could have been seen before.
func (s *Story) accuse(p *part, found []lifecycle.Defect, by *access.Viewer, at time.Time) {
	for _, x := range found {
		s.breaches = append(s.breaches, &gen.Violation{
			ID: s.next(at), ItemID: p.id, Matter: p.Code, Kind: violation.KindSECOND_RETURN, Element: x.Field, Material: x.Material, Owner: by.ID,
			Department: p.Department, Law: onceLaw, Words: fmt.Sprintf("第 %d 次退回时已可发现而未一次告知。", p.round), At: at,
		})
		s.note(by, p, "VIOLATION_RECORDED", "", "", "二次退回："+x.Field+x.Material, at)
	}
}

// suspend is that an officer stops an item's clock (中止) and lets it go on.
func (s *Story) suspend(p *part) bool {
	at := p.received.Add(time.Duration(2*60+s.r.IntN(4*60)) * time.Minute)
	if at.After(s.until) {
		return true
	}
	by := s.officer(p.Department)
	g := ground{"正在向原部队核实，核实期间不计入办理期限。", "《行政许可法》第四十五条（参照）"}
	s.stop(p, pause.KindSUSPENSION, g, by, at)
	s.move(by, p, lifecycle.ItemSuspended, g.reason, at)
	on := at.Add(time.Duration(30+s.r.IntN(90)) * time.Hour)
	if !s.Fate.Answered || on.After(s.until) {
		return false
	}
	s.goOn(p, on)
	s.move(by, p, lifecycle.ItemReceived, "原部队已答复。", on)
	return true
}

// stop stops an item's clock.
func (s *Story) stop(p *part, kind pause.Kind, g ground, by *access.Viewer, at time.Time) {
	p.stopped = &gen.Pause{ID: s.next(at), ItemID: p.id, Kind: kind, FromDay: workday.FromTime(at), Reason: g.reason, Law: g.law, OrderedBy: by.ID}
	s.pauses = append(s.pauses, p.stopped)
}

// goOn lets an item's clock run again.
func (s *Story) goOn(p *part, at time.Time) {
	day := workday.FromTime(at)
	p.paused += s.calendar().Between(p.stopped.FromDay, day)
	p.stopped.ToDay, p.stopped = &day, nil
}

// defects are up to n things wrong with a matter, of those that the person gave
// and that earlier ones do not name: a paper and fields.
func (s *Story) defects(matter string, earlier []lifecycle.Defect, n int) []lifecycle.Defect {
	cat := s.desk.Shelf.Current()
	var all []lifecycle.Defect
	for _, p := range s.Plan.Papers.Kept {
		if !p.Form && slices.Contains(p.NeededBy, matter) {
			all = append(all, lifecycle.Defect{Material: p.Material, Words: "《" + p.Name.Zh + "》影像不清晰，请重新提交。"})
		}
	}
	if m := cat.Matter(matter); m != nil {
		for _, id := range m.Asks {
			if f := cat.Field(id); f != nil && f.Origin == form.Applicant && s.Answers[id] != nil {
				all = append(all, lifecycle.Defect{Field: id, Words: "“" + f.Name.Zh + "”填写不完整，请按证件所载补全。"})
			}
		}
	}
	all = slices.DeleteFunc(all, func(x lifecycle.Defect) bool {
		return slices.ContainsFunc(earlier, func(o lifecycle.Defect) bool { return o.Field == x.Field && o.Material == x.Material })
	})
	s.r.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
	if len(earlier) > 0 {
		n = 1
	}
	return all[:min(len(all), n)]
}

func saidAtOnce(found []lifecycle.Defect) string {
	words := make([]string, len(found))
	for i, x := range found {
		words[i] = strings.TrimSuffix(x.Words, "。")
	}
	return "请一次性补正：" + strings.Join(words, "；") + "。"
}
