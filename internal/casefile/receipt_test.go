package casefile_test

import (
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/vetgraph/vetgraph/internal/department"
	"github.com/vetgraph/vetgraph/internal/store"
	"github.com/vetgraph/vetgraph/internal/store/storetest"
)

// A department keeps every item and its receipts are lost on the way back. It
// decides, the case ends, and the receipts are still asked for, by deliveries
// with the same content, though others have given results in the meantime.
func TestReceiptsAreFetchedLater(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		r := newRig(t, s, department.Config{})
		for _, p := range r.desk.Shelf.Current().Ports {
			if p.Operation == "SUBMIT" {
				must(t, r.fleet.SetFault(p.ID, department.Fault{LoseAnswer: true}))
			}
		}
		id := r.submit(r.submission("receipt-01"))
		rung, stop := r.desk.Bell.Listen(id)
		defer stop()
		_, items := r.wait(id)
		for _, p := range r.desk.Shelf.Current().Ports {
			if p.Operation == "SUBMIT" {
				must(t, r.fleet.SetFault(p.ID, department.Fault{}))
			}
		}
		missing := func() []string {
			items, err := r.desk.Items(r.as(hero), []string{id})
			must(t, err)
			var codes []string
			for _, it := range items[id] {
				if it.ReceiptNo == "" {
					codes = append(codes, it.Matter)
				}
			}
			return codes
		}
		for deadline := time.After(20 * time.Second); len(missing()) > 0; {
			select {
			case <-rung:
			case <-deadline:
				t.Fatalf("no receipt for %v", missing())
			}
		}
		r.actedOnce(items)
		if len(items) != 13 {
			t.Errorf("items %v", slices.Sorted(maps.Keys(items)))
		}
	})
}
