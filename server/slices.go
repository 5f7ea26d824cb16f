package server

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"strings"

	"github.com/vektah/gqlparser/v2/ast"
	tokens "golang.org/x/time/rate"

	"github.com/vetgraph/vetgraph/graph/exec"
	"github.com/vetgraph/vetgraph/internal/access"
	"github.com/vetgraph/vetgraph/internal/fault"
	"github.com/vetgraph/vetgraph/internal/sharing"
	"github.com/vetgraph/vetgraph/internal/slice"
	"github.com/vetgraph/vetgraph/internal/words"
)

// purposeHeader is where a partner says what it asks for: the code of its slice.
const purposeHeader = "X-Purpose"

// sliced is the endpoint of one slice: its schema, and how much may be asked of it.
type sliced struct {
	slice   *slice.Slice
	schema  *ast.Schema
	minute  *tokens.Limiter // this hub's share
	handler http.Handler
}

// readSlices reads the slices that the configuration names; the demonstration has examples.
func readSlices(c Config) (*slice.Register, error) {
	switch {
	case c.Slices != "":
		load := slice.Reviewed // in production two people have signed
		if c.Demo {
			load = slice.Load
		}
		r, err := load(os.DirFS(c.Slices))
		if err != nil {
			return nil, fmt.Errorf("slices in %s have mistakes (数据共享授权文件有误):\n%w", c.Slices, err)
		}
		return r, nil
	case c.Demo:
		return slice.Builtin()
	}
	return &slice.Register{}, nil
}

// cutSlices cuts the schema of each slice out of ours, all mistakes together.
func cutSlices(r *slice.Register) (map[string]*ast.Schema, error) {
	full := described()
	out := map[string]*ast.Schema{}
	var errs []error
	for _, s := range r.All() {
		cut, err := s.Cut(full)
		if err == nil {
			_, err = s.Prove(full, cut)
		}
		if err != nil {
			errs = append(errs, err)
		}
		out[s.Name] = cut
	}
	if err := errors.Join(errs...); err != nil {
		return nil, fmt.Errorf("slices have mistakes (数据共享授权文件有误):\n%w", err)
	}
	return out, nil
}

// openSlices wires what partners may read.
func (h *Hub) openSlices(context.Context) error {
	register, err := readSlices(h.Config)
	if err != nil {
		return err
	}
	schemas, err := cutSlices(register)
	if err != nil {
		return err
	}
	h.Sharing = &sharing.Desk{Store: h.Store, Slices: register, Described: fieldWords, Sensitive: sensitiveAt, Now: h.Config.Now}
	h.slices = map[string]*sliced{}
	for _, s := range register.All() {
		perSecond := tokens.Limit(float64(s.Often.PerMinute) / 60)
		h.slices[s.Name] = &sliced{slice: s, schema: schemas[s.Name], minute: tokens.NewLimiter(perSecond, s.Often.PerMinute)}
	}
	return nil
}

// sensitiveAt tells whether a coordinate is of class sensitive or military.
func sensitiveAt(coordinate string) bool {
	typ, field, _ := strings.Cut(coordinate, ".")
	d := described().Types[typ]
	if d == nil || d.Fields.ForName(field) == nil {
		return true // default deny
	}
	for _, t := range d.Fields.ForName(field).Directives.ForNames("tag") {
		if name := t.Arguments.ForName("name"); name != nil && (name.Value.Raw == "sensitive" || name.Value.Raw == "military") {
			return true
		}
	}
	return false
}

// fieldWords is the description of a coordinate such as Veteran.name: the first
// sentence in each language.
func fieldWords(coordinate string) words.Text {
	typ, field, _ := strings.Cut(coordinate, ".")
	d := described().Types[typ]
	if d == nil {
		return words.Text{}
	}
	f := d.Fields.ForName(field)
	if f == nil {
		return words.Text{}
	}
	zh, en, _ := strings.Cut(f.Description, "。 ")
	en, _, _ = strings.Cut(en, ". ")
	return words.Text{Zh: strings.TrimSuffix(zh, "。"), En: strings.TrimSuffix(en, ".")}
}

