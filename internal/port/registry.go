package port

import (
	"errors"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"time"

	"github.com/vetgraph/vetgraph/internal/catalog"
	"github.com/vetgraph/vetgraph/internal/fault"
)

// CallbackTolerance is how far a callback's clock may differ from ours.
const CallbackTolerance = 5 * time.Minute

// Endpoint is where a department's system is and how the two of us know each other.
type Endpoint struct {
	URL            string // base address; the paths of the ports go below it
	Token          string // we show it with every call
	CallbackSecret string // it signs its callbacks with this
}

// String leaves the secrets out.
func (e Endpoint) String() string { return e.URL }

// GoString leaves the secrets out.
func (e Endpoint) GoString() string { return fmt.Sprintf("port.Endpoint{URL: %q}", e.URL) }

// Setup is what a kind of port is opened with.
type Setup struct {
	Catalog    *catalog.Catalog
	Department string
	Endpoint   Endpoint
	Now        func() time.Time
}

// Kind opens the client for departments whose ports are of one kind, e.g. rest-json.
type Kind func(Setup) (Department, error)

// Registry finds a department's system by its code. It does not change once made.
type Registry struct {
	now         func() time.Time
	departments map[string]Department
	names       map[string]*Names
	secrets     map[string][]byte
}

// NewRegistry opens a client for every endpoint. kinds is keyed by what ports
// call their kind. Every mistake is reported at once: an endpoint of a
// department the catalogue does not know, an address that is none, a department
// whose ports are of several kinds or of one that is not among kinds.
func NewRegistry(c *catalog.Catalog, endpoints map[string]Endpoint, kinds map[string]Kind, now func() time.Time) (*Registry, error) {
	r := &Registry{now: now, departments: map[string]Department{}, names: map[string]*Names{}, secrets: map[string][]byte{}}
	var mistakes []error
	for _, code := range slices.Sorted(maps.Keys(endpoints)) {
		d, err := open(c, code, endpoints[code], kinds, now)
		if err != nil {
			mistakes = append(mistakes, fmt.Errorf("department %s: %w", code, err))
			continue
		}
		r.departments[code] = d
		r.names[code] = NamesOf(c, code)
		r.secrets[code] = []byte(endpoints[code].CallbackSecret)
	}
	if err := errors.Join(mistakes...); err != nil {
		return nil, err
	}
	return r, nil
}

func open(c *catalog.Catalog, code string, e Endpoint, kinds map[string]Kind, now func() time.Time) (Department, error) {
	known := slices.ContainsFunc(c.Departments, func(d *catalog.Department) bool { return d.Code == code })
	if !known {
		return nil, errors.New("not in the catalogue")
	}
	u, err := url.Parse(e.URL)
	if err != nil || u.Host == "" || (u.Scheme != "http" && u.Scheme != "https") || u.RawQuery != "" || u.Fragment != "" || u.User != nil {
		return nil, errors.New("its address is not an absolute http(s) address without query")
	}
	kind, err := kindOf(c, code)
	if err != nil {
		return nil, err
	}
	if kind == "" {
		return unconnected{code}, nil // takes part without ports, like a coordinator
	}
	openKind := kinds[kind]
	if openKind == nil {
		return nil, fmt.Errorf("no port of kind %q is built in", kind)
	}
	return openKind(Setup{Catalog: c, Department: code, Endpoint: e, Now: now})
}

func kindOf(c *catalog.Catalog, code string) (string, error) {
	kind := ""
	for _, p := range c.Ports {
		switch {
		case p.Department != code || p.Kind == kind:
		case kind == "":
			kind = p.Kind
		default:
			return "", fmt.Errorf("its ports are of several kinds: %s, %s", kind, p.Kind)
		}
	}
	return kind, nil
}

// Get returns the department's system. Every call on one that has no endpoint
// is a fault of kind Unavailable, DEPARTMENT_NOT_CONNECTED.
func (r *Registry) Get(code string) Department {
	if d, ok := r.departments[code]; ok {
		return d
	}
	return unconnected{code}
}

// Departments lists the codes that have an endpoint, sorted.
func (r *Registry) Departments() []string { return slices.Sorted(maps.Keys(r.departments)) }

// Callback takes a department's callback: it verifies the signature (header is
// the value of [SignatureHeader]), reads the body and gives it under our names.
// Faults: NotFound DEPARTMENT_UNKNOWN, SignedOut CALLBACK_SIGNATURE or
// CALLBACK_STALE, Invalid CALLBACK_MALFORMED.
func (r *Registry) Callback(code, header string, body []byte) (Answer, error) {
	names := r.names[code]
	if names == nil {
		return Answer{}, fault.New(fault.NotFound, "DEPARTMENT_UNKNOWN", "没有这个部门。", "There is no such department.")
	}
	if err := VerifyCallback(r.secrets[code], header, body, r.now(), CallbackTolerance); err != nil {
		return Answer{}, err
	}
	m, err := DecodeCallback(body)
	if err != nil {
		return Answer{}, err
	}
	a, err := names.Answer(m)
	if err != nil {
		return Answer{}, fault.New(fault.Invalid, "CALLBACK_MALFORMED",
			"回调内容不符合约定。", "The callback is not as agreed.").Because(err)
	}
	return a, nil
}

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
