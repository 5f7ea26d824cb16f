package casefile

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"github.com/vetgraph/vetgraph/ent/gen"
	"github.com/vetgraph/vetgraph/internal/access"
	"github.com/vetgraph/vetgraph/internal/journal"
	"github.com/vetgraph/vetgraph/internal/lifecycle"
	"github.com/vetgraph/vetgraph/internal/plan"
	"github.com/vetgraph/vetgraph/internal/workday"
)

// Story is an example case as it went. Every move in it is one that
// [lifecycle.MoveCase] and [lifecycle.MoveItem] allow; the record would refuse
// nothing of it, and what the desk writes beside the moves is there as well: who
// owes which word, pauses, returns, warnings, what the person was told.
type Story struct {
	Example
	desk   *Desk
	until  time.Time
	r      *rand.Rand
	caseID string
	number string
	chosen []plan.MatterPlan // in plan order
	made   uint64            // IDs so far
	person *access.Viewer    // who files

	state      lifecycle.CaseState
	submitted  bool
	acceptedAt time.Time // zero before
	acceptedOn workday.Day
	closedAt   time.Time
	reason     string // of the case
	returns    int
	last       time.Time      // of the last thing that happened
	endAt      time.Time      // of the item that ended last
	endBy      *access.Viewer // who ended it
	parts      []*part
	log        []deed
	wrong      error // the first move that the law forbids: a mistake in this file

	waited    *gen.Obligation // for an officer's acceptance
	due       workday.Day     // of the case
	doubtful  bool            // its day is provisional
	warning   lifecycle.Warning
	pauses    []*gen.Pause
	returned  []*gen.Correction
	reviews   []*gen.PreReview
	owed      []*gen.Obligation
	breaches  []*gen.Violation
	tasks     []*gen.Task
	gap       *paperGap
	committed []string
	mandate   *gen.Mandate
	faulty    map[string]string // papers, and what is wrong with them
}

// part is one item of a story.
type part struct {
	plan.MatterPlan
	id, receipt, result, words, decidedBy string
	state, open                           lifecycle.ItemState // now, and the last in which it was open
	turned                                time.Time           // into the last in which it was open
	dispatched, received, decided         time.Time
	sequence                              int64
	round                                 int
	day                                   int // working day after acceptance on which it ends
	paused                                int // working days during which its clock stood
	stopped                               *gen.Pause
	due                                   workday.Day
	warning                               lifecycle.Warning
}

// deed is an entry of the journal and who did it.
type deed struct {
	journal.Entry
	by *access.Viewer
}

// Err is the first unlawful move in a story; nil, unless Tell has a mistake.
func (s *Story) Err() error { return s.wrong }

// CaseID is that of the example's case.
func (s *Story) CaseID() string { return s.caseID }

// State is how the case ended, or stands.
func (s *Story) State() lifecycle.CaseState { return s.state }

// Last is when the last thing happened.
func (s *Story) Last() time.Time { return s.last }

// Items tells of every item that its department has.
func (s *Story) Items() []Told {
	var all []Told
	for _, p := range s.parts {
		if p.received.IsZero() {
			continue
		}
		all = append(all, Told{ItemID: p.id, CaseID: s.caseID, CaseNumber: s.number, Matter: p.Code, Department: p.Department, ReceiptNo: p.receipt,
			VeteranID: s.VeteranID, Division: s.Division, State: p.state, ReceivedAt: p.received, DecidedAt: p.decided})
	}
	return all
}

func (s *Story) tell() {
	s.last, s.faulty = s.Submitted.UTC(), map[string]string{}
	s.person = &access.Viewer{ID: s.Account, Kind: access.Veteran}
	if s.Clerk != "" {
		s.entrust()
	}
	switch s.Fate.Ends {
	case lifecycle.CaseDraft, lifecycle.CasePreReview, lifecycle.CaseReturned:
		s.draft()
		return
	}
	s.commit()
	s.step(s.person, lifecycle.CaseSubmitted, "", s.last)
	s.submitted = true
	for _, m := range s.chosen {
		if c := s.desk.Shelf.Current().Matter(m.Code); c != nil && c.Days.PreReview > 0 {
			s.note(s.person, nil, "PRE_REVIEW_WAIVED", "", "", m.Code, s.last)
		}
	}
	if s.Fate.Gap && !s.wait() {
		return
	}
	s.accept()
	s.open()
	if s.Fate.Ends == lifecycle.CaseWithdrawn {
		s.abandon()
	} else {
		s.work()
	}
	s.close()
	if s.Fate.Handed {
		s.handOver()
	}
}

