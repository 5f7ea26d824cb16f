package receipt_test

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/mod/sumdb/tlog"

	"github.com/vetgraph/vetgraph/internal/access"
	"github.com/vetgraph/vetgraph/internal/receipt"
	"github.com/vetgraph/vetgraph/internal/store"
	"github.com/vetgraph/vetgraph/internal/store/storetest"
)

// tables of the log, with their columns that mean something.
var tables = map[string][]string{
	"receipts":             {"id", "at", "person", "body", "hashes"},
	"receipt_persons":      {"id", "person"},
	"receipt_heads":        {"id", "origin", "size", "root"},
	"receipt_checkpoints":  {"id", "note", "signed_at"},
	"receipt_cosignatures": {"id", "size", "witness", "line"},
}

// forger alters a database of which the owner of the disk knows everything but the
// signing keys.
type forger struct {
	*rig
	rnd  *rand.Rand
	rows map[string][][]any
	seen receipt.Seen
	keys receipt.Evidence
}

func newForger(t *testing.T, leaves int) *forger {
	t.Helper()
	_, private, err := ed25519.GenerateKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	witness := receipt.WitnessKey("witness.test", private.Public().(ed25519.PublicKey)) //nolint:forcetypeassert // as documented
	r := newRig(t, storetest.Open(t, storetest.SQLite(t)), func(o *receipt.Options) { o.Witnesses = []string{witness} })
	f := &forger{rig: r, rnd: rand.New(rand.NewPCG(3, 3)), seen: receipt.Seen{Key: r.Key()}}
	f.keys = receipt.Evidence{Keys: []ed25519.PublicKey{r.Key()}, Witnesses: []string{witness}, Seen: &f.seen}
	for i := range leaves {
		r.read(r.Log, clerk, fmt.Sprint("v", i%17))
		if i%10 == 0 || i == leaves-1 {
			f.look(private)
		}
	}
	if err := f.Close(t.Context()); err != nil { // nothing is filed while it is forged
		t.Fatal(err)
	}
	if err := f.File(t.Context()); err != nil {
		t.Fatal(err)
	}
	f.rows = f.dump()
	return f
}

// look is what a witness does: sign, send, remember.
func (f *forger) look(private ed25519.PrivateKey) {
	f.t.Helper()
	last := f.store.Read.Receipt.Query().CountX(access.AsMachine(f.t.Context(), "test"))
	if _, err := f.Prove(f.self(fmt.Sprint("v", (last-1)%17)), fmt.Sprint("v", (last-1)%17), int64(last-1)); err != nil { // signs the head
		f.t.Fatal(err)
	}
	c, err := f.Checkpoint(f.t.Context())
	if err != nil {
		f.t.Fatal(err)
	}
	proof, err := f.Continues(f.t.Context(), f.seen.Size, c.Size)
	if err != nil {
		f.t.Fatal(err)
	}
	if _, err := f.seen.Look(c.Note, proof.Proof); err != nil {
		f.t.Fatal(err)
	}
	if err := f.seen.Cosign("witness.test", private, start); err != nil {
		f.t.Fatal(err)
	}
	if err := f.Cosigned(f.t.Context(), []byte(f.seen.Checkpoint)); err != nil {
		f.t.Fatal(err)
	}
}

