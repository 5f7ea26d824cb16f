package casefile

import (
	"bytes"
	"compress/flate"
	"encoding/json"
	"fmt"
	"io"
	"sync"
)

// largest is the most that sealed content may unfold to.
const largest = 16 << 20 // bytes

// packers are kept for the next: a new one takes more than a megabyte, many times
// what it packs.
var packers = sync.Pool{New: func() any {
	w, _ := flate.NewWriter(nil, flate.BestSpeed) // fails only for a level that there is not
	return w
}}

// seal makes sealed content of a value: JSON, packed (a plan of thirteen matters
// shrinks to a tenth), then encrypted and bound to its place.
func (d *Desk) seal(v any, bind string) ([]byte, error) {
	var packed bytes.Buffer
	w := packers.Get().(*flate.Writer)
	defer packers.Put(w)
	w.Reset(&packed)
	if err := json.NewEncoder(w).Encode(v); err != nil {
		return nil, fmt.Errorf("write JSON: %w", err)
	}
	if err := w.Close(); err != nil {
		return nil, fmt.Errorf("pack: %w", err)
	}
	return d.Vault.Seal(packed.Bytes(), bind), nil
}

// unseal reads what seal made, at the same place.
func (d *Desk) unseal(sealed []byte, bind string, to any) error {
	packed, err := d.Vault.Open(sealed, bind)
	if err != nil {
		return fmt.Errorf("open sealed content: %w", err)
	}
	return Unpack(packed, to)
}

// Unpack reads what was sealed by this room and opened by somebody else, who has
// [SealedColumns]: packed JSON.
func Unpack(packed []byte, to any) error {
	if err := json.NewDecoder(io.LimitReader(flate.NewReader(bytes.NewReader(packed)), largest)).Decode(to); err != nil {
		return fmt.Errorf("read sealed content: %w", err)
	}
	return nil
}
