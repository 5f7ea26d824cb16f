package appointment

import (
	_ "embed" // the built-in windows
	"fmt"
	"slices"
	"strings"

	"github.com/vetgraph/vetgraph/internal/catalog"
	"github.com/vetgraph/vetgraph/internal/division"
	"github.com/vetgraph/vetgraph/internal/words"
	"github.com/vetgraph/vetgraph/internal/workday"
)

//go:embed windows.yaml
var builtin []byte

// Builtin is the file of windows that a hub without one of its own has.
func Builtin() []byte { return slices.Clone(builtin) }

// The bounds of a file; real ones are far below.
const (
	mostPlaces = 1000
	mostAhead  = 250 // working days: a year
	mostLead   = 14 * 24 * 60
	wholeDay   = 24 * 60 // minutes
)

// marks are those of the catalogue's facts: how sure a figure is.
var marks = []string{"S", "C", "L", "K", "I", "R", "A"}

type fileForm struct {
	Windows []windowForm  `yaml:"windows"`
	Closed  []closureForm `yaml:"closed,omitempty"`
}

type windowForm struct {
	Window        string           `yaml:"window"`
	Level         string           `yaml:"level"`
	Open          []string         `yaml:"open"`
	SlotMinutes   int              `yaml:"slotMinutes"`
	Places        int              `yaml:"places"`
	AheadWorkdays int              `yaml:"aheadWorkdays"`
	LeadMinutes   int              `yaml:"leadMinutes"`
	Confidence    string           `yaml:"confidence"`
	Source        string           `yaml:"source"`
	Divisions     []differenceForm `yaml:"divisions,omitempty"`
}

type differenceForm struct {
	Division string   `yaml:"division"`
	Open     []string `yaml:"open,omitempty"`
	Places   *int     `yaml:"places,omitempty"`
}

type closureForm struct {
	Division string     `yaml:"division"`
	Window   string     `yaml:"window,omitempty"`
	Day      string     `yaml:"day"`
	Hours    string     `yaml:"hours,omitempty"`
	Why      words.Text `yaml:"why"`
}

// loader checks what was read and reports every mistake where it stands.
type loader struct {
	*catalog.Strict
	catalog *catalog.Catalog
	places  *division.Tree
}

// Load reads a file of windows against the catalogue, each of whose windows it
// must name, and the map. The error lists every mistake with its line.
func Load(file string, text []byte, c *catalog.Catalog, places *division.Tree) (*Windows, error) {
	var f fileForm
	l := &loader{catalog.ReadStrict(file, text, &f), c, places}
	w := &Windows{}
	for i := range f.Windows {
		w.list = append(w.list, l.window(&f.Windows[i]))
	}
	l.complete(&f)
	for i := range f.Closed {
		w.closed = append(w.closed, l.closure(&f.Closed[i]))
	}
	if err := l.Err(); err != nil {
		return nil, err
	}
	return w, nil
}

// complete sees that the file and the catalogue speak of the same windows.
func (l *loader) complete(f *fileForm) {
	seen := map[string]bool{}
	for i := range f.Windows {
		id := &f.Windows[i].Window
		if !l.known(*id) {
			l.Blame(id, "the catalogue has no window %s", *id)
		} else if seen[*id] {
			l.Blame(id, "window %s is there twice", *id)
		}
		seen[*id] = true
	}
	for _, w := range l.catalog.Process.Windows {
		if !seen[w.ID] {
			l.Blame(&f.Windows, "window %s of the catalogue has no hours", w.ID)
		}
	}
}

func (l *loader) known(window string) bool {
	return slices.ContainsFunc(l.catalog.Process.Windows, func(w catalog.Window) bool { return w.ID == window })
}

