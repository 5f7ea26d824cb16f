package department

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/tls"
	"encoding/hex"
	"errors"
	"fmt"
	"log"
	"net"
	"net/http"
	"sync"
	"time"

	"github.com/vetgraph/vetgraph/internal/catalog"
	"github.com/vetgraph/vetgraph/internal/port"
	"github.com/vetgraph/vetgraph/internal/port/filedrop"
)

// basePath stands in every address, so that what is below is only the ports'.
const basePath = "/v1"

// office is one department: a door (HTTP), a clerk who decides, a courier who
// calls back, and a book.
type office struct {
	code    string
	config  Config
	names   *port.Names
	matters map[string]*catalog.Matter
	ports   map[string]*catalog.Port // by ID
	lives   map[string]*catalog.Port // of a matter's life, by operation and matter
	papers  *papers                  // nil: it is reached without TLS
	book    *book
	secrets Secrets
	pepper  []byte // keys the register of persons
	url     string
	server  *http.Server
	files   string         // address of the folder where it exchanges files
	drop    *filedrop.Desk // nil: it does not
	view    *publication   // nil: nobody looks into its tables
	counts  counters
	trouble trouble
	forced  sync.Map // item ID -> port.State

	ctx         context.Context // ends with the office; its work outlives the call that started it
	cancel      context.CancelFunc
	work        sync.WaitGroup
	clerkBell   chan struct{}
	courierBell chan struct{}
}

func openOffice(ctx context.Context, c Config, code string) (*office, error) {
	b, err := openBook(ctx, file(c.Dir, code))
	if err != nil {
		return nil, err
	}
	o := &office{
		code: code, config: c, book: b, names: port.NamesOf(c.Catalog, code), matters: map[string]*catalog.Matter{},
		ports: map[string]*catalog.Port{}, lives: map[string]*catalog.Port{},
		clerkBell: make(chan struct{}, 1), courierBell: make(chan struct{}, 1),
	}
	o.trouble.seed(c.Seed)
	for _, m := range c.Catalog.Matters {
		if m.Lead == code {
			o.matters[m.Code] = m
		}
	}
	for _, p := range c.Catalog.Ports {
		if p.Department == code {
			o.ports[p.ID] = p
			o.lives[p.Operation+" "+p.Matter] = p
		}
	}
	listener, err := o.prepare(ctx)
	if err == nil {
		if err = o.openDrop(); err != nil {
			err = errors.Join(err, listener.Close())
		}
	}
	if err == nil {
		if err = o.openPublication(ctx); err != nil {
			err = errors.Join(err, listener.Close())
		}
	}
	if err != nil {
		return nil, errors.Join(err, b.close())
	}
	o.ctx, o.cancel = context.WithCancel(context.WithoutCancel(ctx))
	o.server = &http.Server{
		Handler: o.door(), ReadHeaderTimeout: 5 * time.Second, ReadTimeout: 30 * time.Second, IdleTimeout: 2 * time.Minute,
		BaseContext: func(net.Listener) context.Context { return o.ctx },
		ErrorLog:    log.New(grumble{o}, "", 0), // of handshakes, mostly: callers' troubles
	}
	if o.papers != nil {
		listener = tls.NewListener(listener, o.papers.config())
	}
	o.work.Go(func() {
		if err := o.server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
			o.config.Log.Error().Err(err).Str("department", o.code).Msg("department stopped listening")
		}
	})
	if o.drop != nil {
		o.work.Go(o.fetchFiles)
	}
	o.work.Go(o.clerk)
	o.work.Go(o.courier)
	return o, nil
}

// prepare remembers the secrets and finds the address.
func (o *office) prepare(ctx context.Context) (net.Listener, error) {
	remembered, err := o.book.remember(ctx, map[string]func() string{
		"token": randomText, "callback": randomText, "pepper": randomText, "address": func() string { return anyAddress },
	})
	if err != nil {
		return nil, err
	}
	o.pepper = []byte(remembered["pepper"])
	o.secrets = o.config.Secrets[o.code]
	if o.secrets.Token == "" {
		o.secrets.Token = remembered["token"]
	}
	if o.secrets.Callback == "" {
		o.secrets.Callback = remembered["callback"]
	}
	if o.config.TLS {
		if o.papers, err = newPapers(o.secrets.Token, o.now); err != nil {
			return nil, err
		}
	}
	return o.listen(ctx, remembered["address"])
}

const anyAddress = "127.0.0.1:0"

// listen takes the address of last time, or another if it is taken.
func (o *office) listen(ctx context.Context, address string) (net.Listener, error) {
	var lc net.ListenConfig
	l, err := lc.Listen(ctx, "tcp", address)
	if err != nil {
		l, err = lc.Listen(ctx, "tcp", anyAddress)
	}
	if err != nil {
		return nil, fmt.Errorf("listen: %w", err)
	}
	if now := l.Addr().String(); now != address {
		if err := o.book.setMeta(ctx, "address", now); err != nil {
			return nil, errors.Join(fmt.Errorf("remember address: %w", err), l.Close())
		}
	}
	o.url = "http://" + l.Addr().String()
	if o.papers != nil {
		o.url = "https://" + l.Addr().String()
	}
	return l, nil
}

func (o *office) stop() {
	o.cancel()
	_ = o.server.Close() // callers see a broken connection, as when a machine is switched off
}

func (o *office) close() error {
	o.work.Wait()
	return errors.Join(o.book.close(), o.view.close())
}

func (o *office) now() time.Time { return o.config.Now() }

// ring wakes a sleeper; it does not matter if it is awake already.
func ring(bell chan struct{}) {
	select {
	case bell <- struct{}{}:
	default:
	}
}

// sleep waits for the bell, a moment or the end of the office; false at the end.
// A zero moment waits for the bell alone.
func (o *office) sleep(bell <-chan struct{}, until time.Time) bool {
	var alarm <-chan time.Time
	if !until.IsZero() {
		timer := time.NewTimer(until.Sub(o.now()))
		defer timer.Stop()
		alarm = timer.C
	}
	select {
	case <-o.ctx.Done():
		return false
	case <-bell:
	case <-alarm:
	}
	return true
}

func randomText() string {
	b := make([]byte, 32)
	_, _ = rand.Read(b) // never fails: crypto/rand ends the process instead
	return hex.EncodeToString(b)
}

// grumble takes what the server has to say of its callers.
type grumble struct{ *office }

func (g grumble) Write(line []byte) (int, error) {
	g.config.Log.Debug().Str("department", g.code).Msg(string(bytes.TrimSpace(line)))
	return len(line), nil
}
