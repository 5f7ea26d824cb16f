// Package soap speaks with departments whose ports are SOAP services, 1.1 or 1.2, document and literal.
//
// A port says its version and its namespace in the catalogue, and may say its
// action; without one that is the namespace and the operation. Its path is the
// address of the service below the department's base address, /service where it
// names none; ports that share one are one service, of one version and namespace.
// The operations are Deliver (also of corrections), Status, Withdraw and Lookup:
// the body is one element of that name in that namespace, the answer one with
// Response behind it. What they hold is in the WSDL, which each service answers
// to GET ?wsdl and from which a department generates its stub ([Describe]).
//
// Fields stand under the department's own names, each typed by xsi:type as XML
// Schema has it; without a type it is text, and xsi:nil says that there is none. A
// list is of type List in the service's namespace, with an item for each; the same
// element several times is read as one too. Times carry their zone.
//
// We show our token as bearer and, for systems that see no HTTP, in the header
// element Token, unless the transport shows who we are. A no is a fault of the
// sender (Client in 1.1) with Refusal and a reason in its detail: the reasons of
// package port or another. Every other fault is the system's own failure. Answers
// are read in UTF-8, GB18030 (which holds GBK and GB2312) and UTF-16.
//
// Nothing but encoding/xml is used, by the token: the SOAP libraries for Go take
// entities, depth and size as they come, or generate their code once for all from
// a WSDL, where ours is generated from the ports.
package soap

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strings"

	"github.com/vetgraph/vetgraph/internal/catalog"
	"github.com/vetgraph/vetgraph/internal/port"
	"github.com/vetgraph/vetgraph/internal/port/web"
)

// Kind is what the catalogue calls this kind of port.
const Kind = "soap"

// ServicePath is used where a port of the catalogue names none.
const ServicePath = "/service"

// operations are what a service calls what our ports do. RECEIPT and RESULT are
// told by the answer to SUBMIT and by callback.
var operations = map[string]string{
	"SUBMIT": "Deliver", "CORRECTION": "Deliver", "STATUS": "Status", "WITHDRAW": "Withdraw", "LOOKUP": "Lookup",
}

// Path returns the path of a port's service below the base address.
func Path(p *catalog.Port) string {
	if p.Path == "" {
		return ServicePath
	}
	return p.Path
}

// Action returns the action of a port: as it says, else its namespace and operation.
func Action(p *catalog.Port) string {
	if p.Soap.Action != "" {
		return p.Soap.Action
	}
	space := p.Soap.Namespace
	if !strings.HasSuffix(space, "/") && !strings.HasSuffix(space, ":") && !strings.HasSuffix(space, "#") {
		space += "/"
	}
	return space + operations[p.Operation]
}

// line is the way to one address.
type line struct {
	*client
	ports []*catalog.Port
}

// Open is the [port.Kind]. It reports at once all that is wrong with the ports.
func Open(s port.Setup) (port.Line, error) {
	var mistakes []error
	if u, err := url.Parse(s.Endpoint.URL); err != nil || u.Scheme != "http" && u.Scheme != "https" {
		mistakes = append(mistakes, errors.New("its address is not an absolute http(s) address without query"))
	}
	first := map[string]*catalog.Port{} // of each service, and of each of its operations
	for _, p := range s.Ports {
		if operations[p.Operation] == "" {
			continue
		}
		if err := check(p); err != nil {
			mistakes = append(mistakes, err)
			continue
		}
		service := first[Path(p)]
		if service == nil {
			service = p
			first[Path(p)] = p
		}
		at := Path(p) + " " + operations[p.Operation]
		if first[at] == nil {
			first[at] = p
		}
		if o := first[at]; service.Soap.Version != p.Soap.Version || service.Soap.Namespace != p.Soap.Namespace || Action(o) != Action(p) {
			mistakes = append(mistakes, fmt.Errorf("%s and %s share an address but not version, namespace and action", o.ID, p.ID))
		}
	}
	if err := errors.Join(mistakes...); err != nil {
		return nil, err
	}
	return &line{&client{web.Open(s)}, s.Ports}, nil
}

// check says what is wrong with one port.
func check(p *catalog.Port) error {
	if p.Soap == nil || versionOf(p.Soap.Version) == nil {
		return fmt.Errorf("%s does not say which SOAP it speaks", p.ID)
	}
	var mistakes []error
	if u, err := url.Parse(p.Soap.Namespace); err != nil || u.Scheme == "" {
		mistakes = append(mistakes, fmt.Errorf("%s: its namespace is not an absolute URI", p.ID))
	}
	if strings.ContainsFunc(Action(p), func(r rune) bool { return r <= ' ' || r >= 0x7f || r == '"' || r == '\\' }) {
		mistakes = append(mistakes, fmt.Errorf("%s: its action is not a URI", p.ID))
	}
	if strings.Contains(p.Path, "{id}") {
		mistakes = append(mistakes, fmt.Errorf("%s: the address of a service does not hold {id}; the item is in the message", p.ID))
	}
	for _, name := range theirs(p) {
		if !names(name) {
			mistakes = append(mistakes, fmt.Errorf("%s: %q cannot be the name of an element", p.ID, name))
		}
	}
	return errors.Join(mistakes...)
}

// theirs are all names of the department that a port speaks of, sorted.
func theirs(p *catalog.Port) []string {
	all := slices.Collect(maps.Keys(p.Send))
	all = slices.AppendSeq(all, maps.Keys(p.Constants))
	all = slices.AppendSeq(all, maps.Values(p.Answers))
	slices.Sort(all)
	return slices.Compact(all)
}

func sorted[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }

// Deliver implements [port.Line].
func (l *line) Deliver(ctx context.Context, p *catalog.Port, item port.Item) (s port.Slip, err error) {
	err = l.call(ctx, p, func(w *writer) { w.item(item) }, func(r *reader) { s = r.slip() })
	return s, err
}

// Status implements [port.Line].
func (l *line) Status(ctx context.Context, p *catalog.Port, items []string) ([]port.Message, error) {
	var all []port.Message
	if err := l.call(ctx, p, func(w *writer) {
		for _, id := range items {
			w.leaf("item", id)
		}
	}, func(r *reader) { all = r.messages() }); err != nil {
		return nil, err
	}
	return all, nil
}

// Withdraw implements [port.Line].
func (l *line) Withdraw(ctx context.Context, p *catalog.Port, item string) (m port.Message, err error) {
	err = l.call(ctx, p, func(w *writer) { w.leaf("item", item) }, func(r *reader) {
		if k := r.one("message"); k != nil {
			m = k.message()
		}
	})
	return m, err
}

// Lookup implements [port.Line].
func (l *line) Lookup(ctx context.Context, p *catalog.Port, persons []port.Person) ([]port.Found, error) {
	var all []port.Found
	if err := l.call(ctx, p, func(w *writer) {
		for _, person := range persons {
			w.person(person)
		}
	}, func(r *reader) { all = r.records() }); err != nil {
		return nil, err
	}
	return all, nil
}
