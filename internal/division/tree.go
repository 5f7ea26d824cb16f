package division

import (
	"bytes"
	"compress/gzip"
	_ "embed" // the rows
	"errors"
	"fmt"
	"io"
	"slices"
	"sort"
	"strings"
	"sync"
)

//go:embed heilongjiang.csv.gz
var rows []byte

// header is the first line of a table of divisions.
const header = "code,name,level,parent_code"

// statistical are the counties that GB/T 2260 does not list.
var statistical = map[string]bool{
	"230671000000": true, // 大庆高新技术产业开发区
	"232761000000": true, // 加格达奇区
	"232762000000": true, // 松岭区
	"232763000000": true, // 新林区
	"232764000000": true, // 呼中区
}

// Tree is a province with everything in it. It never changes once made and may be
// shared.
type Tree struct {
	all  []Division // by code, so that a place is followed by all below it
	kids []int32    // children of all places, those of one place side by side
	from []int32    // where in kids the children of a place begin; one more than all
}

// Builtin is Heilongjiang.
func Builtin() *Tree { return builtin() }

var builtin = sync.OnceValue(func() *Tree {
	t, err := load(rows)
	if err != nil {
		panic(err) // embedded and tested: cannot fail
	}
	return t
})

func load(zipped []byte) (*Tree, error) {
	r, err := gzip.NewReader(bytes.NewReader(zipped))
	if err != nil {
		return nil, fmt.Errorf("open divisions: %w", err)
	}
	text, err := io.ReadAll(r)
	if err != nil {
		return nil, fmt.Errorf("read divisions: %w", err)
	}
	return parse(string(text))
}

// parse reads lines of code, name, level and parent in order of code. No name
// holds a comma or a quote, so the lines are cut without a CSV reader.
func parse(text string) (*Tree, error) {
	head, text, _ := strings.Cut(text, "\n")
	if strings.TrimRight(head, "\r") != header {
		return nil, errors.New("divisions: the header is not " + header)
	}
	t := &Tree{all: make([]Division, 0, strings.Count(text, "\n")+1)}
	number := 1
	for line := range strings.Lines(text) {
		number++
		d, err := cut(strings.TrimRight(line, "\r\n"))
		if err == nil && len(t.all) > 0 && t.all[len(t.all)-1].Code >= d.Code {
			err = errors.New("codes are not in order")
		}
		if err != nil {
			return nil, fmt.Errorf("divisions, line %d: %w", number, err)
		}
		t.all = append(t.all, d)
	}
	return t, t.link()
}

// cut takes a line apart and checks that code, level and parent agree.
func cut(line string) (Division, error) {
	code, rest, _ := strings.Cut(line, ",")
	name, rest, _ := strings.Cut(rest, ",")
	level, parent, _ := strings.Cut(rest, ",")
	d := Division{Code: code, Name: name, Level: Level(level), Parent: parent}
	i := slices.Index(levels[:], d.Level)
	if i < 0 {
		return d, errors.New("there is no such level")
	}
	d.Statistical = d.Level == County && statistical[code]
	if len(code) != codeLength || len(Prefix(code)) != widths[i] {
		return d, errors.New("code and level do not agree")
	}
	if i == 0 {
		if parent != "" {
			return d, errors.New("a province has no parent here")
		}
		return d, nil
	}
	if above := widths[i-1]; len(parent) != codeLength || parent[:above] != code[:above] || !zeros(parent[above:]) {
		return d, errors.New("code and parent do not agree")
	}
	return d, nil
}

// link groups the children of every place.
func (t *Tree) link() error {
	parents := make([]int32, len(t.all))
	t.from = make([]int32, len(t.all)+1)
	t.kids = make([]int32, len(t.all))
	for i, d := range t.all {
		parents[i] = -1
		if d.Parent == "" {
			continue
		}
		p, ok := t.index(d.Parent)
		if !ok {
			return fmt.Errorf("divisions: %s has no parent", d.Code)
		}
		parents[i] = int32(p)
		t.from[p+1]++
	}
	for i := range t.all {
		t.from[i+1] += t.from[i]
	}
	next := append([]int32(nil), t.from...)
	for i, p := range parents {
		if p >= 0 {
			t.kids[next[p]] = int32(i)
			next[p]++
		}
	}
	return nil
}

func (t *Tree) index(code string) (int, bool) {
	i := sort.Search(len(t.all), func(i int) bool { return t.all[i].Code >= code })
	return i, i < len(t.all) && t.all[i].Code == code
}
