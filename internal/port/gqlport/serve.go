package gqlport

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"slices"
	"strings"

	"github.com/vektah/gqlparser/v2"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/parser"
	"github.com/vektah/gqlparser/v2/validator"
	"github.com/vektah/gqlparser/v2/validator/rules"

	"github.com/vetgraph/vetgraph/internal/catalog"
	"github.com/vetgraph/vetgraph/internal/port"
)

const (
	maxRequest  = 4 << 20 // bytes; a thousand questions are 150 KiB
	maxQuestion = 1000    // persons or items in one field
	maxRoot     = 10      // fields at the root of one request
)

// operations are what the fields at the root are called elsewhere.
var operations = map[string]string{"deliver": "DELIVER", "withdraw": "WITHDRAW", "status": "STATUS", "lookup": "LOOKUP"}

// Serve is the other end of a line: the usual schema, at the paths of a department's
// ports, when c is its system. around, which may be nil, is put before each operation
// (DELIVER, STATUS, WITHDRAW, LOOKUP) that a request asks for.
func Serve(ports []*catalog.Port, c port.Counterpart, around func(operation string, next http.Handler) http.Handler) http.Handler {
	if around == nil {
		around = func(_ string, next http.Handler) http.Handler { return next }
	}
	s := &server{
		counterpart: c, around: around, paths: map[string]bool{},
		schema: gqlparser.MustLoadSchema(&ast.Source{Name: "schema.graphqls", Input: SDL}), // ours, and tested
	}
	for _, p := range ports {
		s.paths[path(p)] = true
	}
	return s
}

type server struct {
	counterpart port.Counterpart
	around      func(operation string, next http.Handler) http.Handler
	schema      *ast.Schema
	paths       map[string]bool
}

// ServeHTTP implements http.Handler.
func (s *server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	switch {
	case !s.paths[r.URL.Path]:
		http.NotFound(w, r)
	case r.Method == http.MethodGet:
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		_, _ = io.WriteString(w, SDL) // a caller who has gone needs no answer
	case r.Method != http.MethodPost:
		w.Header().Set("Allow", "GET, POST")
		http.Error(w, "method", http.StatusMethodNotAllowed)
	default:
		s.post(w, r)
	}
}

func (s *server) post(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxRequest))
	if err != nil {
		say(w, http.StatusRequestEntityTooLarge, nil, wrong("REFUSED", "TOO_LARGE"))
		return
	}
	var q request
	if port.DecodeJSON(body, &q) != nil {
		say(w, http.StatusBadRequest, nil, wrong("REFUSED", "MALFORMED"))
		return
	}
	e, problem := s.read(q)
	if problem != nil {
		say(w, http.StatusOK, nil, *problem)
		return
	}
	var h http.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { s.answer(r.Context(), w, e) })
	for _, operation := range slices.Backward(e.operations()) {
		h = s.around(operation, h)
	}
	h.ServeHTTP(w, r)
}

// read validates a request, so that what is executed can only be what the schema has.
func (s *server) read(q request) (*execution, *problem) {
	no := func(code string) (*execution, *problem) {
		p := wrong(code, "")
		return nil, &p
	}
	doc, err := parser.ParseQueryWithTokenLimit(&ast.Source{Input: q.Query}, maxTokens)
	if err != nil {
		return no("GRAPHQL_PARSE_FAILED")
	}
	if len(validator.ValidateWithRules(s.schema, doc, rules.NewDefaultRules())) > 0 {
		return no("GRAPHQL_VALIDATION_FAILED")
	}
	op := doc.Operations.ForName(q.OperationName)
	if op == nil || q.OperationName == "" && len(doc.Operations) > 1 {
		return no("OPERATION_UNKNOWN")
	}
	vars, err := validator.VariableValues(s.schema, op, q.Variables)
	if err != nil {
		p := wrong("BAD_USER_INPUT", "VARIABLES")
		return nil, &p
	}
	e := &execution{schema: s.schema, vars: vars}
	e.root = e.collect(op.SelectionSet)
	if len(e.root) > maxRoot {
		p := wrong("REFUSED", "TOO_MANY")
		return nil, &p
	}
	return e, nil
}

