package server

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/vetgraph/vetgraph/internal/access"
	"github.com/vetgraph/vetgraph/internal/appointment"
	"github.com/vetgraph/vetgraph/internal/casefile"
	"github.com/vetgraph/vetgraph/internal/catalog"
	"github.com/vetgraph/vetgraph/internal/dispute"
	"github.com/vetgraph/vetgraph/internal/division"
	"github.com/vetgraph/vetgraph/internal/fault"
	"github.com/vetgraph/vetgraph/internal/identity"
	"github.com/vetgraph/vetgraph/internal/mandate"
	"github.com/vetgraph/vetgraph/internal/notify"
	"github.com/vetgraph/vetgraph/internal/port/trust"
	"github.com/vetgraph/vetgraph/internal/retention"
	"github.com/vetgraph/vetgraph/internal/slice"
	"github.com/vetgraph/vetgraph/internal/subsidy"
	"github.com/vetgraph/vetgraph/internal/supervision"
	"github.com/vetgraph/vetgraph/internal/vault"
)

// FuzzLoaders: whatever stands in a file of settings, it is read or its mistakes are
// told, all at once and by line.
func FuzzLoaders(f *testing.F) {
	c, err := catalog.Builtin()
	if err != nil {
		f.Fatal(err)
	}
	places := division.Builtin()
	loaders := []func([]byte) error{
		func(b []byte) error { _, err := slice.Read("insurance.yaml", b); return err },
		func(b []byte) error { _, err := supervision.LoadRoster("x.yaml", b, c, places); return err },
		func(b []byte) error { _, err := supervision.LoadRules("x.yaml", b); return err },
		func(b []byte) error { _, err := identity.LoadRules("x.yaml", b); return err },
		func(b []byte) error { _, err := casefile.LoadReviewRules("x.yaml", b); return err },
		func(b []byte) error { _, err := notify.Load("x.yaml", b); return err },
		func(b []byte) error { _, err := access.LoadPolicy("x.yaml", b); return err },
		func(b []byte) error { _, err := dispute.Load("x.yaml", b); return err },
		func(b []byte) error { _, err := subsidy.Load("x.yaml", b, c); return err },
		func(b []byte) error { _, err := trust.Parse("x.yaml", b); return err },
		func(b []byte) error { _, err := mandate.Load("x.yaml", b); return err },
		func(b []byte) error { _, err := appointment.Load("x.yaml", b, c, places); return err },
		func(b []byte) error { _, err := retention.Load("x.yaml", b); return err },
	}
	for file, n := range map[string]int{
		"slice/slices/insurance.yaml": 0, "supervision/roster.yaml": 1, "supervision/supervision.yaml": 2, "identity/assurance.yaml": 3, "notify/notices.yaml": 5,
		"access/policy.yaml": 6, "mandate/mandate.yaml": 10, "retention/rules.yaml": 12,
	} {
		text, err := os.ReadFile(filepath.Join("..", "internal", filepath.FromSlash(file)))
		if err != nil {
			f.Fatal(err)
		}
		f.Add(n, text)
	}
	f.Add(4, []byte("checks: [{code: x}]\n"))
	f.Add(7, []byte("a: &a [*a]\n"))
	f.Add(8, []byte("? {}\n: !!binary x\n"))
	f.Add(9, []byte("signature: {kind: x}\n---\nb: 1\n"))
	f.Add(11, []byte("windows: [{division: '230100000000', days: {}}]\n"))
	f.Fuzz(func(t *testing.T, which int, text []byte) {
		which = int(uint(which) % uint(len(loaders)))
		err := loaders[which](text)
		if told := new(catalog.Problems); err != nil && !errors.As(err, &told) {
			t.Errorf("loader %d: %T: %v", which, err, err)
		}
	})
}

// FuzzAddresses: a file of subgraphs or of departments' addresses, in which there are
// secrets, is read or refused, and no secret is repeated.
func FuzzAddresses(f *testing.F) {
	c, err := catalog.Builtin()
	if err != nil {
		f.Fatal(err)
	}
	keys := vault.Generate()
	f.Add([]byte("concessions: { url: 'http://127.0.0.1:1/', secret: 'x', timeout: 5s }\n"))
	f.Add([]byte("PS: { url: 'https://ps.example/', token: 'x', callbackSecret: 'eA==' }\nHSA: [1]\n"))
	f.Add([]byte("PS: { url: 'x', trust: { kind: none } }\n"))
	path := filepath.Join(f.TempDir(), "x.yaml")
	f.Fuzz(func(t *testing.T, text []byte) {
		if err := os.WriteFile(path, text, 0o600); err != nil {
			t.Fatal(err)
		}
		_, _ = readSubgraphs(path, []string{"concessions"})
		_, _ = readEndpoints(path, c, keys, time.Now)
	})
}

// FuzzAssertion: a client's assertion that its key has not signed lets nobody in,
// whatever key the slice names.
func FuzzAssertion(f *testing.F) {
	const public = "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo" // of RFC 8037
	f.Add("eyJhbGciOiJFZERTQSJ9.eyJpc3MiOiJjIiwic3ViIjoiYyIsImF1ZCI6Imh0dHA6Ly9oL29hdXRoL3Rva2VuIiwiZXhwIjo5OTk5OTk5OTk5LCJqdGkiOiIxIn0.AAAA", "kty", "OKP")
	f.Add("eyJhbGciOiJub25lIn0.eyJpc3MiOiJjIn0.", "x", "")
	f.Add(`{"payload":"e30","signatures":[{}]}`, "d", "nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A")
	h := &Hub{Config: Config{PublicURL: "http://h", Now: time.Now}}
	f.Fuzz(func(t *testing.T, text, name, value string) {
		id, err := saidBy(text)
		if err != nil {
			if fault.Of(err).Kind == fault.Internal {
				t.Error(err)
			}
			return
		}
		client := &slice.Client{ID: id, Key: map[string]string{"kty": "OKP", "crv": "Ed25519", "x": public, name: value}}
		if h.asserted(context.Background(), client, text) == nil {
			t.Errorf("%q is believed", text)
		}
	})
}
