// Package backup puts the whole database into one file that tells whether it is whole, and a database back out of it.
//
// The file is a tar archive: manifest.json, then the parts that it lists, then, behind
// the archive, the SHA-256 of everything before, so that no byte can change unnoticed.
// SQLite is one part, the database's own copy of itself; of PostgreSQL each table is
// one, all of them as of one moment (REPEATABLE READ). Rows of the queue are in it, so
// that what was still to be carried is carried after a restore. Keys never are: what is
// sealed stays sealed, and a stolen copy tells what a stolen disk does.
//
// The manifest counts the rows of every table and says how far the log of reads had
// come, with its root reckoned anew from its leaves. After a restore the rows are
// counted and the root is reckoned again.
package backup

import (
	"compress/gzip"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/vetgraph/vetgraph/internal/store"
)

// Format is what the first line of a manifest says.
const Format = "vetgraph backup 1"

// Manifest says what a backup holds.
type Manifest struct {
	Format  string        `json:"format"`
	Made    time.Time     `json:"made"`
	Program string        `json:"program"` // version that made it
	Dialect string        `json:"dialect"` // sqlite3 or postgres; it goes back into the same
	Step    int64         `json:"step"`    // of the record's migrations
	Queue   int64         `json:"queue"`   // of the queue's own
	Log     Log           `json:"log"`
	Tables  []store.Table `json:"tables"`
	Parts   []Part        `json:"parts"`
}

// Part is one file within the archive.
type Part struct {
	Name   string `json:"name"`
	Bytes  int64  `json:"bytes"`
	SHA256 string `json:"sha256"`
}

// Log is how far the log of reads had come.
type Log struct {
	Origin string `json:"origin"`
	Size   int64  `json:"size"` // leaves
	Root   string `json:"root"` // reckoned from the leaves, RFC 6962, hex
	Head   string `json:"head"` // as its own head says; another than Root: the log was altered before the backup
}

// Broken says whether the log did not fit together when it was copied.
func (l Log) Broken() bool { return l.Root != l.Head }

// versions are tables that say which program made the others; a restore makes its own.
var versions = []string{"goose_db_version", "river_migration"}

// Write copies the database into a new file, for its owner alone, while hubs work.
func Write(ctx context.Context, s *store.Store, path, program string, now time.Time) (m *Manifest, err error) {
	if _, err := os.Lstat(path); !errors.Is(err, os.ErrNotExist) {
		return nil, fmt.Errorf("%s is there already; a backup never overwrites (文件已存在)", path)
	}
	folder, err := os.MkdirTemp(filepath.Dir(path), ".vetgraph-backup-")
	if err != nil {
		return nil, fmt.Errorf("room for the parts: %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(folder)) }()
	m = &Manifest{Format: Format, Made: now.UTC().Truncate(time.Second), Program: program, Dialect: s.Dialect}
	if m.Step, err = s.Step(ctx); err != nil {
		return nil, fmt.Errorf("which tables there are: %w", err)
	}
	if s.Pool != nil {
		err = m.copyTables(ctx, s, folder)
	} else {
		err = m.copyFile(ctx, s, folder)
	}
	if err != nil {
		return nil, err
	}
	return m, m.pack(folder, path)
}

// copyTables writes each table of PostgreSQL as a part, all in one transaction that
// sees one moment.
func (m *Manifest) copyTables(ctx context.Context, s *store.Store, folder string) error {
	return s.Snapshot(ctx, func(ctx context.Context, p store.Plain) error {
		if err := m.describe(ctx, p); err != nil {
			return err
		}
		for i, t := range m.Tables {
			var rows int64
			part, err := writePart(folder, t.Name+".copy.gz", func(w io.Writer) (err error) {
				rows, err = p.CopyOut(ctx, t, w)
				return err
			})
			if err != nil {
				return err
			}
			if rows != t.Rows {
				return fmt.Errorf("%s: counted %d rows and copied %d", t.Name, t.Rows, rows)
			}
			m.Tables[i].Rows, m.Parts = rows, append(m.Parts, part)
		}
		return nil
	})
}

// copyFile lets SQLite write a copy of itself, and counts in that copy.
func (m *Manifest) copyFile(ctx context.Context, s *store.Store, folder string) error {
	path := filepath.Join(folder, "record.db")
	if err := s.CopyTo(ctx, path); err != nil {
		return err
	}
	if err := look(ctx, path, func(ctx context.Context, s *store.Store, p store.Plain) (err error) {
		if m.Step, err = s.Step(ctx); err != nil { // of the copy, whatever has happened since
			return err
		}
		return m.describe(ctx, p)
	}); err != nil {
		return err
	}
	part, err := writePart(folder, "record.db.gz", func(w io.Writer) error {
		f, err := os.Open(path)
		if err != nil {
			return err
		}
		_, err = io.Copy(w, f)
		return errors.Join(err, f.Close())
	})
	if err != nil {
		return err
	}
	m.Parts = []Part{part}
	return os.Remove(path)
}

// look reads an SQLite file that nobody else has open, and leaves it closed.
func look(ctx context.Context, path string, f func(context.Context, *store.Store, store.Plain) error) (err error) {
	s, err := store.Open(ctx, "sqlite:"+path, 1)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	return s.Snapshot(ctx, func(ctx context.Context, p store.Plain) error { return f(ctx, s, p) })
}

// describe fills in what a manifest says of the rows.
func (m *Manifest) describe(ctx context.Context, p store.Plain) error {
	all, err := p.Tables(ctx)
	if err != nil {
		return fmt.Errorf("look for tables: %w", err)
	}
	m.Tables = slices.DeleteFunc(all, func(t store.Table) bool { return slices.Contains(versions, t.Name) })
	for i, t := range m.Tables {
		if m.Tables[i].Rows, err = p.Count(ctx, t.Name); err != nil {
			return fmt.Errorf("count %s: %w", t.Name, err)
		}
	}
	if m.Queue, err = queueStep(ctx, p); err != nil {
		return err
	}
	m.Log, err = reckon(ctx, p)
	return err
}

func queueStep(ctx context.Context, p store.Plain) (n int64, err error) {
	err = p.Each(ctx, "SELECT coalesce(max(version), 0) FROM river_migration", nil, func(scan func(...any) error) error { return scan(&n) })
	if err != nil {
		return 0, fmt.Errorf("which queue there is: %w", err)
	}
	return n, nil
}

// writePart compresses what f writes into a file of the folder.
func writePart(folder, name string, f func(io.Writer) error) (part Part, err error) {
	file, err := os.OpenFile(filepath.Join(folder, name), os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return Part{}, err
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	sum := sha256.New()
	z, err := gzip.NewWriterLevel(io.MultiWriter(file, sum), gzip.BestSpeed)
	if err != nil {
		return Part{}, err
	}
	if err := f(z); err != nil {
		return Part{}, err
	}
	if err := z.Close(); err != nil {
		return Part{}, err
	}
	info, err := file.Stat()
	if err != nil {
		return Part{}, err
	}
	return Part{Name: name, Bytes: info.Size(), SHA256: hex.EncodeToString(sum.Sum(nil))}, nil
}
