package casefile

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/vetgraph/vetgraph/ent/gen"
	"github.com/vetgraph/vetgraph/ent/gen/material"
	"github.com/vetgraph/vetgraph/ent/gen/obligation"
	"github.com/vetgraph/vetgraph/ent/gen/task"
	"github.com/vetgraph/vetgraph/ent/gen/violation"
	"github.com/vetgraph/vetgraph/internal/access"
	"github.com/vetgraph/vetgraph/internal/lifecycle"
	"github.com/vetgraph/vetgraph/internal/supervision"
	"github.com/vetgraph/vetgraph/internal/workday"
)

// settle draws what follows from what has been told: promised days with their
// pauses, warnings, who owes which word.
func (s *Story) settle() error {
	s.warning = lifecycle.NoWarning
	if !s.acceptedAt.IsZero() {
		if err := s.reckon(); err != nil {
			return err
		}
		rules, err := supervision.Builtin()
		if err != nil {
			return err
		}
		for _, p := range s.parts {
			s.warn(p, rules)
			if p.warning == lifecycle.Red || p.warning == lifecycle.Yellow && s.warning == lifecycle.NoWarning {
				s.warning = p.warning
			}
			s.owe(p)
		}
		s.promise()
		s.checkLater()
	}
	slices.SortStableFunc(s.log, func(a, b deed) int { return a.At.Compare(b.At) })
	for _, o := range s.owed {
		o.CaseID, o.Division = s.caseID, s.Division
	}
	return nil
}

// reckon sets the promised days, as the desk does after each pause.
func (s *Story) reckon() error {
	c, today := s.calendar(), workday.FromTime(s.until)
	items := make([]*gen.Item, len(s.parts))
	for i, p := range s.parts {
		items[i] = &gen.Item{ID: p.id, Matter: p.Code, After: p.After, FinishDay: p.FinishDay}
	}
	dues, err := chain(c, &gen.CaseFile{ID: s.caseID, AcceptedOn: &s.acceptedOn}, items, s.pauses, today)
	if err != nil {
		return err
	}
	first := c.Due(s.acceptedOn, s.Plan.Totals.After.Days)
	s.due, s.doubtful = first.Day, first.Provisional
	var stands bool
	var moved *part
	for _, p := range s.parts {
		p.due = dues[p.Code].Day
		if p.due > s.due {
			s.due = p.due
		}
		s.doubtful = s.doubtful || !p.state.Ended() && dues[p.Code].Provisional
		stands = stands || p.state.Stopped()
		if p.paused > 0 && p.state != lifecycle.ItemTerminated {
			moved = p
		}
	}
	if s.due != first.Day && moved != nil && !stands {
		on := s.pauses[len(s.pauses)-1]
		i := slices.IndexFunc(s.log, func(d deed) bool { // what let the clock go on
			return d.ItemID == on.ItemID && workday.FromTime(d.At) == *on.ToDay &&
				(d.From == string(lifecycle.ItemCorrection) || d.From == string(lifecycle.ItemSuspended))
		})
		if i >= 0 {
			s.note(s.log[i].by, nil, "DUE_MOVED", "", "", fmt.Sprintf("承诺办结日由 %s 变为 %s。", first.Day, s.due), s.log[i].At)
		}
	}
	return nil
}

// warn gives an item the warnings that the watch gave it while it was open. While
// its clock stood it was given none.
func (s *Story) warn(p *part, rules *supervision.Rules) {
	if p.state.Stopped() {
		return
	}
	c, by := s.calendar(), &access.Viewer{ID: "supervision", Kind: access.Machine}
	end, from := s.until, s.acceptedAt.Add(8*time.Second)
	if p.state.Ended() {
		end = p.decided
	}
	for _, x := range s.pauses {
		if x.ItemID == p.id && x.ToDay != nil {
			from = latest(from, p.turned.Add(8*time.Second))
		}
	}
	level := func(d workday.Day) lifecycle.Warning {
		return lifecycle.Warning(rules.Warning.Thresholds().Level(c, s.acceptedOn, p.due, d, nil))
	}
	first := p.due
	for first > s.acceptedOn && level(first-1) == lifecycle.Yellow {
		first--
	}
	say := func(to lifecycle.Warning, at time.Time) bool {
		if !at.Before(end) {
			return false
		}
		s.note(by, p, "ITEM_WARNING", string(p.warning), string(to), "承诺日期 "+p.due.String()+"。", at)
		p.warning = to
		return true
	}
	if at := latest(first.Time().Add(8*time.Second), from); workday.FromTime(at) <= p.due {
		say(lifecycle.Yellow, at)
	}
	if at := latest(endOf(p.due).Add(8*time.Second), from); say(lifecycle.Red, at) {
		s.overdue(p, rules, at)
	}
}

func latest(a, b time.Time) time.Time {
	if a.After(b) {
		return a.UTC()
	}
	return b.UTC()
}

