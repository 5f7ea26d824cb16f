package backup_test

import (
	"crypto/sha256"
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/vetgraph/vetgraph/internal/backup"
	"github.com/vetgraph/vetgraph/internal/queue"
	"github.com/vetgraph/vetgraph/internal/store/storetest"
)

// FuzzCheck: a file whose sum holds, since whoever made it could reckon, is a backup or
// damaged; a manifest names no part that is not there, and restoring leaves nothing
// behind that is no database.
func FuzzCheck(f *testing.F) {
	s := storetest.Open(f, storetest.SQLite(f))
	if err := queue.Migrate(f.Context(), s); err != nil {
		f.Fatal(err)
	}
	path := filepath.Join(f.TempDir(), "seed.backup")
	if _, err := backup.Write(f.Context(), s, path, "test", time.Date(2026, 11, 24, 0, 0, 0, 0, time.UTC)); err != nil {
		f.Fatal(err)
	}
	body, err := os.ReadFile(path)
	if err != nil {
		f.Fatal(err)
	}
	body = body[:len(body)-sha256.Size]
	f.Add(body[:min(len(body), 64<<10)])
	f.Add(body[:1024])
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, body []byte) {
		sum := sha256.Sum256(body)
		folder := t.TempDir()
		path := filepath.Join(folder, "x.backup")
		if err := os.WriteFile(path, append(body, sum[:]...), 0o600); err != nil {
			t.Fatal(err)
		}
		m, err := backup.Check(path)
		if err != nil {
			if !errors.Is(err, backup.ErrDamaged) {
				t.Errorf("it is told as %v", err)
			}
			return
		}
		for _, p := range m.Parts {
			if p.Bytes < 0 {
				t.Errorf("a part of %d bytes", p.Bytes)
			}
		}
		into := filepath.Join(folder, "deep", "restored.db")
		if _, err := backup.Restore(t.Context(), path, "sqlite:"+into); err != nil {
			if _, err := os.Stat(into); err == nil {
				t.Error("what failed is left behind")
			}
		}
	})
}
