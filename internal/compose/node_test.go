package compose

import (
	"bufio"
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// broken are the cases of testdata as they are and with each of their words but the
// first left out in turn: most do not compose, each in its own way.
func broken(t *testing.T) (all []string) {
	t.Helper()
	folders, err := filepath.Glob("testdata/*")
	if err != nil || len(folders) == 0 {
		t.Fatalf("no cases: %v", err)
	}
	for _, folder := range folders {
		files, err := filepath.Glob(folder + "/*.graphqls")
		if err != nil {
			t.Fatal(err)
		}
		type part struct {
			Name string `json:"name"`
			URL  string `json:"url"`
			SDL  string `json:"sdl"`
		}
		var parts []part
		add := func() {
			line, err := json.Marshal(parts)
			if err != nil {
				t.Fatal(err)
			}
			all = append(all, string(line))
		}
		for _, f := range files {
			body, err := os.ReadFile(f)
			if err != nil {
				t.Fatal(err)
			}
			name := strings.TrimSuffix(filepath.Base(f), ".graphqls")
			parts = append(parts, part{name, "http://" + name + ".example.org", string(body)})
		}
		add()
		for i := range parts {
			whole := parts[i].SDL
			for _, word := range strings.Fields(whole)[1:] {
				parts[i].SDL = strings.Replace(whole, " "+word, "", 1)
				if parts[i].SDL != whole {
					add()
				}
			}
			parts[i].SDL = whole
		}
	}
	return all
}

// The composer says the same in this process and in Node.js, of what composes and
// of what does not: messages, codes, places and their order.
func TestNodeSaysTheSame(t *testing.T) {
	dir := filepath.Join("..", "..", "tools", "npm")
	program, err := exec.LookPath("node")
	if err == nil {
		_, err = os.Stat(filepath.Join(dir, "node_modules"))
	}
	if err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatalf("CI needs Node.js and npm ci in tools/npm: %v", err)
		}
		t.Skipf("no Node.js, or no npm ci in tools/npm: %v", err)
	}
	all, n := broken(t), 0
	if os.Getenv("VETGRAPH_EVERY_WORD") == "" { // a hundred of nine hundred, or half a minute
		all = slices.DeleteFunc(all, func(string) bool { n++; return n%9 != 1 })
	}
	c := exec.CommandContext(t.Context(), program, "compose/outcomes.mjs")
	c.Dir, c.Stdin = dir, strings.NewReader(strings.Join(all, "\n"))
	var errs bytes.Buffer
	c.Stderr = &errs
	said, err := c.Output()
	if err != nil {
		t.Fatalf("%v\n%s", err, errs.String())
	}
	lines := bufio.NewScanner(bytes.NewReader(said))
	lines.Buffer(nil, 1<<24)
	good := 0
	for i, in := range all {
		if !lines.Scan() {
			t.Fatalf("Node.js says nothing about the %dth", i+1)
		}
		out, err := run(t.Context(), in, mostHeap)
		if err != nil {
			t.Fatalf("%v\n%s", err, in)
		}
		if out != lines.Text() {
			t.Fatalf("here\n%s\nin Node.js\n%s\nof\n%s", out, lines.Text(), in)
		}
		if strings.HasPrefix(out, `{"supergraph"`) {
			good++
		}
	}
	if good == 0 || good == len(all) {
		t.Errorf("%d of %d compose: nothing is compared", good, len(all))
	}
	t.Logf("%d of %d compose", good, len(all))
}
