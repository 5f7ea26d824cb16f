package server_test

import (
	"strings"
	"testing"

	"github.com/vetgraph/vetgraph/internal/store/storetest"
)

// What an operation costs is what the schema says by @cost and @listSize: 1 for a
// field, what lies below a list for each row that it may have.
func TestCostIsWhatTheSchemaSays(t *testing.T) {
	k := open(t, storetest.SQLite(t), noon)
	for query, want := range map[string]string{
		`{ me { kind } }`:                                                                      "2",
		`{ veterans { nodes { name } } }`:                                                      "41",  // 1 + 20 × (1 + 1)
		`{ veterans(first: null) { nodes { name } } }`:                                         "41",  // nothing said is the usual page
		`{ veterans(first: 3) { nodes { name } } }`:                                            "7",   // 1 + 3 × 2
		`{ veterans(first: 5000) { nodes { name } } }`:                                         "201", // no page is larger than 100
		`{ veterans(first: -1) { nodes { name } } }`:                                           "3",   // nor smaller than 1
		`query ($n: Int = 4) { veterans(first: $n) { nodes { name } } }`:                       "9",   // by a variable
		`{ veterans(first: 2) { nodes { cases(first: 3) { nodes { id } } } } }`:                "17",  // 1 + 2 × (1 + 1 + 3 × 2)
		`{ veterans(first: 2) { nodes { ...f } } } fragment f on Veteran { name ... { sex } }`: "7",   // fragments are free, what they hold is not
		`{ me { veteran { departments { state } } } }`:                                         "23",  // 1 + 1 + 20 + 1
		`{ ports { id } }`:                            "106", // by @listSize alone
		`{ items { nodes { id } } }`:                  "41",  // every list with pages has one
		`{ __schema { types { name } } me { kind } }`: "2",   // looking at the schema
	} {
		if got := k.priced("clerk", query, `{}`).headers.Get("X-Query-Cost"); got != want {
			t.Errorf("%s costs %s, want %s", strings.TrimSpace(query), got, want)
		}
	}
}
