package main

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
)

const taken = `subscription ($after: Int) { concessionTaken(after: $after) { sequence concession { code holders } } }`

// TestEventsGoOnWithoutAGap listens over SSE from the first line on: what was taken
// up before it listened comes first, then what is taken up while it does.
func TestEventsGoOnWithoutAGap(t *testing.T) {
	g := start(t, t.TempDir())
	permit := *g.people(person("a", active())).Entities[0].ConcessionStanding.Permit
	g.take("key-0001", "harbin-bus", permit)
	r := g.request(taken, map[string]any{"after": 0})
	r.Header.Set("Accept", "text/event-stream")
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	lines := bufio.NewScanner(res.Body)
	next := func() string {
		for lines.Scan() {
			if data, ok := strings.CutPrefix(lines.Text(), "data: "); ok && data != "" {
				return data
			}
		}
		t.Fatalf("the stream ended: %v", lines.Err())
		return ""
	}
	if got := next(); !strings.Contains(got, `{"sequence":1,"concession":{"code":"harbin-bus","holders":1}}`) {
		t.Error(got)
	}
	g.take("key-0002", "sun-island", permit)
	if got := next(); !strings.Contains(got, `{"sequence":2,"concession":{"code":"sun-island","holders":1}}`) {
		t.Error(got)
	}
}

// TestEventsOverWebsocket speaks graphql-transport-ws, as routers may.
func TestEventsOverWebsocket(t *testing.T) {
	g := start(t, t.TempDir())
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	address := "ws" + strings.TrimPrefix(g.http.URL, "http") + "/graphql"
	if _, res, err := websocket.Dial(ctx, address, nil); err == nil || res == nil || res.StatusCode != http.StatusUnauthorized {
		t.Errorf("without the secret: %v", err)
	}
	c, _, err := websocket.Dial(ctx, address, &websocket.DialOptions{Subprotocols: []string{"graphql-transport-ws"}, HTTPHeader: http.Header{secretHeader: {testSecret}}})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = c.CloseNow() }()
	say := func(v map[string]any) {
		if err := wsjson.Write(ctx, c, v); err != nil {
			t.Fatal(err)
		}
	}
	hear := func(kind string) string {
		for {
			var m struct {
				Type    string
				Payload json.RawMessage
			}
			if err := wsjson.Read(ctx, c, &m); err != nil {
				t.Fatal(err)
			}
			if m.Type == kind {
				return string(m.Payload)
			}
		}
	}
	say(map[string]any{"type": "connection_init"})
	hear("connection_ack")
	permit := *g.people(person("a", active())).Entities[0].ConcessionStanding.Permit
	g.take("key-0001", "harbin-metro", permit)
	say(map[string]any{"type": "subscribe", "id": "1", "payload": map[string]any{"query": taken, "variables": map[string]any{"after": 0}}})
	if got := hear("next"); !strings.Contains(got, `{"sequence":1,"concession":{"code":"harbin-metro","holders":1}}`) {
		t.Error(got)
	}
}
