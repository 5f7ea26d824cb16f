package mandate

import (
	"context"
	"encoding/binary"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"

	"golang.org/x/text/unicode/norm"

	"github.com/vetgraph/vetgraph/ent/gen"
	"github.com/vetgraph/vetgraph/internal/access"
	"github.com/vetgraph/vetgraph/internal/fault"
)

// How a mandate was confirmed.
const (
	byCode   = "CODE"   // the veteran told it
	byQR     = "QR"     // the veteran showed it
	byPortal = "PORTAL" // the veteran agreed themself
)

const (
	scheme  = "vetgraph:mandate:" // of the QR text, before ID and code
	million = 1_000_000           // codes have six digits
)

// draw is the code of a mandate: six digits that only this installation can draw
// again (a keyed function of ID and expiry, truncated as in RFC 4226).
func (d *Desk) draw(id string, until time.Time) string {
	mac := d.Vault.Sign("mandates/code", []byte(id+" "+strconv.FormatInt(until.Unix(), 10)))
	return fmt.Sprintf("%06d", binary.BigEndian.Uint64(mac)%million)
}

func (d *Desk) digest(id, code string) []byte {
	return d.Vault.Sign("mandates/digest", []byte(id+" "+code))
}

// matches compares in constant time.
func (d *Desk) matches(m *gen.Mandate, code string) bool {
	return d.Vault.Verify("mandates/digest", []byte(m.ID+" "+code), m.CodeHash)
}

// alive says whether a code can still confirm a mandate.
func (d *Desk) alive(m *gen.Mandate) bool {
	return d.State(m) == Requested && m.CodeUntil != nil && d.Now().Before(*m.CodeUntil) && m.Attempts < d.Figures.CodeAttempts.Value
}

// QR is the text of the QR code that confirms a mandate: for the veteran alone,
// and only while the code can be used. Otherwise nil.
func (d *Desk) QR(ctx context.Context, m *gen.Mandate) *string {
	if v := access.From(ctx); v == nil || v.Kind != access.Veteran || v.Self != m.VeteranID || !d.alive(m) {
		return nil
	}
	return new(scheme + m.ID + ":" + d.draw(m.ID, *m.CodeUntil))
}

var digits = regexp.MustCompile(`^[0-9]{6}$`)

// readCode reads six digits, as they may be typed (blanks, full-width), or the QR
// text of this mandate. What cannot be a code is no attempt.
func readCode(mandateID, text string) (code, how string, err error) {
	malformed := fault.New(fault.Invalid, "MANDATE_CODE_MALFORMED", "确认码是 6 位数字，或这份委托的二维码内容。",
		"A code has six digits, or is the QR text of this mandate.").At("input", "code")
	if len(text) > 200 {
		return "", "", malformed
	}
	text, how = strings.TrimSpace(text), byCode
	if rest, ok := strings.CutPrefix(text, scheme); ok {
		id, last, _ := strings.Cut(rest, ":")
		if id != mandateID {
			return "", "", malformed
		}
		text, how = last, byQR
	}
	text = strings.NewReplacer(" ", "", "-", "").Replace(norm.NFKC.String(text))
	if !digits.MatchString(text) {
		return "", "", malformed
	}
	return text, how, nil
}
