package server_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/vetgraph/vetgraph/internal/store/storetest"
)

// What is submitted is told by short message, over the played gateway, which shows
// what it sent on this machine and nowhere else.
func TestMessagesOfTheDemonstration(t *testing.T) {
	k := open(t, storetest.SQLite(t), noon)
	var out any
	k.get("veteran1", `mutation { submitCase(input: {idempotencyKey: "message-01", veteranId: "`+k.heroes[1]+`", matters: ["M01"], answers: [
		{field: "mobile", value: "19900001234"}, {field: "currentAddress", value: "示例路1号"}]}) { case { id } problems { field reason } } }`, nil, &out)
	read := func(change func(*http.Request)) (int, []struct{ At, Text string }) {
		r := httptest.NewRequest(http.MethodGet, k.public+"/dev/messages?id="+k.heroes[1], nil)
		r.RemoteAddr = "127.0.0.1:50000"
		change(r)
		w := httptest.NewRecorder()
		k.hub.Handler().ServeHTTP(w, r)
		var all []struct{ At, Text string }
		_ = json.Unmarshal(w.Body.Bytes(), &all) // a refusal is no list
		return w.Code, all
	}
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for limit := time.After(20 * time.Second); ; {
		status, got := read(func(*http.Request) {})
		if status != http.StatusOK {
			t.Fatalf("status %d", status)
		}
		if len(got) == 1 {
			if !strings.Contains(got[0].Text, "已受理，承诺 2026-11-24 前全部办结") || strings.Contains(got[0].Text, "1990000") {
				t.Errorf("sent: %s", got[0].Text)
			}
			break
		}
		select {
		case <-limit:
			t.Fatalf("sent: %v; submitted: %v", got, out)
		case <-tick.C:
		}
	}
	for name, change := range map[string]func(*http.Request){
		"another machine": func(r *http.Request) { r.RemoteAddr = "192.0.2.1:5000" },
		"another name":    func(r *http.Request) { r.Host = "hub.example.org" },
		"another page":    func(r *http.Request) { r.Header.Set("Origin", "https://example.org") },
	} {
		if status, got := read(change); status != http.StatusForbidden || len(got) > 0 {
			t.Errorf("%s: %d %v", name, status, got)
		}
	}
}
