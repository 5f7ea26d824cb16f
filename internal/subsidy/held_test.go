package subsidy_test

import (
	"strings"
	"testing"

	"github.com/vetgraph/vetgraph/internal/port"
	"github.com/vetgraph/vetgraph/internal/store"
	"github.com/vetgraph/vetgraph/internal/store/storetest"
)

// An operator pauses or drains the port to the finance department: rolls wait where
// they are, nothing reaches it, and they go when the port is free. What may have
// arrived before goes on while the port is drained.
func TestHeldPort(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		r := newRig(t, s)
		gate := r.ports.Gate("fin.economic-subsidy.push")
		item := r.grant(0, 2, "CONSCRIPT", right, places[0])
		must(t, r.desk.Approve(r.machine(), item))
		for _, h := range []port.Hold{{Reason: "年结", Since: noon, By: "op"}, {Reason: "年结", Since: noon, By: "op", Drain: true}} {
			gate.Hold(h)
			if err := r.push(r.machine()); err == nil || !strings.Contains(err.Error(), "an operator keeps it back") {
				t.Errorf("%+v: %v", h, err)
			}
			if books, err := r.payers.Books(t.Context()); err != nil || len(books) != 0 {
				t.Errorf("%+v: finance has %v, %v", h, books, err)
			}
		}
		rolls, err := s.Read.PaymentRoll.Query().All(r.machine())
		must(t, err)
		must(t, r.desk.Push(r.machine(), rolls[0].ID, true)) // it may be there already
		gate.Release()
		r.until(item, "PAID")
		if h := gate.Health(); h.State != "OPEN" || h.Calls == 0 {
			t.Errorf("the port's health: %+v", h)
		}
		r.balanced()
	})
}
