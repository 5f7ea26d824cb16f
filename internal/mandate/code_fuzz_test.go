package mandate

import (
	"strings"
	"testing"

	"github.com/vetgraph/vetgraph/internal/fault"
)

// FuzzCode: what is typed or scanned is six digits for this mandate, or a fault that
// repeats nothing of it.
func FuzzCode(f *testing.F) {
	const id = "01932b5c-0000-7000-8000-000000000001"
	for _, s := range []string{"123456", " 12-34 56 ", "１２３４５６", scheme + id + ":123456", scheme + "other:123456", scheme + id + ":１２３４５６:x", scheme, "12345６", "٣٤٥٦٧٨"} {
		f.Add(id, s)
	}
	f.Fuzz(func(t *testing.T, id, text string) {
		code, how, err := readCode(id, text)
		if err != nil {
			if of := fault.Of(err); of.Reason != "MANDATE_CODE_MALFORMED" {
				t.Errorf("%q: %v", text, err)
			}
			return
		}
		if len(code) != 6 || strings.Trim(code, "0123456789") != "" {
			t.Errorf("%q is read as %q", text, code)
		}
		if how == byQR && !strings.HasPrefix(strings.TrimSpace(text), scheme+id+":") {
			t.Errorf("%q is read as the QR text of %q", text, id)
		}
	})
}
