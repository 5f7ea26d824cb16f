package server

import (
	"reflect"
	"strings"
	"sync"

	"github.com/99designs/gqlgen/graphql"

	"github.com/vetgraph/vetgraph/ent/gen"
	"github.com/vetgraph/vetgraph/internal/access"
)

// bearer says where a row tells whose it is.
type bearer struct {
	person []int   // field with the person's ID; nil: it has none
	file   []int   // field with the case's ID; nil: it has none
	inner  [][]int // rows within a payload
}

var bearers sync.Map // of reflect.Type to *bearer

// bearerOf looks a type over, once.
func bearerOf(t reflect.Type) *bearer {
	if b, ok := bearers.Load(t); ok {
		return b.(*bearer) //nolint:forcetypeassert // nothing else is put in
	}
	b := &bearer{}
	at := func(name string) []int {
		if f, ok := t.FieldByName(name); ok && f.Type.Kind() == reflect.String {
			return f.Index
		}
		return nil
	}
	b.person, b.file = at("VeteranID"), at("CaseID")
	switch t {
	case reflect.TypeFor[gen.Veteran]():
		b.person = at("ID")
	case reflect.TypeFor[gen.CaseFile]():
		b.file = at("ID")
	case reflect.TypeFor[access.Viewer]():
		b.person = at("Self")
	}
	if strings.HasSuffix(t.Name(), "Payload") {
		for f := range t.Fields() {
			if f.IsExported() && f.Type.Kind() == reflect.Pointer && f.Type.Elem().Kind() == reflect.Struct {
				b.inner = append(b.inner, f.Index)
			}
		}
	}
	bearers.Store(t, b)
	return b
}

// structOf is the struct that a result is or points to.
func structOf(v reflect.Value) (reflect.Value, bool) {
	for v.Kind() == reflect.Pointer || v.Kind() == reflect.Interface {
		if v.IsNil() {
			return v, false
		}
		v = v.Elem()
	}
	return v, v.Kind() == reflect.Struct
}

// ownerOf is whose a row is, and of which case, as far as it says.
func ownerOf(v reflect.Value) (person, file string) {
	v, ok := structOf(v)
	if !ok {
		return "", ""
	}
	b := bearerOf(v.Type())
	if b.person != nil {
		person = v.FieldByIndex(b.person).String()
	}
	if b.file != nil {
		file = v.FieldByIndex(b.file).String()
	}
	for _, index := range b.inner {
		if person == "" {
			person, file = ownerOf(v.FieldByIndex(index))
		}
	}
	return person, file
}

// whose is the person whose data a field is: that of the nearest row above it which
// belongs to somebody; else of the result itself, else whom the caller named. file is
// the case it is read under: the nearest above it that is the same person's.
func whose(fc *graphql.FieldContext, result any) (person, file string) {
	for at := fc.Parent; at != nil; at = at.Parent {
		if at.Result == nil {
			continue
		}
		p, f := ownerOf(reflect.ValueOf(at.Result))
		switch {
		case person == "" && p != "":
			person = p
			if f != "" {
				return p, f
			}
		case person != "" && p == person && f != "":
			return person, f
		}
	}
	if person != "" {
		return person, ""
	}
	if person, file = ownerOf(reflect.ValueOf(result)); person != "" {
		return person, file
	}
	for at := fc; at != nil && person == ""; at = at.Parent {
		for _, arg := range at.Args {
			if arg == nil {
				continue
			}
			if person, _ = ownerOf(reflect.ValueOf(arg)); person != "" {
				break
			}
		}
	}
	return person, ""
}
