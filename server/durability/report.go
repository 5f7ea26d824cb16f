package durability

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
)

// Report is what an experiment found.
type Report struct {
	Seed    uint64
	Kills   int
	Moments map[string]int // kills by the moment that they were aimed at
	Took    time.Duration
	Start   time.Duration // median of how long the hub took until it served again
	Settled time.Duration // from the last kill until nothing was left to do

	Submitted    int // keys
	Attempts     int // times a submission was sent
	Unanswered   int // of those, without an answer
	Acknowledged int // cases
	Found        int // cases committed without the applicant hearing of it, and found again by their key

	Items      int
	Approved   int // each of them done once
	Deliveries int // confirmed by departments
	Absorbed   int // of those, of items that the department had before
	Outcomes   map[string]int

	Compared int // answers of gateways, held against one another
	Resumed  int // lines of subscriptions that broke and were taken up again

	Broken []string // promises that were not kept
}

// report sums up what was seen from outside.
func (w *world) report() *Report {
	r := &Report{Seed: w.config.Seed, Kills: w.config.Kills, Moments: map[string]int{}, Settled: w.settled, Compared: w.compared, Resumed: w.resumed, Outcomes: map[string]int{}}
	for m, n := range w.killed {
		r.Moments[string(m)] = n
	}
	if slices.Sort(w.starts); len(w.starts) > 0 {
		r.Start = w.starts[len(w.starts)/2]
	}
	w.files.mu.Lock()
	defer w.files.mu.Unlock()
	r.Broken = w.files.broken
	for _, f := range w.files.all {
		r.Submitted++
		r.Attempts += f.sent
		r.Unanswered += f.unanswered
		if f.caseID != "" {
			r.Acknowledged++
		}
		if f.found {
			r.Found++
		}
	}
	w.tap.mu.Lock()
	defer w.tap.mu.Unlock()
	for _, n := range w.tap.taken {
		r.Deliveries += n
		r.Absorbed += n - 1
	}
	for item, n := range w.tap.otherwise {
		r.broken("item %s was delivered again with other content, %d times", item, n)
	}
	return r
}

func (r *Report) broken(format string, args ...any) {
	r.Broken = append(r.Broken, fmt.Sprintf(format, args...))
}

// String is the report for people.
func (r *Report) String() string {
	var b strings.Builder
	_, _ = fmt.Fprintf(&b, "seed %d: %d kills in %.0f s; start %d ms; quiet %.1f s after the last kill\n",
		r.Seed, r.Kills, r.Took.Seconds(), r.Start.Milliseconds(), r.Settled.Seconds())
	_, _ = fmt.Fprintf(&b, "killed at: %s\n", list(r.Moments))
	_, _ = fmt.Fprintf(&b, "submitted %d cases in %d attempts, %d of them unanswered; acknowledged %d; committed unheard and found again by key %d\n",
		r.Submitted, r.Attempts, r.Unanswered, r.Acknowledged, r.Found)
	_, _ = fmt.Fprintf(&b, "items %d; approved and done once %d; deliveries %d, of them %d of items the department had before\n", r.Items, r.Approved, r.Deliveries, r.Absorbed)
	_, _ = fmt.Fprintf(&b, "cases: %s\n", list(r.Outcomes))
	if r.Compared > 0 {
		_, _ = fmt.Fprintf(&b, "answers of gateways compared %d; subscriptions taken up again %d\n", r.Compared, r.Resumed)
	}
	_, _ = fmt.Fprintf(&b, "broken promises: %d", len(r.Broken))
	for i, s := range r.Broken {
		if i == 40 {
			_, _ = fmt.Fprintf(&b, "\n  …")
			break
		}
		_, _ = fmt.Fprintf(&b, "\n  %s", s)
	}
	return b.String()
}

func list(counts map[string]int) string {
	var parts []string
	for _, k := range slices.Sorted(maps.Keys(counts)) {
		parts = append(parts, fmt.Sprintf("%s %d", k, counts[k]))
	}
	return strings.Join(parts, ", ")
}