func (f *forger) dump() map[string][][]any {
	f.t.Helper()
	out := map[string][][]any{}
	err := f.store.Snapshot(access.AsMachine(f.t.Context(), "test"), func(ctx context.Context, p store.Plain) error {
		for table, columns := range tables {
			err := p.Each(ctx, `SELECT `+strings.Join(columns, ", ")+` FROM `+table+` ORDER BY id`, nil, func(scan func(...any) error) error {
				row, to := make([]any, len(columns)), make([]any, len(columns))
				for i := range row {
					to[i] = &row[i]
				}
				err := scan(to...)
				for i := range row {
					if b, ok := row[i].([]byte); ok {
						row[i] = bytes.Clone(b)
					}
				}
				out[table] = append(out[table], row)
				return err
			})
			if err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		f.t.Fatal(err)
	}
	return out
}

// write puts rows in place of all that is there.
func (f *forger) write(rows map[string][][]any) error {
	return f.store.InTx(access.AsMachine(f.t.Context(), "test"), func(ctx context.Context, tx store.Tx) error {
		for table, columns := range tables {
			if _, err := tx.Plain().Exec(ctx, `DELETE FROM `+table); err != nil {
				return err
			}
			marks := make([]string, len(columns))
			for i := range marks {
				marks[i] = fmt.Sprint("$", i+1)
			}
			for _, row := range rows[table] {
				if _, err := tx.Plain().Exec(ctx, `INSERT INTO `+table+` (`+strings.Join(columns, ", ")+`) VALUES (`+strings.Join(marks, ", ")+`)`, row...); err != nil {
					return err
				}
			}
		}
		return nil
	})
}

// copied are rows that may be changed.
func copied(rows map[string][][]any) map[string][][]any {
	out := map[string][][]any{}
	for table, all := range rows {
		for _, row := range all {
			row = slices.Clone(row)
			for i := range row {
				if b, ok := row[i].([]byte); ok {
					row[i] = bytes.Clone(b)
				}
			}
			out[table] = append(out[table], row)
		}
	}
	return out
}

// another is a value unlike v.
func (f *forger) another(v any, column [][]any, i int) any {
	switch v := v.(type) {
	case int64:
		return v + []int64{-1, 1, 1000, -5000, 1 << 40}[f.rnd.IntN(5)]
	case string:
		return v + "x"
	case []byte:
		if other, _ := column[f.rnd.IntN(len(column))][i].([]byte); f.rnd.IntN(3) == 0 && !bytes.Equal(other, v) {
			return bytes.Clone(other)
		}
		switch out := bytes.Clone(v); f.rnd.IntN(4) {
		case 0:
			return out[:f.rnd.IntN(len(out))]
		case 1:
			return append(out, byte(f.rnd.IntN(256)))
		default:
			out[f.rnd.IntN(len(out))] ^= byte(1 << f.rnd.IntN(8))
			return out
		}
	}
	return nil
}

// rehashed makes hashes, head and filing fit the leaves, as whoever knows the method can.
func rehashed(rows map[string][][]any) {
	var hashes []tlog.Hash
	read := tlog.HashReaderFunc(func(at []int64) (out []tlog.Hash, _ error) {
		for _, n := range at {
			out = append(out, hashes[n])
		}
		return out, nil
	})
	all := rows["receipts"]
	rows["receipt_persons"] = nil
	for i, row := range all {
		rows["receipt_persons"] = append(rows["receipt_persons"], []any{int64(i), row[2]})
		made, _ := tlog.StoredHashes(int64(i), row[3].([]byte), read) //nolint:forcetypeassert // a column of bytes
		hashes = append(hashes, made...)
		var flat []byte
		for _, h := range made {
			flat = append(flat, h[:]...)
		}
		row[0], row[4] = int64(i), flat
	}
	root, _ := tlog.TreeHash(int64(len(all)), read)
	rows["receipt_heads"][0][2], rows["receipt_heads"][0][3] = int64(len(all)), root[:]
}

// forge alters something and says what.
func (f *forger) forge(rows map[string][][]any) string {
	leaves := rows["receipts"]
	n := len(leaves)
	at := f.rnd.IntN(n)
	rewrite := func(row []any) { // another fact in the same words, its columns too
		leaf, err := receipt.Parse(row[3].([]byte)) //nolint:forcetypeassert // a column of bytes
		if err != nil {
			f.t.Fatal(err)
		}
		leaf.Purpose = "ANOTHER_PURPOSE"
		row[3] = leaf.Bytes()
	}
	switch f.rnd.IntN(11) {
	case 10: // the last may go: then it is not filed yet
		filed := rows["receipt_persons"]
		at := f.rnd.IntN(len(filed) - 1)
		rows["receipt_persons"] = slices.Delete(filed, at, at+1)
		return fmt.Sprintf("receipt_persons %d deleted", at)
	case 0, 1, 2, 3:
		table := []string{"receipts", "receipts", "receipts", "receipt_heads", "receipt_checkpoints", "receipt_cosignatures", "receipt_persons"}[f.rnd.IntN(7)]
		columns := len(tables[table])
		if table == "receipt_checkpoints" {
			columns-- // when it was signed is a note of ours, not evidence
		}
		i, c := f.rnd.IntN(len(rows[table])), f.rnd.IntN(columns)
		rows[table][i][c] = f.another(rows[table][i][c], rows[table], c)
		return fmt.Sprintf("%s %d %s changed", table, i, tables[table][c])
	case 4:
		rows["receipts"] = slices.Delete(leaves, at, at+1)
		if f.rnd.IntN(2) == 0 {
			rehashed(rows)
		}
		return fmt.Sprintf("leaf %d deleted", at)
	case 5:
		to := (at + 1 + f.rnd.IntN(n-1)) % n
		for c := 1; c < 5; c++ {
			leaves[at][c], leaves[to][c] = leaves[to][c], leaves[at][c]
		}
		if f.rnd.IntN(2) == 0 {
			rehashed(rows)
		}
		return fmt.Sprintf("leaves %d and %d swapped", at, to)
	case 6:
		more := slices.Clone(leaves[f.rnd.IntN(n)])
		rewrite(more)
		rows["receipts"] = slices.Insert(leaves, at, more)
		rehashed(rows)
		return fmt.Sprintf("a leaf put in before %d, everything behind it reckoned again", at)
	case 7:
		rewrite(leaves[at])
		rehashed(rows)
		return fmt.Sprintf("leaf %d rewritten, the tree and the head too", at)
	case 8:
		rows["receipts"] = leaves[:at]
		rehashed(rows)
		for _, table := range []string{"receipt_checkpoints", "receipt_cosignatures"} {
			of := slices.Index(tables[table], map[string]string{"receipt_checkpoints": "id", "receipt_cosignatures": "size"}[table])
			rows[table] = slices.DeleteFunc(rows[table], func(row []any) bool { return row[of].(int64) > int64(at) }) //nolint:forcetypeassert // a column of numbers
		}
		return fmt.Sprintf("rolled back to %d leaves, with head and checkpoints", at)
	default:
		switch f.rnd.IntN(3) {
		case 0:
			rows["receipt_heads"] = nil
			return "the head deleted"
		case 1:
			head := slices.Clone(rows["receipt_heads"][0])
			head[0] = int64(2)
			rows["receipt_heads"] = append(rows["receipt_heads"], head)
			return "a second head"
		}
		rewrite(leaves[at])
		rehashed(rows)
		rows["receipt_checkpoints"], rows["receipt_cosignatures"] = nil, nil
		return fmt.Sprintf("leaf %d rewritten, the tree and the head too, and every checkpoint taken away", at)
	}
}

// Whatever is altered in the database, the audit finds it, and where it is a leaf it
// names the first. VETGRAPH_RECEIPT_FORGERIES says how many are tried.
func TestForgeriesAreFound(t *testing.T) {
	forgeries := 500
	if n, err := strconv.Atoi(os.Getenv("VETGRAPH_RECEIPT_FORGERIES")); err == nil {
		forgeries = n
	}
	f := newForger(t, 61)
	audit := func() string {
		t.Helper()
		report, err := receipt.Audit(t.Context(), f.store, f.keys)
		if err != nil {
			return err.Error()
		}
		return report.Wrong
	}
	report, err := receipt.Audit(t.Context(), f.store, f.keys)
	if err != nil || report.Wrong != "" || report.Leaves != 61 || report.Seen != 61 || report.Cosigned != 7 || report.Checkpoints != 7 {
		t.Fatalf("untouched: %+v, %v", report, err)
	}
	tried := 0
	for range forgeries {
		rows := copied(f.rows)
		what := f.forge(rows)
		if fmt.Sprint(rows) == fmt.Sprint(f.rows) {
			continue
		}
		if err := f.write(rows); err != nil {
			if !strings.Contains(err.Error(), "UNIQUE") && !strings.Contains(err.Error(), "NOT NULL") {
				t.Fatal(err)
			}
			continue // the database itself refuses it
		}
		tried++
		found := audit()
		if found == "" {
			t.Errorf("%s: not found", what)
		}
		var leaf int
		if n, _ := fmt.Sscanf(what, "receipt_persons %d ", &leaf); n == 1 && !strings.HasSuffix(what, " id changed") && !strings.HasPrefix(found, fmt.Sprintf("receipt_persons %d:", leaf)) {
			t.Errorf("%s: found is %q", what, found)
		}
		if n, _ := fmt.Sscanf(what, "receipts %d ", &leaf); n == 1 && !strings.HasSuffix(what, " id changed") && !strings.HasPrefix(found, fmt.Sprintf("receipts %d:", leaf)) {
			t.Errorf("%s: found is %q", what, found)
		}
	}
	if err := f.write(f.rows); err != nil || audit() != "" {
		t.Errorf("put back: %v, %s", err, audit())
	}
	if tried < forgeries*8/10 {
		t.Errorf("only %d of %d were forgeries", tried, forgeries)
	}
	t.Logf("%d forgeries, all found", tried)
}
