package server_test

import (
	"bufio"
	"context"
	"fmt"
	"log"
	"net/http"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/coder/websocket"
	"github.com/coder/websocket/wsjson"

	"github.com/vetgraph/vetgraph/internal/store/storetest"
	"github.com/vetgraph/vetgraph/server"
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

// One viewer keeps so many subscriptions and websockets open and no more, over however
// many connections; others are not in their way, and what has ended makes room.
func TestStreamsOfOneViewer(t *testing.T) {
	t.Parallel()
	const most = 3
	k := open(t, storetest.SQLite(t), noon, func(c *server.Config) { c.Streams = most })
	id := k.submit("veteran0", 0, "streams-of-one")
	ctx, cancel := context.WithTimeout(t.Context(), 60*time.Second)
	defer cancel()
	begin := func(ctx context.Context, as string) (string, func()) {
		body := bodyOf(fmt.Sprintf(`subscription { caseProgress(id: %q) { __typename } }`, id))
		req, err := http.NewRequestWithContext(ctx, http.MethodPost, k.public+"/graphql", strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		req.Header = http.Header{"Content-Type": {"application/json"}, "Accept": {"text/event-stream"}, "Authorization": {"Bearer " + k.token(as)}}
		res, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		for lines := bufio.NewScanner(res.Body); lines.Scan(); {
			if text, ok := strings.CutPrefix(lines.Text(), "data: "); ok {
				return text, func() { _ = res.Body.Close() }
			}
		}
		t.Fatal("it ended without a word")
		return "", nil
	}
	var ends []func()
	for range most {
		said, end := begin(ctx, "veteran0")
		if !strings.Contains(said, "CaseProgress") {
			t.Fatal(said)
		}
		ends = append(ends, end)
	}
	said, end := begin(ctx, "veteran0")
	end()
	if !strings.Contains(said, `"reason":"TOO_MANY_STREAMS"`) {
		t.Errorf("one more is answered %s", said)
	}
	if said, end = begin(ctx, "clerk"); !strings.Contains(said, "CaseProgress") {
		t.Errorf("somebody else is answered %s", said)
	}
	end()
	ends[0]()
	for said = "TOO_MANY_STREAMS"; strings.Contains(said, "TOO_MANY_STREAMS"); { // a count falls a moment after its end
		if said, end = begin(ctx, "veteran0"); ctx.Err() != nil {
			t.Fatal("there is no room again")
		}
		ends = append(ends, end)
	}
	for range most {
		k.socket(ctx, t, "veteran1")
	}
	ws := k.socket(ctx, t, "")
	if err := wsjson.Write(ctx, ws, frame{Type: "connection_init", Payload: map[string]string{"Authorization": "Bearer " + k.token("veteran1")}}); err != nil {
		t.Fatal(err)
	}
	if _, got, err := ws.Read(ctx); err == nil && !strings.Contains(string(got), "TOO_MANY_STREAMS") {
		t.Errorf("one websocket more is answered %s", got)
	}
	if _, _, err := ws.Read(ctx); err == nil {
		t.Error("it stays open")
	}
	for _, end := range ends {
		end()
	}
}

// What somebody writes into the headers of a websocket that is not to be is not written
// where those who run the hub read.
func TestRefusedHandshakeIsNotRepeated(t *testing.T) {
	e, set := listen(t)
	var said lockedText
	log.SetOutput(&said)
	t.Cleanup(func() { log.SetOutput(os.Stderr) })
	k := open(t, storetest.SQLite(t), noon, set)
	for _, origin := range []string{"https://" + mark + ".example.org", "%" + mark, mark + " x"} {
		status, _, answer := k.send(http.MethodGet, k.public+"/graphql", "", map[string]string{
			"Connection": "Upgrade", "Upgrade": "websocket", "Sec-WebSocket-Version": "13", "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==", "Sec-WebSocket-Protocol": "graphql-transport-ws", "Origin": origin,
		})
		if status != http.StatusForbidden {
			t.Errorf("%q: %d %s", origin, status, answer)
		}
	}
	for where, text := range e.heard(t, k.hub) {
		if strings.Contains(text, mark) {
			t.Errorf("it is in the %s: %.300s", where, text)
		}
	}
	if text := said.String(); strings.Contains(text, mark) || !strings.Contains(text, "handshake") {
		t.Errorf("it is said: %s", text)
	}
}

// lockedText is what several goroutines write.
type lockedText struct {
	mu sync.Mutex
	b  strings.Builder
}

func (l *lockedText) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lockedText) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}
