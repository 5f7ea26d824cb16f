// Package simulation lives through the life of cases in virtual time, with everything going wrong that can, and looks after each event whether all is in order.
//
// A seed decides everything: who does what and when, which words are lost,
// doubled, late, early or contradict each other, at which statement the hub dies,
// when the clock jumps, a catalogue is replaced or a year of holidays is loaded.
// The rooms and the record are the real ones; departments are played in memory by
// the contract of [port.Department]. The same seed tells the same story, so what
// was found once can be looked at again ([Options.Verbose]).
//
// What must hold is in check.go: nothing is lost, nothing is done twice, every
// obligation has ended or has an owner, every promised date is what the clock
// explains, figures equal the rows, and in the end every case has ended and the
// veteran knows.
package simulation

import (
	"context"
	"database/sql"
	"fmt"
	"io"
	"io/fs"
	"strings"
	"testing/fstest"
	"time"

	"github.com/vetgraph/vetgraph/internal/access"
	"github.com/vetgraph/vetgraph/internal/casefile"
	"github.com/vetgraph/vetgraph/internal/catalog"
	"github.com/vetgraph/vetgraph/internal/division"
	"github.com/vetgraph/vetgraph/internal/notify"
	"github.com/vetgraph/vetgraph/internal/population"
	"github.com/vetgraph/vetgraph/internal/profile"
	"github.com/vetgraph/vetgraph/internal/store"
	"github.com/vetgraph/vetgraph/internal/supervision"
	"github.com/vetgraph/vetgraph/internal/vault"
	"github.com/vetgraph/vetgraph/internal/workday"
)

// Lab is a record with people in it, and all that seeds can share. One seed runs
// in it at a time.
type Lab struct {
	Store *store.Store

	vault   *vault.Vault
	shelves [2]*casefile.Shelf // of the catalogue in force at first, and of the one that replaces it
	people  []profile.Person
	roster  *supervision.Roster
	words   *notify.Words
	tables  []string // that are emptied before each seed

	looks   []*sql.Stmt // at the record, after each event
	changes *sql.Stmt   // SQLite only
	done    func()
}

// asked is the day as of which the people are drawn: before any seed begins.
var drawn = workday.Date(2025, time.December, 1)

// Open prepares a record, "sqlite:PATH" or "postgres://…", which must be empty: it
// is emptied before each seed.
func Open(ctx context.Context, database string) (*Lab, error) {
	s, err := store.Open(ctx, database, 4) // a transaction and the reads beside it
	if err != nil {
		return nil, err
	}
	l := &Lab{Store: s}
	if err := l.prepare(access.AsMachine(ctx, "simulation")); err != nil {
		return nil, fmt.Errorf("prepare to simulate: %w", err)
	}
	return l, nil
}

// Close closes the record.
func (l *Lab) Close() error {
	l.done()
	return l.Store.Close()
}

func (l *Lab) prepare(ctx context.Context) (err error) {
	if _, err := l.Store.Migrate(ctx); err != nil {
		return err
	}
	if err := l.jobs(ctx); err != nil {
		return err
	}
	if l.vault, err = vault.New(vault.Generate()); err != nil {
		return err
	}
	if l.roster, err = supervision.DemoRoster(); err != nil {
		return err
	}
	if l.words, err = notify.Builtin(); err != nil {
		return err
	}
	first, err := catalog.Builtin()
	if err != nil {
		return err
	}
	if l.shelves[0], err = casefile.NewShelf(ctx, l.Store, first, catalog.BuiltinFiles(), drawn.Time()); err != nil {
		return err
	}
	files, err := amended(catalog.BuiltinFiles())
	if err != nil {
		return err
	}
	second, err := catalog.Load(files)
	if err != nil {
		return err
	}
	if l.shelves[1], err = casefile.NewShelf(ctx, l.Store, second, files, drawn.Time()); err != nil {
		return err
	}
	for p := range population.Generate(1, len(population.Heroes()), drawn, division.Builtin()) {
		l.people = append(l.people, p)
	}
	return l.look(ctx)
}

