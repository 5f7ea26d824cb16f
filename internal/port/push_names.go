package port

import (
	"encoding/json"
	"errors"
	"fmt"
	"unicode/utf8"

	"github.com/vetgraph/vetgraph/internal/catalog"
	"github.com/vetgraph/vetgraph/internal/workday"
)

// maxReason is how many characters may say why money came back.
const maxReason = 40

// Batch gives a batch under the department's names and in its codes: only what the
// port sends, beside its constants. What it requires and is not there, and a code
// that it has no word for, is DEPARTMENT_REFUSED without asking it.
func (n *Names) Batch(p *catalog.Port, b Batch) (Batch, error) {
	out := Batch{ID: b.ID, Callback: b.Callback, Again: b.Again, Fields: map[string]any{}, Lines: make([]Entry, len(b.Lines))}
	for theirs, always := range p.Constants {
		out.Fields[theirs] = always
	}
	if err := n.put(p, true, b.Fields, out.Fields); err != nil {
		return Batch{}, err
	}
	for i, l := range b.Lines {
		out.Lines[i] = Entry{Line: l.Line, Fields: map[string]any{}}
		if err := n.put(p, false, l.Fields, out.Lines[i].Fields); err != nil {
			return Batch{}, err
		}
	}
	return out, nil
}

// put puts values of ours, of the whole or of one line, under the department's names.
func (n *Names) put(p *catalog.Port, whole bool, values, out map[string]any) error {
	for theirs, ours := range p.Send {
		v, ok := values[ours]
		if !ok || catalog.OfBatch(ours) != whole {
			continue
		}
		coded, known := Recode(v, func(word string) (string, bool) { return p.Code(ours, word) })
		if !known {
			return Refused(n.Department).Because(fmt.Errorf("%s has no code for a value of %s", p.ID, ours))
		}
		out[theirs] = coded
	}
	for _, theirs := range p.Require {
		if ours := p.Send[theirs]; catalog.OfBatch(ours) == whole && (out[theirs] == nil || out[theirs] == "") {
			return Refused(n.Department).Because(fmt.Errorf("%s is not sent without %s", p.ID, theirs))
		}
	}
	return nil
}

// Outcome gives what a department says of a line under our names. A reason that
// the port has no word for stays as the department says it, if it is short.
func (n *Names) Outcome(p *catalog.Port, e Entry) (Outcome, error) {
	text := func(ours string) string { s, _ := e.Fields[p.Answers[ours]].(string); return s }
	o := Outcome{Line: e.Line, Reason: text(catalog.LineReason)}
	state, known := p.Uncode(catalog.LineState, text(catalog.LineState))
	if !known {
		return Outcome{}, errors.New("a state that the port does not know")
	}
	o.State = LineState(state)
	if reason, known := p.Uncode(catalog.LineReason, o.Reason); known {
		o.Reason = reason
	}
	if day := text(catalog.LineOn); day != "" {
		var err error
		if o.On, err = workday.ParseDay(day); err != nil {
			return Outcome{}, errors.New("the day is not one")
		}
	}
	return o, o.check()
}

func (o Outcome) check() error {
	switch {
	case !wellFormedID(o.Line):
		return errors.New("line: not an identifier")
	case o.State != LineWaiting && !o.State.Settled():
		return errors.New("state: not one of the list")
	case utf8.RuneCountInString(o.Reason) > maxReason:
		return errors.New("reason: too long")
	case o.State.Settled() && o.On == 0:
		return errors.New("a line that has ended without a day")
	case o.State == LineReturned && o.Reason == "":
		return errors.New("money came back without a reason")
	}
	return nil
}

// Said is the other way round: what is answered of a line, under the port's names
// and in its codes.
func Said(p *catalog.Port, o Outcome) Entry {
	e := Entry{Line: o.Line, Fields: map[string]any{}}
	put := func(ours, text string) {
		if theirs, known := p.Code(ours, text); known {
			text = theirs
		}
		if text != "" {
			e.Fields[p.Answers[ours]] = text
		}
	}
	put(catalog.LineState, string(o.State))
	put(catalog.LineReason, o.Reason)
	if o.On != 0 {
		put(catalog.LineOn, o.On.String())
	}
	return e
}

// Heard is a batch as its payer has it, under the port's names, given back under
// ours and in our codes; amounts and parts are whole numbers again.
func Heard(p *catalog.Port, b Batch) (Batch, error) {
	out := Batch{ID: b.ID, Callback: b.Callback, Lines: make([]Entry, len(b.Lines))}
	var err error
	if out.Fields, err = heard(p, true, b.Fields); err != nil {
		return Batch{}, err
	}
	for i, l := range b.Lines {
		out.Lines[i].Line = l.Line
		if out.Lines[i].Fields, err = heard(p, false, l.Fields); err != nil {
			return Batch{}, err
		}
	}
	return out, nil
}

func heard(p *catalog.Port, whole bool, values map[string]any) (map[string]any, error) {
	out := map[string]any{}
	for theirs, ours := range p.Send {
		v, ok := values[theirs]
		if !ok || catalog.OfBatch(ours) != whole {
			continue
		}
		coded, known := Recode(v, func(word string) (string, bool) { return p.Uncode(ours, word) })
		if !known {
			return nil, fmt.Errorf("a code of %s that the port does not know", theirs)
		}
		out[ours] = coded
	}
	return whole64(out)
}

// ReadBatch reads a batch under our names that was written as JSON.
func ReadBatch(text []byte) (Batch, error) {
	var b Batch
	if err := DecodeJSON(text, &b); err != nil {
		return Batch{}, err
	}
	var err error
	if b.Fields, err = whole64(b.Fields); err != nil {
		return Batch{}, err
	}
	for i := range b.Lines {
		if b.Lines[i].Fields, err = whole64(b.Lines[i].Fields); err != nil {
			return Batch{}, err
		}
	}
	return b, nil
}

// whole64 makes whole numbers of what JSON or a file says are numbers.
func whole64(values map[string]any) (map[string]any, error) {
	for ours, v := range values {
		n, ok := v.(json.Number)
		if !ok {
			continue
		}
		i, err := n.Int64()
		if err != nil {
			return nil, fmt.Errorf("%s is not a whole number", ours)
		}
		values[ours] = i
	}
	return values, nil
}
