package durability

import (
	"fmt"
	"net/http"
	"net/http/httputil"
	"net/url"
	"strings"
	"sync"
)

// tap stands between the hub and the departments and sees what passes: that is
// how a delivery under way becomes a moment to die in.
type tap struct {
	moments *moments
	doors   map[string]http.Handler // by name
	names   map[string]string       // of doors, by address

	mu        sync.Mutex
	taken     map[string]int // deliveries that a department confirmed, by item
	otherwise map[string]int // deliveries refused because the item was delivered before with other content
}

func newTap(m *moments) *tap {
	return &tap{moments: m, doors: map[string]http.Handler{}, names: map[string]string{}, taken: map[string]int{}, otherwise: map[string]int{}}
}

// open gives an address of a department's a door here, and says below which path. It
// is called before anybody knocks.
func (t *tap) open(address string) (path string, err error) {
	if name, known := t.names[address]; known {
		return "/" + name, nil
	}
	to, err := url.Parse(address)
	if err != nil {
		return "", err
	}
	name := fmt.Sprintf("door%d", len(t.doors)+1)
	t.names[address] = name
	t.doors[name] = &httputil.ReverseProxy{
		Rewrite:        func(r *httputil.ProxyRequest) { r.SetURL(to) },
		ModifyResponse: t.note,
		ErrorHandler:   func(w http.ResponseWriter, _ *http.Request, _ error) { w.WriteHeader(http.StatusBadGateway) },
	}
	return "/" + name, nil
}

// ServeHTTP passes /DOOR/path on to the department's own address.
func (t *tap) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	name, _, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/"), "/")
	door := t.doors[name]
	if door == nil {
		http.NotFound(w, r)
		return
	}
	if r.Method == http.MethodPut {
		t.moments.happen(delivery)
		defer t.moments.happen(receipt)
	}
	http.StripPrefix("/"+name, door).ServeHTTP(w, r)
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
