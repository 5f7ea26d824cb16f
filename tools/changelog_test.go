package tools

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// The graph has lost nothing that its clients may ask for since its last release,
// unless docs/schema-changelog.md says so, and that page says what is new.
func TestGraphBreaksNothing(t *testing.T) {
	if said, ok := node(t, "compose/diff.mjs"); !ok {
		t.Error(said)
	}
}

// graphCopy is a tree with the files that the comparison reads, to change as a test likes.
func graphCopy(t *testing.T) (root string, edit func(file, from, to string)) {
	t.Helper()
	root = t.TempDir()
	write := func(file, body string) {
		t.Helper()
		to := filepath.Join(root, filepath.FromSlash(file))
		if err := os.MkdirAll(filepath.Dir(to), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(to, []byte(body), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	read := func(file string) string {
		t.Helper()
		body, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		return string(body)
	}
	// Of a copy nothing has changed yet: the released graphs are the present ones.
	whole, alone := read("../graph/supergraph.graphql"), read("../graph/hub.graphql")
	for file, body := range map[string]string{
		"graph/supergraph.graphql": whole, "graph/released.graphql": whole, "graph/hub.graphql": alone, "graph/released-hub.graphql": alone,
		"docs/schema-changelog.md":               "# Changes\n\n" + nextVersion + "## first\n\nThe first.\n",
		"server/testdata/operations/ask.graphql": "query ($id: ID!) {\n  veteran(id: $id) {\n    benefits { preferentialCard { state } }\n    concessions { terms { zh } }\n  }\n}\n",
	} {
		write(file, body)
	}
	return root, func(file, from, to string) {
		t.Helper()
		body := read(filepath.Join(root, filepath.FromSlash(file)))
		if strings.Count(body, from) == 0 {
			t.Fatalf("%s has no %q", file, from)
		}
		write(file, strings.Replace(body, from, to, 1))
	}
}

const nextVersion = "## Next 下一版\n\n### Accepted breaking changes 已接受的不兼容变更\n\n没有。 None.\n\n### Changes 变更\n\n没有。 None.\n\n"

const both = "graph/supergraph.graphql graph/hub.graphql"

// What would break a client is refused, with a report of whose it is, who uses it
// and what to do.
func TestBreakingChangesAreFound(t *testing.T) {
	for name, c := range map[string]struct {
		files    string
		from, to string
		want     []string
	}{
		"a field of a partner's is gone": {"graph/supergraph.graphql", "\n  terms: Text!", "\n  conditions: Text!",
			[]string{"BREAKING FIELD_REMOVED Concession.terms", "全图 graph; subgraph 子图 concessions", "server/testdata/operations/ask.graphql:4", "@deprecated", "- `FIELD_REMOVED Concession.terms` why"}},
		"a field of the hub's is another type, and a partner needs it": {both, "\n  state: PreferentialCardState!", "\n  state: PreferentialCardState",
			[]string{"BREAKING FIELD_TYPE_CHANGED PreferentialCard.state", "全图 graph, 单独的枢纽 hub alone; subgraph 子图 hub", "subgraph concessions (Veteran.concessions)", "server/testdata/operations/ask.graphql:3"}},
		"a partner's field is another type":                   {"graph/supergraph.graphql", "\n  payPercent: Int!", "\n  payPercent: Float!", []string{"BREAKING FIELD_TYPE_CHANGED Concession.payPercent", "subgraph 子图 concessions"}},
		"an argument is wanted":                               {both, "\n  veteran(id: ID!", "\n  veteran(why: String!, id: ID!", []string{"BREAKING FIELD_ARGUMENT_ADDED Query.veteran.why", "server/testdata/operations/ask.graphql:2"}},
		"an argument must not be null":                        {"graph/supergraph.graphql", "\n  concessions(division: ID)", "\n  concessions(division: ID!)", []string{"BREAKING FIELD_ARGUMENT_TYPE_CHANGED Query.concessions.division"}},
		"an input field is wanted":                            {"graph/supergraph.graphql", "\ninput EnrolInCourseInput @join__type(graph: COURSES) {", "\ninput EnrolInCourseInput @join__type(graph: COURSES) {\n  why: String!", []string{"BREAKING INPUT_FIELD_ADDED EnrolInCourseInput.why", "subgraph 子图 courses"}},
		"a value is gone":                                     {both, "\n  MAKING @", "\n  BEING_MADE @", []string{"BREAKING ENUM_VALUE_REMOVED PreferentialCardState.MAKING"}},
		"a field is hidden":                                   {"graph/supergraph.graphql", "\n  courseHours: Int!", "\n  courseHours: Int! @inaccessible", []string{"BREAKING FIELD_REMOVED Veteran.courseHours", "subgraph hub (Veteran.trainingHours)"}},
		"a hub alone has lost what the whole graph still has": {"graph/hub.graphql", "\n  benefits: Benefits!", "\n  advantages: Benefits!", []string{"BREAKING FIELD_REMOVED Veteran.benefits", "单独的枢纽 hub alone; subgraph 子图 hub"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel() // each starts Node.js and waits for it
			root, edit := graphCopy(t)
			for _, file := range strings.Fields(c.files) {
				edit(file, c.from, c.to)
			}
			said, ok := node(t, "compose/diff.mjs", "--root", root)
			if ok {
				t.Error("it was taken")
			}
			for _, want := range c.want {
				if !strings.Contains(said, want) {
					t.Errorf("no %q in\n%s", want, said)
				}
			}
		})
	}
}

// A breaking change can be accepted, by name and with a reason; then a release is made.
func TestChangelogFollows(t *testing.T) {
	root, edit := graphCopy(t)
	diff := func(want string, content bool, args ...string) {
		t.Helper()
		if said, ok := node(t, "compose/diff.mjs", append(args, "--root", root)...); ok != content || !strings.Contains(said, want) {
			t.Fatalf("%q: %v, want %q in\n%s", args, ok, want, said)
		}
	}
	page := func() string {
		t.Helper()
		body, err := os.ReadFile(filepath.Join(root, "docs", "schema-changelog.md"))
		if err != nil {
			t.Fatal(err)
		}
		return string(body)
	}
	const log, key = "docs/schema-changelog.md", "- `FIELD_REMOVED Concession.terms`"
	diff("0 changes", true)
	edit("graph/supergraph.graphql", "\n  terms: Text!", "\n  conditions: Text!")
	diff("diff.mjs --write", false)
	diff("BREAKING FIELD_REMOVED Concession.terms", false, "--write") // written, and still refused
	if body := page(); !strings.Contains(body, "**不兼容 breaking** 移除字段 `Concession.terms`") || !strings.Contains(body, "- 新增字段 `Concession.conditions`") {
		t.Errorf("the page does not follow:\n%s", body)
	}
	diff("BREAKING", false, "--release", "0.2.0")
	edit(log, "没有。 None.", key) // no reason, no acceptance
	diff("BREAKING", false)
	edit(log, key, key+" nobody read them; announced on 2026-10-01.")
	diff("2 changes since the last release, 1 of them breaking and accepted", true)
	metrics := filepath.Join(root, "metrics")
	if err := os.WriteFile(metrics, []byte("vetgraph_graphql_fields_total{field=\"Concession.holders\"} 12\nvetgraph_graphql_deprecated_total{client=\"portal\",field=\"Concession.holders\"} 7\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	edit("graph/supergraph.graphql", "\n  holders: Int!", "\n  taken: Int!")
	diff("12 operations at the running hub portal 7", false, "--usage", metrics)
	edit("graph/supergraph.graphql", "\n  taken: Int!", "\n  holders: Int!")
	diff("", true, "--release", "0.2.0")
	if body := page(); !strings.HasPrefix(body, "# Changes\n\n"+nextVersion+"## 0.2.0\n") || !strings.Contains(body, key) || !strings.HasSuffix(body, "## first\n\nThe first.\n") {
		t.Errorf("the page after the release:\n%s", body)
	}
	diff("0 changes", true)
	edit(log, "没有。 None.", key+" nobody read them.")
	diff("nothing breaks there", false)
}
