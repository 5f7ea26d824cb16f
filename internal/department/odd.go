package department

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"

	"github.com/vetgraph/vetgraph/internal/port"
)

// odd says whether something that befalls a share of the items befalls this one.
func (o *office) odd(share float64, what, id string, round int) bool {
	return share > 0 && o.luck(what, id, round) < share
}

// hasten decides an item in the same breath in which it was kept.
func (o *office) hasten(tx *sql.Tx, id string) error {
	w, err := o.workOn(tx, id)
	if err != nil {
		return err
	}
	return o.end(tx, w, o.ending(w))
}

// tellNow sends an item's callbacks at once, and once; what is not confirmed is
// left to the courier, who may meanwhile have said the same.
func (o *office) tellNow(ctx context.Context, id string) error {
	rows, err := o.book.readers.QueryContext(ctx, `SELECT n.item, i.matter, n.sequence, n.attempts, i.callback, n.body FROM notices n JOIN items i ON i.id = n.item
		WHERE n.item = ? AND n.next_at <= ? ORDER BY n.sequence`, id, o.now().UnixMilli())
	if err != nil {
		return fmt.Errorf("callbacks of an early result: %w", err)
	}
	bag, err := letters(rows)
	if err != nil {
		return err
	}
	if len(bag) == 0 || !o.speaks(o.resultFault(bag[0].matter)) {
		return nil
	}
	for i := range bag {
		bag[i].err = o.send(bag[i])
	}
	return o.settle(bag)
}

// contradict puts a second word behind an approval: that it was rejected. The
// item's own row is not touched: whoever asks is told of the approval.
func (o *office) contradict(tx *sql.Tx, id string) error {
	m, err := message(o, tx.QueryRow(`SELECT `+messageColumns+` FROM items WHERE id = ?`, id))
	if err != nil {
		return err
	}
	m.State, m.Sequence, m.Number, m.Outputs = port.Rejected, m.Sequence+1, "", nil
	m.Words = words(verdict{state: port.Rejected})
	body, err := json.Marshal(m)
	if err != nil {
		return fmt.Errorf("contradiction: %w", err)
	}
	return o.keepNotice(tx, m, body)
}
