package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"sync"
	"time"
)

// conn is one client: a connection that stays open. It writes requests that were
// laid out before and reads no more of an answer than it must, so that as little
// as possible of the machine goes to asking.
type conn struct {
	net.Conn
	in  *bufio.Reader
	got bytes.Buffer
}

func dial(ctx context.Context, address string) (*conn, error) {
	c, err := (&net.Dialer{}).DialContext(ctx, "tcp", address)
	if err != nil {
		return nil, err
	}
	return &conn{Conn: c, in: bufio.NewReaderSize(c, 64<<10)}, nil
}

// ask sends a request and returns the body of its answer until the next call.
func (c *conn) ask(request []byte) ([]byte, error) {
	if _, err := c.Write(request); err != nil {
		return nil, err
	}
	a, err := http.ReadResponse(c.in, nil)
	if err != nil {
		return nil, err
	}
	c.got.Reset()
	_, err = io.Copy(&c.got, a.Body)
	if err := errors.Join(err, a.Body.Close()); err != nil {
		return nil, err
	}
	if a.StatusCode != http.StatusOK || bytes.HasPrefix(c.got.Bytes(), []byte(`{"errors"`)) {
		return nil, fmt.Errorf("%s: %.400s", a.Status, c.got.String())
	}
	return c.got.Bytes(), nil
}

// post lays out a request.
func post(address, path, token string, body []byte) []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, "POST %s HTTP/1.1\r\nHost: %s\r\nAuthorization: Bearer %s\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n",
		path, address, token, len(body))
	b.Write(body)
	return b.Bytes()
}

// sample is what one side did in its turns.
type sample struct {
	took  []time.Duration
	wall  time.Duration
	spent bool // there was nothing left to ask for
}

// errSpent ends a turn: there is nothing left to ask for.
var errSpent = errors.New("nothing left to ask for")

// turn lets clients ask one side for a while. next lays out the nth request of a client.
func (s *sample) turn(ctx context.Context, address string, clients int, span time.Duration, next func() ([]byte, error)) error {
	var mu sync.Mutex
	var all sync.WaitGroup
	var failed error
	start := time.Now()
	for range clients {
		all.Go(func() {
			took, err := s.one(ctx, address, start.Add(span), next)
			mu.Lock()
			defer mu.Unlock()
			s.took = append(s.took, took...)
			if errors.Is(err, errSpent) {
				s.spent = true
			} else if failed == nil {
				failed = err
			}
		})
	}
	all.Wait()
	s.wall += time.Since(start)
	return failed
}

func (s *sample) one(ctx context.Context, address string, until time.Time, next func() ([]byte, error)) (took []time.Duration, err error) {
	c, err := dial(ctx, address)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, c.Close()) }()
	for time.Now().Before(until) {
		if err := ctx.Err(); err != nil {
			return took, err
		}
		request, err := next()
		if err != nil {
			return took, err
		}
		start := time.Now()
		if _, err := c.ask(request); err != nil {
			return took, err
		}
		took = append(took, time.Since(start))
	}
	return took, nil
}

func (s *sample) rate() float64 { return float64(len(s.took)) / s.wall.Seconds() }

// quantile of the times, 0.5 for the median.
func (s *sample) quantile(q float64) time.Duration {
	if len(s.took) == 0 {
		return 0
	}
	slices.Sort(s.took)
	return s.took[min(int(q*float64(len(s.took))), len(s.took)-1)]
}
