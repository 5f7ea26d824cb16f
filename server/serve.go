package server

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"sync"
	"time"

	"github.com/rs/zerolog"
)

// door is one address that the hub listens on.
type door struct {
	name     string
	listener net.Listener
	server   *http.Server
}

// Serve opens a hub and serves it until ctx ends, then lets what is under way
// finish. say tells people, Chinese and English, what goes on.
func Serve(ctx context.Context, c Config, say func(zh, en string)) (err error) {
	if err := c.check(); err != nil {
		return err
	}
	doors, err := listen(ctx, &c, say)
	if err != nil {
		return err
	}
	h, err := Open(ctx, c, say)
	if err != nil {
		for _, d := range doors {
			err = errors.Join(err, d.listener.Close())
		}
		return err
	}
	secured, err := h.TLS()
	if err != nil {
		for _, d := range doors {
			err = errors.Join(err, d.listener.Close())
		}
		return errors.Join(err, h.Close(context.WithoutCancel(ctx)))
	}
	handlers := map[string]http.Handler{"public": h.Handler(), "subgraph": h.SubgraphHandler(), "admin": h.AdminHandler()}
	var running sync.WaitGroup
	ended := make(chan error, len(doors))
	// Requests end when the listeners are told to: streams notice by this context.
	streams, endStreams := context.WithCancel(context.WithoutCancel(ctx))
	defer endStreams()
	for _, d := range doors {
		d.server = httpServer(streams, handlers[d.name], c.Log)
		if d.name == "public" && secured != nil {
			d.listener = tls.NewListener(d.listener, secured)
			d.server.TLSConfig = secured // by which it knows that there may be HTTP/2
		}
		running.Go(func() {
			if err := d.server.Serve(d.listener); !errors.Is(err, http.ErrServerClosed) {
				ended <- fmt.Errorf("serve %s: %w", d.name, err)
			}
		})
	}
	h.welcome(doors, say)
	select {
	case <-ctx.Done():
		say("正在停止……", "Stopping…")
	case err = <-ended:
	}
	endStreams()
	stop, cancel := context.WithTimeout(context.WithoutCancel(ctx), 20*time.Second)
	defer cancel()
	for _, d := range doors {
		err = errors.Join(err, d.server.Shutdown(stop))
	}
	running.Wait()
	return errors.Join(err, h.Close(stop))
}

// httpServer bounds how long a client may take to ask. There is no limit on the
// answer: a subscription is open for as long as a case is.
func httpServer(streams context.Context, handler http.Handler, log zerolog.Logger) *http.Server {
	return &http.Server{
		Handler:           handler,
		ReadHeaderTimeout: 10 * time.Second,
		ReadTimeout:       time.Minute,
		IdleTimeout:       2 * time.Minute,
		MaxHeaderBytes:    64 << 10,
		BaseContext:       func(net.Listener) context.Context { return streams },
		ErrorLog:          stdLog(log),
	}
}

// listen takes the addresses before anything else is opened: a port that is
// taken is the commonest mistake, and the cheapest to find. The demonstration
// moves its two side doors to any free port.
func listen(ctx context.Context, c *Config, say func(zh, en string)) ([]*door, error) {
	var doors []*door
	var errs []error
	for _, d := range []struct{ name, flag, address string }{
		{"public", "--listen", c.Listen}, {"subgraph", "--subgraph-listen", c.SubgraphListen}, {"admin", "--admin-listen", c.AdminListen},
	} {
		if d.address == "" {
			continue
		}
		l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", d.address)
		if err != nil && c.Demo && d.name != "public" {
			host, _, _ := net.SplitHostPort(d.address)
			if l, err = (&net.ListenConfig{}).Listen(ctx, "tcp", net.JoinHostPort(host, "0")); err == nil {
				say(fmt.Sprintf("%s 已被占用，改用 %s。", d.address, l.Addr()), fmt.Sprintf("%s is taken; using %s.", d.address, l.Addr()))
			}
		}
		if err != nil {
			errs = append(errs, fmt.Errorf("cannot listen on %s (地址不可用); choose another with %s: %w", d.address, d.flag, err))
			continue
		}
		doors = append(doors, &door{name: d.name, listener: l})
	}
	if err := errors.Join(errs...); err != nil {
		for _, d := range doors {
			err = errors.Join(err, d.listener.Close())
		}
		return nil, err
	}
	c.Listen = doors[0].listener.Addr().String() // the port may have been 0
	return doors, nil
}
