package department

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"
	"unicode/utf8"

	"github.com/vetgraph/vetgraph/internal/catalog"
	"github.com/vetgraph/vetgraph/internal/citizen"
	"github.com/vetgraph/vetgraph/internal/port"
)

// AdoptedItem is an item that its department has had for a while without ever
// having been sent it: an example case, or the books of a system that this one
// takes over from. ID, CaseNumber, Matter, Applicant, State and ReceiptNumber are needed.
type AdoptedItem struct {
	ID, CaseNumber, Matter string
	Applicant              citizen.Number
	Round                  int        // of the delivery that it stands at
	State                  port.State // any of the closed list
	ReceiptNumber          string
	ReceivedAt             time.Time // zero means now
	DueAt                  time.Time // zero means that the department does not say
	Callback               string    // absolute address for results; empty means that it is asked, not told
	Sequence               int64     // of what the hub has heard last; zero means as after an ordinary delivery
	Answers                map[string]any
	Materials              []string
	DecideAfter            time.Duration // from the adoption until the clerk decides an open item; zero means never: its officers do, at the hub's desk
	DecidedAt              time.Time     // of a decision or return; zero means ReceivedAt
	ResultNumber, Words    string        // of a decision
	Faults                 []port.Defect // of a return, under our names
	Outputs                catalog.Facts // of an approval, by field ID
}

// usualSequence is what the sequence of an item usually is in a state: received,
// looked at, decided.
var usualSequence = map[port.State]int64{port.Received: 1, port.InProgress: 2}

// Adopt enters items into the books of the departments that lead their matters.
// From then on status, withdrawal, redelivery and decision are as for an item
// that was delivered, and every change has a higher sequence than the one given.
// A delivery of the round that an item was adopted in is taken for the one that
// it came with, whatever it says, once; it answers with the adopted receipt.
//
// An item that a department knows already stays as it is, so adopting again
// changes nothing. Mistakes are reported all at once, and then nothing is adopted.
func (f *Fleet) Adopt(ctx context.Context, items []AdoptedItem) error {
	byOffice := map[string][]AdoptedItem{}
	var mistakes []error
	for _, it := range items {
		o := f.leading(it.Matter)
		if o == nil {
			mistakes = append(mistakes, fmt.Errorf("adopt item %q: no department that is played leads its matter", it.ID))
			continue
		}
		if err := o.checkAdopted(it); err != nil {
			mistakes = append(mistakes, fmt.Errorf("adopt item %q: %w", it.ID, err))
		}
		byOffice[o.code] = append(byOffice[o.code], it)
	}
	if err := errors.Join(mistakes...); err != nil {
		return err
	}
	for _, code := range f.codes {
		o := f.offices[code]
		for some := range slices.Chunk(byOffice[code], perCommit) {
			err := o.book.write(ctx, func(tx *sql.Tx) error {
				for _, it := range some {
					if err := o.adopt(tx, it); err != nil {
						return fmt.Errorf("adopt item %s: %w", it.ID, err)
					}
				}
				return nil
			})
			if err != nil {
				return fmt.Errorf("department %s: %w", code, err)
			}
		}
		ring(o.clerkBell)
	}
	return nil
}

func (f *Fleet) leading(matter string) *office {
	for _, o := range f.offices {
		if o.matters[matter] != nil {
			return o
		}
	}
	return nil
}

// checkAdopted says what is wrong with an item, without repeating anything of a person.
func (o *office) checkAdopted(it AdoptedItem) error {
	var wrong []error
	as := port.Message{Item: it.ID, Matter: it.Matter, State: it.State, Number: it.ResultNumber, Words: it.Words, Faults: it.Faults,
		Sequence: max(it.Sequence, 1), DecidedAt: time.Unix(0, 0)}
	if err := as.Check(); err != nil {
		wrong = append(wrong, err)
	}
	if err := o.checkItem(it.ID, port.Item{Round: it.Round, Matter: it.Matter, Applicant: it.Applicant.Reveal(), Callback: it.Callback}); err != nil {
		wrong = append(wrong, err)
	}
	if n := utf8.RuneCountInString(it.ReceiptNumber); n < 1 || n > 100 || len(it.ReceiptNumber) > 100 {
		wrong = append(wrong, errors.New("receipt number: missing or too long"))
	}
	if it.Sequence < 0 || it.DecideAfter < 0 {
		wrong = append(wrong, errors.New("sequence or time to decide: negative"))
	}
	if it.State == port.Approved && it.ResultNumber == "" {
		wrong = append(wrong, errors.New("an approval without a number"))
	}
	for _, d := range it.Faults {
		if d.Field != "" && o.names.FieldName(it.Matter, d.Field) == "" {
			wrong = append(wrong, errors.New("a defect of a field that the matter does not send"))
		}
	}
	return errors.Join(wrong...)
}

