package tools

import (
	"context"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/vetgraph/vetgraph/server"
)

// node runs a script in tools/npm and returns what it says, and whether it was
// content. Without Node.js or what npm installs the test is skipped, and fails if
// CI says that they must be there.
func node(t *testing.T, script string, args ...string) (string, bool) {
	t.Helper()
	program, err := exec.LookPath("node")
	if err == nil {
		_, err = os.Stat(filepath.Join("npm", "node_modules"))
	}
	if err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatalf("CI needs Node.js and npm ci in tools/npm: %v", err)
		}
		t.Skipf("no Node.js, or no npm ci in tools/npm: %v", err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	c := exec.CommandContext(ctx, program, append([]string{script}, args...)...)
	c.Dir = "npm"
	out, err := c.CombinedOutput()
	return string(out), err == nil
}

// composed runs vetgraph compose and returns the supergraph's file and the folder
// with the schemas it was made of.
func composed(t *testing.T, of ...string) (file, schemas string) {
	t.Helper()
	file, schemas = filepath.Join(t.TempDir(), "supergraph.graphql"), t.TempDir()
	var errs strings.Builder
	if status := server.Main(append([]string{"compose", "--out", file, "--keep", schemas}, of...), io.Discard, &errs); status != 0 {
		t.Fatal(errs.String())
	}
	return file, schemas
}

// What internal/compose carries is what its script makes of the packages in tools/npm.
func TestComposerIsFresh(t *testing.T) {
	if said, ok := node(t, "compose/build.mjs", "--check"); !ok {
		t.Error(said)
	}
}

// The graph that is released, and small ones with everything that federation has,
// are what Guild's composer makes of them in Node.js, and what Apollo's does.
func TestComposersAgree(t *testing.T) {
	cases := map[string][]string{"released": {filepath.Join("..", "graph", "supergraph.yaml")}}
	folders, err := filepath.Glob(filepath.Join("..", "internal", "compose", "testdata", "*"))
	if err != nil || len(folders) == 0 {
		t.Fatalf("no cases: %v", err)
	}
	for _, folder := range folders {
		files, err := filepath.Glob(filepath.Join(folder, "*.graphqls"))
		if err != nil || len(files) == 0 {
			t.Fatalf("%s is empty: %v", folder, err)
		}
		for _, f := range files {
			name := strings.TrimSuffix(filepath.Base(f), ".graphqls")
			cases[folder] = append(cases[folder], name+"=http://"+name+".example.org/graphql="+f)
		}
	}
	var pairs []string
	for _, of := range cases {
		file, schemas := composed(t, of...)
		pairs = append(pairs, file, schemas)
	}
	if said, ok := node(t, "compose/check.mjs", pairs...); !ok || strings.Count(said, "ok ") != 5*len(cases) {
		t.Error(said)
	}
}

// A supergraph that says something else is found out.
func TestComposersDisagree(t *testing.T) {
	file, schemas := composed(t, filepath.Join("..", "graph", "supergraph.yaml"))
	body, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	for _, change := range []struct{ from, to, found string }{
		{`requires: "benefits{`, `requires: "id benefits{`, "routers read the same"},
		{"concessionsTaken: [TakenConcession!]", "concessionsTaken: [TakenConcession!]!", "clients see the same schema"},
	} {
		if !strings.Contains(string(body), change.from) {
			t.Fatalf("the supergraph has no %s", change.from)
		}
		if err := os.WriteFile(file, []byte(strings.ReplaceAll(string(body), change.from, change.to)), 0o600); err != nil {
			t.Fatal(err)
		}
		if said, ok := node(t, "compose/check.mjs", file, schemas); ok || !strings.Contains(said, "FAIL  "+change.found) || !strings.Contains(said, "FAIL  Guild") {
			t.Errorf("%s: %s", change.to, said)
		}
	}
}
