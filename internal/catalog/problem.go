package catalog

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// Problem is one mistake in a catalogue.
type Problem struct {
	File   string
	Line   int // from 1; 0 when the file as a whole is meant
	Column int // from 1, in characters; 0 with Line 0
	Text   string
}

// String is file:line:column: text, as editors and CI understand it.
func (p Problem) String() string {
	switch {
	case p.File == "":
		return p.Text
	case p.Line == 0:
		return p.File + ": " + p.Text
	}
	return fmt.Sprintf("%s:%d:%d: %s", p.File, p.Line, p.Column, p.Text)
}

// Problems is every mistake found in a catalogue, by file and line. It is the
// error of [Load].
type Problems []Problem

func (p *Problems) Error() string {
	lines := make([]string, len(*p))
	for i, q := range *p {
		lines[i] = q.String()
	}
	return strings.Join(lines, "\n")
}

// sort orders by place and drops repetitions, so that two loads of the same
// bytes read the same.
func (p *Problems) sort() {
	slices.SortFunc(*p, func(a, b Problem) int {
		return cmp.Or(cmp.Compare(a.File, b.File), cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column), cmp.Compare(a.Text, b.Text))
	})
	*p = slices.Compact(*p)
}
