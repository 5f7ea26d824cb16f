package filedrop

import (
	"encoding/json"
	"errors"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/vetgraph/vetgraph/internal/port"
)

// Columns that every department has alike begin with an underline; all others are
// the department's own names.
var (
	itemColumns    = []string{"_item", "_round", "_case", "_matter", "_applicant", "_materials", "_callback"}
	nameColumns    = []string{"_item"}
	personColumns  = []string{"_ref", "_person", "_lookups"}
	slipColumns    = []string{"_item", "_number", "_receivedAt", "_dueAt"}
	messageColumns = []string{"_item", "_matter", "_state", "_number", "_words", "_defects", "_decidedAt", "_dueAt", "_sequence"}
	foundColumns   = []string{"_ref", "_known", "_asOf", "_lookup"}
	refusedColumns = append([]string{"_reason"}, messageColumns...)
	busyColumns    = []string{"_until"}
	failedColumns  = []string{"_reason"}
)

// own says whether a column is the department's.
func own(name string) bool { return !strings.HasPrefix(name, "_") }

// put adds a value if there is something to say.
func (r row) put(name, text string) {
	if text != "" {
		r[name] = text
	}
}

func (r row) putTime(name string, t time.Time) {
	if !t.IsZero() {
		r[name] = t.UTC().Format(time.RFC3339Nano)
	}
}

// putAll adds what stands under the department's own names.
func (r row) putAll(values map[string]any) error {
	for name, v := range values {
		if !wellNamed(name) {
			return &port.Refusal{Reason: "NOT_A_COLUMN"}
		}
		r[name] = v
	}
	return nil
}

// wellNamed says whether a department's name can be a column of either format.
func wellNamed(name string) bool {
	return name != "" && own(name) && len(name) <= 100 && !strings.ContainsFunc(name, func(c rune) bool {
		return c <= ' ' || c == ':' || c == '#' || c == ',' || c == '"' || c == '\\' || c == 0x7f
	})
}

// reading takes a row apart; the first thing that is wrong stays.
type reading struct {
	row
	err error
}

func (r *reading) text(name string) string {
	v, said := r.row[name]
	if !said || v == nil {
		return ""
	}
	s, ok := v.(string)
	if !ok {
		r.err = errors.Join(r.err, errors.New(name+" is not text"))
	}
	return s
}

func (r *reading) time(name string) time.Time {
	text := r.text(name)
	if text == "" {
		return time.Time{}
	}
	t, err := time.Parse(time.RFC3339Nano, text)
	if err != nil {
		r.err = errors.Join(r.err, errors.New(name+" is not a time"))
	}
	return t
}

func (r *reading) number(name string) int64 {
	n, ok := r.row[name].(json.Number)
	if !ok {
		if _, said := r.row[name]; said {
			r.err = errors.Join(r.err, errors.New(name+" is not a number"))
		}
		return 0
	}
	i, err := n.Int64()
	if err != nil {
		r.err = errors.Join(r.err, errors.New(name+" is not a whole number"))
	}
	return i
}

func (r *reading) bool(name string) bool {
	v, ok := r.row[name].(bool)
	if _, said := r.row[name]; said && !ok {
		r.err = errors.Join(r.err, errors.New(name+" is neither true nor false"))
	}
	return v
}

func (r *reading) list(name string) []string {
	list := []string{}
	elements, ok := r.row[name].([]any)
	if _, said := r.row[name]; said && !ok {
		r.err = errors.Join(r.err, errors.New(name+" is not a list"))
	}
	for _, e := range elements {
		s, _ := e.(string) // lists are read as lists of text
		list = append(list, s)
	}
	return list
}

// others is what stands under the department's own names.
func (r *reading) others() map[string]any {
	values := map[string]any{}
	for name, v := range r.row {
		if own(name) {
			values[name] = v
		}
	}
	return values
}

func itemRow(it port.Item) (row, error) {
	r := row{"_item": it.ID, "_round": it.Round, "_materials": append([]string{}, it.Materials...)}
	r.put("_case", it.Case)
	r.put("_matter", it.Matter)
	r.put("_applicant", it.Applicant)
	r.put("_callback", it.Callback)
	return r, r.putAll(it.Fields)
}

func readItem(from row) (port.Item, error) {
	r := reading{row: from}
	it := port.Item{
		ID: r.text("_item"), Round: int(r.number("_round")), Case: r.text("_case"), Matter: r.text("_matter"),
		Applicant: r.text("_applicant"), Materials: r.list("_materials"), Callback: r.text("_callback"), Fields: r.others(),
	}
	return it, r.err
}

func slipRow(s port.Slip) row {
	r := row{}
	r.put("_item", s.Item)
	r.put("_number", s.Number)
	r.putTime("_receivedAt", s.ReceivedAt)
	r.putTime("_dueAt", s.DueAt)
	return r
}

