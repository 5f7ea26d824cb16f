package trust_test

import (
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/vetgraph/vetgraph/internal/port/trust"
	"github.com/vetgraph/vetgraph/internal/port/trust/trusttest"
)

func TestEachKind(t *testing.T) {
	ca := newCA(t)
	for kind, s := range kinds(ca) {
		t.Run(kind, func(t *testing.T) {
			c := newClock()
			url := serve(t, ca, c, nil, asServer(s))
			tr := open(t, s, c)
			for _, target := range []string{"/items/1", "", "/a%2Fb/c?x=1&y=%20z", "/?"} {
				if code, text, err := ask(tr, "PUT", url+target, `{"a":1}`); err != nil || code != 200 || text != `{"a":1}` {
					t.Errorf("PUT %s: %d %q %v", target, code, text, err)
				}
				if code, _, err := ask(tr, "GET", url+target, ""); err != nil || code != 200 {
					t.Errorf("GET %s: %d %v", target, code, err)
				}
			}
			if ends, ok := tr.LastSeen(); !ok || !ends.Equal(start.Add(90*24*time.Hour)) {
				t.Errorf("the server's certificate ends %v, %v", ends, ok)
			}
			if kind == trust.None {
				return
			}
			if code, text, err := ask(anybody(t, ca, c), "PUT", url+"/items/1", "{}"); err != nil || code != 401 || text != "" {
				t.Errorf("a stranger hears %d %q %v", code, text, err)
			}
			other := s
			other.Secret = trust.Text(strings.Repeat("o", 40))
			if kind == trust.SM2 {
				other.Secret = trust.Text(must(trusttest.SM2()).Private)
			}
			if code, _, err := ask(open(t, other, c), "PUT", url+"/items/1", "{}"); err != nil || code != 401 {
				t.Errorf("with another secret one hears %d %v", code, err)
			}
		})
	}
}

func TestSignedRequestsCannotBeChanged(t *testing.T) {
	ca := newCA(t)
	header := func(name, value string) func(*http.Request) {
		return func(r *http.Request) { r.Header.Set(name, value) }
	}
	replace := func(name, was, is string) func(*http.Request) {
		return func(r *http.Request) { r.Header.Set(name, strings.Replace(r.Header.Get(name), was, is, 1)) }
	}
	cases := []struct {
		name   string
		want   int
		change func(*http.Request)
		later  time.Duration
	}{
		{name: "as it was", want: 200},
		{name: "another method", want: 401, change: func(r *http.Request) { r.Method = "POST" }},
		{name: "another path", want: 401, change: func(r *http.Request) { r.URL.Path = "/items/2" }},
		{name: "another query", want: 401, change: func(r *http.Request) { r.URL.RawQuery = "round=2" }},
		{name: "another host", want: 401, change: func(r *http.Request) { r.Host = "other.example.org" }},
		{name: "another date", want: 401, change: header("Date", start.Add(time.Second).Format(http.TimeFormat))},
		{name: "two dates", want: 401, change: func(r *http.Request) { r.Header.Add("Date", start.Format(http.TimeFormat)) }},
		{name: "another body", want: 401, change: func(r *http.Request) { r.Body = io.NopCloser(strings.NewReader(`{"a":2}`)) }},
		{name: "no body", want: 401, change: func(r *http.Request) { r.Body, r.ContentLength = nil, 0 }},
		{name: "no digest", want: 401, change: func(r *http.Request) { r.Header.Del("Content-Digest") }},
		{name: "another digest", want: 401, change: header("Content-Digest", "sha-256=:AAAA:, sm3=:AAAA:")},
		{name: "no signature", want: 401, change: func(r *http.Request) { r.Header.Del("Signature") }},
		{name: "a broken signature", want: 401, change: header("Signature", "vetgraph=:AAAA:")},
		{name: "less is covered", want: 401, change: replace("Signature-Input", ` "content-digest"`, "")},
		{name: "another nonce", want: 401, change: replace("Signature-Input", `nonce="`, `nonce="x`)},
		{name: "no nonce", want: 401, change: replace("Signature-Input", `;nonce="`, `;other="`)},
		{name: "another key", want: 401, change: replace("Signature-Input", `hub-2026`, `hub-2027`)},
		{name: "another algorithm", want: 401, change: replace("Signature-Input", `alg="`, `alg="x`)},
		{name: "made later", want: 401, change: replace("Signature-Input", `created=1`, `created=2`)},
		{name: "one more header", want: 200, change: header("X-Request-Id", "1")},
		{name: "just in time", want: 200, later: 5 * time.Minute},
		{name: "too late", want: 401, later: 5*time.Minute + time.Second},
		{name: "from a clock just slow enough", want: 200, later: -5 * time.Minute},
		{name: "from the future", want: 401, later: -5*time.Minute - time.Second},
	}
	for _, kind := range []string{trust.HMAC, trust.SM2} {
		s, p := kinds(ca)[kind], new(tap)
		c := newClock()
		url := serve(t, ca, c, p.wrap, asServer(s))
		tr := open(t, s, c)
		for _, x := range cases {
			t.Run(kind+" "+x.name, func(t *testing.T) {
				was := p.catch(t, tr, "PUT", url+"/items/1?round=1", `{"a":1}`)
				c.pass(x.later)
				defer c.pass(-x.later)
				if code := again(t, anybody(t, ca, c), url, was, x.change); code != x.want {
					t.Errorf("%d, want %d", code, x.want)
				}
			})
		}
	}
}

