package catalog

import (
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"
)

// decoder turns YAML into Go values by the structs' yaml tags, more strictly
// than the library does: a key without omitempty must be there and not be
// empty, an unknown or repeated key is a mistake, text must be text (01 is a
// number until it is quoted), anchors and aliases are refused. It goes on after
// a mistake, and remembers where every value stood so that later checks can
// point at it.
type decoder struct {
	file     string
	problems Problems
	places   map[any]place // address of a decoded value, or an entry of a map -> where it stood
	evidence []*Evidence
}

// place is where a value stood.
type place struct {
	file string
	node *yaml.Node
}

// entry names a value of a decoded map, which has no address of its own.
type entry struct {
	of  any // address of the map
	key string
}

// maxNumber bounds every number of a catalogue; no count of days or characters comes near.
const maxNumber = 1_000_000

func (d *decoder) problem(n *yaml.Node, format string, args ...any) {
	d.problems = append(d.problems, Problem{File: d.file, Line: n.Line, Column: n.Column, Text: fmt.Sprintf(format, args...)})
}

// blame reports a mistake in a value decoded earlier, given by its address or as an [entry].
func (d *decoder) blame(of any, format string, args ...any) {
	p := Problem{Text: fmt.Sprintf(format, args...)}
	if at, ok := d.places[of]; ok {
		p.File, p.Line, p.Column = at.file, at.node.Line, at.node.Column
	}
	d.problems = append(d.problems, p)
}

// value decodes n into v, which must be addressable.
func (d *decoder) value(n *yaml.Node, v reflect.Value) {
	d.places[v.Addr().Interface()] = place{d.file, n}
	if n.Kind == yaml.AliasNode || n.Anchor != "" {
		d.problem(n, "anchors and aliases are not allowed; write it out")
		return
	}
	if need, ok := v.Addr().Interface().(*Need); ok && n.Kind == yaml.ScalarNode {
		need.AnyOf = make([]string, 1)
		d.value(n, reflect.ValueOf(need).Elem().Field(0).Index(0))
		return
	}
	switch v.Kind() {
	case reflect.Struct:
		d.structure(n, v)
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		d.value(n, v.Elem())
	case reflect.Slice:
		if !d.is(n, yaml.SequenceNode, "a list") {
			return
		}
		v.Set(reflect.MakeSlice(v.Type(), len(n.Content), len(n.Content)))
		for i, item := range n.Content {
			d.value(item, v.Index(i))
		}
	case reflect.Map:
		d.mapping(n, v)
	default:
		d.scalar(n, v)
	}
}

func (d *decoder) is(n *yaml.Node, k yaml.Kind, want string) bool {
	if n.Kind != k {
		d.problem(n, "wants %s", want)
	}
	return n.Kind == k
}

func (d *decoder) scalar(n *yaml.Node, v reflect.Value) {
	want := map[reflect.Kind]string{reflect.String: "text", reflect.Int: "a whole number", reflect.Bool: "true or false"}[v.Kind()]
	if !d.is(n, yaml.ScalarNode, want) {
		return
	}
	switch tag := n.ShortTag(); {
	case v.Kind() == reflect.String && tag == "!!str":
		if strings.TrimSpace(n.Value) == "" {
			d.problem(n, "is empty")
		}
		v.SetString(n.Value)
	case v.Kind() == reflect.Int && tag == "!!int":
		i, err := strconv.Atoi(n.Value)
		if err != nil || i > maxNumber || i < -maxNumber {
			d.problem(n, "wants a whole number up to %d", maxNumber)
			return
		}
		v.SetInt(int64(i))
	case v.Kind() == reflect.Bool && tag == "!!bool":
		v.SetBool(n.Value == "true")
	case v.Kind() == reflect.String && tag != "!!null":
		d.problem(n, "wants text; put %s in quotes", n.Value)
	default:
		d.problem(n, "wants %s", want)
	}
}

// mapping decodes a map with free keys.
func (d *decoder) mapping(n *yaml.Node, v reflect.Value) {
	if !d.is(n, yaml.MappingNode, "keys and values") {
		return
	}
	v.Set(reflect.MakeMap(v.Type()))
	of := v.Addr().Interface()
	for key, value := range d.pairs(n) {
		e := reflect.New(v.Type().Elem()).Elem()
		d.value(value, e)
		v.SetMapIndex(reflect.ValueOf(key.Value).Convert(v.Type().Key()), e)
		d.places[entry{of, key.Value}] = place{d.file, key}
	}
}

// structure decodes a struct with known keys.
func (d *decoder) structure(n *yaml.Node, v reflect.Value) {
	if !d.is(n, yaml.MappingNode, "keys and values") {
		return
	}
	known := map[string]member{}
	d.members(n, v, known)
	for key, value := range d.pairs(n) {
		m, ok := known[key.Value]
		if !ok {
			d.problem(key, "unknown key %q; known here: %s", key.Value, strings.Join(slices.Sorted(maps.Keys(known)), ", "))
			continue
		}
		m.seen = true
		known[key.Value] = m
		d.value(value, m.value)
	}
	var missing []string
	for _, name := range slices.Sorted(maps.Keys(known)) {
		if m := known[name]; m.required && !m.seen {
			missing = append(missing, name)
		}
	}
	if len(missing) > 0 {
		d.problem(n, "missing here: %s", strings.Join(missing, ", "))
	}
}

// member is a key of a struct.
type member struct {
	value    reflect.Value
	required bool
	seen     bool
}

// members lists the keys of v, those of inlined structs included.
func (d *decoder) members(n *yaml.Node, v reflect.Value, known map[string]member) {
	for i := range v.NumField() {
		f := v.Type().Field(i)
		name, option, _ := strings.Cut(f.Tag.Get("yaml"), ",")
		switch {
		case option == "inline":
			d.places[v.Field(i).Addr().Interface()] = place{d.file, n}
			if e, ok := v.Field(i).Addr().Interface().(*Evidence); ok {
				d.evidence = append(d.evidence, e)
			}
			d.members(n, v.Field(i), known)
		case name != "" && name != "-":
			known[name] = member{value: v.Field(i), required: option != "omitempty"}
		}
	}
	if e, ok := v.Addr().Interface().(*Evidence); ok && !slices.Contains(d.evidence, e) {
		d.evidence = append(d.evidence, e)
	}
}

// pairs yields the keys and values of a mapping, without the repeated and the strange.
func (d *decoder) pairs(n *yaml.Node) func(yield func(key, value *yaml.Node) bool) {
	return func(yield func(key, value *yaml.Node) bool) {
		seen := make(map[string]bool, len(n.Content)/2)
		for i := 0; i+1 < len(n.Content); i += 2 {
			key := n.Content[i]
			switch {
			case key.Kind != yaml.ScalarNode || key.Anchor != "" || key.ShortTag() != "!!str":
				d.problem(key, "a key must be text")
			case seen[key.Value]:
				d.problem(key, "key %q stands here twice", key.Value)
			default:
				seen[key.Value] = true
				if !yield(key, n.Content[i+1]) {
					return
				}
			}
		}
	}
}
