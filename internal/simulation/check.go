package simulation

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/vetgraph/vetgraph/ent/gen"
	"github.com/vetgraph/vetgraph/ent/gen/obligation"
	"github.com/vetgraph/vetgraph/internal/access"
	"github.com/vetgraph/vetgraph/internal/casefile"
	"github.com/vetgraph/vetgraph/internal/lifecycle"
	"github.com/vetgraph/vetgraph/internal/progress"
	"github.com/vetgraph/vetgraph/internal/workday"
)

// history is what the journal has told so far: the last state of each case and
// item, and which catalogue each case began with.
type history struct {
	state   map[string]string
	ends    map[string]int
	version map[string]string
}

const province = "230000000000"

// check looks whether everything that must hold after an event does.
func (w *world) check() {
	if w.result.Failure != nil {
		return
	}
	dear := w.options.Thorough || w.look.IntN(80) == 0
	if !w.unchanged() || dear {
		if err := w.read(); err != nil {
			w.fail("read the record: %v", err)
			return
		}
		w.journalChains()
		w.everythingOwed()
		w.pausesApart()
		if s := w.standing(); dear || s != w.shape {
			w.shape = s
			w.datesExplained()
		}
	}
	w.lateIsOwned()
	if dear {
		w.nothingSilent()
		w.figuresEqual()
	}
}

// standing is all that promised days depend on.
func (w *world) standing() string {
	var b strings.Builder
	fmt.Fprint(&b, w.years.Calendar().Years())
	for _, c := range w.rows.cases {
		fmt.Fprint(&b, c.DueOn)
	}
	for _, it := range w.rows.items {
		fmt.Fprint(&b, it.DueOn, it.State.Stopped(), it.State.Ended())
	}
	fmt.Fprint(&b, len(w.rows.pauses))
	return b.String()
}

// lateIsOwned is the first of what [supervision.Office.Silences] looks for, at no
// cost: a word that is late has an owner.
func (w *world) lateIsOwned() {
	for _, o := range w.rows.owed {
		if o.EndedAt == nil && o.TaskID == "" && o.WordBy.Before(w.now.Add(-15*time.Minute)) {
			w.fail("%s about %s %s is late since %s, and nobody has it", o.Kind, w.name(o.CaseID), o.Matter, o.WordBy)
		}
	}
}

// journalChains: every move in the journal is lawful, begins where the last one
// ended, and the rows are as the journal says.
func (w *world) journalChains() {
	h := &w.history
	if h.state == nil {
		*h = history{state: map[string]string{}, ends: map[string]int{}, version: map[string]string{}}
	}
	for _, e := range w.rows.fresh {
		subject, kind := e.CaseID, "CASE_"
		if e.ItemID != "" {
			subject, kind = e.ItemID, "ITEM_"
		}
		if e.ToState == "" || e.Kind != kind+e.ToState {
			continue // tells of something else than a move
		}
		was, known := h.state[subject]
		if !known {
			was = w.born(e)
		}
		if e.FromState != was {
			w.fail("%s goes from %s to %s, but was %s", w.name(subject), e.FromState, e.ToState, was)
		}
		by := casefile.Actor(access.Kind(e.ActorKind), e.Actor)
		var err error
		if e.ItemID != "" {
			err = lifecycle.MoveItem(lifecycle.ItemState(e.FromState), lifecycle.ItemState(e.ToState), by)
		} else {
			err = lifecycle.MoveCase(lifecycle.CaseState(e.FromState), lifecycle.CaseState(e.ToState), by)
		}
		if err != nil {
			w.fail("%s goes from %s to %s by %s: %v", w.name(subject), e.FromState, e.ToState, by, err)
		}
		h.state[subject] = e.ToState
		if ended(e) {
			if h.ends[subject]++; h.ends[subject] > 1 {
				w.fail("%s has ended %d times", w.name(subject), h.ends[subject])
			}
		}
	}
	keys := map[string]bool{}
	for _, c := range w.rows.cases {
		if h.state[c.ID] != string(c.State) {
			w.fail("%s is %s, the journal says %s", w.name(c.ID), c.State, h.state[c.ID])
		}
		if v, known := h.version[c.ID]; known && v != c.CatalogVersion {
			w.fail("%s began with catalogue %s and has %s", w.name(c.ID), v, c.CatalogVersion)
		}
		h.version[c.ID] = c.CatalogVersion
		if keys[c.VeteranID] {
			w.fail("one submission has made two cases")
		}
		keys[c.VeteranID] = true
	}
	if len(w.rows.cases) < len(h.version) {
		w.fail("a case has vanished")
	}
	for _, p := range w.people {
		if p.knows != "" && w.rows.file(p.knows) == nil {
			w.fail("p%d has a receipt for a case that is not there", p.n)
		}
	}
	for _, it := range w.rows.items {
		if was, moved := h.state[it.ID]; moved && was != string(it.State) {
			w.fail("%s is %s, the journal says %s", w.name(it.ID), it.State, was)
		} else if !moved && it.State != first(it) {
			w.fail("%s is %s, of which the journal knows nothing", w.name(it.ID), it.State)
		}
	}
}

