package main

import (
	"net/http"
	"net/http/httptest"
	"testing"
)

func TestProbe(t *testing.T) {
	mux := http.NewServeMux()
	mux.HandleFunc("/well", func(http.ResponseWriter, *http.Request) {})
	mux.HandleFunc("/ill", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusServiceUnavailable) })
	mux.Handle("/elsewhere", http.RedirectHandler("/well", http.StatusFound))
	server := httptest.NewServer(mux)
	defer server.Close()
	gone := httptest.NewServer(mux)
	gone.Close()
	for name, c := range map[string]struct {
		args []string
		well bool
	}{
		"200 is well":                {[]string{server.URL + "/well"}, true},
		"503 is not":                 {[]string{server.URL + "/ill"}, false},
		"another address is not":     {[]string{server.URL + "/elsewhere"}, false},
		"silence is not":             {[]string{gone.URL + "/well"}, false},
		"no address is a mistake":    {nil, false},
		"two addresses are as well":  {[]string{server.URL + "/well", server.URL + "/well"}, false},
		"what is none is a mistake":  {[]string{":"}, false},
		"an unknown scheme is, too ": {[]string{"file:///etc/passwd"}, false},
	} {
		t.Run(name, func(t *testing.T) {
			if err := probe(t.Context(), c.args); (err == nil) != c.well {
				t.Errorf("it says %v", err)
			}
		})
	}
}
