package simulation

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/vetgraph/vetgraph/internal/access"
	"github.com/vetgraph/vetgraph/internal/lifecycle"
	"github.com/vetgraph/vetgraph/internal/port"
	"github.com/vetgraph/vetgraph/internal/store"
)

// systems finds departments' systems.
type systems struct{ w *world }

func (s systems) Get(code string) port.Department { return s.w.system(code) }
func (s systems) Departments() []string           { return s.w.codes }

func (w *world) system(code string) *system {
	if w.systems[code] == nil {
		w.systems[code] = &system{w: w, code: code, books: map[string]*book{}}
	}
	return w.systems[code]
}

// system is a department's own, played by the contract of [port.Department].
// It keeps before it answers and never dies; what it says may go astray.
type system struct {
	port.Department // what is not said below it does not do
	w               *world
	code            string
	books           map[string]*book
	order           []string // of the books, as they came
}

// book is what it has of one item.
type book struct {
	item, matter string
	round        int
	content      map[int]string // of each round
	receipts     map[int]port.Receipt
	fields       []string
	papers       []string

	said     port.Answer // its state, as it would tell it now
	acts     int         // how often it has really done what was asked
	reversed bool        // it has said the contrary of what it decided
}

// Deliver implements [port.Department].
func (s *system) Deliver(ctx context.Context, d port.Delivery) (port.Receipt, error) {
	w := s.w
	if store.Dead(ctx) || w.astray(w.mood.lost/2) {
		return port.Receipt{}, w.wrong(port.Silent(s.code), "%s does not hear of %s", s.code, w.name(d.ItemID))
	}
	if it := w.rows.item(d.ItemID); it != nil && it.State.Ended() && !bySystem(it.DecidedBy) {
		w.fail("%s is delivered after its end as %s", w.name(d.ItemID), it.State)
	}
	w.meanwhile()
	d.Callback, d.Again = "", false // not part of the content
	text, err := json.Marshal(struct {
		port.Delivery
		Applicant string
	}{d, d.Applicant.Reveal()})
	if err != nil {
		return port.Receipt{}, err
	}
	b := s.books[d.ItemID]
	if b != nil && b.content[d.Round] != "" {
		if b.content[d.Round] != string(text) {
			w.fail("%s is delivered again otherwise, round %d:\n%s\n%s", w.name(d.ItemID), d.Round, b.content[d.Round], text)
		}
		return s.receipt(b, d.Round)
	}
	if b == nil {
		b = &book{item: d.ItemID, matter: d.Matter, round: -1, content: map[int]string{}, receipts: map[int]port.Receipt{}}
		s.books[d.ItemID] = b
		s.order = append(s.order, d.ItemID)
	}
	if b.said.State.Decided() || b.said.State == port.Withdrawn || d.Round <= b.round {
		return port.Receipt{}, w.wrong(port.DeliveredOtherwise(s.code), "%s does not take round %d of %s any more", s.code, d.Round, w.name(d.ItemID))
	}
	b.round, b.papers, b.fields = d.Round, d.Materials, nil
	for _, f := range w.desk.Shelf.Current().Matter(d.Matter).Asks {
		if _, ok := d.Answers[f]; ok && typed[f] != nil {
			b.fields = append(b.fields, f)
		}
	}
	b.content[d.Round] = string(text)
	b.receipts[d.Round] = port.Receipt{ItemID: d.ItemID, Number: fmt.Sprintf("%s-%s-%d", s.code, w.name(d.ItemID), d.Round), ReceivedAt: w.now}
	s.say(b, port.Received)
	if w.astray(w.mood.early) {
		s.decide(b, w.r.IntN(100))
		return port.Receipt{}, w.wrong(port.Silent(s.code), "%s is early with a word on %s", s.code, w.name(b.item))
	}
	w.after(w.between(time.Hour, 4*24*time.Hour), func() { s.work(b, d.Round) })
	return s.receipt(b, d.Round)
}

