package rekey

import (
	"testing"
	"time"
)

// It spends its share of the time while nobody else is at work, gives way when rows
// take longer, comes back afterwards, and stays within its bounds.
func TestPace(t *testing.T) {
	p := &pacer{share: 0.2}
	if got := p.pause(100, 10*time.Millisecond); got != 40*time.Millisecond {
		t.Errorf("at first: %v", got)
	}
	last := time.Duration(0)
	for range 8 {
		last = p.pause(100, 30*time.Millisecond)
	}
	if last < 200*time.Millisecond || last > 360*time.Millisecond {
		t.Errorf("while others are at work: %v", last)
	}
	for range 100 {
		last = p.pause(100, 10*time.Millisecond)
	}
	if last != 40*time.Millisecond {
		t.Errorf("afterwards: %v", last)
	}
	if got := p.pause(1, time.Minute); got != longest {
		t.Errorf("after a minute: %v", got)
	}
	if got := (&pacer{share: 1}).pause(100, time.Second); got != 0 {
		t.Errorf("with all of the time: %v", got)
	}
}
