package server_test

import (
	"compress/gzip"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/vetgraph/vetgraph/internal/store/storetest"
)

// The portal's page is asked for anew each time and may load from here alone; its
// files lie under an address that is theirs for good, packed where that is wanted.
func TestPortal(t *testing.T) {
	h := open(t, storetest.SQLite(t), noon).hub.Handler()
	get := func(path, packed string) *httptest.ResponseRecorder {
		w, r := httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, path, nil)
		r.Header.Set("Accept-Encoding", packed)
		h.ServeHTTP(w, r)
		return w
	}
	front := get("/", "")
	for _, path := range []string{"/portal", "/portal/form", "/portal/case/x"} {
		if w := get(path, ""); w.Code != 200 || w.Body.String() != front.Body.String() {
			t.Errorf("%s: %d", path, w.Code)
		}
	}
	policy := front.Header().Get("Content-Security-Policy")
	if front.Header().Get("Cache-Control") != "no-cache" || strings.Contains(policy, "unsafe") || strings.Contains(front.Body.String(), "<style") {
		t.Errorf("%v", front.Header())
	}
	found := loads.FindAllStringSubmatch(front.Body.String(), -1)
	for _, m := range found {
		if !strings.HasPrefix(m[1], "/_/") {
			continue
		}
		plain, packed := get(m[1], ""), get(m[1], "gzip, br")
		if plain.Code != 200 || !strings.Contains(plain.Header().Get("Cache-Control"), "immutable") || plain.Header().Get("Content-Type") == "" {
			t.Errorf("%s: %d %v", m[1], plain.Code, plain.Header())
		}
		r, err := gzip.NewReader(packed.Body)
		if err != nil {
			t.Fatal(err)
		}
		if body, err := io.ReadAll(r); err != nil || string(body) != plain.Body.String() {
			t.Errorf("%s does not unpack to itself: %v", m[1], err)
		}
		if w := get(strings.Replace(m[1], "/_/", "/_/0", 1), ""); w.Code != 404 {
			t.Errorf("a build that is not here: %d", w.Code)
		}
	}
	if w := get("/start", ""); w.Code != 200 || !strings.Contains(w.Body.String(), "/page/page.js") {
		t.Errorf("the start page: %d", w.Code)
	}
}
