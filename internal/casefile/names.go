package casefile

import (
	"crypto/rand"
	"encoding/base32"
	"strings"

	gencase "github.com/vetgraph/vetgraph/ent/gen/casefile"
	"github.com/vetgraph/vetgraph/internal/workday"
)

// newNumber is a case number (办件编号) for paper and telephone: county, day of
// acceptance, and seven characters that are hard to confuse and to guess.
func newNumber(division string, on workday.Day) string {
	var b [5]byte
	_, _ = rand.Read(b[:]) // never fails
	return division[:6] + "-" + strings.ReplaceAll(on.String(), "-", "") + "-" + crockford.EncodeToString(b[:])[:7]
}

// crockford leaves out I, L, O and U.
var crockford = base32.NewEncoding("0123456789ABCDEFGHJKMNPQRSTVWXYZ").WithPadding(base32.NoPadding)

func channel(name string) gencase.Channel {
	if c := gencase.Channel(name); gencase.ChannelValidator(c) == nil {
		return c
	}
	return gencase.DefaultChannel
}

// What is sealed is bound to its place, so that one case's answers cannot be
// passed off as another's.
func bindAnswers(caseID string) string   { return "case_files:answers:" + caseID }
func bindPlan(caseID string) string      { return "case_files:plan:" + caseID }
func bindOutputs(itemID string) string   { return "items:outputs:" + itemID }
func bindSupplement(rowID string) string { return "corrections:answers:" + rowID }