func ended(e *gen.Event) bool {
	if e.ItemID != "" {
		return lifecycle.ItemState(e.ToState).Ended() && e.ToState != string(lifecycle.ItemDelivered)
	}
	return lifecycle.CaseState(e.ToState).Ended()
}

// born is the state in which a case or an item begins.
func (w *world) born(e *gen.Event) string {
	if it := w.rows.item(e.ItemID); it != nil {
		return string(first(it))
	}
	return string(lifecycle.CaseDraft)
}

func first(it *gen.Item) lifecycle.ItemState {
	if len(it.After) > 0 {
		return lifecycle.ItemWaiting
	}
	return lifecycle.ItemReady
}

// everythingOwed: somebody owes exactly one result of each open item and one
// answer about each case that waits, and nobody owes anything about what has ended.
func (w *world) everythingOwed() {
	open := map[string]int{}
	for _, o := range w.rows.owed {
		if o.EndedAt != nil {
			continue
		}
		switch o.Kind {
		case obligation.KindRESULT:
			open[o.ItemID]++
		case obligation.KindACCEPTANCE:
			open[o.CaseID]++
		}
		if c := w.rows.file(o.CaseID); c == nil || c.State.Ended() {
			w.fail("%s has ended and %s is still owed", w.name(o.CaseID), o.Kind)
		}
	}
	for _, it := range w.rows.items {
		want := 1
		if it.State.Ended() {
			want = 0
		}
		if open[it.ID] != want {
			w.fail("%s is %s and has %d open obligations", w.name(it.ID), it.State, open[it.ID])
		}
	}
	for _, c := range w.rows.cases {
		want := 0
		if c.State == lifecycle.CaseSubmitted {
			want = 1
		}
		if open[c.ID] != want {
			w.fail("%s is %s and %d acceptances are owed", w.name(c.ID), c.State, open[c.ID])
		}
	}
}

// pausesApart: a clock stands exactly while its item is returned or suspended, and
// never twice at once.
func (w *world) pausesApart() {
	last := map[string]*gen.Pause{}
	for _, p := range w.rows.pauses { // in order of their beginning
		if b := last[p.ItemID]; b != nil && (b.ToDay == nil || *b.ToDay > p.FromDay) {
			w.fail("%s stands twice at once", w.name(p.ItemID))
		}
		last[p.ItemID] = p
	}
	for _, it := range w.rows.items {
		p := last[it.ID]
		if open := p != nil && p.ToDay == nil; open != it.State.Stopped() {
			w.fail("%s is %s, and its clock stands: %v", w.name(it.ID), it.State, open)
		}
	}
}

// datesExplained: the promised day of each open item is what its clock explains,
// step by step, unless the clock stands at it or before it: then it moves on by
// itself and is reckoned from time to time.
func (w *world) datesExplained() {
	ids := make([]string, len(w.rows.cases))
	for i, c := range w.rows.cases {
		ids[i] = c.ID
	}
	clocks, err := w.desk.Clocks(w.ctx, ids)
	if err != nil {
		w.fail("clocks: %v", err)
		return
	}
	for _, c := range w.rows.cases {
		if c.AcceptedOn == nil || c.State.Ended() {
			continue
		}
		stands := map[string]bool{}
		for _, it := range w.rows.items { // in the order of the plan
			if it.CaseID != c.ID {
				continue
			}
			stands[it.Matter] = it.State.Stopped() || slices.ContainsFunc(it.After, func(m string) bool { return stands[m] })
			if it.State.Ended() || stands[it.Matter] {
				continue
			}
			clock := clocks[c.ID].Items[it.ID]
			if clock.Due.Day != it.DueOn {
				w.fail("%s is promised by %s, its clock explains %s", w.name(it.ID), it.DueOn, clock.Due.Day)
			}
			if n := len(clock.Due.Steps); n == 0 || clock.Due.Steps[n-1].Day != it.DueOn {
				w.fail("%s is promised by %s, and the steps end elsewhere", w.name(it.ID), it.DueOn)
			}
			if *c.DueOn < it.DueOn {
				w.fail("%s is promised by %s, before its %s by %s", w.name(c.ID), *c.DueOn, it.Matter, it.DueOn)
			}
		}
	}
}

