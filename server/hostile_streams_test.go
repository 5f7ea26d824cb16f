package server_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"
	"github.com/coder/websocket/wsjson"

	"github.com/vetgraph/vetgraph/internal/store/storetest"
)

type frame struct {
	ID      string `json:"id"`
	Type    string `json:"type"`
	Payload any    `json:"payload"`
}

func (k *talk) socket(ctx context.Context, t *testing.T, as string) *websocket.Conn {
	t.Helper()
	ws, _, err := websocket.Dial(ctx, strings.Replace(k.public, "http", "ws", 1)+"/graphql", &websocket.DialOptions{Subprotocols: []string{"graphql-transport-ws"}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = ws.CloseNow() })
	ws.SetReadLimit(8 << 20)
	if as == "" {
		return ws
	}
	var got frame
	if err := wsjson.Write(ctx, ws, frame{Type: "connection_init", Payload: map[string]string{"Authorization": "Bearer " + k.token(as)}}); err != nil {
		t.Fatal(err)
	}
	if err := wsjson.Read(ctx, ws, &got); err != nil || got.Type != "connection_ack" {
		t.Fatal(got, err)
	}
	return ws
}

// One websocket has so many operations under way and no more; when some have ended
// there is room again.
func TestFloodOfSubscriptions(t *testing.T) {
	k := open(t, storetest.SQLite(t), noon)
	id := k.submit("veteran0", 0, "flood-of-one")
	ctx, cancel := context.WithTimeout(t.Context(), 60*time.Second)
	defer cancel()
	ws := k.socket(ctx, t, "veteran0")
	follow := func(n int) {
		t.Helper()
		if err := wsjson.Write(ctx, ws, frame{ID: fmt.Sprint(n), Type: "subscribe", Payload: map[string]string{"query": fmt.Sprintf(`subscription { caseProgress(id: %q) { __typename } }`, id)}}); err != nil {
			t.Fatal(err)
		}
	}
	read := func() (frame, string) {
		t.Helper()
		var got frame
		if err := wsjson.Read(ctx, ws, &got); err != nil {
			t.Fatal(err)
		}
		return got, fmt.Sprint(got.Payload)
	}
	const most, tried = 100, 400
	for n := range tried {
		follow(n)
	}
	refused, ended := 0, 0
	for ended < tried-most {
		got, said := read()
		if strings.Contains(said, "TOO_MANY_UNDER_WAY") {
			refused++
		}
		if got.Type == "complete" {
			ended++
		}
	}
	if refused != tried-most {
		t.Errorf("%d were refused, not %d", refused, tried-most)
	}
	// Which of them are under way is the scheduler's: all are ended, so that one finds room.
	for n := range tried {
		if err := wsjson.Write(ctx, ws, frame{ID: fmt.Sprint(n), Type: "complete"}); err != nil {
			t.Fatal(err)
		}
	}
	for ; ended < tried; ended++ {
		for got, _ := read(); got.Type != "complete"; got, _ = read() {
			continue
		}
	}
	for n := tried; ; n++ { // a count falls a moment after its end is told
		follow(n)
		if _, said := read(); !strings.Contains(said, "TOO_MANY_UNDER_WAY") {
			break
		}
		read()
	}
}

// What is no conversation ends the connection, and nothing else.
func TestHostileFrames(t *testing.T) {
	k := open(t, storetest.SQLite(t), noon)
	ctx, cancel := context.WithTimeout(t.Context(), 60*time.Second)
	defer cancel()
	ask := `{"id":"1","type":"subscribe","payload":{"query":"{ me { kind } }"}}`
	for name, c := range map[string]struct{ as, text string }{
		"a question before the greeting": {"", ask},
		"a greeting with a bad token":    {"", `{"type":"connection_init","payload":{"Authorization":"Bearer ` + mark + `"}}`},
		"a greeting that is a list":      {"", `{"type":"connection_init","payload":[]}`},
		"a greeting that is a text":      {"", `{"type":"connection_init","payload":"x"}`},
		"a second greeting":              {"veteran0", `{"type":"connection_init"}`},
		"a type that is none":            {"veteran0", `{"type":"` + mark + `"}`},
		"no JSON":                        {"veteran0", `{"type":`},
		"two megabytes":                  {"veteran0", `{"id":"1","type":"subscribe","payload":{"query":"` + strings.Repeat(" ", 2<<20) + `"}}`},
	} {
		t.Run(name, func(t *testing.T) {
			ws := k.socket(ctx, t, c.as)
			before := allocated()
			if err := ws.Write(ctx, websocket.MessageText, []byte(c.text)); err != nil {
				t.Log(err) // it was closed while we wrote
			}
			for {
				_, got, err := ws.Read(ctx)
				if err != nil {
					break
				}
				if strings.Contains(string(got), `"data"`) || strings.Contains(string(got), "connection_ack") {
					t.Fatalf("it was answered: %s", got)
				}
			}
			if ctx.Err() != nil {
				t.Error("the connection stays")
			}
			if took := allocated() - before; took > mostAllocated {
				t.Errorf("%d MiB were allocated", took>>20)
			}
		})
	}
	if _, body := k.ask("veteran0", k.public+"/graphql", "{ me { kind } }", nil); !strings.Contains(string(body), `"VETERAN"`) {
		t.Errorf("others are not answered any more: %s", body)
	}
}
