package casefile

import (
	"cmp"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/vetgraph/vetgraph/internal/access"
	"github.com/vetgraph/vetgraph/internal/journal"
	"github.com/vetgraph/vetgraph/internal/lifecycle"
	"github.com/vetgraph/vetgraph/internal/plan"
	"github.com/vetgraph/vetgraph/internal/workday"
)

// Story is an example case as it went. Every move in it is one that
// [lifecycle.MoveCase] and [lifecycle.MoveItem] allow; the record would refuse
// nothing of it.
type Story struct {
	Example
	desk   *Desk
	until  time.Time
	r      *rand.Rand
	caseID string
	number string
	chosen []plan.MatterPlan // in plan order

	state               lifecycle.CaseState
	submitted, accepted bool
	last                time.Time // of the last thing that happened
	parts               []*part
	log                 []deed
	wrong               error // the first move that the law forbids: a mistake in this file
}

// part is one item of a story.
type part struct {
	plan.MatterPlan
	id, receipt, result, words    string
	state                         lifecycle.ItemState
	dispatched, received, decided time.Time
	sequence                      int64
	day                           int // working day after acceptance on which it ends
}

// deed is an entry of the journal and who did it.
type deed struct {
	journal.Entry
	by *access.Viewer
}

// Err is the first unlawful move in a story; nil, unless Tell has a mistake.
func (s *Story) Err() error { return s.wrong }

// Items tells of every item that its department has.
func (s *Story) Items() []Told {
	var all []Told
	for _, p := range s.parts {
		if p.received.IsZero() {
			continue
		}
		all = append(all, Told{ItemID: p.id, CaseNumber: s.number, Matter: p.Code, Department: p.Department, ReceiptNo: p.receipt,
			VeteranID: s.VeteranID, State: p.state, ReceivedAt: p.received, DecidedAt: p.decided})
	}
	return all
}

func (s *Story) tell() {
	s.last = s.Submitted.UTC()
	person := &access.Viewer{ID: s.Account, Kind: access.Veteran}
	if s.Channel == "WINDOW" {
		person = &access.Viewer{ID: "demo/clerk", Kind: access.Clerk}
	}
	switch s.Fate.Ends {
	case lifecycle.CaseDraft:
		return
	case lifecycle.CasePreReview, lifecycle.CaseReturned:
		s.step(person, lifecycle.CasePreReview, "", 0)
		if s.Fate.Ends == lifecycle.CaseReturned {
			s.step(&access.Viewer{ID: "department/PS", Kind: access.Machine}, lifecycle.CaseReturned, "请补充拟落户地址的证明，其余无误。", 5*time.Hour)
		}
		return
	}
	s.step(person, lifecycle.CaseSubmitted, "", 0)
	s.submitted = true
	switch s.Fate.Ends {
	case lifecycle.CaseSubmitted:
		return
	case lifecycle.CaseNotAccepted:
		s.step(&access.Viewer{ID: "department/VA", Kind: access.Machine}, lifecycle.CaseNotAccepted, "安置地不在本地，请到安置地办理。", 3*time.Hour)
		return
	}
	s.step(person, lifecycle.CaseAccepted, "", 0)
	s.accepted = true
	s.open()
	s.step(person, lifecycle.CaseInProgress, "", 0)
	s.work()
	switch s.Fate.Ends {
	case lifecycle.CaseWithdrawn:
		s.abandon(person, lifecycle.ItemWithdrawn, "申请人撤回。", lifecycle.CaseWithdrawn)
	case lifecycle.CaseTerminated:
		s.abandon(&access.Viewer{ID: "lapse", Kind: access.Machine}, lifecycle.ItemTerminated, "逾期未补正，终止办理。", lifecycle.CaseTerminated)
	default:
		s.close()
	}
	slices.SortStableFunc(s.log, func(a, b deed) int { return a.At.Compare(b.At) })
}

// step moves the case.
func (s *Story) step(by *access.Viewer, to lifecycle.CaseState, reason string, later time.Duration) {
	s.last = s.last.Add(later)
	s.check(lifecycle.MoveCase(s.state, to, Actor(by.Kind, by.ID)))
	s.log = append(s.log, deed{journal.Entry{CaseID: s.caseID, Kind: "CASE_" + string(to), From: string(s.state), To: string(to), Reason: reason, At: s.last}, by})
	s.state = to
}

// move moves an item.
func (s *Story) move(by *access.Viewer, p *part, to lifecycle.ItemState, reason string, at time.Time) {
	s.check(lifecycle.MoveItem(p.state, to, Actor(by.Kind, by.ID)))
	s.log = append(s.log, deed{journal.Entry{CaseID: s.caseID, ItemID: p.id, Matter: p.Code, Kind: "ITEM_" + string(to), From: string(p.state), To: string(to), Reason: reason, At: at}, by})
	p.state = to
	if at.After(s.last) {
		s.last = at
	}
}

func (s *Story) check(err error) {
	if s.wrong == nil && err != nil {
		s.wrong = fmt.Errorf("an example of case %s: %w", s.caseID, err)
	}
}

// open lays out the items as acceptance does.
func (s *Story) open() {
	for k, m := range s.chosen {
		state := lifecycle.ItemWaiting
		if len(m.After) == 0 {
			state = lifecycle.ItemReady
		}
		s.parts = append(s.parts, &part{MatterPlan: m, id: s.id(s.Submitted, uint64(k)+1), state: state})
	}
}