// overdue is what the watch records of a promised day that was not kept.
func (s *Story) overdue(p *part, rules *supervision.Rules, at time.Time) {
	s.breaches = append(s.breaches, &gen.Violation{
		ID: s.next(at), ItemID: p.id, Matter: p.Code, Kind: violation.KindOVERDUE, Owner: "department/" + p.Department, Department: p.Department,
		Law: rules.Overdue.Law.Zh, Words: "“" + p.Name.Zh + "”承诺 " + p.due.String() + " 前办结，逾期未办结。", At: at,
	})
	t := &gen.Task{
		Kind: task.KindOVERDUE, ItemID: p.id, Subject: p.id, Department: p.Department, OpenedAt: at, State: task.StateOPEN,
		Words: "办件 " + s.number + " 的“" + p.Name.Zh + "”已超过承诺日期 " + p.due.String() + "（红牌）。请尽快办结，并说明原因。",
		DueOn: s.calendar().Due(workday.FromTime(at), rules.Overdue.Workdays).Day,
	}
	if p.state.Ended() {
		done := p.decided.Add(8 * time.Second)
		t.State, t.DoneAt, t.DoneBy, t.Outcome = task.StateDONE, &done, "machine", "事项已办结，超期另有记录。"
	}
	s.charge(t)
}

// charge gives a task to the person whom the roster names.
func (s *Story) charge(t *gen.Task) {
	if s.desk.Office == nil {
		return
	}
	who := s.desk.Office.Roster.Find(t.Department, s.Division)
	t.ID, t.CaseID, t.Division, t.Assignee, t.AssigneeName = s.next(t.OpenedAt), s.caseID, s.Division, who.Account, who.Name
	s.tasks = append(s.tasks, t)
}

// owe writes who owes the next word about an item, or who gave the last.
func (s *Story) owe(p *part) {
	w := &work{desk: s.desk, now: p.turned}
	o := &gen.Obligation{ID: s.next(s.acceptedAt), ItemID: p.id, Matter: p.Code, Kind: obligation.KindRESULT, Department: p.Department,
		OpenedAt: s.acceptedAt, HeardAt: p.turned}
	o.OwedBy, o.WordBy = w.owes(&gen.Item{State: p.open, DueOn: p.due})
	if p.state.Ended() {
		o.EndedAt, o.HeardAt, o.Ending = &p.decided, p.decided, ending(p.state)
	}
	s.owed = append(s.owed, o)
}

// promise is the paper that was promised for later: it comes a day or two after.
func (s *Story) promise() {
	if s.gap == nil {
		return
	}
	o := &gen.Obligation{ID: s.next(s.acceptedAt), Matter: s.gap.material, Kind: obligation.KindMAKE_UP, OwedBy: obligation.OwedByAPPLICANT,
		Department: s.gap.department, OpenedAt: s.acceptedAt, HeardAt: s.acceptedAt, WordBy: endOf(s.gap.by)}
	s.owed = append(s.owed, o)
	s.note(s.officer(s.waited.Department), nil, "MATERIAL_DUE", "", "", s.gap.material+" "+s.gap.by.String(), s.acceptedAt)
	at := s.acceptedAt.Add(time.Duration(26+s.r.IntN(20)) * time.Hour)
	if by := o.WordBy.Add(-time.Hour); at.After(by) {
		at = by
	}
	switch {
	case !s.closedAt.IsZero() && at.After(s.closedAt):
		o.EndedAt, o.HeardAt, o.Ending = &s.closedAt, s.closedAt, "CASE_ENDED"
	case !at.After(s.until):
		s.gap.takenAt = at
		s.note(&access.Viewer{ID: "demo/clerk", Kind: access.Clerk}, nil, "PAPER_TAKEN", "", "", s.gap.material, at)
		o.EndedAt, o.HeardAt, o.Ending = &at, at, "PAPER"
	}
}

// checkLater gives somebody the task of checking what was declared (告知承诺).
func (s *Story) checkLater() {
	for _, code := range s.committed {
		t := &gen.Task{
			Kind: task.KindCOMMITMENT, Subject: s.caseID + ":" + code, Department: s.leader(), OpenedAt: s.acceptedAt, State: task.StateOPEN,
			Words: fmt.Sprintf("申请人以告知承诺代替材料 %s，请在期限内核查。", code),
			DueOn: s.calendar().Due(workday.FromTime(s.acceptedAt), s.desk.limits().Commitment.Workdays).Day,
		}
		if done := t.DueOn.Time().Add(-30 * time.Hour).UTC(); done.Before(s.until) {
			t.State, t.DoneAt, t.DoneBy, t.Outcome = task.StateDONE, &done, "demo/officer-"+strings.ToLower(t.Department), "已核查，与承诺一致。"
		}
		s.charge(t)
	}
}

// paperState is where a paper stands, and what is wrong with it.
func (s *Story) paperState(code string) (material.State, *workday.Day, string) {
	switch {
	case s.faulty[code] != "":
		return material.StateFAULTY, nil, s.faulty[code]
	case s.gap != nil && s.gap.material == code && s.gap.takenAt.IsZero():
		return material.StatePROMISED, &s.gap.by, ""
	case s.gap != nil && s.gap.material == code:
		return material.StateHELD, &s.gap.by, ""
	case slices.Contains(s.committed, code):
		return material.StateCOMMITTED, nil, ""
	}
	return material.StateEXPECTED, nil, ""
}