func (l *loader) window(f *windowForm) Window {
	w := Window{
		ID: f.Window, Level: division.Level(f.Level), SlotMinutes: f.SlotMinutes, Places: f.Places,
		AheadWorkdays: f.AheadWorkdays, LeadMinutes: f.LeadMinutes, Confidence: f.Confidence, Source: f.Source,
	}
	if !slices.Contains(division.Levels(), w.Level) {
		l.Blame(&f.Level, "there is no level %s; known: %v", f.Level, division.Levels())
	}
	l.bounds(&f.SlotMinutes, 5, 8*60)
	l.bounds(&f.Places, 0, mostPlaces)
	l.bounds(&f.AheadWorkdays, 1, mostAhead)
	l.bounds(&f.LeadMinutes, 0, mostLead)
	if !slices.Contains(marks, f.Confidence) {
		l.Blame(&f.Confidence, "there is no confidence mark %s", f.Confidence)
	}
	if w.Open = l.spans(f.Open, f.SlotMinutes); len(f.Open) == 0 {
		l.Blame(&f.Open, "names no hours")
	}
	seen := map[string]bool{}
	for i := range f.Divisions {
		x := &f.Divisions[i]
		diff := difference{division: l.place(&x.Division), open: l.spans(x.Open, f.SlotMinutes), places: -1}
		if seen[diff.division] {
			l.Blame(&x.Division, "%s is there twice", x.Division)
		}
		seen[diff.division] = true
		if x.Places != nil {
			l.bounds(x.Places, 0, mostPlaces)
			diff.places = *x.Places
		}
		if x.Places == nil && len(x.Open) == 0 {
			l.Blame(x, "changes nothing")
		}
		w.differs = append(w.differs, diff)
	}
	slices.SortStableFunc(w.differs, func(a, b difference) int {
		return len(division.Prefix(a.division)) - len(division.Prefix(b.division))
	})
	return w
}

func (l *loader) closure(f *closureForm) closure {
	c := closure{division: l.place(&f.Division), window: f.Window, hours: Span{0, wholeDay}, why: f.Why}
	if f.Window != "" && !l.known(f.Window) {
		l.Blame(&f.Window, "the catalogue has no window %s", f.Window)
	}
	var err error
	if c.day, err = workday.ParseDay(f.Day); err != nil {
		l.Blame(&f.Day, "%s is not a date like 2026-11-23", f.Day)
	}
	if f.Hours != "" {
		var ok bool
		if c.hours, ok = parseSpan(f.Hours); !ok {
			l.Blame(&f.Hours, "%s is not hours like 09:00-11:30", f.Hours)
		}
	}
	return c
}

func (l *loader) bounds(n *int, low, high int) {
	if *n < low || *n > high {
		l.Blame(n, "is %d, not from %d to %d", *n, low, high)
	}
}

func (l *loader) place(code *string) string {
	d, ok := l.places.Get(*code)
	if !ok && *code != "" {
		l.Blame(code, "there is no division %s", *code)
	}
	return d.Code
}

// spans reads hours like 09:00-11:30: in order, apart, each with room for a slot.
func (l *loader) spans(texts []string, slot int) []Span {
	var out []Span
	for i, text := range texts {
		s, ok := parseSpan(text)
		switch {
		case !ok:
			l.Blame(&texts[i], "%s is not hours like 09:00-11:30", text)
			continue
		case len(out) > 0 && s.From < out[len(out)-1].To:
			l.Blame(&texts[i], "%s begins before the hours in front of it end", text)
		case s.To-s.From < slot:
			l.Blame(&texts[i], "%s has no room for %d minutes", text, slot)
		}
		out = append(out, s)
	}
	return out
}

func parseSpan(text string) (Span, bool) {
	a, b, ok := strings.Cut(text, "-")
	from, okFrom := parseClock(a)
	to, okTo := parseClock(b)
	return Span{from, to}, ok && okFrom && okTo && from < to
}

// parseClock reads exactly HH:MM, up to 24:00.
func parseClock(text string) (int, bool) {
	var h, m int
	if n, err := fmt.Sscanf(text, "%02d:%02d", &h, &m); n != 2 || err != nil || h < 0 || m < 0 || m > 59 || Clock(h*60+m) != text {
		return 0, false
	}
	return h*60 + m, h*60+m <= wholeDay
}
