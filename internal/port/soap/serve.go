package soap

import (
	"errors"
	"io"
	"mime"
	"net/http"
	"strings"

	"github.com/vetgraph/vetgraph/internal/catalog"
	"github.com/vetgraph/vetgraph/internal/port"
)

const (
	maxRequest  = 4 << 20 // bytes; a thousand questions are 300 KiB
	maxQuestion = 1000    // persons or items in one call
)

// Serve is the other end of a line: what a department's ports of this kind answer,
// below its base address, when c is its system. around, which may be nil, is put
// before each operation (DELIVER, STATUS, WITHDRAW, LOOKUP), inside of which the
// request is answered. Of ports that share a path and not version and namespace,
// which [Open] refuses, the first is served. GET with ?wsdl answers the WSDL.
func Serve(ports []*catalog.Port, c port.Counterpart, around func(operation string, next http.Handler) http.Handler) http.Handler {
	mux := http.NewServeMux()
	services := map[string]*service{}
	for _, p := range ports {
		operation := operations[p.Operation]
		if operation == "" || check(p) != nil {
			continue
		}
		s := services[Path(p)]
		if s == nil {
			s = &service{
				counterpart: c, around: around, version: versionOf(p.Soap.Version), space: p.Soap.Namespace,
				actions: map[string]string{}, path: Path(p), ports: ports,
			}
			services[Path(p)] = s
			mux.Handle(Path(p), s)
		}
		if s.actions[operation] == "" && s.version.name == p.Soap.Version && s.space == p.Soap.Namespace {
			s.actions[operation] = Action(p)
		}
	}
	return mux
}

// service is what answers at one address.
type service struct {
	counterpart port.Counterpart
	around      func(operation string, next http.Handler) http.Handler
	version     *version
	space       string
	actions     map[string]string // by operation
	path        string
	ports       []*catalog.Port
}

// ServeHTTP implements http.Handler.
func (s *service) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Method == http.MethodGet && strings.EqualFold(r.URL.RawQuery, "wsdl") {
		s.describe(w, r)
		return
	}
	if r.Method != http.MethodPost {
		w.Header().Set("Allow", "GET, POST")
		http.Error(w, "POST an envelope or GET ?wsdl", http.StatusMethodNotAllowed)
		return
	}
	text, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxRequest))
	if err != nil {
		s.refuse(w, http.StatusRequestEntityTooLarge, "TOO_LARGE")
		return
	}
	content, reason := s.understand(r, text)
	if reason != "" {
		s.refuse(w, 0, reason)
		return
	}
	var handler http.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { s.answer(w, r, content) })
	if s.around != nil {
		handler = s.around(strings.ToUpper(content.name.Local), handler)
	}
	handler.ServeHTTP(w, r)
}

// understand finds the operation that is asked for, or says why there is none. The
// action must be that of the body, or something in front of us that judges by
// the action would be deceived.
func (s *service) understand(r *http.Request, text []byte) (content *node, reason string) {
	kind, params, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil || kind != s.version.media {
		return nil, "MEDIA_TYPE"
	}
	root, err := parse(text, r.Header.Get("Content-Type"))
	if err != nil {
		return nil, "MALFORMED"
	}
	b, err := open(root, s.space)
	switch {
	case errors.Is(err, errUnderstand):
		return nil, mustUnderstand
	case b.version != nil && b.version != s.version:
		return nil, versionMismatch
	case err != nil:
		return nil, "MALFORMED"
	}
	action, known := s.actions[b.content.name.Local]
	if !known || b.content.name.Space != s.space {
		return nil, "OPERATION"
	}
	said := params["action"] // 1.2 may leave it out
	if s.version == soap11 {
		said = strings.Trim(r.Header.Get("SOAPAction"), `"`)
	}
	if said != action && (said != "" || s.version == soap11) {
		return nil, "ACTION"
	}
	return b.content, ""
}

