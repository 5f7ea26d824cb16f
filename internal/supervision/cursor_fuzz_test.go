package supervision

import (
	"testing"

	"github.com/vetgraph/vetgraph/ent/gen"
	"github.com/vetgraph/vetgraph/internal/fault"
)

// FuzzCursor: a cursor is a place in a page, written in one way, or a fault.
func FuzzCursor(f *testing.F) {
	f.Add("2026-11-24:01932b5c-0000-7000-8000-000000000001")
	f.Add("2026-11-24:")
	f.Add("9999-99-99:x:y")
	f.Fuzz(func(t *testing.T, text string) {
		day, id, err := place(text)
		if err != nil {
			if fault.Of(err).Reason != "CURSOR_MALFORMED" {
				t.Errorf("%q: %v", text, err)
			}
			return
		}
		if written := Cursor(&gen.Task{ID: id, DueOn: day}); written != text {
			t.Errorf("%q is read as %q", text, written)
		}
	})
}
