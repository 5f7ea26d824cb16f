package progress

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/vetgraph/vetgraph/internal/division"
	"github.com/vetgraph/vetgraph/internal/lifecycle"
	"github.com/vetgraph/vetgraph/internal/store"
	"github.com/vetgraph/vetgraph/internal/workday"
)

// clause is a condition with its arguments.
type clause struct {
	text []string
	args []any
}

// and adds a condition; each ? stands for the next of the values.
func (w *clause) and(text string, values ...any) {
	for _, v := range values {
		w.args = append(w.args, v)
		text = strings.Replace(text, "?", fmt.Sprintf("$%d", len(w.args)), 1)
	}
	w.text = append(w.text, text)
}

// in adds that a column has one of some values; no values, no condition.
func in[S ~string](w *clause, column string, values []S) {
	if len(values) == 0 {
		return
	}
	args := make([]any, len(values))
	for i, v := range values {
		args[i] = string(v)
	}
	w.and(column+" IN (?"+strings.Repeat(", ?", len(args)-1)+")", args...)
}

func (w *clause) String() string { return strings.Join(w.text, " AND ") }

// narrow adds what the question filters by, apart from places and days.
func (s *scope) narrow(w *clause) {
	if s.Matter != "" {
		w.and("matter = ?", s.Matter)
	}
	if s.Department != "" {
		w.and("department = ?", s.Department)
	}
	in(w, "case_state", s.States)
	in(w, "warning", s.Warnings)
	in(w, "channel", s.Channels)
	switch {
	case s.itemsOnly && !s.rated():
		w.and("kind = ?", ofItem)
	case !s.rated():
		w.and("kind <> ?", ofRating)
	case s.byMatter:
		w.and("kind <> ?", ofCase)
	}
}

// stretch is a run of periods, both ends included.
type stretch struct {
	reach
	from, to string
}

// stretches are the periods that make up the days asked for: all time, or whole
// years where months are not told apart and months for the rest.
func (s *scope) stretches() []stretch {
	const first, last = "0000", "9999"
	if s.AcceptedFrom == nil && s.AcceptedBefore == nil && !s.by(ByMonth) {
		return []stretch{{whole, all, all}}
	}
	from, to := first, last
	if s.AcceptedFrom != nil {
		from = s.AcceptedFrom.String()[:7]
	}
	if s.AcceptedBefore != nil {
		to = (*s.AcceptedBefore - 1).String()[:7] // the month before the first one left out
	}
	if s.by(ByMonth) {
		return []stretch{{months, from, to}}
	}
	if from[:4] == to[:4] {
		return []stretch{{months, from, to}}
	}
	var out []stretch
	full := stretch{years, from[:4], to[:4]}
	if s.AcceptedFrom != nil && !strings.HasSuffix(from, "-01") {
		out = append(out, stretch{months, from, from[:4] + "-12"})
		full.from = nextYear(from, 1)
	}
	if s.AcceptedBefore != nil && !strings.HasSuffix(to, "-12") {
		out = append(out, stretch{months, to[:4] + "-01", to})
		full.to = nextYear(to, -1)
	}
	if full.from <= full.to {
		out = append(out, full)
	}
	return out
}

func nextYear(period string, n int) string {
	var y int
	_, _ = fmt.Sscanf(period[:4], "%d", &y) // it was written by a day
	return fmt.Sprintf("%04d", y+n)
}

// summed answers from the sums, the changes not folded yet, and those after the
// instant, which are taken back.
func (g *gathering) summed(ctx context.Context, p store.Plain, at int64) error {
	for _, t := range g.stretches() {
		var w clause
		w.and("grain = ?", grain(g.split, t.reach, g.byMatter, g.channels()))
		if lo, hi := division.Range(g.place); g.split == g.level {
			w.and("place = ?", g.place)
		} else {
			w.and("place >= ? AND place <= ?", lo, hi)
		}
		if t.reach == whole {
			w.and("period = ?", all)
		} else {
			w.and("period >= ? AND period <= ?", t.from, t.to)
		}
		g.narrow(&w)
		if err := g.tallies(ctx, p, &w); err != nil {
			return fmt.Errorf("sums: %w", err)
		}
	}
	if err := g.changes(ctx, p, "standing_changes", "at <= ?", at, 1); err != nil {
		return err
	}
	return g.changes(ctx, p, "standing_history", "at > ?", at, -1)
}

// channels says whether channels have to be told apart.
func (s *scope) channels() bool { return len(s.Channels) > 0 || s.by(ByChannel) }

