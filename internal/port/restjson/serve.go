package restjson

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strings"

	"github.com/vetgraph/vetgraph/internal/catalog"
	"github.com/vetgraph/vetgraph/internal/port"
)

const (
	maxRequest  = 4 << 20 // bytes; a thousand questions are 150 KiB
	maxQuestion = 1000    // persons or items in one call
)

// Serve is the other end of a line: what a department's ports of this kind answer,
// below its base address, when c is its system. around, which may be nil, is put
// before each operation (DELIVER, STATUS, WITHDRAW, LOOKUP, PUSH, OUTCOMES), inside
// of which the request is answered. Payments are for a c that is a [port.Payer] too.
func Serve(ports []*catalog.Port, c port.Counterpart, around func(operation string, next http.Handler) http.Handler) http.Handler {
	s := &server{counterpart: c}
	for _, p := range ports {
		switch p.Operation {
		case "SUBMIT", "CORRECTION":
			s.add(http.MethodPut, "DELIVER", Path(p, ItemPath), s.deliver, around)
		case "WITHDRAW":
			s.add(http.MethodPost, "WITHDRAW", Path(p, WithdrawPath), s.withdraw, around)
		case "STATUS":
			s.add(http.MethodPost, "STATUS", Path(p, StatusPath), s.status, around)
		case "LOOKUP":
			s.add(http.MethodPost, "LOOKUP", Path(p, LookupPath), s.lookup, around)
		case "PUSH":
			s.add(http.MethodPut, "PUSH", Path(p, BatchPath), s.batch, around)
			s.add(http.MethodPost, "OUTCOMES", AskPath(p), s.outcomes, around)
		}
	}
	return s
}

type server struct {
	counterpart port.Counterpart
	routes      []route
}

// handler answers one operation; id is the item's, where the path has one.
type handler func(r *http.Request, id string, body []byte) (any, error)

type route struct {
	method   string
	segments []string
	most     int64 // bytes of a request
	handle   handler
	around   func(next http.Handler) http.Handler
}

func (s *server) add(method, operation, path string, h handler, around func(string, http.Handler) http.Handler) {
	segments := strings.Split(strings.Trim(path, "/"), "/")
	for _, r := range s.routes {
		if r.method == method && strings.Join(r.segments, "/") == strings.Join(segments, "/") {
			return // several ports share a path
		}
	}
	most := int64(maxRequest)
	if operation == "PUSH" {
		most = maxBatch
	}
	s.routes = append(s.routes, route{method, segments, most, h, func(next http.Handler) http.Handler {
		if around == nil {
			return next
		}
		return around(operation, next)
	}})
}

func (r route) match(method string, segments []string) (id string, ok bool) {
	if method != r.method || len(segments) != len(r.segments) {
		return "", false
	}
	for i, s := range r.segments {
		if s == "{id}" {
			id = segments[i]
		} else if s != segments[i] {
			return "", false
		}
	}
	return id, true
}

// ServeHTTP implements http.Handler.
func (s *server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	segments := strings.Split(strings.Trim(r.URL.Path, "/"), "/")
	for _, route := range s.routes {
		if id, ok := route.match(r.Method, segments); ok {
			route.around(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { s.answer(w, r, route, id) })).ServeHTTP(w, r)
			return
		}
	}
	say(w, http.StatusNotFound, port.Refusal{Reason: "PATH"})
}

func (s *server) answer(w http.ResponseWriter, r *http.Request, to route, id string) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, to.most))
	if err != nil {
		say(w, http.StatusRequestEntityTooLarge, port.Refusal{Reason: "TOO_LARGE"})
		return
	}
	said, err := to.handle(r, id, body)
	if refused, ok := errors.AsType[*port.Refusal](err); ok {
		say(w, statusOf(refused.Reason), refused)
		return
	}
	switch {
	case errors.Is(err, port.ErrLost):
		panic(http.ErrAbortHandler)
	case err != nil:
		say(w, http.StatusInternalServerError, port.Refusal{Reason: "BROKEN"})
	default:
		say(w, http.StatusOK, said)
	}
}

func statusOf(reason string) int {
	switch reason {
	case port.ItemDeliveredOtherwise, port.ItemDecided, port.BatchPushedOtherwise:
		return http.StatusConflict
	case port.ItemUnknown:
		return http.StatusNotFound
	}
	return http.StatusUnprocessableEntity
}

func say(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", MediaType)
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body) // a caller who has gone needs no answer
}

// decode reads a request, or refuses it.
func decode(body []byte, into any) error {
	if port.DecodeJSON(body, into) != nil {
		return &port.Refusal{Reason: "MALFORMED"}
	}
	return nil
}

func (s *server) deliver(r *http.Request, id string, body []byte) (any, error) {
	var item port.Item
	if err := decode(body, &item); err != nil {
		return nil, err
	}
	item.ID = id
	return s.counterpart.Take(r.Context(), item)
}

func (s *server) status(r *http.Request, _ string, body []byte) (any, error) {
	var q StatusQuestion
	if err := decode(body, &q); err != nil {
		return nil, err
	}
	if len(q.Items) > maxQuestion {
		return nil, &port.Refusal{Reason: "TOO_MANY"}
	}
	known, err := s.counterpart.Tell(r.Context(), q.Items)
	if known == nil {
		known = []port.Message{}
	}
	return StatusAnswer{Items: known}, err
}

func (s *server) withdraw(r *http.Request, id string, _ []byte) (any, error) {
	return s.counterpart.TakeBack(r.Context(), id)
}

func (s *server) lookup(r *http.Request, _ string, body []byte) (any, error) {
	var q LookupQuestion
	if err := decode(body, &q); err != nil {
		return nil, err
	}
	if len(q.Questions) > maxQuestion {
		return nil, &port.Refusal{Reason: "TOO_MANY"}
	}
	found, err := s.counterpart.Find(r.Context(), q.Questions)
	return LookupAnswer{Records: found}, err
}
