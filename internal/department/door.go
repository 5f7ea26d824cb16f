package department

import (
	"crypto/subtle"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/vetgraph/vetgraph/internal/port"
	"github.com/vetgraph/vetgraph/internal/port/restjson"
)

const (
	maxRequest  = 4 << 20 // bytes; a thousand questions are 150 KiB
	maxQuestion = 1000    // persons or items in one call
)

// handler answers one operation; id is the item's, where the path has one.
type handler func(r *http.Request, id string, body []byte) (any, error)

type route struct {
	method, operation string
	segments          []string
	handle            handler
}

// door opens the paths that the catalogue's ports name, so that one descriptor
// makes both the client and its department.
func (o *office) door() http.Handler {
	var routes []route
	add := func(method, operation, path string, h handler) {
		segments := strings.Split(strings.Trim(path, "/"), "/")
		for _, r := range routes {
			if r.method == method && strings.Join(r.segments, "/") == strings.Join(segments, "/") {
				return
			}
		}
		routes = append(routes, route{method, operation, segments, h})
	}
	for _, p := range o.config.Catalog.Ports {
		switch {
		case p.Department != o.code:
		case p.Operation == "SUBMIT":
			add(http.MethodPut, "DELIVER", restjson.Path(p, restjson.ItemPath), o.takeItem)
		case p.Operation == "CORRECTION":
			add(http.MethodPut, "DELIVER", restjson.Path(p, restjson.ItemPath), o.takeItem)
		case p.Operation == "WITHDRAW":
			add(http.MethodPost, "WITHDRAW", restjson.Path(p, restjson.WithdrawPath), o.takeBack)
		case p.Operation == "STATUS":
			add(http.MethodPost, "STATUS", restjson.Path(p, restjson.StatusPath), o.tellStatus)
		case p.Operation == "LOOKUP":
			add(http.MethodPost, "LOOKUP", restjson.Path(p, restjson.LookupPath), o.tellFacts)
		}
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET "+basePath+"/health", func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "ok\n") })
	mux.HandleFunc(basePath+"/", func(w http.ResponseWriter, r *http.Request) { o.enter(w, r, routes) })
	return mux
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

func (o *office) enter(w http.ResponseWriter, r *http.Request, routes []route) {
	shown := []byte(strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer "))
	if subtle.ConstantTimeCompare(shown, []byte(o.secrets.Token)) != 1 {
		w.Header().Set("WWW-Authenticate", "Bearer")
		answer(w, http.StatusUnauthorized, restjson.Refusal{Reason: "TOKEN"})
		return
	}
	segments := strings.Split(strings.Trim(strings.TrimPrefix(r.URL.Path, basePath), "/"), "/")
	for _, route := range routes {
		if id, ok := route.match(r.Method, segments); ok {
			o.counts.add(route.operation, 1)
			if o.misbehave(w, r) {
				return
			}
			o.serve(w, r, route.handle, id)
			return
		}
	}
	answer(w, http.StatusNotFound, restjson.Refusal{Reason: "PATH"})
}

// misbehave plays the fault that is set; true if that was the answer.
func (o *office) misbehave(w http.ResponseWriter, r *http.Request) bool {
	f := o.trouble.get()
	switch {
	case f.Silent:
		_, _ = io.Copy(io.Discard, r.Body) // only then does the server notice that the caller hangs up
		<-r.Context().Done()
		return true
	case f.Busy > 0:
		w.Header().Set("Retry-After", strconv.Itoa(int((f.Busy+time.Second-1)/time.Second)))
		answer(w, http.StatusTooManyRequests, restjson.Refusal{Reason: "BUSY"})
		return true
	case o.trouble.fails(f.ErrorRate):
		answer(w, http.StatusInternalServerError, restjson.Refusal{Reason: "BROKEN"})
		return true
	case f.Garbled:
		w.Header().Set("Content-Type", restjson.MediaType)
		_, _ = io.WriteString(w, `{"item": "`)
		return true
	case f.Oversized:
		w.Header().Set("Content-Type", restjson.MediaType)
		blank := []byte(strings.Repeat(" ", 1<<20))
		for range 64 {
			if _, err := w.Write(blank); err != nil {
				break
			}
		}
		return true
	}
	if f.Slow > 0 {
		select {
		case <-time.After(f.Slow):
		case <-r.Context().Done():
			return true
		}
	}
	return false
}

func (o *office) serve(w http.ResponseWriter, r *http.Request, h handler, id string) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxRequest))
	if err != nil {
		answer(w, http.StatusRequestEntityTooLarge, restjson.Refusal{Reason: "TOO_LARGE"})
		return
	}
	said, err := h(r, id, body)
	if o.trouble.get().LoseAnswer || errors.Is(err, errReceiptLost) {
		if conn, _, err := http.NewResponseController(w).Hijack(); err == nil {
			_ = conn.Close()
		}
		return
	}
	switch decided, refused := asDecided(err), asRefusal(err); {
	case err == nil:
		answer(w, http.StatusOK, said)
	case decided != nil:
		answer(w, http.StatusConflict, restjson.Refusal{Reason: restjson.ItemDecided, Item: &decided.Message})
	case refused != nil:
		answer(w, statusOf(refused.reason), restjson.Refusal{Reason: refused.reason})
	default:
		if r.Context().Err() == nil {
			o.config.Log.Error().Err(err).Str("department", o.code).Msg("department failed")
		}
		answer(w, http.StatusInternalServerError, restjson.Refusal{Reason: "BROKEN"})
	}
}

func statusOf(reason string) int {
	switch reason {
	case restjson.ItemDeliveredOtherwise:
		return http.StatusConflict
	case restjson.ItemUnknown:
		return http.StatusNotFound
	}
	return http.StatusUnprocessableEntity
}

func asRefusal(err error) *refusal {
	r, _ := errors.AsType[*refusal](err)
	return r
}

func asDecided(err error) *decided {
	d, _ := errors.AsType[*decided](err)
	return d
}

func answer(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", restjson.MediaType)
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body) // a caller who has gone needs no answer
}

// decode reads a request, or refuses it.
func decode(body []byte, into any) error {
	if port.DecodeJSON(body, into) != nil {
		return &refusal{"MALFORMED"}
	}
	return nil
}
