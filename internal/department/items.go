package department

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"time"

	"github.com/vetgraph/vetgraph/internal/catalog"
	"github.com/vetgraph/vetgraph/internal/citizen"
	"github.com/vetgraph/vetgraph/internal/port"
)

// Take implements [port.Counterpart]: it keeps a delivery and answers with a
// receipt. The receipt is given only when both are on disk, so a receipt is never lost.
func (o *office) Take(ctx context.Context, item port.Item) (port.Slip, error) {
	id := item.ID
	f, err := o.meets(ctx, o.deliveryPort(item))
	if err != nil {
		return port.Slip{}, err
	}
	if err := o.checkItem(id, item); err != nil {
		return port.Slip{}, err
	}
	slip, err := o.take(ctx, id, item)
	if f.Repeated && err == nil {
		slip, err = o.take(ctx, id, item)
	}
	if err == nil {
		o.spoils(ctx, o.life("RECEIPT", item.Matter))
	}
	return slip, err
}

func (o *office) take(ctx context.Context, id string, item port.Item) (port.Slip, error) {
	var receipt port.Slip
	var fresh, early bool
	err := o.book.write(ctx, func(tx *sql.Tx) (err error) {
		receipt, fresh, err = o.keepItem(tx, id, item)
		if early = err == nil && fresh && o.odd(o.early(item), "early", id, item.Round); early {
			err = o.hasten(tx, id)
		}
		return err
	})
	if err != nil {
		return port.Slip{}, err
	}
	if early {
		if err := o.tellNow(ctx, id); err != nil {
			return port.Slip{}, err
		}
	}
	ring(o.clerkBell)
	ring(o.courierBell)
	if fresh && o.odd(o.trouble.of(o.deliveryPort(item)).Odds.LostReceipt, "receipt", id, item.Round) {
		return port.Slip{}, port.ErrLost
	}
	return receipt, nil
}

func (o *office) checkItem(id string, item port.Item) error {
	if (port.Message{Item: id, Matter: item.Matter, State: port.Received, Sequence: 1}).Check() != nil || item.Round < 0 {
		return &port.Refusal{Reason: "MALFORMED"}
	}
	if o.matters[item.Matter] == nil {
		return &port.Refusal{Reason: "MATTER_UNKNOWN"}
	}
	if _, err := citizen.Parse(item.Applicant); err != nil {
		return &port.Refusal{Reason: "APPLICANT"}
	}
	if u, err := url.Parse(item.Callback); item.Callback != "" && (err != nil || u.Host == "" || (u.Scheme != "http" && u.Scheme != "https")) {
		return &port.Refusal{Reason: "CALLBACK"}
	}
	return nil
}

// digest is equal for equal content. Where results go is no part of it: the hub
// may have moved since its first attempt.
func digest(item port.Item) ([]byte, error) {
	item.Callback = ""
	text, err := json.Marshal(item) // map keys are sorted
	if err != nil {
		return nil, fmt.Errorf("digest: %w", err)
	}
	sum := sha256.Sum256(text)
	return sum[:], nil
}

