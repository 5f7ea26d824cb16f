package server

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"io/fs"
	"net/http"
	"path"
	"strings"
	"sync"

	"github.com/vetgraph/vetgraph/web"
)

// portalPolicy lets the portal load from here and nothing else; STYLE is the feedback
// sheet's own, which a page that opens a sheet hands its policy on to.
const portalPolicy = "default-src 'none'; script-src 'self'; style-src 'self' STYLE; connect-src 'self'; img-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

// portal serves the veteran's pages. Their files keep their names from build to
// build; the address has the version of the whole, so that browsers keep what they
// have for good and never mix two builds.
func (h *Hub) portal(route func(pattern, name string, handler http.Handler)) {
	p := builtPortal()
	for _, pattern := range []string{"GET /{$}", "GET /portal", "GET /portal/{page...}"} {
		route(pattern, "portal", http.HandlerFunc(p.page))
	}
	route("GET "+p.prefix+"assets/{file}", "asset", http.HandlerFunc(p.asset))
}

type portalFiles struct {
	prefix string // address of this build, with a slash at its end
	index  *packedFile
	assets map[string]*packedFile
}

// packedFile is a file, packed when it is first asked for.
type packedFile struct {
	body, kind string
	gzip       func() []byte
}

func newPackedFile(name, body string) *packedFile {
	return &packedFile{body: body, kind: mediaTypes[path.Ext(name)], gzip: sync.OnceValue(func() []byte {
		var b bytes.Buffer
		w, _ := gzip.NewWriterLevel(&b, gzip.BestCompression) // the level is one there is
		_, _ = w.Write([]byte(body))                          // memory takes everything
		_ = w.Close()
		return b.Bytes()
	})}
}

var builtPortal = sync.OnceValue(func() *portalFiles {
	p := &portalFiles{assets: map[string]*packedFile{}}
	sum := sha256.New()
	index := ""
	err := fs.WalkDir(web.Dist, "dist", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		body, err := web.Dist.ReadFile(name)
		sum.Write(body)
		switch {
		case name == "dist/index.html":
			index = string(body)
		case path.Dir(name) == "dist/assets":
			p.assets[path.Base(name)] = newPackedFile(name, string(body))
		}
		return err
	})
	if err != nil {
		panic(err) // it is built in
	}
	p.prefix = "/_/" + hex.EncodeToString(sum.Sum(nil)[:8]) + "/"
	p.index = newPackedFile("index.html", strings.ReplaceAll(index, `"./assets/`, `"`+p.prefix+"assets/"))
	return p
})

func (p *portalFiles) page(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Cache-Control", "no-cache")
	w.Header().Set("Content-Security-Policy", strings.Replace(portalPolicy, "STYLE", styleHash(), 1))
	p.index.serve(w, r)
}

func (p *portalFiles) asset(w http.ResponseWriter, r *http.Request) {
	f := p.assets[r.PathValue("file")]
	if f == nil {
		http.NotFound(w, r)
		return
	}
	w.Header().Set("Cache-Control", "public, max-age=31536000, immutable")
	f.serve(w, r)
}

func (f *packedFile) serve(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", f.kind)
	w.Header().Set("Vary", "Accept-Encoding")
	if strings.Contains(r.Header.Get("Accept-Encoding"), "gzip") {
		w.Header().Set("Content-Encoding", "gzip")
		_, _ = w.Write(f.gzip()) // nobody is left to tell
		return
	}
	_, _ = w.Write([]byte(f.body))
}
