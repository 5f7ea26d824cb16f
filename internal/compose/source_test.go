package compose_test

import (
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/vetgraph/vetgraph/internal/compose"
)

func TestConfig(t *testing.T) {
	file := filepath.Join("some", "where", "supergraph.yaml")
	c, err := compose.ParseConfig(file, []byte(`
out: made.graphql
subgraphs:
  hub: {url: "http://127.0.0.1:8081/subgraph", sdl: builtin}
  bus: {url: "https://bus.example.org/graphql", sdl: ../bus.graphqls}
  school: {url: "https://school.example.org/graphql", secretFile: school.secret}
`))
	if err != nil {
		t.Fatal(err)
	}
	var names, sdl []string
	for _, s := range c.Subgraphs {
		names, sdl = append(names, s.Name), append(sdl, s.SDL+s.SecretFile)
	}
	if want := []string{"hub", "bus", "school"}; !reflect.DeepEqual(names, want) {
		t.Errorf("%q, want %q in this order", names, want)
	}
	if want := []string{"builtin", filepath.Join("some", "bus.graphqls"), filepath.Join("some", "where", "school.secret")}; !reflect.DeepEqual(sdl, want) {
		t.Errorf("%q, want %q", sdl, want)
	}
	if c.Out != filepath.Join("some", "where", "made.graphql") {
		t.Error(c.Out)
	}
}

// Every mistake of a configuration is told at once, with its place.
func TestBadConfig(t *testing.T) {
	for name, c := range map[string]struct {
		body string
		want []string
	}{
		"empty":         {"", []string{"s.yaml:1:1"}},
		"no YAML":       {"a: [", []string{"s.yaml:1:1"}},
		"a list":        {"- a", []string{"s.yaml:1:1", "s.yaml:1:1"}},
		"nothing in it": {"out: x", []string{"s.yaml:1:1"}},
		"two documents": {"subgraphs: {a: {url: http://a}}\n---\nx: 1", []string{"s.yaml:2:1"}},
		"much at once": {"out: 1\nsubgraph: {}\nsubgraphs:\n  a b: {url: http://a}\n  c: {sdl: c.graphqls}\n  d: {url: file:///d, sdl: [x], secret: y}\n  e: {url: http://e, sdl: e.graphqls, secretFile: e}\n  e: {url: http://e}\n",
			[]string{"s.yaml:1:6", "s.yaml:2:1", "s.yaml:4:3", "s.yaml:5:3", "s.yaml:6:12", "s.yaml:6:28", "s.yaml:6:33", "s.yaml:7:3", "s.yaml:8:3"}},
		"a password": {"subgraphs: {a: {url: \"http://me:it@a\"}}", []string{"s.yaml:1:22"}},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := compose.ParseConfig("s.yaml", []byte(c.body))
			var p *compose.Problems
			if !errors.As(err, &p) {
				t.Fatalf("no problems but %v", err)
			}
			var got []string
			for _, one := range *p {
				got = append(got, one.Places[0].String())
			}
			if !reflect.DeepEqual(got, c.want) {
				t.Errorf("%q, want %q\n%v", got, c.want, err)
			}
		})
	}
}

// answers is a subgraph that wants to see a secret.
func answers(t *testing.T, sdl string) string {
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var asked struct{ Query string }
		if r.Header.Get("Vetgraph-Router-Secret") != "routers" {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		if err := json.NewDecoder(r.Body).Decode(&asked); err != nil || asked.Query != "{ _service { sdl } }" {
			t.Errorf("asked %q (%v)", asked.Query, err)
		}
		_ = json.NewEncoder(w).Encode(map[string]any{"data": map[string]any{"_service": map[string]string{"sdl": sdl}}})
	}))
	t.Cleanup(s.Close)
	return s.URL
}

func TestRead(t *testing.T) {
	dir := t.TempDir()
	for name, body := range map[string]string{"shops.graphqls": shops, "secret": "routers\n"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(body), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	asked := answers(t, people)
	got, err := compose.Read(t.Context(), []compose.Source{
		{Name: "own", URL: "http://own.example.org", SDL: compose.Builtin},
		{Name: "shops", URL: "http://shops.example.org", SDL: filepath.Join(dir, "shops.graphqls")},
		{Name: "people", URL: asked, Secret: "routers"},
		{Name: "again", URL: asked, SecretFile: filepath.Join(dir, "secret")},
	}, func() (string, error) { return "type Query { own: Int }", nil })
	if err != nil {
		t.Fatal(err)
	}
	want := []compose.Subgraph{
		{Name: "own", URL: "http://own.example.org", SDL: "type Query { own: Int }"},
		{Name: "shops", URL: "http://shops.example.org", SDL: shops, File: filepath.Join(dir, "shops.graphqls")},
		{Name: "people", URL: asked, SDL: people}, {Name: "again", URL: asked, SDL: people},
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("%+v", got)
	}
}

// Who cannot be read is told together, and no secret with it.
func TestReadFails(t *testing.T) {
	says := func(status int, body, to string) string {
		s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			if to != "" {
				w.Header().Set("Location", to)
			}
			w.WriteHeader(status)
			_, _ = w.Write([]byte(body))
		}))
		t.Cleanup(s.Close)
		return s.URL
	}
	gone := httptest.NewServer(http.NotFoundHandler())
	gone.Close()
	sources := []compose.Source{
		{Name: "gone", URL: gone.URL},
		{Name: "locked", URL: answers(t, people), Secret: "top secret"},
		{Name: "page", URL: says(200, "<html>", "")},
		{Name: "other", URL: says(200, `{"data":{}}`, "")},
		{Name: "refuses", URL: says(200, `{"errors":[{"message":"no such field _service"}]}`, "")},
		{Name: "elsewhere", URL: says(307, "", answers(t, people)), Secret: "routers"},
		{Name: "missing", URL: "http://x", SDL: filepath.Join(t.TempDir(), "nothing")},
	}
	_, err := compose.Read(t.Context(), sources, nil)
	var p *compose.Problems
	if !errors.As(err, &p) || len(*p) != len(sources) {
		t.Fatalf("%v", err)
	}
	for i, one := range *p {
		if one.Subgraph != sources[i].Name || one.Code != "SDL_UNREACHABLE" {
			t.Errorf("%v", one)
		}
	}
	if strings.Contains(err.Error(), "top secret") {
		t.Error("a secret is told")
	}
}
