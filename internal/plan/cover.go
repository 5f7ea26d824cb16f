package plan

import (
	"math/bits"
	"slices"
)

// Cover returns the smallest set of papers that meets every need, where a need
// is met by any one of its papers: a minimum hitting set, solved exactly. Among
// sets of equal size it returns the one whose sorted codes come first, so the
// same needs give the same papers on every machine. The answer is sorted. A need
// without any paper can not be met and is passed over; the caller must not
// produce one.
//
// The problem is NP-hard in general and tiny in practice: most needs name one
// paper and are settled by reduction alone.
func Cover(needs [][]string) []string {
	codes := codesOf(needs)
	sets := setsOf(needs, codes)
	var chosen []string
	for _, part := range components(minimal(sets), len(codes)) {
		for _, i := range smallest(part) {
			chosen = append(chosen, codes[i])
		}
	}
	slices.Sort(chosen)
	return chosen
}

// paperSet is a set of papers, one bit each, in code order.
type paperSet []uint64

func (s paperSet) has(i int) bool { return s[i/64]&(1<<(i%64)) != 0 }
func (s paperSet) add(i int)      { s[i/64] |= 1 << (i % 64) }
func (s paperSet) clone() paperSet {
	return slices.Clone(s)
}

func (s paperSet) count() (n int) {
	for _, w := range s {
		n += bits.OnesCount64(w)
	}
	return n
}

func (s paperSet) within(t paperSet) bool {
	for i, w := range s {
		if w&^t[i] != 0 {
			return false
		}
	}
	return true
}

func (s paperSet) meets(t paperSet) bool {
	for i, w := range s {
		if w&t[i] != 0 {
			return true
		}
	}
	return false
}

func (s paperSet) members() []int {
	var out []int
	for w, word := range s {
		for ; word != 0; word &= word - 1 {
			out = append(out, w*64+bits.TrailingZeros64(word))
		}
	}
	return out
}

func codesOf(needs [][]string) []string {
	var codes []string
	for _, n := range needs {
		codes = append(codes, n...)
	}
	slices.Sort(codes)
	return slices.Compact(codes)
}

func setsOf(needs [][]string, codes []string) []paperSet {
	width := (len(codes) + 63) / 64
	var sets []paperSet
	for _, n := range needs {
		if len(n) == 0 {
			continue
		}
		s := make(paperSet, width)
		for _, code := range n {
			i, _ := slices.BinarySearch(codes, code)
			s.add(i)
		}
		sets = append(sets, s)
	}
	return sets
}

// minimal drops every need that contains another one: whatever meets the
// smaller meets the larger. This never changes which sets of papers are answers.
func minimal(sets []paperSet) []paperSet {
	ordered := slices.Clone(sets)
	slices.SortStableFunc(ordered, func(a, b paperSet) int { return a.count() - b.count() })
	var kept []paperSet
	for _, s := range ordered {
		if !slices.ContainsFunc(kept, func(k paperSet) bool { return k.within(s) }) {
			kept = append(kept, s)
		}
	}
	return kept
}

// components splits needs into groups that share no paper: each is solved by itself.
func components(sets []paperSet, papers int) [][]paperSet {
	type part struct {
		papers paperSet
		sets   []paperSet
	}
	var parts []*part
	for _, s := range sets {
		joined := &part{papers: s.clone(), sets: []paperSet{s}}
		rest := parts[:0:0]
		for _, p := range parts {
			if !p.papers.meets(s) {
				rest = append(rest, p)
				continue
			}
			joined.sets = append(joined.sets, p.sets...)
			for i, w := range p.papers {
				joined.papers[i] |= w
			}
		}
		rest = append(rest, joined)
		parts = rest
	}
	out := make([][]paperSet, len(parts))
	for i, p := range parts {
		out[i] = p.sets
	}
	return out
}

// smallest solves one component: first how many papers are needed, then, paper
// by paper in code order, which of them can be among that many.
func smallest(sets []paperSet) []int {
	k := packing(sets)
	for !coverable(sets, k) {
		k++
	}
	var all = make(paperSet, len(sets[0]))
	for _, s := range sets {
		for i, w := range s {
			all[i] |= w
		}
	}
	var chosen []int
	for _, i := range all.members() {
		if len(sets) == 0 {
			break
		}
		if rest := without(sets, i); len(rest) < len(sets) && coverable(rest, k-1) {
			chosen, sets, k = append(chosen, i), rest, k-1
		}
	}
	return chosen
}

// coverable tells whether at most k papers meet all needs: branch on the papers
// of the shortest need, and stop as soon as more disjoint needs are left than papers.
func coverable(sets []paperSet, k int) bool {
	sets = minimal(sets)
	for len(sets) > 0 && sets[0].count() == 1 { // forced: nothing else meets this need
		if k == 0 {
			return false
		}
		sets, k = without(sets, sets[0].members()[0]), k-1
	}
	if len(sets) == 0 {
		return true
	}
	if packing(sets) > k {
		return false
	}
	for _, i := range sets[0].members() {
		if coverable(without(sets, i), k-1) {
			return true
		}
		if sets = forbid(sets, i); sets == nil { // tried: no answer has it
			return false
		}
	}
	return false
}

// packing counts needs that share no paper, shortest first: each takes a paper of its own.
func packing(sets []paperSet) (n int) {
	if len(sets) == 0 {
		return 0
	}
	taken := make(paperSet, len(sets[0]))
	for _, s := range sets {
		if s.meets(taken) {
			continue
		}
		n++
		for i, w := range s {
			taken[i] |= w
		}
	}
	return n
}

// without returns the needs that paper i does not meet.
func without(sets []paperSet, i int) []paperSet {
	var rest []paperSet
	for _, s := range sets {
		if !s.has(i) {
			rest = append(rest, s)
		}
	}
	return rest
}

// forbid takes paper i out of every need, and returns nil when a need has no other paper.
func forbid(sets []paperSet, i int) []paperSet {
	out := make([]paperSet, len(sets))
	for j, s := range sets {
		out[j] = s
		if !s.has(i) {
			continue
		}
		t := s.clone()
		t[i/64] &^= 1 << (i % 64)
		if t.count() == 0 {
			return nil
		}
		out[j] = t
	}
	return out
}
