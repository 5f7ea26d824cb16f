package department_test

import (
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/vetgraph/vetgraph/internal/catalog"
	"github.com/vetgraph/vetgraph/internal/department"
	"github.com/vetgraph/vetgraph/internal/fault"
	"github.com/vetgraph/vetgraph/internal/port"
)

// adopted is an item of the police as the hub's record might have it.
func adopted(id string, state port.State, h *hub) department.AdoptedItem {
	it := department.AdoptedItem{
		ID: id, CaseNumber: "case-of-" + id, Matter: "M04", Applicant: veteran(7), State: state, ReceiptNumber: "PS20260901500001",
		ReceivedAt: time.Date(2026, time.September, 1, 1, 0, 0, 0, time.UTC), Callback: h.address("PS"), Sequence: 5,
	}
	switch state {
	case port.Approved:
		it.ResultNumber, it.Words, it.DecidedAt = "000000007", "已办结。", it.ReceivedAt.Add(time.Hour)
		it.Outputs = catalog.Facts{"hukouAddress": "幸福路1号"}
	case port.Returned:
		it.Round, it.Words, it.DecidedAt = 1, "请补正。", it.ReceivedAt.Add(time.Hour)
		it.Faults = []port.Defect{{Field: "targetAddress", Words: "门牌号有误。"}, {Material: "MAT06", Words: "不清晰。"}}
	}
	return it
}

func TestAdoptedItemsStandWhereTheHubSaysTheyDo(t *testing.T) {
	f, r, h := connected(t, department.Config{WorkdayTakes: time.Hour})
	states := []port.State{port.Received, port.InProgress, port.Returned, port.Approved, port.Rejected, port.Withdrawn}
	var items []department.AdoptedItem
	var ids []string
	for _, s := range states {
		items, ids = append(items, adopted(string(s), s, h)), append(ids, string(s))
	}
	ask := func() []port.Answer {
		all, err := r.Get("PS").Status(t.Context(), ids)
		must(t, err)
		return all
	}
	must(t, f.Adopt(t.Context(), items))
	before := ask()
	for i, a := range before {
		if a.State != states[i] || a.Sequence != 5 || a.Words != items[i].Words || a.Number != items[i].ResultNumber || !a.DueAt.IsZero() ||
			!reflect.DeepEqual(a.Faults, items[i].Faults) || (a.State.Decided() || a.State == port.Returned) == a.DecidedOn.IsZero() {
			t.Errorf("%s stands as %+v", ids[i], a)
		}
	}
	if got := before[3].Outputs; !reflect.DeepEqual(got, items[3].Outputs) {
		t.Errorf("outputs %v", got)
	}
	items[0].State, items[0].Sequence, items[1].State = port.Rejected, 9, port.Withdrawn
	must(t, f.Adopt(t.Context(), items)) // as at the next start: nothing changes
	if after := ask(); !reflect.DeepEqual(after, before) {
		t.Errorf("adopted again, they stand as %+v, before %+v", after, before)
	}
	acts, err := f.Acts(t.Context())
	if want := map[string]int{"APPROVED": 1}; err != nil || !reflect.DeepEqual(acts, want) {
		t.Errorf("acts %v, error %v", acts, err)
	}
	settled(t, f)
	if len(h.got) != 0 {
		t.Errorf("the hub was told what it knows: %v", h.got)
	}
}