// answer executes the fields at the root one after the other; all of them are
// needed, so the first that fails is the answer.
func (s *server) answer(ctx context.Context, w http.ResponseWriter, e *execution) {
	data := make(object, 0, len(e.root))
	for _, f := range e.root {
		value, err := s.resolve(ctx, f, e)
		if errors.Is(err, port.ErrLost) {
			panic(http.ErrAbortHandler)
		} else if err != nil {
			say(w, http.StatusOK, nil, told(err))
			return
		}
		data = append(data, member{f.Alias, e.complete(f.Definition.Type, f.selection, value)})
	}
	say(w, http.StatusOK, data)
}

// resolve asks the counterpart for one field at the root.
func (s *server) resolve(ctx context.Context, f selected, e *execution) (any, error) {
	args, err := e.arguments(f)
	if err != nil {
		return nil, err
	}
	switch f.Name {
	case "__typename":
		return f.ObjectDefinition.Name, nil
	case "deliver":
		var item itemInput
		if err := as(args["item"], &item); err != nil {
			return nil, err
		}
		item.Item.ID = item.ID
		return plain(s.counterpart.Take(ctx, item.Item))
	case "withdraw":
		var id string
		if err := as(args["item"], &id); err != nil {
			return nil, err
		}
		return plain(s.counterpart.TakeBack(ctx, id))
	case "status":
		items, err := listOf[string](args["items"])
		if err != nil {
			return nil, err
		}
		return plainList(s.counterpart.Tell(ctx, items))
	case "lookup":
		persons, err := listOf[port.Person](args["questions"])
		if err != nil {
			return nil, err
		}
		return plainList(s.counterpart.Find(ctx, persons))
	}
	return nil, &port.Refusal{Reason: "INTROSPECTION"} // GET answers the schema
}

// as reads an argument that has been validated.
func as(argument, into any) error {
	text, err := json.Marshal(argument)
	if err != nil || port.DecodeJSON(text, into) != nil {
		return &port.Refusal{Reason: "MALFORMED"}
	}
	return nil
}

func listOf[T any](argument any) (list []T, err error) {
	if err := as(argument, &list); err != nil {
		return nil, err
	}
	if len(list) > maxQuestion {
		return nil, &port.Refusal{Reason: "TOO_MANY"}
	}
	return list, nil
}

func plainList[T any](list []T, err error) (any, error) {
	if list == nil {
		list = []T{}
	}
	return plain(list, err)
}

// plain is a value as decoded JSON, which fields are selected from.
func plain(value any, err error) (out any, _ error) {
	if err != nil {
		return nil, err
	}
	text, err := json.Marshal(value)
	if err != nil {
		return nil, err
	}
	return out, port.DecodeJSON(text, &out)
}

func wrong(code, reason string) problem {
	p := problem{Message: strings.ToLower(code), Extensions: map[string]json.RawMessage{"code": quoted(code)}}
	if reason != "" {
		p.Extensions["reason"] = quoted(reason)
	}
	return p
}

func quoted(s string) json.RawMessage {
	text, _ := json.Marshal(s) // a text always can be
	return text
}

// told is what a caller hears of an error: a refusal, or that the system is broken.
func told(err error) problem {
	refused, ok := errors.AsType[*port.Refusal](err)
	if !ok {
		return wrong("INTERNAL_SERVER_ERROR", "")
	}
	p := wrong("REFUSED", refused.Reason)
	if refused.Item != nil {
		if text, err := json.Marshal(refused.Item); err == nil {
			p.Extensions["item"] = text
		}
	}
	return p
}

func say(w http.ResponseWriter, status int, data any, problems ...problem) {
	w.Header().Set("Content-Type", mediaType)
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(struct {
		Data   any       `json:"data"`
		Errors []problem `json:"errors,omitempty"`
	}{data, problems}) // a caller who has gone needs no answer
}
