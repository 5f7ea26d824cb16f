package department_test

import (
	"fmt"
	"os/exec"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/vetgraph/vetgraph/internal/department"
	"github.com/vetgraph/vetgraph/internal/port"
)

// corrected is the next round of a delivery, with what was amiss put right.
func corrected(d port.Delivery, a port.Answer) port.Delivery {
	next := d
	next.Round++
	next.Answers = map[string]any{}
	for id, v := range d.Answers {
		next.Answers[id] = v
	}
	for _, f := range a.Faults {
		if text, ok := next.Answers[f.Field].(string); ok && f.Field != "" {
			next.Answers[f.Field] = text + "(更正)"
		}
	}
	return next
}

// TestKillBetweenRounds takes the power from the departments while they return
// everything and are sent it again. Every receipt of every round holds, and every
// item is done exactly once.
func TestKillBetweenRounds(t *testing.T) {
	if testing.Short() {
		t.Skip("starts processes")
	}
	const lives, items = 5, 60
	c, dir, h := patient(t, 5*time.Second), t.TempDir(), newHub(t)
	open := map[string]port.Delivery{} // what the hub has last sent, or will
	for i := range items {
		m := c.Matters[i%len(c.Matters)]
		d := delivery(c, m.Code, fmt.Sprintf("%s-%d", m.Code, i), h.address(m.Lead))
		open[d.ItemID] = d
	}
	lead := func(d port.Delivery) string { return c.Matter(d.Matter).Lead }
	birth := func() *exec.Cmd {
		ends, cmd := life(t, dir, childReturns+"=1")
		r := registry(t, c, ends)
		h.mu.Lock()
		h.registry = r
		h.mu.Unlock()
		return cmd
	}
	// prepare sends again what was returned, corrected, as far as the hub has heard.
	prepare := func() (approved, second int) {
		h.mu.Lock()
		defer h.mu.Unlock()
		last := map[string]port.Answer{}
		for _, a := range h.got {
			if a.Sequence > last[a.ItemID].Sequence {
				last[a.ItemID] = a
			}
		}
		for id, a := range last {
			switch d := open[id]; {
			case a.State == port.Approved:
				approved++
			case a.State == port.Returned && d.Round == 0:
				open[id] = corrected(d, a)
			}
		}
		for _, d := range open {
			second += d.Round
		}
		return approved, second
	}
	receipts := sync.Map{} // by item and round
	check := func(d port.Delivery, receipt port.Receipt) {
		if before, ok := receipts.LoadOrStore(fmt.Sprint(d.ItemID, " round ", d.Round), receipt); ok && before != receipt {
			t.Errorf("%s round %d: receipt %v, before the power failed %v", d.ItemID, d.Round, receipt, before)
		}
	}
	for range lives {
		cmd := birth()
		prepare()
		var all sync.WaitGroup
		var done atomic.Int64
		enough := make(chan struct{})
		for _, d := range open {
			all.Go(func() {
				if receipt, err := h.registry.Get(lead(d)).Deliver(t.Context(), d); err == nil {
					check(d, receipt)
				}
				if done.Add(1) == items*3/4 {
					close(enough)
				}
			})
		}
		<-enough
		must(t, cmd.Process.Kill()) // SIGKILL
		_ = cmd.Wait()
		all.Wait()
	}
	cmd := birth()
	for heard := 0; ; heard++ {
		approved, _ := prepare()
		if approved == items {
			break
		}
		for _, d := range open {
			if _, known := receipts.Load(fmt.Sprint(d.ItemID, " settled ", d.Round)); known {
				continue
			}
			receipt, err := h.registry.Get(lead(d)).Deliver(t.Context(), d)
			must(t, err)
			check(d, receipt)
			receipts.Store(fmt.Sprint(d.ItemID, " settled ", d.Round), receipt)
		}
		h.await(t, heard)
	}
	_, second := prepare()
	must(t, cmd.Process.Kill())
	_ = cmd.Wait()
	acts, err := department.ActsIn(t.Context(), c, dir)
	must(t, err)
	for id := range open {
		if acts[id] != 1 {
			t.Errorf("%s was done %d times", id, acts[id])
		}
	}
	if second != items {
		t.Errorf("%d of %d items went through a second round", second, items)
	}
	t.Logf("%d items, two rounds each, %d kills, %d acts", items, lives, len(acts))
}

func TestARoundBelongsToItsItem(t *testing.T) {
	c := patient(t, 10*time.Second)
	f, r, _ := connected(t, department.Config{Catalog: c, WorkdayTakes: time.Hour})
	d := delivery(c, "M04", "a", "")
	send(t, r, d)
	must(t, f.DecideNow(t.Context(), "a", port.Returned))
	for name, spoil := range map[string]func(*port.Delivery){
		"another person": func(d *port.Delivery) { d.Applicant = veteran(8) },
		"another case":   func(d *port.Delivery) { d.CaseNumber = "another" },
		"another matter": func(d *port.Delivery) { d.Matter, d.Answers = "M05", answers(c, "M05") },
	} {
		next := d
		next.Round = 1
		spoil(&next)
		if _, err := r.Get("PS").Deliver(t.Context(), next); err == nil {
			t.Errorf("%s: the round was taken", name)
		}
	}
	a, err := r.Get("PS").Status(t.Context(), []string{"a"})
	must(t, err)
	send(t, r, corrected(d, a[0]))
}