// keepItem gives the receipt, and whether this is the first delivery of its round.
func (o *office) keepItem(tx *sql.Tx, id string, item port.Item) (receipt port.Slip, fresh bool, err error) {
	sum, err := digest(item)
	if err != nil {
		return receipt, false, err
	}
	receipt, found, err := earlierReceipt(tx, id, item, sum)
	if found || err != nil {
		return receipt, false, err
	}
	sequence, err := nextRound(tx, id, item)
	if err != nil {
		return receipt, false, err
	}
	days := time.Duration(o.matters[item.Matter].Days.Joint())
	now := o.now()
	dueAt := now.Add(days * o.config.WorkdayTakes)
	decideAt := now.Add(o.thinking(id, item))
	number, err := o.receiptNumber(tx, now)
	if err != nil {
		return receipt, false, err
	}
	if _, err := tx.Exec(`INSERT INTO deliveries (item, round, digest, number, received_at, due_at) VALUES (?, ?, ?, ?, ?, ?)`,
		id, item.Round, sum, number, now.UnixMilli(), dueAt.UnixMilli()); err != nil {
		return receipt, false, fmt.Errorf("keep delivery: %w", err)
	}
	fields, materials, err := content(item)
	if err != nil {
		return receipt, false, err
	}
	lookAt := now.Add(decideAt.Sub(now) / 3)
	_, err = tx.Exec(`INSERT INTO items (id, round, matter, "case", applicant, fields, materials, callback, state, sequence, received_at, decide_at, due_at, next_at)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
		ON CONFLICT (id) DO UPDATE SET round = excluded.round, fields = excluded.fields, materials = excluded.materials, callback = excluded.callback,
			state = excluded.state, sequence = excluded.sequence, received_at = excluded.received_at, decide_at = excluded.decide_at, due_at = excluded.due_at,
			next_at = excluded.next_at, number = '', words = '', outputs = '{}', faults = '[]', decided_at = NULL`,
		id, item.Round, item.Matter, item.Case, item.Applicant, fields, materials, item.Callback, port.Received, sequence,
		now.UnixMilli(), decideAt.UnixMilli(), dueAt.UnixMilli(), lookAt.UnixMilli())
	if err != nil {
		return receipt, false, fmt.Errorf("keep item: %w", err)
	}
	return port.Slip{Item: id, Number: number, ReceivedAt: fromMillis(now.UnixMilli()), DueAt: fromMillis(dueAt.UnixMilli())}, true, nil
}

// content is what of a delivery is looked at later, as JSON.
func content(item port.Item) (fields, materials string, err error) {
	if item.Fields == nil {
		item.Fields = map[string]any{}
	}
	if item.Materials == nil {
		item.Materials = []string{}
	}
	f, err := json.Marshal(item.Fields)
	if err != nil {
		return "", "", fmt.Errorf("keep fields: %w", err)
	}
	m, err := json.Marshal(item.Materials)
	if err != nil {
		return "", "", fmt.Errorf("keep materials: %w", err)
	}
	return string(f), string(m), nil
}

// earlierReceipt answers a delivery that has arrived before.
func earlierReceipt(tx *sql.Tx, id string, item port.Item, sum []byte) (r port.Slip, found bool, err error) {
	var kept []byte
	var received, due int64
	err = tx.QueryRow(`SELECT digest, number, received_at, due_at FROM deliveries WHERE item = ? AND round = ?`, id, item.Round).
		Scan(&kept, &r.Number, &received, &due)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return r, false, nil
	case err != nil:
		return r, false, fmt.Errorf("earlier delivery: %w", err)
	case len(kept) == 0: // adopted
		if err := recognise(tx, id, item, sum); err != nil {
			return r, true, err
		}
	case string(kept) != string(sum):
		return r, true, &port.Refusal{Reason: port.ItemDeliveredOtherwise}
	}
	r.Item, r.ReceivedAt = id, fromMillis(received)
	if due != 0 {
		r.DueAt = fromMillis(due)
	}
	if _, err := tx.Exec(`UPDATE items SET callback = ? WHERE id = ? AND callback <> ?`, item.Callback, id, item.Callback); err != nil {
		return r, true, fmt.Errorf("callback address: %w", err)
	}
	return r, true, nil
}

