package server_test

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/vetgraph/vetgraph/internal/store/storetest"
)

// A router that asks for it is told how long each field took, and nothing of anybody;
// people's programs are told nothing.
func TestRouterTrace(t *testing.T) {
	k := open(t, storetest.SQLite(t), noon)
	var person struct{ Veteran struct{ Name string } }
	k.get("veteran0", fmt.Sprintf(`{ veteran(id: %q) { name } }`, k.heroes[0]), nil, &person)
	ask := func(address, header string) string {
		body := fmt.Sprintf(`{"query": "{ veteran(id: \"%s\") { name benefits { preferentialCard { state } } } case(id: \"none\") { number } }"}`, k.heroes[0])
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, address, strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Content-Type", "application/json")
		r.Header.Set("Authorization", "Bearer "+k.token("veteran0"))
		r.Header.Set("Apollo-Federation-Include-Trace", header)
		res, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = res.Body.Close() }()
		raw, err := io.ReadAll(res.Body)
		if err != nil {
			t.Fatal(err)
		}
		var answer struct {
			Errors     []json.RawMessage
			Extensions struct{ FTV1 string }
		}
		if err := json.Unmarshal(raw, &answer); err != nil || len(answer.Errors) != 1 {
			t.Fatalf("%v: %s", err, raw)
		}
		trace, err := base64.StdEncoding.DecodeString(answer.Extensions.FTV1)
		if err != nil {
			t.Fatal(err)
		}
		return string(trace)
	}
	trace := ask(k.sub+"/subgraph", "ftv1")
	for _, field := range []string{"veteran", "Veteran!", "benefits", "preferentialCard", "case"} {
		if !strings.Contains(trace, field) {
			t.Errorf("the trace lacks %s: %q", field, trace)
		}
	}
	for _, no := range []string{person.Veteran.Name, k.heroes[0], "CASE_NOT_FOUND", "办件"} {
		if strings.Contains(trace, no) {
			t.Errorf("the trace tells %s", no)
		}
	}
	if ask(k.sub+"/subgraph", "") != "" || ask(k.public+"/graphql", "ftv1") != "" {
		t.Error("a trace for who did not ask, or is no router")
	}
}