// jobs makes the table in which the played queue keeps its jobs, and lists the others.
func (l *Lab) jobs(ctx context.Context) error {
	id, list := "INTEGER PRIMARY KEY AUTOINCREMENT", "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY name"
	if l.Store.Pool != nil {
		id, list = "BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY", "SELECT tablename FROM pg_tables WHERE schemaname = current_schema() ORDER BY 1"
	} else if _, err := l.Store.Writer.ExecContext(ctx, "PRAGMA synchronous = OFF"); err != nil { // deaths are played, not real
		return err
	}
	return l.Store.InTx(ctx, func(ctx context.Context, tx store.Tx) error {
		if _, err := tx.Plain().Exec(ctx, "CREATE TABLE simulated_jobs (id "+id+", kind TEXT NOT NULL, arg TEXT NOT NULL)"); err != nil {
			return err
		}
		return tx.Plain().Each(ctx, list, nil, func(scan func(...any) error) error {
			var name string
			if err := scan(&name); err != nil {
				return err
			}
			switch name {
			case "goose_db_version", "catalog_versions", "divisions", "standing_marks":
			default:
				l.tables = append(l.tables, name)
			}
			return nil
		})
	})
}

// empty forgets what the seed before has left.
func (l *Lab) empty(ctx context.Context, p *profile.Profile, people []profile.Person) error {
	if l.Store.Pool == nil {
		if _, err := l.Store.Writer.ExecContext(ctx, "PRAGMA foreign_keys = OFF"); err != nil {
			return err
		}
	}
	err := l.Store.InTx(ctx, func(ctx context.Context, tx store.Tx) error {
		all := []string{"TRUNCATE " + strings.Join(l.tables, ", ")}
		if l.Store.Pool == nil {
			all = all[:0]
			for _, t := range l.tables {
				all = append(all, "DELETE FROM "+t)
			}
		}
		for _, q := range append(all, "UPDATE standing_marks SET began = 1, compacted = 0") {
			if _, err := tx.Plain().Exec(ctx, q); err != nil {
				return err
			}
		}
		_, err := p.Put(ctx, tx, people)
		return err
	})
	if err != nil {
		return err
	}
	if l.Store.Pool == nil {
		_, err = l.Store.Writer.ExecContext(ctx, "PRAGMA foreign_keys = ON")
	}
	return err
}

// amended is the catalogue that comes into force while cases are open: another
// label, other days, a field more.
func amended(files fs.FS) (fs.FS, error) {
	change := map[string][2]string{
		"catalog.yaml":                           {"label: draft-1", "label: draft-2"},
		"matters/M04-household-restoration.yaml": {"{alone: 4, preReview: 3", "{alone: 6, preReview: 3"},
		"ports/hrss.yaml":                        {"matter: M08\n    kind: soap\n    soap: {version: \"1.1\", namespace: \"urn:hrss:yjs:1\"}\n    path: /service\n    timeoutMs: 10000\n    send:", "matter: M08\n    kind: soap\n    soap: {version: \"1.1\", namespace: \"urn:hrss:yjs:1\"}\n    path: /service\n    timeoutMs: 10000\n    send:\n      XL: education"},
		"matters/M08-social-security-card.yaml":  {"asks: [", "asks: [\n  education,"},
	}
	out := fstest.MapFS{}
	err := fs.WalkDir(files, ".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		data, err := fs.ReadFile(files, path)
		if c, ok := change[path]; ok && err == nil {
			if !strings.Contains(string(data), c[0]) {
				return fmt.Errorf("%s has no %q any more", path, c[0])
			}
			data = []byte(strings.Replace(string(data), c[0], c[1], 1))
		}
		out[path] = &fstest.MapFile{Data: data}
		return err
	})
	return out, err
}

// Options are how a seed is run.
type Options struct {
	Verbose  io.Writer // gets the story as it is told, nil: nobody
	Thorough bool      // every check after every event, instead of the dear ones after some

	sabotage func(ctx context.Context, w *world) // breaks something after an event, to see whether it is found
}

// Result is what became of a seed.
type Result struct {
	Seed           uint64
	Events, Deaths int
	Faults         int      // words and deliveries that went wrong
	Days           int      // calendar days lived through
	Trace          []string // the story, one line for each event
	Failure        error    // what did not hold; nil if all did
}
