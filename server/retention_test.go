package server_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/vetgraph/vetgraph/ent/gen/casefile"
	"github.com/vetgraph/vetgraph/ent/gen/item"
	"github.com/vetgraph/vetgraph/internal/access"
	"github.com/vetgraph/vetgraph/internal/backup"
	"github.com/vetgraph/vetgraph/internal/lifecycle"
	board "github.com/vetgraph/vetgraph/internal/progress"
	"github.com/vetgraph/vetgraph/internal/retention"
	"github.com/vetgraph/vetgraph/internal/store"
	"github.com/vetgraph/vetgraph/internal/store/storetest"
	"github.com/vetgraph/vetgraph/internal/workday"
	"github.com/vetgraph/vetgraph/server"
)

// Years go by over people with cases in every state. At each look exactly what the
// rules say goes, as reckoned row by row without the code under test: nothing else in
// any table changes. Killed between batches it continues, twice is the same as once,
// and everything can still be read, counted, proved and backed up.
func TestRetention(t *testing.T) {
	for name, address := range map[string]func(testing.TB) string{"sqlite": storetest.SQLite, "postgres": storetest.PostgreSQL} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			database := address(t)
			k := open(t, database, noon, func(c *server.Config) { c.Veterans = 150 })
			k.older()
			k.still(t.Context())
			took, held := map[string]int64{}, map[string]int{}
			for _, years := range []float64{0, 0.01, 0.51, 1.1, 2.1, 3.1, 10.5} {
				now := noon().Add(time.Duration(years * 365.25 * 24 * float64(time.Hour)))
				for rule, n := range k.pass(now, held) {
					took[rule] += n
				}
			}
			rules, err := retention.Builtin()
			if err != nil {
				t.Fatal(err)
			}
			for _, term := range rules.All() {
				if took[term.Name] == 0 {
					t.Errorf("nothing was ever due of %s", term.Name)
				}
			}
			for _, hold := range []string{"OPEN_CASE", "OPEN_WORD", "OPEN_DISPUTE", "OPEN_TASK", "OPEN_MANDATE"} {
				if held[hold] == 0 {
					t.Errorf("nothing was ever held by %s", hold)
				}
			}
			k.readable(database)
			t.Log(took, held)
		})
	}
}

// pass does one look at a moment and compares.
func (k *talk) pass(now time.Time, held map[string]int) map[string]int64 {
	k.t.Helper()
	keeper := *k.hub.Retention
	keeper.Now, keeper.Batch = func() time.Time { return now }, 20
	want := k.world()
	taken, kept := want.forget(k.t, keeper.Rules, now)
	for by, n := range kept {
		held[by] += n
	}
	due, err := keeper.Check(k.t.Context())
	if err != nil {
		k.t.Fatal(err)
	}
	for _, d := range due {
		// What goes with a draft is counted there, and may be due by itself.
		if d.Rows != taken[d.Term.Name] && (d.Term.Name != "notices" || d.Rows < taken[d.Term.Name]) {
			k.t.Errorf("%s: %s: %d are said to be due, %d are", now.Format(time.DateOnly), d.Term.Name, d.Rows, taken[d.Term.Name])
		}
	}
	killed := 0
	for { // killed after the first batch, after the second of the next round, and so on
		ctx, kill := context.WithCancel(k.t.Context())
		batches := 0
		keeper.Told = func(*retention.Term, int64) {
			if batches++; batches > killed {
				kill()
			}
		}
		_, err := keeper.Round(ctx)
		kill()
		if err == nil {
			break
		}
		if killed++; !errors.Is(err, context.Canceled) {
			k.t.Fatal(err)
		}
	}
	if where := want.differs(k.world()); len(where) > 0 {
		k.t.Errorf("%s, killed %d times: %s", now.Format(time.DateOnly), killed, strings.Join(where, "\n\t"))
	}
	keeper.Told = nil
	var both sync.WaitGroup
	for range 2 { // two hubs at once find nothing more
		both.Go(func() {
			if all, err := keeper.Round(k.t.Context()); err != nil || slices.ContainsFunc(all, func(d retention.Due) bool { return d.Rows > 0 }) {
				k.t.Errorf("again: %+v, %v", all, err)
			}
		})
	}
	both.Wait()
	if where := want.differs(k.world()); len(where) > 0 {
		k.t.Errorf("%s, done again: %s", now.Format(time.DateOnly), strings.Join(where, "\n\t"))
	}
	return taken
}

