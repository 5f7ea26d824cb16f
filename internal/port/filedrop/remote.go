package filedrop

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"net/url"
	"os"
	"path"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/pkg/sftp"
	"golang.org/x/crypto/ssh"
	"golang.org/x/crypto/ssh/knownhosts"
)

const (
	dialFor = 10 * time.Second // to connect and show who we are
	slowest = 30 * time.Second // one operation; then the connection is taken for dead
)

var errCredential = errors.New("it does not let us in")

// remote is a place on an SFTP server. One connection is shared by all calls; one
// that breaks is made anew by the next call.
type remote struct {
	address, base string
	config        *ssh.ClientConfig

	turn   chan struct{} // whoever has it connects
	mu     sync.Mutex
	client *sftp.Client
}

// newRemote reads an address: sftp://user@host:port/path?hostkey=SHA256:…
func newRemote(u *url.URL, password string) (*remote, error) {
	q := u.Query()
	for name := range q {
		if !slices.Contains([]string{"hostkey", "known_hosts", "key"}, name) {
			return nil, fmt.Errorf("its address says %s, which nobody here understands", name)
		}
	}
	if _, secret := u.User.Password(); u.User.Username() == "" || secret || u.Hostname() == "" || u.Path == "" {
		return nil, errors.New("its address is not sftp://user@host/path; the password is the token")
	}
	known, err := hostKey(q)
	if err != nil {
		return nil, err
	}
	r := &remote{base: u.Path, address: net.JoinHostPort(u.Hostname(), "22"), turn: make(chan struct{}, 1)}
	if u.Port() != "" {
		r.address = u.Host
	}
	r.config = &ssh.ClientConfig{User: u.User.Username(), HostKeyCallback: known, Timeout: dialFor}
	if file := q.Get("key"); file != "" {
		text, err := os.ReadFile(file)
		if err != nil {
			return nil, fmt.Errorf("its private key: %w", err)
		}
		signer, err := ssh.ParsePrivateKey(text)
		if err != nil {
			return nil, errors.New("its private key cannot be read")
		}
		r.config.Auth = append(r.config.Auth, ssh.PublicKeys(signer))
	}
	if password != "" {
		r.config.Auth = append(r.config.Auth, ssh.Password(password))
	}
	return r, nil
}

// hostKey insists on a key that somebody has looked at: a stranger in between
// would get persons and password.
func hostKey(q url.Values) (ssh.HostKeyCallback, error) {
	if file := q.Get("known_hosts"); file != "" {
		known, err := knownhosts.New(file)
		if err != nil {
			return nil, fmt.Errorf("its known hosts: %w", err)
		}
		return known, nil
	}
	var pinned []string
	for _, k := range q["hostkey"] {
		pinned = append(pinned, strings.ReplaceAll(k, " ", "+")) // a plus sign in a query
	}
	if len(pinned) == 0 || slices.ContainsFunc(pinned, func(k string) bool { return !strings.HasPrefix(k, "SHA256:") }) {
		return nil, errors.New("its address does not pin the host key: ?hostkey=SHA256:… or ?known_hosts=/path")
	}
	return func(_ string, _ net.Addr, key ssh.PublicKey) error {
		if !slices.Contains(pinned, ssh.FingerprintSHA256(key)) {
			return errCredential
		}
		return nil
	}, nil
}

func (r *remote) pace() (first, most time.Duration) { return 20 * time.Millisecond, time.Second }

