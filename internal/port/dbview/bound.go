package dbview

import (
	"context"
	"net"
	"time"
)

// bounded is a connection on which no answer is longer than it may be: so much is
// read after what was last sent, and then the connection is of no more use. It holds
// for every database alike, before anything of an answer is understood or kept.
type bounded struct {
	net.Conn
	left  int
	flood func() // told when an answer is too long
}

// Write implements net.Conn: a new question may have a whole answer.
func (b *bounded) Write(p []byte) (int, error) {
	b.left = maxAnswer
	return b.Conn.Write(p)
}

// Read implements net.Conn.
func (b *bounded) Read(p []byte) (int, error) {
	if b.left <= 0 {
		b.flood()
		return 0, errFlood
	}
	n, err := b.Conn.Read(p[:min(len(p), b.left)])
	b.left -= n
	return n, err
}

// dial connects within three seconds; a department that is there answers sooner.
func dial(ctx context.Context, network, address string, flood func()) (net.Conn, error) {
	d := net.Dialer{Timeout: 3 * time.Second, KeepAlive: 15 * time.Second}
	c, err := d.DialContext(ctx, network, address)
	if err != nil {
		return nil, err
	}
	return &bounded{c, maxAnswer, flood}, nil
}
