package department

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"sync/atomic"
	"time"

	_ "modernc.org/sqlite" // the "sqlite" driver

	"github.com/vetgraph/vetgraph/internal/port"
)

const schema = `
CREATE TABLE IF NOT EXISTS meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;

-- What has arrived, one row for each round; serial makes the receipt's number.
CREATE TABLE IF NOT EXISTS deliveries (
	serial INTEGER PRIMARY KEY AUTOINCREMENT,
	item TEXT NOT NULL, round INTEGER NOT NULL, digest BLOB NOT NULL,
	number TEXT NOT NULL, received_at INTEGER NOT NULL, due_at INTEGER NOT NULL,
	UNIQUE (item, round));

-- How each item stands. next_at is when somebody will next do something about it.
CREATE TABLE IF NOT EXISTS items (
	id TEXT PRIMARY KEY, round INTEGER NOT NULL, matter TEXT NOT NULL, "case" TEXT NOT NULL,
	applicant TEXT NOT NULL, fields TEXT NOT NULL, callback TEXT NOT NULL,
	state TEXT NOT NULL, sequence INTEGER NOT NULL,
	received_at INTEGER NOT NULL, decide_at INTEGER NOT NULL, due_at INTEGER NOT NULL, next_at INTEGER,
	number TEXT NOT NULL DEFAULT '', words TEXT NOT NULL DEFAULT '', outputs TEXT NOT NULL DEFAULT '{}', decided_at INTEGER,
	materials TEXT NOT NULL DEFAULT '[]', faults TEXT NOT NULL DEFAULT '[]') WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS items_next ON items (next_at) WHERE next_at IS NOT NULL;

-- What was really done. No UNIQUE on purpose: were an item ever approved twice,
-- this table would have to show it.
CREATE TABLE IF NOT EXISTS acts (
	serial INTEGER PRIMARY KEY AUTOINCREMENT,
	item TEXT NOT NULL, matter TEXT NOT NULL, "case" TEXT NOT NULL, number TEXT NOT NULL, done_at INTEGER NOT NULL);
CREATE INDEX IF NOT EXISTS acts_item ON acts (item);

-- Callbacks. next_at is NULL once the hub has confirmed.
CREATE TABLE IF NOT EXISTS notices (
	item TEXT NOT NULL, sequence INTEGER NOT NULL, body BLOB NOT NULL,
	attempts INTEGER NOT NULL DEFAULT 0, next_at INTEGER, PRIMARY KEY (item, sequence)) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS notices_next ON notices (next_at) WHERE next_at IS NOT NULL;

-- The department's register of persons, under a keyed hash of the citizen number.
CREATE TABLE IF NOT EXISTS persons (key BLOB PRIMARY KEY, facts TEXT NOT NULL, as_of INTEGER NOT NULL) WITHOUT ROWID;

-- Face comparisons: never a picture, only how each came out. person is the key in the register.
CREATE TABLE IF NOT EXISTS faces (
	ref TEXT NOT NULL, person BLOB NOT NULL, ticket TEXT NOT NULL UNIQUE, number TEXT NOT NULL,
	state TEXT NOT NULL, until INTEGER NOT NULL, PRIMARY KEY (ref, person)) WITHOUT ROWID;
`

// later are columns that books of earlier releases do not have.
var later = []struct{ table, column, kind string }{
	{"items", "materials", "TEXT NOT NULL DEFAULT '[]'"},
	{"items", "faults", "TEXT NOT NULL DEFAULT '[]'"},
}

// together is the most changes that share one commit.
const together = 64

// book is a department's own record: one writer, a few readers. Every change is
// on disk before write returns; changes that arrive together share one commit,
// which is what makes a loaded department several times faster than its disk.
type book struct {
	writer, readers *sql.DB
	changes         chan change
	stopped, done   chan struct{}
}

type change struct {
	do     func(*sql.Tx) error
	taken  *atomic.Bool // whoever sets it first decides: the writer does the change, or its caller takes it back
	result chan error
}

func openBook(ctx context.Context, path string) (*book, error) {
	dsn := func(extra string) string {
		u := url.URL{Scheme: "file", OmitHost: true, Path: path}
		return u.String() + "?_pragma=busy_timeout(10000)&_pragma=journal_mode(WAL)&_pragma=synchronous(FULL)&_txlock=immediate" + extra
	}
	writer, err := sql.Open("sqlite", dsn(""))
	if err != nil {
		return nil, fmt.Errorf("open book: %w", err)
	}
	writer.SetMaxOpenConns(1)
	if err := prepareBook(ctx, writer); err != nil {
		return nil, errors.Join(fmt.Errorf("schema of the book: %w", err), writer.Close())
	}
	readers, err := sql.Open("sqlite", dsn("&_pragma=query_only(1)"))
	if err != nil {
		return nil, errors.Join(fmt.Errorf("open book for reading: %w", err), writer.Close())
	}
	readers.SetMaxOpenConns(4)
	readers.SetMaxIdleConns(4)
	b := &book{writer: writer, readers: readers, changes: make(chan change, together), stopped: make(chan struct{}), done: make(chan struct{})}
	go b.keep()
	return b, nil
}

