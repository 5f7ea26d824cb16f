package server_test

import (
	"bufio"
	"context"
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket/wsjson"

	"github.com/vetgraph/vetgraph/ent/gen"
	"github.com/vetgraph/vetgraph/ent/gen/receipt"
	"github.com/vetgraph/vetgraph/internal/access"
	log "github.com/vetgraph/vetgraph/internal/receipt"
	"github.com/vetgraph/vetgraph/internal/store/storetest"
)

// written are the leaves of the log, from a number on.
func (k *talk) written(from int) (leaves []log.Leaf) {
	k.t.Helper()
	rows := k.hub.Store.Read.Receipt.Query().Where(receipt.IDGTE(int64(from))).Order(gen.Asc(receipt.FieldID)).AllX(access.AsMachine(context.WithoutCancel(k.t.Context()), "test"))
	for _, r := range rows {
		l, err := log.Parse(r.Body)
		if err != nil {
			k.t.Fatal(err)
		}
		leaves = append(leaves, l)
	}
	return leaves
}

const secretly = `subscription($id: ID!) { caseProgress(id: $id) { over case { state veteran { id citizenNumber } } } }`

// streams follow a case to its end by each transport and hand every event on.
var streams = map[string]func(k *talk, ctx context.Context, as, id string, event func(text string)){
	"graphql-transport-ws": func(k *talk, ctx context.Context, as, id string, event func(string)) {
		t, _ := k.t.(*testing.T)
		ws := k.socket(ctx, t, as)
		if err := wsjson.Write(ctx, ws, frame{ID: "1", Type: "subscribe", Payload: map[string]any{"query": secretly, "variables": map[string]any{"id": id}}}); err != nil {
			k.t.Fatal(err)
		}
		for {
			var got struct {
				Type    string
				Payload json.RawMessage
			}
			if err := wsjson.Read(ctx, ws, &got); err != nil {
				k.t.Fatal(err)
			}
			if got.Type == "complete" || got.Type == "error" {
				return
			}
			event(string(got.Payload))
		}
	},
	"text/event-stream": func(k *talk, ctx context.Context, as, id string, event func(string)) {
		body, err := json.Marshal(map[string]any{"query": secretly, "variables": map[string]any{"id": id}})
		if err != nil {
			k.t.Fatal(err)
		}
		req, err := http.NewRequestWithContext(ctx, http.MethodPost, k.public+"/graphql", strings.NewReader(string(body)))
		if err != nil {
			k.t.Fatal(err)
		}
		req.Header = http.Header{"Content-Type": {"application/json"}, "Accept": {"text/event-stream"}, "Authorization": {"Bearer " + k.token(as)}}
		res, err := http.DefaultClient.Do(req)
		if err != nil {
			k.t.Fatal(err)
		}
		defer func() { _ = res.Body.Close() }()
		for lines := bufio.NewScanner(res.Body); lines.Scan(); {
			if text, ok := strings.CutPrefix(lines.Text(), "data: "); ok && text != "" && text != "null" {
				event(text)
			}
		}
	},
}

// Every event that carries something sensitive has its leaf by the time it is there,
// and one that cannot be kept does not come.
func TestReceiptsOfEvents(t *testing.T) {
	t.Parallel()
	for name, stream := range streams {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			k := open(t, storetest.SQLite(t), nil)
			ctx, cancel := context.WithTimeout(t.Context(), 60*time.Second)
			defer cancel()
			id := k.submit("veteran0", 0, "events-of-one")
			before, events := len(k.written(0)), 0
			stream(k, ctx, "veteran0", id, func(text string) {
				if !strings.Contains(text, `"citizenNumber":"`) {
					return
				}
				events++
				if leaves := k.written(before); len(leaves) < events {
					t.Errorf("event %d came, and %d leaves are kept", events, len(leaves))
				}
			})
			leaves := k.written(before)
			if events == 0 || len(leaves) != events {
				t.Errorf("%d events, %d leaves", events, len(leaves))
			}
			for _, l := range leaves {
				if !slices.Equal(l.Fields, []string{"Veteran.citizenNumber"}) || l.Kind != "VETERAN" || l.Case == "" {
					t.Errorf("%+v", l)
				}
			}
			if err := k.hub.Receipts.Close(ctx); err != nil {
				t.Fatal(err)
			}
			refused := false
			stream(k, ctx, "veteran0", id, func(text string) {
				refused = refused || strings.Contains(text, "RECEIPT_NOT_KEPT")
				if strings.Contains(text, `"citizenNumber":"`) {
					t.Errorf("it was sent and not kept: %s", text)
				}
			})
			if !refused {
				t.Error("nobody was told that it cannot be kept")
			}
		})
	}
}

