package gateway_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/vetgraph/vetgraph/internal/gateway"
)

const comings = join + `
type Query @join__type(graph: A) @join__type(graph: B) { a: Int @join__field(graph: A) }
type Subscription @join__type(graph: A) { came: Person! @join__field(graph: A) }
type Person @join__type(graph: A, key: "id") @join__type(graph: B, key: "id") { id: ID! seen: String @join__field(graph: B) }`

func coming(id string) string {
	return "event: next\ndata: {\"data\":{\"came\":{\"__typename\":\"Person\",\"id\":\"" + id + "\"}}}\n\n"
}

// saying is a subgraph that streams what say writes; say returns at the end, or when
// nobody listens any more.
func saying(say func(r *http.Request, w io.Writer, flush func())) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/event-stream; charset=utf-8")
		flush := w.(http.Flusher).Flush
		flush()
		say(r, w, flush)
	})
}

// joining answers which person is asked about, and by whom.
var joining = answering(func(r *http.Request, body string) string {
	id := body[strings.LastIndex(body, `"id":"`)+6:]
	id, _, _ = strings.Cut(id, `"`)
	return `{"data":{"_entities":[{"__typename":"Person","seen":"` + id + ` by ` + r.Header.Get("Authorization") + `"}]}}`
})

const coming1 = `{"data":{"came":{"id":"1","seen":"1 by me"}}}`

// all ways in which a stream can go, in this process and over a socket.
func TestStreams(t *testing.T) {
	defer goleak.VerifyNone(t, goleak.IgnoreCurrent())
	for name, c := range map[string]struct {
		a    http.Handler
		want []string // beginnings of messages
	}{
		"to its end": {saying(func(_ *http.Request, w io.Writer, _ func()) {
			_, _ = io.WriteString(w, ":\n\n"+coming("1")+": keep on\n\n"+coming("2")+"event: complete\ndata:\n\n")
		}), []string{coming1, `{"data":{"came":{"id":"2","seen":"2 by me"}}}`}},
		"in lines of its own": {saying(func(_ *http.Request, w io.Writer, _ func()) {
			_, _ = io.WriteString(w, "event:next\ndata:{\"data\":\ndata: {\"came\":{\"__typename\":\"Person\",\"id\":\"1\"}}}\n\nevent: complete\n\n")
		}), []string{coming1}},
		"that breaks off": {saying(func(_ *http.Request, w io.Writer, _ func()) { _, _ = io.WriteString(w, coming("1")) }),
			[]string{coming1, `{"errors":[{"message":"子图 a 没有应答。`}},
		"of garbage": {saying(func(_ *http.Request, w io.Writer, _ func()) { _, _ = io.WriteString(w, "data: <html>\n\n") }),
			[]string{`{"errors":[{"message":"子图 a 没有应答。`}},
		"too long a line": {saying(func(_ *http.Request, w io.Writer, _ func()) {
			_, _ = io.WriteString(w, "data: "+strings.Repeat("x", 9000))
		}),
			[]string{`{"errors":[{"message":"子图 a 没有应答。`}},
		"an error in a message": {saying(func(_ *http.Request, w io.Writer, _ func()) {
			_, _ = io.WriteString(w, "data: {\"data\":null,\"errors\":[{\"message\":\"no\",\"extensions\":{\"code\":\"NO\",\"stack\":\"secret\"}}]}\n\nevent: complete\n\n")
		}), []string{`{"errors":[{"message":"no","extensions":{"code":"NO","subgraph":"a"}}`}},
		"an answer in place of a stream": {answering(func(*http.Request, string) string { return `{"errors":[{"message":"not here"}]}` }),
			[]string{`{"errors":[{"message":"not here"`}},
		"no answer at all": {http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusBadGateway) }),
			[]string{`{"errors":[{"message":"子图 a 没有应答。`}},
		"a handler that breaks": {saying(func(_ *http.Request, w io.Writer, flush func()) {
			_, _ = io.WriteString(w, coming("1"))
			flush()
			panic(http.ErrAbortHandler)
		}), []string{coming1, `{"errors":[{"message":"子图 a 没有应答。`}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Run("in process", func(t *testing.T) { listen(t, gateway.Subgraph{Handler: c.a, Most: 4096}, c.want) })
			t.Run("by socket", func(t *testing.T) {
				s := httptest.NewServer(c.a)
				defer s.Close()
				listen(t, gateway.Subgraph{URL: s.URL, Most: 4096}, c.want)
			})
		})
	}
}

func listen(t *testing.T, a gateway.Subgraph, want []string) {
	g := open(t, gateway.Options{Supergraph: comings, Subgraphs: map[string]gateway.Subgraph{"a": a, "b": {Handler: joining, Pass: []string{"Authorization"}}}})
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	n := 0
	for m := range g.Subscribe(ctx, gateway.Request{Query: `subscription { came { id seen } }`, Header: http.Header{"Authorization": {"me"}}}) {
		if got := told(m); n >= len(want) || !strings.HasPrefix(got, want[n]) || strings.Contains(got, "secret") {
			t.Errorf("message %d: %s", n, got)
		}
		n++
	}
	if n != len(want) || ctx.Err() != nil {
		t.Errorf("%d messages, want %d; %v", n, len(want), ctx.Err())
	}
	g.Close()
}

