package department_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/vetgraph/vetgraph/internal/catalog"
	"github.com/vetgraph/vetgraph/internal/citizen"
	"github.com/vetgraph/vetgraph/internal/department"
	"github.com/vetgraph/vetgraph/internal/port"
	"github.com/vetgraph/vetgraph/internal/workday"
)

// connected starts a fleet and a hub that hears its callbacks.
func connected(tb testing.TB, c department.Config) (*department.Fleet, *port.Registry, *hub) {
	tb.Helper()
	h := newHub(tb)
	if c.WorkdayTakes == 0 {
		c.WorkdayTakes = time.Millisecond
	}
	if c.Catalog == nil {
		c.Catalog = patient(tb, 10*time.Second)
	}
	f := start(tb, c)
	now := c.Now
	if now == nil {
		now = time.Now
	}
	h.registry = registryAt(tb, c.Catalog, f.Endpoints(), now)
	return f, h.registry, h
}

func send(tb testing.TB, r *port.Registry, d port.Delivery) port.Receipt {
	tb.Helper()
	for _, m := range patient(tb, time.Second).Matters {
		if m.Code == d.Matter {
			receipt, err := r.Get(m.Lead).Deliver(tb.Context(), d)
			if err != nil {
				tb.Fatal(err)
			}
			return receipt
		}
	}
	tb.Fatalf("no matter %s", d.Matter)
	return port.Receipt{}
}

