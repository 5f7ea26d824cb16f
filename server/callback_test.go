package server_test

import (
	"bytes"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/vetgraph/vetgraph/ent/gen/item"
	"github.com/vetgraph/vetgraph/internal/access"
	"github.com/vetgraph/vetgraph/internal/lifecycle"
	"github.com/vetgraph/vetgraph/internal/port"
	"github.com/vetgraph/vetgraph/internal/store/storetest"
)

// A callback is taken once; whatever else comes is refused once and for all, and
// never answered as if it were our fault.
func TestCallbacks(t *testing.T) {
	k := open(t, storetest.SQLite(t), noon)
	ctx := access.AsMachine(t.Context(), "test")
	k.submit("veteran0", 0, "callback-1")
	var it struct{ ID, Department string }
	eventually(t, func() bool { // the simulated department has given its receipt
		row, err := k.hub.Store.Read.Item.Query().Where(item.VeteranID(k.heroes[0]), item.StateEQ(lifecycle.ItemReceived)).First(ctx)
		if err == nil {
			it.ID, it.Department = row.ID, row.Department
		}
		return err == nil
	})
	secrets := k.hub.Fleet.Endpoints()
	h := k.hub.Handler()
	send := func(department string, body []byte, header string) int {
		r := httptest.NewRequest(http.MethodPost, "/callbacks/"+department, bytes.NewReader(body))
		r.Header.Set(port.SignatureHeader, header)
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		if w.Code != http.StatusNoContent && !json.Valid(w.Body.Bytes()) {
			t.Errorf("answered %d %s", w.Code, w.Body)
		}
		return w.Code
	}
	signed := func(department string, body []byte) int {
		return send(department, body, port.SignCallback([]byte(secrets[department].CallbackSecret), body, noon()))
	}
	message := func(change map[string]any) []byte {
		m := map[string]any{"item": it.ID, "matter": "M01", "state": "APPROVED", "number": "黑退报〔2026〕1号", "words": strings.Repeat("准", 900), "decidedAt": noon(), "sequence": 9}
		for k, v := range change {
			m[k] = v
		}
		body, err := json.Marshal(m)
		if err != nil {
			t.Fatal(err)
		}
		return body
	}
	good := message(nil)
	for name, c := range map[string]struct{ got, want int }{
		"no signature":             {send("VA", good, ""), 401},
		"a signature of nonsense":  {send("VA", good, "t=1,v1=zz"), 401},
		"signed by another":        {send("VA", good, port.SignCallback([]byte(secrets["PS"].CallbackSecret), good, noon())), 401},
		"signed long ago":          {send("VA", good, port.SignCallback([]byte(secrets["VA"].CallbackSecret), good, noon().Add(-time.Hour))), 401},
		"of another body":          {send("VA", good, port.SignCallback([]byte(secrets["VA"].CallbackSecret), []byte("{}"), noon())), 401},
		"no such department":       {signed("XX", good), 404},
		"a path for a department":  {send("VA%2f..%2fPS", good, ""), 404},
		"another department's":     {signed("PS", good), 404},
		"no such item":             {signed("VA", message(map[string]any{"item": "01a20950-0000-7000-8000-000000000000"})), 404},
		"an item that is SQL":      {signed("VA", message(map[string]any{"item": "' OR 1=1 --"})), 400},
		"not JSON":                 {signed("VA", []byte(`{"item":`)), 400},
		"nothing":                  {signed("VA", nil), 400},
		"a list":                   {signed("VA", []byte(`[]`)), 400},
		"not UTF-8":                {signed("VA", []byte("{\"item\":\"\xff\"}")), 400},
		"two messages":             {signed("VA", append(append([]byte{}, good...), good...)), 400},
		"a state that is none":     {signed("VA", message(map[string]any{"state": "MAYBE"})), 400},
		"a sequence that is none":  {signed("VA", message(map[string]any{"sequence": -1})), 400},
		"a decision without a day": {signed("VA", message(map[string]any{"decidedAt": nil})), 400},
		"words without end":        {signed("VA", message(map[string]any{"words": strings.Repeat("x", 100_000)})), 400},
		"deep":                     {signed("VA", []byte(strings.Repeat("[", 100_000))), 400},
		"too large":                {signed("VA", bytes.Repeat([]byte(" "), 300<<10)), 413},
	} {
		if c.got != c.want {
			t.Errorf("%s: %d, want %d", name, c.got, c.want)
		}
	}
	if state := k.hub.Store.Read.Item.GetX(ctx, it.ID).State; state != lifecycle.ItemReceived {
		t.Fatalf("something of that was taken: %s", state)
	}
	for range 2 { // and again, for the first answer may be lost
		if got := signed("VA", good); got != http.StatusNoContent {
			t.Errorf("a good callback: %d", got)
		}
	}
	if state := k.hub.Store.Read.Item.GetX(ctx, it.ID).State; state != lifecycle.ItemApproved {
		t.Errorf("the item is %s", state)
	}
	w := httptest.NewRecorder()
	if h.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/callbacks/VA", nil)); w.Code != http.StatusMethodNotAllowed && w.Code != http.StatusNotFound {
		t.Errorf("GET: %d", w.Code)
	}
}

// eventually waits for what happens on its own.
func eventually(t *testing.T, is func() bool) {
	t.Helper()
	for deadline := time.Now().Add(20 * time.Second); !is(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("it did not happen")
		}
	}
}
