package receipt_test

import (
	"fmt"
	"testing"

	"github.com/vetgraph/vetgraph/internal/receipt"
	"github.com/vetgraph/vetgraph/internal/store/storetest"
)

// What an answer waits for, by how many people it is about.
func BenchmarkAppend(b *testing.B) {
	for name, address := range map[string]func(testing.TB) string{"sqlite": storetest.SQLite, "postgres": storetest.PostgreSQL} {
		for _, people := range []int{1, 100} {
			b.Run(fmt.Sprintf("%s/%d", name, people), func(b *testing.B) {
				r := newRig(b, storetest.Open(b, address(b)))
				reads := make([]receipt.Read, people)
				for i := range reads {
					reads[i] = receipt.Read{VeteranID: fmt.Sprintf("01932b5c-0000-7000-8000-%012d", i), Fields: []string{"Discharge.category", "ServiceHistory.discharge", "ServiceHistory.settlement"}}
				}
				b.ReportAllocs()
				for b.Loop() {
					if err := r.Append(b.Context(), &clerk, reads); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
	}
}