func bySystem(account string) bool { return len(account) > 11 && account[:11] == "department/" }

func (s *system) receipt(b *book, round int) (port.Receipt, error) {
	if s.w.astray(s.w.mood.lost) {
		return port.Receipt{}, s.w.wrong(port.Silent(s.code), "the receipt of %s for %s is lost", s.code, s.w.name(b.item))
	}
	return b.receipts[round], nil
}

// astray draws whether something goes wrong.
func (w *world) astray(percent int) bool { return !w.calm && w.chance(percent) }

// wrong counts something that has gone wrong.
func (w *world) wrong(err error, format string, args ...any) error {
	w.result.Faults++
	w.tell(format, args...)
	return err
}

// say enters a change.
func (s *system) say(b *book, state port.State) {
	b.said = port.Answer{ItemID: b.item, Matter: b.matter, State: state, Sequence: b.said.Sequence + 1}
	if state.Decided() || state == port.Returned {
		b.said.DecidedOn, b.said.Words = s.w.now, "理由见部门系统"
	}
	if state == port.Approved {
		b.acts++
		b.said.Number, b.said.Words = fmt.Sprintf("%s/%s/%d", s.code, s.w.name(b.item), b.acts), ""
	}
}

// work is somebody who looks at an item.
func (s *system) work(b *book, round int) {
	w := s.w
	if b.round != round || b.said.State != port.Received && b.said.State != port.InProgress {
		return
	}
	if w.astray(w.mood.silent) {
		w.tell("%s leaves %s lying", s.code, w.name(b.item))
		w.result.Faults++
		return // until everybody behaves
	}
	if !w.calm && b.said.State == port.Received && w.chance(20) {
		s.say(b, port.InProgress)
		s.inform(b)
		w.after(w.between(time.Hour, 5*24*time.Hour), func() { s.work(b, round) })
		return
	}
	s.decide(b, w.r.IntN(100))
}

// decide ends an item or returns it.
func (s *system) decide(b *book, luck int) {
	w := s.w
	switch {
	case luck < 15 && !w.calm:
		s.say(b, port.Returned)
		if len(b.fields) > 0 && w.chance(70) {
			b.said.Faults = append(b.said.Faults, port.Defect{Field: pick(w.r, b.fields), Words: "请更正"})
		}
		if len(b.papers) > 0 && w.chance(50) {
			b.said.Faults = append(b.said.Faults, port.Defect{Material: pick(w.r, b.papers), Words: "不清晰"})
		}
	case luck < 27:
		s.say(b, port.Rejected)
	default:
		s.say(b, port.Approved)
	}
	w.tell("%s has %s %s", s.code, b.said.State, w.name(b.item))
	s.inform(b)
	if b.said.State.Decided() && w.astray(w.mood.against) {
		w.after(w.between(time.Minute, 5*24*time.Hour), func() { s.contradict(b) })
	}
}

// contradict says the contrary of what was decided, and goes on until it is heard.
func (s *system) contradict(b *book) {
	if !b.said.State.Decided() {
		return
	}
	b.reversed = true
	to := port.Approved
	if b.said.State == port.Approved {
		to = port.Rejected
	}
	s.say(b, to)
	s.w.result.Faults++
	s.w.tell("%s contradicts itself: %s %s", s.code, to, s.w.name(b.item))
	s.send(b.said, 0)
}

// inform sends a word on its way, where it may be lost, late or doubled.
func (s *system) inform(b *book) {
	w := s.w
	if w.astray(w.mood.lost) {
		w.result.Faults++
		w.tell("a word of %s on %s is lost", s.code, w.name(b.item))
		return
	}
	late := time.Duration(0)
	if w.astray(w.mood.late) {
		w.result.Faults++
		late = w.between(time.Hour, 10*24*time.Hour)
	}
	s.send(b.said, late)
	if w.astray(w.mood.twice) {
		w.result.Faults++
		s.send(b.said, late+w.between(0, 5*24*time.Hour))
	}
}

