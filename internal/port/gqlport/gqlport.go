// Package gqlport speaks with departments that are GraphQL services, or subgraphs of one.
//
// Requests are POSTs of application/json below the base address, at /graphql or where the
// port's path says, with the bearer token. The usual schema is [SDL]; a port that gives a
// document of its own asks that instead. Such a document has one operation, whose
// variables are questions for a LOOKUP, items for STATUS, item for SUBMIT, CORRECTION (as
// ItemInput) and WITHDRAW (its ID). The answer is read from the first field at its root.
// So _entities of a subgraph can be asked: where the variable is of _Any, each question
// bears the __typename that the first fragment below the field speaks of, with the key
// citizenNumber (an item: id).
//
// A record of a LOOKUP that says no ref answers the question at its place, and null says
// that nothing is held of the person. One that has no lookups says by its own fields what
// is held, under the department's names, which aliases can be; without asOf it is as of now.
//
// Errors tell what they mean in their extensions. A reason with a code REFUSED or
// BAD_USER_INPUT, or one of the three that package port knows, is a refusal (item stands
// beside ITEM_DECIDED); the code BUSY, with retryAfter in seconds, asks for patience; all
// others are the system's failure. Data beside errors is no answer: what is missing could
// be taken for what is not there.
//
// [Serve] executes documents itself, after gqlparser has validated them: the schema has
// objects and scalars alone, and a general executor would be a second schema library
// beside gqlgen, which generates code for a fixed set of resolvers and not for any port.
package gqlport

import (
	"context"
	_ "embed" // the schema
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"time"

	"github.com/vetgraph/vetgraph/internal/catalog"
	"github.com/vetgraph/vetgraph/internal/port"
	"github.com/vetgraph/vetgraph/internal/port/web"
)

// Kind is what the catalogue calls this kind of port.
const Kind = "graphql"

// UsualPath is where a department answers whose ports name no path.
const UsualPath = "/graphql"

// SDL is the usual schema, that [Serve] publishes. A GET of the address answers it.
//
//go:embed schema.graphqls
var SDL string

type line struct {
	*client
	documents map[string]*document // by port ID
	now       func() time.Time
}

// Open is the [port.Kind].
func Open(s port.Setup) (port.Line, error) {
	if u, err := url.Parse(s.Endpoint.URL); err != nil || u.Scheme != "http" && u.Scheme != "https" {
		return nil, errors.New("its address is not an absolute http(s) address without query")
	}
	if s.Now == nil {
		s.Now = time.Now
	}
	l := &line{client: &client{web.Open(s)}, documents: map[string]*document{}, now: s.Now}
	var mistakes []error
	for _, p := range s.Ports {
		if strings.Contains(p.Path, "{id}") {
			mistakes = append(mistakes, fmt.Errorf("port %s: a GraphQL service has one address for all items", p.ID))
		}
		d, err := documentOf(p)
		if err != nil {
			mistakes = append(mistakes, fmt.Errorf("port %s: its document: %w", p.ID, err))
		}
		l.documents[p.ID] = d
	}
	return l, errors.Join(mistakes...)
}

func path(p *catalog.Port) string {
	if p.Path == "" {
		return UsualPath
	}
	return p.Path
}

// Deliver implements [port.Line].
func (l *line) Deliver(ctx context.Context, p *catalog.Port, item port.Item) (s port.Slip, err error) {
	return s, l.ask(ctx, p, itemInput{item.ID, item}, &s)
}

// itemInput is an item with its ID.
type itemInput struct {
	ID string `json:"id"`
	port.Item
}

// Status implements [port.Line].
func (l *line) Status(ctx context.Context, p *catalog.Port, items []string) ([]port.Message, error) {
	var all []*port.Message
	var asked any = items
	if d := l.documents[p.ID]; d.entity != "" {
		list := make([]map[string]string, len(items))
		for i, id := range items {
			list[i] = map[string]string{"__typename": d.entity, "id": id}
		}
		asked = list
	}
	if err := l.ask(ctx, p, asked, &all); err != nil {
		return nil, err
	}
	said := make([]port.Message, 0, len(all))
	for _, m := range all {
		if m != nil { // an entity that is not known
			said = append(said, *m)
		}
	}
	return said, nil
}

// Withdraw implements [port.Line].
func (l *line) Withdraw(ctx context.Context, p *catalog.Port, item string) (m port.Message, err error) {
	return m, l.ask(ctx, p, item, &m)
}

