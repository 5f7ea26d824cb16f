package catalog

import (
	"maps"
	"slices"
	"strings"
)

// push hands a list of payments to who pays them, and asks what became of each.
const push = "PUSH"

// What a PUSH port speaks of besides the data elements of an account: of the list
// as a whole, of one line, and what is answered of a line.
const (
	BatchDivision = "batch.division" // 12 digits
	BatchMonth    = "batch.month"    // YYYY-MM
	BatchPart     = "batch.part"     // 1 for the first of the division and month
	BatchTotal    = "batch.total"    // in fen: the sum of the lines
	LineAmount    = "line.amount"    // in fen
	LineState     = "line.state"     // one of LineStates
	LineReason    = "line.reason"    // why money came back
	LineOn        = "line.on"        // day on which it was paid or came back
)

// LineStates are what becomes of a line.
var LineStates = []string{"WAITING", "PAID", "RETURNED"}

// A line carries what a transfer needs and nothing else of the person: neither a
// citizen number nor anything of the service (个人信息保护法 6). So this list is closed.
var (
	pushable  = []string{BatchDivision, BatchMonth, BatchPart, BatchTotal, LineAmount, "bankAccountName", "bankName", "bankAccountNo"}
	indebted  = []string{BatchTotal, LineAmount, "bankAccountName", "bankAccountNo"} // without these nobody can pay
	settled   = []string{LineState, LineReason, LineOn}
	pushKinds = []string{"rest-json", "file-drop"}
)

// OfBatch says whether what a PUSH port sends is said once of the whole list, not
// of each line.
func OfBatch(ours string) bool { return strings.HasPrefix(ours, "batch.") }

// Outside says whether a port stands beside the published number, which counts six
// for each matter and the lookups.
func (p *Port) Outside() bool { return p.Operation == push }

// Counted is how many ports there are as the published number counts them, and how
// many stand beside it.
func (c *Catalog) Counted() (ports, beside int) {
	for _, p := range c.Ports {
		if p.Outside() {
			beside++
		}
	}
	return len(c.Ports) - beside, beside
}

// checkPush sees that a PUSH port sends all that paying needs and nothing more,
// and says what becomes of each line.
func (l *loader) checkPush(p *Port) {
	if !slices.Contains(pushKinds, p.Kind) && slices.Contains(portKinds, p.Kind) {
		l.blame(&p.Kind, "payments are pushed by %s, not by %s", strings.Join(pushKinds, " or "), p.Kind)
	}
	if p.Ask != "" && !portPath.MatchString(p.Ask) {
		l.blame(&p.Ask, "%q is not a path below the department's address, like /lines/status", p.Ask)
	}
	if m := l.c.matters[p.Matter]; m != nil && p.Matter != "" && m.Lead != p.Department && !slices.Contains(m.With, p.Department) {
		l.blame(&p.Matter, "%s is not paid by %s: it neither leads the matter nor stands under `with`", m.Code, p.Department)
	}
	sent := map[string]bool{}
	for _, theirs := range slices.Sorted(maps.Keys(p.Send)) {
		ours := p.Send[theirs]
		if sent[ours] = true; !slices.Contains(pushable, ours) {
			l.blame(entry{&p.Send, theirs}, "%s does not go to who pays; what does is %s", ours, strings.Join(pushable, ", "))
		}
	}
	for _, ours := range indebted {
		if !sent[ours] {
			l.blame(&p.ID, "%s is not sent, and nobody can pay without it", ours)
		}
	}
	for _, ours := range slices.Sorted(maps.Keys(p.Answers)) {
		if !slices.Contains(settled, ours) {
			l.blame(entry{&p.Answers, ours}, "%s is not said of a payment; what is said is %s", ours, strings.Join(settled, ", "))
		}
	}
	for _, ours := range settled {
		if p.Answers[ours] == "" {
			l.blame(&p.ID, "it does not say under which name %s is answered", ours)
		}
	}
	l.checkStates(p)
}

// checkStates sees that every state of a line has a word there, if any has.
func (l *loader) checkStates(p *Port) {
	table, there := p.Codes[LineState]
	if !there {
		return
	}
	for _, s := range LineStates {
		if table[s] == "" {
			l.blame(entry{&p.Codes, LineState}, "%s of %s has no code there", s, LineState)
		}
	}
	for _, ours := range slices.Sorted(maps.Keys(table)) {
		if !slices.Contains(LineStates, ours) {
			l.blame(entry{&p.Codes, LineState}, "%q is no state of a line; they are %s", ours, strings.Join(LineStates, ", "))
		}
	}
}
