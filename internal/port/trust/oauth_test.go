package trust_test

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/vetgraph/vetgraph/internal/port/trust"
	"github.com/vetgraph/vetgraph/internal/port/trust/trusttest"
)

// department is a system that gives out tokens and wants them.
type department struct {
	url     string
	fetches atomic.Int64 // requests for a token
	calls   atomic.Int64 // others
	behind  atomic.Pointer[http.Handler]
	wait    atomic.Pointer[chan struct{}] // requests for a token wait for it
}

// startDepartment listens first, for the address of tokens is part of what is agreed on.
func startDepartment(t testing.TB, ca *trusttest.CA, c *clock) *department {
	t.Helper()
	d := new(department)
	d.url = listen(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/token" {
			d.fetches.Add(1)
			if wait := d.wait.Load(); wait != nil {
				<-*wait
			}
		} else {
			d.calls.Add(1)
		}
		(*d.behind.Load()).ServeHTTP(w, r)
	}), serverOf(ca), c)
	return d
}

// agree makes it forget all tokens and know these callers.
func (d *department) agree(t testing.TB, c *clock, specs ...trust.Spec) {
	t.Helper()
	guarded, err := trust.Server(c.now, specs...)
	if err != nil {
		t.Fatal(err)
	}
	d.answer(guarded(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("done")) })))
}

func (d *department) answer(h http.Handler) { d.behind.Store(&h) }

func oauthSpec(ca *trusttest.CA, d *department, method string, secret trust.Secret) trust.Spec {
	return trust.Spec{
		Kind: trust.Grant, Secret: secret,
		OAuth: trust.OAuth{TokenURL: d.url + "/token", Client: "hub:1", Scope: "items lookup", Method: method},
		TLS:   trust.TLS{CA: trust.PEM(ca.PEM())},
	}
}

func TestClientCredentials(t *testing.T) {
	ca, c := newCA(t), newClock()
	key := must(trusttest.EC())
	for method, secret := range map[string]trust.Secret{
		"": trust.Text("a secret: 100%&=+"), "client_secret_basic": trust.Text("s"), "client_secret_post": trust.Text("s&"), "private_key_jwt": trust.Text(key.Private),
	} {
		t.Run("method "+method, func(t *testing.T) {
			d := startDepartment(t, ca, c)
			s := oauthSpec(ca, d, method, secret)
			theirs := s
			theirs.TLS = trust.TLS{}
			if method == "private_key_jwt" {
				theirs.Secret, theirs.Public = trust.Secret{}, trust.PEM(key.Public)
			}
			d.agree(t, c, theirs)
			tr := open(t, s, c)
			for range 3 {
				if code, text, err := ask(tr, "POST", d.url+"/items", "x"); err != nil || code != 200 || text != "done" {
					t.Fatal(code, text, err)
				}
			}
			if n := d.fetches.Load(); n != 1 {
				t.Errorf("%d tokens were fetched for three calls", n)
			}
			d.calls.Store(0)
			wrong := s
			wrong.Secret = trust.Text("another")
			if method == "private_key_jwt" {
				wrong.Secret = trust.Text(must(trusttest.EC()).Private)
			}
			greedy := s
			greedy.OAuth.Scope = "items everything"
			stranger := s
			stranger.OAuth.Client = "somebody"
			for _, s := range []trust.Spec{wrong, greedy, stranger} {
				if code, text, err := ask(open(t, s, c), "POST", d.url+"/items", "x"); err != nil || code != 401 || text != "" {
					t.Errorf("%s: %d %q %v", s, code, text, err)
				}
			}
			if n := d.calls.Load(); n != 0 {
				t.Errorf("%d calls were made without a token", n)
			}
			for _, shown := range []string{"", "Bearer", "Bearer x", "Basic aHViOjE6cw=="} {
				if code := again(t, anybody(t, ca, c), d.url, taken{method: "POST", target: "/items", header: http.Header{"Authorization": {shown}}}, nil); code != 401 {
					t.Errorf("%q passes with %d", shown, code)
				}
			}
		})
	}
}

