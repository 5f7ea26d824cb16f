package division

import (
	"sort"
	"strings"
)

// defaultLimit is how many places Find answers if it is not told.
const defaultLimit = 20

// All is every place in order of code: a place comes right before those in it. The
// slice is shared and must not be changed.
func (t *Tree) All() []Division { return t.all[:len(t.all):len(t.all)] }

// Get is the place with a code in any form that [Normalize] takes.
func (t *Tree) Get(code string) (Division, bool) {
	if code, ok := Normalize(code); ok {
		if i, ok := t.index(code); ok {
			return t.all[i], true
		}
	}
	return Division{}, false
}

// Known tells whether there is a place with a code.
func (t *Tree) Known(code string) bool { _, ok := t.Get(code); return ok }

// Path is the places from the province down to the one with a code; nil if there
// is none.
func (t *Tree) Path(code string) []Division {
	d, ok := t.Get(code)
	if !ok {
		return nil
	}
	if d.Parent == "" {
		return []Division{d}
	}
	return append(t.Path(d.Parent), d)
}

// FullName is the names of the path in one, as an address begins, such as
// 黑龙江省哈尔滨市道里区. It is empty if there is no such place.
func (t *Tree) FullName(code string) string {
	var b strings.Builder
	for _, d := range t.Path(code) {
		b.WriteString(d.Name)
	}
	return b.String()
}

// Children is the places right below the one with a code, in order of code.
func (t *Tree) Children(code string) []Division {
	code, ok := Normalize(code)
	if !ok {
		return nil
	}
	i, ok := t.index(code)
	if !ok {
		return nil
	}
	below := t.kids[t.from[i]:t.from[i+1]]
	out := make([]Division, len(below))
	for k, j := range below {
		out[k] = t.all[j]
	}
	return out
}

// Find searches places by name or by the beginning of their code. Of several words
// the last names the place and the others places above it: "道里 兆麟". Level
// restricts the answer unless empty. The same name comes first, then names that
// begin with the text, then those that hold it; among equals higher places come
// first. Limit 0 or less means 20.
func (t *Tree) Find(text string, level Level, limit int) []Division {
	words := strings.Fields(text)
	if len(words) == 0 {
		return nil
	}
	if limit <= 0 {
		limit = defaultLimit
	}
	type hit struct{ index, rank int }
	var hits []hit
	word, above := words[len(words)-1], words[:len(words)-1]
	for i, d := range t.all {
		if level != "" && d.Level != level {
			continue
		}
		if r, ok := rank(d, word); ok && t.below(d, above) {
			hits = append(hits, hit{i, r*10 + len(Prefix(d.Code))/2})
		}
	}
	sort.SliceStable(hits, func(a, b int) bool { return hits[a].rank < hits[b].rank })
	var out []Division
	for _, h := range hits[:min(limit, len(hits))] {
		out = append(out, t.all[h.index])
	}
	return out
}

// rank tells how well a place fits a word: 0 best.
func rank(d Division, word string) (int, bool) {
	switch {
	case d.Name == word || d.Code == word:
		return 0, true
	case strings.HasPrefix(d.Name, word) || strings.HasPrefix(d.Code, word):
		return 1, true
	case strings.Contains(d.Name, word):
		return 2, true
	}
	return 0, false
}

// below tells whether each word is in the name of some place above.
func (t *Tree) below(d Division, words []string) bool {
	for _, w := range words {
		found := false
		for _, a := range t.Path(d.Parent) {
			found = found || strings.Contains(a.Name, w)
		}
		if !found {
			return false
		}
	}
	return true
}
