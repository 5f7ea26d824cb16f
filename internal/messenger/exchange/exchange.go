// Package exchange plays the message gateway that is not connected yet.
//
// It is a real HTTP server on the loopback interface that speaks what package
// messenger speaks, and a file that keeps what was sent over any number of
// processes. No message leaves the machine. It takes numbers of the range that
// belongs to nobody (199 0000 0000 to 199 0000 9999) and calls all others
// unreachable, so that nobody's real number comes into its book; a number that
// ends in 0000 is unreachable too, for rehearsing that.
package exchange

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/rs/zerolog"

	"github.com/vetgraph/vetgraph/internal/fault"
	"github.com/vetgraph/vetgraph/internal/messenger"
)

// basePath stands in front of every path.
const basePath = "/v1"

const maxRequest = 64 << 10 // bytes

// nobodys are the numbers that it takes.
var nobodys = regexp.MustCompile(`^1990000[0-9]{4}$`)

// Config says how the gateway is played. Dir is needed; the rest has a sensible zero value.
type Config struct {
	Dir   string           // its book
	Token string           // empty: made up, see [Exchange.Endpoint]
	Now   func() time.Time // nil means time.Now
	Log   zerolog.Logger
}

// Fault is how the gateway misbehaves from now on. The zero Fault is good behaviour.
type Fault struct {
	Silent     bool          // takes calls and never answers
	Failing    bool          // answers 500 and sends nothing
	Busy       time.Duration // answers 429 with this Retry-After, in whole seconds
	Garbled    bool          // answers half a JSON text
	Oversized  bool          // answers more than anybody can want
	LoseAnswer bool          // sends, then drops the connection
}

// Exchange is the gateway at work.
type Exchange struct {
	config  Config
	book    *book
	url     string
	server  *http.Server
	trouble atomic.Pointer[Fault]
	calls   atomic.Int64
	work    sync.WaitGroup
	cancel  context.CancelFunc
	closing sync.Once
	closed  error
}

// Start opens the book and answers once it is listening. It works until Close,
// whatever becomes of ctx.
func Start(ctx context.Context, c Config) (*Exchange, error) {
	if c.Dir == "" {
		return nil, errors.New("the exchange needs a folder")
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Token == "" {
		b := make([]byte, 32)
		_, _ = rand.Read(b) // never fails: crypto/rand ends the process instead
		c.Token = hex.EncodeToString(b)
	}
	b, err := openBook(c.Dir)
	if err != nil {
		return nil, err
	}
	var lc net.ListenConfig
	l, err := lc.Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, errors.Join(fmt.Errorf("listen: %w", err), b.close())
	}
	x := &Exchange{config: c, book: b, url: "http://" + l.Addr().String() + basePath}
	x.trouble.Store(&Fault{})
	base, cancel := context.WithCancel(context.WithoutCancel(ctx))
	x.cancel = cancel
	mux := http.NewServeMux()
	mux.HandleFunc("POST "+basePath+messenger.Path, x.enter)
	x.server = &http.Server{
		Handler: mux, ReadHeaderTimeout: 5 * time.Second, ReadTimeout: 30 * time.Second, IdleTimeout: 2 * time.Minute,
		BaseContext: func(net.Listener) context.Context { return base },
	}
	x.work.Go(func() {
		if err := x.server.Serve(l); !errors.Is(err, http.ErrServerClosed) {
			c.Log.Error().Err(err).Msg("the exchange stopped listening")
		}
	})
	return x, nil
}

// Endpoint is where the gateway is. The address is another after each start.
func (x *Exchange) Endpoint() messenger.Endpoint {
	return messenger.Endpoint{URL: x.url, Token: x.config.Token}
}

// Sent returns what has reached a number, oldest first, also before this start.
func (x *Exchange) Sent(to string) []Sent { return x.book.sent(to) }

// Total counts the messages sent to anybody, also before this start.
func (x *Exchange) Total() int { return x.book.total() }