func TestTokensEnd(t *testing.T) {
	ca, c := newCA(t), newClock()
	d := startDepartment(t, ca, c)
	s := oauthSpec(ca, d, "", trust.Text("s"))
	theirs := s
	theirs.TLS = trust.TLS{}
	d.agree(t, c, theirs)
	tr := open(t, s, c)
	for _, step := range []struct {
		pass    time.Duration
		fetches int64
	}{
		{0, 1},
		{9*time.Minute + 29*time.Second, 1},
		{2 * time.Second, 2}, // half a minute before its end another is fetched
		{9 * time.Minute, 2},
		{time.Hour, 3},
	} {
		c.pass(step.pass)
		if code, _, err := ask(tr, "GET", d.url+"/items", ""); err != nil || code != 200 {
			t.Error(code, err)
		}
		if n := d.fetches.Load(); n != step.fetches {
			t.Errorf("after %s: %d tokens were fetched, want %d", step.pass, n, step.fetches)
		}
	}
}

// TestARefusedTokenIsFetchedAgain once: the department has forgotten it before its time.
func TestARefusedTokenIsFetchedAgain(t *testing.T) {
	ca, c := newCA(t), newClock()
	d := startDepartment(t, ca, c)
	s := oauthSpec(ca, d, "", trust.Text("s"))
	theirs := s
	theirs.TLS = trust.TLS{}
	tr := open(t, s, c)
	for i := range int64(3) {
		d.agree(t, c, theirs)
		if code, text, err := ask(tr, "POST", d.url+"/items", "a body"); err != nil || code != 200 || text != "done" {
			t.Error(code, text, err)
		}
		if n := d.fetches.Load(); n != i+1 {
			t.Errorf("%d tokens, want %d", n, i+1)
		}
	}
	// One that believes no token at all is asked twice, and its word stands.
	d.calls.Store(0)
	inner := *d.behind.Load()
	d.answer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/token" {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		inner.ServeHTTP(w, r)
	}))
	if code, _, err := ask(tr, "POST", d.url+"/items", "a body"); err != nil || code != 401 {
		t.Error(code, err)
	}
	if d.fetches.Load() != 4 || d.calls.Load() != 2 {
		t.Errorf("%d tokens, %d calls", d.fetches.Load(), d.calls.Load())
	}
	// A 403 speaks of what the token may, and another would not do better.
	d.answer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusForbidden) }))
	if code, _, err := ask(tr, "POST", d.url+"/items", "a body"); err != nil || code != 403 || d.fetches.Load() != 4 {
		t.Error(code, err, d.fetches.Load())
	}
}

func TestFiftyCallersFetchOneToken(t *testing.T) {
	ca, c := newCA(t), newClock()
	d := startDepartment(t, ca, c)
	s := oauthSpec(ca, d, "", trust.Text("s"))
	theirs := s
	theirs.TLS = trust.TLS{}
	d.agree(t, c, theirs)
	tr := open(t, s, c)
	round := func(want int64) {
		t.Helper()
		var all sync.WaitGroup
		for range 50 {
			all.Go(func() {
				if code, text, err := ask(tr, "POST", d.url+"/items", "x"); err != nil || code != 200 || text != "done" {
					t.Error(code, text, err)
				}
			})
		}
		all.Wait()
		if n := d.fetches.Load(); n != want {
			t.Errorf("%d tokens were fetched, want %d", n, want)
		}
	}
	round(1)
	c.pass(time.Hour) // ended
	round(2)
	d.agree(t, c, theirs) // forgotten
	round(3)
}

// TestOneWhoLeavesHoldsUpNobody: a caller that gives up does so at once, and the
// fetch goes on for those who still wait.
func TestOneWhoLeavesHoldsUpNobody(t *testing.T) {
	ca, c := newCA(t), newClock()
	d := startDepartment(t, ca, c)
	s := oauthSpec(ca, d, "", trust.Text("s"))
	theirs := s
	theirs.TLS = trust.TLS{}
	d.agree(t, c, theirs)
	wait := make(chan struct{})
	d.wait.Store(&wait)
	tr := open(t, s, c)
	ctx, leave := context.WithCancel(t.Context())
	left := make(chan error, 1)
	go func() {
		_, _, err := askIn(ctx, tr, "GET", d.url+"/items", "")
		left <- err
	}()
	for d.fetches.Load() == 0 { // until the fetch is under way
		if _, _, err := ask(anybody(t, ca, c), "GET", d.url+"/other", ""); err != nil {
			t.Fatal(err)
		}
	}
	leave()
	if err := <-left; !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	close(wait)
	if code, _, err := ask(tr, "GET", d.url+"/items", ""); err != nil || code != 200 || d.fetches.Load() != 1 {
		t.Error(code, err, d.fetches.Load())
	}
}

