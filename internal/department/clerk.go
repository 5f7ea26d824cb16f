package department

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"strconv"
	"time"

	"github.com/vetgraph/vetgraph/internal/catalog"
	"github.com/vetgraph/vetgraph/internal/port"
)

// atOnce is the most items that the clerk moves in one transaction.
const atOnce = 100

// work is an item on the clerk's desk.
type work struct {
	Item
	applicant string
	fields    string // JSON, under the department's names
	materials string // JSON, a list of codes
	state     port.State
	decideAt  int64
}

// clerk moves items when their time comes: looks at what was received, then
// decides. All that is to be done stands in the book, so the clerk of the next
// process goes on where this one was interrupted.
func (o *office) clerk() {
	for {
		next, err := o.desk()
		if err != nil && o.ctx.Err() == nil {
			o.config.Log.Error().Err(err).Str("department", o.code).Msg("department could not decide")
			next = o.now().Add(time.Second)
		}
		if !o.sleep(o.clerkBell, next) {
			return
		}
	}
}

// desk does what is due and returns when the next item will be; zero if none waits.
func (o *office) desk() (time.Time, error) {
	for {
		var moved int
		var next sql.NullInt64
		err := o.book.write(o.ctx, func(tx *sql.Tx) error {
			due, err := o.due(tx)
			if err != nil {
				return err
			}
			for _, w := range due {
				if err := o.move(tx, w); err != nil {
					return fmt.Errorf("item %s: %w", w.ID, err)
				}
			}
			moved = len(due)
			return tx.QueryRow(`SELECT min(next_at) FROM items WHERE next_at IS NOT NULL`).Scan(&next)
		})
		if err != nil {
			return time.Time{}, err
		}
		if moved > 0 {
			ring(o.courierBell)
		}
		if moved < atOnce && next.Valid && next.Int64 > o.now().UnixMilli() {
			return fromMillis(next.Int64), nil
		}
		if !next.Valid {
			return time.Time{}, nil
		}
	}
}

const workColumns = `id, matter, "case", round, applicant, fields, materials, state, decide_at`

func (o *office) due(tx *sql.Tx) ([]work, error) {
	rows, err := tx.Query(`SELECT `+workColumns+` FROM items WHERE next_at <= ? ORDER BY next_at, id LIMIT ?`, o.now().UnixMilli(), atOnce)
	if err != nil {
		return nil, fmt.Errorf("what is due: %w", err)
	}
	defer func() { _ = rows.Close() }()
	var due []work
	for rows.Next() {
		w, err := o.scanWork(rows)
		if err != nil {
			return nil, err
		}
		due = append(due, w)
	}
	return due, rows.Err()
}

func (o *office) scanWork(row interface{ Scan(...any) error }) (work, error) {
	w := work{Item: Item{Department: o.code}}
	if err := row.Scan(&w.ID, &w.Matter, &w.Case, &w.Round, &w.applicant, &w.fields, &w.materials, &w.state, &w.decideAt); err != nil {
		return w, fmt.Errorf("read work: %w", err)
	}
	return w, nil
}

// move takes an item one step.
func (o *office) move(tx *sql.Tx, w work) error {
	if w.state == port.Received {
		_, err := tx.Exec(`UPDATE items SET state = ?, sequence = sequence + 1, next_at = decide_at WHERE id = ? AND state = ?`, port.InProgress, w.ID, port.Received)
		if err != nil {
			return fmt.Errorf("begin: %w", err)
		}
		return o.announce(tx, w.ID)
	}
	return o.end(tx, w, o.ending(w))
}

func (o *office) decideNow(tx *sql.Tx, id string, state port.State) error {
	if !state.Decided() && state != port.Returned {
		return fmt.Errorf("no item ends as %q", state)
	}
	w, err := o.workOn(tx, id)
	if err != nil {
		return err
	}
	return o.end(tx, w, state)
}

func (o *office) workOn(tx *sql.Tx, id string) (work, error) {
	return o.scanWork(tx.QueryRow(`SELECT `+workColumns+` FROM items WHERE id = ?`, id))
}

// end decides with the reasons that the clerk finds.
func (o *office) end(tx *sql.Tx, w work, state port.State) (err error) {
	v := verdict{state: state}
	if state == port.Returned {
		if v.faults, err = o.findings(w); err != nil {
			return err
		}
	}
	return o.decide(tx, w, v)
}

// verdict is how an item leaves the clerk's desk.
type verdict struct {
	state  port.State
	faults []port.Defect // of a return, under the department's names
}