// nextRound allows a new item, or a later round of one that is open, and gives
// the sequence it begins with. An open item need not have been returned from
// here: its officers also return at the hub's desk. What is decided or withdrawn
// stays so, and a round never changes whose matter it is.
func nextRound(tx *sql.Tx, id string, item port.Item) (sequence int64, err error) {
	var state port.State
	var before int
	var matter, of, applicant string
	err = tx.QueryRow(`SELECT state, round, sequence, matter, "case", applicant FROM items WHERE id = ?`, id).
		Scan(&state, &before, &sequence, &matter, &of, &applicant)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return 1, nil
	case err != nil:
		return 0, fmt.Errorf("item: %w", err)
	case state.Decided(), state == port.Withdrawn, item.Round <= before, item.Matter != matter, item.Case != of, item.Applicant != applicant:
		return 0, &port.Refusal{Reason: port.ItemDeliveredOtherwise}
	}
	return sequence + 1, nil
}

// receiptNumber is like PS20261123000042: department, day, serial.
func (o *office) receiptNumber(tx *sql.Tx, now time.Time) (string, error) {
	var last int64
	if err := tx.QueryRow(`SELECT coalesce(max(serial), 0) FROM deliveries`).Scan(&last); err != nil {
		return "", fmt.Errorf("receipt number: %w", err)
	}
	return fmt.Sprintf("%s%s%06d", o.code, civil(now).Format("20060102"), last+1), nil
}

// TakeBack implements [port.Counterpart].
func (o *office) TakeBack(ctx context.Context, id string) (port.Message, error) {
	ports, err := o.livesOf(ctx, "WITHDRAW", []string{id})
	if err != nil {
		return port.Message{}, o.failed(err)
	}
	f, err := o.meets(ctx, ports...)
	if err != nil {
		return port.Message{}, err
	}
	m, err := o.takeBack(ctx, id)
	if f.Repeated && err == nil {
		m, err = o.takeBack(ctx, id)
	}
	return m, err
}

func (o *office) takeBack(ctx context.Context, id string) (port.Message, error) {
	var m port.Message
	err := o.book.write(ctx, func(tx *sql.Tx) error {
		_, err := tx.Exec(`UPDATE items SET state = ?, sequence = sequence + 1, next_at = NULL, words = '', faults = '[]', decided_at = NULL
			WHERE id = ? AND state IN (?, ?, ?)`,
			port.Withdrawn, id, port.Received, port.InProgress, port.Returned)
		if err != nil {
			return fmt.Errorf("withdraw: %w", err)
		}
		m, err = message(o, tx.QueryRow(`SELECT `+messageColumns+` FROM items WHERE id = ?`, id))
		return err
	})
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return m, &port.Refusal{Reason: port.ItemUnknown}
	case err != nil:
		return m, o.failed(err)
	case m.State != port.Withdrawn:
		return m, &port.Refusal{Reason: port.ItemDecided, Item: &m}
	}
	return m, nil
}

// Tell implements [port.Counterpart]: all items in one read.
func (o *office) Tell(ctx context.Context, items []string) ([]port.Message, error) {
	o.counts.add("ITEMS", len(items))
	ports, err := o.livesOf(ctx, "STATUS", items)
	if err != nil {
		return nil, o.failed(err)
	}
	f, err := o.meets(ctx, ports...)
	if err != nil {
		return nil, err
	}
	ids, err := json.Marshal(items)
	if err != nil {
		return nil, fmt.Errorf("status: %w", err)
	}
	rows, err := o.book.readers.QueryContext(ctx, `SELECT `+messageColumns+` FROM items WHERE id IN (SELECT value FROM json_each(?))`, string(ids))
	if err != nil {
		return nil, o.failed(fmt.Errorf("status: %w", err))
	}
	defer func() { _ = rows.Close() }()
	var all []port.Message
	for rows.Next() {
		m, err := message(o, rows)
		if err != nil {
			return nil, o.failed(err)
		}
		all = append(all, m)
	}
	if f.Repeated {
		all = append(all, all...)
	}
	if f.Reordered {
		slices.Reverse(all)
	}
	return all, rows.Err()
}

