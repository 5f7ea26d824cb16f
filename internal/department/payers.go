package department

import (
	"context"
	"crypto/subtle"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/rs/zerolog"

	"github.com/vetgraph/vetgraph/internal/fault"
	"github.com/vetgraph/vetgraph/internal/push"
	"github.com/vetgraph/vetgraph/internal/workday"
)

// WrongAccount ends the account numbers that do not exist at the played bank:
// what is paid to one comes back, the same each time.
const WrongAccount = "0404"

// PayersConfig says how the finance department and the bank are played. Dir is needed.
type PayersConfig struct {
	Dir       string                     // one SQLite file for each of the two
	Finance   string                     // its code; "" means FIN
	Bank      string                     // its code; "" means BANK
	Takes     time.Duration              // from hearing of a payment to making it, by the wall clock
	Now       func() time.Time           // what is written on receipts and signatures; nil means time.Now
	Decide    func(push.Line) push.State // nil or "": by the account number
	Callbacks *http.Client               // nil means a client with a time-out of ten seconds
	Log       zerolog.Logger
}

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
	config  PayersConfig
	book    *book
	token   string
	secret  string
	url     string
	server  *http.Server
	trouble trouble
	next    *push.Client

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
	if c.Dir == "" {
		return nil, errors.New("the paying parties need a folder")
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
	next, err := push.Open(bank.endpoint(), 10*time.Second)
	if err == nil {
		var finance *payer
		if finance, err = openPayer(ctx, c, c.Finance, next); err == nil {
			return &Payers{finance: finance, bank: bank}, nil
		}
	}
	return nil, errors.Join(err, bank.close())
}

func openPayer(ctx context.Context, c PayersConfig, code string, next *push.Client) (*payer, error) {
	b, err := openBook(ctx, file(c.Dir, code))
	if err != nil {
		return nil, err
	}
	p := &payer{code: code, config: c, book: b, next: next, bell: make(chan struct{}, 1)}
	p.trouble.seed(1)
	l, err := p.prepare(ctx)
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

func (p *payer) endpoint() push.Endpoint {
	return push.Endpoint{URL: p.url, Token: p.token, CallbackSecret: p.secret}
}

// Endpoints says where the two are, by code. Addresses stay the same from one
// start to the next unless somebody else has taken them.
func (ps *Payers) Endpoints() map[string]push.Endpoint {
	return map[string]push.Endpoint{ps.finance.code: ps.finance.endpoint(), ps.bank.code: ps.bank.endpoint()}
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
	defer func() { _ = rows.Close() }()
	all := map[string]int{}
	for rows.Next() {
		var line string
		var n int
		if err := rows.Scan(&line, &n); err != nil {
			return nil, fmt.Errorf("transfers: %w", err)
		}
		all[line] = n
	}
	return all, rows.Err()
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

// door takes rolls and answers questions, for who shows the token.
func (p *payer) door() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("PUT "+basePath+"/rolls/{id}", p.takeRoll)
	mux.HandleFunc("POST "+basePath+"/lines/status", p.tell)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		shown := []byte(strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer "))
		f := p.trouble.get()
		switch {
		case subtle.ConstantTimeCompare(shown, []byte(p.token)) != 1:
			http.Error(w, "token", http.StatusUnauthorized)
		case f.Busy > 0:
			w.WriteHeader(http.StatusTooManyRequests)
		case p.trouble.fails(f.ErrorRate):
			w.WriteHeader(http.StatusInternalServerError)
		case f.Garbled:
			_, _ = io.WriteString(w, `{"roll": "`)
		case f.LoseAnswer:
			mux.ServeHTTP(nowhere{http.Header{}}, r)
			panic(http.ErrAbortHandler)
		default:
			mux.ServeHTTP(w, r)
		}
	})
}

// takeRoll keeps a roll before it answers. The same again is the same receipt.
func (p *payer) takeRoll(w http.ResponseWriter, r *http.Request) {
	var roll push.Roll
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, 16<<20))
	if err != nil || json.Unmarshal(body, &roll) != nil || roll.Check() != nil || roll.ID != r.PathValue("id") {
		http.Error(w, "roll", http.StatusBadRequest)
		return
	}
	receipt, err := p.keep(r.Context(), roll, body)
	if fault.Of(err).Kind == fault.Conflict {
		w.WriteHeader(http.StatusConflict)
		return
	} else if err != nil {
		w.WriteHeader(http.StatusInternalServerError)
		return
	}
	ring(p.bell)
	answer(w, receipt)
}

func answer(w http.ResponseWriter, v any) {
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(v) // who has gone needs no answer
}

func (p *payer) keep(ctx context.Context, roll push.Roll, body []byte) (push.Receipt, error) {
	digest, err := roll.Digest()
	if err != nil {
		return push.Receipt{}, err
	}
	var serial, at int64
	other := false
	err = p.book.write(ctx, func(tx *sql.Tx) error {
		now := p.config.Now().UnixMilli()
		put, err := tx.Exec(`INSERT INTO rolls (id, digest, body, received_at) VALUES (?, ?, ?, ?) ON CONFLICT (id) DO NOTHING`, roll.ID, digest, body, now)
		if err != nil {
			return err
		}
		var had []byte
		if err := tx.QueryRow(`SELECT serial, digest, received_at FROM rolls WHERE id = ?`, roll.ID).Scan(&serial, &had, &at); err != nil {
			return err
		}
		other = string(had) != string(digest)
		if n, err := put.RowsAffected(); err != nil || n == 0 || p.next != nil {
			return err
		}
		for _, l := range roll.Lines {
			text, err := json.Marshal(l)
			if err != nil {
				return err
			}
			_, err = tx.Exec(`INSERT INTO payments (line, roll, body, callback, due_at) VALUES (?, ?, ?, ?, ?) ON CONFLICT (line) DO NOTHING`,
				l.ID, roll.ID, text, roll.Callback, time.Now().Add(p.config.Takes).UnixMilli())
			if err != nil {
				return err
			}
		}
		return nil
	})
	if err == nil && other {
		err = fault.New(fault.Conflict, "ROLL_PUSHED_OTHERWISE", "这份花名册已以其他内容推送。", "This roll was pushed before with another content.")
	}
	return push.Receipt{Roll: roll.ID, Number: fmt.Sprintf("%s-%06d", p.code, serial), ReceivedAt: fromMillis(at)}, err
}

// tell answers how lines fare.
func (p *payer) tell(w http.ResponseWriter, r *http.Request) {
	var q struct {
		Lines []string `json:"lines"`
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, 1<<20))
	if err != nil || json.Unmarshal(body, &q) != nil || len(q.Lines) > push.MaxAsked {
		http.Error(w, "lines", http.StatusBadRequest)
		return
	}
	out := struct {
		Lines []push.Outcome `json:"lines"`
	}{[]push.Outcome{}}
	for _, id := range q.Lines {
		o, err := outcome(p.book.readers.QueryRowContext(r.Context(), `SELECT line, state, reason, day FROM payments WHERE line = ?`, id))
		if errors.Is(err, sql.ErrNoRows) {
			continue
		} else if err != nil {
			w.WriteHeader(http.StatusInternalServerError)
			return
		}
		out.Lines = append(out.Lines, o)
	}
	answer(w, out)
}

func outcome(row interface{ Scan(...any) error }) (o push.Outcome, err error) {
	var day string
	if err := row.Scan(&o.Line, &o.State, &o.Reason, &day); err != nil {
		return o, err
	}
	if day != "" {
		o.On, err = workday.ParseDay(day)
	}
	return o, err
}
