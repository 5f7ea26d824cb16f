package compose

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"strings"

	"go.yaml.in/yaml/v3"
)

// Builtin in place of a file means the schema of the program that composes.
const Builtin = "builtin"

// Source is where a subgraph's schema comes from.
type Source struct {
	Name string
	URL  string // where a router asks it
	// SDL is a file, or [Builtin]. If it is empty the URL is asked.
	SDL string
	// Secret is shown to the URL when it is asked, as routers do.
	Secret string
	// SecretFile is the file that Secret stands in.
	SecretFile string
	at         Place // where a configuration names it
}

// Config is a file that says what a supergraph is made of:
//
//	out: supergraph.graphql
//	subgraphs:
//	  hub: {url: "http://127.0.0.1:8081/subgraph", sdl: builtin}
//	  concessions: {url: "http://127.0.0.1:8091/graphql", sdl: concessions.graphqls}
//
// Without sdl the url is asked, with what stands in secretFile. Files are found
// from where the configuration is.
type Config struct {
	Out       string // file for the supergraph; empty for none
	Subgraphs []Source
}

// ParseConfig reads a configuration that stands in file. Its error is [*Problems],
// every mistake at once.
func ParseConfig(file string, body []byte) (Config, error) {
	r := reader{file: file}
	c := r.config(body)
	if len(r.problems) > 0 {
		return Config{}, &r.problems
	}
	return c, nil
}

// reader takes a configuration apart.
type reader struct {
	file     string
	problems Problems
}

func (r *reader) say(n *yaml.Node, text string, args ...any) {
	p := Problem{Code: "CONFIG_INVALID", Text: fmt.Sprintf(text, args...), Places: []Place{{File: r.file, Line: 1, Column: 1}}}
	if n != nil {
		p.Places[0].Line, p.Places[0].Column = n.Line, n.Column
	}
	r.problems.add(p)
}

func (r *reader) config(body []byte) (c Config) {
	var doc, more yaml.Node
	d := yaml.NewDecoder(bytes.NewReader(body))
	if err := d.Decode(&doc); errors.Is(err, io.EOF) {
		r.say(nil, "it is empty")
		return c
	} else if err != nil {
		r.say(nil, "%s", strings.TrimPrefix(err.Error(), "yaml: "))
		return c
	}
	if err := d.Decode(&more); !errors.Is(err, io.EOF) {
		r.say(&more, "it holds more than one document")
	}
	var named *yaml.Node
	r.fields(doc.Content[0], map[string]func(*yaml.Node){
		"out":       func(n *yaml.Node) { c.Out = r.path(r.text(n)) },
		"subgraphs": func(n *yaml.Node) { named = n },
	})
	if named == nil {
		r.say(doc.Content[0], "it names no subgraphs")
		return c
	}
	r.each(named, func(key, n *yaml.Node) { c.Subgraphs = append(c.Subgraphs, r.source(key, n)) })
	if len(c.Subgraphs) == 0 {
		r.say(named, "it names no subgraphs")
	}
	return c
}

func (r *reader) source(key, n *yaml.Node) Source {
	s := Source{Name: key.Value, at: Place{File: r.file, Line: key.Line, Column: key.Column}}
	if !nameShape.MatchString(s.Name) {
		r.say(key, "%q is no name: a letter, then letters, digits, - and _", s.Name)
	}
	r.fields(n, map[string]func(*yaml.Node){
		"url": func(n *yaml.Node) {
			if s.URL = r.text(n); !address(s.URL) {
				r.say(n, "%q is not an absolute http or https address without a password", s.URL)
			}
		},
		"sdl": func(n *yaml.Node) {
			if s.SDL = r.text(n); s.SDL != Builtin {
				s.SDL = r.path(s.SDL)
			}
		},
		"secretFile": func(n *yaml.Node) { s.SecretFile = r.path(r.text(n)) },
	})
	if s.URL == "" {
		r.say(key, "%s has no url", s.Name)
	}
	if s.SDL != "" && s.SecretFile != "" {
		r.say(key, "%s has a secretFile, and nobody is asked: its sdl is a file", s.Name)
	}
	return s
}

// fields hands each value of a mapping to whom its key belongs.
func (r *reader) fields(n *yaml.Node, known map[string]func(*yaml.Node)) {
	r.each(n, func(key, value *yaml.Node) {
		if take, ok := known[key.Value]; ok {
			take(value)
		} else {
			r.say(key, "nothing is called %q here", key.Value)
		}
	})
}

// each goes through a mapping in its order.
func (r *reader) each(n *yaml.Node, f func(key, value *yaml.Node)) {
	if n.Kind != yaml.MappingNode {
		r.say(n, "a mapping is wanted here")
		return
	}
	seen := map[string]bool{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		key := n.Content[i]
		if seen[key.Value] {
			r.say(key, "%q stands here twice", key.Value)
			continue
		}
		seen[key.Value] = true
		f(key, n.Content[i+1])
	}
}

func (r *reader) text(n *yaml.Node) string {
	if n.Kind != yaml.ScalarNode || n.Tag != "!!str" || strings.TrimSpace(n.Value) == "" {
		r.say(n, "a text is wanted here")
		return ""
	}
	return n.Value
}

// path is a file as it is found from where the program stands.
func (r *reader) path(name string) string {
	if name == "" || filepath.IsAbs(name) {
		return name
	}
	return filepath.Join(filepath.Dir(r.file), filepath.FromSlash(name))
}
