package department

import (
	"crypto/subtle"
	"io"
	"net/http"
	"slices"
	"strings"

	"github.com/vetgraph/vetgraph/internal/catalog"
	"github.com/vetgraph/vetgraph/internal/port"
	"github.com/vetgraph/vetgraph/internal/port/dbview"
	"github.com/vetgraph/vetgraph/internal/port/filedrop"
	"github.com/vetgraph/vetgraph/internal/port/gqlport"
	"github.com/vetgraph/vetgraph/internal/port/restjson"
	"github.com/vetgraph/vetgraph/internal/port/soap"
)

// face is how a kind of port over HTTP answers for a counterpart.
type face func(ports []*catalog.Port, c port.Counterpart, around func(operation string, next http.Handler) http.Handler) http.Handler

// faces are the kinds of port that departments are reached by over HTTP. What
// makes the client makes its department too: the ports of the catalogue.
var faces = map[string]face{
	restjson.Kind: restjson.Serve,
	soap.Kind:     soap.Serve,
	gqlport.Kind:  gqlport.Serve,
}

// door opens what the catalogue's ports name.
func (o *office) door() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET "+basePath+"/health", func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "ok\n") })
	byKind := map[string][]*catalog.Port{restjson.Kind: nil} // also a department without ports asks who is there
	for _, p := range o.config.Catalog.Ports {
		if p.Department == o.code {
			byKind[p.Kind] = append(byKind[p.Kind], p)
		}
	}
	for kind, ports := range byKind {
		if open := faces[kind]; open != nil {
			mux.Handle(below(kind)+"/", http.StripPrefix(below(kind), o.guarded(open(ports, o, o.around))))
		}
	}
	return mux
}

// below is where the ports of a kind begin.
func below(kind string) string {
	if kind == restjson.Kind {
		return basePath
	}
	return basePath + "/" + kind
}

// guarded lets in who shows the token.
func (o *office) guarded(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		shown := []byte(strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer "))
		if subtle.ConstantTimeCompare(shown, []byte(o.secrets.Token)) != 1 {
			w.Header().Set("WWW-Authenticate", "Bearer")
			http.Error(w, "token", http.StatusUnauthorized)
			return
		}
		next.ServeHTTP(w, r)
	})
}

// endpoints says where a department is: under its code its main address, and
// under the ID of each port of another kind where that one is.
func (o *office) endpoints() map[string]port.Endpoint {
	at := func(kind string) port.Endpoint {
		address := o.url + below(kind)
		switch kind {
		case filedrop.Kind:
			address = o.files
		case dbview.Kind:
			address = o.view.endpoint()
		}
		e := port.Endpoint{URL: address, Token: o.secrets.Token, CallbackSecret: o.secrets.Callback}
		if o.papers != nil && faces[kind] != nil {
			e.Transport = o.papers.believer
		}
		return e
	}
	ends := map[string]port.Endpoint{o.code: at(restjson.Kind)}
	for _, p := range o.config.Catalog.Ports {
		if p.Department == o.code && p.Kind != restjson.Kind {
			ends[p.ID] = at(p.Kind)
		}
	}
	return ends
}

// codes lists the departments among the keys of endpoints.
func codes(c *catalog.Catalog) []string {
	var out []string
	for _, d := range c.Departments {
		if !d.External {
			out = append(out, d.Code)
		}
	}
	return slices.Clip(out)
}
