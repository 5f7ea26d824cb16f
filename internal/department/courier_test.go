package department_test

import (
	"testing"
	"time"

	"github.com/vetgraph/vetgraph/internal/department"
	"github.com/vetgraph/vetgraph/internal/port"
)

func TestCallbacksUnderFaults(t *testing.T) {
	c := patient(t, time.Second)
	t.Run("are repeated until the hub confirms", func(t *testing.T) {
		f, r, h := connected(t, department.Config{})
		h.refuse = 3
		send(t, r, delivery(c, "M11", "a", h.address("MIL")))
		if got := h.await(t, 2); got[0].State != port.InProgress || got[1].State != port.Approved {
			t.Errorf("heard %v", got)
		}
		settled(t, f)
	})
	t.Run("come twice", func(t *testing.T) {
		f, r, h := connected(t, department.Config{})
		must(t, f.SetFault("MIL", department.Fault{DuplicateCallbacks: true}))
		send(t, r, delivery(c, "M11", "a", h.address("MIL")))
		if got := h.await(t, 4); got[0].Sequence != got[1].Sequence || got[2].Sequence != got[3].Sequence {
			t.Errorf("heard %v", got)
		}
	})
	t.Run("come newest first", func(t *testing.T) {
		f, r, h := connected(t, department.Config{})
		must(t, f.SetFault("MIL", department.Fault{ShuffledCallbacks: true}))
		send(t, r, delivery(c, "M11", "a", h.address("MIL")))
		if got := h.await(t, 2); got[0].State != port.Approved || got[1].State != port.InProgress {
			t.Errorf("heard %v", got)
		}
	})
	t.Run("wait while there are none, and status tells", func(t *testing.T) {
		f, r, h := connected(t, department.Config{})
		must(t, f.SetFault("MIL", department.Fault{NoCallbacks: true}))
		send(t, r, delivery(c, "M11", "a", h.address("MIL")))
		must(t, f.DecideNow(t.Context(), "a", port.Approved))
		if a, err := r.Get("MIL").Status(t.Context(), []string{"a"}); err != nil || a[0].State != port.Approved {
			t.Errorf("asked %v, error %v", a, err)
		}
		h.mu.Lock()
		if len(h.got) != 0 {
			t.Errorf("heard %v", h.got)
		}
		h.mu.Unlock()
		must(t, f.SetFault("MIL", department.Fault{}))
		h.await(t, 1)
	})
	t.Run("of nobody cannot be set", func(t *testing.T) {
		f, _, _ := connected(t, department.Config{})
		if f.SetFault("XX", department.Fault{}) == nil || f.Enrol(t.Context(), "XX", nil) == nil {
			t.Error("no error")
		}
	})
}

// settled waits until every callback is confirmed in the books.
func settled(t *testing.T, f *department.Fleet) {
	t.Helper()
	for deadline := time.Now().Add(30 * time.Second); ; {
		unsent, err := f.Unsent(t.Context())
		must(t, err)
		open := 0
		for _, n := range unsent {
			open += n
		}
		if open == 0 {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("unsent callbacks: %v", unsent)
		}
		time.Sleep(time.Millisecond)
	}
}
