package server

import (
	"context"
	"encoding/json"
	"reflect"
	"slices"
	"strings"
	"sync"

	"github.com/99designs/gqlgen/graphql"
	"github.com/99designs/gqlgen/graphql/handler"
	"github.com/rs/zerolog"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"github.com/vetgraph/vetgraph/internal/access"
	"github.com/vetgraph/vetgraph/internal/receipt"
	"github.com/vetgraph/vetgraph/resolvers"
)

// receipted makes an endpoint keep, before an answer leaves, whose sensitive fields
// are in it: also each message of a subscription and each piece of an answer that
// comes in pieces.
func (h *Hub) receipted(s *handler.Server) {
	if !h.Config.Demo || !h.Config.Unreceipted {
		s.Use(receipts{h.Receipts})
	}
}

// receipts is what does it.
type receipts struct{ log *receipt.Log }

// marks are the fields that are sensitive or military. Reads of them are kept; of all
// others nothing is done here but one look into this map.
type marks struct {
	places map[string]map[string]int // by type and name, in names
	names  []string                  // Type.field, sorted
}

var marked = sync.OnceValue(func() marks {
	m := marks{places: map[string]map[string]int{}}
	for _, d := range described().Types {
		if d.Kind != ast.Object {
			continue
		}
		for _, f := range d.Fields {
			for _, tag := range f.Directives.ForNames("tag") {
				if class := tag.Arguments.ForName("name").Value.Raw; class == "sensitive" || class == "military" {
					m.names = append(m.names, d.Name+"."+f.Name)
				}
			}
		}
	}
	slices.Sort(m.names)
	m.names = slices.Compact(m.names)
	for i, coordinate := range m.names {
		of, name, _ := strings.Cut(coordinate, ".")
		if m.places[of] == nil {
			m.places[of] = map[string]int{}
		}
		m.places[of][name] = i
	}
	return m
})

// sending is what the answer to one operation will have of people.
type sending struct {
	mu     sync.Mutex
	fields []sentField
	lost   string // a field of which it is not known whose it is
}

type sentField struct {
	at     *graphql.FieldContext
	field  int    // its place among those that are marked
	person string // ID
	file   string // ID of the case it is read under, if any
}

type sendingKey struct{}

// ExtensionName implements graphql.HandlerExtension.
func (receipts) ExtensionName() string { return "Receipts" }

// Validate implements graphql.HandlerExtension.
func (receipts) Validate(graphql.ExecutableSchema) error { return nil }

// InterceptOperation implements graphql.OperationInterceptor.
func (receipts) InterceptOperation(ctx context.Context, next graphql.OperationHandler) graphql.ResponseHandler {
	return next(context.WithValue(ctx, sendingKey{}, &sending{}))
}

