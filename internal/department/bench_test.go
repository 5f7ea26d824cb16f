package department_test

import (
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"github.com/vetgraph/vetgraph/internal/catalog"
	"github.com/vetgraph/vetgraph/internal/department"
	"github.com/vetgraph/vetgraph/internal/port"
)

// BenchmarkDeliver is one item after the other, each on disk before its receipt.
func BenchmarkDeliver(b *testing.B) {
	c := patient(b, 10*time.Second)
	d := registry(b, c, start(b, department.Config{WorkdayTakes: time.Hour}).Endpoints()).Get("PS")
	item := delivery(c, "M04", "", "")
	for i := 0; b.Loop(); i++ {
		item.ItemID = fmt.Sprint("item-", i)
		if _, err := d.Deliver(b.Context(), item); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkDeliverSideBySide is sixteen at a time, which share commits.
func BenchmarkDeliverSideBySide(b *testing.B) {
	c := patient(b, 10*time.Second)
	d := registry(b, c, start(b, department.Config{WorkdayTakes: time.Hour}).Endpoints()).Get("PS")
	var n atomic.Int64
	b.ResetTimer()
	b.SetParallelism(8) // times the number of processors
	b.RunParallel(func(pb *testing.PB) {
		item := delivery(c, "M04", "", "")
		for pb.Next() {
			item.ItemID = fmt.Sprint("item-", n.Add(1))
			if _, err := d.Deliver(b.Context(), item); err != nil {
				b.Error(err)
			}
		}
	})
}

func enrolled(b *testing.B, persons int) (*department.Fleet, []department.Person, *catalog.Catalog) {
	b.Helper()
	c := patient(b, 10*time.Second)
	f := start(b, department.Config{Catalog: c})
	facts := catalog.Facts{}
	for _, p := range c.Ports {
		if p.Department == "VA" && p.Operation == "LOOKUP" {
			for id := range p.Answers {
				facts[id] = sample(c, id)
			}
		}
	}
	all := make([]department.Person, persons)
	for i := range all {
		all[i] = department.Person{CitizenNumber: veteran(i), Facts: facts}
	}
	if err := f.Enrol(b.Context(), "VA", all); err != nil {
		b.Fatal(err)
	}
	return f, all, c
}

// BenchmarkLookup100 asks for a hundred persons with all lookups in one call.
func BenchmarkLookup100(b *testing.B) {
	f, all, c := enrolled(b, 2000)
	d := registry(b, c, f.Endpoints()).Get("VA")
	var lookups []string
	for _, p := range c.Ports {
		if p.Department == "VA" && p.Operation == "LOOKUP" {
			lookups = append(lookups, p.ID)
		}
	}
	for i := 0; b.Loop(); i++ {
		questions := make([]port.Question, 100)
		for j := range questions {
			questions[j] = port.Question{Ref: fmt.Sprint(j), CitizenNumber: all[(i*100+j)%len(all)].CitizenNumber, Lookups: lookups}
		}
		if _, err := d.Lookup(b.Context(), questions); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkEnrol1000 fills a register, a thousand persons at a time.
func BenchmarkEnrol1000(b *testing.B) {
	f, all, _ := enrolled(b, 1000)
	for b.Loop() {
		if err := f.Enrol(b.Context(), "VA", all); err != nil {
			b.Fatal(err)
		}
	}
}
