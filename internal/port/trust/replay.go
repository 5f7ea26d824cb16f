package trust

import (
	"sync"
	"time"
)

// window is how far what a request says of its time may be from ours, before or after.
const window = 5 * time.Minute

func inWindow(at, now time.Time) bool {
	age := now.Sub(at)
	return age <= window && age >= -window
}

// once remembers what may come only once. It forgets after at least two windows: so
// long can something be good that was made a window ahead of our clock. What it holds
// is bounded by what good callers send within four windows, for only what is otherwise
// good is remembered. Each process remembers for itself.
type once struct {
	mu    sync.Mutex
	since time.Time
	young map[string]bool
	old   map[string]bool
}

// first says whether this has not been seen, and remembers it.
func (o *once) first(what string, now time.Time) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	switch age := now.Sub(o.since); {
	case o.young == nil || age >= 4*window:
		o.young, o.old, o.since = map[string]bool{}, nil, now
	case age >= 2*window:
		o.young, o.old, o.since = map[string]bool{}, o.young, now
	}
	if o.young[what] || o.old[what] {
		return false
	}
	o.young[what] = true
	return true
}
