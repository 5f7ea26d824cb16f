package department

import (
	"cmp"
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/vetgraph/vetgraph/internal/catalog"
	"github.com/vetgraph/vetgraph/internal/port/dbview"
)

// publication is what a department lets others look into: a SQLite file beside its
// book, with a view for each relation that its ports of this kind name. Unlike the
// book it holds citizen numbers, since that is what it is looked into by. A
// department without such ports has none.
//
// It is written before the book's transaction commits, so it is never behind: a
// decision that dies on the way is taken again, and ends the same.
type publication struct {
	db        *sql.DB
	path      string
	relations []*published
}

// published is one relation.
type published struct {
	catalog.Table
	columns []publishedColumn
}

type publishedColumn struct {
	name, field, typ string
	port             *catalog.Port // which has the department's codes
}

// columnTypes are what the columns of a published table are declared as, by the type
// of the field; all others are text.
var columnTypes = map[string]string{"bool": "BOOLEAN", "int": "BIGINT", "decimal": "DECIMAL", "money": "DECIMAL", "date": "DATE", "list": "JSON"}

// openPublication publishes what the department's database views name.
func (o *office) openPublication(ctx context.Context) error {
	var relations []*published
	for _, p := range o.config.Catalog.Ports {
		if p.Department == o.code && p.Kind == dbview.Kind && p.Operation == "LOOKUP" && p.Table != nil {
			relations = o.publishes(relations, p)
		}
	}
	if len(relations) == 0 {
		return nil
	}
	path := filepath.Join(o.config.Dir, strings.ToLower(o.code)+".view.db")
	if !filepath.IsAbs(path) {
		var err error
		if path, err = filepath.Abs(path); err != nil {
			return fmt.Errorf("publication: %w", err)
		}
	}
	u := url.URL{Scheme: "file", OmitHost: true, Path: path}
	db, err := sql.Open("sqlite", u.String()+"?_pragma=busy_timeout(10000)&_pragma=journal_mode(WAL)&_txlock=immediate")
	if err != nil {
		return fmt.Errorf("publication: %w", err)
	}
	db.SetMaxOpenConns(1)
	v := &publication{db: db, path: path, relations: relations}
	if err := v.in(ctx, v.prepare); err != nil {
		return errors.Join(err, db.Close())
	}
	o.view = v
	return nil
}

// publishes adds what a port reads; ports that read one relation share it.
func (o *office) publishes(all []*published, p *catalog.Port) []*published {
	i := slices.IndexFunc(all, func(r *published) bool { return r.Table == *p.Table })
	if i < 0 {
		i, all = len(all), append(all, &published{Table: *p.Table})
	}
	r := all[i]
	for field, name := range p.Answers {
		taken := strings.EqualFold(name, r.Key) || strings.EqualFold(name, r.AsOf) ||
			slices.ContainsFunc(r.columns, func(c publishedColumn) bool { return strings.EqualFold(c.name, name) })
		if !taken {
			r.columns = append(r.columns, publishedColumn{name, field, cmp.Or(columnTypes[o.names.Type(field)], "TEXT"), p})
		}
	}
	slices.SortFunc(r.columns, func(a, b publishedColumn) int { return strings.Compare(a.name, b.name) })
	return all
}

func (v *publication) in(ctx context.Context, do func(context.Context, *sql.Tx) error) error {
	tx, err := v.db.BeginTx(ctx, nil)
	if err != nil {
		return fmt.Errorf("publication: %w", err)
	}
	defer func() { _ = tx.Rollback() }()
	if err := do(ctx, tx); err != nil {
		return fmt.Errorf("publication: %w", err)
	}
	if err := tx.Commit(); err != nil {
		return fmt.Errorf("publication: %w", err)
	}
	return nil
}

func quoted(name string) string { return `"` + strings.ReplaceAll(name, `"`, `""`) + `"` }

// rows is the table behind a view.
func (r *published) rows() string { return quoted("rows of " + r.Relation) }

// prepare makes the tables, with the columns that an older one lacks, and the views.
func (v *publication) prepare(ctx context.Context, tx *sql.Tx) error {
	for _, r := range v.relations {
		if _, err := tx.ExecContext(ctx, `CREATE TABLE IF NOT EXISTS `+r.rows()+` ("key of a person" TEXT PRIMARY KEY, "as of" DATETIME NOT NULL)`); err != nil {
			return err
		}
		for _, c := range r.columns {
			var there int
			if err := tx.QueryRowContext(ctx, `SELECT count(*) FROM pragma_table_info(?) WHERE name = ?`, "rows of "+r.Relation, c.name).Scan(&there); err != nil {
				return err
			}
			if there > 0 {
				continue
			}
			if _, err := tx.ExecContext(ctx, `ALTER TABLE `+r.rows()+` ADD COLUMN `+quoted(c.name)+` `+c.typ); err != nil {
				return err
			}
		}
	}
	return v.show(ctx, tx, func(string) Fault { return Fault{} })
}

