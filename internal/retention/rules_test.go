package retention_test

import (
	"context"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/vetgraph/vetgraph/ent/gen/migrate"
	"github.com/vetgraph/vetgraph/internal/retention"
	"github.com/vetgraph/vetgraph/internal/store"
	"github.com/vetgraph/vetgraph/internal/store/storetest"
)

// Every table of the record is in the rules exactly once.
func TestBuiltin(t *testing.T) {
	r, err := retention.Builtin()
	if err != nil {
		t.Fatal(err)
	}
	if len(r.Tables) != len(migrate.Tables) {
		t.Errorf("%d tables have rules, there are %d", len(r.Tables), len(migrate.Tables))
	}
	if len(r.All()) < 10 {
		t.Errorf("only %d terms", len(r.All()))
	}
	for _, term := range r.All() {
		if term.Table() == "" || term.After.String() == "" {
			t.Errorf("%+v", term)
		}
	}
}

// Every mistake is told, at once.
func TestLoadTellsAll(t *testing.T) {
	text, err := os.ReadFile("rules.yaml")
	if err != nil {
		t.Fatal(err)
	}
	whole := string(text)
	for _, c := range []struct{ old, new string }{
		{"in: [DRAFT, RETURNED]", "in: [DRAFT, MISLAID]"},
		{"{column: submitted_at, is: UNSET}", "{column: created_at, is: UNSET}"},
		{"{days: 180, from: updated_at}", "{days: 180, years: 1, from: updated_at}"},
		{"with: [events, pre_reviews, obligations, notifications, tasks]", "with: [events, ranks]"},
		{"empties: [outputs_sealed]", "empties: [decided_by, state]"},
		{"unless: [OPEN_CASE, OPEN_DISPUTE]", "unless: [OPEN_CASE, OPEN_DOOR]"},
		{"after: {days: 365, from: day}", "after: {days: 365, from: window}"},
		{"- name: opinions", "- name: claims"},
		{"    do: ANONYMOUS\n        empties: [claim_sealed]", "    do: SHREDDED"},
		{"{table: slots,", "{table: slits,"},
		{"  - {table: divisions, kept: 行政区划，没有个人, law: 不涉及个人信息}\n", "  - {table: divisions, kept: 行政区划，没有个人}\n"},
		{"confidence: A\n  - table: identity_checks", "confidence: Z\n  - table: identity_checks"},
	} {
		if !strings.Contains(whole, c.old) {
			t.Fatalf("there is no %s", c.old)
		}
		whole = strings.Replace(whole, c.old, c.new, 1)
	}
	_, err = retention.Load("rules.yaml", []byte(whole))
	if err == nil {
		t.Fatal("taken")
	}
	for _, want := range []string{
		"state is never MISLAID", "created_at is always set", "or 1 to 100 years", "ranks does not", "no column state that may be empty", "OPEN_DOOR is no hold", "identity_checks wants unless: OPEN_DISPUTE",
		"no time or day window", `"claims" is no name`, "not SHREDDED", "there is no table slits", "slots has neither a term nor", "divisions wants to be kept", "wants a mark of the catalogue",
	} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("nothing of %q in\n%v", want, err)
		}
	}
}

// A term is over once its last day is: the day itself is not counted, whatever the
// hour, and days are those of China.
func TestSpan(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		keeper := &retention.Keeper{Store: s}
		ended := time.Date(2026, 2, 28, 15, 59, 0, 0, time.UTC) // 23:59 in Beijing
		if err := s.InTx(t.Context(), func(ctx context.Context, tx store.Tx) error {
			return tx.Ent.ClientAssertion.Create().SetID("a").SetUntil(ended).Exec(ctx)
		}); err != nil {
			t.Fatal(err)
		}
		for at, want := range map[time.Time]int64{
			ended.Add(time.Hour):                           0,
			time.Date(2026, 3, 1, 15, 59, 59, 0, time.UTC): 0, // the last moment of the day after
			time.Date(2026, 3, 1, 16, 0, 1, 0, time.UTC):   1,
			time.Date(2026, 2, 28, 16, 1, 0, 0, time.UTC):  0,
			time.Date(2027, 3, 1, 16, 0, 0, 0, time.UTC):   1,
		} {
			keeper.Now = func() time.Time { return at }
			all, err := keeper.Check(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			for _, d := range all {
				if d.Term.Name == "assertions" && d.Rows != want {
					t.Errorf("at %s %d are due, want %d", at, d.Rows, want)
				}
			}
		}
	})
}
