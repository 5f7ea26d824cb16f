package soap

import (
	"errors"
	"strconv"
	"strings"
	"time"

	"github.com/vetgraph/vetgraph/internal/port"
)

// reader takes one element of a message apart. The first mistake stays in err, and
// says what is wrong and not what was said. What is not agreed is let pass.
type reader struct {
	n     *node
	space string
	err   *error
}

func newReader(n *node, space string) (r *reader, err *error) {
	err = new(error)
	r = &reader{n, space, err}
	r.expect(n.blank(), "text between elements")
	return r, err
}

func (r *reader) expect(ok bool, what string) {
	if !ok && *r.err == nil {
		*r.err = errors.New(what)
	}
}

// all gives the children of a name. Those in no namespace count as well: many
// who write by hand forget that ours are qualified.
func (r *reader) all(local string) (found []*reader) {
	for _, k := range r.n.kids {
		if k.name.Local == local && (k.name.Space == r.space || k.name.Space == "") {
			found = append(found, &reader{k, r.space, r.err})
		}
	}
	return found
}

// one gives the child of a name, or nil.
func (r *reader) one(local string) *reader {
	found := r.all(local)
	if len(found) == 0 {
		return nil
	}
	r.expect(len(found) == 1, local+": more than one")
	return found[0]
}

func (r *reader) said() string {
	r.expect(len(r.n.kids) == 0, r.n.name.Local+": elements where text is to be")
	return string(r.n.text)
}

// text gives the text of a child; empty if there is none.
func (r *reader) text(local string) string {
	k := r.one(local)
	if k == nil || k.n.none() {
		return ""
	}
	return k.said()
}

func (r *reader) texts(local string) []string {
	found := r.all(local)
	texts := make([]string, len(found))
	for i, k := range found {
		texts[i] = k.said()
	}
	return texts
}

func (r *reader) int(local string) int64 {
	text := strings.TrimSpace(r.text(local))
	if text == "" {
		return 0
	}
	n, err := strconv.ParseInt(text, 10, 64)
	r.expect(err == nil, local+": not a whole number")
	return n
}

func (r *reader) bool(local string) bool {
	text := strings.TrimSpace(r.text(local))
	r.expect(text == "" || text == "true" || text == "false" || text == "1" || text == "0", local+": not a boolean")
	return text == "true" || text == "1"
}

// moment gives a time with its zone; zero if there is none. XML Schema allows one
// without, but then nobody knows when it was.
func (r *reader) moment(local string) time.Time {
	text := strings.TrimSpace(r.text(local))
	if text == "" {
		return time.Time{}
	}
	at, err := time.Parse(time.RFC3339, text)
	r.expect(err == nil, local+": not a time with a zone")
	return at
}

func (r *reader) values(local string) map[string]any {
	k := r.one(local)
	if k == nil {
		return nil
	}
	all, err := readValues(k.n, r.space)
	if err != nil {
		r.expect(false, local+": "+err.Error())
	}
	return all
}

func (w *writer) item(i port.Item) {
	w.leaf("item", i.ID)
	w.int("round", int64(i.Round))
	w.leaf("case", i.Case)
	w.leaf("matter", i.Matter)
	w.leaf("applicant", i.Applicant)
	w.values("fields", i.Fields)
	for _, m := range i.Materials {
		w.leaf("material", m)
	}
	w.some("callback", i.Callback)
}

func (r *reader) item() port.Item {
	fields := r.values("fields")
	if fields == nil {
		fields = map[string]any{}
	}
	return port.Item{
		ID: r.text("item"), Round: int(r.int("round")), Case: r.text("case"), Matter: r.text("matter"), Applicant: r.text("applicant"),
		Fields: fields, Materials: r.texts("material"), Callback: r.text("callback"),
	}
}

func (w *writer) slip(s port.Slip) {
	w.leaf("item", s.Item)
	w.leaf("number", s.Number)
	w.moment("receivedAt", s.ReceivedAt)
	w.moment("dueAt", s.DueAt)
}

func (r *reader) slip() port.Slip {
	return port.Slip{Item: r.text("item"), Number: r.text("number"), ReceivedAt: r.moment("receivedAt"), DueAt: r.moment("dueAt")}
}

func (w *writer) message(m port.Message) {
	w.open("message")
	w.leaf("item", m.Item)
	w.leaf("matter", m.Matter)
	w.leaf("state", string(m.State))
	w.some("number", m.Number)
	w.some("words", m.Words)
	if len(m.Outputs) > 0 {
		w.values("outputs", m.Outputs)
	}
	for _, d := range m.Faults {
		w.open("defect")
		w.some("field", d.Field)
		w.some("material", d.Material)
		w.leaf("words", d.Words)
		w.close("defect")
	}
	w.moment("decidedAt", m.DecidedAt)
	w.moment("dueAt", m.DueAt)
	w.int("sequence", m.Sequence)
	w.close("message")
}

func (r *reader) message() port.Message {
	m := port.Message{
		Item: r.text("item"), Matter: r.text("matter"), State: port.State(r.text("state")), Number: r.text("number"), Words: r.text("words"),
		Outputs: r.values("outputs"), DecidedAt: r.moment("decidedAt"), DueAt: r.moment("dueAt"), Sequence: r.int("sequence"),
	}
	for _, d := range r.all("defect") {
		m.Faults = append(m.Faults, port.Defect{Field: d.text("field"), Material: d.text("material"), Words: d.text("words")})
	}
	return m
}

func (r *reader) messages() []port.Message {
	found := r.all("message")
	all := make([]port.Message, len(found))
	for i, m := range found {
		all[i] = m.message()
	}
	return all
}

func (w *writer) person(p port.Person) {
	w.open("person")
	w.leaf("ref", p.Ref)
	w.leaf("citizenNumber", p.CitizenNumber)
	for _, id := range p.Lookups {
		w.leaf("lookup", id)
	}
	w.close("person")
}

func (r *reader) persons() []port.Person {
	found := r.all("person")
	all := make([]port.Person, len(found))
	for i, p := range found {
		all[i] = port.Person{Ref: p.text("ref"), CitizenNumber: p.text("citizenNumber"), Lookups: p.texts("lookup")}
	}
	return all
}

func (w *writer) record(f port.Found) {
	w.open("record")
	w.leaf("ref", f.Ref)
	w.leaf("known", strconv.FormatBool(f.Known))
	w.moment("asOf", f.AsOf)
	for _, id := range sorted(f.Lookups) {
		w.open("answer")
		w.leaf("lookup", id)
		w.values("values", f.Lookups[id])
		w.close("answer")
	}
	w.close("record")
}

func (r *reader) records() []port.Found {
	found := r.all("record")
	all := make([]port.Found, len(found))
	for i, f := range found {
		all[i] = port.Found{Ref: f.text("ref"), Known: f.bool("known"), AsOf: f.moment("asOf")}
		for _, a := range f.all("answer") {
			if all[i].Lookups == nil {
				all[i].Lookups = map[string]map[string]any{}
			}
			id := a.text("lookup")
			_, twice := all[i].Lookups[id]
			a.expect(!twice, "two answers to one lookup")
			all[i].Lookups[id] = a.values("values")
		}
	}
	return all
}
