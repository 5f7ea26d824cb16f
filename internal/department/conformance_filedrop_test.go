package department_test

import (
	"crypto/ed25519"
	"errors"
	"io"
	"net"
	"net/url"
	"sync"
	"testing"
	"time"

	"github.com/pkg/sftp"
	"golang.org/x/crypto/ssh"

	"github.com/vetgraph/vetgraph/internal/catalog"
	"github.com/vetgraph/vetgraph/internal/port"
	"github.com/vetgraph/vetgraph/internal/port/filedrop"
	"github.com/vetgraph/vetgraph/internal/port/porttest"
)

// onFiles is a catalogue whose ports of one department exchange files.
func onFiles(t *testing.T, timeout time.Duration, code string, f catalog.File) *catalog.Catalog {
	c := patient(t, timeout)
	for _, p := range c.Ports {
		if p.Department == code {
			said := f
			p.Kind, p.Path, p.File = filedrop.Kind, "", &said
		}
	}
	return c
}

// TestConformanceOfFiles runs the suite of the interface with a department that
// exchanges files in a directory, in each format.
func TestConformanceOfFiles(t *testing.T) {
	for name, f := range map[string]catalog.File{
		"CSV in UTF-8":       {Format: "csv", Encoding: "utf-8"},
		"fixed width in GBK": {Format: "fixed", Encoding: "gbk", Widths: map[string]int{"XM": 60, "_item": 100, "_words": 600}},
	} {
		t.Run(name, func(t *testing.T) {
			porttest.Run(t, func(t *testing.T, timeout time.Duration) porttest.Fixture {
				return open(t, onFiles(t, timeout, "MIL", f), "MIL", "M11")
			})
		})
	}
}

// TestConformanceOfFilesOverSFTP runs it with a department whose folder is on an
// SFTP server.
func TestConformanceOfFilesOverSFTP(t *testing.T) {
	porttest.Run(t, func(t *testing.T, timeout time.Duration) porttest.Fixture {
		c := onFiles(t, timeout, "HSA", catalog.File{Format: "csv", Encoding: "gbk"})
		return openAt(t, c, "HSA", matterOf(c, "HSA").Code, func(ends map[string]port.Endpoint) { overSFTP(t, ends) })
	})
}

// overSFTP lets a server stand before the folders that file addresses name.
func overSFTP(t *testing.T, ends map[string]port.Endpoint) {
	servers := map[string]string{}
	for id, e := range ends {
		u, err := url.Parse(e.URL)
		must(t, err)
		if u.Scheme != "file" {
			continue
		}
		if servers[e.Token] == "" {
			servers[e.Token] = sftpServer(t, "hub", e.Token)
		}
		e.URL = servers[e.Token] + u.EscapedPath() + "?hostkey=" + url.QueryEscape(hostFingerprint)
		ends[id] = e
	}
}

var (
	hostKey, hostFingerprint = newHostKey()
	errStranger              = errors.New("a stranger")
)

func newHostKey() (ssh.Signer, string) {
	_, key, err := ed25519.GenerateKey(nil)
	if err != nil {
		panic(err)
	}
	s, err := ssh.NewSignerFromKey(key)
	if err != nil {
		panic(err)
	}
	return s, ssh.FingerprintSHA256(s.PublicKey())
}

// sftpServer serves this machine's files to one user and gives its address.
func sftpServer(t *testing.T, user, password string) string {
	config := &ssh.ServerConfig{PasswordCallback: func(who ssh.ConnMetadata, shown []byte) (*ssh.Permissions, error) {
		if who.User() != user || string(shown) != password {
			return nil, errStranger
		}
		return nil, nil
	}}
	config.AddHostKey(hostKey)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	var all sync.WaitGroup
	var mu sync.Mutex
	var open []io.Closer
	all.Go(func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			mu.Lock()
			open = append(open, conn)
			mu.Unlock()
			all.Go(func() { serveSFTP(conn, config) })
		}
	})
	t.Cleanup(func() {
		_ = l.Close()
		mu.Lock()
		for _, c := range open {
			_ = c.Close()
		}
		mu.Unlock()
		all.Wait()
	})
	return "sftp://" + user + "@" + l.Addr().String()
}

func serveSFTP(conn net.Conn, config *ssh.ServerConfig) {
	defer func() { _ = conn.Close() }()
	over, channels, requests, err := ssh.NewServerConn(conn, config)
	if err != nil {
		return
	}
	defer func() { _ = over.Close() }()
	go ssh.DiscardRequests(requests)
	for c := range channels {
		if c.ChannelType() != "session" {
			_ = c.Reject(ssh.UnknownChannelType, "sessions only")
			continue
		}
		channel, asked, err := c.Accept()
		if err != nil {
			return
		}
		go func() {
			for r := range asked {
				_ = r.Reply(r.Type == "subsystem" && string(r.Payload[4:]) == "sftp", nil)
			}
		}()
		server, err := sftp.NewServer(channel)
		if err != nil {
			return
		}
		_ = server.Serve()
	}
}
