package server_test

import (
	"bufio"
	"context"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/vetgraph/vetgraph/ent/gen"
	"github.com/vetgraph/vetgraph/ent/gen/intercept"
	"github.com/vetgraph/vetgraph/internal/store/storetest"
)

// A case that ends while a follower is between the journal and the case is told
// whole: the last message is the end, so nothing may come after it.
func TestProgressTellsTheEndWhole(t *testing.T) {
	k := open(t, storetest.SQLite(t), noon)
	id := k.submit("veteran0", 0, "the-end-whole-01")
	var journal, ended atomic.Bool
	k.hub.Store.Read.Intercept(intercept.TraverseFunc(func(_ context.Context, q intercept.Query) error {
		switch q.Type() {
		case gen.TypeEvent:
			journal.Store(true)
		case gen.TypeCaseFile:
			if journal.Load() && ended.CompareAndSwap(false, true) {
				k.get("veteran0", `mutation($id: ID!) { withdrawCase(input: {caseId: $id}) { case { state } } }`, map[string]any{"id": id}, &struct{}{})
			}
		}
		return nil
	}))
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, k.public+"/graphql",
		strings.NewReader(`{"query":"subscription { caseProgress(id: \"`+id+`\") { over entries { id } case { state } } }"}`))
	if err != nil {
		t.Fatal(err)
	}
	for name, value := range map[string]string{"Content-Type": "application/json", "Accept": "text/event-stream", "Authorization": "Bearer " + k.token("veteran0")} {
		r.Header.Set(name, value)
	}
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	told, over := map[string]bool{}, false
	for lines := bufio.NewScanner(res.Body); lines.Scan(); {
		data, _ := strings.CutPrefix(lines.Text(), "data:")
		over = over || strings.Contains(data, `"over":true`)
		for _, part := range strings.Split(data, `"id":"`)[1:] {
			entry, _, _ := strings.Cut(part, `"`)
			told[entry] = true
		}
	}
	var now struct {
		Case struct{ Timeline []struct{ ID, Kind string } }
	}
	k.get("veteran0", `query($id: ID!) { case(id: $id) { timeline { id kind } } }`, map[string]any{"id": id}, &now)
	if !over || !ended.Load() {
		t.Fatalf("over %v, ended %v", over, ended.Load())
	}
	for _, e := range now.Case.Timeline {
		if !told[e.ID] {
			t.Errorf("%s %s was not told", e.ID, e.Kind)
		}
	}
}