// InterceptField implements graphql.FieldInterceptor.
func (receipts) InterceptField(ctx context.Context, next graphql.Resolver) (any, error) {
	fc := graphql.GetFieldContext(ctx)
	field, sensitive := marked().places[fc.Object][fc.Field.Name]
	if !sensitive {
		return next(ctx)
	}
	result, err := next(ctx)
	if err != nil || isNull(result, fc.Field.Definition.Type.NonNull) {
		return result, err
	}
	s, _ := ctx.Value(sendingKey{}).(*sending)
	if s == nil {
		return nil, receipt.NotKept(errNobody(marked().names[field]))
	}
	person, file := whose(fc, result)
	if person == "" && isEmpty(result) {
		return result, nil // nothing of nobody
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if person == "" {
		s.lost = marked().names[field]
	}
	s.fields = append(s.fields, sentField{fc, field, person, file})
	return result, nil
}

type errNobody string

func (e errNobody) Error() string { return "it is not known whose " + string(e) + " is sent" }

// InterceptResponse implements graphql.ResponseInterceptor. What cannot be kept is
// not sent: nobody reads what nobody can later prove was read.
func (r receipts) InterceptResponse(ctx context.Context, next graphql.ResponseHandler) *graphql.Response {
	response := next(ctx)
	s, _ := ctx.Value(sendingKey{}).(*sending)
	if response == nil || s == nil {
		return response
	}
	reads, err := s.take(graphql.GetOperationContext(ctx), response)
	if err == nil {
		err = r.log.Append(ctx, access.From(ctx), reads)
	} else {
		err = receipt.NotKept(err)
	}
	if err == nil {
		return response
	}
	zerolog.Ctx(ctx).Error().Err(err).Msg("an answer is not sent: its reads are not kept")
	return &graphql.Response{
		Data: json.RawMessage("null"), Errors: gqlerror.List{resolvers.Present(ctx, err)}, Path: response.Path, Label: response.Label, HasNext: response.HasNext,
	}
}

// take answers what this response has of each person. Where something went wrong,
// or the answer comes in pieces, not all that was read is in it: then the data says.
func (s *sending) take(op *graphql.OperationContext, r *graphql.Response) ([]receipt.Read, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.fields) == 0 {
		return nil, nil
	}
	if s.lost != "" {
		return nil, errNobody(s.lost)
	}
	here := s.fields
	s.fields = nil
	if len(r.Errors) > 0 || r.HasNext != nil {
		var data any
		if err := json.Unmarshal(r.Data, &data); err != nil {
			return nil, err
		}
		var sent []sentField
		for _, f := range here {
			if within(data, r.Path, pathOf(op, f.at)) {
				sent = append(sent, f)
			} else if r.HasNext != nil && *r.HasNext {
				s.fields = append(s.fields, f) // a later piece may have it
			}
		}
		here = sent
	}
	return together(here), nil
}

// together are fields by person and case. People in a list were mostly sent the same
// fields: they share them.
func together(fields []sentField) []receipt.Read {
	type key struct{ person, file string }
	groups := make([][]int, 0, 8)
	var reads []receipt.Read
	by := map[key]int{}
	for _, f := range fields {
		k := key{f.person, f.file}
		i, ok := by[k]
		if !ok {
			i = len(groups)
			by[k], groups, reads = i, append(groups, nil), append(reads, receipt.Read{VeteranID: f.person, CaseID: f.file})
		}
		groups[i] = append(groups[i], f.field)
	}
	names := marked().names
	for i, group := range groups {
		slices.Sort(group)
		group = slices.Compact(group)
		if groups[i] = group; i > 0 && slices.Equal(group, groups[i-1]) {
			reads[i].Fields = reads[i-1].Fields
			continue
		}
		for _, f := range group {
			reads[i].Fields = append(reads[i].Fields, names[f])
		}
	}
	return reads
}

// pathOf is where a field stands in the answer. In a subscription's message the
// first step is missing from what the fields know.
func pathOf(op *graphql.OperationContext, at *graphql.FieldContext) ast.Path {
	path := at.Path()
	if op.Operation.Operation != ast.Subscription {
		return path
	}
	for top := at; top != nil; top = top.Parent {
		if top.Object == "Subscription" {
			return path
		}
	}
	if root, ok := op.Operation.SelectionSet[0].(*ast.Field); ok {
		return slices.Concat(ast.Path{ast.PathName(root.Alias)}, path)
	}
	return path
}

// within says whether there is a value at a path of the whole answer in a piece of
// it that begins at from.
func within(data any, from, path ast.Path) bool {
	if len(path) < len(from) || !slices.Equal(path[:len(from)], from) {
		return false
	}
	for _, step := range path[len(from):] {
		switch step := step.(type) {
		case ast.PathName:
			object, _ := data.(map[string]any)
			data = object[string(step)]
		case ast.PathIndex:
			list, _ := data.([]any)
			if int(step) >= len(list) {
				return false
			}
			data = list[step]
		}
	}
	return data != nil
}

// isEmpty says whether a result is a list of nothing.
func isEmpty(v any) bool {
	r := reflect.ValueOf(v)
	return r.Kind() == reflect.Slice && r.Len() == 0
}

// isNull says whether a result is written as null. A list that may not be null is
// written as empty.
func isNull(v any, never bool) bool {
	if v == nil {
		return true
	}
	switch r := reflect.ValueOf(v); r.Kind() {
	case reflect.Pointer, reflect.Map, reflect.Interface:
		return r.IsNil()
	case reflect.Slice:
		return r.IsNil() && !never
	}
	return false
}
