package backup_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/vetgraph/vetgraph/internal/access"
	"github.com/vetgraph/vetgraph/internal/backup"
	"github.com/vetgraph/vetgraph/internal/queue"
	"github.com/vetgraph/vetgraph/internal/receipt"
	"github.com/vetgraph/vetgraph/internal/store"
	"github.com/vetgraph/vetgraph/internal/store/storetest"
	"github.com/vetgraph/vetgraph/internal/vault"
)

var noon = time.Date(2026, 11, 24, 4, 0, 0, 0, time.UTC)

// each runs a test on a filled database of each kind, with the address of an empty one.
func each(t *testing.T, f func(t *testing.T, s *store.Store, empty string)) {
	for name, address := range map[string]func(testing.TB) string{"sqlite": storetest.SQLite, "postgres": storetest.PostgreSQL} {
		t.Run(name, func(t *testing.T) {
			s := storetest.Open(t, address(t))
			if err := queue.Migrate(t.Context(), s); err != nil {
				t.Fatal(err)
			}
			fill(t, s)
			f(t, s, address(t))
		})
	}
}

// fill writes places with odd names and parents, and reads into the log.
func fill(t *testing.T, s *store.Store) {
	t.Helper()
	ctx := access.AsMachine(t.Context(), "test")
	if err := s.InTx(ctx, func(ctx context.Context, tx store.Tx) error {
		for i, n := range []string{"哈尔滨市", "tab\tand\\N", "line\nand 'quote'", ""} {
			if err := tx.Ent.Division.Create().SetID(fmt.Sprint(23010000000 + i)).SetName(n).SetLevel("village").Exec(ctx); err != nil {
				return err
			}
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	v, err := vault.New(vault.Generate())
	if err != nil {
		t.Fatal(err)
	}
	log, err := receipt.Open(t.Context(), receipt.Options{Store: s, Vault: v, Seed: bytes.Repeat([]byte{7}, 32), Origin: "test/receipts", Now: func() time.Time { return noon }})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = log.Close(t.Context()) }()
	for i := range 37 {
		if err := log.Append(t.Context(), &access.Viewer{ID: "clerk-1", Kind: access.Clerk}, []receipt.Read{{VeteranID: fmt.Sprint("v", i%5), Fields: []string{"Veteran.citizenNumber"}}}); err != nil {
			t.Fatal(err)
		}
	}
}

// rows is everything that a database holds, as text, in an order of its own.
func rows(t *testing.T, s *store.Store) map[string][]string {
	t.Helper()
	all := map[string][]string{}
	err := s.Snapshot(t.Context(), func(ctx context.Context, p store.Plain) error {
		tables, err := p.Tables(ctx)
		if err != nil {
			return err
		}
		for _, table := range tables {
			if table.Name == "goose_db_version" || table.Name == "river_migration" {
				continue // when they were made
			}
			cells := make([]string, len(table.Columns))
			for i, c := range table.Columns {
				cells[i] = fmt.Sprintf(`coalesce(cast("%s" AS text), '∅')`, c)
			}
			err := p.Each(ctx, fmt.Sprintf(`SELECT %s FROM "%s"`, strings.Join(cells, ` || '¦' || `), table.Name), nil, func(scan func(...any) error) error {
				var line string
				err := scan(&line)
				all[table.Name] = append(all[table.Name], line)
				return err
			})
			if err != nil {
				return err
			}
			slices.Sort(all[table.Name])
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// What goes into a backup comes out of it, row for row; into an empty database only.
func TestThereAndBack(t *testing.T) {
	each(t, func(t *testing.T, s *store.Store, empty string) {
		file := filepath.Join(t.TempDir(), "copy.tar")
		made, err := backup.Write(t.Context(), s, file, "test", noon)
		if err != nil {
			t.Fatal(err)
		}
		if made.Log.Size != 37 || made.Log.Broken() || made.Log.Origin != "test/receipts" {
			t.Errorf("log %+v", made.Log)
		}
		if info, err := os.Stat(file); err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%v, %v", info.Mode(), err)
		}
		if _, err := backup.Write(t.Context(), s, file, "test", noon); err == nil {
			t.Error("written over a backup")
		}
		back, err := backup.Restore(t.Context(), file, empty)
		if err != nil {
			t.Fatal(err)
		}
		if !reflect.DeepEqual(back, made) {
			t.Errorf("%+v\n%+v", back, made)
		}
		other, err := store.Open(t.Context(), empty, 2)
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = other.Close() }()
		if got, want := rows(t, other), rows(t, s); !reflect.DeepEqual(got, want) || len(want["receipts"]) != 37 || len(want["divisions"]) != 4 {
			t.Errorf("other rows:\n%v\n%v", got, want)
		}
		if _, err := backup.Restore(t.Context(), file, empty); err == nil || !strings.Contains(err.Error(), "empty database only") {
			t.Errorf("restored over a database: %v", err)
		}
		goOn(t, other)
	})
}

// goOn goes on where the copy ends: numbers that the database gives are not given twice.
func goOn(t *testing.T, s *store.Store) {
	t.Helper()
	if pending, err := s.Pending(t.Context()); err != nil || pending {
		t.Errorf("pending %v, %v", pending, err)
	}
	ctx := access.AsMachine(t.Context(), "test")
	if err := s.InTx(ctx, func(ctx context.Context, tx store.Tx) error {
		return tx.Ent.Division.Create().SetID("99").SetName("later").SetLevel("village").Exec(ctx)
	}); err != nil {
		t.Error(err)
	}
}

// Whichever byte is another, or missing, or one too many: nothing is restored.
func TestDamageIsRefused(t *testing.T) {
	each(t, func(t *testing.T, s *store.Store, empty string) {
		file := filepath.Join(t.TempDir(), "copy.tar")
		if _, err := backup.Write(t.Context(), s, file, "test", noon); err != nil {
			t.Fatal(err)
		}
		whole, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		damaged := filepath.Join(t.TempDir(), "damaged.tar")
		refused := func(what string, body []byte) {
			t.Helper()
			if err := os.WriteFile(damaged, body, 0o600); err != nil {
				t.Fatal(err)
			}
			if _, err := backup.Restore(t.Context(), damaged, empty); !errors.Is(err, backup.ErrDamaged) {
				t.Errorf("%s: %v", what, err)
			}
		}
		rnd := rand.New(rand.NewPCG(1, 2))
		for range 200 {
			at, bit := rnd.IntN(len(whole)), byte(1)<<rnd.IntN(8)
			whole[at] ^= bit
			refused(fmt.Sprintf("bit %d of byte %d", bit, at), whole)
			whole[at] ^= bit
		}
		refused("cut off", whole[:len(whole)-1])
		refused("longer", append(bytes.Clone(whole), 0))
		refused("empty", nil)
		if _, err := backup.Restore(t.Context(), file, empty); err != nil { // nothing was left behind by all that
			t.Error(err)
		}
	})
}

// Who changes the log of reads in the database is found when it is copied.
func TestAlteredLogIsTold(t *testing.T) {
	each(t, func(t *testing.T, s *store.Store, _ string) {
		db, done := s.SQL()
		defer done()
		if _, err := db.ExecContext(t.Context(), `DELETE FROM receipts WHERE id = 36`); err != nil {
			t.Fatal(err)
		}
		m, err := backup.Write(t.Context(), s, filepath.Join(t.TempDir(), "copy.tar"), "test", noon)
		if err != nil || !m.Log.Broken() || m.Log.Size != 36 {
			t.Errorf("%+v, %v", m, err)
		}
	})
}
