package server_test

import (
	"fmt"
	"maps"
	"net/http"
	"runtime/metrics"
	"slices"
	"strings"
	"testing"

	"github.com/vetgraph/vetgraph/internal/store/storetest"
	"github.com/vetgraph/vetgraph/server"
)

// attack is one hostile request and what it must get.
type attack struct {
	at      string            // door: "" is /graphql, "subgraph" is that of routers, else a path of the public address
	as      string            // whose token; "" nobody's, unless headers say otherwise
	method  string            // POST, unless it says otherwise
	headers map[string]string // beside the token and application/json
	body    string
	status  int    // wanted
	want    string // in the answer: a reason, or what a harmless answer says
	clean   bool   // the answer repeats nothing of the request: not the mark
}

// mark stands in every hostile request that has room for it, and never in what those
// who run the hub read.
const mark = "hostile4711"

// mostAllocated is how many bytes one request may make this process allocate in all,
// garbage and test client included: a body may have 1 MiB, which is read, checked,
// decoded and parsed.
const mostAllocated = 64 << 20

// mostAnswered is how many bytes an answer to one of these may have.
const mostAnswered = 1 << 20

func allocated() uint64 {
	s := []metrics.Sample{{Name: "/gc/heap/allocs:bytes"}}
	metrics.Read(s)
	return s[0].Value.Uint64()
}

// bodyOf is the body of a request for one.
func bodyOf(text string) string { return fmt.Sprintf(`{"query":%s}`, quoted(text)) }

func quoted(s string) string {
	var b strings.Builder
	b.WriteByte('"')
	for _, r := range s {
		switch {
		case r == '"' || r == '\\':
			b.WriteByte('\\')
			b.WriteRune(r)
		case r < 0x20:
			fmt.Fprintf(&b, `\u%04x`, r)
		default:
			b.WriteRune(r)
		}
	}
	return b.String() + `"`
}

// suffer sends attacks one by one and holds each to what it must get, in bounded memory.
func (k *talk) suffer(t *testing.T, attacks map[string]attack) {
	t.Helper()
	for _, name := range slices.Sorted(maps.Keys(attacks)) {
		a := attacks[name]
		t.Run(name, func(t *testing.T) {
			address := k.public + "/graphql"
			switch {
			case a.at == "subgraph":
				address = k.sub + "/subgraph"
			case a.at != "":
				address = k.public + a.at
			}
			headers := map[string]string{}
			if a.body != "" {
				headers["Content-Type"] = "application/json"
			}
			if token := k.token(a.as); token != "" {
				headers["Authorization"] = "Bearer " + token
			}
			maps.Copy(headers, a.headers)
			if a.method == "" {
				a.method = http.MethodPost
			}
			before := allocated()
			status, _, answer := k.send(a.method, address, a.body, headers)
			took := allocated() - before
			if took > mostAllocated {
				t.Errorf("%d MiB were allocated", took>>20)
			}
			if status != a.status || !strings.Contains(answer, a.want) {
				t.Errorf("got %d %.400s, want %d %s", status, answer, a.status, a.want)
			}
			if a.clean && strings.Contains(answer, mark) {
				t.Errorf("the answer repeats what was sent: %.400s", answer)
			}
			if len(answer) > mostAnswered {
				t.Errorf("the answer has %d bytes", len(answer))
			}
			for _, ours := range []string{"INTERNAL_SERVER_ERROR", "panic", "goroutine "} {
				if strings.Contains(answer, ours) {
					t.Errorf("it is answered as our fault: %.400s", answer)
				}
			}
		})
	}
}

// Documents, variables, bodies and headers that mean harm are refused, each with its
// reason, whichever door they come by; nobody who runs the hub reads what stood in them.
func TestHostileRequests(t *testing.T) {
	e, set := listen(t)
	k := open(t, storetest.SQLite(t), noon, set, func(c *server.Config) { c.SubgraphSecret = "" })
	for what, attacks := range map[string]map[string]attack{
		"documents": k.hostileDocuments(), "numbers": k.hostileNumbers(), "references": k.hostileReferences(),
		"bodies": hostileBodies(), "names": k.hostileNames(), "doors": hostileDoors(), "tokens": k.hostileTokens(),
	} {
		t.Run(what, func(t *testing.T) { k.suffer(t, attacks) })
	}
	for where, text := range e.heard(t, k.hub) {
		if at := strings.Index(text, mark); at >= 0 {
			t.Errorf("what was sent is in the %s: %s", where, text[max(0, at-300):min(len(text), at+100)])
		}
		if strings.Contains(text, "panic in a resolver") || strings.Contains(text, "http: panic") {
			t.Errorf("something panicked: %.500s", text[max(0, strings.Index(text, "panic")-300):])
		}
	}
}
