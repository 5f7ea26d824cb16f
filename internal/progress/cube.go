package progress

import (
	"encoding/binary"
	"fmt"
	"strconv"
	"strings"
)

// all stands in a cell for every matter, department or channel.
const all = "*"

// cell is what is summed under one roof. A change goes into a cell of every
// grain, so that an answer reads few cells whatever is asked: all-time figures of
// a province are a dozen rows, not a million.
type cell struct {
	grain                       int
	place                       string // of the grain's level, twelve digits
	period                      string // 2026 or 2026-11, of acceptance, or all
	kind                        string
	matter, department, channel string
	caseState, state, warning   string
	lead                        bool
}

// reach is how much time a cell holds.
type reach int

const (
	whole reach = iota // all there is
	years
	months
)

const grains = 12 // of one level

// grain says how fine cells are: level, reach, matters and channels apart or
// together. It is the leading column of the indexes.
func grain(level int, t reach, matters, channels bool) int {
	g := level*grains + int(t)*4
	for bit, on := range []bool{channels, matters} {
		if on {
			g += 1 << bit
		}
	}
	return g
}

func (c *cell) level() int   { return c.grain / grains }
func (c *cell) reach() reach { return reach(c.grain % grains / 4) }

// The levels, of five from the province at 0, down to which there are sums; villages
// have few cases and are counted when asked.
const (
	county   = 2 // the deepest with sums of every grain
	township = 3
)

// kept says whether a grain has sums. A township's cases of one month differ in
// almost everything: sums of matters by month, or of channels, would be as many as
// the cases themselves.
func kept(level int, t reach, matters, channels bool) bool {
	return level <= county || level == township && !channels && (t < months || !matters)
}

var widths = []int{2, 4, 6, 9} // digits of a code that tell a place of each summed level

// placeOf is the place of a level that a division lies in.
func placeOf(code string, level int) string {
	w := widths[level]
	return code[:w] + strings.Repeat("0", 12-w)
}

// key is a cell as one text.
func (c *cell) key() string {
	lead := ""
	if c.lead {
		lead = "L"
	}
	return strings.Join([]string{strconv.Itoa(c.grain), c.place, c.period, c.kind, c.matter, c.department, c.channel, c.caseState, c.state, c.warning, lead}, "|")
}

// heap is cells with their sums.
type heap map[cell]*sums

func (h heap) at(c cell) *sums { // by value: the map keeps its own
	t := h[c]
	if t == nil {
		t = &sums{}
		h[c] = t
	}
	return t
}

// pile adds a standing, n times, to the finest cells that hold it: one of its
// county, and of its township one of the month and one of the matter in the year.
// [spread] makes all others of these.
func (h heap) pile(s *standing, n int) {
	month := s.accepted.String()[:7]
	matters := s.kind != ofCase // a case belongs to no matter
	c := cell{
		grain: grain(county, months, matters, true), place: placeOf(s.division, county), period: month, kind: s.kind, matter: all, department: all,
		channel: s.channel, caseState: s.caseState, state: s.state, warning: s.warning,
	}
	if matters {
		c.matter, c.department, c.lead = s.matter, s.department, s.lead
	}
	h.at(c).add(s, n)
	c.place, c.channel = placeOf(s.division, township), all
	if matters {
		c.grain, c.period = grain(township, years, true, false), month[:4]
		h.at(c).add(s, n)
		c.matter, c.department, c.lead = all, all, false
	}
	c.grain, c.period = grain(township, months, false, false), month
	h.at(c).add(s, n)
}

// spread makes the cells of levels from top to bottom out of the finest ones.
func spread(finest heap, top, bottom int) heap {
	out := heap{}
	for c, t := range finest {
		levels, channels := []int{c.level()}, []bool{false}
		if c.level() <= county {
			levels, channels = []int{0, 1, 2}[:c.level()+1], []bool{false, true}
		}
		matters := []bool{c.matter != all}
		if c.matter != all && c.level() <= county {
			matters = []bool{false, true}
		}
		for _, level := range levels {
			if level < top || level > bottom {
				continue
			}
			for _, byMatter := range matters {
				for _, byChannel := range channels {
					for in := whole; in <= c.reach(); in++ {
						out.at(c.under(level, in, byMatter, byChannel)).merge(t)
					}
				}
			}
		}
	}
	return out
}

// under is the cell of a coarser grain that a cell is part of.
func (c *cell) under(level int, in reach, matters, channels bool) cell {
	d := *c
	d.grain, d.place = grain(level, in, matters, channels), placeOf(c.place, level)
	switch in {
	case whole:
		d.period = all
	case years:
		d.period = c.period[:4]
	case months:
	}
	if !matters {
		d.matter, d.department, d.lead = all, all, false
	}
	if !channels {
		d.channel = all
	}
	return d
}

// sums are what a cell holds.
type sums struct {
	n, onTime, returns, papers, visits int
	days                               days
}

// days are how many took so many working days, by that number.
type days []int

func (d *days) add(used, n int) {
	for len(*d) <= used {
		*d = append(*d, 0)
	}
	(*d)[used] += n
}

func (t *sums) add(s *standing, n int) {
	t.n += n
	t.returns += n * s.returns
	t.papers += n * s.papers
	t.visits += n * s.visits
	if s.used < 0 {
		return
	}
	if s.onTime {
		t.onTime += n
	}
	t.days.add(s.used, n)
}

func (t *sums) merge(o *sums) {
	t.n += o.n
	t.onTime += o.onTime
	t.returns += o.returns
	t.papers += o.papers
	t.visits += o.visits
	for used, n := range o.days {
		if n != 0 {
			t.days.add(used, n)
		}
	}
}

// pack writes days as pairs of numbers of variable length, in order of days.
func (d days) pack() []byte {
	var out []byte
	for used, n := range d {
		if n != 0 {
			out = binary.AppendUvarint(out, uint64(used)) //nolint:gosec // days are not negative
			out = binary.AppendVarint(out, int64(n))
		}
	}
	return out
}

// unpack adds packed days to what is there.
func (d *days) unpack(b []byte) error {
	for len(b) > 0 {
		used, n := binary.Uvarint(b)
		if n <= 0 || used > longest {
			return fmt.Errorf("days of a sum cannot be read")
		}
		count, m := binary.Varint(b[n:])
		if m <= 0 {
			return fmt.Errorf("days of a sum cannot be read")
		}
		d.add(int(used), int(count)) //nolint:gosec // at most longest
		b = b[n+m:]
	}
	return nil
}
