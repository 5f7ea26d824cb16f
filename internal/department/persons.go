package department

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/vetgraph/vetgraph/internal/catalog"
	"github.com/vetgraph/vetgraph/internal/citizen"
	"github.com/vetgraph/vetgraph/internal/port"
)

// Person is what a department's register holds of somebody.
type Person struct {
	CitizenNumber citizen.Number
	Facts         catalog.Facts // by field ID; nil says that there is none
}

// perCommit is how many persons are enrolled in one transaction.
const perCommit = 1000

// Enrol puts persons into a department's register, in place of what it held of
// them before.
func (f *Fleet) Enrol(ctx context.Context, department string, persons []Person) error {
	o, err := f.office(department)
	if err != nil {
		return err
	}
	now := o.now()
	for some := range slices.Chunk(persons, perCommit) {
		err := o.book.write(ctx, func(tx *sql.Tx) error {
			return errors.Join(o.enrol(tx, some, now.UnixMilli()), o.view.put(ctx, some, now))
		})
		if err != nil {
			return fmt.Errorf("enrol %d persons at %s: %w", len(persons), department, err)
		}
	}
	return nil
}

func (o *office) enrol(tx *sql.Tx, persons []Person, now int64) error {
	insert, err := tx.Prepare(`INSERT INTO persons (key, facts, as_of) VALUES (?, ?, ?) ON CONFLICT (key) DO UPDATE SET facts = excluded.facts, as_of = excluded.as_of`)
	if err != nil {
		return err
	}
	defer func() { _ = insert.Close() }()
	for _, p := range persons {
		facts, err := json.Marshal(p.Facts)
		if err != nil {
			return err
		}
		if _, err := insert.Exec(o.key(p.CitizenNumber.Reveal()), string(facts), now); err != nil {
			return err
		}
	}
	return nil
}

// Enrolled counts the persons in a department's register.
func (f *Fleet) Enrolled(ctx context.Context, department string) (n int, err error) {
	o, err := f.office(department)
	if err != nil {
		return 0, err
	}
	if err := o.book.readers.QueryRowContext(ctx, `SELECT count(*) FROM persons`).Scan(&n); err != nil {
		return 0, fmt.Errorf("count persons at %s: %w", department, err)
	}
	return n, nil
}

// key hides the citizen number: the register can be searched by it, not read.
func (o *office) key(number string) []byte {
	mac := hmac.New(sha256.New, o.pepper)
	mac.Write([]byte(number))
	return mac.Sum(nil)
}

// amend writes an approval into the register, so that whoever asks afterwards is
// told what the person was told. Somebody who is not in it stays out of it.
func (o *office) amend(tx *sql.Tx, w work, outputs catalog.Facts, now time.Time) error {
	if len(outputs)+len(known[w.Matter]) == 0 {
		return nil
	}
	key := o.key(w.applicant)
	var text string
	err := tx.QueryRow(`SELECT facts FROM persons WHERE key = ?`, key).Scan(&text)
	if errors.Is(err, sql.ErrNoRows) {
		return nil
	} else if err != nil {
		return fmt.Errorf("register: %w", err)
	}
	facts, err := decodeFacts(text)
	if err != nil {
		return err
	}
	maps.Copy(facts, outputs)
	maps.Copy(facts, known[w.Matter])
	if err := o.view.put(o.ctx, []Person{{CitizenNumber: citizen.Number(w.applicant), Facts: facts}}, now); err != nil {
		return err
	}
	amended, err := json.Marshal(facts)
	if err != nil {
		return fmt.Errorf("register: %w", err)
	}
	if _, err := tx.Exec(`UPDATE persons SET facts = ?, as_of = ? WHERE key = ?`, string(amended), now.UnixMilli(), key); err != nil {
		return fmt.Errorf("register: %w", err)
	}
	return nil
}

func decodeFacts(text string) (map[string]any, error) {
	facts := map[string]any{}
	if err := port.DecodeJSON([]byte(text), &facts); err != nil {
		return nil, fmt.Errorf("register: %w", err)
	}
	if facts == nil {
		facts = map[string]any{} // somebody enrolled without any facts
	}
	return facts, nil
}

// Find implements [port.Counterpart]: a whole batch with one read of the register.
func (o *office) Find(ctx context.Context, persons []port.Person) ([]port.Found, error) {
	for _, p := range persons {
		for _, id := range p.Lookups {
			if o.names.LookupPort(id) == nil {
				return nil, &port.Refusal{Reason: "LOOKUP_UNKNOWN"}
			}
		}
	}
	o.counts.add("PERSONS", len(persons))
	var ports []*catalog.Port
	for _, p := range persons {
		for _, id := range p.Lookups {
			ports = append(ports, o.names.LookupPort(id))
		}
	}
	f, err := o.meets(ctx, ports...)
	if err != nil {
		return nil, err
	}
	held, err := o.held(ctx, persons)
	if err != nil {
		return nil, o.failed(err)
	}
	found := make([]port.Found, len(persons))
	for i, p := range persons {
		found[i].Ref = p.Ref
		h, ok := held[string(o.key(p.CitizenNumber))]
		if !ok {
			continue
		}
		facts, err := decodeFacts(h.facts)
		if err != nil {
			return nil, o.failed(err)
		}
		found[i].Known, found[i].AsOf = true, fromMillis(h.asOf)
		found[i].Lookups = make(map[string]map[string]any, len(p.Lookups))
		for _, id := range p.Lookups {
			said := facts
			if o.names.LookupPort(id).OnDemand {
				if said, err = o.compared(ctx, p.Ref, o.key(p.CitizenNumber)); err != nil {
					return nil, o.failed(err)
				}
			}
			found[i].Lookups[id] = theirs(o.names.LookupPort(id), said, o.names.LookupPort(id).Answers)
		}
	}
	if f.Repeated {
		found = append(found, found...)
	}
	if f.Reordered {
		slices.Reverse(found)
	}
	return found, nil
}

type entry struct {
	facts string
	asOf  int64
}

// held reads everybody asked about in one statement, by key.
func (o *office) held(ctx context.Context, persons []port.Person) (map[string]entry, error) {
	keys := make([]string, len(persons))
	for i, p := range persons {
		keys[i] = hex.EncodeToString(o.key(p.CitizenNumber))
	}
	list, err := json.Marshal(keys)
	if err != nil {
		return nil, fmt.Errorf("register: %w", err)
	}
	rows, err := o.book.readers.QueryContext(ctx, `SELECT p.key, p.facts, p.as_of FROM json_each(?) j JOIN persons p ON p.key = unhex(j.value)`, string(list))
	if err != nil {
		return nil, fmt.Errorf("register: %w", err)
	}
	defer func() { _ = rows.Close() }()
	held := make(map[string]entry, len(persons))
	for rows.Next() {
		var key []byte
		var e entry
		if err := rows.Scan(&key, &e.facts, &e.asOf); err != nil {
			return nil, fmt.Errorf("register: %w", err)
		}
		held[string(key)] = e
	}
	return held, rows.Err()
}
