package workday

import "cmp"

// Pause is a time during which the clock stands still, both days included. A
// pause that ends before it begins is none. The zero reason is allowed; a reason
// is one or more whole sentences, with the law, that the ledger prints: that the
// days of a correction are not counted, say (行政许可法 45, by analogy).
type Pause struct {
	From   Day  `json:"from"`
	To     Day  `json:"to"`
	Open   bool `json:"open,omitempty"` // has not ended; To is the day on which one looks
	Reason Text `json:"reason,omitzero"`
}

// PauseBetween is the pause between two events: the clock is stopped on one day
// and runs again by what happens on another. The day on which something happens is
// not counted (民法典 201), so the pause begins after the day of the stop, which the
// clock still counts, and takes in the day of the resumption, after which the
// clock counts again. Each working day is counted or paused, never both and never
// neither. Stopped and resumed on one day, or resumed earlier, is no pause.
//
// Stopped on the last day, which is counted, nothing is left to count: the deadline
// is then the day of the resumption, or the next working day. Stopped any later it
// is too late, and the pause moves nothing.
func PauseBetween(stopped, resumed Day) Pause {
	return Pause{From: stopped + 1, To: resumed}
}

// PauseSince is a pause that has not ended, as seen today: it reaches to today. A
// deadline reckoned with it is that of a clock which runs again now, so it is
// [Due.Open] and moves on with every working day until the pause ends, and is then
// what [PauseBetween] gives. Stopped on the last day it is Open from that day on,
// though nothing has moved yet, and is never earlier than today.
func PauseSince(stopped, today Day) Pause {
	p := PauseBetween(stopped, today)
	p.Open = true
	return p
}

// Because is the pause with a reason.
func (p Pause) Because(reason Text) Pause {
	p.Reason = reason
	return p
}

// pauseAt answers the pause that covers a day, if one does. Of several it is the
// one that began first, whichever order they are given in.
func pauseAt(pauses []Pause, d Day) (found Pause, paused bool) {
	for _, p := range pauses {
		if p.From <= d && d <= p.To && (!paused || p.before(found)) {
			found, paused = p, true
		}
	}
	return found, paused
}

// before orders pauses by their beginning; of those that begin together the longer
// one comes first, then by words, so that the order never depends on the input's.
func (p Pause) before(q Pause) bool {
	return cmp.Or(cmp.Compare(p.From, q.From), cmp.Compare(q.To, p.To), cmp.Compare(p.Reason.Zh, q.Reason.Zh)) < 0
}