// decide writes the decision, the act and the callback in one transaction. The
// condition on the state is what keeps an act from being done twice.
func (o *office) decide(tx *sql.Tx, w work, v verdict) error {
	now, number, outputs := o.now(), "", catalog.Facts{}
	if v.state == port.Approved {
		var err error
		if number, err = o.resultNumber(tx, w, now); err != nil {
			return err
		}
		if outputs, err = o.outputs(w, number, now); err != nil {
			return err
		}
	}
	text, err := json.Marshal(outputs)
	if err != nil {
		return fmt.Errorf("outputs: %w", err)
	}
	faults, err := json.Marshal(append([]port.Defect{}, v.faults...)) // an empty list, not null
	if err != nil {
		return fmt.Errorf("faults: %w", err)
	}
	done, err := tx.Exec(`UPDATE items SET state = ?, sequence = sequence + 1, next_at = NULL, number = ?, words = ?, outputs = ?, faults = ?, decided_at = ?
		WHERE id = ? AND state IN (?, ?)`, v.state, number, words(v), text, faults, now.UnixMilli(), w.ID, port.Received, port.InProgress)
	if err != nil {
		return fmt.Errorf("decide: %w", err)
	}
	if n, err := done.RowsAffected(); err != nil || n == 0 {
		return err // decided, returned or withdrawn before
	}
	if v.state == port.Approved {
		if _, err := tx.Exec(`INSERT INTO acts (item, matter, "case", number, done_at) VALUES (?, ?, ?, ?, ?)`, w.ID, w.Matter, w.Case, number, now.UnixMilli()); err != nil {
			return fmt.Errorf("act: %w", err)
		}
		if err := o.amend(tx, w, outputs, now); err != nil {
			return err
		}
	}
	if err := o.announce(tx, w.ID); err != nil {
		return err
	}
	if v.state == port.Approved && o.odd(o.trouble.get().Odds.Contradiction, "contradiction", w.ID, 0) {
		return o.contradict(tx, w.ID)
	}
	return nil
}

// ending says how an item ends: as forced, as the hook says, else by the rates.
// Nobody is sent back twice: what is amiss must be said at one time (行政许可法
// art.32); who has mended it gets what was asked for.
func (o *office) ending(w work) port.State {
	if s, ok := o.forced.Load(w.ID); ok && (w.Round == 0 || s != port.Returned) {
		return s.(port.State)
	}
	if o.config.Decide != nil {
		if s := o.config.Decide(w.Item); s.Decided() || s == port.Returned {
			return s
		}
	}
	if w.Round > 0 {
		return port.Approved
	}
	luck := o.luck("ending", w.ID, w.Round)
	switch r := o.config.Rates; {
	case luck < r.Reject:
		return port.Rejected
	case luck < r.Reject+r.Return:
		return port.Returned
	}
	return port.Approved
}

// thinking is how long the department takes: six to ten tenths of the matter's
// days on the clock.
func (o *office) thinking(id string, item port.Item) time.Duration {
	promised := time.Duration(o.matters[item.Matter].Days.Joint()) * o.config.WorkdayTakes
	return time.Duration(float64(promised) * (0.6 + 0.4*o.luck("thinking", id, item.Round)))
}

// luck is a number between 0 and 1 that follows from the seed and the item.
func (o *office) luck(what, id string, round int) float64 {
	sum := sha256.Sum256([]byte(strconv.FormatUint(o.config.Seed, 10) + "\n" + what + "\n" + id + "\n" + strconv.Itoa(round)))
	return float64(binary.BigEndian.Uint64(sum[:])>>11) / (1 << 53)
}

// Acts counts what was really done, by item ID: 1 for an approved item, and more
// than 1 never.
func (f *Fleet) Acts(ctx context.Context) (map[string]int, error) {
	acts := map[string]int{}
	for code, o := range f.offices {
		if err := countActs(ctx, o.book.readers, acts); err != nil {
			return nil, fmt.Errorf("department %s: %w", code, err)
		}
	}
	return acts, nil
}

// ActsIn is [Fleet.Acts] for the folder of a fleet that runs in another process, or no more.
func ActsIn(ctx context.Context, c *catalog.Catalog, dir string) (map[string]int, error) {
	acts := map[string]int{}
	for _, d := range c.Departments {
		if d.External {
			continue
		}
		b, err := openBook(ctx, file(dir, d.Code))
		if err != nil {
			return nil, fmt.Errorf("department %s: %w", d.Code, err)
		}
		err = countActs(ctx, b.readers, acts)
		if bad := b.close(); err == nil {
			err = bad
		}
		if err != nil {
			return nil, fmt.Errorf("department %s: %w", d.Code, err)
		}
	}
	return acts, nil
}

func countActs(ctx context.Context, db *sql.DB, acts map[string]int) error {
	rows, err := db.QueryContext(ctx, `SELECT item, count(*) FROM acts GROUP BY item`)
	if err != nil {
		return fmt.Errorf("count acts: %w", err)
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var item string
		var n int
		if err := rows.Scan(&item, &n); err != nil {
			return fmt.Errorf("count acts: %w", err)
		}
		acts[item] += n
	}
	return rows.Err()
}