func TestSignedRequestsCannotBeRepeated(t *testing.T) {
	ca := newCA(t)
	for _, kind := range []string{trust.HMAC, trust.SM2} {
		t.Run(kind, func(t *testing.T) {
			s, p, c := kinds(ca)[kind], new(tap), newClock()
			url := serve(t, ca, c, p.wrap, asServer(s), asServer(s)) // twice: two ports may share a key
			was := p.catch(t, open(t, s, c), "PUT", url+"/items/1", `{"a":1}`)
			stranger := anybody(t, ca, c)
			// What is refused for its body does not use the nonce up.
			if code := again(t, stranger, url, was, func(r *http.Request) { r.Body = io.NopCloser(strings.NewReader(`{"a":2}`)) }); code != 401 {
				t.Error("another body:", code)
			}
			if code := again(t, stranger, url, was, nil); code != 200 {
				t.Error("the first time:", code)
			}
			for _, d := range []time.Duration{0, time.Second, 4 * time.Minute, time.Minute} {
				c.pass(d)
				if code := again(t, stranger, url, was, nil); code != 401 {
					t.Error("once more:", code)
				}
			}
			var passed, all sync.WaitGroup
			was = p.catch(t, open(t, s, c), "PUT", url+"/items/1", `{"a":1}`)
			codes := make([]int, 20)
			passed.Add(1)
			for i := range codes {
				all.Go(func() {
					passed.Wait()
					codes[i] = again(t, stranger, url, was, nil)
				})
			}
			passed.Done()
			all.Wait()
			good := 0
			for _, code := range codes {
				if code == 200 {
					good++
				}
			}
			if good != 1 {
				t.Errorf("of twenty at once %d passed: %v", good, codes)
			}
		})
	}
}

// TestNoncesAreKeptLongEnough: one made five minutes ahead of our clock is good for
// ten, and is not taken twice within them, however many come between.
func TestNoncesAreKeptLongEnough(t *testing.T) {
	ca, c, p := newCA(t), newClock(), new(tap)
	s := kinds(ca)[trust.HMAC]
	url := serve(t, ca, c, p.wrap, asServer(s))
	ahead := newClock()
	stranger := anybody(t, ca, c)
	for range 6 {
		ahead.mu.Lock()
		ahead.at = c.now().Add(5 * time.Minute)
		ahead.mu.Unlock()
		was := p.catch(t, open(t, s, ahead), "PUT", url+"/items/1", `{"a":1}`)
		if code := again(t, stranger, url, was, nil); code != 200 {
			t.Fatal("the first time:", code)
		}
		for range 10 {
			c.pass(time.Minute)
			if code, _, err := ask(open(t, s, c), "PUT", url, "{}"); err != nil || code != 200 {
				t.Fatal("another between:", code, err)
			}
			if code := again(t, stranger, url, was, nil); code != 401 {
				t.Fatal("once more:", code)
			}
		}
		c.pass(3 * time.Minute)
	}
}

