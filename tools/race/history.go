package main

import (
	"fmt"
	"slices"
	"sort"
)

// operation is one call of a racer, as the racer saw it. Times are nanoseconds of
// one clock that never goes back.
type operation struct {
	n                 int // its number; the entry that it writes into the journal carries it
	kind              string
	caseID            string
	slot              string // wanted
	key               string // of a booking
	appointment       string // moved or cancelled
	invoked, returned int64
	reason            string // of the fault; empty for an acknowledgement
	result            string // ID of the appointment acknowledged
}

// The kinds of operation.
const (
	book   = "book"
	move   = "move"
	cancel = "cancel"
)

// entry is what the journal says, in its order. Whoever writes one holds the locks
// of the case and of the slots it names, so for each of them this is the order in
// which things happened.
type entry struct {
	operation int
	kind      string
	caseID    string
	from, to  string // slots; empty: none
}

// row is an appointment as it stands in the end.
type row struct{ id, caseID, slot, state string }

// history is all that is known after a race.
type history struct {
	capacity   map[string]int // of each slot that was raced for
	operations []operation
	journal    []entry
	taken      map[string]int // of each slot, as its row says in the end
	rows       []row
}

// line is what happened to one slot or one case, in order, and how it stood after
// each entry: standing[0] is before the first.
type line struct {
	by       []*operation
	asked    []int64 // when the last of the entries up to this one was asked for
	standing []standing
}

// standing is how a slot or a case stands.
type standing struct {
	taken       int    // of a slot
	slot        string // that a case holds a place in
	appointment string // by which
	over        map[string]bool
}

// checker looks for what cannot be.
type checker struct {
	h        *history
	slots    map[string]*line
	cases    map[string]*line
	did      map[int]entry // by number of the operation
	keys     map[string]*operation
	problems []string
}

func (c *checker) say(format string, args ...any) {
	c.problems = append(c.problems, fmt.Sprintf(format, args...))
}

// check proves of a history, or says why it cannot be proved, that no slot ever
// held more people than it has places, that no case ever held two, that every
// acknowledged deed was done and every refused one was not, that a move is one
// step, that everything happened between its call and its answer, that nobody was
// refused without reason, and that the rows are what all this makes.
func check(h *history) []string {
	c := &checker{h: h, slots: map[string]*line{}, cases: map[string]*line{}, did: map[int]entry{}, keys: map[string]*operation{}}
	for _, e := range h.journal {
		c.follow(e)
	}
	for _, l := range c.slots {
		c.inTime(l)
	}
	for _, l := range c.cases {
		c.inTime(l)
	}
	for i := range h.operations {
		c.judge(&h.operations[i])
	}
	c.rows()
	slices.Sort(c.problems)
	return c.problems
}

func lineOf(m map[string]*line, key string) *line {
	if m[key] == nil {
		m[key] = &line{standing: []standing{{}}}
	}
	return m[key]
}

func (l *line) now() standing { return l.standing[len(l.standing)-1] }

func (l *line) add(by *operation, s standing) {
	asked := by.invoked
	if n := len(l.asked); n > 0 {
		asked = max(asked, l.asked[n-1])
	}
	l.by, l.asked, l.standing = append(l.by, by), append(l.asked, asked), append(l.standing, s)
}

// follow takes one entry of the journal.
func (c *checker) follow(e entry) {
	if e.operation < 0 || e.operation >= len(c.h.operations) {
		c.say("the journal has an entry of nobody: %+v", e)
		return
	}
	o := &c.h.operations[e.operation]
	if _, twice := c.did[o.n]; twice {
		c.say("operation %d is done twice", o.n)
	}
	c.did[o.n] = e
	if e.kind != o.kind || e.caseID != o.caseID || e.kind != cancel && e.to != o.slot {
		c.say("operation %d is %s of %s to %s, the journal says %+v", o.n, o.kind, o.caseID, o.slot, e)
	}
	if o.reason != "" {
		c.say("operation %d was refused (%s), and yet done", o.n, o.reason)
	}
	file := lineOf(c.cases, e.caseID)
	was := file.now()
	switch {
	case e.kind == book && was.slot != "":
		c.say("case %s holds two places: %s, and by operation %d %s", e.caseID, was.slot, o.n, e.to)
	case e.kind != book && was.slot != e.from:
		c.say("operation %d gives up %s of case %s, which holds %q", o.n, e.from, e.caseID, was.slot)
	case e.kind != book && was.appointment != o.appointment:
		c.say("operation %d is about %s, case %s holds a place by %s", o.n, o.appointment, e.caseID, was.appointment)
	}
	is := standing{slot: e.to, appointment: was.appointment, over: was.over}
	switch e.kind {
	case book:
		is.appointment = o.result
		c.keys[o.caseID+" "+o.key] = o
	case cancel:
		is.over = map[string]bool{was.appointment: true}
		for id := range was.over {
			is.over[id] = true
		}
		is.appointment = ""
	}
	file.add(o, is)
	c.change(o, e.from, -1)
	c.change(o, e.to, 1)
}

