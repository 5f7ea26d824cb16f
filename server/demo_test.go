package server_test

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"runtime"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"github.com/vetgraph/vetgraph/ent/gen"
	gencase "github.com/vetgraph/vetgraph/ent/gen/casefile"
	"github.com/vetgraph/vetgraph/ent/gen/event"
	"github.com/vetgraph/vetgraph/ent/gen/item"
	"github.com/vetgraph/vetgraph/ent/gen/notification"
	"github.com/vetgraph/vetgraph/ent/gen/obligation"
	"github.com/vetgraph/vetgraph/ent/gen/task"
	"github.com/vetgraph/vetgraph/ent/gen/violation"
	"github.com/vetgraph/vetgraph/internal/access"
	"github.com/vetgraph/vetgraph/internal/casefile"
	"github.com/vetgraph/vetgraph/internal/lifecycle"
	"github.com/vetgraph/vetgraph/internal/store/storetest"
	"github.com/vetgraph/vetgraph/internal/workday"
	"github.com/vetgraph/vetgraph/server"
)

func demo(data string, veterans int) server.Config {
	return server.Config{Demo: true, Data: data, Listen: "127.0.0.1:0", Closing: 17, Workers: 4, Veterans: veterans, Seed: 1,
		WorkdayTakes: time.Second, Now: noon, Log: zerolog.Nop()}
}

// content is what a hub's record holds, in numbers.
func content(t *testing.T, h *server.Hub) map[string]int {
	t.Helper()
	ctx, c := access.AsMachine(t.Context(), "test"), h.Store.Read
	return map[string]int{
		"veterans": c.Veteran.Query().CountX(ctx), "divisions": c.Division.Query().CountX(ctx), "cases": c.CaseFile.Query().CountX(ctx),
		"items": c.Item.Query().CountX(ctx), "papers": c.Material.Query().CountX(ctx),
		"ranks": c.Rank.Query().CountX(ctx), "enrolments": c.Enrolment.Query().CountX(ctx), "ratings": c.Rating.Query().CountX(ctx),
		"corrections": c.Correction.Query().CountX(ctx), "pauses": c.Pause.Query().CountX(ctx), "pre-reviews": c.PreReview.Query().CountX(ctx),
		"mandates": c.Mandate.Query().CountX(ctx), "disputes": c.Dispute.Query().CountX(ctx), "appointments": c.Appointment.Query().CountX(ctx),
		// What the hub does since is not of the story: it goes on.
		"events": c.Event.Query().Where(event.AtLT(noon())).CountX(ctx), "notices": c.Notification.Query().Where(notification.CreatedAtLT(noon())).CountX(ctx),
		"tasks": c.Task.Query().Where(task.OpenedAtLT(noon())).CountX(ctx), "violations": c.Violation.Query().Where(violation.AtLT(noon())).CountX(ctx),
		"obligations": c.Obligation.Query().Where(obligation.OpenedAtLT(noon())).CountX(ctx),
	}
}

