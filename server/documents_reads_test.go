package server_test

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/vektah/gqlparser/v2"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/validator/rules"
	"golang.org/x/tools/txtar"

	"github.com/vetgraph/vetgraph/graph/exec"
)

// document is one operation that stands somewhere for people or programs to use.
type document struct {
	where string // file, and which of its operations
	as    string // persona; empty if the file does not say
	door  string // path
	op    *ast.OperationDefinition
	rough bool // of a script: it may be refused, that is what the script shows
}

var schema = exec.NewExecutableSchema(exec.Config{}).Schema()

var (
	fence    = regexp.MustCompile("(?ms)^```(graphql|sh)\n(.*?)^```")
	single   = regexp.MustCompile(`(?s)'([^']*)'`)
	backtick = regexp.MustCompile("(?s)`([^`]*)`")
	inJSON   = regexp.MustCompile(`"?query"?: ("(?:[^"\\]|\\.)*")`)
	asked    = regexp.MustCompile(`ask ("[^"]*"|'[^']*'|\S+) $`)
	graphql  = regexp.MustCompile(`^\s*(#.*\s*)*(query|mutation|subscription)\b[^;]*\{`)
)

// documents finds every operation in the pages, the tools, the browser's pages,
// the scripts and testdata/operations. A new one is found by itself.
func documents(t *testing.T) []document {
	t.Helper()
	var all []document
	for _, f := range []struct {
		files string
		read  func(t *testing.T, body string) []document
	}{
		{"../README.md", inPage}, {"../*.md", inPage}, {"../docs/*.md", inPage}, {"../docs/*/*.md", inPage},
		{"page/*.js", inJavaScript}, {"../tools/load/queries/*.graphql", inFile}, {"../web/sdk/operations/*.graphql", inFile},
		{"testdata/operations/*.graphql", inFile}, {"testdata/script/*.txtar", inScript},
	} {
		names, err := filepath.Glob(f.files)
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range names {
			if strings.HasSuffix(name, "partners.md") {
				continue // it asks a graph that a reader has just made; its own test runs it
			}
			body, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			for i, d := range f.read(t, string(body)) {
				d.where = fmt.Sprintf("%s %d", strings.TrimPrefix(filepath.ToSlash(name), "../"), i+1)
				all = append(all, d)
			}
		}
	}
	seen := map[string]bool{}
	out := all[:0]
	for _, d := range all {
		if key := d.as + d.door + printed(d.op); !seen[key] {
			seen[key] = true
			out = append(out, d)
		}
	}
	return out
}

// parsed is what a text holds if it is GraphQL that fits the schema. Text that
// means to be and does not fit is a mistake of whoever wrote it.
func parsed(t *testing.T, text string, meant bool) []document {
	t.Helper()
	doc, err := gqlparser.LoadQueryWithRules(schema, text, rules.NewDefaultRules())
	if err != nil {
		if meant {
			t.Errorf("%v: %s", err, text)
		}
		return nil
	}
	var out []document
	for _, op := range doc.Operations {
		door := "/graphql"
		for _, s := range op.SelectionSet {
			if f, ok := s.(*ast.Field); ok && strings.HasPrefix(f.Name, "_") && f.Name != "__typename" {
				door = "/subgraph"
			}
		}
		out = append(out, document{door: door, op: unfolded(op)})
	}
	return out
}

// inPage reads the blocks of a page: GraphQL, and commands with GraphQL in quotes.
func inPage(t *testing.T, body string) (out []document) {
	for _, block := range fence.FindAllStringSubmatch(body, -1) {
		if block[1] == "graphql" {
			out = append(out, parsed(t, block[2], true)...)
			continue
		}
		for _, at := range single.FindAllStringSubmatchIndex(block[2], -1) {
			text := block[2][at[2]:at[3]]
			var as string
			if m := asked.FindStringSubmatch(block[2][:at[0]]); m != nil {
				as = strings.Trim(m[1], `'"`)
			}
			for _, m := range inJSON.FindAllStringSubmatch(text, -1) {
				var inner string
				if json.Unmarshal([]byte(m[1]), &inner) == nil {
					out = append(out, parsed(t, inner, true)...)
				}
			}
			for _, d := range parsed(t, text, as != "" || graphql.MatchString(text)) {
				d.as = persona(as)
				out = append(out, d)
			}
		}
	}
	return out
}

// persona is who a page asks as: a name, or words of the shell that make one.
func persona(words string) string {
	name, rest, _ := strings.Cut(words, "&")
	if place, ok := strings.CutPrefix(rest, "division="); ok {
		return name + "@" + place
	}
	if id, ok := strings.CutPrefix(rest, "id="); ok && strings.HasPrefix(id, "$WHO") {
		return "owner"
	}
	if strings.HasPrefix(name, "$") {
		return ""
	}
	return name
}

func inJavaScript(t *testing.T, body string) (out []document) {
	for _, quoted := range []*regexp.Regexp{backtick, single} {
		for _, m := range quoted.FindAllStringSubmatch(body, -1) {
			out = append(out, parsed(t, m[1], graphql.MatchString(m[1]))...)
		}
	}
	return out
}

// inFile reads a file of operations. A line "# as: NAME" says for whom.
func inFile(t *testing.T, body string) []document {
	out := parsed(t, body, true)
	for line := range strings.Lines(body) {
		if as, ok := strings.CutPrefix(line, "# as: "); ok {
			for i := range out {
				out[i].as = strings.TrimSpace(as)
			}
		}
	}
	return out
}

// inScript reads what a conversation asks. It may ask for what is not there, so
// what does not fit the schema is passed over.
func inScript(t *testing.T, body string) (out []document) {
	as, door := "", "/graphql"
	for _, s := range txtar.Parse([]byte(body)).Files {
		switch text := strings.TrimSpace(string(s.Data)); s.Name {
		case "as":
			as, door = text, "/graphql"
		case "as router for":
			as, door = text, "/subgraph"
		case "query":
			for _, d := range parsed(t, text, false) {
				d.as, d.door, d.rough = as, door, true
				out = append(out, d)
			}
		}
	}
	return out
}

// The finder finds: a page that asks is read to the last question.
func TestEveryDocumentIsFound(t *testing.T) {
	found := map[string]int{}
	for _, d := range documents(t) {
		name, _, _ := strings.Cut(d.where, " ")
		found[name]++
	}
	for name, least := range map[string]int{
		"docs/quickstart.md": 13, "docs/casework.md": 20, "docs/analysts.md": 1, "page/graphiql.js": 5, "page/page.js": 4,
		"tools/load/queries/page.graphql": 1, "testdata/script/profile.txtar": 4, "testdata/operations/home.graphql": 1,
	} {
		if found[name] < least {
			t.Errorf("%d operations in %s, at least %d stand there", found[name], name, least)
		}
	}
	t.Logf("%v", found)
}