// TestManyWaysIn: specs stand beside each other while a secret is changed, and each
// is asked for by the name of its key.
func TestManyWaysIn(t *testing.T) {
	ca, c := newCA(t), newClock()
	all := kinds(ca)
	old, next := all[trust.HMAC], all[trust.HMAC]
	next.Secret = trust.Text(strings.Repeat("n", 32))
	url := serve(t, ca, c, nil, asServer(old), asServer(next), asServer(all[trust.SM2]), asServer(all[trust.Bearer]))
	for _, s := range []trust.Spec{old, next, all[trust.SM2], all[trust.Bearer]} {
		if code, text, err := ask(open(t, s, c), "POST", url, "x"); err != nil || code != 200 || text != "x" {
			t.Errorf("%s: %d %q %v", s, code, text, err)
		}
	}
	// Who is known by one is heard whole, whatever else the request carries.
	p := new(tap)
	both := serve(t, ca, c, p.wrap, asServer(old), asServer(all[trust.Bearer]))
	was := p.catch(t, open(t, old, c), "POST", both, "x")
	if text := heard(t, anybody(t, ca, c), both, was, "another body", "the-token-of-the-hub"); text != "another body" {
		t.Errorf("it heard %q", text)
	}
	if code, _, err := ask(open(t, all[trust.None], c), "POST", url, "x"); err != nil || code != 401 {
		t.Errorf("without: %d %v", code, err)
	}
}

// TestBehindAGateway: a server that is called by another name than the one in the
// request that reaches it says which.
func TestBehindAGateway(t *testing.T) {
	ca, c, p := newCA(t), newClock(), new(tap)
	s := kinds(ca)[trust.HMAC]
	inside := asServer(s)
	inside.Authority = "ps.example.org"
	url := serve(t, ca, c, p.wrap, inside)
	tr := open(t, s, c)
	p.close(true)
	req := must(http.NewRequestWithContext(t.Context(), "PUT", url+"/items/1", strings.NewReader("x")))
	req.Host = "PS.example.org:443"
	res, err := tr.RoundTrip(req)
	if err != nil {
		t.Fatal(err)
	}
	_ = res.Body.Close()
	p.close(false)
	if code := again(t, anybody(t, ca, c), url, p.caught, nil); code != 200 {
		t.Error("through a gateway that changes the host:", code)
	}
}

// TestRequestsOfTheCallerStayAsTheyAre: a RoundTripper may not change them, and closes
// their body.
func TestRequestsOfTheCallerStayAsTheyAre(t *testing.T) {
	ca, c := newCA(t), newClock()
	for kind, s := range kinds(ca) {
		url := serve(t, ca, c, nil, asServer(s))
		body := &closing{Reader: strings.NewReader("a body of unknown length")}
		req := must(http.NewRequestWithContext(t.Context(), "PUT", url, body))
		res, err := open(t, s, c).RoundTrip(req)
		if err != nil {
			t.Fatal(err)
		}
		text, _ := io.ReadAll(res.Body)
		_ = res.Body.Close()
		if res.StatusCode != 200 || string(text) != "a body of unknown length" || len(req.Header) > 0 || !body.closed.Load() {
			t.Errorf("%s: %d %q, headers %v, closed %v", kind, res.StatusCode, text, req.Header, body.closed.Load())
		}
	}
}

// heard is what a server heard of a request that was taken, with another body and a token.
func heard(t *testing.T, tr http.RoundTripper, url string, was taken, body, token string) string {
	t.Helper()
	req := must(http.NewRequestWithContext(t.Context(), was.method, url+was.target, strings.NewReader(body)))
	req.Header = was.header.Clone()
	req.Header.Del("Content-Length")
	req.Header.Set("Authorization", "Bearer "+token)
	res, err := tr.RoundTrip(req)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	return string(must(io.ReadAll(res.Body)))
}
