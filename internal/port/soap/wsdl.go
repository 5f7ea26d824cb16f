package soap

import (
	"bytes"
	"context"
	_ "embed" // for the WSDL
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"text/template"

	"github.com/vetgraph/vetgraph/internal/catalog"
	"github.com/vetgraph/vetgraph/internal/port"
)

//go:embed service.wsdl.tmpl
var wsdlText string

var wsdl = template.Must(template.New("wsdl").Parse(wsdlText))

const wsdlSpace = "http://schemas.xmlsoap.org/wsdl/"

// description is what the WSDL of one service says. All text in it is escaped.
type description struct {
	Space, Binding, Transport, Address string

	Operations []offered
	Values     map[string][]string // the department's names, by what they are part of
}

type offered struct{ Name, Action string }

// Describe writes the WSDL 1.1 of the service at a path, which is at an address,
// from a department's ports: those of the service, and for what results may hold
// the RESULT ports wherever they are. The order of elements is that of our own
// messages. An error means that the ports make no service ([Open] says why).
func Describe(ports []*catalog.Port, path, address string) ([]byte, error) {
	d := description{Address: escaped(address), Values: map[string][]string{"Fields": nil, "Outputs": nil, "Values": nil}}
	for _, p := range ports {
		if p.Operation == "RESULT" {
			d.add("Outputs", theirs(p))
		}
		operation := operations[p.Operation]
		if operation == "" || Path(p) != path {
			continue
		}
		if err := check(p); err != nil {
			return nil, err
		}
		v := versionOf(p.Soap.Version)
		d.Space, d.Binding, d.Transport = escaped(p.Soap.Namespace), v.wsdl, v.transport
		switch operation {
		case "Deliver":
			d.add("Fields", theirs(p))
		case "Lookup":
			d.add("Values", theirs(&catalog.Port{Answers: p.Answers}))
		}
		if !slices.ContainsFunc(d.Operations, func(o offered) bool { return o.Name == operation }) {
			d.Operations = append(d.Operations, offered{operation, escaped(Action(p))})
		}
	}
	if d.Space == "" {
		return nil, fmt.Errorf("no service at %s", path)
	}
	var b bytes.Buffer
	err := wsdl.Execute(&b, d)
	return b.Bytes(), err
}

func (d *description) add(part string, names []string) {
	all := slices.Concat(d.Values[part], names)
	slices.Sort(all)
	d.Values[part] = slices.Compact(all)
}

func escaped(text string) string {
	var w writer
	w.text(text)
	return w.b.String()
}

// describe answers GET ?wsdl, with the address under which it was asked for.
func (s *service) describe(w http.ResponseWriter, r *http.Request) {
	scheme := "http"
	if r.TLS != nil {
		scheme = "https"
	}
	path, _, _ := strings.Cut(r.RequestURI, "?") // also what was stripped on the way here
	text, err := Describe(s.ports, s.path, scheme+"://"+r.Host+path)
	if err != nil {
		http.Error(w, "no description", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/xml; charset=utf-8")
	_, _ = w.Write(text) // a caller who has gone needs no answer
}

// Check reads the department's own WSDL and reports at once where it differs from
// the ports: an operation that is missing, or is offered in another version,
// namespace or action. It asks about nobody. Errors besides are faults as of any call.
func (l *line) Check(ctx context.Context) error {
	var mistakes []error
	seen := map[string]*node{}
	for _, p := range l.ports {
		if operations[p.Operation] == "" {
			continue
		}
		root := seen[Path(p)]
		if root == nil {
			var err error
			if root, err = l.fetch(ctx, p); err != nil {
				return err
			}
			seen[Path(p)] = root
		}
		if err := offers(root, p); err != nil {
			mistakes = append(mistakes, port.Mismatch{Port: p.ID, Err: err})
		}
	}
	return errors.Join(mistakes...)
}

// fetch reads the WSDL of a port's service.
func (l *line) fetch(ctx context.Context, p *catalog.Port) (*node, error) {
	head := http.Header{"Accept": {soap11.media}} // a WSDL is text/xml, whatever it describes
	res, err := l.Send(ctx, http.MethodGet, Path(p)+"?wsdl", head, nil)
	if err != nil {
		return nil, err
	}
	defer func() { _ = res.Body.Close() }()
	if res.StatusCode != http.StatusOK {
		return nil, port.Failed(l.Department).Because(fmt.Errorf("status %d", res.StatusCode))
	}
	root, err := l.read(res, maxAnswer)
	if err != nil {
		return nil, err
	}
	if root.name.Space != wsdlSpace || root.name.Local != "definitions" {
		return nil, port.Garbled(l.Department).Because(errors.New("not a WSDL"))
	}
	return root, nil
}

// offers says how a WSDL differs from what a port relies on.
func offers(root *node, p *catalog.Port) error {
	v, name := versionOf(p.Soap.Version), operations[p.Operation]
	if space := root.attr("", "targetNamespace"); space != p.Soap.Namespace {
		return fmt.Errorf("the service's namespace is another than %s", p.Soap.Namespace)
	}
	for _, binding := range root.kids {
		if binding.name.Space != wsdlSpace || binding.name.Local != "binding" || binding.only(v.wsdl, "binding") == nil {
			continue
		}
		for _, o := range binding.kids {
			if o.name.Space != wsdlSpace || o.name.Local != "operation" || o.attr("", "name") != name {
				continue
			}
			if by := o.only(v.wsdl, "operation"); by == nil || by.attr("", "soapAction") != Action(p) {
				return fmt.Errorf("the service has %s under another action than %s", name, Action(p))
			}
			return nil
		}
	}
	return fmt.Errorf("the service does not offer %s in SOAP %s", name, v.name)
}