// A second start finds everything and adds nothing, also when it is told of
// other people.
func TestSecondStart(t *testing.T) {
	dir := t.TempDir()
	var before map[string]int
	for i, n := range []int{150, 150, 50} {
		h, err := server.Open(t.Context(), demo(dir, n), nil)
		if err != nil {
			t.Fatal(err)
		}
		now := content(t, h)
		if i > 0 && !reflect.DeepEqual(now, before) {
			t.Errorf("start %d: %v, before %v", i, now, before)
		}
		before = now
		if err := h.Close(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if before["veterans"] != 150 || before["divisions"] != 15_720 || before["cases"] < 20 {
		t.Errorf("%v", before)
	}
}

// A first start that was cut off anywhere is completed by the next, with the same
// people and cases, also on another day.
func TestFirstStartCutOff(t *testing.T) {
	whole, err := server.Open(t.Context(), demo(t.TempDir(), 120), nil)
	if err != nil {
		t.Fatal(err)
	}
	want := content(t, whole)
	if err := whole.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	for wait := 50 * time.Millisecond; ; wait *= 2 {
		ctx, cancel := context.WithTimeout(t.Context(), wait)
		c := demo(dir, 120)
		days := min(time.Duration(wait/(50*time.Millisecond)), 3) // before silence accepts what waits
		c.Now = func() time.Time { return noon().Add(days * 24 * time.Hour) }
		if _, err := os.Stat(filepath.Join(dir, "demo.json")); err != nil {
			c.Now = noon
		}
		h, err := server.Open(ctx, c, nil)
		cancel()
		if err != nil {
			continue
		}
		if got := content(t, h); !reflect.DeepEqual(got, want) {
			t.Errorf("%v, want %v", got, want)
		}
		if err := h.Close(t.Context()); err != nil {
			t.Fatal(err)
		}
		return
	}
}

// Example cases could have happened: every move is lawful and follows from the
// one before, no item waits for nothing, a case ends as its items did, dates are
// those of its plan, and nobody's numbers are told.
func TestExampleCases(t *testing.T) {
	t.Parallel()
	for _, database := range []func(testing.TB) string{storetest.SQLite, storetest.PostgreSQL} {
		t.Run("", func(t *testing.T) {
			c := demo(t.TempDir(), 700)
			c.Database = database(t)
			h, err := server.Open(t.Context(), c, nil)
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = h.Close(t.Context()) }()
			examples(t, h)
		})
	}
}

func examples(t *testing.T, h *server.Hub) {
	ctx := access.AsMachine(t.Context(), "test")
	arrived(t, h)
	seen, met := map[lifecycle.CaseState]int{}, map[lifecycle.ItemState]int{}
	late := 0
	told := map[string][]*gen.Event{}
	for _, e := range h.Store.Read.Event.Query().Order(event.ByID()).AllX(ctx) {
		told[e.CaseID] = append(told[e.CaseID], e)
		if e.Kind == "ITEM_"+e.ToState {
			met[lifecycle.ItemState(e.ToState)] = 0 // some were in it
		}
	}
	for _, c := range h.Store.Read.CaseFile.Query().WithItems().WithMaterials().Order(gencase.ByID()).AllX(ctx) {
		seen[c.State]++
		if err := lawful(c, told[c.ID]); err != nil {
			t.Errorf("case %s (%s): %v", c.Number, c.State, err)
		}
		if end, over := lifecycle.Outcome(states(c.Edges.Items)); over && end != c.State {
			t.Errorf("case %s is %s, its items say %s", c.Number, c.State, end)
		}
		if c.State.Ended() != (c.ClosedAt != nil) {
			t.Errorf("case %s is %s, closed %v", c.Number, c.State, c.ClosedAt)
		}
		if c.AcceptedOn != nil {
			clocks, err := h.Cases.Clocks(ctx, []string{c.ID})
			if err != nil {
				t.Fatal(err)
			}
			if due := clocks[c.ID].Case.Due.Day; *c.DueOn != due {
				t.Errorf("case %s is due %s, want %s", c.Number, c.DueOn, due)
			}
			for _, it := range c.Edges.Items {
				met[it.State]++
				if due := clocks[c.ID].Items[it.ID].Due.Day; it.DueOn != due {
					t.Errorf("item %s of case %s is due %s, want %s", it.Matter, c.Number, it.DueOn, due)
				}
			}
			if c.State == lifecycle.CaseCompleted && workday.FromTime(*c.ClosedAt) > *c.DueOn {
				late++
			}
		}
	}
	for _, want := range []lifecycle.CaseState{"DRAFT", "PRE_REVIEW", "RETURNED", "SUBMITTED", "NOT_ACCEPTED", "IN_PROGRESS", "COMPLETED", "PARTIALLY_COMPLETED", "REJECTED", "WITHDRAWN", "TERMINATED"} {
		if seen[want] == 0 {
			t.Errorf("no case is %s: %v", want, seen)
		}
	}
	for _, s := range lifecycle.ItemState("").Values() {
		moving := s == "READY" || s == "DISPATCHED" // for a moment only
		if n, known := met[lifecycle.ItemState(s)]; !known && s != "WAITING" || n == 0 && !moving {
			t.Errorf("no item is %s: %v", s, met)
		}
	}
	if late == 0 || late > seen["COMPLETED"]/3 {
		t.Errorf("%d of %d completed cases were late", late, seen["COMPLETED"])
	}
}

// arrived waits for what the queue carries, so that rows and journal can be read
// one after the other.
func arrived(t *testing.T, h *server.Hub) {
	ctx, cancel := context.WithTimeout(access.AsMachine(t.Context(), "test"), 20*time.Second)
	defer cancel()
	for h.Store.Read.Item.Query().Where(item.StateIn(lifecycle.ItemReady, lifecycle.ItemDispatched)).ExistX(ctx) {
		runtime.Gosched()
	}
}

func states(items []*gen.Item) []lifecycle.ItemState {
	out := make([]lifecycle.ItemState, len(items))
	for i, it := range items {
		out[i] = it.State
	}
	return out
}

// lawful walks a journal from the beginning.
func lawful(c *gen.CaseFile, entries []*gen.Event) error {
	at := lifecycle.CaseDraft
	items := map[string]lifecycle.ItemState{}
	var last time.Time
	for _, e := range entries {
		if e.At.Before(last) {
			return fmt.Errorf("%s is told before what came earlier", e.Kind)
		}
		last = e.At
		if e.Kind != "CASE_"+e.ToState && e.Kind != "ITEM_"+e.ToState { // no move
			continue
		}
		if e.ItemID == "" {
			if string(at) != e.FromState {
				return fmt.Errorf("%s from %s, but it was %s", e.Kind, e.FromState, at)
			}
			if err := lifecycle.MoveCase(at, lifecycle.CaseState(e.ToState), casefile.Actor(access.Kind(e.ActorKind), e.Actor)); err != nil {
				return err
			}
			at = lifecycle.CaseState(e.ToState)
			continue
		}
		if was, ok := items[e.ItemID]; ok && string(was) != e.FromState {
			return fmt.Errorf("item %s: %s from %s, but it was %s", e.Matter, e.Kind, e.FromState, was)
		}
		if err := lifecycle.MoveItem(lifecycle.ItemState(e.FromState), lifecycle.ItemState(e.ToState), casefile.Actor(access.Kind(e.ActorKind), e.Actor)); err != nil {
			return err
		}
		items[e.ItemID] = lifecycle.ItemState(e.ToState)
	}
	if at != c.State {
		return fmt.Errorf("the journal ends in %s", at)
	}
	for _, it := range c.Edges.Items {
		if told, ok := items[it.ID]; ok && told != it.State || !ok && it.State != lifecycle.ItemWaiting {
			return fmt.Errorf("item %s is %s, the journal says %s", it.Matter, it.State, told)
		}
		if it.State == lifecycle.ItemReady {
			return fmt.Errorf("item %s is ready and nobody carries it", it.Matter)
		}
		if it.State.Ended() != (it.DecidedAt != nil) {
			return fmt.Errorf("item %s is %s, decided %v", it.Matter, it.State, it.DecidedAt)
		}
	}
	return nil
}

// Two demonstrations in one folder would have every department twice.
func TestOneAtATime(t *testing.T) {
	dir := t.TempDir()
	h, err := server.Open(t.Context(), demo(dir, 20), nil)
	if err != nil {
		t.Fatal(err)
	}
	if second, err := server.Open(t.Context(), demo(dir, 20), nil); err == nil {
		_ = second.Close(t.Context())
		t.Error("a second hub was opened in the same folder")
	}
	if err := h.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	if h, err = server.Open(t.Context(), demo(dir, 20), nil); err != nil {
		t.Fatal(err)
	}
	_ = h.Close(t.Context())
}

// What cannot be read is refused, not overwritten.
func TestBrokenDiary(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "demo.json"), []byte("{"), 0o600); err != nil {
		t.Fatal(err)
	}
	if h, err := server.Open(t.Context(), demo(dir, 20), nil); err == nil {
		_ = h.Close(t.Context())
		t.Error("a broken demo.json was taken")
	}
	if body, err := os.ReadFile(filepath.Join(dir, "demo.json")); err != nil || json.Valid(body) {
		t.Errorf("it was overwritten: %s %v", body, err)
	}
}
