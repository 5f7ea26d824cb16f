package dbview

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/url"
	"strings"
	"sync/atomic"
	"time"

	"github.com/go-sql-driver/mysql"

	"github.com/vetgraph/vetgraph/internal/port"
)

// mySQL also speaks with MariaDB, which limits a statement's time in its own way and
// has JSON as a long text in binary order.
type mySQL struct {
	maria  atomic.Bool
	floods atomic.Int64 // answers that were too long; the driver only says that the connection is of no use
}

func (m *mySQL) open(u *url.URL, password string) (*sql.DB, error) {
	cfg := mysql.NewConfig()
	cfg.User, cfg.Passwd, cfg.Net, cfg.Addr, cfg.DBName = u.User.Username(), password, "tcp", u.Host, strings.Trim(u.Path, "/")
	if u.Port() == "" {
		cfg.Addr = net.JoinHostPort(u.Hostname(), "3306")
	}
	for name, values := range u.Query() {
		if name != "tls" || len(values) != 1 {
			return nil, fmt.Errorf("the address of its database says %q; only tls can be said", name)
		}
		cfg.TLSConfig = values[0] // true, false, skip-verify, preferred
	}
	if cfg.TLSConfig == "" {
		cfg.TLSConfig = "preferred"
	}
	cfg.ParseTime, cfg.Loc = true, china
	cfg.Params = map[string]string{"time_zone": "'+08:00'"}
	cfg.Collation = "utf8mb4_general_ci"
	cfg.DialFunc = func(ctx context.Context, network, address string) (net.Conn, error) {
		return dial(ctx, network, address, func() { m.floods.Add(1) })
	}
	cfg.Logger = log.New(io.Discard, "", 0) // what goes wrong is in the fault
	connector, err := mysql.NewConnector(cfg)
	if err != nil {
		return nil, errors.New("the address of its database cannot be understood")
	}
	return sql.OpenDB(connector), nil
}

const errUnknownVariable = 1193

func (*mySQL) prepare(ctx context.Context, c *sql.Conn) error {
	_, err := c.ExecContext(ctx, `SET SESSION TRANSACTION READ ONLY`)
	return err
}

func (m *mySQL) limit(ctx context.Context, tx *sql.Tx, left time.Duration) error {
	err := m.set(ctx, tx, left)
	if said, ok := errors.AsType[*mysql.MySQLError](err); ok && said.Number == errUnknownVariable {
		m.maria.Store(!m.maria.Load())
		return m.set(ctx, tx, left)
	}
	return err
}

func (m *mySQL) set(ctx context.Context, tx *sql.Tx, left time.Duration) error {
	set := fmt.Sprintf(`SET SESSION max_execution_time = %d`, left.Milliseconds())
	if m.maria.Load() {
		set = fmt.Sprintf(`SET SESSION max_statement_time = %.3f`, left.Seconds())
	}
	_, err := tx.ExecContext(ctx, set)
	return err
}

// options: the usual isolation reads relations of one moment.
func (*mySQL) options() *sql.TxOptions { return &sql.TxOptions{ReadOnly: true} }

func (m *mySQL) columns(ctx context.Context, tx *sql.Tx, name string, exact bool) (relation, error) {
	if !exact {
		name = strings.ToLower(name)
	}
	parts := strings.Split(name, ".")
	var r relation
	for i := range parts {
		parts[i] = m.quote(parts[i])
	}
	r.from = strings.Join(parts, ".")
	var schema any
	if len(parts) > 1 {
		schema = strings.Trim(parts[len(parts)-2], "`")
	}
	rows, err := tx.QueryContext(ctx, `SELECT column_name, upper(concat(column_type, if(column_type = 'longtext' AND collation_name = 'utf8mb4_bin', ' JSON', ''))) FROM information_schema.columns
		WHERE table_schema = coalesce(?, database()) AND table_name = ? ORDER BY ordinal_position`, schema, strings.Trim(parts[len(parts)-1], "`"))
	if err != nil {
		return r, err
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var c column
		if err := rows.Scan(&c.name, &c.typ); err != nil {
			return r, err
		}
		r.columns = append(r.columns, c)
	}
	return r, rows.Err()
}

func (*mySQL) quote(name string) string { return "`" + strings.ReplaceAll(name, "`", "``") + "`" }

func (*mySQL) among(column string, keys []string) (string, []any) {
	args := make([]any, len(keys))
	for i, k := range keys {
		args[i] = k
	}
	return column + " IN (" + strings.TrimSuffix(strings.Repeat("?,", len(keys)), ",") + ")", args
}

// fault goes by the server's number. Its words stay out: they may repeat a value.
func (m *mySQL) fault(department string, err error) error {
	if errors.Is(err, mysql.ErrInvalidConn) {
		if m.floods.Add(-1) >= 0 {
			return port.Garbled(department).Because(errFlood)
		}
		m.floods.Add(1)
		return port.Silent(department).Because(err)
	}
	said, ok := errors.AsType[*mysql.MySQLError](err)
	if !ok {
		return nil
	}
	cause := fmt.Errorf("error %d of the database", said.Number)
	switch said.Number {
	case 1146, 1054, 1356, 1049: // no such table, column, a view that lacks what it reads, no such database
		return port.Garbled(department).Because(errors.Join(errDrift, cause))
	case 3024, 1969, 1317, 1205: // out of time, interrupted, locked for long
		return port.Silent(department).Because(cause)
	case 1040, 1203, 1226: // too many connections
		return port.Busy(department, time.Time{}).Because(cause)
	}
	return port.Failed(department).Because(cause)
}