// connected gives the connection, made if there is none.
func (r *remote) connected(ctx context.Context) (*sftp.Client, error) {
	select {
	case r.turn <- struct{}{}:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	defer func() { <-r.turn }()
	r.mu.Lock()
	c := r.client
	r.mu.Unlock()
	if c != nil {
		return c, nil
	}
	c, err := r.dial(ctx)
	if err != nil {
		return nil, err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.client = c
	return c, nil
}

func (r *remote) dial(ctx context.Context) (*sftp.Client, error) {
	limited, cancel := context.WithTimeout(ctx, dialFor)
	defer cancel()
	conn, err := new(net.Dialer).DialContext(limited, "tcp", r.address)
	if err != nil {
		return nil, fmt.Errorf("connect: %w", err)
	}
	stop := context.AfterFunc(limited, func() { _ = conn.Close() }) // a handshake knows no context
	defer stop()
	c, channels, requests, err := ssh.NewClientConn(conn, r.address, r.config)
	if err != nil {
		return nil, r.turnedAway(limited, errors.Join(err, conn.Close()))
	}
	over := ssh.NewClient(c, channels, requests)
	client, err := sftp.NewClient(over)
	if err != nil {
		return nil, r.turnedAway(limited, errors.Join(err, over.Close()))
	}
	if !stop() { // closed behind our back
		return nil, errors.Join(limited.Err(), client.Close())
	}
	return client, nil
}

// turnedAway tells a server that does not know us, or that we do not know, from
// a connection that broke.
func (r *remote) turnedAway(ctx context.Context, err error) error {
	unknown, _ := errors.AsType[*knownhosts.KeyError](err)
	if ctx.Err() == nil && (unknown != nil || errors.Is(err, errCredential) || strings.Contains(err.Error(), "unable to authenticate") || strings.Contains(err.Error(), errCredential.Error())) {
		return errors.Join(errCredential, err)
	}
	return fmt.Errorf("connect: %w", err)
}

// drop forgets a connection that is broken.
func (r *remote) drop(c *sftp.Client) {
	r.mu.Lock()
	if r.client == c {
		r.client = nil
	}
	r.mu.Unlock()
	_ = c.Close()
}

// over does one operation on the connection. An operation knows no context: it is
// left behind when ctx ends, and ends with the connection if that is dead.
func over[T any](ctx context.Context, r *remote, do func(*sftp.Client) (T, error)) (T, error) {
	type result struct {
		value T
		err   error
	}
	var none T
	c, err := r.connected(ctx)
	if err != nil {
		return none, err
	}
	ended := make(chan result, 1)
	go func() {
		dead := time.AfterFunc(slowest, func() { r.drop(c) })
		defer dead.Stop()
		v, err := do(c)
		if err != nil && !answered(err) {
			r.drop(c)
		}
		ended <- result{v, err}
	}()
	select {
	case <-ctx.Done():
		return none, ctx.Err()
	case e := <-ended:
		return e.value, e.err
	}
}

// answered says whether an error is the server's word, over a connection that works.
func answered(err error) bool {
	_, word := errors.AsType[*sftp.StatusError](err)
	return word || errors.Is(err, fs.ErrNotExist) || errors.Is(err, fs.ErrPermission) || errors.Is(err, fs.ErrExist)
}

func (r *remote) at(name string) string { return path.Join(r.base, name) }

func (r *remote) find(ctx context.Context, folder string) ([]os.FileInfo, error) {
	return over(ctx, r, func(c *sftp.Client) ([]os.FileInfo, error) { return c.ReadDir(r.at(folder)) })
}

func (r *remote) list(ctx context.Context, folder string) ([]entry, error) {
	all, err := r.find(ctx, folder)
	var entries []entry
	for _, info := range all {
		if info.Mode().IsRegular() {
			entries = append(entries, entry{info.Name(), info.Size(), info.ModTime()})
		}
	}
	return entries, err
}

func (r *remote) folders(ctx context.Context, folder string) ([]string, error) {
	all, err := r.find(ctx, folder)
	var names []string
	for _, info := range all {
		if info.IsDir() {
			names = append(names, info.Name())
		}
	}
	return names, err
}

func (r *remote) exists(ctx context.Context, name string) (bool, error) {
	return over(ctx, r, func(c *sftp.Client) (bool, error) {
		_, err := c.Lstat(r.at(name))
		if errors.Is(err, fs.ErrNotExist) {
			return false, nil
		}
		return err == nil, err
	})
}

func (r *remote) read(ctx context.Context, name string, most int64) ([]byte, error) {
	return over(ctx, r, func(c *sftp.Client) ([]byte, error) {
		f, err := c.Open(r.at(name))
		if err != nil {
			return nil, err
		}
		data, err := io.ReadAll(io.LimitReader(f, most+1))
		return data, errors.Join(err, f.Close())
	})
}

func (r *remote) write(ctx context.Context, name string, data []byte) error {
	_, err := over(ctx, r, func(c *sftp.Client) (struct{}, error) { return struct{}{}, r.put(c, name, data) })
	return err
}

func (r *remote) put(c *sftp.Client, name string, data []byte) error {
	part := r.at(temporary(name))
	f, err := c.OpenFile(part, os.O_WRONLY|os.O_CREATE|os.O_EXCL)
	if err != nil {
		return err
	}
	_, err = f.Write(data)
	if _, can := c.HasExtension("fsync@openssh.com"); can && err == nil {
		err = f.Sync()
	}
	if err = errors.Join(err, f.Close()); err != nil {
		return errors.Join(err, c.Remove(part))
	}
	return rename(c, part, r.at(name))
}

// rename takes the way that replaces nothing by halves where the server knows it.
func rename(c *sftp.Client, from, to string) error {
	if _, can := c.HasExtension("posix-rename@openssh.com"); can {
		return c.PosixRename(from, to)
	}
	return c.Rename(from, to)
}

func (r *remote) move(ctx context.Context, from, to string) error {
	_, err := over(ctx, r, func(c *sftp.Client) (struct{}, error) { return struct{}{}, rename(c, r.at(from), r.at(to)) })
	return err
}

func (r *remote) remove(ctx context.Context, name string) error {
	_, err := over(ctx, r, func(c *sftp.Client) (struct{}, error) { return struct{}{}, c.Remove(r.at(name)) })
	return err
}

func (r *remote) mkdir(ctx context.Context, folder string) error {
	_, err := over(ctx, r, func(c *sftp.Client) (struct{}, error) { return struct{}{}, c.MkdirAll(r.at(folder)) })
	return err
}
