package slice

import (
	"fmt"
	"strings"

	"github.com/vektah/gqlparser/v2/ast"
)

// Extent counts a schema: what introspection itself is made of left aside.
type Extent struct{ Types, Fields, Arguments int }

func (e Extent) minus(o Extent) Extent {
	return Extent{e.Types - o.Types, e.Fields - o.Fields, e.Arguments - o.Arguments}
}

// Reach is how far the operations of a slice can go, and what they cannot come to.
type Reach struct{ Reachable, Hidden Extent }

// Prove walks the partner's schema from its roots, by every field whatever its
// arguments, as any operation that is valid there must, and holds what it meets
// against the file. As all that a slice leads to are plain types, a fragment opens no
// other way. Its error names what is reached and not listed, which would be a mistake
// of [Slice.Cut]'s: it shares nothing with it.
func (s *Slice) Prove(full, cut *ast.Schema) (Reach, error) {
	if cut.Mutation != nil || cut.Subscription != nil {
		return Reach{}, fmt.Errorf("slice %s: there is a root beside Query", s.Label())
	}
	listed := map[string]bool{}
	for _, at := range s.Fields.shown() {
		listed[at] = true
	}
	var met Extent
	seen, waiting := map[string]bool{"Query": true}, []string{"Query"}
	visit := func(name string) {
		if !seen[name] {
			seen[name] = true
			waiting = append(waiting, name)
		}
	}
	for len(waiting) > 0 {
		d := cut.Types[waiting[0]]
		waiting = waiting[1:]
		if d == nil || d.Kind == ast.Interface || d.Kind == ast.Union || d.Kind == ast.InputObject {
			return Reach{}, fmt.Errorf("slice %s: something leads to a type that is not plain", s.Label())
		}
		met.Types++
		for _, f := range d.Fields {
			if strings.HasPrefix(f.Name, "__") {
				continue // introspection, of this schema
			}
			met.Fields++
			at := d.Name + "." + f.Name
			if !listed[at] {
				return Reach{}, fmt.Errorf("slice %s: %s is reached, and not listed", s.Label(), at)
			}
			for _, a := range f.Arguments {
				met.Arguments++
				if !listed[at+"("+a.Name+":)"] {
					return Reach{}, fmt.Errorf("slice %s: %s(%s:) can be given, and is not listed", s.Label(), at, a.Name)
				}
				visit(a.Type.Name())
			}
			visit(f.Type.Name())
		}
	}
	return Reach{met, extent(full).minus(met)}, nil
}

func extent(s *ast.Schema) (e Extent) {
	for name, d := range s.Types {
		if strings.HasPrefix(name, "__") {
			continue
		}
		e.Types++
		for _, f := range d.Fields {
			if strings.HasPrefix(f.Name, "__") {
				continue
			}
			e.Fields++
			e.Arguments += len(f.Arguments)
		}
	}
	return e
}