// sliceServer is GraphQL for a partner: POST alone, the slice's schema and nothing
// beside it, for parsing, validation, introspection and suggestions alike.
func (h *Hub) sliceServer(s *sliced) http.Handler {
	c := exec.Config{Resolvers: h.Resolver, Schema: s.schema}
	server := h.server(exec.NewExecutableSchema(c))
	h.load(server)
	server.Use(newRate(h.Config))
	server.Use(introspection{demo: true}) // what is theirs may be looked at
	h.count(server)
	server.AddTransport(overHTTP{})
	return h.told(h.gate(server))
}

// partners lets partners ask by their slice, and everybody else go on. The slice
// follows from the credential; nothing in the request chooses it.
func (h *Hub) partners(next http.Handler) http.Handler {
	for _, s := range h.slices {
		s.handler = h.sliceServer(s)
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		v := access.From(r.Context())
		if v == nil || v.Kind != access.Partner {
			next.ServeHTTP(w, r)
			return
		}
		s := h.slices[v.Slice]
		if s == nil {
			refuse(w, http.StatusForbidden, sliceNone())
			return
		}
		if r.Method != http.MethodPost || r.Header.Get("Upgrade") != "" {
			w.Header().Set("Allow", http.MethodPost)
			refuse(w, http.StatusMethodNotAllowed, fault.New(fault.Invalid, "SLICE_BY_POST", "数据共享查询一律用 POST。", "A slice is asked by POST alone."))
			return
		}
		if status, f := h.admitted(r, s); f != nil {
			refuse(w, status, f)
			return
		}
		w.Header().Set("Cache-Control", "no-store")
		s.handler.ServeHTTP(w, r)
	})
}

// admitted tells whether a partner's request may be read at all: the slice is open,
// the purpose is the agreed one, the quota is not used up.
func (h *Hub) admitted(r *http.Request, s *sliced) (int, *fault.Fault) {
	if err := h.Sharing.Open(s.slice); err != nil {
		return http.StatusForbidden, fault.Of(err)
	}
	switch purpose := r.Header.Get(purposeHeader); purpose {
	case s.slice.Purpose.Code:
	case "":
		return http.StatusBadRequest, fault.New(fault.Invalid, "PURPOSE_MISSING", "请求头 X-Purpose 应写明查询目的。", "The header X-Purpose must say what the data is for.")
	default:
		return http.StatusForbidden, fault.New(fault.Denied, "PURPOSE_WRONG", "查询目的与授权不符。", "This is not the purpose that was agreed.")
	}
	now := h.Config.Now()
	if !s.minute.AllowN(now, 1) {
		return http.StatusTooManyRequests, fault.New(fault.TooMany, "QUOTA_MINUTE", "一分钟内查询次数过多。", "Too many requests within a minute.")
	}
	if err := h.Sharing.Count(r.Context(), s.slice); err != nil {
		f := fault.Of(err)
		if f.Kind == fault.TooMany {
			return http.StatusTooManyRequests, f
		}
		return http.StatusServiceUnavailable, f
	}
	return 0, nil
}

// ownSchema serves the schema that the caller sees: a partner's is its slice's.
func (h *Hub) ownSchema() http.Handler {
	seen := schemaText(h.seen())
	own := map[string]http.Handler{}
	for name, s := range h.slices {
		own[name] = schemaText(s.schema)
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		v := access.From(r.Context())
		switch {
		case v == nil || v.Kind != access.Partner:
			seen.ServeHTTP(w, r)
		case own[v.Slice] == nil:
			refuse(w, http.StatusForbidden, sliceNone())
		default:
			own[v.Slice].ServeHTTP(w, r)
		}
	})
}

// entered says of a partner which slice is theirs, by the name of their program; in
// the demonstration, by that of the persona.
func (h *Hub) entered(v *access.Viewer) *access.Viewer {
	s := h.Sharing.Slices.Of(v.ID)
	if name, demo := strings.CutPrefix(v.ID, "demo/partner-"); demo && h.Config.Demo {
		s = h.Sharing.Slices.Get(name)
	}
	if s != nil {
		h.Sharing.Enter(v, s)
	}
	return v
}

func sliceNone() *fault.Fault {
	return fault.New(fault.Denied, "SLICE_NONE", "没有授予您的数据共享。", "No slice has been granted to you.")
}
