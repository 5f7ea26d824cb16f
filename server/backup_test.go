package server_test

import (
	"context"
	"crypto/ed25519"
	"encoding/json"
	"errors"
	"maps"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/vetgraph/vetgraph/internal/access"
	"github.com/vetgraph/vetgraph/internal/backup"
	"github.com/vetgraph/vetgraph/internal/receipt"
	"github.com/vetgraph/vetgraph/internal/store"
	"github.com/vetgraph/vetgraph/internal/store/storetest"
)

// A hub at work is copied and put back elsewhere: the copy is of one moment, its log of
// reads holds, and with the keys it shows what was there.
func TestBackupUnderLoad(t *testing.T) {
	t.Parallel()
	for name, address := range map[string]func(testing.TB) string{"sqlite": storetest.SQLite, "postgres": storetest.PostgreSQL} {
		t.Run(name, func(t *testing.T) {
			database, empty, file := address(t), address(t), filepath.Join(t.TempDir(), "hub.tar")
			k := open(t, database, nil)
			k.lives()
			data := "--data=" + k.hub.Config.Data
			do := func(good bool, args ...string) string {
				t.Helper()
				status, out, errs := run(append(args, data, "--log-level=warn")...)
				if (status == 0) != good {
					t.Fatalf("%v: %s%s", args, out, errs)
				}
				return out + errs
			}
			items := func(s *store.Store) map[string]string {
				rows := map[string]string{}
				for _, i := range s.Read.Item.Query().AllX(access.AsMachine(t.Context(), "test")) {
					b, err := json.Marshal(i)
					if err != nil {
						t.Fatal(err)
					}
					rows[i.ID] = string(b)
				}
				return rows
			}
			if err := errors.Join(k.hub.Queue.Stop(t.Context()), k.hub.Fleet.Close()); err != nil { // what is on its way stays there
				t.Fatal(err)
			}
			before := items(k.hub.Store)
			ctx, stop := context.WithCancel(t.Context())
			var load sync.WaitGroup
			for range 4 {
				load.Go(func() {
					for ctx.Err() == nil {
						_, _ = k.ask("veteran0", k.public+"/graphql", `{ me { citizenNumber(full: true) } }`, nil)
					}
				})
			}
			said := do(true, "backup", file, "--database="+database)
			stop()
			load.Wait()
			if !strings.Contains(said, "The keys are not in it") {
				t.Error(said)
			}
			if out := do(false, "backup", file, "--database="+database); !strings.Contains(out, "never overwrites") {
				t.Error(out)
			}
			m, err := backup.Check(file)
			if err != nil || m.Log.Size < 1 || m.Log.Broken() {
				t.Fatalf("%+v, %v", m, err)
			}
			do(true, "restore", "--check", file, "--database="+empty)
			if out := do(true, "restore", file, "--database="+empty); !strings.Contains(out, m.Log.Root) {
				t.Errorf("no word of root %s in %s", m.Log.Root, out)
			}
			do(false, "restore", file, "--database="+empty)

			s, err := store.Open(t.Context(), empty, 2)
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = s.Close() }()
			r, err := receipt.Audit(t.Context(), s, receipt.Evidence{Keys: []ed25519.PublicKey{k.hub.Receipts.Key()}})
			if err != nil || r.Wrong != "" || r.Leaves != m.Log.Size {
				t.Errorf("audit %+v, %v", r, err)
			}
			if copied := items(s); len(copied) == 0 || !maps.Equal(copied, before) {
				t.Errorf("items are %v, were %v", copied, before)
			}
		})
	}
}