func TestAdoptedItemsLiveOn(t *testing.T) {
	c := patient(t, 10*time.Second)
	t.Run("the clerk decides when told, and never when not", func(t *testing.T) {
		f, r, h := connected(t, department.Config{Catalog: c})
		soon, looked, never := adopted("soon", port.Received, h), adopted("looked", port.InProgress, h), adopted("never", port.Received, h)
		soon.DecideAfter, looked.DecideAfter = 20*time.Millisecond, 30*time.Millisecond
		must(t, f.Adopt(t.Context(), []department.AdoptedItem{soon, looked, never}))
		ends := map[string]port.Answer{}
		for _, a := range h.await(t, 3) {
			ends[a.ItemID] = a
		}
		if s, l := ends["soon"], ends["looked"]; s.State != port.Approved || s.Sequence != 7 || l.State != port.Approved || l.Sequence != 6 || s.Number == l.Number {
			t.Errorf("ended as %+v", ends)
		}
		a, err := r.Get("PS").Status(t.Context(), []string{"never"})
		if must(t, err); a[0].State != port.Received {
			t.Errorf("left alone, it became %s", a[0].State)
		}
		must(t, f.DecideNow(t.Context(), "never", port.Rejected))
		if a := last(h.await(t, 4)); a.State != port.Rejected || a.Sequence != 6 {
			t.Errorf("told %+v", a)
		}
	})
	t.Run("a delivery of the round that it stands at is recognised, once", func(t *testing.T) {
		f, r, h := connected(t, department.Config{Catalog: c, WorkdayTakes: time.Hour})
		it := adopted("a", port.InProgress, h)
		must(t, f.Adopt(t.Context(), []department.AdoptedItem{it}))
		d := delivery(c, "M04", "a", h.address("PS"))
		stranger := d
		stranger.Applicant = veteran(8)
		_, err := r.Get("PS").Deliver(t.Context(), stranger)
		if fault.Of(err).Reason != "ITEM_DELIVERED_OTHERWISE" {
			t.Errorf("of another person: error %v", err)
		}
		first := send(t, r, d)
		if first.Number != it.ReceiptNumber || !first.ReceivedAt.Equal(it.ReceivedAt) || !first.DueAt.IsZero() {
			t.Errorf("receipt %+v", first)
		}
		if again := send(t, r, d); again != first {
			t.Errorf("receipt %+v, before %+v", again, first)
		}
		d.Answers["name"] = "另一个名字"
		if _, err := r.Get("PS").Deliver(t.Context(), d); fault.Of(err).Reason != "ITEM_DELIVERED_OTHERWISE" {
			t.Errorf("with another content: error %v", err)
		}
		must(t, f.DecideNow(t.Context(), "a", port.Returned)) // what came with it is known now
		if a := h.await(t, 1)[0]; len(a.Faults) == 0 || a.Sequence != 6 {
			t.Errorf("returned as %+v", a)
		}
	})
	t.Run("a returned one takes the next round and is decided", func(t *testing.T) {
		f, r, h := connected(t, department.Config{Catalog: c})
		must(t, f.Adopt(t.Context(), []department.AdoptedItem{adopted("a", port.Returned, h)}))
		d := delivery(c, "M04", "a", h.address("PS"))
		d.Round = 2
		if got := send(t, r, d); got.Number == "PS20260901500001" {
			t.Errorf("receipt %+v", got)
		}
		if a := last(h.await(t, 2)); a.State != port.Approved || a.Sequence != 8 || len(a.Faults) != 0 {
			t.Errorf("told %+v", a)
		}
	})
	t.Run("withdrawn unless decided", func(t *testing.T) {
		f, r, h := connected(t, department.Config{Catalog: c})
		for i, s := range []port.State{port.Received, port.InProgress, port.Returned} {
			id := fmt.Sprint("open-", i)
			must(t, f.Adopt(t.Context(), []department.AdoptedItem{adopted(id, s, h)}))
			if a, err := r.Get("PS").Withdraw(t.Context(), id); err != nil || a.State != port.Withdrawn || a.Sequence != 6 {
				t.Errorf("%s: %+v, error %v", s, a, err)
			}
		}
		must(t, f.Adopt(t.Context(), []department.AdoptedItem{adopted("done", port.Approved, h)}))
		if a, err := r.Get("PS").Withdraw(t.Context(), "done"); fault.Of(err).Reason != "ITEM_DECIDED" || a.Number != "000000007" {
			t.Errorf("%+v, error %v", a, err)
		}
	})
	t.Run("over a restart", func(t *testing.T) {
		dir := t.TempDir()
		f, _, h := connected(t, department.Config{Catalog: c, Dir: dir, WorkdayTakes: time.Hour})
		it := adopted("a", port.Received, h)
		it.DecideAfter, it.Sequence = 20*time.Millisecond, 0
		must(t, f.Adopt(t.Context(), []department.AdoptedItem{it}))
		must(t, f.Close())
		again := start(t, department.Config{Catalog: c, Dir: dir, WorkdayTakes: time.Hour})
		must(t, again.Adopt(t.Context(), []department.AdoptedItem{it}))
		if a := last(h.await(t, 2)); a.State != port.Approved || a.Sequence != 3 {
			t.Errorf("told %+v", a)
		}
	})
}

func TestAdoptReportsEveryMistake(t *testing.T) {
	f, r, h := connected(t, department.Config{WorkdayTakes: time.Hour})
	wrong := map[string]func(*department.AdoptedItem){
		"no department that is played":     func(it *department.AdoptedItem) { it.Matter = "M99" },
		"item: not an identifier":          func(it *department.AdoptedItem) { it.ID = "../a" },
		"state: not one of the list":       func(it *department.AdoptedItem) { it.State = "SUSPENDED" },
		"receipt number: missing":          func(it *department.AdoptedItem) { it.ReceiptNumber = "" },
		"APPLICANT":                        func(it *department.AdoptedItem) { it.Applicant = "23010219990305001X1" },
		"CALLBACK":                         func(it *department.AdoptedItem) { it.Callback = "file:///etc/hosts" },
		"negative":                         func(it *department.AdoptedItem) { it.DecideAfter = -time.Second },
		"an approval without a number":     func(it *department.AdoptedItem) { it.State = port.Approved },
		"not exactly one of field":         func(it *department.AdoptedItem) { it.Faults = []port.Defect{{Words: "x"}} },
		"a field that the matter does not": func(it *department.AdoptedItem) { it.Faults = []port.Defect{{Field: "bankAccount", Words: "x"}} },
	}
	items := []department.AdoptedItem{adopted("good", port.Received, h)}
	for range wrong {
		items = append(items, adopted(fmt.Sprint("item-", len(items)), port.Received, h))
	}
	i := 0
	for _, spoil := range wrong {
		i++
		spoil(&items[i])
	}
	err := f.Adopt(t.Context(), items)
	if err == nil {
		t.Fatal("no error")
	}
	for want := range wrong {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("the error does not say %q: %v", want, err)
		}
	}
	if strings.Contains(err.Error(), "2301021999") {
		t.Error("the error holds a citizen number")
	}
	if a, err := r.Get("PS").Status(t.Context(), []string{"good"}); err != nil || a[0].State != "" {
		t.Errorf("something was adopted all the same: %+v, error %v", a, err)
	}
}
