package port

import (
	"bytes"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
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

	// Transport shows who we are in another way than by Token, for kinds over HTTP;
	// nil: by Token alone. Two endpoints are one place only if they share it.
	Transport http.RoundTripper
}

// String leaves the secrets out.
func (e Endpoint) String() string { return e.URL }

// GoString leaves the secrets out.
func (e Endpoint) GoString() string { return fmt.Sprintf("port.Endpoint{URL: %q}", e.URL) }

// Registry finds a department's system by its code. It does not change once made.
type Registry struct {
	now         func() time.Time
	departments map[string]Department
	gates       map[string]*Gate // by port ID
	names       map[string]*Names
	secrets     map[string][][]byte // of a department some of whose ports stand elsewhere, several
}

// NewRegistry opens the lines to every endpoint. An endpoint stands under the code
// of a department, for all its ports, or under the ID of a port, for that one
// alone: so one line of configuration takes a port live while others are played.
// The ports of a matter's life go together. kinds is keyed by what ports call
// their kind. Every mistake is reported at once: an endpoint of what the catalogue
// does not know, an address that is none, a kind that is not among kinds, a matter
// whose items would be delivered in one place and asked after in another.
func NewRegistry(c *catalog.Catalog, endpoints map[string]Endpoint, kinds map[string]Kind, now func() time.Time) (*Registry, error) {
	r := &Registry{now: now, departments: map[string]Department{}, gates: map[string]*Gate{}, names: map[string]*Names{}, secrets: map[string][][]byte{}}
	var mistakes []error
	of := map[string]bool{} // departments with an endpoint, or a port of theirs
	for _, key := range slices.Sorted(maps.Keys(endpoints)) {
		code := key
		if p := c.Port(key); p != nil {
			code = p.Department
		} else if !slices.ContainsFunc(c.Departments, func(d *catalog.Department) bool { return d.Code == code }) {
			mistakes = append(mistakes, fmt.Errorf("%s: neither a department nor a port of the catalogue", key))
			continue
		}
		of[code] = true
	}
	for _, code := range slices.Sorted(maps.Keys(of)) {
		d, err := r.open(c, code, endpoints, kinds)
		if err != nil {
			mistakes = append(mistakes, fmt.Errorf("department %s: %w", code, err))
			continue
		}
		r.departments[code] = d
		r.names[code] = NamesOf(c, code)
		r.secrets[code] = secrets(c, code, endpoints)
	}
	mistakes = append(mistakes, together(c, endpoints)...)
	if err := errors.Join(mistakes...); err != nil {
		return nil, err
	}
	return r, nil
}

// secrets are what a department's systems sign their callbacks with: its own, and
// those of its ports with an address of their own.
func secrets(c *catalog.Catalog, code string, endpoints map[string]Endpoint) (all [][]byte) {
	add := func(e Endpoint) {
		if s := []byte(e.CallbackSecret); len(s) > 0 && !slices.ContainsFunc(all, func(b []byte) bool { return bytes.Equal(b, s) }) {
			all = append(all, s)
		}
	}
	add(endpoints[code])
	for _, p := range c.Ports {
		if p.Department == code {
			add(endpoints[p.ID])
		}
	}
	return all
}

// open opens one line for each kind and address among a department's ports.
func (r *Registry) open(c *catalog.Catalog, code string, endpoints map[string]Endpoint, kinds map[string]Kind) (Department, error) {
	type place struct {
		kind     string
		endpoint Endpoint
	}
	by := map[place][]*catalog.Port{}
	var places []place
	var mistakes []error
	for _, p := range c.Ports {
		if p.Department != code {
			continue
		}
		e, own := endpoints[p.ID]
		if !own {
			if e, own = endpoints[code]; !own {
				e = Endpoint{}
			}
		}
		at := place{p.Kind, e}
		if by[at] == nil {
			places = append(places, at)
		}
		by[at] = append(by[at], p)
	}
	if e, ok := endpoints[code]; ok && len(places) == 0 { // takes part without ports, like a coordinator
		if err := check(e); err != nil {
			return nil, err
		}
		return unconnected{code}, nil
	}
	var doors []*door
	for _, at := range places {
		l, err := r.line(Setup{Department: code, Ports: by[at], Endpoint: at.endpoint, Now: r.now}, at.kind, kinds)
		if err != nil {
			mistakes = append(mistakes, err)
			continue
		}
		for _, p := range by[at] {
			d := &door{port: p, line: l, gate: newGate(p, r.now)}
			r.gates[p.ID] = d.gate
			doors = append(doors, d)
		}
	}
	if err := errors.Join(mistakes...); err != nil {
		return nil, err
	}
	return newClient(code, NamesOf(c, code), doors), nil
}