// Who leaves is missed by the subgraph, and nothing stays behind.
func TestWhoStopsListeningIsMissed(t *testing.T) {
	defer goleak.VerifyNone(t, goleak.IgnoreCurrent())
	left := make(chan struct{}, 2)
	endless := saying(func(r *http.Request, w io.Writer, flush func()) {
		_, _ = io.WriteString(w, coming("1"))
		flush()
		<-r.Context().Done()
		left <- struct{}{}
	})
	s := httptest.NewServer(endless)
	defer s.Close()
	for _, a := range []gateway.Subgraph{{Handler: endless}, {URL: s.URL}} {
		g := open(t, gateway.Options{Supergraph: comings, Subgraphs: map[string]gateway.Subgraph{"a": a, "b": {Handler: joining}}})
		ctx, cancel := context.WithCancel(t.Context())
		messages := g.Subscribe(ctx, gateway.Request{Query: `subscription { came { id } }`})
		if got := told(<-messages); got != `{"data":{"came":{"id":"1"}}}` {
			t.Error(got)
		}
		cancel()
		<-left
		for range messages {
		}
		g.Close()
	}
}

// Two who ask for the same get a stream each, from its beginning, and each what
// they may see.
func TestStreamsAreNotShared(t *testing.T) {
	defer goleak.VerifyNone(t, goleak.IgnoreCurrent())
	var mu sync.Mutex
	streams := 0
	a := saying(func(_ *http.Request, w io.Writer, _ func()) {
		mu.Lock()
		streams++
		mu.Unlock()
		for i := range 20 {
			_, _ = io.WriteString(w, coming(fmt.Sprint(i)))
		}
		_, _ = io.WriteString(w, "event: complete\ndata:\n\n")
	})
	g := open(t, gateway.Options{Supergraph: comings, Subgraphs: map[string]gateway.Subgraph{"a": {Handler: a}, "b": {Handler: joining, Pass: []string{"Authorization"}}}})
	var all sync.WaitGroup
	for i := range 40 {
		all.Go(func() {
			me, n := fmt.Sprintf("viewer-%d", i%2), 0
			for m := range g.Subscribe(t.Context(), gateway.Request{Query: `subscription { came { id seen } }`, Header: http.Header{"Authorization": {me}}}) {
				if want := fmt.Sprintf(`{"data":{"came":{"id":"%d","seen":"%d by %s"}}}`, n, n, me); told(m) != want {
					t.Errorf("%s, want %s", told(m), want)
				}
				n++
			}
			if n != 20 {
				t.Errorf("%d messages", n)
			}
		})
	}
	all.Wait()
	if streams != 40 {
		t.Errorf("%d streams for 40 listeners", streams)
	}
	g.Close()
}

// The gateway's end is everybody's.
func TestCloseEndsStreams(t *testing.T) {
	defer goleak.VerifyNone(t, goleak.IgnoreCurrent())
	g := open(t, gateway.Options{Supergraph: comings, Subgraphs: map[string]gateway.Subgraph{"b": {Handler: joining}, "a": {Handler: saying(
		func(r *http.Request, w io.Writer, flush func()) {
			_, _ = io.WriteString(w, coming("1"))
			<-r.Context().Done()
		})}}})
	messages := g.Subscribe(t.Context(), gateway.Request{Query: `subscription { came { id } }`})
	<-messages
	g.Close()
	for range messages {
	}
}

// A slow subgraph costs its own fields, and no more than its time.
func TestASlowSubgraphIsNotWaitedFor(t *testing.T) {
	slow := http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		<-r.Context().Done()
	})
	s := httptest.NewServer(slow)
	defer s.Close()
	for name, b := range map[string]gateway.Subgraph{"in process": {Handler: slow, Timeout: 30 * time.Millisecond}, "by socket": {URL: s.URL, Timeout: 30 * time.Millisecond}} {
		g := open(t, gateway.Options{Supergraph: people, Subgraphs: map[string]gateway.Subgraph{"a": {Handler: named}, "b": b}})
		if got := ask(g, both, ""); !strings.Contains(got, `"data":{"person":{"name":"N","seen":null}}`) || !strings.Contains(got, "SUBGRAPH_SILENT") {
			t.Errorf("%s: %s", name, got)
		}
	}
}

// However many documents come, so many plans are kept as was said.
func TestPlansAreBounded(t *testing.T) {
	g := open(t, gateway.Options{Supergraph: people, Plans: 50, Subgraphs: map[string]gateway.Subgraph{"a": {Handler: named}, "b": {Handler: joining}}})
	for i := range 300 {
		if got := ask(g, fmt.Sprintf(`{ x%d: person(id: "%d") { name } }`, i, i), ""); !strings.Contains(got, fmt.Sprintf(`"x%d":`, i)) {
			t.Fatal(got)
		}
	}
	if n := g.Plans(); n > 50 {
		t.Errorf("%d plans are kept", n)
	}
}
