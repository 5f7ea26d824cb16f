package server_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/vetgraph/vetgraph/ent/gen/casefile"
	"github.com/vetgraph/vetgraph/internal/access"
	rooms "github.com/vetgraph/vetgraph/internal/casefile"
	"github.com/vetgraph/vetgraph/internal/division"
	"github.com/vetgraph/vetgraph/internal/population"
	"github.com/vetgraph/vetgraph/internal/store"
	"github.com/vetgraph/vetgraph/internal/store/storetest"
	"github.com/vetgraph/vetgraph/internal/workday"
	"github.com/vetgraph/vetgraph/server"
)

// copyWith takes a person's copy with a token.
func (k *talk) copyWith(token string) (int, []byte) {
	k.t.Helper()
	req, err := http.NewRequestWithContext(k.t.Context(), http.MethodGet, k.public+"/me/copy.json", nil)
	if err != nil {
		k.t.Fatal(err)
	}
	if token != "" {
		req.Header.Set("Authorization", "Bearer "+token)
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

// tokenOf is the token of any veteran, checked by face.
func (k *talk) tokenOf(id string) string {
	_, b := k.fetch("", "/dev/token?persona=veteran&assurance=FACE&id="+id)
	return strings.TrimSpace(string(b))
}

// Cases are lived through, values disputed, mandates asked for, consents given; then
// each of many people takes their copy: it has every row that the record has of them,
// every sealed value in plain, and nobody else.
func TestPersonCopy(t *testing.T) {
	for name, database := range map[string]func(testing.TB) string{"sqlite": storetest.SQLite, "postgres": storetest.PostgreSQL} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e, set := listen(t)
			k := open(t, database(t), nil, set, func(c *server.Config) { c.Veterans = 300 })
			k.lives()
			k.moreOfHero()
			people := k.busiest(6)
			for _, id := range slices.Concat(k.heroes[:4], people) {
				k.copied(id)
			}
			if k.events("DATA_COPIED") != fmt.Sprintf(`vetgraph_security_events_total{event="DATA_COPIED"} %d`, 4+len(people)) {
				t.Errorf("events: %q", k.events("DATA_COPIED"))
			}
			line := ""
			for l := range strings.SplitSeq(e.heard(t, k.hub)["log"], "\n") {
				if strings.Contains(l, "DATA_COPIED") {
					line = l
				}
			}
			if !strings.Contains(line, `"viewer":"veteran","account":"`) {
				t.Errorf("told as %q", line)
			}
		})
	}
}

// moreOfHero lets the first hero have one of everything else.
func (k *talk) moreOfHero() {
	var out struct{}
	id := k.heroes[0]
	k.get("veteran0", `mutation($i: DisputeValueInput!) { disputeValue(input: $i) { dispute { id } } }`, map[string]any{"i": map[string]any{
		"veteranId": id, "field": "education", "claim": "20", "reason": "我是本科毕业"}}, &out)
	until := workday.FromTime(time.Now()).AddDays(7).String()
	k.get("clerk", asking, map[string]any{"i": map[string]any{"veteranId": id, "matters": []string{"M03"}, "until": until}}, &out)
	k.get("veteran0", `mutation {grantConsent(input: {slice: "preferential", version: 1}) {consent {id}}}`, nil, &out)
	k.get("veteran0", `mutation { startIdentityCheck { check { id } } }`, nil, &out)
	k.get("clerk", `query($v: ID!) { veteran(id: $v) { citizenNumber(full: true) } }`, map[string]any{"v": id}, &out)
}

// busiest are veterans with the most returns in their cases: more has happened to them
// than to others.
func (k *talk) busiest(n int) (ids []string) {
	cases, err := k.hub.Store.Read.CaseFile.Query().Order(casefile.ByReturns(), casefile.ByID()).All(access.AsMachine(k.t.Context(), "test"))
	if err != nil {
		k.t.Fatal(err)
	}
	for _, c := range slices.Backward(cases) {
		if len(ids) < n && !slices.Contains(ids, c.VeteranID) && !slices.Contains(k.heroes, c.VeteranID) {
			ids = append(ids, c.VeteranID)
		}
	}
	if len(ids) < n || cases[len(cases)-1].Returns == 0 {
		k.t.Fatal("too little has happened")
	}
	return ids
}

