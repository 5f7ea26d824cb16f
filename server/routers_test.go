package server_test

import (
	"bufio"
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"
	"github.com/coder/websocket/wsjson"

	"github.com/vetgraph/vetgraph/internal/store/storetest"
	"github.com/vetgraph/vetgraph/server"
)

// Routers have subscriptions in ways of their own: a websocket that shows token and
// secret in its headers (Apollo Router, Cosmo Router), events by GET (Hive Gateway).
func TestRoutersSubscribe(t *testing.T) {
	k := open(t, storetest.SQLite(t), nil, func(c *server.Config) { c.SubgraphSecret = "routers" })
	shown := http.Header{"Authorization": {"Bearer " + k.token("clerk")}, "Vetgraph-Router-Secret": {"routers"}}
	t.Run("websocket", func(t *testing.T) {
		id := k.submit("veteran1", 1, "routers-001")
		ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
		defer cancel()
		address := strings.Replace(k.sub, "http", "ws", 1) + "/subgraph"
		if _, res, err := websocket.Dial(ctx, address, &websocket.DialOptions{Subprotocols: []string{"graphql-transport-ws"}}); err == nil || res.StatusCode != http.StatusUnauthorized {
			t.Fatalf("without the secret: %v, %v", res, err)
		}
		ws, _, err := websocket.Dial(ctx, address, &websocket.DialOptions{Subprotocols: []string{"graphql-transport-ws"}, HTTPHeader: shown})
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = ws.CloseNow() }()
		for _, m := range []any{map[string]any{"type": "connection_init"},
			map[string]any{"type": "subscribe", "id": "1", "payload": map[string]any{"query": watch, "variables": map[string]string{"id": id}}}} {
			if err := wsjson.Write(ctx, ws, m); err != nil {
				t.Fatal(err)
			}
		}
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
	})
	t.Run("events by GET", func(t *testing.T) {
		id := k.submit("veteran2", 2, "routers-002")
		variables, _ := json.Marshal(map[string]string{"id": id})
		query := url.Values{"query": {watch}, "variables": {string(variables)}}.Encode()
		for door, status := range map[string]int{k.public + "/graphql": http.StatusMethodNotAllowed, k.sub + "/subgraph": http.StatusOK} {
			r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, door+"?"+query, nil)
			if err != nil {
				t.Fatal(err)
			}
			r.Header = shown.Clone()
			r.Header.Set("Accept", "text/event-stream")
			res, err := http.DefaultClient.Do(r)
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = res.Body.Close() }()
			if res.StatusCode != status {
				t.Fatalf("%s: %d, want %d", door, res.StatusCode, status)
			}
			if status != http.StatusOK {
				continue
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
	})
}
