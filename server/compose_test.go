package server_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rs/zerolog"

	"github.com/vetgraph/vetgraph/internal/gateway"
	"github.com/vetgraph/vetgraph/internal/store/storetest"
	"github.com/vetgraph/vetgraph/server"
)

// concessions is a real partner's schema.
var concessions = filepath.Join("..", "docs", "examples", "concessions", "schema.graphqls")

func concessionsAt() string { return "concessions=http://127.0.0.1:8091/graphql=" + concessions }

// What is composed of the hub and a partner is a graph that our gateway reads.
func TestCompose(t *testing.T) {
	status, made, errs := run("compose", "hub", concessionsAt())
	if status != 0 {
		t.Fatal(errs)
	}
	for _, want := range []string{
		"# Made by vetgraph compose out of hub, concessions.",
		`HUB @join__graph(name: "hub", url: "http://127.0.0.1:8081/subgraph")`,
		`CONCESSIONS @join__graph(name: "concessions", url: "http://127.0.0.1:8091/graphql")`,
		`concessions: [Concession!] @join__field(graph: CONCESSIONS, requires: "benefits{preferentialCard{state issuedOn}}")`,
		"退役军人统一档案。 The unified profile of one veteran.",
	} {
		if !strings.Contains(made, want) {
			t.Errorf("no %s", want)
		}
	}
	if _, err := gateway.New(t.Context(), gateway.Options{Supergraph: made, Checks: []gateway.Rule{gateway.Authenticated}, Log: zerolog.Nop()}); err != nil {
		t.Error(err)
	}
}

// A running hub says of itself what the program says of it.
func TestComposeAsks(t *testing.T) {
	t.Parallel()
	k := open(t, storetest.SQLite(t), noon, func(c *server.Config) { c.SubgraphSecret = "routers" })
	at := k.sub + "/subgraph"
	status, _, errs := run("compose", "hub="+at, concessionsAt())
	if status == 0 || !strings.Contains(errs, "SDL_UNREACHABLE") {
		t.Errorf("without the secret: %d %s", status, errs)
	}
	status, asked, errs := run("compose", "hub="+at, concessionsAt(), "--secret", "hub=routers")
	if status != 0 {
		t.Fatal(errs)
	}
	status, own, errs := run("compose", "hub="+at+"=builtin", concessionsAt())
	if status != 0 {
		t.Fatal(errs)
	}
	if asked != own {
		t.Error("what a running hub says is not what the program says")
	}
}

func TestComposeIntoFile(t *testing.T) {
	dir := t.TempDir()
	list, made, mine := filepath.Join(dir, "list.yaml"), filepath.Join(dir, "made.graphql"), filepath.Join(dir, "mine.graphqls")
	put := func(name, body string) {
		t.Helper()
		if err := os.WriteFile(name, []byte(body), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	put(list, "out: made.graphql\nsubgraphs:\n  mine: {url: \"http://mine.example.org/graphql\", sdl: mine.graphqls}\n")
	put(mine, "type Query { mine: Int }\n")
	ok := func(args ...string) (out string) {
		t.Helper()
		status, out, errs := run(append([]string{"compose"}, args...)...)
		if status != 0 {
			t.Fatalf("%q: %s", args, errs)
		}
		return out
	}
	bad := func(want string, args ...string) {
		t.Helper()
		status, out, errs := run(append([]string{"compose"}, args...)...)
		if status == 0 || out != "" || !strings.Contains(errs, want) {
			t.Errorf("%q: %d %s, want %s", args, status, errs, want)
		}
	}
	bad("读不出", list, "--check")
	ok(list)
	ok(list, "--check")
	put(mine, "type Query { mine: Int, more: Int }\n")
	bad("已过时", list, "--check")
	ok(list)
	ok(list, "--check")
	body, err := os.ReadFile(made)
	if err != nil || !strings.Contains(string(body), "more: Int") {
		t.Errorf("%s %v", body, err)
	}
	// A subgraph of the list can be tried in another place, and others beside it.
	tried := ok(list, "mine=http://here.example.org/graphql="+mine, concessionsAt(), "hub", "--out=-")
	if !strings.Contains(tried, "http://here.example.org/graphql") || strings.Contains(tried, "http://mine.example.org/graphql") || !strings.Contains(tried, "CONCESSIONS") {
		t.Error("another place was not taken")
	}
	ok(list, "--check")
}

// Every mistake is told at once, in Chinese first.
func TestComposeMistakes(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "bad.graphqls")
	if err := os.WriteFile(file, []byte("type Query {\n  a: Nobody\n  b: Int @shy\n}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		args []string
		want []string
	}{
		"of a schema":      {[]string{"bad=http://bad.example.org/graphql=" + file}, []string{"合不成一张图，2 处有误 (there is no graph; mistakes: 2)", file + ":2:6: 不是有效的 GraphQL 模式。 Unknown type", file + ":3:10"}},
		"of what is named": {[]string{"concessions", "hub", "--secret=hub=x"}, []string{"NAME=URL"}},
		"of secrets":       {[]string{"hub", "--secret=hub=x", "--secret=y=z"}, []string{"--secret hub", "--secret y"}},
		"of a file":        {[]string{filepath.Join(dir, "none.yaml")}, []string{"none.yaml"}},
		"nothing to check": {[]string{"hub", "--check"}, []string{"--out"}},
		"no time":          {[]string{"hub", "--timeout=1ms"}, []string{"未完成", "deadline"}},
		"nothing at all":   {nil, []string{"<of>"}},
	} {
		t.Run(name, func(t *testing.T) {
			status, out, errs := run(append([]string{"compose"}, c.args...)...)
			if status == 0 || strings.Contains(out, "join__Graph") {
				t.Errorf("it was taken: %s", out)
			}
			for _, want := range c.want {
				if !strings.Contains(errs, want) {
					t.Errorf("no %q in %s", want, errs)
				}
			}
		})
	}
}

// A graph that says nothing of who may read what is the same graph otherwise.
func TestComposeWithoutAuthorization(t *testing.T) {
	graph := clubGraph(t, "hub")
	status, made, errs := run("compose", "hub", "club=http://127.0.0.1:1/="+filepath.Join(filepath.Dir(graph), "club.graphqls"), "--without-authorization")
	if status != 0 {
		t.Fatal(errs)
	}
	with, err := os.ReadFile(graph)
	if err != nil {
		t.Fatal(err)
	}
	for _, word := range []string{"@authenticated", "@requiresScopes", "@policy", "SECURITY)", "requiresScopes__", "policy__"} {
		if strings.Contains(made, word) || !strings.Contains(string(with), word) {
			t.Errorf("%s is there: %v, was there: %v", word, strings.Contains(made, word), strings.Contains(string(with), word))
		}
	}
	if !strings.Contains(errs, "club") || strings.Contains(errs, "hub") {
		t.Errorf("whose rules are left out is not told: %s", errs)
	}
	client := func(sdl string) string {
		g, err := gateway.New(t.Context(), gateway.Options{Supergraph: sdl, Checks: []gateway.Rule{gateway.Authenticated, gateway.RequiresScopes, gateway.Policy}})
		if err != nil {
			t.Fatal(err)
		}
		return g.SDL()
	}
	if client(made) != client(string(with)) {
		t.Error("clients see another schema")
	}
}
