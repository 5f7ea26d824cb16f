package tools

import (
	"fmt"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/vetgraph/vetgraph/internal/catalog"
)

// TestReadmeFigures holds the README's headline against what the catalogue gives.
func TestReadmeFigures(t *testing.T) {
	body, err := os.ReadFile("../README.md")
	if err != nil {
		t.Fatal(err)
	}
	c, err := catalog.Builtin()
	if err != nil {
		t.Fatal(err)
	}
	totals := c.Totals()
	for _, f := range []struct {
		name          string
		before, after int
	}{
		{"working days", totals.Before.Days, totals.After.Days},
		{"papers", totals.Before.Materials, totals.After.Materials},
		{"steps", totals.Before.Steps, totals.After.Steps},
		{"visits", totals.Before.Visits, totals.After.Visits},
	} {
		if line := fmt.Sprintf("%s | %d | **%d** |", f.name, f.before, f.after); !strings.Contains(string(body), line) {
			t.Errorf("the README does not say %q", line)
		}
	}
}

var (
	link    = regexp.MustCompile(`(?:\]\(|(?:src|href)=")([^)\s"#]+)`)
	command = regexp.MustCompile(`(?m)^\s*go (?:run|test|generate) (\./[a-z./-]+)`)
)

// TestPagesPointSomewhere follows every link and every path of a command on our pages.
func TestPagesPointSomewhere(t *testing.T) {
	tree(t, func(name string, body []byte) {
		if !strings.HasSuffix(name, ".md") {
			return
		}
		for _, m := range link.FindAllStringSubmatch(string(body), -1) {
			if strings.Contains(m[1], ":") {
				continue // another site, or the demonstration
			}
			if _, err := os.Stat(filepath.Join("..", path.Dir(name), m[1])); err != nil {
				t.Errorf("%s points to %s, which is not there", name, m[1])
			}
		}
		for _, m := range command.FindAllStringSubmatch(string(body), -1) {
			if _, err := os.Stat(filepath.Join("..", strings.TrimSuffix(m[1], "..."))); err != nil {
				t.Errorf("%s has a command about %s, which is not there", name, m[1])
			}
		}
	})
}
