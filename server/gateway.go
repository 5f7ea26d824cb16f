package server

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"time"

	"github.com/vetgraph/vetgraph/internal/gateway"
	"github.com/vetgraph/vetgraph/resolvers"
)

// gatewayCommand answers any supergraph, without a hub.
type gatewayCommand struct {
	Supergraph    string            `help:"File with the supergraph. 超图文件。" type:"existingfile" required:"" placeholder:"FILE"`
	At            string            `help:"Address to listen on. 监听地址。" default:"127.0.0.1:4000" placeholder:"HOST:PORT"`
	Subgraph      map[string]string `help:"Where a subgraph is, if not where the supergraph says: NAME=URL. 子图地址。" placeholder:"NAME=URL"`
	Pass          []string          `help:"Headers of a request that every subgraph gets, Authorization for one. 转给各子图的请求头。" placeholder:"NAME"`
	Introspection bool              `help:"Let anybody ask what the schema is. 开放模式查询。" default:"true" negatable:""`
}

// Run serves until a signal comes.
func (c gatewayCommand) Run(s *session) error {
	sdl, err := os.ReadFile(c.Supergraph)
	if err != nil {
		return fmt.Errorf("read the supergraph: %w", err)
	}
	o := gateway.Options{
		Supergraph: string(sdl), Subgraphs: map[string]gateway.Subgraph{}, Extensions: resolvers.Extensions,
		Introspection: func(context.Context) bool { return c.Introspection }, Pass: c.Pass, Log: s.Log,
	}
	for name, address := range c.Subgraph {
		if !absolute(address) {
			return fmt.Errorf("--subgraph %s is NAME=URL with an absolute http(s) address", name)
		}
		o.Subgraphs[name] = gateway.Subgraph{URL: address}
	}
	ctx, cancel := context.WithCancel(s.ctx)
	defer cancel()
	g, err := gateway.New(ctx, o)
	if err != nil {
		return fmt.Errorf("the supergraph has mistakes (超图有误):\n%w", err)
	}
	mux := http.NewServeMux()
	mux.Handle("/graphql", g)
	mux.HandleFunc("GET /healthz", healthy)
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", c.At)
	if err != nil {
		return fmt.Errorf("cannot listen on %s (地址不可用): %w", c.At, err)
	}
	server := httpServer(ctx, secure(mux), s.Log)
	ended := make(chan error, 1)
	go func() { ended <- server.Serve(l) }()
	s.say("网关已启动："+l.Addr().String()+"/graphql", "The gateway answers at "+l.Addr().String()+"/graphql")
	select {
	case err := <-ended:
		return fmt.Errorf("serve the gateway: %w", err)
	case <-s.ctx.Done():
	}
	stop, done := context.WithTimeout(context.WithoutCancel(s.ctx), 20*time.Second)
	defer done()
	if err := errors.Join(server.Shutdown(stop), <-ended); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}
