package durability

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httputil"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"strings"
	"sync/atomic"
	"time"
)

// routersSecret is what gateways show hubs and partners.
const routersSecret = "what routers show" //nolint:gosec // of an experiment

// front is one way to the graph: our own gateway, or one of others before the hubs'
// subgraph.
type front struct {
	name, url string
	streams   bool // it has subscriptions
}

// Gateways is what stands before two hubs: our own gateway in each of them, Apollo's
// and Hive's.
type Gateways struct {
	Supergraph string // file
	Open       string // the same without authorization directives, with which Apollo's gateway does not begin
	Partner    string // file of the built example "concessions"
	Scripts    string // folder with apollo.mjs and hive.mjs; needs Node.js and npm ci
}

// balancer hands requests to living hubs in turn. Who cannot be reached has not been
// asked, so another is; a line that breaks later is the client's to take up.
type balancer struct {
	backs []*url.URL
	next  atomic.Int64
}

// RoundTrip implements http.RoundTripper.
func (b *balancer) RoundTrip(r *http.Request) (*http.Response, error) {
	var body []byte
	if r.Body != nil {
		var err error
		if body, err = io.ReadAll(r.Body); err != nil {
			return nil, err
		}
	}
	var failed error
	for range b.backs {
		to := b.backs[int(b.next.Add(1))%len(b.backs)]
		out := r.Clone(r.Context())
		out.URL.Scheme, out.URL.Host, out.Host = to.Scheme, to.Host, to.Host
		out.Body = io.NopCloser(bytes.NewReader(body))
		res, err := http.DefaultTransport.RoundTrip(out)
		if err == nil {
			return res, nil
		}
		failed = err
	}
	return nil, failed
}

// balance serves living hubs at one address.
func (w *world) balance(ctx context.Context, addresses ...string) (string, error) {
	b := &balancer{}
	for _, a := range addresses {
		b.backs = append(b.backs, &url.URL{Scheme: "http", Host: a})
	}
	return w.serve(ctx, &httputil.ReverseProxy{
		Rewrite: func(*httputil.ProxyRequest) {}, Transport: b, FlushInterval: -1, ErrorLog: log.New(io.Discard, "", 0), // of hubs that die
		ErrorHandler: func(rw http.ResponseWriter, _ *http.Request, _ error) { rw.WriteHeader(http.StatusBadGateway) },
	})
}

// replicate makes two hubs of one, on the same record, and puts gateways before them.
func (w *world) replicate(ctx context.Context) error {
	g, base := w.config.Gateways, w.hub
	partner, err := w.address(ctx)
	if err != nil {
		return err
	}
	settings := filepath.Join(w.config.Dir, "subgraphs.yaml")
	if err := os.WriteFile(settings, fmt.Appendf(nil, "concessions: {url: \"http://%s/graphql\", secret: %q}\n", partner, routersSecret), 0o600); err != nil {
		return err
	}
	var public, routers []string
	w.hubs = nil
	for i := range 2 {
		at, err := w.address(ctx)
		if err != nil {
			return err
		}
		sub, err := w.address(ctx)
		if err != nil {
			return err
		}
		public, routers = append(public, at), append(routers, sub)
		w.hubs = append(w.hubs, &hub{program: base.program, address: at, log: base.log, database: base.database, args: append(append([]string(nil), base.args...),
			"--data="+filepath.Join(w.config.Dir, fmt.Sprintf("hub%d", i)), "--listen="+at, "--subgraph-listen="+sub, "--subgraph-secret="+routersSecret,
			"--supergraph="+g.Supergraph, "--subgraphs="+settings, "--rate=-1")})
	}
	front_, err := w.balance(ctx, public...)
	if err != nil {
		return err
	}
	sub, err := w.balance(ctx, routers...)
	if err != nil {
		return err
	}
	for _, h := range w.hubs {
		h.args = append(h.args, "--public-url="+front_)
	}
	w.hub = w.hubs[0]
	w.fronts = []front{{"vetgraph", front_ + "/graphql", true}}
	if err := w.beside(ctx, exec.Command(g.Partner, "--listen", partner, "--data", filepath.Join(w.config.Dir, "concessions"), "--secret", routersSecret)); err != nil {
		return err
	}
	for _, name := range []string{"apollo", "hive"} {
		at, err := w.address(ctx)
		if err != nil {
			return err
		}
		_, port, _ := strings.Cut(at, ":")
		supergraph := g.Supergraph
		if name == "apollo" {
			supergraph = g.Open
		}
		c := exec.Command("node", name+".mjs", supergraph, port, "hub="+sub+"/subgraph", "concessions=http://"+partner+"/graphql")
		c.Dir = g.Scripts
		c.Env = append(os.Environ(), "ROUTER_SECRET="+routersSecret)
		if err := w.beside(ctx, c); err != nil {
			return err
		}
		w.fronts = append(w.fronts, front{name, "http://" + at + "/graphql", name != "apollo"})
	}
	return nil
}