// tallies takes in sums, of each row only what groups are told apart by.
func (g *gathering) tallies(ctx context.Context, p store.Plain, w *clause) error {
	var c cell
	var t sums
	var packed []byte
	query := "SELECT kind, case_state, state, warning, lead, n, on_time, returns, papers, visits, days"
	to := []any{&c.kind, &c.caseState, &c.state, &c.warning, &c.lead, &t.n, &t.onTime, &t.returns, &t.papers, &t.visits, &packed}
	for _, side := range []struct {
		by     Dimension
		column string
		to     *string
	}{{ByDivision, "place", &c.place}, {ByMonth, "period", &c.period}, {ByMatter, "matter", &c.matter}, {ByDepartment, "department", &c.department}, {ByChannel, "channel", &c.channel}} {
		if g.by(side.by) {
			query, to = query+", "+side.column, append(to, side.to)
		}
	}
	return p.Each(ctx, query+" FROM standing_tallies WHERE "+w.String(), w.args, func(scan func(...any) error) error {
		t.days = t.days[:0]
		if err := scan(to...); err != nil {
			return err
		}
		if err := t.days.unpack(packed); err != nil {
			return err
		}
		g.add(&c, &t)
		return nil
	})
}

// changes takes in the changes of a table before or after an instant, sign times.
func (g *gathering) changes(ctx context.Context, p store.Plain, table, when string, at int64, sign int) error {
	var w clause
	w.and(when, at)
	lo, hi := division.Range(g.place)
	w.and("division >= ? AND division <= ?", lo, hi)
	if g.AcceptedFrom != nil {
		w.and("accepted >= ?", int(*g.AcceptedFrom))
	}
	if g.AcceptedBefore != nil {
		w.and("accepted < ?", int(*g.AcceptedBefore))
	}
	g.narrow(&w)
	// Summed by the database as far as the answer allows: what is taken back for an
	// instant long ago is a great deal.
	query := fmt.Sprintf("SELECT kind, substr(division, 1, %d), matter, department, channel, accepted, case_state, state, warning, lead, used, on_time, "+
		"sum(n), sum(n * returns), sum(n * papers), sum(n * visits) FROM %s WHERE %s GROUP BY 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12", allWidths[g.split], table, w.String())
	err := p.Each(ctx, query, w.args, func(scan func(...any) error) error {
		var c cell
		var t sums
		var accepted, used int
		var onTime bool
		err := scan(&c.kind, &c.place, &c.matter, &c.department, &c.channel, &accepted, &c.caseState, &c.state, &c.warning, &c.lead, &used, &onTime,
			&t.n, &t.returns, &t.papers, &t.visits)
		if err != nil {
			return err
		}
		c.place += strings.Repeat("0", 12-len(c.place))
		c.period = workday.Day(accepted).String()[:7]
		t.n, t.returns, t.papers, t.visits = sign*t.n, sign*t.returns, sign*t.papers, sign*t.visits
		if used >= 0 {
			t.days.add(used, t.n)
			if onTime {
				t.onTime = t.n
			}
		}
		g.add(&c, &t)
		return nil
	})
	if err != nil {
		return fmt.Errorf("changes: %w", err)
	}
	return nil
}

// counted answers from the cases themselves, and takes back what came after the instant.
func (b *Board) counted(ctx context.Context, p store.Plain, g *gathering, at int64) error {
	lo, hi := division.Range(g.place)
	now := Standings{}
	w := clause{}
	w.and("c.division >= ? AND c.division <= ?", lo, hi)
	if g.AcceptedFrom != nil { // those not accepted go by another day
		w.and("(c.accepted_on >= ? OR c.accepted_on IS NULL)", *g.AcceptedFrom)
	}
	if g.AcceptedBefore != nil {
		w.and("(c.accepted_on < ? OR c.accepted_on IS NULL)", *g.AcceptedBefore)
	}
	err := cases(ctx, p, w.String(), w.args, g.rated(), func(f *file) error {
		if d := f.day(); g.AcceptedFrom != nil && d < *g.AcceptedFrom || g.AcceptedBefore != nil && d >= *g.AcceptedBefore {
			return nil
		}
		f.count(b.Calendar(), now, 1)
		return nil
	})
	if err != nil {
		return fmt.Errorf("count cases: %w", err)
	}
	for s, n := range now {
		if g.counts(&s) {
			var t sums
			t.add(&s, n)
			g.add(&cell{
				place: g.placeOf(s.division), period: s.accepted.String()[:7], kind: s.kind, matter: s.matter, department: s.department,
				channel: s.channel, caseState: s.caseState, state: s.state, warning: s.warning, lead: s.lead,
			}, &t)
		}
	}
	if err := g.changes(ctx, p, "standing_changes", "at > ?", at, -1); err != nil {
		return err
	}
	return g.changes(ctx, p, "standing_history", "at > ?", at, -1)
}

// counts says of a standing what narrow says to the database.
func (s *scope) counts(x *standing) bool {
	switch {
	case s.Matter != "" && x.matter != s.Matter, s.Department != "" && x.department != s.Department:
		return false
	case len(s.States) > 0 && !slices.Contains(s.States, lifecycle.CaseState(x.caseState)):
		return false
	case len(s.Warnings) > 0 && !slices.Contains(s.Warnings, lifecycle.Warning(x.warning)):
		return false
	case len(s.Channels) > 0 && !slices.Contains(s.Channels, x.channel):
		return false
	case s.itemsOnly && !s.rated():
		return x.kind == ofItem
	case !s.rated():
		return x.kind != ofRating
	case s.byMatter:
		return x.kind != ofCase
	}
	return true
}
