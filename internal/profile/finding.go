package profile

import (
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/vetgraph/vetgraph/ent/gen/saying"
	"github.com/vetgraph/vetgraph/internal/catalog"
	"github.com/vetgraph/vetgraph/internal/form"
	"github.com/vetgraph/vetgraph/internal/workday"
)

// Word is what one source says of a data element or derived fact, as far as we know.
type Word struct {
	form.Known
	Since   time.Time // the source's own time at which it first said this value
	HeardAt time.Time // when the hub was last told; the source's own time where it was never asked

	record                 bool       // it stands in the facts of the record
	settlesFrom, settledAt *time.Time // its decision on a conflict; see [Profile.Settle]
}

// Finding is what is known of an element: the one word that counts, or, while
// sources disagree, the word of each, that of the source of record first.
type Finding struct {
	Words []Word    // at least one
	Since time.Time // of a conflict: the sources' own time at which they came to disagree
}

// Conflict says whether sources disagree. None of their values counts until they
// agree or the owner has decided.
func (f Finding) Conflict() bool { return len(f.Words) > 1 }

// Findings is what is known of one veteran.
type Findings struct {
	By       map[string]Finding   // by data element and derived fact; what nobody has said has no entry
	Answered map[string]time.Time // when a department last answered about this person, by its code
}

// Known is what counts, for form and plan: an element that sources disagree about
// is unknown.
func (f *Findings) Known() map[string]form.Known {
	out := make(map[string]form.Known, len(f.By))
	for id, found := range f.By {
		if !found.Conflict() {
			out[id] = found.Words[0].Known
		}
	}
	return out
}

// Heard is what a department answered when it was asked about a veteran.
type Heard struct {
	VeteranID, Department string

	Known bool           // false: it has nothing under this number
	AsOf  time.Time      // the age of what it holds, by its own clock
	At    time.Time      // when it answered
	Facts map[string]any // by field or fact ID; nil: there is none; a missing key: it does not say
}

// asOf is the age of an answer. A department whose clock is ahead does not speak
// from the future: nobody could ever correct it.
func (h *Heard) asOf() time.Time {
	if h.AsOf.IsZero() || h.AsOf.After(h.At) {
		return instant(h.At)
	}
	return instant(h.AsOf)
}

// basis is the ground on which departments tell what they are asked.
const basis = "国务院令第716号 7"

// Findings puts together what the record holds of a veteran and what departments
// have just said. Each source's newest word stands for it; a party without a
// system of its own speaks through the lead department (退役军人保障法 8), so the
// two are one voice. Where voices differ about a data element the element is in
// conflict, however old their words: nobody but its owner may choose.
func (p *Profile) Findings(r *Rows, heard ...Heard) (*Findings, error) {
	q, err := p.Person(r)
	if err != nil {
		return nil, err
	}
	words, answered, err := p.words(r, q)
	if err != nil {
		return nil, err
	}
	for i := range heard {
		hear(p.Catalog(), words, answered, &heard[i])
	}
	c, today := p.Catalog(), workday.FromTime(p.Now())
	out := &Findings{By: make(map[string]Finding, len(words)), Answered: answered}
	for id, said := range words {
		out.By[id] = find(c, id, said, today)
	}
	return out, nil
}

// words are all words of the record, by element.
func (p *Profile) words(r *Rows, q *Person) (map[string][]Word, map[string]time.Time, error) {
	known := q.Elements()
	words := make(map[string][]Word, len(known)+len(r.Sayings))
	for id, k := range known {
		words[id] = []Word{{Known: k, Since: k.AsOf, HeardAt: k.AsOf, record: true}}
	}
	answered, asOf := map[string]time.Time{}, map[string]time.Time{}
	for _, s := range r.Sayings {
		if s.Element == "" {
			answered[s.Source], asOf[s.Source] = s.HeardAt, s.AsOf
		}
	}
	for _, s := range r.Sayings {
		if s.Element == "" {
			continue
		}
		text, err := p.Open(saying.Table, sayingColumn(s.Element, s.Source), s.VeteranID, s.ValueSealed)
		if err != nil {
			return nil, nil, err
		}
		value, err := decode(p.Catalog(), s.Element, text)
		if err != nil {
			return nil, nil, fmt.Errorf("saying %s: %w", s.ID, err)
		}
		w := Word{Since: s.Since, HeardAt: s.HeardAt, settlesFrom: s.SettlesFrom, settledAt: s.SettledAt,
			Known: form.Known{Value: value, Absent: value == nil, Source: s.Source, AsOf: s.AsOf, ValidUntil: s.ValidUntil, Basis: s.Basis}}
		if at := answered[s.Source]; at.After(w.HeardAt) && s.AsOf.Equal(asOf[s.Source]) {
			w.HeardAt = at // the last answer said it again
		}
		words[s.Element] = append(words[s.Element], w)
	}
	return words, answered, nil
}