// prepareBook makes the tables of a new book, and what an older one lacks.
func prepareBook(ctx context.Context, db *sql.DB) error {
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback() }()
	if _, err := tx.ExecContext(ctx, schema); err != nil {
		return err
	}
	for _, c := range later {
		var there int
		if err := tx.QueryRowContext(ctx, `SELECT count(*) FROM pragma_table_info(?) WHERE name = ?`, c.table, c.column).Scan(&there); err != nil {
			return err
		}
		if there > 0 {
			continue
		}
		if _, err := tx.ExecContext(ctx, "ALTER TABLE "+c.table+" ADD COLUMN "+c.column+" "+c.kind); err != nil {
			return err
		}
	}
	return tx.Commit()
}

var errClosed = errors.New("the book is closed")

// write makes one change durable. do may run more than once, each time on a
// fresh transaction, so it sets its results and does not add to them. If ctx
// ends before the writer has come to the change it never happens; a change that
// has begun is waited for, since do writes into what the caller holds.
func (b *book) write(ctx context.Context, do func(*sql.Tx) error) error {
	c := change{do, new(atomic.Bool), make(chan error, 1)}
	select {
	case b.changes <- c:
	case <-b.stopped:
		return errClosed
	case <-ctx.Done():
		return ctx.Err()
	}
	select {
	case err := <-c.result:
		return err
	case <-b.done:
	case <-ctx.Done():
		if c.taken.CompareAndSwap(false, true) {
			return ctx.Err()
		}
	}
	select {
	case err := <-c.result:
		return err
	case <-b.done:
	}
	select { // the writer's last batch may have had it
	case err := <-c.result:
		return err
	default:
		return errClosed
	}
}

func (b *book) keep() {
	defer close(b.done)
	for {
		select {
		case <-b.stopped:
			return
		case first := <-b.changes:
			if batch := b.gather(first); len(batch) > 0 {
				b.commit(batch)
			}
		}
	}
}

// gather takes what has arrived, without what its callers have taken back.
func (b *book) gather(first change) []change {
	var batch []change
	take := func(c change) {
		if c.taken.CompareAndSwap(false, true) {
			batch = append(batch, c)
		}
	}
	take(first)
	for len(batch) < together {
		select {
		case c := <-b.changes:
			take(c)
		default:
			return batch
		}
	}
	return batch
}

// commit makes a batch durable at once, or one by one if any of it fails.
func (b *book) commit(batch []change) {
	results := make([]error, len(batch))
	err := b.transact(func(tx *sql.Tx) error {
		for i, c := range batch {
			results[i] = c.do(tx)
			// A refusal has written nothing and does not disturb the changes beside it.
			if _, refused := errors.AsType[*port.Refusal](results[i]); results[i] != nil && !refused {
				return results[i]
			}
		}
		return nil
	})
	if err != nil && len(batch) > 1 {
		for _, c := range batch {
			b.commit([]change{c})
		}
		return
	}
	for i, c := range batch {
		if err != nil {
			results[i] = err
		}
		c.result <- results[i]
	}
}

func (b *book) transact(do func(*sql.Tx) error) error {
	tx, err := b.writer.Begin()
	if err != nil {
		return fmt.Errorf("begin: %w", err)
	}
	if err := do(tx); err != nil {
		return errors.Join(err, tx.Rollback())
	}
	if err := tx.Commit(); err != nil {
		return fmt.Errorf("commit: %w", err)
	}
	return nil
}

func (b *book) close() error {
	close(b.stopped)
	<-b.done
	return errors.Join(b.readers.Close(), b.writer.Close())
}

// remember returns what the book remembers under each key, which make provides
// the first time.
func (b *book) remember(ctx context.Context, first map[string]func() string) (map[string]string, error) {
	remembered := make(map[string]string, len(first))
	err := b.write(ctx, func(tx *sql.Tx) error {
		for key, provide := range first {
			if _, err := tx.Exec(`INSERT INTO meta (key, value) VALUES (?, ?) ON CONFLICT (key) DO NOTHING`, key, provide()); err != nil {
				return err
			}
			var value string
			if err := tx.QueryRow(`SELECT value FROM meta WHERE key = ?`, key).Scan(&value); err != nil {
				return err
			}
			remembered[key] = value
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("remember: %w", err)
	}
	return remembered, nil
}

func (b *book) setMeta(ctx context.Context, key, value string) error {
	return b.write(ctx, func(tx *sql.Tx) error {
		_, err := tx.Exec(`UPDATE meta SET value = ? WHERE key = ?`, value, key)
		return err
	})
}

// Times are kept as milliseconds since 1970.
func fromMillis(ms int64) time.Time { return time.UnixMilli(ms).UTC() }