// adopt writes the rows that a delivery and what followed would have left.
func (o *office) adopt(tx *sql.Tx, it AdoptedItem) error {
	var there int
	if err := tx.QueryRow(`SELECT count(*) FROM items WHERE id = ?`, it.ID).Scan(&there); err != nil || there > 0 {
		return err
	}
	now := o.now()
	received, due := or(it.ReceivedAt, now).UnixMilli(), int64(0)
	if !it.DueAt.IsZero() {
		due = it.DueAt.UnixMilli()
	}
	// An empty digest: what was in the delivery is not known here.
	if _, err := tx.Exec(`INSERT INTO deliveries (item, round, digest, number, received_at, due_at) VALUES (?, ?, x'', ?, ?, ?)`,
		it.ID, it.Round, it.ReceiptNumber, received, due); err != nil {
		return fmt.Errorf("delivery: %w", err)
	}
	fields, materials, outputs, faults, err := o.adoptedContent(it)
	if err != nil {
		return err
	}
	sequence := it.Sequence
	if sequence == 0 {
		if sequence = usualSequence[it.State]; sequence == 0 {
			sequence = 3
		}
	}
	decideAt, next, decided := it.timing(now)
	if _, err := tx.Exec(`INSERT INTO items (id, round, matter, "case", applicant, fields, materials, callback, state, sequence,
			received_at, decide_at, due_at, next_at, number, words, outputs, faults, decided_at)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		it.ID, it.Round, it.Matter, it.CaseNumber, it.Applicant.Reveal(), fields, materials, it.Callback, it.State, sequence,
		received, decideAt, due, next, it.ResultNumber, it.Words, outputs, faults, decided); err != nil {
		return fmt.Errorf("item: %w", err)
	}
	if it.State == port.Approved {
		if _, err := tx.Exec(`INSERT INTO acts (item, matter, "case", number, done_at) VALUES (?, ?, ?, ?, ?)`,
			it.ID, it.Matter, it.CaseNumber, it.ResultNumber, decided); err != nil {
			return fmt.Errorf("act: %w", err)
		}
	}
	return nil
}

// timing is when an adopted item will be decided, when somebody next does
// something about it, and when it was decided; the last two may be none.
func (it AdoptedItem) timing(now time.Time) (decideAt int64, next, decided sql.NullInt64) {
	decideAt = now.Add(it.DecideAfter).UnixMilli()
	switch open := it.State == port.Received || it.State == port.InProgress; {
	case open && it.DecideAfter > 0 && it.State == port.Received:
		next = sql.NullInt64{Int64: now.Add(it.DecideAfter / 3).UnixMilli(), Valid: true}
	case open && it.DecideAfter > 0:
		next = sql.NullInt64{Int64: decideAt, Valid: true}
	case it.State.Decided() || it.State == port.Returned:
		decided = sql.NullInt64{Int64: or(it.DecidedAt, or(it.ReceivedAt, now)).UnixMilli(), Valid: true}
	}
	return decideAt, next, decided
}

// adoptedContent is what came with an item and what was answered, as the books keep it.
func (o *office) adoptedContent(it AdoptedItem) (fields, materials, outputs, faults string, err error) {
	sent, err := o.names.Send(it.Matter, it.Answers)
	if err != nil {
		return "", "", "", "", err
	}
	if fields, materials, err = content(port.Item{Fields: sent, Materials: it.Materials}); err != nil {
		return "", "", "", "", err
	}
	facts := it.Outputs
	if facts == nil {
		facts = catalog.Facts{}
	}
	out, err := json.Marshal(facts)
	if err != nil {
		return "", "", "", "", fmt.Errorf("outputs: %w", err)
	}
	theirs := append([]port.Defect{}, it.Faults...)
	for i, d := range theirs {
		if d.Field != "" {
			theirs[i].Field = o.names.FieldName(it.Matter, d.Field)
		}
	}
	bad, err := json.Marshal(theirs)
	if err != nil {
		return "", "", "", "", fmt.Errorf("faults: %w", err)
	}
	return fields, materials, string(out), string(bad), nil
}

// recognise takes the first delivery of the round that an item was adopted in for
// the one that it came with.
func recognise(tx *sql.Tx, id string, item port.Item, sum []byte) error {
	var matter, of, applicant string
	if err := tx.QueryRow(`SELECT matter, "case", applicant FROM items WHERE id = ?`, id).Scan(&matter, &of, &applicant); err != nil {
		return fmt.Errorf("adopted item: %w", err)
	}
	if matter != item.Matter || of != item.Case || applicant != item.Applicant {
		return &port.Refusal{Reason: port.ItemDeliveredOtherwise}
	}
	fields, materials, err := content(item)
	if err != nil {
		return err
	}
	if _, err := tx.Exec(`UPDATE deliveries SET digest = ? WHERE item = ? AND round = ?`, sum, id, item.Round); err != nil {
		return fmt.Errorf("adopted delivery: %w", err)
	}
	if _, err := tx.Exec(`UPDATE items SET fields = ?, materials = ? WHERE id = ? AND round = ?`, fields, materials, id, item.Round); err != nil {
		return fmt.Errorf("adopted item: %w", err)
	}
	return nil
}

func or(t, other time.Time) time.Time {
	if t.IsZero() {
		return other
	}
	return t
}
