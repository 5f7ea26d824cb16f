package store

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"fmt"
	"strings"

	lru "github.com/hashicorp/golang-lru/v2"
	"modernc.org/sqlite"
)

// mostPrepared is how many statements a connection to SQLite keeps prepared.
const mostPrepared = 256

// prepared opens connections to SQLite that keep what they have prepared: reading
// a statement's text costs SQLite more than most statements do.
type prepared struct {
	dsn    string
	driver *sqlite.Driver
}

func openPrepared(dsn string) *sql.DB {
	return sql.OpenDB(prepared{dsn, &sqlite.Driver{}})
}

func (p prepared) Driver() driver.Driver { return p.driver }

func (p prepared) Connect(context.Context) (driver.Conn, error) {
	c, err := p.driver.Open(p.dsn)
	if err != nil {
		return nil, err
	}
	lite, ok := c.(liteConn)
	if !ok {
		return nil, fmt.Errorf("the driver's connection is a %T", c)
	}
	k := &keeping{liteConn: lite}
	if k.idle, err = lru.NewWithEvict(mostPrepared, func(_ string, s *keptStmt) {
		if s.idle {
			_ = s.liteStmt.Close() // nobody is there to hear of it
		}
	}); err != nil {
		return nil, err
	}
	return k, nil
}

// liteConn is what a connection of the driver can do besides running a statement
// itself: database/sql then prepares every one.
type liteConn interface {
	driver.Conn
	driver.ConnBeginTx
	driver.ConnPrepareContext
	driver.Pinger
	driver.SessionResetter
	driver.Validator
}

type liteStmt interface {
	driver.Stmt
	driver.StmtExecContext
	driver.StmtQueryContext
}

// keeping is a connection with its idle statements, by their text. One goroutine
// at a time uses it, as database/sql promises.
type keeping struct {
	liteConn
	idle *lru.Cache[string, *keptStmt]
}

func (k *keeping) Prepare(query string) (driver.Stmt, error) {
	return k.PrepareContext(context.Background(), query)
}

func (k *keeping) PrepareContext(ctx context.Context, query string) (driver.Stmt, error) {
	if s, ok := k.idle.Get(query); ok {
		s.idle = false
		k.idle.Remove(query)
		return s, nil
	}
	s, err := k.liteConn.PrepareContext(ctx, query)
	if err != nil {
		return nil, err
	}
	lite, ok := s.(liteStmt)
	if !ok {
		return s, nil
	}
	return &keptStmt{liteStmt: lite, conn: k, query: query}, nil
}

func (k *keeping) Close() error {
	k.idle.Purge()
	return k.liteConn.Close()
}

// keptStmt is a statement that returns to its connection when it is closed.
type keptStmt struct {
	liteStmt
	conn  *keeping
	query string
	idle  bool
}

func (s *keptStmt) Close() error {
	if strings.ContainsRune(s.query, ';') || s.conn.idle.Contains(s.query) { // a script; or the same ran twice at once
		return s.liteStmt.Close()
	}
	s.idle = true
	s.conn.idle.Add(s.query, s)
	return nil
}
