// Command migration writes the next versioned step of the record's tables.
//
//	go run ./tools/migration NAME
//
// It runs the steps there are on an empty SQLite file and on an empty schema of
// the PostgreSQL that VETGRAPH_TEST_POSTGRES names, asks ent what is missing, and
// writes that to ent/migrations/{sqlite,postgres}/NNNN_NAME.sql. Read what it
// wrote before you commit it.
package main

import (
	"bytes"
	"context"
	"database/sql"
	"fmt"
	"io/fs"
	"log"
	"os"
	"path/filepath"
	"strings"

	"entgo.io/ent/dialect"
	entsql "entgo.io/ent/dialect/sql"
	_ "github.com/jackc/pgx/v5/stdlib"
	"github.com/pressly/goose/v3"
	_ "modernc.org/sqlite"

	"github.com/vetgraph/vetgraph/ent/gen"
)

func main() {
	if len(os.Args) != 2 {
		log.Fatal("usage: go run ./tools/migration NAME")
	}
	if err := run(context.Background(), os.Args[1]); err != nil {
		log.Fatal(err)
	}
}

func run(ctx context.Context, name string) error {
	dir, err := os.MkdirTemp("", "migration")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	lite, err := sql.Open("sqlite", "file:"+filepath.Join(dir, "empty.db")+"?_pragma=foreign_keys(1)")
	if err != nil {
		return err
	}
	if err := step(ctx, lite, goose.DialectSQLite3, dialect.SQLite, "sqlite", name); err != nil {
		return err
	}
	pg, err := sql.Open("pgx", os.Getenv("VETGRAPH_TEST_POSTGRES"))
	if err != nil {
		return err
	}
	if _, err := pg.ExecContext(ctx, "drop schema public cascade; create schema public"); err != nil {
		return fmt.Errorf("empty PostgreSQL: %w", err)
	}
	return step(ctx, pg, goose.DialectPostgres, dialect.Postgres, "postgres", name)
}

func step(ctx context.Context, db *sql.DB, kind goose.Dialect, d, folder, name string) error {
	defer func() { _ = db.Close() }()
	path := filepath.Join("ent", "migrations", folder)
	done, err := fs.Glob(os.DirFS(path), "*.sql")
	if err != nil {
		return err
	}
	if len(done) > 0 {
		p, err := goose.NewProvider(kind, db, os.DirFS(path))
		if err != nil {
			return err
		}
		if _, err := p.Up(ctx); err != nil {
			return err
		}
	}
	var ddl bytes.Buffer
	if err := gen.NewClient(gen.Driver(entsql.OpenDB(d, db))).Schema.WriteTo(ctx, &ddl); err != nil {
		return err
	}
	if strings.TrimSpace(ddl.String()) == "" {
		log.Printf("%s: nothing to do", folder)
		return nil
	}
	file := filepath.Join(path, fmt.Sprintf("%04d_%s.sql", len(done)+1, name))
	log.Print("wrote ", file)                                                          //nolint:gosec // the name was typed by who reads the log
	return os.WriteFile(file, append([]byte("-- +goose Up\n"), ddl.Bytes()...), 0o644) //nolint:gosec // a file of the repository, for everybody to read
}
