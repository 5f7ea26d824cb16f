package plan_test

import (
	"fmt"
	"math/bits"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/vetgraph/vetgraph/internal/plan"
)

func TestCover(t *testing.T) {
	for name, tc := range map[string]struct {
		needs string
		want  string
	}{
		"nothing needed":                     {"", ""},
		"one paper each":                     {"B A C A", "A B C"},
		"one paper meets two needs":          {"A|B B|C", "B"},
		"a forced paper meets another need":  {"B A|B", "B"},
		"equal papers: the smaller code":     {"B|A A|B|C", "A"},
		"equal size: the smaller codes":      {"A|D B|C", "A B"},
		"fewest wins over smallest":          {"A|D B|D C|D", "D"},
		"smallest although dominated":        {"A|B B|C|A C|D A|D", "A C"},
		"a ring of five takes three":         {"A|B B|C C|D D|E E|A", "A B D"},
		"a repeated alternative counts once": {"A|A", "A"},
	} {
		t.Run(name, func(t *testing.T) {
			if got := strings.Join(plan.Cover(parse(tc.needs)), " "); got != tc.want {
				t.Errorf("Cover(%s) = %q, want %q", tc.needs, got, tc.want)
			}
		})
	}
}

func parse(text string) (needs [][]string) {
	for _, n := range strings.Fields(text) {
		needs = append(needs, strings.Split(n, "|"))
	}
	return needs
}

// TestCoverIsSmallest compares with trying every set of papers.
func TestCoverIsSmallest(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		papers := rapid.IntRange(1, 11).Draw(t, "papers")
		need := rapid.SliceOfN(rapid.Map(rapid.IntRange(0, papers-1), func(i int) string { return fmt.Sprintf("P%02d", i) }), 1, 4)
		needs := rapid.SliceOfN(need, 0, 14).Draw(t, "needs")
		got, want := plan.Cover(needs), brute(needs, papers)
		if !slices.Equal(got, want) {
			t.Fatalf("Cover(%v) = %v, every set tried: %v", needs, got, want)
		}
	})
}

func brute(needs [][]string, papers int) (best []string) {
	found := false
	for mask := range 1 << papers {
		var set []string
		for i := range papers {
			if mask&(1<<i) != 0 {
				set = append(set, fmt.Sprintf("P%02d", i))
			}
		}
		if found && (bits.OnesCount(uint(mask)) > len(best) || len(set) == len(best) && slices.Compare(set, best) > 0) {
			continue
		}
		if !slices.ContainsFunc(needs, func(n []string) bool {
			return !slices.ContainsFunc(n, func(p string) bool { return slices.Contains(set, p) })
		}) {
			best, found = set, true
		}
	}
	return best
}

// BenchmarkCoverHard is a catalogue far beyond any real one: 50 needs, three alternatives each, 40 papers.
func BenchmarkCoverHard(b *testing.B) {
	var needs [][]string
	for i, x := 0, uint32(7); i < 50; i++ {
		var n []string
		for range 3 {
			x = x*1664525 + 1013904223
			n = append(n, fmt.Sprintf("P%02d", x>>16%40))
		}
		needs = append(needs, n)
	}
	for b.Loop() {
		plan.Cover(needs)
	}
}