func readSlip(from row) (port.Slip, error) {
	r := reading{row: from}
	s := port.Slip{Item: r.text("_item"), Number: r.text("_number"), ReceivedAt: r.time("_receivedAt"), DueAt: r.time("_dueAt")}
	return s, r.err
}

func messageRow(m port.Message) (row, error) {
	r := row{"_sequence": m.Sequence}
	r.put("_item", m.Item)
	r.put("_matter", m.Matter)
	r.put("_state", string(m.State))
	r.put("_number", m.Number)
	r.put("_words", m.Words)
	r.putTime("_decidedAt", m.DecidedAt)
	r.putTime("_dueAt", m.DueAt)
	if len(m.Faults) > 0 {
		defects := make([]string, 0, 3*len(m.Faults))
		for _, d := range m.Faults {
			defects = append(defects, d.Field, d.Material, d.Words)
		}
		r["_defects"] = defects
	}
	return r, r.putAll(m.Outputs)
}

func readMessage(from row) (port.Message, error) {
	r := reading{row: from}
	m := port.Message{
		Item: r.text("_item"), Matter: r.text("_matter"), State: port.State(r.text("_state")), Number: r.text("_number"), Words: r.text("_words"),
		DecidedAt: r.time("_decidedAt"), DueAt: r.time("_dueAt"), Sequence: r.number("_sequence"), Outputs: r.others(),
	}
	defects := r.list("_defects")
	if len(defects)%3 != 0 {
		return m, errors.New("_defects is not field, paper and words for each")
	}
	for d := range slices.Chunk(defects, 3) {
		m.Faults = append(m.Faults, port.Defect{Field: d[0], Material: d[1], Words: d[2]})
	}
	return m, r.err
}

func readMessages(rows []row) ([]port.Message, error) {
	all := make([]port.Message, len(rows))
	for i, r := range rows {
		m, err := readMessage(r)
		if err != nil {
			return nil, err
		}
		all[i] = m
	}
	return all, nil
}

// personRow is one question; ref is its place in the file, so that the file says
// nothing of ours.
func personRow(ref int, p port.Person) row {
	return row{"_ref": strconv.Itoa(ref), "_person": p.CitizenNumber, "_lookups": append([]string{}, p.Lookups...)}
}

func readPerson(from row) (port.Person, error) {
	r := reading{row: from}
	p := port.Person{Ref: r.text("_ref"), CitizenNumber: r.text("_person"), Lookups: r.list("_lookups")}
	return p, r.err
}

// foundRows is one row for each lookup, or one that tells of none.
func foundRows(f port.Found) ([]row, error) {
	head := func() row {
		r := row{"_ref": f.Ref, "_known": f.Known}
		r.putTime("_asOf", f.AsOf)
		return r
	}
	if len(f.Lookups) == 0 {
		return []row{head()}, nil
	}
	var rows []row
	for id, values := range f.Lookups {
		r := head()
		r["_lookup"] = id
		if err := r.putAll(values); err != nil {
			return nil, err
		}
		rows = append(rows, r)
	}
	slices.SortFunc(rows, func(a, b row) int { return strings.Compare(a["_lookup"].(string), b["_lookup"].(string)) })
	return rows, nil
}

// readFound puts the rows of each person together, in the order of the file. Rows
// that disagree about the person are an error.
func readFound(rows []row) ([]port.Found, error) {
	var all []port.Found
	at := map[string]int{}
	for _, from := range rows {
		r := reading{row: from}
		f := port.Found{Ref: r.text("_ref"), Known: r.bool("_known"), AsOf: r.time("_asOf")}
		lookup, values := r.text("_lookup"), r.others()
		i, there := at[f.Ref]
		if !there {
			i = len(all)
			at[f.Ref], all = i, append(all, f)
		}
		before := &all[i]
		_, twice := before.Lookups[lookup]
		if r.err != nil || twice || there && lookup == "" || before.Known != f.Known || !before.AsOf.Equal(f.AsOf) || lookup == "" && len(values) > 0 {
			return nil, errors.Join(r.err, errors.New("the rows of a person do not go together"))
		}
		if lookup == "" {
			continue
		}
		if before.Lookups == nil {
			before.Lookups = map[string]map[string]any{}
		}
		before.Lookups[lookup] = values
	}
	return all, nil
}

func refusedRow(no *port.Refusal) (row, error) {
	r, err := row{}, error(nil)
	if no.Item != nil {
		r, err = messageRow(*no.Item)
	}
	r.put("_reason", port.Clean(no.Reason))
	return r, err
}

func readRefused(from row) (*port.Refusal, error) {
	r := reading{row: from}
	no := &port.Refusal{Reason: r.text("_reason")}
	if r.text("_item") != "" {
		m, err := readMessage(from)
		if err != nil {
			return nil, err
		}
		no.Item = &m
	}
	return no, r.err
}