// Calls counts the calls that it was asked to send with, since this start.
func (x *Exchange) Calls() int { return int(x.calls.Load()) }

// SetFault makes the gateway misbehave, or behave again.
func (x *Exchange) SetFault(f Fault) { x.trouble.Store(&f) }

// Close stops listening and closes the book; what was sent is there at the next Start.
func (x *Exchange) Close() error {
	x.closing.Do(func() {
		x.cancel() // ends those that are kept waiting
		limited, cancel := context.WithTimeout(context.Background(), 2*time.Second)
		defer cancel()
		bad := x.server.Shutdown(limited)
		if bad != nil {
			bad = x.server.Close()
		}
		x.work.Wait()
		x.closed = errors.Join(bad, x.book.close())
	})
	return x.closed
}

func (x *Exchange) enter(w http.ResponseWriter, r *http.Request) {
	shown := []byte(strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer "))
	if subtle.ConstantTimeCompare(shown, []byte(x.config.Token)) != 1 {
		w.Header().Set("WWW-Authenticate", "Bearer")
		answer(w, http.StatusUnauthorized, messenger.Refusal{Reason: "TOKEN"})
		return
	}
	x.calls.Add(1)
	f := *x.trouble.Load()
	if misbehave(w, r, f) {
		return
	}
	status, said := x.take(w, r)
	if f.LoseAnswer {
		if conn, _, err := http.NewResponseController(w).Hijack(); err == nil {
			_ = conn.Close()
		}
		return
	}
	answer(w, status, said)
}

// misbehave plays the fault that is set; true if that was the answer.
func misbehave(w http.ResponseWriter, r *http.Request, f Fault) bool {
	switch {
	case f.Silent:
		_, _ = io.Copy(io.Discard, r.Body) // only then does the server notice that the caller hangs up
		<-r.Context().Done()
	case f.Busy > 0:
		w.Header().Set("Retry-After", strconv.Itoa(int((f.Busy+time.Second-1)/time.Second)))
		answer(w, http.StatusTooManyRequests, messenger.Refusal{Reason: "BUSY"})
	case f.Failing:
		answer(w, http.StatusInternalServerError, messenger.Refusal{Reason: "BROKEN"})
	case f.Garbled:
		w.Header().Set("Content-Type", messenger.MediaType)
		_, _ = io.WriteString(w, `{"id": "`)
	case f.Oversized:
		w.Header().Set("Content-Type", messenger.MediaType)
		blank := []byte(strings.Repeat(" ", 1<<20))
		for range 8 {
			if _, err := w.Write(blank); err != nil {
				break
			}
		}
	default:
		return false
	}
	return true
}

// take keeps a message and makes its receipt.
func (x *Exchange) take(w http.ResponseWriter, r *http.Request) (int, any) {
	var l messenger.Letter
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxRequest))
	if err != nil || json.Unmarshal(body, &l) != nil {
		return http.StatusBadRequest, messenger.Refusal{Reason: "MALFORMED"}
	}
	if err := messenger.Message(l).Check(); err != nil && fault.Of(err).Kind != fault.Invalid {
		return http.StatusBadRequest, messenger.Refusal{Reason: "MALFORMED"}
	}
	if !nobodys.MatchString(l.To) || strings.HasSuffix(l.To, "0000") {
		return http.StatusUnprocessableEntity, messenger.Refusal{Reason: messenger.ReasonUndeliverable}
	}
	e, err := x.book.put(l, x.config.Now())
	switch {
	case errors.Is(err, errOtherwise):
		return http.StatusConflict, messenger.Refusal{Reason: messenger.ReasonOtherwise}
	case err != nil:
		x.config.Log.Error().Err(err).Msg("the exchange could not keep a message")
		return http.StatusInternalServerError, messenger.Refusal{Reason: "BROKEN"}
	}
	return http.StatusOK, messenger.Slip{ID: e.ID, Reference: e.Reference, AcceptedAt: e.At}
}

func answer(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", messenger.MediaType)
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body) // a caller who has gone needs no answer
}
