package durability

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
)

// Address is an address of this machine for a program that is killed and started
// again on it: below the ports that outgoing connections are given, and nobody
// else's who asks here, in this process or another, until it is released. The
// claim is the UDP port of the same number; the program itself has the TCP port.
func Address(ctx context.Context) (address string, release func() error, err error) {
	const first, last = 20_000, 30_000
	var c net.ListenConfig
	for range last - first {
		a := fmt.Sprintf("127.0.0.1:%d", first+rand.IntN(last-first))
		claim, err := c.ListenPacket(ctx, "udp", a)
		if err != nil {
			continue
		}
		l, err := c.Listen(ctx, "tcp", a)
		if err != nil {
			_ = claim.Close()
			continue
		}
		return a, claim.Close, l.Close()
	}
	return "", nil, errors.New("no free port")
}

// address is one of [Address] for as long as the world lives.
func (w *world) address(ctx context.Context) (string, error) {
	a, release, err := Address(ctx)
	if err == nil {
		w.closers = append(w.closers, release)
	}
	return a, err
}
