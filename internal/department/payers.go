package department

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"slices"
	"sync"
	"time"

	"github.com/rs/zerolog"

	"github.com/vetgraph/vetgraph/internal/catalog"
	"github.com/vetgraph/vetgraph/internal/port"
	"github.com/vetgraph/vetgraph/internal/port/filedrop"
	"github.com/vetgraph/vetgraph/internal/port/restjson"
)

// WrongAccount ends the account numbers that do not exist at the played bank:
// what is paid to one comes back, the same each time.
const WrongAccount = "0404"

// PayersConfig says how the finance department and the bank are played. Dir, Catalog
// and Matter are needed; both have a PUSH port for the matter.
type PayersConfig struct {
	Dir       string                       // one SQLite file for each of the two
	Catalog   *catalog.Catalog             // says by which ports the two are reached, under which names
	Matter    string                       // that is paid
	Finance   string                       // its code; "" means FIN
	Bank      string                       // its code; "" means BANK
	Takes     time.Duration                // from hearing of a payment to making it, by the wall clock
	Now       func() time.Time             // what is written on receipts and signatures; nil means time.Now
	Decide    func(Payment) port.LineState // nil or "": by the account number
	Callbacks *http.Client                 // nil means a client with a time-out of ten seconds
	Log       zerolog.Logger
}

// Payment is one line as the bank has it.
type Payment struct {
	Line, Holder, Bank, Account string
	Fen                         int64
}

// String keeps people out of logs.
func (p Payment) String() string { return "payment " + p.Line }

// GoString keeps people out of logs.
func (p Payment) GoString() string { return p.String() }

// Payers are the finance department and the bank at work: the first takes rolls
// and hands them on, the second pays each line once and says what became of it.
// Each is a server of its own with a book of its own.
type Payers struct {
	finance, bank *payer
	closing       sync.Once
	closed        error
}

// payer is one of the two. next is nil for the bank.
type payer struct {
	code    string
	port    *catalog.Port
	config  PayersConfig
	book    *book
	token   string
	secret  string
	url     string
	server  *http.Server
	trouble trouble
	next    *port.Registry // who it hands on to
	drop    *filedrop.Desk // where it exchanges files; nil: it does not
	files   string         // address of that folder

	ctx    context.Context
	cancel context.CancelFunc
	work   sync.WaitGroup
	bell   chan struct{}
}

const payerSchema = `
-- What was pushed. handed_at is when the bank had it; the bank's own rolls have none.
CREATE TABLE IF NOT EXISTS rolls (
	serial INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, digest BLOB NOT NULL, body BLOB NOT NULL,
	received_at INTEGER NOT NULL, handed_at INTEGER);

-- How each payment stands. told_at is when the hub has confirmed to have heard.
CREATE TABLE IF NOT EXISTS payments (
	line TEXT PRIMARY KEY, roll TEXT NOT NULL, body BLOB NOT NULL, callback TEXT NOT NULL, due_at INTEGER NOT NULL,
	state TEXT NOT NULL DEFAULT 'WAITING', reason TEXT NOT NULL DEFAULT '', day TEXT NOT NULL DEFAULT '', told_at INTEGER) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS payments_open ON payments (due_at) WHERE told_at IS NULL;

-- Money that really moved. No UNIQUE on purpose: were a line ever paid twice, this
-- table would have to show it.
CREATE TABLE IF NOT EXISTS transfers (serial INTEGER PRIMARY KEY AUTOINCREMENT, line TEXT NOT NULL, account TEXT NOT NULL, fen INTEGER NOT NULL);
`

