package catalog

import (
	"bytes"
	"embed"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"reflect"
	"strings"
	"sync"

	"go.yaml.in/yaml/v3"
)

//go:embed catalog.yaml sources.yaml departments.yaml materials.yaml codes fields matters ports
var files embed.FS

var builtin = sync.OnceValues(func() (*Catalog, error) { return Load(files) })

// Builtin is the catalogue that ships with the program. It is read once; all
// callers share it.
func Builtin() (*Catalog, error) { return builtin() }

// BuiltinFiles are the files [Builtin] is read from, to archive or to copy as a start.
func BuiltinFiles() fs.FS { return files }

// Load reads a catalogue and checks it. Its error is [*Problems], every mistake
// at once in the order of files and lines; there is no catalogue then.
func Load(fsys fs.FS) (*Catalog, error) {
	l := newLoader()
	sources := l.read(fsys)
	for _, s := range sources {
		l.parse(s)
	}
	if len(sources) > 0 {
		l.index()
		l.check()
	}
	if len(l.problems) > 0 {
		l.problems.sort()
		return nil, &l.problems
	}
	l.c.Version = l.c.Meta.Label + "+" + fingerprint(sources)
	return l.c, nil
}

// loader builds one catalogue.
type loader struct {
	decoder
	c       *Catalog
	windows map[string]*Window
	lost    map[string]bool     // folders and files at the top of which something could not be read
	groups  map[string][]*Field // fields by the file they stand in
}

func newLoader() *loader {
	return &loader{decoder: decoder{places: map[any]place{}}, c: &Catalog{}, lost: map[string]bool{}}
}

// parse decodes one file into the catalogue.
func (l *loader) parse(s source) {
	l.file = s.name
	doc := l.document(s.data)
	if doc == nil {
		l.lost[part(s.name)] = true
		return
	}
	dir, base := path.Split(s.name)
	base = strings.TrimSuffix(base, ".yaml")
	switch dir {
	case "codes/":
		l.parseCodes(doc, base)
	case "fields/":
		l.parseFields(doc, base)
	case "matters/":
		l.parseMatter(doc, base)
	case "ports/":
		l.parsePorts(doc, base)
	default:
		l.parseTop(doc, base)
	}
}

// document parses the one YAML document of a file.
func (l *loader) document(data []byte) *yaml.Node {
	dec := yaml.NewDecoder(bytes.NewReader(data))
	var doc, more yaml.Node
	switch err := dec.Decode(&doc); {
	case errors.Is(err, io.EOF) || err == nil && len(doc.Content) == 0:
		l.whole("is empty")
		return nil
	case err != nil:
		l.broken(err)
		return nil
	}
	if err := dec.Decode(&more); !errors.Is(err, io.EOF) {
		l.whole("holds more than one document")
		return nil
	}
	return doc.Content[0]
}

// broken reports what the parser says, at the line it says.
func (l *loader) broken(err error) {
	p := Problem{File: l.file, Text: strings.TrimPrefix(err.Error(), "yaml: ")}
	if n, _ := fmt.Sscanf(p.Text, "line %d:", &p.Line); n == 1 && p.Line > 0 {
		_, p.Text, _ = strings.Cut(p.Text, ": ")
		p.Column = 1
	}
	l.problems = append(l.problems, p)
}

// into decodes a node into what p points to.
func (l *loader) into(n *yaml.Node, p any) { l.value(n, reflect.ValueOf(p).Elem()) }

func (l *loader) parseTop(n *yaml.Node, base string) {
	switch base {
	case "sources":
		l.into(n, &l.c.Sources)
	case "materials":
		l.into(n, &l.c.Materials)
		l.lost[base] = n.Kind != yaml.SequenceNode
	case "departments":
		f := new(struct {
			Departments []*Department `yaml:"departments"`
			External    []struct {
				Code string `yaml:"code"`
				Name Text   `yaml:"name"`
			} `yaml:"external,omitempty"`
		})
		l.into(n, f)
		l.c.Departments = f.Departments
		for i := range f.External {
			e := &f.External[i]
			d := &Department{Code: e.Code, Name: e.Name, Role: "external", External: true}
			l.places[&d.Code] = l.places[&e.Code]
			l.c.Departments = append(l.c.Departments, d)
		}
	case "catalog":
		f := new(struct {
			Meta    Meta    `yaml:"meta"`
			Derived []*Fact `yaml:"derivedFacts,omitempty"`
			Process Process `yaml:"process"`
		})
		l.into(n, f)
		// The parts are copied; their places are remembered under the new addresses.
		l.c.Meta, l.c.Derived, l.c.Process = f.Meta, f.Derived, f.Process
		l.places[&l.c.Meta.AsOf], l.places[&l.c.Meta.Label] = l.places[&f.Meta.AsOf], l.places[&f.Meta.Label]
		l.places[&l.c.Process.JointForm] = l.places[&f.Process.JointForm]
		for k := range f.Meta.Published {
			l.places[entry{&l.c.Meta.Published, k}] = l.places[entry{&f.Meta.Published, k}]
		}
	}
}

func (l *loader) parseCodes(n *yaml.Node, base string) {
	list := new(CodeList)
	l.into(n, list)
	l.lost["codes"] = l.lost["codes"] || list.ID == ""
	if list.ID != base && list.ID != "" {
		l.blame(&list.ID, "list %s must stand in codes/%s.yaml", list.ID, list.ID)
	}
	if l.c.Codes == nil {
		l.c.Codes = map[string]*CodeList{}
	}
	if l.c.Codes[list.ID] == nil {
		l.c.Codes[list.ID] = list
	}
}

func (l *loader) parseFields(n *yaml.Node, base string) {
	f := new(struct {
		Group  string   `yaml:"group"`
		Fields []*Field `yaml:"fields"`
	})
	l.into(n, f)
	if f.Group != base && f.Group != "" {
		l.blame(&f.Group, "group %s must stand in fields/%s.yaml", f.Group, f.Group)
	}
	if l.groups == nil {
		l.groups = map[string][]*Field{}
	}
	for _, field := range f.Fields {
		l.lost["fields"] = l.lost["fields"] || field.ID == ""
		field.Group = base
	}
	l.groups[base] = f.Fields
	l.places[entry{&l.groups, base}] = place{l.file, n}
}

func (l *loader) parseMatter(n *yaml.Node, base string) {
	m := new(Matter)
	l.into(n, m)
	l.lost["matters"] = l.lost["matters"] || m.Code == "" || m.Asks == nil || m.Materials.Needs == nil
	if want := m.Code + "-" + m.Slug; want != base && m.Code != "" && m.Slug != "" {
		l.blame(&m.Code, "matter %s must stand in matters/%s.yaml", m.Code, want)
	}
	l.c.Matters = append(l.c.Matters, m)
}

func (l *loader) parsePorts(n *yaml.Node, base string) {
	f := new(struct {
		Department string     `yaml:"department"`
		Connection Connection `yaml:"connection,omitempty"`
		Ports      []*Port    `yaml:"ports"`
	})
	l.into(n, f)
	if strings.ToLower(f.Department) != base && f.Department != "" {
		l.blame(&f.Department, "ports of %s must stand in ports/%s.yaml", f.Department, strings.ToLower(f.Department))
	}
	l.lost["ports"] = l.lost["ports"] || f.Ports == nil
	l.checkConnection(&f.Connection)
	for _, p := range f.Ports {
		l.checkConnection(&p.Connection)
		p.or(f.Connection)
		p.Department = f.Department
		l.places[&p.Department] = l.places[&f.Department]
	}
	l.c.Ports = append(l.c.Ports, f.Ports...)
}
