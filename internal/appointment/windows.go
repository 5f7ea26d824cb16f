package appointment

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/vetgraph/vetgraph/ent/gen"
	"github.com/vetgraph/vetgraph/internal/division"
	"github.com/vetgraph/vetgraph/internal/words"
	"github.com/vetgraph/vetgraph/internal/workday"
)

// Windows is which windows can be booked, when, and by how many at a time. It
// never changes once loaded.
type Windows struct {
	list   []Window
	closed []closure
}

// Window is the hours of a window wherever it stands.
type Window struct {
	ID            string         // of the catalogue's process.windows
	Level         division.Level // it stands in the place of this level that holds the case
	Open          []Span
	SlotMinutes   int
	Places        int // at a time
	AheadWorkdays int // how many working days ahead may be booked
	LeadMinutes   int // how long before the beginning at the latest
	Confidence    string
	Source        string
	differs       []difference // wide places before narrow ones
}

// Span is a part of a day in minutes after midnight in China: From is in it, To
// is not.
type Span struct{ From, To int }

// String is HH:MM-HH:MM.
func (s Span) String() string { return Clock(s.From) + "-" + Clock(s.To) }

func (s Span) overlaps(o Span) bool { return s.From < o.To && o.From < s.To }

// Clock writes minutes after midnight as HH:MM.
func Clock(minutes int) string { return fmt.Sprintf("%02d:%02d", minutes/60, minutes%60) }

// difference is a place where hours or places are others.
type difference struct {
	division string // twelve digits
	open     []Span // nil: as elsewhere
	places   int    // -1: as elsewhere
}

// closure is hours in which windows are closed beside the days off.
type closure struct {
	division string // of these places and all below
	window   string // empty: all
	day      workday.Day
	hours    Span
	why      words.Text
}

// Get is the window with an ID; false if it cannot be booked.
func (w *Windows) Get(id string) (*Window, bool) {
	i := slices.IndexFunc(w.list, func(x Window) bool { return x.ID == id })
	if i < 0 {
		return nil, false
	}
	return &w.list[i], true
}

// where is the place in which a window stands for a case: the one of its level
// that holds the case's division. A division on a higher level has a window of
// its own.
func (w *Window) where(t *division.Tree, code string) string {
	for _, d := range t.Path(code) {
		if d.Level == w.Level {
			return d.Code
		}
	}
	if full, ok := division.Normalize(code); ok {
		return full
	}
	return code
}

// at is the hours and places of a window in a place: what the narrowest place that
// holds it says, one for the hours and one for the places.
func (w *Window) at(place string) (open []Span, places int) {
	open, places = w.Open, w.Places
	for _, x := range w.differs {
		if !division.Within(place, x.division) {
			continue
		}
		if x.open != nil {
			open = x.open
		}
		if x.places >= 0 {
			places = x.places
		}
	}
	return open, places
}

// slots are the times of a window in a place on a day, all of them free. Whether
// the day is a working day is the calendar's to say.
func (w *Windows) slots(of *Window, place string, on workday.Day) []*gen.Slot {
	open, places := of.at(place)
	var out []*gen.Slot
	for _, span := range open {
		for from := span.From; from+of.SlotMinutes <= span.To; from += of.SlotMinutes {
			s := Span{from, from + of.SlotMinutes}
			if places > 0 && !w.shut(of.ID, place, on, s) {
				out = append(out, &gen.Slot{ID: slotID(place, of.ID, on, from), Division: place, Window: of.ID, Day: on, Starts: s.From, Ends: s.To, Capacity: places})
			}
		}
	}
	return out
}

func (w *Windows) shut(window, place string, on workday.Day, s Span) bool {
	return slices.ContainsFunc(w.closed, func(c closure) bool {
		return c.day == on && (c.window == "" || c.window == window) && division.Within(place, c.division) && c.hours.overlaps(s)
	})
}

func slotID(place, window string, on workday.Day, minute int) string {
	return fmt.Sprintf("%s:%s:%s:%d", place, window, on, minute)
}

// begins is the moment at which a day's minute begins.
func begins(on workday.Day, minute int) time.Time {
	return on.Time().Add(time.Duration(minute) * time.Minute)
}

// find is the slot with an ID; nil if a window in a place has none such.
func (w *Windows) find(of *Window, place, id string) *gen.Slot {
	parts := strings.Split(id, ":")
	if len(parts) != 4 || parts[0] != place || parts[1] != of.ID {
		return nil
	}
	on, err := workday.ParseDay(parts[2])
	if err != nil {
		return nil
	}
	for _, s := range w.slots(of, place, on) {
		if s.ID == id {
			return s
		}
	}
	return nil
}
