package server

import (
	"embed"
	"encoding/json"
	"net/http"
	"strings"

	"github.com/vetgraph/vetgraph/internal/access"
	"github.com/vetgraph/vetgraph/internal/casefile"
	"github.com/vetgraph/vetgraph/internal/fault"
	"github.com/vetgraph/vetgraph/internal/population"
)

// files are the demonstration's pages, and GraphiQL as its makers publish it:
// graphiql 3.9.0, react and react-dom 18.3.1 from the npm registry, the files of
// their dist and umd folders as they are, packed by gzip -9n. TestGraphiQLFiles
// holds their checksums. Nothing is fetched from elsewhere at run time.
//
//go:embed page graphiql
var files embed.FS

// What a page may load: itself. GraphiQL's editor sets styles as it goes, and has
// its fonts within its style sheet. STYLE is the feedback sheet's own, by its hash:
// the start page opens a sheet that it has fetched, and hands its policy on to it.
const (
	pagePolicy     = "default-src 'none'; script-src 'self'; style-src 'self' STYLE; connect-src 'self'; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
	graphiqlPolicy = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; connect-src 'self'; img-src 'self' data:; font-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)

// pages serves feedback sheets for print and the keys to check them, and in the
// demonstration the portal, the start page and GraphiQL. In production a portal is its own
// program, and personas do not exist.
func (h *Hub) pages(route func(pattern, name string, handler http.Handler)) {
	route("GET /.well-known/vetgraph-keys", "keys", http.HandlerFunc(h.publicKeys))
	sheet := h.cors(h.identify(http.HandlerFunc(h.sheetPage)))
	route("GET /sheets/{number}", "sheet", sheet)
	route("OPTIONS /sheets/{number}", "sheet", sheet)
	if !h.Config.Demo {
		route("GET /{$}", "page", http.RedirectHandler("/schema.graphql", http.StatusFound))
		return
	}
	h.portal(route)
	route("GET /start", "page", page("page/index.html", strings.Replace(pagePolicy, "STYLE", styleHash(), 1)))
	route("GET /graphiql", "graphiql", page("page/graphiql.html", graphiqlPolicy))
	for _, name := range []string{"page.css", "page.js", "graphiql.css", "graphiql.js"} {
		route("GET /page/"+name, "asset", page("page/"+name, ""))
	}
	for _, name := range []string{"react.js", "react-dom.js", "graphiql.js", "graphiql.css"} {
		route("GET /graphiql/"+name, "asset", page("graphiql/"+name+".gz", ""))
	}
	route("GET /graphiql/LICENSES.txt", "asset", page("graphiql/LICENSES.txt", ""))
}

var mediaTypes = map[string]string{".html": "text/html; charset=utf-8", ".css": "text/css; charset=utf-8", ".js": "text/javascript; charset=utf-8", ".txt": "text/plain; charset=utf-8"}

// page serves one embedded file; policy is what it may load, if it is a page.
func page(path, policy string) http.Handler {
	body, err := files.ReadFile(path)
	if err != nil {
		panic(err) // it is built in
	}
	name, packed := strings.CutSuffix(path, ".gz")
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", mediaTypes[name[strings.LastIndexByte(name, '.'):]])
		w.Header().Set("Cache-Control", "no-cache")
		if policy != "" {
			w.Header().Set("Content-Security-Policy", policy)
		}
		if packed { // every browser unpacks gzip
			w.Header().Set("Content-Encoding", "gzip")
			w.Header().Set("Cache-Control", "max-age=86400")
		}
		_, _ = w.Write(body) // nobody is left to tell
	})
}

// hero is one of the population's first people, as the pages present them.
type hero struct {
	ID      string         `json:"id"`
	Zh      string         `json:"zh"`
	En      string         `json:"en"`
	Answers []exampleValue `json:"answers"` // to what their form asks; nil when there is nothing left to file
}

type exampleValue struct {
	Field string `json:"field"`
	Value any    `json:"value"`
}

// devPersonas tells the pages who there is to be: GET /dev/personas, on this
// machine only.
func (h *Hub) devPersonas(w http.ResponseWriter, r *http.Request) {
	if !fromHere(r) {
		refuse(w, http.StatusForbidden, fault.New(fault.Denied, "LOCAL_ONLY", "示例身份只在本机可用。", "Personas are for this machine only."))
		return
	}
	ctx := access.AsMachine(r.Context(), "demo")
	var heroes []hero
	titles := population.Heroes()
	for i, q := range h.heroPersons() {
		one := hero{ID: h.Profile.VeteranID(q.Number), Zh: q.Identity.Name + "：" + titles[i].Zh, En: titles[i].En}
		if p, err := h.Cases.Plan(ctx, casefile.PlanInput{VeteranID: one.ID}); err == nil {
			for _, a := range answers(h.catalog, h.Divisions, &q, i, p.Form) {
				one.Answers = append(one.Answers, exampleValue(a))
			}
		}
		heroes = append(heroes, one)
	}
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	_ = json.NewEncoder(w).Encode(map[string]any{
		"heroes": heroes, "personas": sortedKeys(personas), "workdaySeconds": h.Config.WorkdayTakes.Seconds(),
	})
}