// nothingSilent: there is no word owed that nobody has, as a supervisor sees it.
func (w *world) nothingSilent() {
	report, err := w.office.Silences(access.With(w.ctx, &access.Viewer{ID: "supervisor", Kind: access.Supervisor, Division: province}), 10)
	if err != nil {
		w.fail("silences: %v", err)
		return
	}
	for _, s := range report.Silences {
		w.fail("silence: %s about %s %s since %s", s.Reason, w.name(s.CaseID), s.Matter, s.Since)
	}
}

// figuresEqual: the figures are what one counts from the rows.
func (w *world) figuresEqual() {
	ctx := access.With(w.ctx, &access.Viewer{ID: "analyst", Kind: access.Analyst, Division: province})
	for _, by := range [][]progress.Dimension{{progress.ByState}, {progress.ByItemState}} {
		st, err := w.board.Statistics(ctx, progress.Question{By: by})
		if err != nil {
			w.fail("statistics: %v", err)
			return
		}
		var got []string
		for _, r := range st.Rows {
			line := r.Keys[0].Code + ": " + figures(r.Items)
			if r.Cases != nil {
				line += "; " + figures(r.Cases) + fmt.Sprintf("; %d papers", r.Saved.Papers)
			}
			got = append(got, line)
		}
		slices.Sort(got)
		if want := w.counted(by[0]); !slices.Equal(got, want) {
			w.fail("figures by %s:\n%s\ncounted from the rows:\n%s", by[0], strings.Join(got, "\n"), strings.Join(want, "\n"))
		}
	}
}

func figures(f *progress.Figures) string {
	return fmt.Sprintf("%d, %d ended, %d decided, %d on time, %d returns, %d yellow, %d red", f.Count, f.Ended, f.Decided, f.OnTime, f.Returns, f.Warnings.Yellow, f.Warnings.Red)
}

// counted counts from the rows with a pencil.
func (w *world) counted(by progress.Dimension) []string {
	type group struct {
		cases, items progress.Figures
		papers       int
	}
	groups := map[string]*group{}
	of := func(key string) *group {
		if groups[key] == nil {
			groups[key] = &group{}
		}
		return groups[key]
	}
	for _, c := range w.rows.cases {
		if by == progress.ByState {
			g := of(string(c.State))
			decided := c.State.Ended() && c.State != lifecycle.CaseWithdrawn && c.State != lifecycle.CaseNotAccepted
			tally(&g.cases, c.State.Ended(), decided, decided && workday.FromTime(*c.ClosedAt) <= *c.DueOn, c.Returns, c.Warning)
			g.papers += c.PapersSaved
		}
		for _, it := range w.rows.items {
			if it.CaseID != c.ID {
				continue
			}
			key := string(it.State)
			if by == progress.ByState {
				key = string(c.State)
			}
			returns := it.Round
			if it.State == lifecycle.ItemCorrection {
				returns++
			}
			decided := it.State.Granted() || it.State == lifecycle.ItemRejected
			tally(&of(key).items, it.State.Ended(), decided, decided && workday.FromTime(*it.DecidedAt) <= it.DueOn, returns, it.Warning)
		}
	}
	var lines []string
	for key, g := range groups {
		line := key + ": " + figures(&g.items)
		if by == progress.ByState {
			line += "; " + figures(&g.cases) + fmt.Sprintf("; %d papers", g.papers)
		}
		lines = append(lines, line)
	}
	slices.Sort(lines)
	return lines
}

func tally(f *progress.Figures, ended, decided, onTime bool, returns int, warning lifecycle.Warning) {
	f.Count++
	f.Returns += returns
	if ended {
		f.Ended++
	}
	if decided {
		f.Decided++
	}
	if onTime {
		f.OnTime++
	}
	switch warning {
	case lifecycle.Yellow:
		f.Warnings.Yellow++
	case lifecycle.Red:
		f.Warnings.Red++
	}
}

// finally: at the end of time every case has ended, the veteran was told so once,
// and departments and record agree.
func (w *world) finally() {
	w.nothingSilent()
	w.figuresEqual()
	for _, c := range w.rows.cases {
		if n := w.told(c.ID, "CASE_"+string(c.State)); n != 1 {
			w.fail("%s has ended as %s, and the veteran was told %d times", w.name(c.ID), c.State, n)
		}
	}
	w.truth()
}
