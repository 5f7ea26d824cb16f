package catalog_test

import (
	"testing"
	"time"

	"github.com/vetgraph/vetgraph/internal/catalog"
)

func TestClosedUntil(t *testing.T) {
	zone := time.FixedZone("", 8*3600)
	at := func(day, hour, minute int) time.Time {
		return time.Date(2026, time.November, day, hour, minute, 0, 0, zone)
	} // the 23rd is a Monday
	nights := catalog.Connection{Maintenance: []catalog.Maintenance{{From: "22:00", To: "06:00"}}}
	sundays := catalog.Connection{Maintenance: []catalog.Maintenance{{Weekdays: []int{7}, From: "22:00", To: "06:00"}, {Weekdays: []int{1}, From: "12:00", To: "13:00"}}}
	for _, tt := range []struct {
		name  string
		c     catalog.Connection
		at    time.Time
		until time.Time
	}{
		{"in the evening", nights, at(23, 22, 0), at(24, 6, 0)},
		{"after midnight", nights, at(24, 5, 59), at(24, 6, 0)},
		{"when it ends", nights, at(24, 6, 0), time.Time{}},
		{"by day", nights, at(23, 12, 0), time.Time{}},
		{"Sunday night", sundays, at(22, 23, 0), at(23, 6, 0)},
		{"what began on Sunday", sundays, at(23, 1, 0), at(23, 6, 0)},
		{"Monday night", sundays, at(23, 23, 0), time.Time{}},
		{"Monday noon", sundays, at(23, 12, 30), at(23, 13, 0)},
		{"said in another zone", nights, at(23, 22, 30).UTC(), at(24, 6, 0)},
		{"never", catalog.Connection{}, at(23, 22, 0), time.Time{}},
	} {
		if got := tt.c.ClosedUntil(tt.at, zone); !got.Equal(tt.until) {
			t.Errorf("%s: %v, want %v", tt.name, got, tt.until)
		}
	}
	if d := (catalog.Connection{}).Fresh(); d != 24*time.Hour {
		t.Errorf("fresh for %v", d)
	}
	if d := (catalog.Connection{Freshness: "90m"}).Fresh(); d != 90*time.Minute {
		t.Errorf("fresh for %v", d)
	}
}
