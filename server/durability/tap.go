package durability

import (
	"net/http"
	"net/http/httputil"
	"net/url"
	"strings"
	"sync"

	"github.com/vetgraph/vetgraph/internal/port"
)

// tap stands between the hub and the departments and sees what passes: that is
// how a delivery under way becomes a moment to die in.
type tap struct {
	moments *moments
	doors   map[string]http.Handler // by department code

	mu        sync.Mutex
	taken     map[string]int // deliveries that a department confirmed, by item
	otherwise map[string]int // deliveries refused because the item was delivered before with other content
}

func newTap(m *moments, ends map[string]port.Endpoint) (*tap, error) {
	t := &tap{moments: m, doors: map[string]http.Handler{}, taken: map[string]int{}, otherwise: map[string]int{}}
	for code, e := range ends {
		to, err := url.Parse(e.URL)
		if err != nil {
			return nil, err
		}
		t.doors[code] = &httputil.ReverseProxy{
			Rewrite:        func(r *httputil.ProxyRequest) { r.SetURL(to) },
			ModifyResponse: t.note,
			ErrorHandler:   func(w http.ResponseWriter, _ *http.Request, _ error) { w.WriteHeader(http.StatusBadGateway) },
		}
	}
	return t, nil
}

// ServeHTTP passes /DEPARTMENT/path on to the department's own address.
func (t *tap) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	code, _, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/"), "/")
	door := t.doors[code]
	if door == nil {
		http.NotFound(w, r)
		return
	}
	if r.Method == http.MethodPut {
		t.moments.happen(delivery)
		defer t.moments.happen(receipt)
	}
	http.StripPrefix("/"+code, door).ServeHTTP(w, r)
}

func (t *tap) note(res *http.Response) error {
	if res.Request.Method != http.MethodPut {
		return nil
	}
	path := res.Request.URL.Path
	item := path[strings.LastIndexByte(path, '/')+1:]
	t.mu.Lock()
	defer t.mu.Unlock()
	switch res.StatusCode {
	case http.StatusOK:
		t.taken[item]++
	case http.StatusConflict:
		t.otherwise[item]++
	}
	return nil
}

// announcer is the departments' way to call back; it tells of every callback.
type announcer struct {
	moments *moments
	through http.RoundTripper
}

// RoundTrip implements http.RoundTripper.
func (a *announcer) RoundTrip(r *http.Request) (*http.Response, error) {
	a.moments.happen(callback)
	res, err := a.through.RoundTrip(r)
	if err == nil && res.StatusCode == http.StatusNoContent {
		a.moments.happen(confirmed)
	}
	return res, err
}