// The codes of faults that are neither the sender's nor the receiver's.
const (
	mustUnderstand  = "MustUnderstand"
	versionMismatch = "VersionMismatch"
)

func (s *service) answer(w http.ResponseWriter, r *http.Request, content *node) {
	in, bad := newReader(content, s.space)
	out, err := s.handle(r, content.name.Local, in, bad)
	if refused, ok := errors.AsType[*port.Refusal](err); ok {
		s.say(w, s.senderStatus(), func() ([]byte, error) { return s.version.fault(s.space, s.version.sender, refused) })
		return
	}
	switch {
	case errors.Is(err, port.ErrLost):
		panic(http.ErrAbortHandler)
	case err != nil:
		s.broken(w)
	default:
		s.say(w, http.StatusOK, func() ([]byte, error) { return s.version.envelope(s.space, "", content.name.Local+"Response", out) })
	}
}

// handle carries out one operation.
func (s *service) handle(r *http.Request, operation string, in *reader, bad *error) (out func(*writer), err error) {
	malformed := func() error {
		if *bad != nil {
			return &port.Refusal{Reason: "MALFORMED"}
		}
		return nil
	}
	switch operation {
	case "Deliver":
		item := in.item()
		if err := malformed(); err != nil {
			return nil, err
		}
		slip, err := s.counterpart.Take(r.Context(), item)
		return func(w *writer) { w.slip(slip) }, err
	case "Withdraw":
		id := in.text("item")
		if err := malformed(); err != nil {
			return nil, err
		}
		m, err := s.counterpart.TakeBack(r.Context(), id)
		return func(w *writer) { w.message(m) }, err
	case "Status":
		return s.status(r, in.texts("item"), malformed())
	}
	return s.lookup(r, in.persons(), malformed())
}

func (s *service) status(r *http.Request, items []string, err error) (func(*writer), error) {
	if err != nil {
		return nil, err
	}
	if len(items) > maxQuestion {
		return nil, &port.Refusal{Reason: "TOO_MANY"}
	}
	known, err := s.counterpart.Tell(r.Context(), items)
	return func(w *writer) {
		for _, m := range known {
			w.message(m)
		}
	}, err
}

func (s *service) lookup(r *http.Request, persons []port.Person, err error) (func(*writer), error) {
	if err != nil {
		return nil, err
	}
	if len(persons) > maxQuestion {
		return nil, &port.Refusal{Reason: "TOO_MANY"}
	}
	found, err := s.counterpart.Find(r.Context(), persons)
	return func(w *writer) {
		for _, f := range found {
			w.record(f)
		}
	}, err
}

// senderStatus is what HTTP says beside a fault of the sender.
func (s *service) senderStatus() int {
	if s.version == soap11 {
		return http.StatusInternalServerError
	}
	return http.StatusBadRequest
}

// refuse answers a request that is not understood; status 0 is the usual one.
func (s *service) refuse(w http.ResponseWriter, status int, reason string) {
	code, refusal := s.version.sender, &port.Refusal{Reason: reason}
	if status == 0 {
		status = s.senderStatus()
	}
	if reason == mustUnderstand || reason == versionMismatch {
		code, refusal, status = reason, nil, http.StatusInternalServerError
	}
	s.say(w, status, func() ([]byte, error) { return s.version.fault(s.space, code, refusal) })
}

func (s *service) broken(w http.ResponseWriter) {
	s.say(w, http.StatusInternalServerError, func() ([]byte, error) { return s.version.fault(s.space, s.version.receiver, nil) })
}

// say writes a document; one that cannot be written is a failure of ours.
func (s *service) say(w http.ResponseWriter, status int, document func() ([]byte, error)) {
	text, err := document()
	if err != nil {
		status = http.StatusInternalServerError
		text, _ = s.version.fault(s.space, s.version.receiver, nil) // holds nothing that cannot be written
	}
	w.Header().Set("Content-Type", s.version.contentType(""))
	w.WriteHeader(status)
	_, _ = w.Write(text) // a caller who has gone needs no answer
}