// beside runs a program until the world ends.
func (w *world) beside(_ context.Context, c *exec.Cmd) error {
	out, err := os.OpenFile(filepath.Join(w.config.Dir, "beside.log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	c.Stdout, c.Stderr = out, out
	if err := c.Start(); err != nil {
		return errors.Join(err, out.Close())
	}
	w.closers = append(w.closers, func() error {
		_ = c.Process.Kill()
		_ = c.Wait() // it was killed, which is an error
		return out.Close()
	})
	return nil
}

// portal is what is asked of every front: a portal's screens, and what a partner adds.
var portal = []string{
	`{ me { kind veteran { id name division { fullName } cases(first: 10) { nodes { id number state items { state matter { code name { zh en } } } } pageInfo { hasNextPage } } } } }`,
	`query($v: ID!) { plan(input: {veteranId: $v}) { totals { matters before { days materials steps visits } after { days materials steps visits } } promisedOn { day } matters { matter { code } verdict reasons { words { zh } } } } }`,
	`query($v: ID!) { veteran(id: $v) { name concessionStanding { entitled code reason { zh en } } concessions { code name { zh } division { fullName } } concessionsTaken { number } benefits { preferentialCard { state } } } }`,
	`{ concessions(division: "230102000000") { code kind { name { zh } } division { code name } } }`,
}

// same asks every front the same and complains of answers that differ.
func (w *world) same(ctx context.Context) error {
	for _, person := range []int{0, 1, len(w.people) - 2, len(w.people) - 1} { // who has filed, and who has not
		token, err := w.issuer.veteran(w.people[person].id)
		if err != nil {
			return err
		}
		for _, query := range portal {
			var first any
			for i, f := range w.fronts {
				var got any
				err := w.patiently(ctx, func() error { return w.askAt(ctx, f, token, query, map[string]any{"v": w.people[person].id}, &got) })
				if r, refused := errors.AsType[*refusal](err); refused {
					got = r.code + " " + r.reason
				} else if err != nil {
					return fmt.Errorf("%s: %s: %w", f.name, query, err)
				}
				if i == 0 {
					first = got
				} else if !reflect.DeepEqual(first, got) {
					a, _ := json.Marshal(first)
					b, _ := json.Marshal(got)
					w.complain("%s and %s answer %s differently:\n%s\n%s", w.fronts[0].name, f.name, query, a, b)
				}
				w.compared++
			}
		}
	}
	return nil
}

// patiently repeats what got no answer.
func (w *world) patiently(ctx context.Context, try func() error) error {
	for end := time.Now().Add(30 * time.Second); ; pause(ctx, 50*time.Millisecond) {
		if err := try(); !errors.Is(err, errGone) || time.Now().After(end) || ctx.Err() != nil {
			return err
		}
	}
}
