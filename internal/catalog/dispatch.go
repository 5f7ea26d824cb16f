package catalog

import "slices"

// BeforeDispatch is what a department is asked, live, right before an item of a
// matter is sent to it, and what follows from each of its answers. As long as it
// has not answered, the item waits and the question is asked again.
type BeforeDispatch struct {
	Lookup   string           `yaml:"lookup"`          // ID of a LOOKUP port of the department that leads the matter
	Fact     string           `yaml:"fact"`            // derived fact that it answers with
	Unknown  string           `yaml:"unknown"`         // the answer that counts for a person whom the department does not know
	Tells    string           `yaml:"tells,omitempty"` // derived fact that goes with the item: what the answer's `as` says
	Law      string           `yaml:"law"`
	Answers  []DispatchAnswer `yaml:"answers"`
	Evidence `yaml:",inline"`
}

// DispatchAnswer is one answer and what follows from it.
type DispatchAnswer struct {
	Value string `yaml:"value"`
	Then  string `yaml:"then"`         // SEND, or HOLD: it goes back to the person with what to do first
	As    string `yaml:"as,omitempty"` // what it is sent as
	Say   Text   `yaml:"say"`
}

// The consequences of an answer, a closed list.
const (
	Send = "SEND"
	Hold = "HOLD"
)

// Answer is what follows from a department's answer; nil if the catalogue does not
// know it.
func (b *BeforeDispatch) Answer(value string) *DispatchAnswer {
	i := slices.IndexFunc(b.Answers, func(a DispatchAnswer) bool { return a.Value == value })
	if i < 0 {
		return nil
	}
	return &b.Answers[i]
}

// checkDispatch sees that a question before dispatch can be asked, and that each
// answer has one consequence.
func (l *loader) checkDispatch(m *Matter) {
	b := m.BeforeDispatch
	if b == nil {
		return
	}
	p := l.c.ports[b.Lookup]
	switch {
	case b.Lookup == "" || l.lost["ports"]:
	case p == nil || p.Operation != lookup:
		l.blame(&b.Lookup, "there is no lookup %s", b.Lookup)
	case p.Department != m.Lead && m.Lead != "":
		l.blame(&b.Lookup, "%s is asked of %s, but %s leads %s", b.Lookup, p.Department, m.Lead, m.Code)
	case p.Answers[b.Fact] == "" && b.Fact != "":
		l.blame(&b.Fact, "%s does not answer with %s", b.Lookup, b.Fact)
	}
	for _, id := range []*string{&b.Fact, &b.Tells} {
		if f := l.c.derived[*id]; *id != "" && (f == nil || f.Type != "string") && !l.lost["catalog"] {
			l.blame(id, "%s is no derived fact of the type string", *id)
		}
	}
	if b.Unknown != "" && b.Answer(b.Unknown) == nil {
		l.blame(&b.Unknown, "%s is none of the answers", b.Unknown)
	}
	seen := map[string]bool{}
	for i := range b.Answers {
		a := &b.Answers[i]
		l.oneOf(&a.Then, Send, Hold)
		if seen[a.Value] {
			l.blame(&a.Value, "the answer %s stands here twice", a.Value)
		}
		seen[a.Value] = a.Value != ""
		switch sent := a.Then == Send && b.Tells != ""; {
		case sent && a.As == "":
			l.blame(&a.Value, "as what is it sent on %s? as is missing", a.Value)
		case !sent && a.As != "" && a.Then != "":
			l.blame(&a.As, "as goes with SEND, and with tells")
		}
	}
}

// tellsAtDispatch says whether a derived fact is what matters tell with their
// items, and nobody else.
func (l *loader) tellsAtDispatch(id string) bool {
	return slices.ContainsFunc(l.c.Matters, func(m *Matter) bool { return m.BeforeDispatch != nil && m.BeforeDispatch.Tells == id })
}