// TestAuthorizationServersThatFail: what they say is not repeated, and what is no
// refusal is no answer of the department's.
func TestAuthorizationServersThatFail(t *testing.T) {
	ca, c := newCA(t), newClock()
	for name, x := range map[string]struct {
		code int
		kind string
		body string
		want int // 0: an error
	}{
		"broken":         {500, "application/json", `{"error":"hidden words"}`, 0},
		"busy":           {503, "text/plain", "hidden words", 0},
		"refusing":       {400, "application/json", `{"error":"invalid_client","error_description":"hidden words"}`, 401},
		"forbidding":     {403, "text/html", "hidden words", 401},
		"redirecting":    {302, "text/html", "hidden words", 0},
		"talking":        {200, "text/html", "hidden words", 0},
		"of other kinds": {200, "application/json", `{"access_token":"hidden words","token_type":"mac"}`, 0},
		"splitting":      {200, "application/json", `{"access_token":"hidden\r\nwords","token_type":"bearer"}`, 0},
	} {
		t.Run(name, func(t *testing.T) {
			d := startDepartment(t, ca, c)
			d.answer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Content-Type", x.kind)
				w.Header().Set("Location", "/elsewhere")
				w.WriteHeader(x.code)
				_, _ = w.Write([]byte(x.body))
			}))
			code, _, err := ask(open(t, oauthSpec(ca, d, "", trust.Text("s")), c), "GET", d.url+"/items", "")
			if code != x.want || (err == nil) != (x.want != 0) {
				t.Error(code, err)
			}
			if err != nil && (strings.Contains(err.Error(), "hidden") || strings.Contains(err.Error(), "words")) {
				t.Error("the error repeats what was said:", err)
			}
		})
	}
	t.Run("with a certificate of a stranger", func(t *testing.T) {
		d := startDepartment(t, newCA(t), c)
		if _, _, err := ask(open(t, oauthSpec(ca, d, "", trust.Text("s")), c), "GET", d.url+"/items", ""); !errors.Is(err, trust.ErrCertificate) {
			t.Error(err)
		}
	})
}

// TestAssertionsMayComeOnce: what was overheard of private_key_jwt gives no token.
func TestAssertionsMayComeOnce(t *testing.T) {
	ca, c, p := newCA(t), newClock(), new(tap)
	d := startDepartment(t, ca, c)
	key := must(trusttest.EC())
	s := oauthSpec(ca, d, "private_key_jwt", trust.Text(key.Private))
	theirs := s
	theirs.TLS, theirs.Secret, theirs.Public = trust.TLS{}, trust.Secret{}, trust.PEM(key.Public)
	d.agree(t, c, theirs)
	inner := *d.behind.Load()
	d.answer(p.wrap(inner))
	p.close(true)
	if _, _, err := ask(open(t, s, c), "GET", d.url+"/items", ""); err == nil {
		t.Error("an empty answer is a token")
	}
	p.close(false)
	was := p.caught
	form := must(url.ParseQuery(string(was.body)))
	if form.Get("client_assertion") == "" || form.Get("client_secret") != "" {
		t.Fatal("it shows", form)
	}
	tries := []struct {
		pass time.Duration
		want int
	}{{0, 200}, {0, 401}, {time.Minute, 401}, {time.Hour, 401}}
	for _, x := range tries {
		c.pass(x.pass)
		res := present(t, anybody(t, ca, c), d.url+was.target, was)
		if res != x.want {
			t.Errorf("after %s: %d, want %d", x.pass, res, x.want)
		}
	}
}

// present sends what was taken to an authorization server, which says why it refuses.
func present(t *testing.T, tr http.RoundTripper, to string, was taken) int {
	t.Helper()
	req := must(http.NewRequestWithContext(t.Context(), was.method, to, strings.NewReader(string(was.body))))
	req.Header.Set("Content-Type", was.header.Get("Content-Type"))
	res, err := tr.RoundTrip(req)
	if err != nil {
		t.Fatal(err)
	}
	_ = res.Body.Close()
	return res.StatusCode
}
