package server

import (
	"errors"
	"io"
	"net/http"

	"github.com/vetgraph/vetgraph/internal/fault"
	"github.com/vetgraph/vetgraph/internal/port"
)

// maxCallback is the largest callback, in bytes; a result is far smaller.
const maxCallback = 256 << 10

// callbacks takes departments' results: POST /callbacks/{department}, signed. A
// department repeats a callback until it hears 204, so taking one twice changes
// nothing, and what is wrong with one is said once and for all by a 4xx.
func (h *Hub) callbacks(w http.ResponseWriter, r *http.Request) {
	code := r.PathValue("department")
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxCallback))
	if tooBig := new(http.MaxBytesError); errors.As(err, &tooBig) {
		refuse(w, http.StatusRequestEntityTooLarge, tooLarge())
		return
	} else if err != nil {
		refuse(w, http.StatusBadRequest, fault.New(fault.Invalid, "BODY_CUT_OFF", "请求体没有收完整。", "The body did not arrive whole."))
		return
	}
	answer, err := h.Registry.Callback(code, r.Header.Get(port.SignatureHeader), body)
	if err == nil {
		err = h.Cases.Apply(r.Context(), code, answer)
	}
	h.meters.callback(code, err)
	if err != nil {
		f := fault.Of(err)
		if f.Kind == fault.Internal {
			log := h.log("callback")
			log.Error().Err(err).Msg("a callback could not be applied; the department will repeat it")
		}
		refuse(w, statusOf(f.Kind), f)
		return
	}
	w.WriteHeader(http.StatusNoContent)
}

// statusOf is the HTTP status of a kind of fault, outside of GraphQL.
func statusOf(k fault.Kind) int {
	switch k {
	case fault.Invalid:
		return http.StatusBadRequest
	case fault.SignedOut:
		return http.StatusUnauthorized
	case fault.Denied:
		return http.StatusForbidden
	case fault.NotFound:
		return http.StatusNotFound
	case fault.Conflict:
		return http.StatusConflict
	case fault.TooLarge:
		return http.StatusRequestEntityTooLarge
	case fault.Unavailable:
		return http.StatusServiceUnavailable
	}
	return http.StatusInternalServerError
}