// older gives people what examples have none of: drafts, one of whom is disputed and
// one in somebody's hands, checks, assertions, appointments, what they wrote.
func (k *talk) older() {
	k.t.Helper()
	var out struct{}
	draft := func(hero int) {
		k.get(fmt.Sprintf("veteran%d", hero), `mutation($i: SaveDraftInput!) { saveDraft(input: $i) { case { id } } }`, map[string]any{"i": map[string]any{
			"veteranId": k.heroes[hero], "matters": []string{"M01"}, "answers": []any{map[string]any{"field": "mobile", "value": typed[0]}}}}, &out)
	}
	for hero := range 4 {
		draft(hero)
		k.get(fmt.Sprintf("veteran%d", hero), `mutation { startIdentityCheck { check { id } } }`, nil, &out)
	}
	object := func(hero int) string {
		var made struct {
			DisputeValue struct{ Dispute struct{ ID string } }
		}
		k.get(fmt.Sprintf("veteran%d", hero), `mutation($i: DisputeValueInput!) { disputeValue(input: $i) { dispute { id } } }`, map[string]any{"i": map[string]any{
			"veteranId": k.heroes[hero], "field": "education", "claim": "20", "reason": "我是本科毕业"}}, &made)
		return made.DisputeValue.Dispute.ID
	}
	object(1)
	k.get("officer-va", `mutation($i: DecideDisputeInput!) { decideDispute(input: $i) { dispute { id } } }`, map[string]any{"i": map[string]any{
		"disputeId": object(0), "upheld": false, "words": "档案无误。"}}, &out)
	k.get("clerk", asking, map[string]any{"i": map[string]any{"veteranId": k.heroes[2], "matters": []string{"M03"}, "until": workday.FromTime(noon()).AddDays(7).String()}}, &out)
	k.fileAll(4)
	machine := access.AsMachine(k.t.Context(), "test")
	err := k.hub.Store.InTx(machine, func(ctx context.Context, tx store.Tx) error {
		if _, err := tx.Plain().Exec(ctx, "UPDATE mandates SET until = $1 WHERE veteran_id = $2", workday.FromTime(noon()).AddDays(300), k.heroes[2]); err != nil {
			return err
		}
		if err := tx.Ent.ClientAssertion.Create().SetID("spent").SetUntil(noon().UTC()).Exec(ctx); err != nil {
			return err
		}
		for i, state := range []lifecycle.CaseState{lifecycle.CaseCompleted, lifecycle.CaseInProgress} {
			c, err := tx.Ent.CaseFile.Query().Where(casefile.StateEQ(state)).Order(casefile.ByID()).First(ctx)
			if err != nil {
				return err
			}
			err = tx.Ent.Appointment.Create().SetID(fmt.Sprint("visit", i)).SetCaseID(c.ID).SetVeteranID(c.VeteranID).SetSlotID("s").SetDivision(c.Division).SetWindow("w").
				SetDay(workday.FromTime(noon()).AddDays(-3)).SetStarts(540).SetEnds(570).SetMatters([]string{"M01"}).SetState("KEPT").SetCreatedAt(noon().UTC()).SetUpdatedAt(noon().UTC()).Exec(ctx)
			if err != nil {
				return err
			}
			if err := tx.Ent.Item.Update().Where(item.CaseID(c.ID)).SetOutputsSealed([]byte{1}).Exec(ctx); err != nil {
				return err
			}
			id := fmt.Sprint("rating", i)
			if err := tx.Ent.Rating.Create().SetID(id).SetCaseID(c.ID).SetVeteranID(c.VeteranID).SetMatter("M01").SetDepartment("VA").SetDivision(c.Division).SetRound(9).SetGrade(5).
				SetWordsSealed([]byte{1, 2, 3}).SetRatedAt(noon().UTC()).Exec(ctx); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		k.t.Fatal(err)
	}
}

// readable asks for everything again.
func (k *talk) readable(database string) {
	k.t.Helper()
	machine := access.AsMachine(k.t.Context(), "test")
	ended := k.hub.Store.Read.CaseFile.Query().Where(casefile.ClosedAtNotNil(), casefile.AnswersSealedIsNil()).Limit(12).AllX(machine)
	if len(ended) < 10 {
		k.t.Fatalf("only %d cases were emptied", len(ended))
	}
	for _, c := range ended {
		_, b := k.ask("clerk", k.public+"/graphql", `query($id: ID!) { case(id: $id) { state plan { catalogVersion } items { state resultNo answers { value } corrections { round words } }
			timeline { kind } materials { state } rating { grade words } feedbackSheet { complete lines { number } } veteran { disputes { claim reason state } notifications { id } } } }`, map[string]any{"id": c.ID})
		if strings.Contains(string(b), `"errors"`) || !strings.Contains(string(b), string(c.State)) {
			k.t.Errorf("a case that was emptied: %.600s", b)
		}
		code, b := k.copyWith(k.tokenOf(c.VeteranID))
		if code != 200 || !strings.Contains(string(b), c.Number) {
			k.t.Errorf("a copy: %d %.300s", code, b)
		}
	}
	_, b := k.ask("veteran0", k.public+"/graphql", `{ me { veteran { disputes { claim reason state } readReceipts(others: false) { nodes { id fields { coordinate } } } } } }`, nil)
	if strings.Contains(string(b), `"errors"`) || !strings.Contains(string(b), `"claim":null`) || !strings.Contains(string(b), `IdentityCheck.id`) {
		k.t.Errorf("reads: %.600s", b)
	}
	data := "--data=" + k.hub.Config.Data
	if status, out, errs := run("receipts", "audit", data, "--database="+database); status != 0 {
		k.t.Error(out, errs)
	}
	if m, err := backup.Write(k.t.Context(), k.hub.Store, filepath.Join(k.t.TempDir(), "after.tar"), "test", noon()); err != nil || m.Log.Broken() {
		k.t.Error(m, err)
	}
	if status, out, errs := run("retention", "--check", data, "--database="+database); status != 0 || !strings.Contains(out, "没有提交的草稿") {
		k.t.Error(status, out, errs)
	}
	count := func() string {
		n, err := k.hub.Cases.Board().Count(machine, board.Question{Division: "230000000000"})
		if err != nil {
			k.t.Fatal(err)
		}
		return fmt.Sprint(*n)
	}
	before := count()
	if err := k.hub.Cases.Board().Rebuild(machine); err != nil {
		k.t.Fatal(err)
	}
	if after := count(); after != before {
		k.t.Errorf("%s cases are counted, %s are there", before, after)
	}
}

// A hub does it by itself, counts what went, and tells who watches over it.
func TestRetentionRound(t *testing.T) {
	t.Parallel()
	e, set := listen(t)
	k := open(t, storetest.SQLite(t), noon, set, func(c *server.Config) {
		c.Retention = filepath.Join(t.TempDir(), "own.yaml")
		text, err := os.ReadFile("../internal/retention/rules.yaml")
		if err != nil {
			t.Fatal(err)
		}
		own := strings.Replace(string(text), "after: {days: 1, from: until}", "after: {days: 2, from: until}", 1)
		if err := os.WriteFile(c.Retention, []byte(own), 0o600); err != nil {
			t.Fatal(err)
		}
	})
	machine := access.AsMachine(t.Context(), "test")
	for id, days := range map[string]int{"day before yesterday": -2, "before that": -3} {
		if err := k.hub.Store.InTx(machine, func(ctx context.Context, tx store.Tx) error {
			return tx.Ent.ClientAssertion.Create().SetID(id).SetUntil(noon().UTC().AddDate(0, 0, days)).Exec(ctx)
		}); err != nil {
			t.Fatal(err)
		}
	}
	if err := k.hub.Forget(machine); err != nil {
		t.Fatal(err)
	}
	if left := k.hub.Store.Read.ClientAssertion.Query().IDsX(machine); len(left) != 1 || left[0] != "day before yesterday" {
		t.Errorf("left are %v", left)
	}
	if n := regexp.MustCompile(`vetgraph_retention_rows_total\{rule="assertions"\} 1\b`).FindString(k.metrics()); n == "" {
		t.Error("it is not counted")
	}
	if k.events("DATA_FORGOTTEN") == "" || !strings.Contains(e.heard(t, k.hub)["log"], `"rule":"assertions","rows":1,"event":"DATA_FORGOTTEN"`) {
		t.Error("it is not told")
	}
}

// Rules that are wrong are told whole, and nothing opens with them.
func TestRetentionRulesWrong(t *testing.T) {
	t.Parallel()
	path := write(t, "retention.yaml", "tables:\n  - {table: nothing, kept: 没有, law: 没有}\n")
	status, _, errs := run("retention", "--retention="+path)
	if status == 0 || !strings.Contains(errs, "there is no table nothing") || !strings.Contains(errs, "veterans has neither a term nor a reason") {
		t.Errorf("%d %s", status, errs)
	}
	if status, out, _ := run("retention"); status != 0 || len(strings.Split(strings.TrimSpace(out), "\n")) != 10 {
		t.Errorf("%d %s", status, out)
	}
}
