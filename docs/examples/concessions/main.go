// Command concessions is a city transport operator's subgraph: what holders of the preferential card can have.
//
// It is an example that an agency copies: a whole service that joins the graph of
// veterans' affairs beside the hub. It knows no veteran. The router tells it, with
// each question, the two facts of the card that its answer needs; it keeps only
// which concessions were taken up, under the hub's opaque IDs.
//
//	go run ./docs/examples/concessions --listen 127.0.0.1:8091 --data DIR --secret TEXT
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/rs/zerolog"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, os.Args[1:], os.Stderr)
	stop()
	if err != nil && !errors.Is(err, flag.ErrHelp) {
		_, _ = fmt.Fprintf(os.Stderr, "concessions: %v\n", err)
		os.Exit(1)
	}
}

// run serves until ctx ends, and then lets what is under way finish.
func run(ctx context.Context, args []string, errs io.Writer) (err error) {
	flags := flag.NewFlagSet("concessions", flag.ContinueOnError)
	flags.SetOutput(errs)
	listen := flags.String("listen", "127.0.0.1:8091", "address of /graphql, for routers only 子图地址，仅供路由器")
	data := flags.String("data", ".concessions", "folder for what was taken up, and the key of permits 数据目录")
	secret := flags.String("secret", os.Getenv("CONCESSIONS_SECRET"), "what routers show in the header "+secretHeader+"; also CONCESSIONS_SECRET 路由器口令")
	file := flags.String("concessions", "", "YAML file with concessions in place of the built-in ones 优惠项目文件")
	debug := flags.Bool("debug", false, "log each request by its trace, never by what it asks 记录每个请求的追踪号")
	if err := flags.Parse(args); err != nil {
		return err
	}
	level := zerolog.InfoLevel
	if *debug {
		level = zerolog.DebugLevel
	}
	log := zerolog.New(errs).Level(level).With().Timestamp().Str("subgraph", "concessions").Logger()
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", *listen)
	if err != nil {
		return fmt.Errorf("cannot listen on %s (地址不可用); choose another with --listen: %w", *listen, err)
	}
	s, err := open(*data, *file, *secret, log)
	if err != nil {
		return errors.Join(err, listener.Close())
	}
	defer func() { err = errors.Join(err, s.close()) }()
	if *secret == "" {
		log.Warn().Msg("without --secret anybody who reaches this address is taken for the router")
	}
	return s.serve(ctx, listener)
}

// serve answers until ctx ends. Streams end by the context that requests stand in.
func (s *service) serve(ctx context.Context, listener net.Listener) error {
	streams, end := context.WithCancel(context.WithoutCancel(ctx))
	defer end()
	server := &http.Server{
		Handler:           s.handler(),
		ReadHeaderTimeout: 10 * time.Second,
		ReadTimeout:       time.Minute,
		IdleTimeout:       2 * time.Minute,
		MaxHeaderBytes:    64 << 10,
		BaseContext:       func(net.Listener) context.Context { return streams },
	}
	ended := make(chan error, 1)
	go func() { ended <- server.Serve(listener) }()
	s.log.Info().Str("address", "http://"+listener.Addr().String()+"/graphql").Msg("listening")
	select {
	case err := <-ended:
		return fmt.Errorf("serve: %w", err)
	case <-ctx.Done():
	}
	end()
	stop, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
	defer cancel()
	if err := errors.Join(server.Shutdown(stop), <-ended); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}