func (s *Story) part(code string) *part {
	i := slices.IndexFunc(s.parts, func(p *part) bool { return p.Code == code })
	if i < 0 {
		return nil
	}
	return s.parts[i]
}

// work lets the departments work until the story's end, in the order of the plan,
// so that what an item waits for has been told before it.
func (s *Story) work() {
	order := slices.Clone(s.parts)
	slices.SortStableFunc(order, func(a, b *part) int { return cmp.Compare(a.Order, b.Order) })
	for _, p := range order {
		start, startDay := s.Submitted.UTC().Add(time.Duration(1+s.r.IntN(20))*time.Second), 0
		blocked, waits := "", false
		for _, code := range p.After {
			before := s.part(code)
			switch {
			case before == nil:
			case !before.state.Ended():
				waits = true
			case !before.state.Granted():
				blocked = code
			case before.decided.After(start):
				start = before.decided
			}
			if before != nil {
				startDay = max(startDay, before.day)
			}
		}
		switch {
		case blocked != "":
			s.block(p, blocked)
		case !waits:
			s.handle(p, start, startDay)
		}
	}
}

// block ends an item because of another, at the moment that one ended.
func (s *Story) block(p *part, because string) {
	p.decided = s.part(because).decided
	p.words = fmt.Sprintf("前置事项未办成(%s)", because)
	s.move(hub, p, lifecycle.ItemBlocked, p.words, p.decided)
}

// handle sends an item to its department and lets it decide when it is time.
func (s *Story) handle(p *part, start time.Time, startDay int) {
	office := &access.Viewer{ID: "department/" + p.Department, Kind: access.Machine}
	if p.state == lifecycle.ItemWaiting {
		s.move(hub, p, lifecycle.ItemReady, "", start)
	}
	p.dispatched = start.Add(time.Second)
	p.received = p.dispatched.Add(time.Second)
	p.receipt = fmt.Sprintf("%s%s%06d", p.Department, p.received.In(workday.Zone()).Format("20060102"), 500_000+s.r.IntN(400_000))
	s.move(hub, p, lifecycle.ItemDispatched, "", p.dispatched)
	s.move(hub, p, lifecycle.ItemReceived, "", p.received)
	p.sequence = 1
	took := max(1, int(math.Ceil(float64(p.Workdays)*(0.5+s.r.Float64()/2))))
	if s.Fate.Late {
		took = p.Workdays + 1 + s.r.IntN(2)
	}
	p.day = startDay + took
	at := s.desk.Calendar().Due(s.Plan.AcceptedOn, p.day).Day.Time().Add(9*time.Hour + time.Duration(s.r.IntN(7*3600))*time.Second).UTC()
	if !at.After(p.received) {
		at = p.received.Add(time.Duration(5+s.r.IntN(30)) * time.Minute)
	}
	if at.After(s.until) {
		s.stand(office, p)
		return
	}
	p.sequence = 3
	switch p.Code {
	case s.Fate.Returns:
		p.words = "照片不符合要求，请重新提交白底近期照片。"
		s.move(office, p, lifecycle.ItemCorrection, p.words, at)
		return
	case s.Fate.Pauses:
		p.words = "正在向原部队核实，核实期间不计入时限。"
		s.move(office, p, lifecycle.ItemSuspended, p.words, at)
		return
	}
	p.decided = at
	if p.Code == s.Fate.Rejects {
		p.words = "经审核，暂不符合办理条件；理由已书面告知。"
		s.move(office, p, lifecycle.ItemRejected, p.words, at)
		return
	}
	p.words = "准予办理。"
	p.result = fmt.Sprintf("例%s〔%d〕%06d号", p.Code[1:], at.In(workday.Zone()).Year(), s.r.IntN(1_000_000))
	s.move(office, p, lifecycle.ItemApproved, p.words, at)
}

// stand is where an open item stands that its department has not decided.
func (s *Story) stand(office *access.Viewer, p *part) {
	at := p.received.Add(2 * time.Hour)
	if at.After(s.until) {
		return
	}
	switch p.Code {
	case s.Fate.Returns:
		p.words = "照片不符合要求，请重新提交白底近期照片。"
		s.move(office, p, lifecycle.ItemCorrection, p.words, at)
	case s.Fate.Pauses:
		p.words = "正在向原部队核实，核实期间不计入时限。"
		s.move(office, p, lifecycle.ItemSuspended, p.words, at)
	}
}

// abandon ends all items that are open, then the case.
func (s *Story) abandon(by *access.Viewer, to lifecycle.ItemState, reason string, end lifecycle.CaseState) {
	at := s.last.Add(26 * time.Hour)
	if at.After(s.until) {
		at = s.until
	}
	open := false
	for _, p := range s.parts {
		if !p.state.Ended() {
			open = true
			p.decided, p.words = at, reason
			s.move(by, p, to, reason, at)
		}
	}
	if !open { // everything had been decided: then that is how it ended
		s.close()
		return
	}
	s.last = at
	s.step(by, end, reason, 0)
}

// close ends the case if all its items have ended.
func (s *Story) close() {
	states := make([]lifecycle.ItemState, len(s.parts))
	for i, p := range s.parts {
		states[i] = p.state
	}
	if end, over := lifecycle.Outcome(states); over {
		s.step(hub, end, "", 0)
	}
}