// hear adds what a department has just said to what it said before.
func hear(c *catalog.Catalog, words map[string][]Word, answered map[string]time.Time, h *Heard) {
	if answered[h.Department].Before(h.At) {
		answered[h.Department] = h.At
	}
	for id, v := range h.Facts {
		if !kept(c, id) {
			continue
		}
		w := Word{Since: since(words[id], h, v), HeardAt: h.At,
			Known: form.Known{Value: v, Absent: v == nil, Source: h.Department, AsOf: h.asOf(), Basis: basis}}
		before := slices.IndexFunc(words[id], func(b Word) bool { return !b.record && b.Source == h.Department })
		switch {
		case before < 0:
			words[id] = append(words[id], w)
		case !w.AsOf.Before(words[id][before].AsOf):
			was := words[id][before]
			w.settlesFrom, w.settledAt = was.settlesFrom, was.settledAt
			words[id][before] = w
		}
	}
}

// since is as of when a department says a value that it says now.
func since(words []Word, h *Heard, value any) time.Time {
	first := h.asOf()
	for _, b := range words {
		if b.Source == h.Department && b.Since.Before(first) && same(b.Value, value) {
			first = b.Since
		}
	}
	return first
}

// kept says whether the profile keeps what departments say of it: data elements,
// and the derived facts that it has a place for. Others are asked anew whenever
// they count (the medical enrolment over all levels).
func kept(c *catalog.Catalog, id string) bool { return c.Field(id) != nil || places[id] != nil }

// find decides what counts of all that has been said of an element.
func find(c *catalog.Catalog, id string, words []Word, today workday.Day) Finding {
	if len(words) == 1 {
		return Finding{Words: words}
	}
	// The newest first; of two as old the one that was confirmed last.
	slices.SortStableFunc(words, func(a, b Word) int {
		if d := b.AsOf.Compare(a.AsOf); d != 0 {
			return d
		}
		return b.HeardAt.Compare(a.HeardAt)
	})
	owner := ""
	if d := Owner(c, id); d != nil {
		owner = d.Code
	}
	standing := settled(c, owner, newest(c, unexpired(words, today)))
	slices.SortStableFunc(standing, func(a, b Word) int { return place(c, owner, a) - place(c, owner, b) })
	differ := slices.ContainsFunc(standing, func(w Word) bool { return !same(w.Value, standing[0].Value) })
	if !differ {
		return Finding{Words: standing[:1]}
	}
	if c.Field(id) == nil { // derived, and nobody's to vouch for: the newest word is as good as any
		return Finding{Words: words[:1]}
	}
	return Finding{Words: standing, Since: disagreed(standing)}
}

// place puts the words of the source of record first.
func place(c *catalog.Catalog, owner string, w Word) int {
	if voice(c, w.Source) == owner {
		return 0
	}
	return 1
}

// unexpired are the words that still hold; all of them, if none does.
func unexpired(words []Word, today workday.Day) []Word {
	var out []Word
	for _, w := range words {
		if w.ValidUntil == nil || *w.ValidUntil >= today {
			out = append(out, w)
		}
	}
	if len(out) == 0 {
		return words
	}
	return out
}