func TestEveryMatterIsDecidedOnceAndToldByCallback(t *testing.T) {
	f, r, h := connected(t, department.Config{})
	c := patient(t, time.Second)
	for _, m := range c.Matters {
		receipt := send(t, r, delivery(c, m.Code, "item-"+m.Code, h.address(m.Lead)))
		if !strings.HasPrefix(receipt.Number, m.Lead) {
			t.Errorf("%s: receipt %q", m.Code, receipt.Number)
		}
	}
	got := h.await(t, 2*len(c.Matters))
	acts, err := f.Acts(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	numbers := map[string]bool{}
	for _, m := range c.Matters {
		id := "item-" + m.Code
		i := slices.IndexFunc(got, func(a port.Answer) bool { return a.ItemID == id && a.State == port.Approved })
		if i < 0 {
			t.Errorf("%s: no approval among the callbacks", m.Code)
			continue
		}
		if a := got[i]; a.Number == "" || numbers[a.Number] || a.Sequence != 3 || a.DecidedOn.IsZero() || len(a.Outputs) != len(m.Result.Outputs) {
			t.Errorf("%s: told %+v, want outputs %v", m.Code, a, m.Result.Outputs)
		}
		numbers[got[i].Number] = true
		if acts[id] != 1 {
			t.Errorf("%s: the act was done %d times", m.Code, acts[id])
		}
		now, err := r.Get(m.Lead).Status(t.Context(), []string{id})
		if err != nil || fmt.Sprint(now[0]) != fmt.Sprint(got[i]) {
			t.Errorf("%s: asked %+v, told %+v, error %v", m.Code, now, got[i], err)
		}
	}
}

func TestResultsReachTheRegister(t *testing.T) {
	f, r, h := connected(t, department.Config{})
	c := patient(t, time.Second)
	born := workday.Date(1996, time.March, 5)
	person := citizen.Make("230102", born, 11)
	if err := f.Enrol(t.Context(), "PS", []department.Person{{CitizenNumber: person, Facts: catalog.Facts{"name": "王", "idValidTo": nil, "hasLocalHukou": false}}}); err != nil {
		t.Fatal(err)
	}
	hukou := delivery(c, "M04", "hukou", h.address("PS"))
	hukou.Applicant = person
	hukou.Answers["targetDivision"], hukou.Answers["targetAddress"] = "230102000000", "幸福路1号"
	card := delivery(c, "M05", "card", h.address("PS"))
	card.Applicant = person
	send(t, r, hukou)
	send(t, r, card)
	h.await(t, 4)
	q := port.Question{Ref: "p", CitizenNumber: person}
	for _, p := range c.Ports {
		if p.Department == "PS" && p.Operation == "LOOKUP" {
			q.Lookups = append(q.Lookups, p.ID)
		}
	}
	records, err := r.Get("PS").Lookup(t.Context(), []port.Question{q})
	if err != nil {
		t.Fatal(err)
	}
	facts := records[0].Facts
	if want := "黑龙江省哈尔滨市道里区幸福路1号"; facts["hukouAddress"] != want || facts["hasLocalHukou"] != true {
		t.Errorf("hukouAddress %v, hasLocalHukou %v", facts["hukouAddress"], facts["hasLocalHukou"])
	}
	today := workday.FromTime(time.Now())
	want := today.Time().AddDate(20, 0, 0).Format(time.DateOnly) // thirty or so: twenty years
	if today.Year() < 2042 && facts["idValidTo"] != want {
		t.Errorf("idValidTo %v, want %v", facts["idValidTo"], want)
	}
	if facts["name"] != "王" {
		t.Errorf("the name became %v", facts["name"])
	}
}

func TestIdentityCardsHoldByAge(t *testing.T) {
	// Just after midnight in Beijing, when it is still the day before in UTC.
	start := time.Now()
	night := time.Date(2026, time.June, 1, 0, 5, 0, 0, time.FixedZone("CST", 8*60*60))
	today := workday.FromTime(night).Time()
	_, r, h := connected(t, department.Config{Now: func() time.Time { return night.Add(time.Since(start)) }})
	c := patient(t, time.Second)
	cases := []struct {
		name string
		born time.Time
		want string
	}{
		{"the day before sixteen", today.AddDate(-16, 0, 1), today.AddDate(5, 0, 0).Format(time.DateOnly)},
		{"sixteen today", today.AddDate(-16, 0, 0), today.AddDate(10, 0, 0).Format(time.DateOnly)},
		{"twenty-six today", today.AddDate(-26, 0, 0), today.AddDate(20, 0, 0).Format(time.DateOnly)},
		{"the day before forty-six", today.AddDate(-46, 0, 1), today.AddDate(20, 0, 0).Format(time.DateOnly)},
		{"forty-six today", today.AddDate(-46, 0, 0), port.LongTerm},
	}
	for i, c2 := range cases {
		d := delivery(c, "M05", fmt.Sprint("card-", i), h.address("PS"))
		delete(d.Answers, "idValidTo")
		d.Applicant = citizen.Make("230102", workday.FromTime(c2.born), 11)
		send(t, r, d)
	}
	for _, a := range h.await(t, 2*len(cases)) {
		if a.State != port.Approved {
			continue
		}
		var i int
		_, _ = fmt.Sscanf(a.ItemID, "card-%d", &i)
		if a.Outputs["idValidTo"] != cases[i].want {
			t.Errorf("%s: %v, want %s", cases[i].name, a.Outputs["idValidTo"], cases[i].want)
		}
	}
}

func TestEndings(t *testing.T) {
	c := patient(t, time.Second)
	t.Run("as the hook says", func(t *testing.T) {
		_, r, h := connected(t, department.Config{Decide: func(i department.Item) port.State {
			if i.Department == "MIL" && i.Case == "case-of-a" && i.Matter == "M11" {
				return port.Rejected
			}
			return ""
		}})
		send(t, r, delivery(c, "M11", "a", h.address("MIL")))
		if a := last(h.await(t, 2)); a.State != port.Rejected || a.Words == "" || a.Number != "" {
			t.Errorf("ended as %+v", a)
		}
	})
	t.Run("as forced before it arrives, and returned only once", func(t *testing.T) {
		f, r, h := connected(t, department.Config{})
		f.Force("a", port.Returned)
		d := delivery(c, "M11", "a", h.address("MIL"))
		send(t, r, d)
		if a := last(h.await(t, 2)); a.State != port.Returned || a.Words == "" {
			t.Fatalf("ended as %+v", a)
		}
		d.Round, d.Answers["name"] = 1, "更正"
		send(t, r, d)
		if a := last(h.await(t, 4)); a.State != port.Approved || a.Sequence != 6 {
			t.Errorf("the second time it ended as %+v", a)
		}
	})
	t.Run("by the rates, the same in every life", func(t *testing.T) {
		ends := func() map[string]port.State {
			_, r, h := connected(t, department.Config{Seed: 7, Rates: department.Rates{Reject: 0.3, Return: 0.3}})
			for i := range 30 {
				send(t, r, delivery(c, "M11", fmt.Sprint("item-", i), h.address("MIL")))
			}
			all := map[string]port.State{}
			for _, a := range h.await(t, 60) {
				if a.State != port.InProgress {
					all[a.ItemID] = a.State
				}
			}
			return all
		}
		first, second := ends(), ends()
		count := map[port.State]int{}
		for id, s := range first {
			count[s]++
			if second[id] != s {
				t.Errorf("%s ended as %s, then as %s", id, s, second[id])
			}
		}
		if len(count) != 3 {
			t.Errorf("ends %v, want some of each", count)
		}
	})
	t.Run("not as nonsense", func(t *testing.T) {
		f, r, _ := connected(t, department.Config{WorkdayTakes: time.Hour})
		send(t, r, delivery(c, "M11", "a", ""))
		if err := f.DecideNow(t.Context(), "a", port.Received); err == nil {
			t.Error("decided as RECEIVED")
		}
		if err := f.DecideNow(t.Context(), "nobody", port.Approved); err == nil {
			t.Error("an item of nobody was decided")
		}
	})
}

func last(all []port.Answer) port.Answer { return all[len(all)-1] }

func TestRestart(t *testing.T) {
	c, dir := patient(t, 2*time.Second), t.TempDir()
	h := newHub(t)
	slow := department.Config{Catalog: c, Dir: dir, WorkdayTakes: time.Hour}
	f := start(t, slow)
	h.registry = registry(t, c, f.Endpoints())
	before := f.Endpoints()
	pending := delivery(c, "M04", "pending", h.address("PS"))
	receipt := send(t, h.registry, pending)
	send(t, h.registry, delivery(c, "M05", "decided", h.address("PS")))
	must(t, f.Enrol(t.Context(), "PS", []department.Person{{CitizenNumber: veteran(1), Facts: catalog.Facts{"name": "王"}}}))
	must(t, f.SetFault("PS", department.Fault{NoCallbacks: true}))
	must(t, f.DecideNow(t.Context(), "decided", port.Approved))
	must(t, f.Close())
	must(t, f.Close()) // closing twice is no mistake

	again := start(t, slow)
	for code, e := range again.Endpoints() {
		if e != before[code] {
			t.Errorf("%s is now at %v, was at %v", code, e, before[code])
		}
	}
	if got := h.await(t, 1); got[0].ItemID != "decided" || got[0].State != port.Approved {
		t.Errorf("heard %v after the restart", got)
	}
	if r := send(t, h.registry, pending); r != receipt {
		t.Errorf("receipt %v, before %v", r, receipt)
	}
	if n, err := again.Enrolled(t.Context(), "PS"); err != nil || n != 1 {
		t.Errorf("%d persons, error %v", n, err)
	}
	must(t, again.DecideNow(t.Context(), "pending", port.Approved))
	h.await(t, 2)
	must(t, again.Close())
	acts, err := department.ActsIn(t.Context(), c, dir)
	if err != nil || acts["pending"] != 1 || acts["decided"] != 1 {
		t.Errorf("acts %v, error %v", acts, err)
	}
}

func TestAnAddressThatIsTaken(t *testing.T) {
	c, dir := patient(t, 2*time.Second), t.TempDir()
	f := start(t, department.Config{Catalog: c, Dir: dir})
	taken := f.Endpoints()["PS"].URL
	must(t, f.Close())
	squatter := &http.Server{Addr: strings.TrimSuffix(strings.TrimPrefix(taken, "http://"), "/v1"), ReadHeaderTimeout: time.Second}
	go func() { _ = squatter.ListenAndServe() }()
	defer func() { _ = squatter.Close() }()
	for {
		res, err := http.Get(taken)
		if err == nil {
			_ = res.Body.Close()
			break
		}
	}
	if now := start(t, department.Config{Catalog: c, Dir: dir}).Endpoints()["PS"].URL; now == taken {
		t.Error("two servers have one address")
	}
}

func TestManyAtOnce(t *testing.T) {
	f, r, h := connected(t, department.Config{})
	c := patient(t, time.Second)
	const items, times = 60, 3
	var all sync.WaitGroup
	for i := range items {
		m := c.Matters[i%len(c.Matters)]
		for range times {
			all.Go(func() {
				if _, err := r.Get(m.Lead).Deliver(t.Context(), delivery(c, m.Code, fmt.Sprint("item-", i), h.address(m.Lead))); err != nil {
					t.Errorf("deliver: %v", err)
				}
			})
		}
	}
	all.Wait()
	h.await(t, 2*items)
	settled(t, f)
	acts, err := f.Acts(t.Context())
	if err != nil || len(acts) != items {
		t.Errorf("%d acts for %d items, error %v", len(acts), items, err)
	}
	for id, n := range acts {
		if n != 1 {
			t.Errorf("%s was approved %d times", id, n)
		}
	}
}

func TestWithoutTheTokenNobodyIsAnswered(t *testing.T) {
	f := start(t, department.Config{})
	for code, e := range f.Endpoints() {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, e.URL+"/lookup", strings.NewReader(`{"questions":[]}`))
		must(t, err)
		req.Header.Set("Authorization", "Bearer ")
		res, err := http.DefaultClient.Do(req)
		must(t, err)
		_ = res.Body.Close()
		if res.StatusCode != http.StatusUnauthorized {
			t.Errorf("%s answers %s", code, res.Status)
		}
	}
	if n := len(f.Endpoints()); n != 6 || len(f.Departments()) != n {
		t.Errorf("%d departments", n)
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