// livesOf are the ports of an operation that items have to do with; none where no
// port has a fault of its own, and then nobody needs to know.
func (o *office) livesOf(ctx context.Context, operation string, items []string) ([]*catalog.Port, error) {
	if len(o.trouble.ports()) == 0 {
		return nil, nil
	}
	ids, err := json.Marshal(items)
	if err != nil {
		return nil, fmt.Errorf("items: %w", err)
	}
	rows, err := o.book.readers.QueryContext(ctx, `SELECT DISTINCT matter FROM items WHERE id IN (SELECT value FROM json_each(?)) ORDER BY matter`, string(ids))
	if err != nil {
		return nil, fmt.Errorf("items: %w", err)
	}
	defer func() { _ = rows.Close() }()
	var ports []*catalog.Port
	for rows.Next() {
		var matter string
		if err := rows.Scan(&matter); err != nil {
			return nil, fmt.Errorf("items: %w", err)
		}
		ports = append(ports, o.life(operation, matter))
	}
	return ports, rows.Err()
}

// failed notes an error of the department's own.
func (o *office) failed(err error) error {
	if !errors.Is(err, context.Canceled) {
		o.config.Log.Error().Err(err).Str("department", o.code).Msg("department failed")
	}
	return err
}

const messageColumns = `id, matter, state, number, words, outputs, faults, decided_at, due_at, sequence`

// message reads one item as the hub is told of it. Outputs are kept under our
// field IDs and told under the department's names; faults are kept as told.
func message(o *office, row interface{ Scan(...any) error }) (port.Message, error) {
	var m port.Message
	var outputs, faults []byte
	var decidedAt sql.NullInt64
	var due int64
	if err := row.Scan(&m.Item, &m.Matter, &m.State, &m.Number, &m.Words, &outputs, &faults, &decidedAt, &due, &m.Sequence); err != nil {
		return m, fmt.Errorf("read item: %w", err)
	}
	var ours map[string]any
	if err := port.DecodeJSON(outputs, &ours); err != nil {
		return m, fmt.Errorf("outputs of item %s: %w", m.Item, err)
	}
	m.Outputs = theirs(o.names.ResultPort(m.Matter), ours, o.names.OutputNames(m.Matter))
	if err := port.DecodeJSON(faults, &m.Faults); err != nil {
		return m, fmt.Errorf("faults of item %s: %w", m.Item, err)
	}
	if due != 0 { // an adopted item may have no such day
		m.DueAt = fromMillis(due)
	}
	if decidedAt.Valid {
		m.DecidedAt = fromMillis(decidedAt.Int64)
	}
	return m, nil
}

// theirs gives values under the department's names and in its codes, leaving out
// what has no name. A code that it has no word for is told as it is.
func theirs(p *catalog.Port, values map[string]any, names map[string]string) map[string]any {
	renamed := make(map[string]any, len(values))
	for key, v := range values {
		name, ok := names[key]
		if !ok {
			continue
		}
		if list, several := v.([]any); several {
			texts := make([]string, 0, len(list))
			for _, one := range list {
				if text, ok := one.(string); ok {
					texts = append(texts, text)
				}
			}
			if len(texts) == len(list) {
				v = texts
			}
		}
		if p != nil {
			if coded, known := port.Recode(v, func(ours string) (string, bool) { return p.Code(key, ours) }); known {
				v = coded
			}
		}
		renamed[name] = v
	}
	return renamed
}

// DecideNow ends an item at once with Approved, Rejected or Returned, whatever
// the rates say; for demonstrations and tests. It answers once the decision is
// on disk.
func (f *Fleet) DecideNow(ctx context.Context, itemID string, state port.State) error {
	return f.now(ctx, itemID, func(o *office, tx *sql.Tx) error { return o.decideNow(tx, itemID, state) })
}

// Force makes an item end with Approved, Rejected or Returned when its time
// comes, also one that has yet to arrive. It is forgotten with the process.
func (f *Fleet) Force(itemID string, state port.State) {
	for _, o := range f.offices {
		o.forced.Store(itemID, state)
	}
}