func (r *Registry) line(s Setup, kind string, kinds map[string]Kind) (Line, error) {
	if s.Endpoint == (Endpoint{}) {
		return notYet{s.Department}, nil
	}
	if err := check(s.Endpoint); err != nil {
		return nil, err
	}
	open := kinds[kind]
	if open == nil {
		return nil, fmt.Errorf("no port of kind %q is built in", kind)
	}
	s.Endpoint.URL = strings.TrimSuffix(s.Endpoint.URL, "/")
	s.Transport = s.Endpoint.Transport
	return open(s)
}

// check says what is wrong with an address. A kind says which schemes it speaks.
func check(e Endpoint) error {
	u, err := url.Parse(e.URL)
	if err != nil || u.Scheme == "" || u.Host == "" && u.Path == "" || u.RawQuery != "" && (u.Scheme == "http" || u.Scheme == "https") || u.Fragment != "" {
		return errors.New("its address is not an absolute address without query")
	}
	if http := u.Scheme == "http" || u.Scheme == "https"; http && (u.Host == "" || u.User != nil) {
		return errors.New("its address is not an absolute http(s) address without query")
	}
	return nil
}

// living are the operations that follow one item through its life.
var living = []string{"SUBMIT", "CORRECTION", "STATUS", "WITHDRAW"}

// together finds matters of which some ports of an item's life have an address of
// their own and others have another.
func together(c *catalog.Catalog, endpoints map[string]Endpoint) (mistakes []error) {
	first := map[string]*catalog.Port{}
	told := map[string]bool{}
	for _, p := range c.Ports {
		if !slices.Contains(living, p.Operation) || told[p.Matter] {
			continue
		}
		if first[p.Matter] == nil {
			first[p.Matter] = p
		}
		if a := first[p.Matter]; endpoints[a.ID].URL != endpoints[p.ID].URL {
			told[p.Matter] = true
			mistakes = append(mistakes, fmt.Errorf("%s and %s: an item of %s would be handed over in one place and asked after in another", a.ID, p.ID, p.Matter))
		}
	}
	return mistakes
}

// Gate returns what stands before a port, or nil if its department has no endpoint.
func (r *Registry) Gate(portID string) *Gate { return r.gates[portID] }

// Get returns the department's system. Every call on one that has no endpoint
// is a fault of kind Unavailable, DEPARTMENT_NOT_CONNECTED.
func (r *Registry) Get(code string) Department {
	if d, ok := r.departments[code]; ok {
		return d
	}
	return unconnected{code}
}

// Departments lists the codes that have an endpoint, sorted; who is only paid
// through, or pays, has no items and is not among them.
func (r *Registry) Departments() []string {
	var codes []string
	for _, code := range sortedKeys(r.departments) {
		if c, ok := r.departments[code].(*client); !ok || c.handles() {
			codes = append(codes, code)
		}
	}
	return codes
}

// Callback takes a department's callback: it verifies the signature (header is
// the value of [SignatureHeader]), reads the body and gives it under our names.
// Faults: NotFound DEPARTMENT_UNKNOWN, SignedOut CALLBACK_SIGNATURE or
// CALLBACK_STALE, Invalid CALLBACK_MALFORMED.
func (r *Registry) Callback(code, header string, body []byte) (Answer, error) {
	names := r.names[code]
	if names == nil {
		return Answer{}, nobodyKnown()
	}
	if err := r.signed(code, header, body); err != nil {
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

// signed verifies a callback by any of a department's secrets.
func (r *Registry) signed(code, header string, body []byte) error {
	signed := badSignature()
	for _, secret := range r.secrets[code] {
		if signed = VerifyCallback(secret, header, body, r.now(), CallbackTolerance); signed == nil || fault.Of(signed).Reason == "CALLBACK_STALE" {
			break
		}
	}
	return signed
}

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