// Lookup implements [port.Line]. Lookups with documents of their own are calls of
// their own, all others share one.
func (l *line) Lookup(ctx context.Context, p *catalog.Port, persons []port.Person) ([]port.Found, error) {
	found := make([]port.Found, len(persons))
	for i, q := range persons {
		found[i].Ref = q.Ref
	}
	for _, part := range l.parts(p, persons) {
		records, err := l.lookup(ctx, part.port, part.persons)
		if err != nil {
			return nil, err
		}
		for i, r := range records {
			merge(&found[part.places[i]], r)
		}
	}
	return found, nil
}

// part is what of a lookup goes in one call.
type part struct {
	port    *catalog.Port
	persons []port.Person
	places  []int // of the persons in the whole
}

func (l *line) parts(first *catalog.Port, persons []port.Person) []*part {
	var parts []*part
	by := map[string]*part{}
	for i, q := range persons {
		for _, id := range q.Lookups {
			d := l.documents[id]
			if d == nil {
				d = l.documents[first.ID]
			}
			mine := by[d.text]
			if mine == nil {
				mine = &part{port: d.port}
				by[d.text], parts = mine, append(parts, mine)
			}
			if last := len(mine.places) - 1; last < 0 || mine.places[last] != i {
				mine.places = append(mine.places, i)
				mine.persons = append(mine.persons, port.Person{Ref: q.Ref, CitizenNumber: q.CitizenNumber})
			}
			asked := &mine.persons[len(mine.persons)-1]
			asked.Lookups = append(asked.Lookups, id)
		}
	}
	return parts
}

// merge adds what one call found to what others did; it is as old as its oldest part.
func merge(f *port.Found, r port.Found) {
	if !r.Known {
		return
	}
	if !f.Known || r.AsOf.Before(f.AsOf) {
		f.AsOf = r.AsOf
	}
	f.Known = true
	for id, values := range r.Lookups {
		if f.Lookups == nil {
			f.Lookups = map[string]map[string]any{}
		}
		f.Lookups[id] = values
	}
}

// lookup makes one call; records come in the order of the persons.
func (l *line) lookup(ctx context.Context, p *catalog.Port, persons []port.Person) ([]port.Found, error) {
	var asked any = persons
	if d := l.documents[p.ID]; d.entity != "" {
		list := make([]map[string]string, len(persons))
		for i, q := range persons {
			list[i] = map[string]string{"__typename": d.entity, "citizenNumber": q.CitizenNumber}
		}
		asked = list
	}
	var records []map[string]any
	if err := l.ask(ctx, p, asked, &records); err != nil {
		return nil, err
	}
	found, err := l.records(records, persons)
	if err != nil {
		return nil, port.Garbled(l.Department).Because(err)
	}
	return found, nil
}

// ask makes one call with the port's document and reads the field at its root.
func (l *line) ask(ctx context.Context, p *catalog.Port, variable, into any) error {
	d := l.documents[p.ID]
	if d == nil || d.text == "" {
		return fmt.Errorf("port %s: nothing is called through a %s port", p.ID, p.Operation)
	}
	text, err := l.call(ctx, path(p), request{Query: d.text, OperationName: d.name, Variables: map[string]any{d.variable: variable}})
	if err != nil {
		return err
	}
	data, err := l.data(text)
	if err != nil {
		return err
	}
	field, there := data[d.field]
	if !there || string(field) == "null" {
		return port.Garbled(l.Department).Because(errors.New("the answer lacks the field that was asked for"))
	}
	if err := port.DecodeJSON(field, into); err != nil {
		return port.Garbled(l.Department).Because(err)
	}
	return nil
}

// request is the body of a call.
type request struct {
	Query         string         `json:"query"`
	OperationName string         `json:"operationName,omitempty"`
	Variables     map[string]any `json:"variables,omitempty"`
}

// response is the body of an answer.
type response struct {
	Data   map[string]json.RawMessage `json:"data"`
	Errors []problem                  `json:"errors,omitempty"`
}

// problem is one of the errors of an answer. Its message is for people at the
// department and stays out of our logs: it may repeat what was asked.
type problem struct {
	Message    string                     `json:"message"`
	Extensions map[string]json.RawMessage `json:"extensions,omitempty"`
}
