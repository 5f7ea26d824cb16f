package server

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"slices"
	"time"

	"github.com/vetgraph/vetgraph/internal/gateway"
	"github.com/vetgraph/vetgraph/resolvers"
)

// ourselves is the name of the hub among the subgraphs of a supergraph.
const ourselves = "hub"

// gatewayCommand answers any supergraph, without a hub.
type gatewayCommand struct {
	At            string            `help:"Address to listen on. 监听地址。" default:"127.0.0.1:4000" placeholder:"HOST:PORT"`
	Subgraph      map[string]string `help:"Where a subgraph is, if neither --subgraphs nor the supergraph says so: NAME=URL. 子图地址。" placeholder:"NAME=URL"`
	Pass          []string          `help:"Headers of a request that every subgraph gets, Authorization for one. 转给各子图的请求头。" placeholder:"NAME"`
	Introspection bool              `help:"Let anybody ask what the schema is. 开放模式查询。" default:"true" negatable:""`
}

// Run serves until a signal comes.
func (c gatewayCommand) Run(s *session) error {
	if s.Supergraph == "" {
		return errors.New("which supergraph? add --supergraph FILE (需要 --supergraph 指明超图文件)")
	}
	if (s.OIDCIssuer == "") != (s.OIDCAudience == "") || s.OIDCIssuer != "" && !absolute(s.OIDCIssuer) {
		return errors.New("--oidc-issuer is an absolute address and stands beside --oidc-audience (登录服务地址与令牌受众须同时给出)")
	}
	o, err := gatewayOptions(&s.Config)
	if err != nil {
		return err
	}
	o.Pass = c.Pass
	for name, address := range c.Subgraph {
		if !absolute(address) {
			return fmt.Errorf("--subgraph %s is NAME=URL with an absolute http(s) address", name)
		}
		of := o.Subgraphs[name]
		of.URL = address
		o.Subgraphs[name] = of
	}
	h := &Hub{Config: s.Config, meters: newMeters()}
	if err := h.openTraces(s.ctx); err != nil {
		return err
	}
	defer func() { _ = h.Close(context.WithoutCancel(s.ctx)) }() // only traces, which hold up nobody
	ctx, cancel := context.WithCancel(context.WithoutCancel(s.ctx))
	defer cancel()
	handler, err := h.alone(ctx, o, c.Introspection)
	if err != nil {
		return err
	}
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", c.At)
	if err != nil {
		return fmt.Errorf("cannot listen on %s (地址不可用): %w", c.At, err)
	}
	server := httpServer(ctx, handler, s.Log)
	ended := make(chan error, 1)
	go func() { ended <- server.Serve(l) }()
	s.say("网关已启动："+l.Addr().String()+"/graphql", "The gateway answers at "+l.Addr().String()+"/graphql")
	select {
	case err := <-ended:
		return fmt.Errorf("serve the gateway: %w", err)
	case <-s.ctx.Done():
	}
	cancel() // streams end by it
	stop, done := context.WithTimeout(context.WithoutCancel(s.ctx), 20*time.Second)
	defer done()
	if err := errors.Join(server.Shutdown(stop), <-ended); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}

// alone serves a supergraph by the doors of the hub, without a hub.
func (h *Hub) alone(ctx context.Context, o gateway.Options, open bool) (http.Handler, error) {
	signs := h.signs()
	if signs != nil {
		o.Checks = []gateway.Rule{gateway.Authenticated, gateway.RequiresScopes}
	}
	g, err := newGateway(ctx, o)
	if err != nil {
		return nil, err
	}
	h.onClose(func(context.Context) error { g.Close(); return nil })
	if h.joined, err = join(g, nil, holderAsCaller); err != nil {
		return nil, err
	}
	if err := h.openDocuments(ctx); err != nil {
		return nil, err
	}
	s := h.server(h.joined)
	s.Use(h.documents)
	s.Use(introspection{demo: open})
	h.count(s)
	door := h.gate(s)
	if signs == nil {
		h.transports(s, nil)
	} else {
		h.transports(s, signs.heldWebsocket)
		door = signs.holders(door)
	}
	mux := http.NewServeMux()
	mux.Handle("/graphql", h.meters.http("graphql", h.cors(door)))
	mux.Handle("GET /schema.graphql", h.meters.http("schema", schemaText(h.joined.schema)))
	mux.HandleFunc("GET /healthz", healthy)
	return h.observe(secure(mux)), nil
}

// signs is who signs the tokens of a gateway without a hub; nil if nobody was named.
func (h *Hub) signs() *issuer {
	if h.Config.OIDCIssuer == "" {
		return nil
	}
	if h.Config.Now == nil {
		h.Config.Now = time.Now
	}
	return &issuer{config: h.Config, client: &http.Client{Timeout: 10 * time.Second}}
}

// gatewayOptions reads the supergraph and how its subgraphs are reached.
func gatewayOptions(c *Config) (gateway.Options, error) {
	o := gateway.Options{Subgraphs: map[string]gateway.Subgraph{}, Extensions: resolvers.Extensions, Log: c.Log.With().Str("part", "gateway").Logger(),
		Limits: gateway.Limits{Depth: maxDepth}}
	sdl, err := os.ReadFile(c.Supergraph)
	if err != nil {
		return o, fmt.Errorf("read the supergraph: %w", err)
	}
	o.Supergraph = string(sdl)
	names, err := gateway.Names(o.Supergraph)
	if err != nil {
		return o, fmt.Errorf("the supergraph has mistakes (超图有误):\n%w", err)
	}
	if c.Subgraphs != "" {
		if o.Subgraphs, err = readSubgraphs(c.Subgraphs, names); err != nil {
			return o, err
		}
	}
	return o, nil
}

func newGateway(ctx context.Context, o gateway.Options) (*gateway.Gateway, error) {
	g, err := gateway.New(ctx, o)
	if err != nil {
		return nil, fmt.Errorf("the supergraph has mistakes (超图有误):\n%w", err)
	}
	return g, nil
}

// openSupergraph lets /graphql answer a supergraph in which we are one subgraph, asked
// without a socket. Who asks is known by then and stands in the context; partners
// are told nothing of it unless their settings say so.
func (h *Hub) openSupergraph(ctx context.Context) error {
	if h.Config.Supergraph == "" {
		return nil
	}
	o, err := gatewayOptions(&h.Config)
	if err != nil {
		return err
	}
	names, err := gateway.Names(o.Supergraph)
	if err != nil {
		return err
	}
	if !slices.Contains(names, ourselves) {
		return fmt.Errorf("the supergraph %s has no subgraph %q: to answer it without a hub, run vetgraph gateway (超图中没有本系统)", h.Config.Supergraph, ourselves)
	}
	h.Config.Joined = append(slices.Clone(h.Config.Joined), names...)
	o.Subgraphs[ourselves] = gateway.Subgraph{Handler: h.beneath(), Timeout: time.Minute, Trusted: true, Guards: true}
	o.Checks = []gateway.Rule{gateway.Authenticated, gateway.RequiresScopes, gateway.Policy}
	g, err := newGateway(context.WithoutCancel(ctx), o)
	if err != nil {
		return err
	}
	h.onClose(func(context.Context) error { g.Close(); return nil })
	h.joined, err = join(g, h.executable(true), viewerAsCaller)
	return err
}