// step moves the case.
func (s *Story) step(by *access.Viewer, to lifecycle.CaseState, reason string, at time.Time) {
	s.check(lifecycle.MoveCase(s.state, to, Actor(by.Kind, by.ID)))
	s.note(by, nil, "CASE_"+string(to), string(s.state), string(to), reason, at)
	s.state = to
	if to.Ended() {
		s.closedAt = at
	}
}

// move moves an item.
func (s *Story) move(by *access.Viewer, p *part, to lifecycle.ItemState, reason string, at time.Time) {
	s.check(lifecycle.MoveItem(p.state, to, Actor(by.Kind, by.ID)))
	s.note(by, p, "ITEM_"+string(to), string(p.state), string(to), reason, at)
	p.state = to
	if !to.Ended() {
		p.open, p.turned = to, at
	}
	if to.Ended() && p.decided.IsZero() {
		p.decided, p.decidedBy = at, by.ID
		if !at.Before(s.endAt) {
			s.endAt, s.endBy = at, by
		}
	}
}

// note adds an entry to the journal, about an item or the case.
func (s *Story) note(by *access.Viewer, p *part, kind, from, to, reason string, at time.Time) {
	e := journal.Entry{CaseID: s.caseID, Kind: kind, From: from, To: to, Reason: reason, At: at}
	if p != nil {
		e.ItemID, e.Matter = p.id, p.Code
	}
	s.log = append(s.log, deed{e, by})
	if at.After(s.last) {
		s.last = at
	}
}

func (s *Story) check(err error) {
	if s.wrong == nil && err != nil {
		s.wrong = fmt.Errorf("an example of case %s: %w", s.caseID, err)
	}
}

// accept accepts the case: what is complete at once, what has a gap by an officer.
func (s *Story) accept() {
	by, words := s.person, ""
	s.acceptedOn = s.Plan.AcceptedOn
	if s.waited != nil {
		by, words = s.officer(s.waited.Department), "容缺受理，请按承诺日期补交。"
		s.acceptedOn = s.calendar().AcceptedOn(s.last, s.desk.Closing)
	}
	s.acceptedAt = s.last
	s.step(by, lifecycle.CaseAccepted, words, s.last)
	s.step(by, lifecycle.CaseInProgress, "", s.last)
}

