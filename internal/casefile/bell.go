package casefile

import "sync"

// Bell wakes those who follow a case when something was committed about it. It
// is a hint only: a listener reads the journal itself, and looks from time to
// time even if nobody rings, for another replica may have written.
type Bell struct {
	mu   sync.Mutex
	ears map[string]map[chan struct{}]struct{}
}

// Listen returns a channel that gets a value after each change of a case, and a
// function that ends it. Changes that come while the last is unread are one.
func (b *Bell) Listen(caseID string) (<-chan struct{}, func()) {
	ear := make(chan struct{}, 1)
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.ears == nil {
		b.ears = map[string]map[chan struct{}]struct{}{}
	}
	if b.ears[caseID] == nil {
		b.ears[caseID] = map[chan struct{}]struct{}{}
	}
	b.ears[caseID][ear] = struct{}{}
	return ear, func() {
		b.mu.Lock()
		defer b.mu.Unlock()
		delete(b.ears[caseID], ear)
		if len(b.ears[caseID]) == 0 {
			delete(b.ears, caseID)
		}
	}
}

// Ring tells the listeners of a case that it has changed.
func (b *Bell) Ring(caseID string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for ear := range b.ears[caseID] {
		select {
		case ear <- struct{}{}:
		default: // already rung
		}
	}
}