// StartPayers opens the books, takes up what was left undone, and answers once both
// are listening. They work until Close, whatever becomes of ctx.
func StartPayers(ctx context.Context, c PayersConfig) (*Payers, error) {
	if c.Dir == "" || c.Catalog == nil {
		return nil, errors.New("the paying parties need a folder and a catalogue")
	}
	if c.Finance == "" {
		c.Finance = "FIN"
	}
	if c.Bank == "" {
		c.Bank = "BANK"
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Callbacks == nil {
		c.Callbacks = &http.Client{Timeout: 10 * time.Second, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	}
	if err := os.MkdirAll(c.Dir, 0o700); err != nil {
		return nil, fmt.Errorf("folder of the paying parties: %w", err)
	}
	bank, err := openPayer(ctx, c, c.Bank, nil)
	if err != nil {
		return nil, err
	}
	next, err := port.NewRegistry(c.Catalog, map[string]port.Endpoint{c.Bank: bank.endpoint()}, map[string]port.Kind{restjson.Kind: restjson.Open, filedrop.Kind: filedrop.Open}, c.Now)
	if err == nil {
		var finance *payer
		if finance, err = openPayer(ctx, c, c.Finance, next); err == nil {
			return &Payers{finance: finance, bank: bank}, nil
		}
	}
	return nil, errors.Join(err, bank.close())
}

// PushPort is the port through which a matter is paid by a department, or nil.
func PushPort(c *catalog.Catalog, department, matter string) *catalog.Port {
	i := slices.IndexFunc(c.Ports, func(p *catalog.Port) bool {
		return p.Operation == "PUSH" && p.Department == department && p.Matter == matter
	})
	if i < 0 {
		return nil
	}
	return c.Ports[i]
}

func openPayer(ctx context.Context, c PayersConfig, code string, next *port.Registry) (*payer, error) {
	at := PushPort(c.Catalog, code, c.Matter)
	if at == nil || at.Kind != restjson.Kind && at.Kind != filedrop.Kind {
		return nil, fmt.Errorf("%s has no PUSH port for %s that can be played", code, c.Matter)
	}
	b, err := openBook(ctx, file(c.Dir, code))
	if err != nil {
		return nil, err
	}
	p := &payer{code: code, port: at, config: c, book: b, next: next, bell: make(chan struct{}, 1)}
	p.trouble.seed(1)
	l, err := p.prepare(ctx)
	if err == nil && at.Kind == filedrop.Kind {
		if err = p.openDrop(); err != nil {
			err = errors.Join(err, l.Close())
		}
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("%s: %w", code, err), b.close())
	}
	p.ctx, p.cancel = context.WithCancel(context.WithoutCancel(ctx))
	p.server = &http.Server{Handler: p.door(), ReadHeaderTimeout: 5 * time.Second, ReadTimeout: 30 * time.Second, BaseContext: func(net.Listener) context.Context { return p.ctx }}
	p.work.Go(func() {
		if err := p.server.Serve(l); !errors.Is(err, http.ErrServerClosed) {
			p.config.Log.Error().Err(err).Str("party", code).Msg("a paying party stopped listening")
		}
	})
	if p.drop != nil {
		p.work.Go(func() {
			p.drop.Run(p.ctx, func(err error) {
				p.config.Log.Error().Err(err).Str("party", code).Msg("a paying party failed at its files")
			})
		})
	}
	if next != nil {
		p.work.Go(func() { p.rounds(p.handOn) })
	} else {
		p.work.Go(func() { p.rounds(p.pay) })
	}
	return p, nil
}

// prepare makes the tables, remembers the secrets and takes the address of last time.
func (p *payer) prepare(ctx context.Context) (net.Listener, error) {
	err := p.book.write(ctx, func(tx *sql.Tx) error { _, err := tx.Exec(payerSchema); return err })
	if err != nil {
		return nil, err
	}
	kept, err := p.book.remember(ctx, map[string]func() string{"token": randomText, "callback": randomText, "address": func() string { return anyAddress }})
	if err != nil {
		return nil, err
	}
	p.token, p.secret = kept["token"], kept["callback"]
	var lc net.ListenConfig
	l, err := lc.Listen(ctx, "tcp", kept["address"])
	if err != nil {
		l, err = lc.Listen(ctx, "tcp", anyAddress)
	}
	if err != nil {
		return nil, fmt.Errorf("listen: %w", err)
	}
	p.url = "http://" + l.Addr().String() + basePath
	return l, p.book.setMeta(ctx, "address", l.Addr().String())
}

func (p *payer) endpoint() port.Endpoint {
	if p.drop != nil {
		return port.Endpoint{URL: p.files, Token: p.token, CallbackSecret: p.secret}
	}
	return port.Endpoint{URL: p.url, Token: p.token, CallbackSecret: p.secret}
}

// Endpoints says where the two are, by code. Addresses stay the same from one
// start to the next unless somebody else has taken them.
func (ps *Payers) Endpoints() map[string]port.Endpoint {
	return map[string]port.Endpoint{ps.finance.code: ps.finance.endpoint(), ps.bank.code: ps.bank.endpoint()}
}

// SetFault makes one of the two misbehave, or behave again; both of a [Fault] that
// concern departments' items alone have no meaning here.
func (ps *Payers) SetFault(code string, f Fault) {
	for _, p := range []*payer{ps.finance, ps.bank} {
		if p.code == code {
			p.trouble.set(f)
			ring(p.bell)
		}
	}
}

// Transfers counts how often money moved for each line: 1 for one that is paid, and
// more than 1 never.
func (ps *Payers) Transfers(ctx context.Context) (map[string]int, error) {
	rows, err := ps.bank.book.readers.QueryContext(ctx, `SELECT line, count(*) FROM transfers GROUP BY line`)
	if err != nil {
		return nil, fmt.Errorf("transfers: %w", err)
	}
	all := map[string]int{}
	err = each(rows, func(scan func(...any) error) error {
		var line string
		var n int
		err := scan(&line, &n)
		all[line] = n
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("transfers: %w", err)
	}
	return all, nil
}

// Book is what the two know of one roll, in fen.
type Book struct{ Released, Waiting, Paid, Returned int64 }

// Books says of each roll that the finance department has released to the bank what
// it released, and what the bank has paid of it, sent back, or still has.
func (ps *Payers) Books(ctx context.Context) (map[string]Book, error) {
	all := map[string]Book{}
	rows, err := ps.finance.book.readers.QueryContext(ctx, `SELECT id, json_extract(body, '$.fields."batch.total"') FROM rolls WHERE handed_at IS NOT NULL`)
	if err == nil {
		err = each(rows, func(scan func(...any) error) error {
			var id string
			var b Book
			err := scan(&id, &b.Released)
			all[id] = b
			return err
		})
	}
	if err != nil {
		return nil, fmt.Errorf("rolls released: %w", err)
	}
	rows, err = ps.bank.book.readers.QueryContext(ctx, `SELECT roll, state, sum(json_extract(body, '$.Fen')) FROM payments GROUP BY roll, state`)
	if err == nil {
		err = each(rows, func(scan func(...any) error) error {
			var id string
			var state port.LineState
			var fen int64
			err := scan(&id, &state, &fen)
			b := all[id]
			switch state {
			case port.LinePaid:
				b.Paid = fen
			case port.LineReturned:
				b.Returned = fen
			default:
				b.Waiting = fen
			}
			all[id] = b
			return err
		})
	}
	if err != nil {
		return nil, fmt.Errorf("payments: %w", err)
	}
	return all, nil
}

func each(rows *sql.Rows, do func(scan func(...any) error) error) error {
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		if err := do(rows.Scan); err != nil {
			return err
		}
	}
	return rows.Err()
}

// Close stops both and closes the books. What is undone is taken up by the next start.
func (ps *Payers) Close() error {
	ps.closing.Do(func() { ps.closed = errors.Join(ps.finance.close(), ps.bank.close()) })
	return ps.closed
}

func (p *payer) close() error {
	p.cancel()
	_ = p.server.Close()
	p.work.Wait()
	return p.book.close()
}
