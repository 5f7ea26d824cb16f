package tools

import (
	"bytes"
	"cmp"
	"flag"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/vetgraph/vetgraph/internal/fault"
	"github.com/vetgraph/vetgraph/resolvers"
)

var update = flag.Bool("update", false, "write docs/errors.md again")

const errorsPage = "../docs/errors.md"

// said is one reason that somebody may be told, and its words.
type said struct{ code, reason, zh, en string }

var kinds = map[string]fault.Kind{
	"Internal": fault.Internal, "Invalid": fault.Invalid, "SignedOut": fault.SignedOut, "Denied": fault.Denied,
	"NotFound": fault.NotFound, "Conflict": fault.Conflict, "Unavailable": fault.Unavailable, "TooLarge": fault.TooLarge,
}

var reason = regexp.MustCompile(`^[A-Z][A-Z0-9]*(_[A-Z0-9]+)*$`)

// TestErrorsPageIsComplete finds every reason in the code and compares them with
// docs/errors.md. go test ./tools -run ErrorsPage -update writes the tables again.
func TestErrorsPageIsComplete(t *testing.T) {
	faults, defects, problems := map[said]bool{}, map[said]bool{}, map[said]bool{}
	tree(t, func(name string, body []byte) {
		if !strings.HasSuffix(name, ".go") || strings.HasSuffix(name, "_test.go") || isGenerated(name) || below(name, "tools") {
			return
		}
		f, err := parser.ParseFile(token.NewFileSet(), name, body, parser.ParseComments|parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(f, func(n ast.Node) bool {
			if call, ok := n.(*ast.CallExpr); ok {
				if s, ok := faultOf(t, name, call); ok {
					faults[s] = true
				}
			}
			if below(name, "internal/roll") {
				defectsIn(n, defects)
			}
			return true
		})
		if name == "internal/form/problem.go" {
			constants(f, problems)
		}
	})
	if len(faults) == 0 || len(defects) == 0 || len(problems) == 0 {
		t.Fatalf("found %d faults, %d defects, %d problems", len(faults), len(defects), len(problems))
	}
	page, err := os.ReadFile(errorsPage)
	if err != nil {
		t.Fatal(err)
	}
	want := page
	for mark, text := range map[string]string{"faults": table(faults, true), "problems": table(problems, false), "defects": table(defects, false)} {
		want = between(t, want, mark, text)
	}
	if bytes.Equal(page, want) {
		return
	}
	if !*update {
		t.Fatal("docs/errors.md does not list what the code says: go test ./tools -run ErrorsPage -update")
	}
	if err := os.WriteFile(errorsPage, want, 0o600); err != nil {
		t.Fatal(err)
	}
}

// faultOf reads fault.New(kind, reason, zh, en) and fault.Newf.
func faultOf(t *testing.T, file string, call *ast.CallExpr) (said, bool) {
	fn, ok := call.Fun.(*ast.SelectorExpr)
	if !ok || len(call.Args) < 4 || fn.Sel.Name != "New" && fn.Sel.Name != "Newf" {
		return said{}, false
	}
	if pkg, ok := fn.X.(*ast.Ident); !ok || pkg.Name != "fault" {
		return said{}, false
	}
	kind, ok := call.Args[0].(*ast.SelectorExpr)
	s := said{reason: text(call.Args[1]), zh: text(call.Args[2]), en: text(call.Args[3])}
	if !ok || !reason.MatchString(s.reason) {
		t.Errorf("%s: a fault whose kind or reason is not written out cannot be documented: %q", file, s.reason)
		return said{}, false
	}
	s.code = resolvers.Code(kinds[kind.Sel.Name])
	return s, true
}

// defectsIn reads what is told of lines of a roll: wrong(…, REASON, zh, en),
// a Defect written out, and the table of line faults.
func defectsIn(n ast.Node, into map[said]bool) {
	switch n := n.(type) {
	case *ast.CallExpr:
		name := ""
		switch fn := n.Fun.(type) {
		case *ast.Ident:
			name = fn.Name
		case *ast.SelectorExpr:
			name = fn.Sel.Name
		}
		for i, a := range n.Args {
			if r := text(a); name == "wrong" && reason.MatchString(r) && len(n.Args) > i+2 {
				into[said{"", r, text(n.Args[i+1]), text(n.Args[i+2])}] = true
			}
		}
	case *ast.KeyValueExpr:
		if words, ok := n.Value.(*ast.CompositeLit); ok && reason.MatchString(text(n.Key)) {
			into[said{"", text(n.Key), member(words, "Zh"), member(words, "En")}] = true
		}
	case *ast.CompositeLit:
		r := member(n, "Reason")
		for _, e := range n.Elts {
			kv, _ := e.(*ast.KeyValueExpr)
			if kv == nil {
				continue
			}
			if words, ok := kv.Value.(*ast.CompositeLit); ok && reason.MatchString(r) {
				into[said{"", r, member(words, "Zh"), member(words, "En")}] = true
			}
		}
	}
}

// constants reads reasons that are named constants, with the comment beside each.
func constants(f *ast.File, into map[said]bool) {
	for _, d := range f.Decls {
		g, ok := d.(*ast.GenDecl)
		if !ok || g.Tok != token.CONST {
			continue
		}
		for _, spec := range g.Specs {
			if v, ok := spec.(*ast.ValueSpec); ok && len(v.Values) == 1 && reason.MatchString(text(v.Values[0])) {
				into[said{reason: text(v.Values[0]), en: strings.TrimSpace(v.Comment.Text())}] = true
			}
		}
	}
}

func member(l *ast.CompositeLit, name string) string {
	for _, e := range l.Elts {
		if kv, ok := e.(*ast.KeyValueExpr); ok {
			if key, ok := kv.Key.(*ast.Ident); ok && key.Name == name {
				return text(kv.Value)
			}
		}
	}
	return ""
}

// text is the part of an expression that is written out.
func text(e ast.Expr) string {
	switch e := e.(type) {
	case *ast.BasicLit:
		if s, err := strconv.Unquote(e.Value); err == nil && e.Kind == token.STRING {
			return s
		}
	case *ast.BinaryExpr:
		return cmp.Or(text(e.X), "…") + cmp.Or(text(e.Y), "…")
	case *ast.CallExpr:
		if len(e.Args) > 0 {
			return text(e.Args[0]) // fmt.Sprintf
		}
	}
	return ""
}

var verb = regexp.MustCompile(`%(\[\d+\])?[a-z]`)

// table is the reasons in order, below a heading for each code if they have one.
func table(all map[said]bool, coded bool) string {
	rows := slices.SortedFunc(maps.Keys(all), func(a, b said) int {
		return cmp.Or(cmp.Compare(a.code, b.code), cmp.Compare(a.reason, b.reason), cmp.Compare(a.zh, b.zh))
	})
	var b strings.Builder
	for i, r := range rows {
		words := verb.ReplaceAllString(strings.TrimSpace(r.zh+" "+r.en), "…")
		switch {
		case i > 0 && rows[i-1].code == r.code && rows[i-1].reason == r.reason:
			fmt.Fprintf(&b, "| | %s |\n", words)
			continue
		case coded && (i == 0 || rows[i-1].code != r.code):
			fmt.Fprintf(&b, "\n### %s\n\n| reason | words |\n|---|---|\n", r.code)
		case i == 0:
			b.WriteString("\n| reason | words |\n|---|---|\n")
		}
		fmt.Fprintf(&b, "| `%s` | %s |\n", r.reason, words)
	}
	return b.String()
}

// between replaces what stands between a pair of marks of a page.
func between(t *testing.T, page []byte, mark, text string) []byte {
	t.Helper()
	open, end := []byte("<!-- "+mark+" -->\n"), []byte("<!-- end of "+mark+" -->\n")
	i, j := bytes.Index(page, open), bytes.Index(page, end)
	if i < 0 || j < i {
		t.Fatalf("the page has no marks for %s", mark)
	}
	return slices.Concat(page[:i+len(open)], []byte(text), []byte("\n"), page[j:])
}
