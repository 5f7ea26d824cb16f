package server_test

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/vetgraph/vetgraph/internal/store/storetest"
	"github.com/vetgraph/vetgraph/server"
)

// node runs a script of tools/npm, which checks us with other people's clients,
// and prints what it says. Without Node.js or what npm installs the test is
// skipped, and fails if CI says that they must be there.
func node(t *testing.T, script string, args ...string) {
	t.Helper()
	nodeIn(t, "tools/npm", script, args...)
}

// nodeIn runs a script of a folder that has its own packages.
func nodeIn(t *testing.T, folder, script string, args ...string) {
	t.Helper()
	program, dir := needNode(t, folder)
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	c := exec.CommandContext(ctx, program, append([]string{script}, args...)...)
	c.Dir = dir
	out, err := c.CombinedOutput()
	t.Logf("%s\n%s", script, out)
	if err != nil {
		t.Error(err)
	}
}

// needNode is the program and a folder with what npm has installed.
func needNode(t *testing.T, folder string) (program, dir string) {
	t.Helper()
	dir = filepath.Join("..", filepath.FromSlash(folder))
	program, err := exec.LookPath("node")
	if err == nil {
		_, err = os.Stat(filepath.Join(dir, "node_modules"))
	}
	if err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatalf("CI needs Node.js and npm ci in %s: %v", folder, err)
		}
		t.Skipf("no Node.js, or no npm ci in %s: %v", folder, err)
	}
	return program, dir
}

// Every audit of npm graphql-http, what is only recommended too.
func TestGraphQLOverHTTP(t *testing.T) {
	k := open(t, storetest.SQLite(t), noon, func(c *server.Config) { c.SubgraphSecret = "routers" })
	t.Run("people", func(t *testing.T) { node(t, "clients/http.mjs", k.public+"/graphql") })
	// Routers POST: a GET of theirs is refused, with the right status.
	t.Run("routers", func(t *testing.T) {
		node(t, "clients/http.mjs", k.sub+"/subgraph", "--header", "Vetgraph-Router-Secret=routers", "--without", "5A70,D6D5,6A70")
	})
}

// Subscriptions as npm graphql-ws and graphql-sse have them: to the end of a case,
// and of one that goes on, over lines that break.
func TestSubscriptionClients(t *testing.T) {
	t.Parallel()
	for course, now := range map[string]func() time.Time{"ends": nil, "going-on": noon} {
		t.Run(course, func(t *testing.T) {
			k := open(t, storetest.SQLite(t), now)
			id := k.submit("veteran0", 0, "clients-001")
			t.Run("graphql-ws", func(t *testing.T) {
				node(t, "clients/websocket.mjs", k.public+"/graphql", k.token("veteran0"), id, course)
			})
			t.Run("graphql-sse", func(t *testing.T) {
				node(t, "clients/events.mjs", k.public+"/graphql", k.token("veteran0"), id, course)
			})
			t.Run("graphql-sse of routers", func(t *testing.T) {
				node(t, "clients/events.mjs", k.sub+"/subgraph", k.token("veteran0"), id, course)
			})
		})
	}
}
