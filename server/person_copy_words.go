package server

import (
	"bytes"
	"encoding/json"
	"fmt"
)

// words writes an answer under the names that people know: keys as the schema
// describes them, codes beside what they mean. What has no value is left out.
func (n *copyNode) words(raw json.RawMessage, b *bytes.Buffer) error {
	raw = bytes.TrimSpace(raw)
	if len(raw) == 0 || bytes.Equal(raw, []byte("null")) {
		b.WriteString("null")
		return nil
	}
	if raw[0] == '[' && (n.of != nil || n.text || n.values != nil) {
		var all []json.RawMessage
		if err := json.Unmarshal(raw, &all); err != nil {
			return fmt.Errorf("%s: %w", n.coordinate, err)
		}
		b.WriteByte('[')
		for i, one := range all {
			if i > 0 {
				b.WriteByte(',')
			}
			if err := n.words(one, b); err != nil {
				return err
			}
		}
		b.WriteByte(']')
		return nil
	}
	switch {
	case n.text:
		var t struct {
			Zh json.RawMessage `json:"zh"`
		}
		if err := json.Unmarshal(raw, &t); err != nil {
			return fmt.Errorf("%s: %w", n.coordinate, err)
		}
		b.Write(t.Zh)
		return nil
	case n.values != nil:
		var code string
		if err := json.Unmarshal(raw, &code); err != nil {
			return fmt.Errorf("%s: %w", n.coordinate, err)
		}
		b.WriteString(`{"代码":`)
		b.Write(raw)
		b.WriteString(`,"名称":`)
		writeWord(b, n.values[code])
		b.WriteByte('}')
		return nil
	case n.of == nil:
		b.Write(raw)
		return nil
	}
	return n.members(raw, b)
}

// members writes the fields of one object.
func (n *copyNode) members(raw json.RawMessage, b *bytes.Buffer) error {
	var has map[string]json.RawMessage
	if err := json.Unmarshal(raw, &has); err != nil {
		return fmt.Errorf("%s: %w", n.coordinate, err)
	}
	b.WriteByte('{')
	first := true
	for _, f := range n.of {
		value := bytes.TrimSpace(has[f.key])
		if len(value) == 0 || bytes.Equal(value, []byte("null")) {
			continue
		}
		if !first {
			b.WriteByte(',')
		}
		first = false
		writeWord(b, f.label)
		b.WriteByte(':')
		if err := f.words(value, b); err != nil {
			return err
		}
	}
	b.WriteByte('}')
	return nil
}

// writeWord writes a text as JSON, with its signs as they are.
func writeWord(b *bytes.Buffer, s string) {
	e := json.NewEncoder(b)
	e.SetEscapeHTML(false)
	_ = e.Encode(s) // a buffer takes everything, and a text is always JSON
	b.Truncate(b.Len() - 1)
}