func (c *checker) change(o *operation, slot string, by int) {
	if slot == "" {
		return
	}
	l := lineOf(c.slots, slot)
	n := l.now().taken + by
	if n > c.h.capacity[slot] || n < 0 {
		c.say("slot %s of %d places holds %d after operation %d", slot, c.h.capacity[slot], n, o.n)
	}
	l.add(o, standing{taken: n})
}

// inTime sees that nothing comes before what had been answered when it was asked.
func (c *checker) inTime(l *line) {
	var latest *operation
	for _, o := range l.by {
		if latest != nil && o.returned < latest.invoked {
			c.say("operation %d was answered before operation %d was asked, and comes after it", o.n, latest.n)
		}
		if latest == nil || o.invoked > latest.invoked {
			latest = o
		}
	}
}

// during are the standings that a line may have had while an operation was under way.
func (l *line) during(o *operation) []standing {
	// Entries up to the last one that was answered before o was asked lie before it,
	// and those from the first one that was asked after o was answered behind it.
	first := len(l.by)
	for first > 0 && l.by[first-1].returned >= o.invoked {
		first--
	}
	end := sort.Search(len(l.asked), func(i int) bool { return l.asked[i] > o.returned })
	return l.standing[first : max(first, end)+1]
}

// judge sees that what an operation was told is true.
func (c *checker) judge(o *operation) {
	if _, done := c.did[o.n]; done {
		return
	}
	slot, file := lineOf(c.slots, o.slot), lineOf(c.cases, o.caseID)
	ever := func(l *line, f func(standing) bool) bool { return slices.ContainsFunc(l.during(o), f) }
	switch o.reason {
	case "":
		c.idle(o, ever)
	case "SLOT_FULL":
		if !ever(slot, func(s standing) bool { return s.taken >= c.h.capacity[o.slot] }) {
			c.say("operation %d is told that %s is full, which it was not", o.n, o.slot)
		}
	case "APPOINTMENT_EXISTS":
		if !ever(file, func(s standing) bool { return s.slot != "" }) {
			c.say("operation %d is told that case %s holds a place, which it did not", o.n, o.caseID)
		}
	case "APPOINTMENT_OVER":
		if !ever(file, func(s standing) bool { return s.over[o.appointment] }) {
			c.say("operation %d is told that %s is over, which it was not", o.n, o.appointment)
		}
	case "IDEMPOTENCY_KEY_REUSED":
		if k := c.keys[o.caseID+" "+o.key]; k == nil || k.slot == o.slot {
			c.say("operation %d is told that its key was used for another slot, which it was not", o.n)
		}
	default:
		c.say("operation %d, %s, failed: %s", o.n, o.kind, o.reason)
	}
}

// idle sees that an acknowledged operation without an entry had nothing to do.
func (c *checker) idle(o *operation, ever func(*line, func(standing) bool) bool) {
	file, ok := lineOf(c.cases, o.caseID), false
	switch o.kind {
	case book: // the key had been used
		k := c.keys[o.caseID+" "+o.key]
		ok = k != nil && k.result == o.result && k.invoked <= o.returned
	case move: // it was there already
		ok = ever(file, func(s standing) bool { return s.appointment == o.appointment && s.slot == o.slot })
	case cancel:
		ok = ever(file, func(s standing) bool { return s.over[o.appointment] })
	}
	if !ok {
		c.say("operation %d, %s of case %s, was acknowledged, and never done", o.n, o.kind, o.caseID)
	}
}

// rows sees that the record is what the journal makes of it.
func (c *checker) rows() {
	held, states := map[string]int{}, map[string]row{}
	for _, r := range c.h.rows {
		states[r.id] = r
		if r.state == "BOOKED" {
			held[r.slot]++
			if s := lineOf(c.cases, r.caseID).now(); s.appointment != r.id || s.slot != r.slot {
				c.say("appointment %s holds %s, by the journal case %s holds %q", r.id, r.slot, r.caseID, s.slot)
			}
		}
	}
	for slot := range c.h.capacity {
		if n := lineOf(c.slots, slot).now().taken; c.h.taken[slot] != n || held[slot] != n {
			c.say("slot %s: %d taken, %d appointments, %d by the journal", slot, c.h.taken[slot], held[slot], n)
		}
	}
	for id, l := range c.cases {
		s := l.now()
		if r := states[s.appointment]; s.slot != "" && (r.state != "BOOKED" || r.slot != s.slot) {
			c.say("case %s holds %s by the journal, and no row says so", id, s.slot)
		}
		for gone := range s.over {
			if r := states[gone]; r.state != "CANCELLED" {
				c.say("appointment %s was cancelled by the journal, its row is %s", gone, r.state)
			}
		}
	}
}