// What a column says instead of what it holds while something is amiss.
const (
	never    = `(WITH RECURSIVE n(i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n) SELECT max(i) FROM n)`
	overflow = `abs(-9223372036854775807 - 1)`
	flood    = `zeroblob(64 << 20)`
)

// show makes the views, which misbehave as is set: they never end, fail, flood, or
// have other columns than agreed. A table cannot ask for patience, and what is read
// is not lost on the way.
func (v *publication) show(ctx context.Context, tx *sql.Tx, fault func(relation string) Fault) error {
	for _, r := range v.relations {
		key, f := `"key of a person"`, fault(r.Relation)
		switch {
		case f.Silent:
			key = never
		case f.ErrorRate > 0:
			key = fmt.Sprintf(`CASE WHEN (random() & 1023) < %d THEN %s ELSE %s END`, int(f.ErrorRate*1024), overflow, key)
		case f.Oversized:
			key = flood
		}
		list := []string{key + ` AS ` + quoted(r.Key)}
		if r.AsOf != "" {
			list = append(list, `"as of" AS `+quoted(r.AsOf))
		}
		for _, c := range r.columns {
			list = append(list, quoted(c.name))
		}
		if f.Garbled || f.Drift {
			list = []string{`1 AS "another column"`}
		}
		if _, err := tx.ExecContext(ctx, `DROP VIEW IF EXISTS `+quoted(r.Relation)); err != nil {
			return err
		}
		if _, err := tx.ExecContext(ctx, `CREATE VIEW `+quoted(r.Relation)+` AS SELECT `+strings.Join(list, ", ")+` FROM `+r.rows()); err != nil {
			return err
		}
	}
	return nil
}

// misbehave makes the views misbehave, or behave again.
func (v *publication) misbehave(ctx context.Context, fault func(relation string) Fault) error {
	if v == nil {
		return nil
	}
	return v.in(ctx, func(ctx context.Context, tx *sql.Tx) error { return v.show(ctx, tx, fault) })
}

// put publishes what the department holds of persons, in place of what it did before.
// NULL stands for what is not there and for what is not known alike.
func (v *publication) put(ctx context.Context, persons []Person, now time.Time) error {
	if v == nil || len(persons) == 0 {
		return nil
	}
	return v.in(ctx, func(ctx context.Context, tx *sql.Tx) error {
		for _, r := range v.relations {
			insert, err := tx.PrepareContext(ctx, r.insert())
			if err != nil {
				return err
			}
			for _, p := range persons {
				row, err := r.row(p, now)
				if err == nil {
					_, err = insert.ExecContext(ctx, row...)
				}
				if err != nil {
					return errors.Join(err, insert.Close())
				}
			}
			if err := insert.Close(); err != nil {
				return err
			}
		}
		return nil
	})
}

func (r *published) insert() string {
	columns := []string{`"key of a person"`, `"as of"`}
	for _, c := range r.columns {
		columns = append(columns, quoted(c.name))
	}
	return `INSERT OR REPLACE INTO ` + r.rows() + ` (` + strings.Join(columns, ", ") + `) VALUES (?` + strings.Repeat(", ?", len(columns)-1) + `)`
}

func (r *published) row(p Person, now time.Time) ([]any, error) {
	row := []any{p.CitizenNumber.Reveal(), now.UTC().Format(time.RFC3339Nano)}
	for _, c := range r.columns {
		held, err := cell(theirs(c.port, p.Facts, map[string]string{c.field: c.name})[c.name])
		if err != nil {
			return nil, err
		}
		row = append(row, held)
	}
	return row, nil
}

// cell is a fact as a column holds it: lists as JSON.
func cell(fact any) (any, error) {
	switch v := fact.(type) {
	case []string, []any:
		text, err := json.Marshal(v)
		return string(text), err
	case json.Number:
		return v.String(), nil // the column's affinity makes a number of it
	}
	return fact, nil
}

// endpoint is where the department is looked into.
func (v *publication) endpoint() string {
	if v == nil {
		return ""
	}
	u := url.URL{Scheme: "sqlite", Path: v.path}
	return u.String()
}

func (v *publication) close() error {
	if v == nil {
		return nil
	}
	return v.db.Close()
}
