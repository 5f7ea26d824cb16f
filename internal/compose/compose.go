// Package compose makes one supergraph out of the schemas of many subgraphs.
//
// What composes is @theguild/federation-composition in bundle.js, built by
// tools/npm/compose/build.mjs, run by a JavaScript engine in this process: nobody
// who operates a hub needs Node.js. A composition gets an engine of its own, which
// ends with its context and has no file, network or clock of ours.
package compose

import (
	"context"
	"encoding/json"
	"fmt"
	"net/url"
	"regexp"
	"strings"
)

const (
	mostParts = 100     // subgraphs in one supergraph
	mostText  = 4 << 20 // bytes of one subgraph's schema
)

// Subgraph is one part of a supergraph.
type Subgraph struct {
	Name string
	URL  string // where a router asks it; it stands in the supergraph
	SDL  string
	File string // where the SDL was read, for reports; may be empty
}

var nameShape = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_-]{0,63}$`)

// Compose returns the supergraph's SDL, the same for the same subgraphs. Its error
// is [*Problems], every mistake found at once, or says that the composition was
// interrupted: by the context, or because it took too much memory.
func Compose(ctx context.Context, subgraphs []Subgraph) (string, error) {
	if p := check(subgraphs); len(p) > 0 {
		return "", &p
	}
	type part struct {
		Name string `json:"name"`
		URL  string `json:"url"`
		SDL  string `json:"sdl"`
	}
	parts := make([]part, len(subgraphs))
	files := map[string]string{}
	for i, s := range subgraphs {
		parts[i] = part{s.Name, s.URL, s.SDL}
		files[s.Name] = s.File
	}
	in, err := json.Marshal(parts)
	if err != nil {
		return "", fmt.Errorf("compose: %w", err)
	}
	said, err := run(ctx, string(in), mostHeap)
	if err != nil {
		return "", err
	}
	var out struct {
		Supergraph string  `json:"supergraph"`
		Errors     []found `json:"errors"`
	}
	if err := json.Unmarshal([]byte(said), &out); err != nil {
		return "", fmt.Errorf("compose: the composer's answer: %w", err)
	}
	var problems Problems
	for _, f := range out.Errors {
		problems.add(f.problem(files))
	}
	if len(problems) == 0 && out.Supergraph == "" {
		problems.add(Problem{Code: "UNSAID", Text: "the composer made nothing of these subgraphs"})
	}
	if len(problems) > 0 {
		return "", &problems
	}
	return strings.TrimSpace(out.Supergraph) + "\n", nil
}

// found is a mistake as entry.mjs says it.
type found struct {
	Subgraph string  `json:"subgraph"`
	Code     string  `json:"code"`
	Message  string  `json:"message"`
	Places   []Place `json:"places"`
}

func (f found) problem(files map[string]string) Problem {
	for i, p := range f.Places {
		f.Places[i].File = files[p.Subgraph]
	}
	if f.Code == "" {
		f.Code = "UNSAID"
	}
	return Problem{Subgraph: f.Subgraph, Code: f.Code, Text: strings.TrimPrefix(f.Message, "["+f.Subgraph+"] "), Places: f.Places}
}

// check is what can be said before the composer is asked.
func check(subgraphs []Subgraph) (p Problems) {
	if len(subgraphs) == 0 || len(subgraphs) > mostParts {
		p.add(Problem{Code: "CONFIG_INVALID", Text: fmt.Sprintf("a supergraph has 1 to %d subgraphs, not %d", mostParts, len(subgraphs))})
		return p
	}
	seen := map[string]bool{}
	for _, s := range subgraphs {
		say := func(code, text string) { p.add(Problem{Subgraph: s.Name, Code: code, Text: text}) }
		switch {
		case !nameShape.MatchString(s.Name):
			say("NAME_INVALID", "a name is a letter, then letters, digits, - and _")
		case seen[s.Name]:
			say("NAME_INVALID", "two subgraphs have this name")
		}
		seen[s.Name] = true
		if !address(s.URL) {
			say("URL_INVALID", fmt.Sprintf("%q is not an absolute http or https address", s.URL))
		}
		switch {
		case strings.TrimSpace(s.SDL) == "":
			say("SDL_MISSING", "the schema is empty")
		case len(s.SDL) > mostText:
			say("SDL_TOO_LARGE", fmt.Sprintf("the schema has %d bytes, more than %d", len(s.SDL), mostText))
		}
	}
	return p
}

// address says whether text is where a router can ask. It holds no password: the
// supergraph is public.
func address(text string) bool {
	u, err := url.Parse(text)
	return err == nil && (u.Scheme == "http" || u.Scheme == "https") && u.Host != "" && u.User == nil && !strings.ContainsAny(text, "\"\\\n\r\t ")
}
