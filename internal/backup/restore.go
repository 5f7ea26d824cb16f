package backup

import (
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/vetgraph/vetgraph/internal/queue"
	"github.com/vetgraph/vetgraph/internal/store"
)

// The kinds of database, as the record names them.
const (
	sqlite   = "sqlite3"
	postgres = "postgres"
)

// Check reads a backup through and holds every byte and part against its sum.
func Check(path string) (*Manifest, error) {
	a, err := open(path)
	if err != nil {
		return nil, err
	}
	return &a.Manifest, a.file.Close()
}

// Restore fills an empty database from a backup: an SQLite file that is not there, or
// a schema of PostgreSQL without a table. Every byte is checked before anything is
// written; afterwards the rows are counted, and the root of the log of reads is
// reckoned from what was written. What fails leaves no database of SQLite behind, and
// no row in PostgreSQL.
func Restore(ctx context.Context, path, database string) (m *Manifest, err error) {
	a, err := open(path)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, a.file.Close()) }()
	into, file := strings.CutPrefix(database, "sqlite:")
	switch {
	case file != (a.Dialect == sqlite):
		return nil, fmt.Errorf("the backup is of %s and goes back into that kind of database alone (数据库类型不同)", a.Dialect)
	case file:
		err = a.restoreFile(ctx, into)
	default:
		err = a.restoreTables(ctx, database)
	}
	if err != nil {
		return nil, err
	}
	return &a.Manifest, nil
}

// restoreFile unpacks SQLite beside its place, looks, and puts it there.
func (a *archive) restoreFile(ctx context.Context, into string) (err error) {
	for _, beside := range []string{"", "-wal", "-shm"} {
		if _, err := os.Lstat(into + beside); !errors.Is(err, os.ErrNotExist) {
			return notEmpty(into + beside)
		}
	}
	if err := os.MkdirAll(filepath.Dir(into), 0o700); err != nil {
		return fmt.Errorf("folder of the database: %w", err)
	}
	folder, err := os.MkdirTemp(filepath.Dir(into), ".vetgraph-restore-")
	if err != nil {
		return fmt.Errorf("room for the database: %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(folder)) }()
	unpacked := filepath.Join(folder, "record.db")
	if err := a.each(func(_ Part, r io.Reader) error { return unpack(r, unpacked) }); err != nil {
		return err
	}
	if err := look(ctx, unpacked, func(ctx context.Context, s *store.Store, p store.Plain) error {
		step, err := s.Step(ctx)
		if err != nil || step != a.Step {
			return errors.Join(err, fmt.Errorf("its tables stand at step %d, not %d: %w", step, a.Step, ErrDamaged))
		}
		return a.compare(ctx, p)
	}); err != nil {
		return err
	}
	if err := os.Link(unpacked, into); err != nil { // not over a file that has come to be there
		return fmt.Errorf("put the database in its place: %w", err)
	}
	return syncFolder(filepath.Dir(into))
}

func unpack(r io.Reader, to string) error {
	z, err := gzip.NewReader(r)
	if err != nil {
		return fmt.Errorf("unpack: %w", err)
	}
	f, err := os.OpenFile(to, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	_, err = io.Copy(f, z) //nolint:gosec // the operator's own file, every byte checked; it is as large as the database was
	return errors.Join(err, f.Sync(), f.Close())
}

// restoreTables makes the tables as they were and fills them in one transaction.
func (a *archive) restoreTables(ctx context.Context, database string) (err error) {
	s, err := store.Open(ctx, database, 4)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	if err := s.Snapshot(ctx, func(ctx context.Context, p store.Plain) error {
		if there, err := p.Tables(ctx); err != nil || len(there) > 0 {
			return errors.Join(err, notEmpty("schema"))
		}
		return nil
	}); err != nil {
		return err
	}
	if err := s.MigrateTo(ctx, a.Step); err != nil {
		return err
	}
	if err := queue.Migrate(ctx, s); err != nil {
		return err
	}
	if step, err := s.Step(ctx); err != nil || step != a.Step {
		return errors.Join(err, a.otherProgram())
	}
	return s.InTx(ctx, func(ctx context.Context, tx store.Tx) error {
		p := tx.Plain()
		if step, err := queueStep(ctx, p); err != nil || step != a.Queue {
			return errors.Join(err, a.otherProgram())
		}
		if err := a.fill(ctx, p); err != nil {
			return err
		}
		return a.compare(ctx, p)
	})
}

// fill writes the rows, table after table, in the order in which they were copied.
func (a *archive) fill(ctx context.Context, p store.Plain) error {
	tables := map[string]store.Table{}
	for _, t := range a.Tables {
		tables[t.Name+".copy.gz"] = t
	}
	return a.each(func(part Part, r io.Reader) error {
		t, ok := tables[part.Name]
		if !ok {
			return fmt.Errorf("%s belongs to no table: %w", part.Name, ErrDamaged)
		}
		z, err := gzip.NewReader(r)
		if err != nil {
			return fmt.Errorf("unpack %s: %w", part.Name, err)
		}
		_, err = p.CopyIn(ctx, t, z)
		return err
	})
}

// compare holds what was written against the manifest.
func (a *archive) compare(ctx context.Context, p store.Plain) error {
	for _, t := range a.Tables {
		if n, err := p.Count(ctx, t.Name); err != nil || n != t.Rows {
			return errors.Join(err, fmt.Errorf("%s has %d rows, not %d: %w", t.Name, n, t.Rows, ErrDamaged))
		}
	}
	log, err := reckon(ctx, p)
	if err != nil {
		return err
	}
	if log != a.Log {
		return fmt.Errorf("the log of reads has root %s, not %s: %w", log.Root, a.Log.Root, ErrDamaged)
	}
	return nil
}

func notEmpty(what string) error {
	return fmt.Errorf("%s is there already; a restore goes into an empty database only (只能恢复到空数据库)", what)
}

func (a *archive) otherProgram() error {
	return fmt.Errorf("the backup was made by %s with tables of step %d and %d; restore it with that version, then upgrade (请用备份时的版本恢复，再升级)", a.Program, a.Step, a.Queue)
}