// open lays out the items as acceptance does.
func (s *Story) open() {
	for k, m := range s.chosen {
		state := lifecycle.ItemWaiting
		if len(m.After) == 0 {
			state = lifecycle.ItemReady
		}
		s.parts = append(s.parts, &part{MatterPlan: m, id: s.id(s.acceptedAt, uint64(k)+1), state: state, open: state, turned: s.acceptedAt, warning: lifecycle.NoWarning})
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
	for _, p := range s.parts {
		start, startDay := s.acceptedAt.Add(time.Duration(1+s.r.IntN(20))*time.Second), 0
		by := hub
		var blocked *part
		waits := false
		for _, code := range p.After {
			before := s.part(code)
			if before == nil {
				continue
			}
			switch {
			case !before.state.Ended():
				waits = true
			case !before.state.Granted():
				if blocked == nil || before.decided.Before(blocked.decided) {
					blocked = before
				}
			case before.decided.After(start):
				start, by = before.decided, departmentSystem(before.Department)
			}
			startDay = max(startDay, before.day)
		}
		switch {
		case blocked != nil:
			s.block(p, blocked)
		case !waits:
			s.handle(p, by, start, startDay)
		}
	}
}

// block ends an item because of another, at the moment that one ended.
func (s *Story) block(p, because *part) {
	p.words = fmt.Sprintf("前置事项未办成(%s)", because.Code)
	by := &access.Viewer{ID: because.decidedBy, Kind: access.Machine} // on whose word the other ended
	if !strings.HasPrefix(because.decidedBy, "department/") {
		by = hub
	}
	s.move(by, p, lifecycle.ItemBlocked, p.words, because.decided)
}

// send brings an item to its department, which gives its receipt.
func (s *Story) send(p *part, at time.Time) {
	if p.dispatched.IsZero() {
		p.dispatched = at
	}
	s.move(hub, p, lifecycle.ItemDispatched, "", at)
	p.received = at.Add(time.Second)
	p.receipt = fmt.Sprintf("%s%s%06d", p.Department, p.received.In(workday.Zone()).Format("20060102"), 500_000+s.r.IntN(400_000))
	s.move(hub, p, lifecycle.ItemReceived, "", p.received)
	p.sequence++
}

// handle sends an item to its department and lets it decide when it is time.
func (s *Story) handle(p *part, by *access.Viewer, start time.Time, startDay int) {
	if p.state == lifecycle.ItemWaiting {
		s.move(by, p, lifecycle.ItemReady, "", start)
	}
	if p.Code == s.Fate.Away {
		p.dispatched = start.Add(time.Second)
		s.move(hub, p, lifecycle.ItemDispatched, "DEPARTMENT_UNREACHABLE", p.dispatched)
		return
	}
	s.send(p, start.Add(time.Second))
	took := max(1, int(math.Ceil(float64(p.Workdays)*(0.5+s.r.Float64()/2))))
	if s.Fate.Late {
		took = p.Workdays + 1 + s.r.IntN(2)
	}
	if p.Code == s.Fate.Silent || !s.interrupt(p) {
		return
	}
	p.day = startDay + took + p.paused
	at := s.calendar().Due(s.acceptedOn, p.day).Day.Time().Add(9*time.Hour + time.Duration(s.r.IntN(7*3600))*time.Second).UTC()
	if !at.After(p.received) {
		at = p.received.Add(time.Duration(5+s.r.IntN(30)) * time.Minute)
	}
	if at.After(s.until) {
		return
	}
	office := departmentSystem(p.Department)
	p.sequence += 2
	if p.Code == s.Fate.Rejects {
		p.words = "经审核，暂不符合办理条件；理由已书面告知。"
		s.move(office, p, lifecycle.ItemRejected, p.words, at)
		return
	}
	p.words = "准予办理。"
	p.result = fmt.Sprintf("例%s〔%d〕%06d号", p.Code[1:], at.In(workday.Zone()).Year(), s.r.IntN(1_000_000))
	s.move(office, p, lifecycle.ItemApproved, p.words, at)
}

// abandon is that the person takes everything back before anything was decided:
// what no department has at once, the rest once its department has let go of it.
func (s *Story) abandon() {
	const words = "申请人撤回。"
	for _, p := range s.parts {
		if p.state == lifecycle.ItemReady {
			s.send(p, s.acceptedAt.Add(2*time.Second))
		}
	}
	at := s.acceptedAt.Add(time.Duration(20+s.r.IntN(40)) * time.Minute)
	if at.After(s.until.Add(-time.Minute)) {
		at = s.until.Add(-time.Minute)
	}
	for _, p := range s.parts {
		if p.state == lifecycle.ItemWaiting {
			p.words = words
			s.move(s.person, p, lifecycle.ItemWithdrawn, words, at)
		}
	}
	for _, p := range s.parts {
		if p.state == lifecycle.ItemReceived {
			s.takeBack(p, at)
		}
	}
}

// takeBack is that the person wants an item back and its department lets go of it.
func (s *Story) takeBack(p *part, at time.Time) {
	s.note(s.person, p, "ITEM_WITHDRAWING", "", "", "申请人撤回。", at)
	p.sequence++
	s.move(departmentSystem(p.Department), p, lifecycle.ItemWithdrawn, "", at.Add(2*time.Second))
}

// close ends the case if all its items have ended, by whom the last one was ended.
func (s *Story) close() {
	states := make([]lifecycle.ItemState, len(s.parts))
	for i, p := range s.parts {
		states[i] = p.state
	}
	if end, over := lifecycle.Outcome(states); over {
		s.step(s.endBy, end, "", s.endAt)
	}
}

// handOver is that officers note for some results that the person has them (送达).
func (s *Story) handOver() {
	for _, p := range s.parts {
		at := p.decided.Add(time.Duration(20+s.r.IntN(30)) * time.Hour)
		if p.state == lifecycle.ItemApproved && s.r.IntN(3) == 0 && !at.After(s.until) {
			s.move(s.officer(p.Department), p, lifecycle.ItemDelivered, "本人到窗口领取。", at)
		}
	}
}

func (s *Story) calendar() *workday.Calendar { return s.desk.Calendar() }

// officer is the demonstration's officer of a department.
func (s *Story) officer(code string) *access.Viewer {
	return &access.Viewer{ID: "demo/officer-" + strings.ToLower(code), Kind: access.Officer, Department: code}
}
