package department_test

import (
	"context"
	"database/sql"
	"fmt"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/vetgraph/vetgraph/internal/department"
	"github.com/vetgraph/vetgraph/internal/port"
)

func TestReturnsNameWhatTheApplicantCanMend(t *testing.T) {
	c := patient(t, 10*time.Second)
	_, r, h := connected(t, department.Config{Catalog: c, Rates: department.Rates{Return: 1}})
	const each = 5
	for _, m := range c.Matters {
		for i := range each {
			d := delivery(c, m.Code, fmt.Sprint(m.Code, "-", i), h.address(m.Lead))
			d.Materials = []string{"MAT01", "MAT10"}
			send(t, r, d)
		}
	}
	counts, papers, fields := map[int]int{}, 0, 0
	for _, a := range h.await(t, 2*each*len(c.Matters)) {
		if a.State != port.Returned {
			continue
		}
		counts[len(a.Faults)]++
		if !strings.HasPrefix(a.Words, "请一次性补正：一、") {
			t.Errorf("%s: words %q", a.ItemID, a.Words)
		}
		for _, d := range a.Faults {
			if d.Material != "" {
				papers++
				if name := c.Material(d.Material).Name.Zh; !strings.Contains(d.Words, name) {
					t.Errorf("%s: %q does not name the paper %s", a.ItemID, d.Words, name)
				}
				continue
			}
			fields++
			f := c.Field(d.Field)
			if f.Origin != "APPLICANT" || !strings.Contains(d.Words, f.Name.Zh) || !slices.Contains(c.Matter(a.Matter).Asks, d.Field) {
				t.Errorf("%s: %+v, a field of %s", a.ItemID, d, f.Origin)
			}
		}
	}
	if counts[1] == 0 || counts[2] == 0 || counts[3] == 0 || len(counts) != 3 || papers == 0 || fields == 0 {
		t.Errorf("defects in a return: %v, of them papers %d and fields %d", counts, papers, fields)
	}
}

func TestReturnsFollowFromTheSeed(t *testing.T) {
	c := patient(t, 10*time.Second)
	faults := func(seed uint64) map[string][]port.Defect {
		_, r, h := connected(t, department.Config{Catalog: c, Seed: seed, Rates: department.Rates{Return: 1}})
		const items = 10
		for i := range items {
			send(t, r, delivery(c, "M04", fmt.Sprint("item-", i), h.address("PS")))
		}
		all := map[string][]port.Defect{}
		for _, a := range h.await(t, 2*items) {
			if a.State == port.Returned {
				all[a.ItemID] = a.Faults
			}
		}
		return all
	}
	if first, second, other := faults(7), faults(7), faults(8); !reflect.DeepEqual(first, second) || reflect.DeepEqual(first, other) {
		t.Errorf("with one seed %v, then %v; with another %v", first, second, other)
	}
}

func TestACorrectionIsApprovedWhateverTheRates(t *testing.T) {
	c := patient(t, 10*time.Second)
	f, r, h := connected(t, department.Config{Catalog: c, Rates: department.Rates{Reject: 0.5, Return: 0.5}})
	const items = 20
	all := map[string]port.Delivery{}
	for i := range items {
		d := delivery(c, "M11", fmt.Sprint("item-", i), h.address("MIL"))
		all[d.ItemID] = d
		send(t, r, d)
	}
	heard, corrected := 2*items, 0
	for _, a := range h.await(t, heard) {
		if a.State == port.Returned {
			d := all[a.ItemID]
			d.Round, d.Answers["name"] = 1, "更正"
			send(t, r, d)
			corrected++
		}
	}
	for _, a := range h.await(t, heard+2*corrected)[heard:] {
		if a.State.Decided() && a.State != port.Approved {
			t.Errorf("%s was corrected and ended as %s", a.ItemID, a.State)
		}
	}
	acts, err := f.Acts(t.Context())
	must(t, err)
	if len(acts) != corrected || corrected == 0 || corrected == items {
		t.Errorf("%d acts for %d corrections of %d items", len(acts), corrected, items)
	}
}

func TestReturnNow(t *testing.T) {
	c := patient(t, 10*time.Second)
	f, r, h := connected(t, department.Config{Catalog: c, WorkdayTakes: time.Hour})
	d := delivery(c, "M04", "a", h.address("PS"))
	send(t, r, d)
	named := []port.Defect{{Field: "targetAddress", Words: "门牌号与房屋权属证明不一致。"}, {Material: "MAT06", Words: "缺少权属页。"}}
	must(t, f.ReturnNow(t.Context(), "a", named...))
	if a := h.await(t, 1)[0]; !reflect.DeepEqual(a.Faults, named) || a.Words != "请一次性补正：一、门牌号与房屋权属证明不一致；二、缺少权属页。" {
		t.Errorf("told %+v, %q", a.Faults, a.Words)
	}
	d.Round, d.Answers["targetAddress"] = 1, "幸福路2号"
	send(t, r, d)
	again := port.Defect{Field: "hostName", Words: "姓名有误。"} // a second return, against the law
	must(t, f.ReturnNow(t.Context(), "a", again))
	if a := h.await(t, 2)[1]; !reflect.DeepEqual(a.Faults, []port.Defect{again}) || a.State != port.Returned {
		t.Errorf("told %+v", a)
	}
	for name, err := range map[string]error{
		"without defects":              f.ReturnNow(t.Context(), "a"),
		"for a field that is not sent": f.ReturnNow(t.Context(), "a", port.Defect{Field: "bankAccount", Words: "x"}),
		"without words":                f.ReturnNow(t.Context(), "a", port.Defect{Material: "MAT01"}),
		"of nobody":                    f.ReturnNow(t.Context(), "nobody", named...),
	} {
		if err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

// TestBooksOfAnEarlierRelease opens books that lack the columns of today.
func TestBooksOfAnEarlierRelease(t *testing.T) {
	c, dir := patient(t, 10*time.Second), t.TempDir()
	f := start(t, department.Config{Catalog: c, Dir: dir, WorkdayTakes: time.Hour})
	send(t, registry(t, c, f.Endpoints()), delivery(c, "M11", "a", ""))
	must(t, f.Close())
	db, err := sql.Open("sqlite", filepath.Join(dir, "mil.db"))
	must(t, err)
	for _, column := range []string{"materials", "faults"} {
		_, err := db.ExecContext(context.WithoutCancel(t.Context()), "ALTER TABLE items DROP COLUMN "+column)
		must(t, err)
	}
	must(t, db.Close())
	for range 2 {
		f = start(t, department.Config{Catalog: c, Dir: dir, WorkdayTakes: time.Hour})
		must(t, f.DecideNow(t.Context(), "a", port.Returned))
		a, err := registry(t, c, f.Endpoints()).Get("MIL").Status(t.Context(), []string{"a"})
		must(t, err)
		if a[0].State != port.Returned || len(a[0].Faults) == 0 || a[0].Faults[0].Field == "" {
			t.Errorf("returned as %+v", a[0])
		}
		must(t, f.Close())
	}
}
