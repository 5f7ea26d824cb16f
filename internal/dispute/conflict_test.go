package dispute_test

import (
	"context"
	"testing"
	"time"

	"github.com/vetgraph/vetgraph/internal/access"
	"github.com/vetgraph/vetgraph/internal/dispute"
	"github.com/vetgraph/vetgraph/internal/profile"
	"github.com/vetgraph/vetgraph/internal/store"
	"github.com/vetgraph/vetgraph/internal/store/storetest"
)

// Where sources disagree the person objects before the source of record, whose
// decision ends the disagreement: by the word it has, or by the next one.
func TestDisputeOfConflict(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		r := newRig(t, s)
		ctx := access.AsMachine(t.Context(), "test")
		say := func(hero int, department string, age time.Duration, value string) {
			t.Helper()
			at := noon().Add(-age)
			h := profile.Heard{VeteranID: r.heroes[hero], Department: department, Known: true, AsOf: at, At: at, Facts: map[string]any{"enlistDate": value}}
			must(t, s.InTx(ctx, func(ctx context.Context, tx store.Tx) error {
				return r.desk.Profile.Mirror(ctx, tx, []profile.Heard{h})
			}))
		}
		found := func(hero int) profile.Finding {
			t.Helper()
			rows, err := r.desk.Profile.ReadRows(ctx, r.heroes)
			must(t, err)
			f, err := r.desk.Profile.Findings(rows[r.heroes[hero]])
			must(t, err)
			return f.By["enlistDate"]
		}
		for hero, upheld := range []bool{false, true} {
			was := found(hero).Words[0].Value
			say(hero, "MIL", time.Hour, "2010-01-02")
			row, err := r.desk.Object(r.veteran(hero), dispute.Objection{VeteranID: r.heroes[hero], Field: "enlistDate", Reason: "两个部门的记录不一致。"})
			must(t, err)
			if row.Department != "VA" || !found(hero).Conflict() {
				t.Fatalf("before %s", row.Department)
			}
			_, err = r.desk.Decide(r.officer("VA", home), row.ID, upheld, "经核对原始档案。")
			must(t, err)
			if f := found(hero); f.Conflict() != upheld || f.Words[0].Value != was {
				t.Errorf("upheld %v: %+v", upheld, f)
			}
		}
		say(1, "VA", time.Minute, "2011-03-04") // it has corrected its record
		if f := found(1); f.Conflict() || f.Words[0].Value != "2011-03-04" {
			t.Errorf("corrected: %+v", f)
		}
	})
}
