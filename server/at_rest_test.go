package server_test

import (
	"bytes"
	"encoding/hex"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/vetgraph/vetgraph/internal/department"
	"github.com/vetgraph/vetgraph/internal/division"
	"github.com/vetgraph/vetgraph/internal/population"
	"github.com/vetgraph/vetgraph/internal/store/storetest"
	"github.com/vetgraph/vetgraph/internal/workday"
)

// secrets are the numbers, telephones, accounts and addresses of everybody in the
// demonstration: what may not stand in the clear at rest. Names may: people are
// looked for by them.
func secrets(n int, accounts ...string) map[string]string {
	words := map[string]string{}
	add := func(what string, values ...string) {
		for _, v := range values {
			if v != "" {
				words[v] = what
			}
		}
	}
	add("typed", typed...)
	add("account", accounts...)
	for p := range population.Generate(1, n, workday.FromTime(time.Now()), division.Builtin()) {
		add("number", p.Number.Reveal())
		if p.Contact != nil {
			add("contact", p.Contact.Mobile, p.Contact.Address)
		}
		for _, h := range p.Households {
			add("address", h.Address)
		}
	}
	return words
}

// Cases go through their whole lives, with money to a wrong account and then to the
// right one, a draft and a department that is asked; then nothing that a thief of
// the disk or of a backup reads tells a number, a telephone, an account or an
// address: not the file of SQLite nor its log, byte by byte, and not any column of
// any table, the queue's included.
func TestNobodyIsToldAtRest(t *testing.T) {
	t.Parallel()
	for name, address := range map[string]func(testing.TB) string{"sqlite": storetest.SQLite, "postgres": storetest.PostgreSQL} {
		t.Run(name, func(t *testing.T) {
			database := address(t)
			k := open(t, database, nil)
			accounts := k.lives()
			words := secrets(k.hub.Config.Veterans, accounts...)
			if len(words) < 3*k.hub.Config.Veterans {
				t.Fatalf("only %d words to look for", len(words))
			}
			rows := k.rows()
			if len(rows) < 1000 {
				t.Fatalf("only %d values at rest", len(rows))
			}
			seen, name := false, heroName(k)
			for where, value := range rows {
				seen = seen || bytes.Contains(value, []byte(name))
				for word, what := range words {
					if bytes.Contains(value, []byte(word)) {
						t.Errorf("the %s of somebody is in %s", what, where)
					}
				}
			}
			if !seen {
				t.Error("not even a name was found, which stands in the clear: this looks in the wrong place")
			}
			path, ok := strings.CutPrefix(database, "sqlite:")
			if !ok {
				return
			}
			for _, file := range []string{path, path + "-wal"} {
				raw, err := os.ReadFile(file)
				if err != nil || len(raw) == 0 {
					t.Fatalf("%d bytes, %v", len(raw), err)
				}
				for word, what := range words {
					if at := bytes.Index(raw, []byte(word)); at >= 0 {
						t.Errorf("the %s of somebody is in %s at %d", what, file, at)
					}
				}
			}
		})
	}
}

// lives lets cases be drafted, filed, paid and ended, and answers the accounts that
// were named on the way.
func (k *talk) lives() []string {
	k.t.Helper()
	wrong, right := "99900000"+department.WrongAccount, "999000000111"
	var filed struct {
		SubmitCase struct {
			Case     *struct{ ID string }
			Problems []struct{ Field string }
		}
	}
	answers := []any{}
	file := func() {
		k.get("veteran0", `mutation($i: SubmitCaseInput!) { submitCase(input: $i) { case { id } problems { field } } }`, map[string]any{"i": map[string]any{
			"idempotencyKey": fmt.Sprintf("at-rest-%04d", len(answers)), "veteranId": k.heroes[0], "matters": []string{"M01", "M02"}, "answers": answers,
		}}, &filed)
	}
	file()
	known := map[string]any{"mobile": typed[0], "currentDivision": "230102001000", "currentAddress": typed[1],
		"bankName": "ICBC", "bankAccountNo": wrong, "bankAccountName": heroName(k)}
	for _, p := range filed.SubmitCase.Problems {
		answers = append(answers, map[string]any{"field": p.Field, "value": known[p.Field]})
	}
	var drafted struct {
		SaveDraft struct{ Case struct{ ID string } }
	}
	k.get("veteran1", `mutation($i: SaveDraftInput!) { saveDraft(input: $i) { case { id } } }`, map[string]any{"i": map[string]any{
		"veteranId": k.heroes[1], "matters": []string{"M02"}, "answers": answers}}, &drafted)
	file()
	if filed.SubmitCase.Case == nil {
		k.t.Fatalf("not taken: %+v", filed.SubmitCase.Problems)
	}
	s := awaitSubsidy(k, "RETURNED")
	k.get("veteran0", `mutation($in: CorrectAccountInput!) { correctAccount(input: $in) { subsidy { id } } }`, map[string]any{
		"in": map[string]any{"subsidyId": s.ID, "bankName": "ICBC", "bankAccountNo": right, "bankAccountName": heroName(k)}}, &struct{ CorrectAccount any }{})
	awaitSubsidy(k, "PAID")
	all := k.fileAll(2)
	k.until("the case ends", func() bool {
		var out struct{ Case struct{ State string } }
		k.get("veteran2", `query($id: ID!) { case(id: $id) { state } }`, map[string]any{"id": all}, &out)
		return out.Case.State == "COMPLETED" || out.Case.State == "PARTIALLY_COMPLETED" || out.Case.State == "REJECTED"
	})
	k.get("veteran3", `mutation($i: WithdrawCaseInput!) { withdrawCase(input: $i) { case { id } } }`, map[string]any{
		"i": map[string]any{"caseId": k.fileAll(3), "reason": "不办了，请打" + typed[0]}}, &struct{ WithdrawCase any }{}) // masked in words
	return []string{wrong, right}
}

// rows is every value of every table as text and as bytes, by where it stands.
func (k *talk) rows() map[string][]byte {
	k.t.Helper()
	db, done := k.hub.Store.SQL()
	defer done()
	tables := `SELECT name FROM sqlite_master WHERE type = 'table'`
	if k.hub.Store.Pool != nil {
		tables = `SELECT tablename FROM pg_tables WHERE schemaname = current_schema()`
	}
	read := func(query string, f func(values []any, columns []string)) {
		rows, err := db.QueryContext(k.t.Context(), query)
		if err != nil {
			k.t.Fatal(err)
		}
		defer func() { _ = rows.Close() }()
		columns, err := rows.Columns()
		if err != nil {
			k.t.Fatal(err)
		}
		for rows.Next() {
			values := make([]any, len(columns))
			to := make([]any, len(columns))
			for i := range values {
				to[i] = &values[i]
			}
			if err := rows.Scan(to...); err != nil {
				k.t.Fatal(err)
			}
			f(values, columns)
		}
		if err := rows.Err(); err != nil {
			k.t.Fatal(err)
		}
	}
	var names []string
	read(tables, func(values []any, _ []string) { names = append(names, fmt.Sprint(values[0])) })
	all := map[string][]byte{}
	for _, table := range names {
		n := 0
		read(`SELECT * FROM "`+table+`"`, func(values []any, columns []string) {
			n++
			for i, v := range values {
				where := fmt.Sprintf("%s.%s, row %d", table, columns[i], n)
				if b, ok := v.([]byte); ok {
					all[where] = append(b, hex.EncodeToString(b)...)
				} else if v != nil {
					all[where] = []byte(fmt.Sprint(v))
				}
			}
		})
	}
	return all
}
