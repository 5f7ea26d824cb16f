package progress

import (
	"encoding/binary"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/vetgraph/vetgraph/internal/division"
	"github.com/vetgraph/vetgraph/internal/workday"
)

// all stands in a cell for every matter, department or channel.
const all = "*"

// cell is what is summed under one roof. A change goes into a cell of every
// grain, so that an answer reads few cells whatever is asked: all-time figures of
// a province are a hundred rows, not a million.
type cell struct {
	grain                       int
	place                       string // of the grain's level, twelve digits
	period                      string // 2026 or 2026-11, of acceptance
	kind                        string
	matter, department, channel string
	caseState, state, warning   string
	lead                        bool
}

// grain says how fine cells are: level, year or month, matters and channels apart
// or together. It is the leading column of the index.
func grain(level int, month, matters, channels bool) int {
	g := level * 8
	for bit, on := range []bool{channels, matters, month} {
		if on {
			g += 1 << bit
		}
	}
	return g
}

// summed are the levels that have sums; what lies deeper has few cases and is counted when asked.
var summed = []division.Level{division.Province, division.City, division.County}

var widths = []int{2, 4, 6} // digits of a code that tell a place of each summed level

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

// coarse is a standing as far as cells tell it from others: by county and month.
// Many become one before they are spread over their cells.
func (s standing) coarse() standing {
	s.division = placeOf(s.division, len(summed)-1)
	s.accepted = workday.Date(s.accepted.Year(), s.accepted.Month(), 1)
	return s
}

// cells are those that a standing is counted in.
func (s *standing) cells(f func(cell)) {
	month := s.accepted.String()[:7]
	for level := range summed {
		c := cell{place: placeOf(s.division, level), kind: s.kind, caseState: s.caseState, state: s.state, warning: s.warning}
		for _, byMonth := range []bool{false, true} {
			c.period = month[:4]
			if byMonth {
				c.period = month
			}
			for _, byMatter := range []bool{false, true} {
				c.matter, c.department, c.lead = all, all, false
				if byMatter {
					if s.kind == ofCase {
						continue // a case belongs to no matter
					}
					c.matter, c.department, c.lead = s.matter, s.department, s.lead
				}
				for _, byChannel := range []bool{false, true} {
					c.channel = all
					if byChannel {
						c.channel = s.channel
					}
					c.grain = grain(level, byMonth, byMatter, byChannel)
					f(c)
				}
			}
		}
	}
}

// sums are what a cell holds.
type sums struct {
	n, onTime, returns, papers, visits int
	days                               map[int]int // how many took so many working days
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
	if t.days == nil {
		t.days = map[int]int{}
	}
	t.days[s.used] += n
}

func (t *sums) merge(o *sums) {
	t.n += o.n
	t.onTime += o.onTime
	t.returns += o.returns
	t.papers += o.papers
	t.visits += o.visits
	for d, n := range o.days {
		if t.days == nil {
			t.days = map[int]int{}
		}
		t.days[d] += n
	}
}

// pack writes days as pairs of numbers of variable length, in order of days.
func pack(days map[int]int) []byte {
	var out []byte
	for _, d := range slices.Sorted(maps.Keys(days)) {
		if days[d] != 0 {
			out = binary.AppendUvarint(out, uint64(d)) //nolint:gosec // days are not negative
			out = binary.AppendVarint(out, int64(days[d]))
		}
	}
	return out
}

// unpack adds packed days to what is there.
func unpack(b []byte, to map[int]int) error {
	for len(b) > 0 {
		d, n := binary.Uvarint(b)
		if n <= 0 || d > longest {
			return fmt.Errorf("days of a sum cannot be read")
		}
		count, m := binary.Varint(b[n:])
		if m <= 0 {
			return fmt.Errorf("days of a sum cannot be read")
		}
		to[int(d)] += int(count)
		b = b[n+m:]
	}
	return nil
}