// newest are the newest words of each voice: one, unless two sources of one voice
// say two things as of the same moment.
func newest(c *catalog.Catalog, words []Word) []Word {
	var out []Word
	for _, w := range words {
		i := slices.IndexFunc(out, func(o Word) bool { return voice(c, o.Source) == voice(c, w.Source) })
		if i < 0 || out[i].AsOf.Equal(w.AsOf) && out[i].Source != w.Source && !same(out[i].Value, w.Value) {
			out = append(out, w)
			continue
		}
		o := &out[i] // which said this before, perhaps under its other name
		if o.settledAt == nil {
			o.settlesFrom, o.settledAt = w.settlesFrom, w.settledAt
		}
		if w.Since.Before(o.Since) && same(o.Value, w.Value) {
			o.Since = w.Since
		}
	}
	return out
}

// settled leaves out the words that the owner has decided against.
func settled(c *catalog.Catalog, owner string, words []Word) []Word {
	i := slices.IndexFunc(words, func(w Word) bool {
		return voice(c, w.Source) == owner && w.settledAt != nil && !w.AsOf.Before(*w.settlesFrom)
	})
	if i < 0 {
		return words
	}
	return slices.DeleteFunc(slices.Clone(words), func(w Word) bool {
		return voice(c, w.Source) != owner && !w.AsOf.After(*words[i].settledAt)
	})
}

// disagreed is when the second of two values was said.
func disagreed(words []Word) time.Time {
	var firsts []Word // of each value, the first to say it
	for _, w := range words {
		i := slices.IndexFunc(firsts, func(f Word) bool { return same(f.Value, w.Value) })
		if i < 0 {
			firsts = append(firsts, w)
		} else if w.Since.Before(firsts[i].Since) {
			firsts[i] = w
		}
	}
	slices.SortFunc(firsts, func(a, b Word) int { return a.Since.Compare(b.Since) })
	return firsts[1].Since
}

// voice is who speaks when a source is named: a party without a system of its own
// is heard through the lead department.
func voice(c *catalog.Catalog, source string) string {
	if d := c.Department(source); d != nil && d.External {
		if lead := lead(c); lead != nil {
			return lead.Code
		}
	}
	return source
}

func lead(c *catalog.Catalog) *catalog.Department {
	for _, d := range c.Departments {
		if d.Role == "lead" {
			return d
		}
	}
	return nil
}

// Owner is the department that answers for an element: its source of record. For
// what a party without officers here tells, such as the former unit, and for what
// no department keeps, it is the lead department (退役军人保障法 8).
func Owner(c *catalog.Catalog, id string) *catalog.Department {
	if f := c.Field(id); f != nil {
		if d := c.Department(f.Origin); d != nil && !d.External {
			return d
		}
	}
	return lead(c)
}

// Voice is the department through which a source is heard: itself, or the lead
// department for a party without a system of its own.
func (p *Profile) Voice(source string) string { return voice(p.Catalog(), source) }

// same compares values as they are written down: 96 is 96 whether it came as an
// integer or not, and a list is the same in any order.
func same(a, b any) bool { return encode(a) == encode(b) }

// encode writes a value down. What cannot be written is nothing; the catalogue has
// no such type.
func encode(v any) string {
	if v == nil {
		return ""
	}
	if list, ok := v.([]string); ok {
		list = slices.Clone(list)
		slices.Sort(list)
		v = list
	}
	out, err := json.Marshal(v)
	if err != nil {
		return ""
	}
	return string(out)
}

// decode reads a value that encode wrote, in the Go type that answers have it in;
// nil for nothing. Its errors do not repeat the value.
func decode(c *catalog.Catalog, id, text string) (any, error) {
	if text == "" {
		return nil, nil
	}
	kind := ""
	if f := c.Field(id); f != nil {
		kind = f.Type
	} else if f := c.Fact(id); f != nil {
		kind = f.Type
	}
	var err error
	read := func(to any) { err = json.Unmarshal([]byte(text), to) }
	var v any
	switch kind {
	case "list":
		var list []string
		read(&list)
		v = list
	case "int":
		var n int64
		read(&n)
		v = n
	default:
		read(&v)
	}
	if err != nil {
		return nil, fmt.Errorf("not a %s", kind)
	}
	return v, nil
}

// sayingColumn binds a sealed value to its element and source, so that it cannot
// be taken for another's.
func sayingColumn(element, source string) string {
	return saying.FieldValueSealed + ":" + element + ":" + source
}