// send brings an answer to the hub, and does so again if the hub has died of it.
func (s *system) send(a port.Answer, after time.Duration) {
	w := s.w
	w.words++
	w.after(after+w.between(0, time.Minute), func() {
		w.words--
		what := fmt.Sprintf("%s says %s %s (%d)", s.code, w.name(a.ItemID), a.State, a.Sequence)
		_, lived := w.try(what, &access.Viewer{ID: "callback", Kind: access.Machine}, func(ctx context.Context) error { return w.desk.Apply(ctx, s.code, a) })
		if !lived {
			w.catchUp()
			s.send(a, 10*time.Minute)
		}
	})
}

// behave looks at everything that lies about.
func (s *system) behave() {
	for _, id := range s.order {
		b := s.books[id]
		s.w.after(s.w.between(time.Hour, 3*24*time.Hour), func() { s.work(b, b.round) })
	}
}

// Status implements [port.Department].
func (s *system) Status(ctx context.Context, ids []string) ([]port.Answer, error) {
	if store.Dead(ctx) || s.w.astray(s.w.mood.lost) {
		return nil, s.w.wrong(port.Silent(s.code), "%s does not answer", s.code)
	}
	out := make([]port.Answer, len(ids))
	for i, id := range ids {
		if b := s.books[id]; b != nil {
			out[i] = b.said
		}
	}
	return out, nil
}

// Withdraw implements [port.Department].
func (s *system) Withdraw(ctx context.Context, id string) (port.Answer, error) {
	w := s.w
	if store.Dead(ctx) || w.astray(w.mood.lost/2) {
		return port.Answer{}, w.wrong(port.Silent(s.code), "%s does not hear of the recall of %s", s.code, w.name(id))
	}
	b := s.books[id]
	switch {
	case b == nil:
		return port.Answer{}, port.UnknownItem(s.code)
	case b.said.State.Decided():
		return b.said, port.TooLate(s.code)
	case b.said.State != port.Withdrawn:
		s.say(b, port.Withdrawn)
	}
	if w.astray(w.mood.lost) {
		return port.Answer{}, w.wrong(port.Busy(s.code, time.Time{}), "the answer of %s to the recall of %s is lost", s.code, w.name(id))
	}
	return b.said, nil
}

// truth checks, at the end, that what departments have done and what the record
// says of it are the same, or that a person has been told to see to it.
func (w *world) truth() {
	for _, it := range w.rows.items {
		s := w.system(it.Department)
		b := s.books[it.ID]
		own := bySystem(it.DecidedBy)
		switch {
		case b == nil:
			if own {
				w.fail("%s was decided by a department that never had it", w.name(it.ID))
			}
		case b.acts > 1 && !b.reversed:
			w.fail("%s was done %d times", w.name(it.ID), b.acts)
		case own && (b.said.State == port.Approved) != it.State.Granted() && !w.contradicted(it.ID):
			w.fail("%s is %s here and %s at %s, and nobody knows", w.name(it.ID), it.State, b.said.State, s.code)
		case own && it.State == lifecycle.ItemApproved && !b.reversed && it.ResultNo != b.said.Number:
			w.fail("%s has number %q here and %q at %s", w.name(it.ID), it.ResultNo, b.said.Number, s.code)
		case slices.Contains([]port.State{port.Received, port.InProgress, port.Returned}, b.said.State):
			w.fail("%s has ended as %s, and %s still works on it", w.name(it.ID), it.State, s.code)
		case b.said.State == port.Approved && !it.State.Granted() && !w.contradicted(it.ID):
			w.fail("%s is %s here, %s has done it all the same, and nobody knows", w.name(it.ID), it.State, s.code)
		case b.said.State == port.Rejected && it.State.Granted() && !w.contradicted(it.ID):
			w.fail("%s is %s here, %s has refused it, and nobody knows", w.name(it.ID), it.State, s.code)
		}
	}
}