// copied takes one person's copy and holds it against the record.
func (k *talk) copied(id string) {
	k.t.Helper()
	code, b := k.copyWith(k.tokenOf(id))
	if code != http.StatusOK || !json.Valid(b) {
		k.t.Fatalf("%d %.2000s %s", code, b, id)
	}
	k.rowsOf(id, b)
	text := string(b)
	for where, values := range k.plainOf(id) {
		for _, v := range values {
			if !strings.Contains(text, v) {
				k.t.Errorf("%s is not in the copy of who it is about: %q", where, v)
			}
		}
	}
	for word, what := range k.others(id) {
		if at := strings.Index(text, word); at >= 0 {
			k.t.Errorf("another's %s is in a copy: %s", what, text[max(0, at-100):at+60])
		}
	}
	for _, part := range []string{`"依据":"个人信息保护法第四十五条"`, `"本人":{`, `"办件":[`, `"谁看过我的敏感信息":[`, `"Veteran.citizenNumber":"公民身份号码"`} {
		if !strings.Contains(text, part) {
			k.t.Errorf("there is no %s", part)
		}
	}
}

// rowsOf counts: as many rows as the record has of a person and their cases stand in
// the copy, for each table that is in it by its rows.
func (k *talk) rowsOf(id string, b []byte) {
	var all any
	if err := json.Unmarshal(b, &all); err != nil {
		k.t.Fatal(err)
	}
	for _, c := range []struct{ table, where, list string }{
		{"household_entries", "veteran_id = $1", "户口登记"}, {"service_periods", "veteran_id = $1", "服役时段"}, {"ranks", "veteran_id = $1", "军衔"}, {"awards", "veteran_id = $1", "立功受奖"},
		{"employment_records", "veteran_id = $1", "就业登记"}, {"trainings", "veteran_id = $1", "技能培训"}, {"training_subsidies", "veteran_id = $1", "培训补贴"},
		{"guidances", "veteran_id = $1", "就业创业指导"}, {"enrolments", "veteran_id = $1", "参保登记"}, {"army_relations", "veteran_id = $1", "军人保险待转移关系"},
		{"case_files", "veteran_id = $1", "办件*"}, {"items", "veteran_id = $1", "各事项*"}, {"materials", ofCases, "要交的材料"}, {"events", ofCases, "经过"},
		{"pre_reviews", ofCases, "预审"}, {"corrections", ofCases, "补正记录"}, {"obligations", ofCases, "谁欠一句话"}, {"appointments", "veteran_id = $1", "预约"},
		{"mandates", "veteran_id = $1", "委托"}, {"ratings", "veteran_id = $1", "评价"}, {"notifications", "veteran_id = $1", "通知"}, {"disputes", "veteran_id = $1", "异议"},
		{"subsidies", "veteran_id = $1", "一次性经济补助金"}, {"consents", "veteran_id = $1", "同意记录"}, {"identity_checks", "veteran_id = $1", "本人最近的身份核验"},
		{"payment_lines", "subsidy_id IN (SELECT id FROM subsidies WHERE veteran_id = $1)", "收款账户"},
	} {
		want := 0
		err := k.hub.Store.Snapshot(k.t.Context(), func(ctx context.Context, p store.Plain) error {
			return p.Each(ctx, "SELECT count(*) FROM "+c.table+" WHERE "+c.where, []any{id}, func(scan func(...any) error) error { return scan(&want) })
		})
		if err != nil {
			k.t.Fatal(err)
		}
		if got := listed(all, strings.TrimSuffix(c.list, "*"), strings.HasSuffix(c.list, "*")); got != want {
			k.t.Errorf("%s: %d rows in the record, %d under %s in the copy", c.table, want, got, c.list)
		}
	}
}

const ofCases = "case_id IN (SELECT id FROM case_files WHERE veteran_id = $1)"

// listed counts the rows of all lists of a name; with states those that have one,
// where plans have a list of the same name.
func listed(v any, name string, states bool) (n int) {
	switch v := v.(type) {
	case map[string]any:
		for key, value := range v {
			if rows, ok := value.([]any); ok && key == name {
				for _, r := range rows {
					if object, ok := r.(map[string]any); ok && (!states || object["状态"] != nil) {
						n++
					}
				}
			}
			n += listed(value, name, states)
		}
	case []any:
		for _, value := range v {
			n += listed(value, name, states)
		}
	}
	return n
}

// plainOf are the texts in all sealed values of a person, in plain, by column and row.
func (k *talk) plainOf(id string) map[string][]string {
	out := map[string][]string{}
	for _, c := range server.SealedColumns() {
		name := c.Table + "." + c.Name
		if strings.HasPrefix(server.CopySealed[name], "- ") || c.Name == "plan_sealed" {
			continue
		}
		where := map[string]string{"veterans": "id = $1", "corrections": ofCases, "ratings": ofCases, "payment_lines": "subsidy_id IN (SELECT id FROM subsidies WHERE veteran_id = $1)"}[c.Table]
		if where == "" {
			where = "veteran_id = $1"
		}
		err := k.hub.Store.Snapshot(k.t.Context(), func(ctx context.Context, p store.Plain) error {
			query := fmt.Sprintf("SELECT id, %s, %s FROM %s WHERE length(%s) > 0 AND %s", c.Name, strings.Join(c.Of, ", "), c.Table, c.Name, where)
			return p.Each(ctx, query, []any{id}, func(scan func(...any) error) error {
				var row string
				var sealed []byte
				of := make([]string, len(c.Of))
				to := []any{&row, &sealed}
				for i := range of {
					to = append(to, &of[i])
				}
				if err := scan(to...); err != nil {
					return err
				}
				plain, err := k.hub.Vault.Open(sealed, c.Bind(of))
				if err != nil {
					return err
				}
				out[name+" "+row] = texts(plain)
				return nil
			})
		})
		if err != nil {
			k.t.Fatal(name, err)
		}
	}
	return out
}

