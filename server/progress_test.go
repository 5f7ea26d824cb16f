package server_test

import (
	"bufio"
	"context"
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"
	"github.com/coder/websocket/wsjson"

	"github.com/vetgraph/vetgraph/internal/store/storetest"
)

const submitM01 = `mutation($v: ID!, $k: String!) { submitCase(input: {idempotencyKey: $k, veteranId: $v, matters: ["M01"],
	answers: [{field: "mobile", value: "19900001234"}, {field: "currentAddress", value: "示例路1号"}]}) { case { id } problems { field reason } } }`

const watch = `subscription($id: ID!) { caseProgress(id: $id) { ended total over case { state feedbackSheet { complete lines { number nextStep { zh } } } } entries { kind to } } }`

func (k *talk) submit(as string, hero int, key string) string {
	k.t.Helper()
	var out struct {
		SubmitCase struct {
			Case     struct{ ID string }
			Problems []any
		}
	}
	k.get(as, submitM01, map[string]any{"v": k.heroes[hero], "k": key}, &out)
	if out.SubmitCase.Case.ID == "" {
		k.t.Fatalf("not accepted: %v", out.SubmitCase.Problems)
	}
	return out.SubmitCase.Case.ID
}

type progress struct {
	Data struct {
		CaseProgress struct {
			Ended, Total int
			Over         bool
			Case         struct {
				State         string
				FeedbackSheet struct {
					Complete bool
					Lines    []struct{ Number string }
				}
			}
			Entries []struct{ Kind, To string }
		}
	}
	Errors []any
}

// follow checks that a stream tells each entry once, in order, and ends with a
// complete sheet.
func follow(t *testing.T, next func() (progress, bool)) {
	t.Helper()
	var kinds []string
	var last progress
	for {
		p, ok := next()
		if !ok {
			break
		}
		if len(p.Errors) > 0 {
			t.Fatal(p.Errors)
		}
		for _, e := range p.Data.CaseProgress.Entries {
			if e.Kind != "ITEM_WARNING" { // one day is soon over, and a round may come by
				kinds = append(kinds, e.Kind)
			}
		}
		last = p
	}
	got := strings.Join(kinds, " ")
	if want := "CASE_SUBMITTED CASE_ACCEPTED CASE_IN_PROGRESS ITEM_DISPATCHED ITEM_RECEIVED ITEM_APPROVED CASE_COMPLETED"; got != want {
		t.Errorf("told %s\nwant %s", got, want)
	}
	p := last.Data.CaseProgress
	if !p.Over || p.Case.State != "COMPLETED" || !p.Case.FeedbackSheet.Complete || p.Case.FeedbackSheet.Lines[0].Number == "" {
		t.Errorf("the last message: %+v", p)
	}
}

func TestProgressOverEvents(t *testing.T) {
	k := open(t, storetest.SQLite(t), nil)
	id := k.submit("veteran0", 0, "events-001")
	body, _ := json.Marshal(map[string]any{"query": watch, "variables": map[string]string{"id": id}})
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	req, _ := http.NewRequestWithContext(ctx, http.MethodPost, k.public+"/graphql", strings.NewReader(string(body)))
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Accept", "text/event-stream")
	req.Header.Set("Authorization", "Bearer "+k.token("veteran0"))
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	if res.Header.Get("X-Accel-Buffering") != "no" || !strings.HasPrefix(res.Header.Get("Content-Type"), "text/event-stream") {
		t.Errorf("headers %v", res.Header)
	}
	lines := bufio.NewScanner(res.Body)
	follow(t, func() (p progress, ok bool) {
		for lines.Scan() {
			if data, found := strings.CutPrefix(lines.Text(), "data: "); found && strings.HasPrefix(data, "{") {
				if err := json.Unmarshal([]byte(data), &p); err != nil {
					t.Fatal(err)
				}
				return p, true
			}
		}
		return p, false
	})
}

func TestProgressOverWebSocket(t *testing.T) {
	k := open(t, storetest.SQLite(t), nil)
	id := k.submit("veteran1", 1, "socket-001")
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	ws, _, err := websocket.Dial(ctx, strings.Replace(k.public, "http", "ws", 1)+"/graphql", &websocket.DialOptions{Subprotocols: []string{"graphql-transport-ws"}})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = ws.CloseNow() }()
	send := func(v any) {
		if err := wsjson.Write(ctx, ws, v); err != nil {
			t.Fatal(err)
		}
	}
	send(map[string]any{"type": "connection_init", "payload": map[string]string{"Authorization": "Bearer " + k.token("clerk")}})
	send(map[string]any{"type": "subscribe", "id": "1", "payload": map[string]any{"query": watch, "variables": map[string]string{"id": id}}})
	follow(t, func() (p progress, ok bool) {
		for {
			var m struct {
				Type    string
				Payload json.RawMessage
			}
			if err := wsjson.Read(ctx, ws, &m); err != nil {
				t.Fatal(err)
			}
			switch m.Type {
			case "next":
				if err := json.Unmarshal(m.Payload, &p); err != nil {
					t.Fatal(err)
				}
				return p, true
			case "complete":
				return p, false
			case "error":
				t.Fatalf("%s", m.Payload)
			}
		}
	})
}

// A stranger cannot follow, nor somebody without a viewer.
func TestProgressIsGuarded(t *testing.T) {
	k := open(t, storetest.SQLite(t), nil)
	id := k.submit("veteran0", 0, "guarded-01")
	for _, as := range []string{"nobody", "veteran1", "partner-bank", "clerk@2307"} {
		body, _ := json.Marshal(map[string]any{"query": watch, "variables": map[string]string{"id": id}})
		req, _ := http.NewRequestWithContext(t.Context(), http.MethodPost, k.public+"/graphql", strings.NewReader(string(body)))
		req.Header.Set("Content-Type", "application/json")
		req.Header.Set("Accept", "text/event-stream")
		if tok := k.token(as); tok != "" {
			req.Header.Set("Authorization", "Bearer "+tok)
		}
		res, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		all := new(strings.Builder)
		for s := bufio.NewScanner(res.Body); s.Scan(); {
			all.WriteString(s.Text())
		}
		_ = res.Body.Close()
		if strings.Contains(all.String(), "IN_PROGRESS") || !strings.Contains(all.String(), `"code"`) {
			t.Errorf("%s was told %s", as, all)
		}
	}
}
