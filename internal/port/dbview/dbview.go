// Package dbview looks into a table or view that a department publishes in its own database.
//
// The address names the database: postgres://reader@host:5432/db, mysql://reader@host:3306/db,
// or sqlite:///path/of/a/file for departments that are played. The endpoint's token is the
// password; an address that holds one is refused, because addresses are shown to people.
// Paths are not used: all ports of one address share a call.
//
// A port says what it reads in its table: the relation, the column with the citizen number,
// and the column that says how old a row is (none: as of now). The other columns are the
// names in its answers. Names are letters, digits and underlines; a relation may stand
// behind its schema and a point. A name that is not there as written is looked for in
// another case, since PostgreSQL makes small letters of names without quotes.
//
// One statement reads everybody asked about from one relation, inside a read-only
// transaction of a session that is read-only, under the caller's time. NULL says that there
// is none: a table has no way to say nothing of a column. A timestamp is its day in
// China; nothing that departments tell us is finer than a day. Lists are arrays, or JSON.
//
// A STATUS port reads the progress of items: the key is our item's ID, and the columns are
// matter, state (one of port.State) and sequence, and where there are such, number, words,
// decided_at, due_at, outputs and faults (both JSON, see port.Message).
//
// Nothing can be handed over through a table, so Deliver and Withdraw are mistakes of the
// catalogue, which refuses such ports when it is loaded.
package dbview

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"
	"unicode"

	"github.com/vetgraph/vetgraph/internal/catalog"
	"github.com/vetgraph/vetgraph/internal/port"
)

// Kind is what the catalogue calls this kind of port.
const Kind = "database-view"

const (
	connections = 4 // of one line
	idleFor     = time.Minute
	atOnce      = 1000    // keys in one statement
	maxAnswer   = 8 << 20 // bytes: a thousand persons with every column stay below 2 MiB
	maxName     = 63      // bytes, what PostgreSQL allows
	maxParts    = 3       // of a relation: database, schema, name
)

// china is the zone of clocks on walls there, for times that name none.
var china = time.FixedZone("Asia/Shanghai", 8*60*60)

// Line is the way to one database.
type Line struct {
	department string
	ports      map[string]*catalog.Port
	engine     engine
	db         *sql.DB
	now        func() time.Time

	mu    sync.Mutex
	known map[string]relation // by the name in the catalogue
}

// engine is what differs between databases.
type engine interface {
	// open makes a pool; it connects to nobody.
	open(u *url.URL, password string) (*sql.DB, error)
	// prepare readies a connection for one call.
	prepare(ctx context.Context, c *sql.Conn) error
	// limit ends what runs longer than is left, at the server too.
	limit(ctx context.Context, tx *sql.Tx, left time.Duration) error
	// options of the call's transaction.
	options() *sql.TxOptions
	// columns tells what a relation has; none if it is not there. exact is its name
	// as written, else as the database makes it of a name without quotes.
	columns(ctx context.Context, tx *sql.Tx, name string, exact bool) (relation, error)
	quote(name string) string
	// among is the condition that a column is one of the keys, and its arguments.
	among(column string, keys []string) (string, []any)
	// fault says what an error of the driver means, or nil if it means nothing special.
	fault(department string, err error) error
}

var engines = map[string]func() engine{
	"postgres":   func() engine { return postgres{} },
	"postgresql": func() engine { return postgres{} },
	"mysql":      func() engine { return &mySQL{} },
	"sqlite":     func() engine { return sqlite{} },
}

// Open is the [port.Kind].
func Open(s port.Setup) (port.Line, error) { return open(s) }

func open(s port.Setup) (*Line, error) {
	u, err := url.Parse(s.Endpoint.URL)
	if err != nil || engines[u.Scheme] == nil {
		return nil, errors.New("the address of its database view is none of postgres://, mysql://, sqlite://")
	}
	if _, said := u.User.Password(); said {
		return nil, errors.New("the password of its database stands in the address; it belongs into the token")
	}
	l := &Line{department: s.Department, ports: map[string]*catalog.Port{}, engine: engines[u.Scheme](), now: s.Now, known: map[string]relation{}}
	if l.now == nil {
		l.now = time.Now
	}
	var mistakes []error
	for _, p := range s.Ports {
		l.ports[p.ID] = p
		mistakes = append(mistakes, checkPort(p)...)
	}
	if err := errors.Join(mistakes...); err != nil {
		return nil, err
	}
	if l.db, err = l.engine.open(u, s.Endpoint.Token); err != nil {
		return nil, err
	}
	l.db.SetMaxOpenConns(connections)
	l.db.SetMaxIdleConns(connections)
	l.db.SetConnMaxIdleTime(idleFor)
	return l, nil
}

// checkPort says all that is wrong with what a port says of its table.
func checkPort(p *catalog.Port) (mistakes []error) {
	blame := func(format string, args ...any) {
		mistakes = append(mistakes, fmt.Errorf("port %s: "+format, append([]any{p.ID}, args...)...))
	}
	if p.Operation != "LOOKUP" && p.Operation != "STATUS" {
		blame("nothing but LOOKUP and STATUS goes through a database view")
	}
	if p.Table == nil {
		blame("it does not say which table it reads")
		return mistakes
	}
	if parts := strings.Split(p.Table.Relation, "."); len(parts) > maxParts || !all(parts, plainName) {
		blame("%q is no name of a relation", p.Table.Relation)
	}
	names := append([]string{p.Table.Key}, slices.Sorted(maps.Values(p.Answers))...)
	if p.Table.AsOf != "" {
		names = append(names, p.Table.AsOf)
	}
	for _, n := range names {
		if !plainName(n) {
			blame("%q is no name of a column", n)
		}
	}
	return mistakes
}

func all(list []string, is func(string) bool) bool {
	return !slices.ContainsFunc(list, func(s string) bool { return !is(s) })
}

// plainName accepts letters of any script, digits and underlines.
func plainName(s string) bool {
	return s != "" && len(s) <= maxName && !strings.ContainsFunc(s, func(r rune) bool {
		return r != '_' && !unicode.IsLetter(r) && !unicode.IsDigit(r) || r == unicode.ReplacementChar
	})
}

// Deliver implements [port.Line]; it is always a mistake.
func (l *Line) Deliver(_ context.Context, p *catalog.Port, _ port.Item) (port.Slip, error) {
	return port.Slip{}, takesNothing(p)
}

// Withdraw implements [port.Line]; it is always a mistake.
func (l *Line) Withdraw(_ context.Context, p *catalog.Port, _ string) (port.Message, error) {
	return port.Message{}, takesNothing(p)
}

func takesNothing(p *catalog.Port) error {
	return fmt.Errorf("port %s: nothing is handed over through a database view", p.ID)
}

// Close ends the connections.
func (l *Line) Close() error { return l.db.Close() }
