package server_test

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/parquet-go/parquet-go"
	"github.com/xuri/excelize/v2"

	"github.com/vetgraph/vetgraph/internal/access"
	"github.com/vetgraph/vetgraph/internal/store/storetest"
	"github.com/vetgraph/vetgraph/server"
)

// counted is a hub whose example cases are summed.
func counted(t *testing.T, database string) *talk {
	k := open(t, database, noon, func(c *server.Config) { c.Veterans = 200 })
	if err := k.hub.Cases.Board().Rebuild(access.AsMachine(t.Context(), "test")); err != nil {
		t.Fatal(err)
	}
	return k
}

func (k *talk) export(as, path string) (int, []byte) {
	k.t.Helper()
	req, err := http.NewRequestWithContext(k.t.Context(), http.MethodGet, k.public+"/export/"+path, nil)
	if err != nil {
		k.t.Fatal(err)
	}
	if tok := k.token(as); tok != "" {
		req.Header.Set("Authorization", "Bearer "+tok)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		k.t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		k.t.Fatal(err)
	}
	return res.StatusCode, b
}

// records reads a CSV without its head.
func (k *talk) records(as, path string) [][]string {
	k.t.Helper()
	code, b := k.export(as, path)
	if code != http.StatusOK {
		k.t.Fatalf("%s for %s: %d %s", path, as, code, b)
	}
	all, err := csv.NewReader(bytes.NewReader(b)).ReadAll()
	if err != nil {
		k.t.Fatal(err)
	}
	return all[1:]
}

// numbers are those of the cases of a list in GraphQL, page by page.
func (k *talk) numbers(as, filter string) []string {
	k.t.Helper()
	var out []string
	after := "null"
	for {
		var a struct {
			Cases struct {
				Nodes    []struct{ Number string }
				PageInfo struct {
					HasNextPage bool
					EndCursor   string
				}
			}
		}
		k.get(as, fmt.Sprintf(`{cases(first: 7, after: %s, filter: {%s}) {nodes {number} pageInfo {hasNextPage endCursor}}}`, after, filter), nil, &a)
		for _, n := range a.Cases.Nodes {
			out = append(out, n.Number)
		}
		if !a.Cases.PageInfo.HasNextPage {
			return out
		}
		after = fmt.Sprintf("%q", a.Cases.PageInfo.EndCursor)
	}
}

// TestExportsHoldWhatListsHold, and no more for anybody than they see.
func TestExportsHoldWhatListsHold(t *testing.T) {
	t.Parallel()
	for _, kind := range []string{"sqlite", "postgres"} {
		t.Run(kind, func(t *testing.T) {
			database := storetest.SQLite(t)
			if kind == "postgres" {
				database = storetest.PostgreSQL(t)
			}
			k := counted(t, database)
			if len(k.numbers("analyst", "")) < 10 {
				t.Fatal("too few cases to tell anything")
			}
			for _, c := range []struct{ as, filter, query string }{
				{"analyst", "", ""},
				{"clerk@230100000000", "", ""},
				{"officer-mil", "", ""},
				{"analyst", "states: [COMPLETED, IN_PROGRESS]", "states=COMPLETED,IN_PROGRESS"},
				{"analyst", `matter: "M05", channels: [WEB]`, "matter=M05&channels=WEB"},
				{"analyst", `acceptedFrom: "2026-10-01", acceptedBefore: "2026-11-11"`, "acceptedFrom=2026-10-01&acceptedBefore=2026-11-11"},
				{"analyst", `dueFrom: "2026-10-20", dueBefore: "2026-12-01", warnings: [NONE]`, "dueFrom=2026-10-20&dueBefore=2026-12-01&warnings=NONE"},
			} {
				want := k.numbers(c.as, c.filter)
				var got []string
				for _, r := range k.records(c.as, "cases.csv?"+c.query) {
					got = append(got, r[0])
				}
				if strings.Join(got, " ") != strings.Join(want, " ") {
					t.Errorf("%s %s: exported %v, listed %v", c.as, c.filter, got, want)
				}
				_, b := k.export(c.as, "cases.xlsx?"+c.query)
				book, err := excelize.OpenReader(bytes.NewReader(b))
				if err != nil {
					t.Fatal(err)
				}
				if rows, err := book.GetRows("1"); err != nil || len(rows) != len(want)+1 {
					t.Errorf("%s %s: %d rows in Excel, %d listed", c.as, c.filter, len(rows)-1, len(want))
				}
				_, b = k.export(c.as, "cases.parquet?"+c.query)
				if f, err := parquet.OpenFile(bytes.NewReader(b), int64(len(b))); err != nil || f.NumRows() != int64(len(want)) {
					t.Errorf("%s %s: Parquet differs from the list: %v", c.as, c.filter, err)
				}
				var counted struct{ CaseCount *int }
				k.get(c.as, fmt.Sprintf(`{caseCount(filter: {%s})}`, c.filter), nil, &counted)
				if counted.CaseCount != nil && *counted.CaseCount != len(want) {
					t.Errorf("%s %s: %d counted, %d listed", c.as, c.filter, *counted.CaseCount, len(want))
				}
			}
		})
	}
}

