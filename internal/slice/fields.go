package slice

import (
	"maps"
	"regexp"
	"slices"
	"strings"
)

// Fields are what a slice shows: names of fields by type. Arguments that may be
// used stand behind a name, as in "veterans(first after)"; others are not there.
type Fields map[string][]string

var fieldForm = regexp.MustCompile(`^([_A-Za-z][_0-9A-Za-z]*)(?:\(([_A-Za-z][_0-9A-Za-z]*(?: [_A-Za-z][_0-9A-Za-z]*)*)\))?$`)

// check tells what no schema could make right.
func (f Fields) check(blame func(typ, format string, args ...any)) {
	for _, typ := range slices.Sorted(maps.Keys(f)) {
		if typ == "Mutation" || typ == "Subscription" {
			blame(typ, "a slice reads; it neither changes nor waits")
		}
		seen := map[string]bool{}
		for _, text := range f[typ] {
			m := fieldForm.FindStringSubmatch(text)
			switch {
			case m == nil:
				blame(typ, "%q is not like name or name(argument argument)", text)
			case seen[m[1]]:
				blame(typ, "%s stands there twice", m[1])
			case strings.HasPrefix(m[1], "_"):
				blame(typ, "%s is not for partners", m[1])
			default:
				seen[m[1]] = true
			}
		}
	}
}

// of finds a type's field: whether it is shown, and its arguments that are.
func (f Fields) of(typ, field string) (arguments []string, shown bool) {
	for _, text := range f[typ] {
		if m := fieldForm.FindStringSubmatch(text); m != nil && m[1] == field {
			return strings.Fields(m[2]), true
		}
	}
	return nil, false
}

// Coordinates lists what is shown as Type.field, sorted.
func (f Fields) Coordinates() (all []string) {
	for typ, texts := range f {
		for _, text := range texts {
			name, _, _ := strings.Cut(text, "(")
			all = append(all, typ+"."+name)
		}
	}
	slices.Sort(all)
	return all
}

// Told lists what a person is told is read: all but the ways in and the turning of pages.
func (f Fields) Told() []string {
	return slices.DeleteFunc(f.Coordinates(), func(c string) bool {
		typ, name, _ := strings.Cut(c, ".")
		return typ == "Query" || typ == "PageInfo" || strings.HasSuffix(typ, "Connection") || strings.HasSuffix(typ, "Edge") || name == "id"
	})
}