// Whatever form a question has, what is sent is kept once, and what is not sent is not.
func TestReceiptsOfEveryForm(t *testing.T) {
	t.Parallel()
	k := open(t, storetest.SQLite(t), noon)
	k.submit("veteran0", 0, "forms-of-one")
	id := k.heroes[0]
	one := []string{"Veteran.citizenNumber"}
	for name, c := range map[string]struct {
		query, door string
		sent        bool
		want        [][]string // fields of each leaf
	}{
		"aliases":                   {`query($id: ID!) { a: veteran(id: $id) { x: citizenNumber y: citizenNumber } b: veteran(id: $id) { citizenNumber } }`, "", true, [][]string{one}},
		"edges there and back":      {`query($id: ID!) { veteran(id: $id) { cases(first: 2) { nodes { veteran { cases(first: 2) { nodes { veteran { citizenNumber } } } } } } } }`, "", true, [][]string{one}},
		"fragments":                 {`query($id: ID!) { veteran(id: $id) { ...f ... on Veteran { citizenNumber } ...f } } fragment f on Veteran { citizenNumber }`, "", true, [][]string{one}},
		"left out by a directive":   {`query($id: ID!) { veteran(id: $id) { name citizenNumber @skip(if: true) } }`, "", false, nil},
		"nulled by an error below":  {`query($id: ID!) { veteran(id: $id) { citizenNumber readReceipts { nodes { id } } } }`, "", false, nil},
		"nulled by an error beside": {`query($id: ID!) { veteran(id: $id) { citizenNumber } other: veteran(id: "x") { name } }`, "", false, nil},
		"put off":                   {`query($id: ID!) { veteran(id: $id) { name ... @defer { citizenNumber } } }`, "", false, nil},
		"by reference":              {`query($r: [_Any!]!) { _entities(representations: $r) { ... on Veteran { citizenNumber } } }`, "subgraph", true, [][]string{one}},
		"by reference, twice":       {`query($r: [_Any!]!) { a: _entities(representations: $r) { ... on Veteran { x: citizenNumber } } b: _entities(representations: $r) { ... on Veteran { x: citizenNumber } } }`, "subgraph", true, [][]string{one}},
	} {
		t.Run(name, func(t *testing.T) {
			before := len(k.written(0))
			address, variables := k.public+"/graphql", map[string]any{"id": id}
			if c.door != "" {
				ref := map[string]any{"__typename": "Veteran", "id": id}
				address, variables = k.sub+"/subgraph", map[string]any{"r": []any{ref, ref}}
			}
			_, body := k.ask("clerk", address, c.query, variables)
			if sent := strings.Contains(string(body), `"x":"`) || strings.Contains(string(body), `itizenNumber":"`); sent != c.sent {
				t.Fatalf("answered %s", body)
			}
			var got [][]string
			for _, l := range k.written(before) {
				got = append(got, l.Fields)
			}
			if !slices.EqualFunc(got, c.want, slices.Equal[[]string]) {
				t.Errorf("kept is %v, want %v; answered %s", got, c.want, body)
			}
		})
	}
	t.Run("a batch", func(t *testing.T) {
		before := len(k.written(0))
		q := `{"query":"{ veteran(id: \"` + id + `\") { citizenNumber } }"}`
		status, _, body := k.send(http.MethodPost, k.public+"/graphql", "["+q+","+q+"]", map[string]string{"Content-Type": "application/json", "Authorization": "Bearer " + k.token("clerk")})
		if status != http.StatusBadRequest || len(k.written(before)) != 0 {
			t.Errorf("%d %s, and kept is %v", status, body, k.written(before))
		}
	})
}

// Through the gateway within, what the viewer is sent is kept once, however often the
// hub was asked for it on the way, also behind a partner's mutation.
func TestReceiptsThroughTheGateway(t *testing.T) {
	t.Parallel()
	k, _ := together(t, noon)
	id := k.holder()
	var seen struct {
		Veteran struct {
			ConcessionStanding struct{ Permit string }
		}
	}
	k.get("holder", joins, map[string]any{"id": id}, &seen)
	for _, c := range []struct {
		name, as, query string
		variables       map[string]any
		want            []string
	}{
		{"hub alone", "holder", `query($id: ID!) { veteran(id: $id) { citizenNumber name } }`, map[string]any{"id": id}, []string{"Veteran.citizenNumber"}},
		{"hub and partner", "holder", `query($id: ID!) { veteran(id: $id) { citizenNumber concessions { code } concessionsTaken { concession { code } } } }`, map[string]any{"id": id}, []string{"Veteran.citizenNumber"}},
		{"partner, nothing sensitive", "holder", `query($id: ID!) { veteran(id: $id) { name concessions { code } } }`, map[string]any{"id": id}, nil},
		{"behind a partner's mutation", "holder", `mutation($in: TakeUpConcessionInput!) { takeUpConcession(input: $in) { taken { number } veteran { citizenNumber name } } }`,
			map[string]any{"in": map[string]any{"key": "roads-001", "concession": "sun-island", "permit": seen.Veteran.ConcessionStanding.Permit}}, []string{"Veteran.citizenNumber"}},
		{"two names for one", "clerk", `query($id: ID!) { a: veteran(id: $id) { citizenNumber } b: veteran(id: $id) { c: citizenNumber } }`, map[string]any{"id": id}, []string{"Veteran.citizenNumber"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			before := len(k.written(0))
			_, body := k.ask(c.as, k.public+"/graphql", c.query, c.variables)
			leaves := k.written(before)
			if strings.Contains(string(body), `"errors"`) || strings.Contains(string(body), `itizenNumber":"`) != (c.want != nil) {
				t.Fatalf("answered %s", body)
			}
			switch {
			case c.want == nil && len(leaves) != 0, c.want != nil && (len(leaves) != 1 || !slices.Equal(leaves[0].Fields, c.want)):
				t.Errorf("kept is %+v, want %v", leaves, c.want)
			}
		})
	}
}