// TestFiguresThroughTheDoor: GraphQL and the export say the same, and GraphQL says
// it again byte by byte when asked as of the same instant.
func TestFiguresThroughTheDoor(t *testing.T) {
	t.Parallel()
	k := counted(t, storetest.SQLite(t))
	const ask = `query($asOf: Time) {caseStatistics(groupBy: [MATTER, MONTH], asOf: $asOf) {asOf precision rows {keys {dimension code name {zh en}} counts {cases items open ended}
		items {count decided onTime onTimeRate workdays {median p90} returns warnings {yellow red}} cases {count} ratings {count average} saved {papers}}
		total {counts {cases items} cases {count workdays {median p90}} saved {papers visits}}}}`
	_, first := k.ask("analyst", k.public+"/graphql", ask, nil)
	var a struct {
		Data struct {
			CaseStatistics struct {
				AsOf string
				Rows []struct {
					Keys   []struct{ Code string }
					Counts struct{ Items int }
				}
				Total struct{ Counts struct{ Cases int } }
			}
		}
	}
	if err := json.Unmarshal(first, &a); err != nil || len(a.Data.CaseStatistics.Rows) == 0 {
		t.Fatal(err, string(first))
	}
	st := a.Data.CaseStatistics
	if _, again := k.ask("analyst", k.public+"/graphql", ask, map[string]any{"asOf": st.AsOf}); !bytes.Equal(first, again) {
		t.Errorf("asked again\n got %s\nwant %s", again, first)
	}
	if n := len(k.numbers("analyst", "")); n != st.Total.Counts.Cases {
		t.Errorf("%d cases in all, %d listed", st.Total.Counts.Cases, n)
	}
	rows := k.records("analyst", "statistics.csv?groupBy=MATTER,MONTH&asOf="+st.AsOf)
	if len(rows) != len(st.Rows) {
		t.Fatalf("%d groups exported, %d told", len(rows), len(st.Rows))
	}
	for i, r := range st.Rows {
		if want := fmt.Sprint(r.Keys[0].Code, r.Keys[1].Code, r.Counts.Items); fmt.Sprint(rows[i][0], rows[i][2], rows[i][5]) != want {
			t.Errorf("exported %v, told %s", rows[i], want)
		}
	}
}

// TestExportsAreRefused tells every mistake as GraphQL does, before anything is sent.
func TestExportsAreRefused(t *testing.T) {
	t.Parallel()
	k := counted(t, storetest.SQLite(t))
	for _, c := range []struct {
		as, path string
		status   int
		reason   string
	}{
		{"nobody", "cases.csv", 401, "SIGN_IN"},
		{"veteran0", "cases.csv", 403, "NOT_ALLOWED"},
		{"veteran0", "statistics.csv", 403, "NOT_ALLOWED"},
		{"operator", "cases.xlsx", 403, "NOT_ALLOWED"},
		{"analyst", "veterans.csv", 404, "EXPORT_UNKNOWN"},
		{"analyst", "cases.pdf", 404, "EXPORT_UNKNOWN"},
		{"analyst", "cases.csv?name=x", 400, "EXPORT_PARAMETER"},
		{"analyst", "cases.csv?groupBy=MATTER", 400, "EXPORT_PARAMETER"},
		{"analyst", "cases.csv?states=GONE", 400, "EXPORT_PARAMETER"},
		{"analyst", "cases.csv?acceptedFrom=2026-13-01", 400, "DATE_MALFORMED"},
		{"analyst", "cases.csv?division=x", 400, "DIVISION_UNKNOWN"},
		{"analyst", "statistics.csv?groupBy=MATTER,MONTH,STATE", 400, "STATISTICS_GROUPS"},
		{"analyst", "statistics.csv?groupBy=DIVISION&level=VILLAGE", 400, "STATISTICS_TOO_FINE"},
		{"analyst", "statistics.csv?dueBefore=2026-11-01", 400, "STATISTICS_DUE"},
		{"analyst", "statistics.csv?asOf=2020-01-01T00:00:00Z", 400, "STATISTICS_BEFORE_RECORD"},
		{"clerk@230102000000", "statistics.csv?groupBy=DIVISION&level=CITY", 400, "STATISTICS_LEVEL"},
	} {
		if code, b := k.export(c.as, c.path); code != c.status || !strings.Contains(string(b), `"`+c.reason+`"`) {
			t.Errorf("%s asks for %s: %d %.200s", c.as, c.path, code, b)
		}
	}
}