// texts are the texts of a JSON value, or the bytes as one text.
func texts(plain []byte) (out []string) {
	var v any
	if json.Unmarshal(plain, &v) != nil && rooms.Unpack(plain, &v) != nil {
		return []string{string(plain)}
	}
	var walk func(any)
	walk = func(v any) {
		switch v := v.(type) {
		case string:
			if _, err := time.Parse(time.RFC3339, v); err != nil { // times are written in another way
				out = append(out, v)
			}
		case []any:
			for _, x := range v {
				walk(x)
			}
		case map[string]any:
			for _, x := range v {
				walk(x)
			}
		}
	}
	walk(v)
	return out
}

// others are words by which everybody else is known, officers and agents too, where
// they are not also the person's own.
func (k *talk) others(id string) map[string]string {
	own, words := map[string]string{}, map[string]string{}
	for p := range population.Generate(1, k.hub.Config.Veterans, workday.FromTime(time.Now()), division.Builtin()) {
		to := words
		if k.hub.Profile.VeteranID(p.Number) == id {
			to = own
		}
		known(p, func(what string, values ...string) {
			for _, v := range values {
				if utf8.RuneCountInString(v) > 2 && what != "unit" { // a unit is nobody's own
					to[v] = what
				}
			}
		})
	}
	tasks, err := k.hub.Store.Read.Task.Query().All(access.AsMachine(k.t.Context(), "test"))
	if err != nil {
		k.t.Fatal(err)
	}
	for _, task := range tasks {
		words[task.Assignee], words[task.AssigneeName] = "account of an officer", "name of an officer"
	}
	for _, persona := range []string{"clerk", "officer-", "supervisor", "analyst"} {
		words["demo/"+persona] = "account"
	}
	if len(words) < 500 {
		k.t.Fatal("too few words")
	}
	for word := range own {
		delete(words, word)
	}
	delete(words, "")
	delete(words, heroName(k)) // others name it as an account's holder
	return words
}

// Nobody but the person, and not the person in a session that has not shown who sits
// there, nor a program that runs registered documents alone.
func TestPersonCopyRefused(t *testing.T) {
	t.Parallel()
	k := open(t, storetest.SQLite(t), noon)
	_, confined := k.fetch("", "/dev/token?persona=veteran&assurance=FACE&documents=trusted")
	for as, want := range map[string]struct {
		status int
		reason string
	}{
		"nobody": {401, "SIGN_IN"}, "clerk": {403, "NOT_ALLOWED"}, "officer-va": {403, "NOT_ALLOWED"}, "supervisor": {403, "NOT_ALLOWED"}, "analyst": {403, "NOT_ALLOWED"},
		"operator": {403, "NOT_ALLOWED"}, "auditor": {403, "NOT_ALLOWED"}, "partner-insurance": {403, "SLICE_ONLY"},
		"veteran0:BASIC": {403, "ASSURANCE_TOO_LOW"}, "veteran0:REAL_NAME": {403, "ASSURANCE_TOO_LOW"}, "confined": {403, "NOT_ALLOWED"},
	} {
		token := strings.TrimSpace(string(confined))
		if as != "confined" {
			token = k.token(as)
		}
		if code, b := k.copyWith(token); code != want.status || !strings.Contains(string(b), `"reason":"`+want.reason+`"`) || strings.Contains(string(b), "本人档案") {
			t.Errorf("%s: %d %.500s, want %s", as, code, b, want.reason)
		}
	}
	if n := k.reads(); n != "0" {
		t.Errorf("%s reads are kept of copies that were refused", n)
	}
	if code, _ := k.copyWith(k.token("veteran0")); code != http.StatusOK {
		t.Errorf("the person: %d", code)
	}
	if n := k.reads(); n == "0" {
		t.Error("no read is kept of a copy that was taken")
	}
}

// reads is how many reads the log has.
func (k *talk) reads() (n string) {
	err := k.hub.Store.Snapshot(k.t.Context(), func(ctx context.Context, p store.Plain) error {
		return p.Each(ctx, "SELECT CAST(count(*) AS TEXT) FROM receipts", nil, func(scan func(...any) error) error { return scan(&n) })
	})
	if err != nil {
		k.t.Fatal(err)
	}
	return n
}
