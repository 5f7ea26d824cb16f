package compose

import (
	_ "embed"
	"fmt"
	"slices"
	"strings"
	"sync"

	"go.yaml.in/yaml/v3"
)

// Problem is one mistake that keeps subgraphs from becoming one graph.
type Problem struct {
	Subgraph string // empty if it is about how several go together
	Code     string // as composers have it: KEY_INVALID_FIELDS, SATISFIABILITY_ERROR
	Text     string // in English, as the composer says it
	Places   []Place
}

// Place is where something stands in a subgraph's schema.
type Place struct {
	Subgraph string `json:"subgraph"`
	File     string `json:"-"` // empty if the schema was not read from a file
	Line     int    `json:"line"`
	Column   int    `json:"column"`
}

// String is the place as editors understand it.
func (p Place) String() string {
	name := p.File
	if name == "" {
		name = p.Subgraph
	}
	return fmt.Sprintf("%s:%d:%d", name, p.Line, p.Column)
}

//go:embed words.yaml
var wordsFile []byte

// words is what each code means, in Chinese.
var words = sync.OnceValue(func() map[string]string {
	out := map[string]string{}
	if err := yaml.Unmarshal(wordsFile, &out); err != nil {
		panic("words.yaml: " + err.Error()) // embedded, and read by a test
	}
	return out
})

// Zh is what the problem's code means, in Chinese.
func (p Problem) Zh() string {
	if w, ok := words()[p.Code]; ok {
		return w
	}
	return words()["UNSAID"]
}

// String is the problem as a person reads it, Chinese first: where it stands, what
// is wrong, its code.
func (p Problem) String() string {
	var b strings.Builder
	switch {
	case len(p.Places) > 0:
		b.WriteString(p.Places[0].String() + ": ")
	case p.Subgraph != "":
		b.WriteString(p.Subgraph + ": ")
	}
	fmt.Fprintf(&b, "%s。 %s [%s]", p.Zh(), strings.ReplaceAll(strings.TrimSpace(p.Text), "\n", "\n\t"), p.Code)
	for _, also := range p.Places[min(1, len(p.Places)):] {
		fmt.Fprintf(&b, "\n\t另见 also %s", also)
	}
	return b.String()
}

// Problems are all mistakes of one composition.
type Problems []Problem

// Error lists them, one to a line.
func (p *Problems) Error() string {
	lines := make([]string, len(*p))
	for i, one := range *p {
		lines[i] = one.String()
	}
	return strings.Join(lines, "\n")
}

// add takes a problem in, once.
func (p *Problems) add(one Problem) {
	text := one.String()
	if !slices.ContainsFunc(*p, func(o Problem) bool { return o.String() == text }) {
		*p = append(*p, one)
	}
}
