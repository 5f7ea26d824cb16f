package dbview_test

import (
	"context"
	"database/sql"
	"net/url"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/vetgraph/vetgraph/internal/catalog"
	"github.com/vetgraph/vetgraph/internal/citizen"
	"github.com/vetgraph/vetgraph/internal/fault"
	"github.com/vetgraph/vetgraph/internal/port"
	"github.com/vetgraph/vetgraph/internal/port/dbview"
	"github.com/vetgraph/vetgraph/internal/store/storetest"
)

var now = time.Date(2026, time.November, 23, 9, 0, 0, 0, time.UTC)

// database is a real one: where it is, and how to make tables in it.
type database struct {
	endpoint port.Endpoint
	exec     func(statement string)
	types    map[string]string // what it calls the types of the tables below
}

// each runs a test on every kind of database that is given.
func each(t *testing.T, f func(t *testing.T, d database)) {
	t.Helper()
	t.Run("sqlite", func(t *testing.T) {
		path := filepath.Join(t.TempDir(), "published.db")
		f(t, database{port.Endpoint{URL: "sqlite://" + path}, executes(t, "sqlite", "file:"+path), map[string]string{
			"text": "TEXT", "char": "TEXT", "bool": "BOOLEAN", "money": "DECIMAL(12,2)", "list": "JSON", "stamp": "DATETIME", "json": "TEXT", "yes": "1",
			"two": `'["01","02"]'`, "at": "'2026-11-20T01:00:00Z'",
		}})
	})
	t.Run("postgres", func(t *testing.T) {
		address := storetest.PostgreSQL(t)
		u := parse(t, address)
		password, _ := u.User.Password()
		u.User = url.User(u.User.Username())
		f(t, database{port.Endpoint{URL: u.String(), Token: password}, executes(t, "pgx", address), map[string]string{
			"text": "varchar(100)", "char": "char(20)", "bool": "boolean", "money": "numeric(12,2)", "list": "text[]", "stamp": "timestamptz", "json": "jsonb", "yes": "true",
			"two": `'{01,02}'`, "at": "'2026-11-20 09:00:00+08'",
		}})
	})
	t.Run("mysql", func(t *testing.T) {
		address := os.Getenv("VETGRAPH_TEST_MYSQL")
		if address == "" {
			t.Skip("no MySQL: set VETGRAPH_TEST_MYSQL to mysql://user:password@host:port/database")
		}
		u := parse(t, address)
		password, _ := u.User.Password()
		exec := executes(t, "mysql", u.User.Username()+":"+password+"@tcp("+u.Host+")"+u.Path)
		exec("DROP VIEW IF EXISTS v_person, v_card") // of a run that was cut off
		exec("DROP TABLE IF EXISTS v_person, v_card, v_progress, kept")
		u.User = url.User(u.User.Username())
		f(t, database{port.Endpoint{URL: u.String(), Token: password}, exec, map[string]string{
			"text": "varchar(100)", "char": "char(20)", "bool": "boolean", "money": "decimal(12,2)", "list": "json", "stamp": "datetime", "json": "json", "yes": "true",
			"two": `'["01","02"]'`, "at": "'2026-11-20 09:00:00'",
		}})
	})
}

func parse(t *testing.T, address string) *url.URL {
	t.Helper()
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	return u
}

func executes(t *testing.T, driver, address string) func(string) {
	t.Helper()
	db, err := sql.Open(driver, address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	return func(statement string) {
		t.Helper()
		if _, err := db.ExecContext(t.Context(), statement); err != nil {
			t.Fatal(err)
		}
	}
}

// publish makes two tables in the department's names and fills them.
func (d database) publish() {
	fill := func(s string) string {
		for name, is := range d.types {
			s = strings.ReplaceAll(s, "{"+name+"}", is)
		}
		return s
	}
	d.exec(fill(`CREATE TABLE v_person (GMSFHM {char} PRIMARY KEY, XM {text}, CSRQ date, YFS int, JE {money}, YK {bool}, LB {list}, GXSJ {stamp})`))
	d.exec(fill(`INSERT INTO v_person VALUES ('` + a.Reveal() + `', '王小明', '1999-03-05', 24, 4500.50, {yes}, {two}, {at})`))
	d.exec(fill(`INSERT INTO v_person VALUES ('` + b.Reveal() + `', '李', NULL, NULL, NULL, NULL, NULL, {at})`))
	d.exec(fill(`CREATE TABLE v_card (GMSFHM {char} PRIMARY KEY, KH {text})`))
	d.exec(fill(`INSERT INTO v_card VALUES ('` + a.Reveal() + `', '卡''"1')`))
}

var a, b, nobody = citizen.Number("23010219990305001X"), citizen.Number("230102199903050028"), citizen.Number("230102199903050036")

// bureau is a department that publishes two tables.
func bureau() *catalog.Catalog {
	p := func(id string, t *catalog.Table, answers map[string]string) *catalog.Port {
		return &catalog.Port{ID: id, Department: "HSA", Operation: "LOOKUP", Kind: dbview.Kind, Batch: 1000, TimeoutMS: 20_000, Table: t, Answers: answers}
	}
	person := catalog.Table{Relation: "v_person", Key: "GMSFHM", AsOf: "GXSJ"}
	card := catalog.Table{Relation: "v_card", Key: "GMSFHM"}
	return &catalog.Catalog{
		Departments: []*catalog.Department{{Code: "HSA"}},
		Fields: []*catalog.Field{
			{ID: "name", Type: "string"}, {ID: "born", Type: "date"}, {ID: "months", Type: "int"}, {ID: "amount", Type: "money"},
			{ID: "has", Type: "bool"}, {ID: "kinds", Type: "list"}, {ID: "card", Type: "string"},
		},
		Ports: []*catalog.Port{
			p("who", &person, map[string]string{"name": "XM", "born": "CSRQ"}),
			p("what", &catalog.Table{Relation: person.Relation, Key: person.Key, AsOf: person.AsOf}, map[string]string{"months": "YFS", "amount": "JE", "has": "YK", "kinds": "LB"}),
			p("card", &card, map[string]string{"card": "KH"}),
		},
	}
}

func at(t testing.TB, c *catalog.Catalog, e port.Endpoint) port.Department {
	t.Helper()
	r, err := port.NewRegistry(c, map[string]port.Endpoint{"HSA": e}, map[string]port.Kind{dbview.Kind: dbview.Open}, func() time.Time { return now })
	if err != nil {
		t.Fatal(err)
	}
	return r.Get("HSA")
}

func ask(n citizen.Number, lookups ...string) port.Question {
	return port.Question{Ref: "of-" + n.Reveal()[14:], CitizenNumber: n, Lookups: lookups}
}

func TestLookup(t *testing.T) {
	each(t, func(t *testing.T, d database) {
		d.publish()
		records, err := at(t, bureau(), d.endpoint).Lookup(t.Context(), []port.Question{
			ask(a, "who", "what", "card"), ask(nobody, "who", "card"), ask(b, "what", "card"),
		})
		if err != nil {
			t.Fatal(err)
		}
		written := time.Date(2026, time.November, 20, 1, 0, 0, 0, time.UTC)
		want := []port.Record{
			{Ref: "of-001X", Known: true, AsOf: written, Facts: catalog.Facts{
				"name": "王小明", "born": "1999-03-05", "months": int64(24), "amount": 4500.5, "has": true, "kinds": []string{"01", "02"}, "card": `卡'"1`,
			}},
			{Ref: "of-0036"},
			{Ref: "of-0028", Known: true, AsOf: written, Facts: catalog.Facts{"months": nil, "amount": nil, "has": nil, "kinds": nil}},
		}
		if !reflect.DeepEqual(records, want) {
			t.Errorf("records %+v, want %+v", records, want)
		}
	})
}

func TestWithoutADateItIsOfNow(t *testing.T) {
	each(t, func(t *testing.T, d database) {
		d.publish()
		records, err := at(t, bureau(), d.endpoint).Lookup(t.Context(), []port.Question{ask(a, "card")})
		if err != nil || !records[0].AsOf.Equal(now) || len(records[0].Facts) != 1 {
			t.Fatalf("%+v, %v", records, err)
		}
	})
}

// TestDrift lets the department change its tables under us: what is gone is garbled,
// what comes back is read again, and the check names all of it.
func TestDrift(t *testing.T) {
	each(t, func(t *testing.T, d database) {
		c := bureau()
		line, err := dbview.Open(port.Setup{Department: "HSA", Ports: c.Ports, Endpoint: d.endpoint})
		if err != nil {
			t.Fatal(err)
		}
		check := line.(interface{ Check(context.Context) error }).Check
		department := at(t, c, d.endpoint)
		if err := check(t.Context()); d.endpoint.URL[0] != 's' && (err == nil || strings.Count(err.Error(), "there is no relation") != 3) {
			t.Errorf("check of an empty database: %v", err)
		}
		d.publish()
		if err := check(t.Context()); err != nil {
			t.Errorf("check: %v", err)
		}
		if _, err := department.Lookup(t.Context(), []port.Question{ask(a, "who", "card")}); err != nil {
			t.Fatal(err)
		}
		d.exec(`ALTER TABLE v_person RENAME COLUMN XM TO XingMing`)
		for range 2 {
			_, err = department.Lookup(t.Context(), []port.Question{ask(a, "who")})
			wantFault(t, err, "DEPARTMENT_GARBLED")
		}
		d.exec(`DROP TABLE v_card`)
		_, err = department.Lookup(t.Context(), []port.Question{ask(a, "card")})
		wantFault(t, err, "DEPARTMENT_GARBLED")
		if err := check(t.Context()); err == nil || !strings.Contains(err.Error(), "who: v_person has no column XM") || !strings.Contains(err.Error(), "card: there is no relation v_card") {
			t.Errorf("check: %v", err)
		}
		d.exec(`ALTER TABLE v_person RENAME COLUMN XingMing TO XM`)
		if _, err := department.Lookup(t.Context(), []port.Question{ask(a, "who")}); err != nil {
			t.Errorf("mended: %v", err)
		}
	})
}

func TestHostile(t *testing.T) {
	each(t, func(t *testing.T, d database) {
		d.publish()
		department := at(t, bureau(), d.endpoint)
		who := func(ctx context.Context) error {
			_, err := department.Lookup(ctx, []port.Question{ask(a, "who")})
			return err
		}
		d.exec(`ALTER TABLE v_card RENAME TO kept`)
		d.exec(`CREATE TABLE v_card AS SELECT * FROM kept UNION ALL SELECT * FROM kept`)
		_, err := department.Lookup(t.Context(), []port.Question{ask(a, "card")})
		wantFault(t, err, "DEPARTMENT_GARBLED") // two rows of one person: which would be it?
		d.exec(`DROP TABLE v_card`)
		d.exec(`DROP TABLE kept`)
		long := "repeat('x', 20000000)"
		if strings.HasPrefix(d.endpoint.URL, "sqlite") {
			long = "hex(zeroblob(10000000))"
		}
		if strings.HasPrefix(d.endpoint.URL, "mysql") {
			long = "concat(repeat('x', 10000000), repeat('y', 5000000))"
		}
		d.exec(`ALTER TABLE v_person RENAME TO kept`)
		view := func(name string) {
			d.exec(`CREATE VIEW v_person AS SELECT GMSFHM, ` + name + ` AS XM, CSRQ, YFS, JE, YK, LB, GXSJ FROM kept`)
		}
		view(long)
		wantFault(t, who(t.Context()), "DEPARTMENT_GARBLED")
		d.exec(`DROP VIEW v_person`)
		view("24")
		wantFault(t, who(t.Context()), "DEPARTMENT_GARBLED") // a number where a text is agreed
		d.exec(`DROP VIEW v_person`)
		view(map[byte]string{'s': `(WITH RECURSIVE n(i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n) SELECT max(i) FROM n)`, 'p': `pg_sleep(60)::text`, 'm': `sleep(60)`}[d.endpoint.URL[0]])
		short, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
		defer cancel()
		before := time.Now()
		wantFault(t, who(short), "DEPARTMENT_SILENT")
		if took := time.Since(before); took > 10*time.Second {
			t.Errorf("waited %v", took)
		}
		d.exec(`DROP VIEW v_person`)
		d.exec(`ALTER TABLE kept RENAME TO v_person`)
		if err := who(t.Context()); err != nil {
			t.Errorf("after all this: %v", err)
		}
	})
}

func TestStatus(t *testing.T) {
	each(t, func(t *testing.T, d database) {
		create := `CREATE TABLE v_progress (SBH varchar(40), matter {text}, state {text}, sequence int, number {text}, words {text}, decided_at {stamp}, faults {json})`
		row := `INSERT INTO v_progress VALUES ('item-1', 'M09', 'RETURNED', 3, NULL, '请补正。', {at}, '[{"field":"XM","words":"姓名有误"}]')`
		for name, is := range d.types {
			create, row = strings.ReplaceAll(create, "{"+name+"}", is), strings.ReplaceAll(row, "{"+name+"}", is)
		}
		d.exec(create)
		d.exec(row)
		d.exec(`INSERT INTO v_progress VALUES ('item-2', 'M09', 'RECEIVED', 1, NULL, NULL, NULL, NULL)`)
		c := bureau()
		c.Matters = []*catalog.Matter{{Code: "M09", Lead: "HSA"}}
		c.Ports = []*catalog.Port{
			{ID: "submit", Department: "HSA", Operation: "SUBMIT", Matter: "M09", Kind: "none", Send: map[string]string{"XM": "name"}},
			{ID: "status", Department: "HSA", Operation: "STATUS", Matter: "M09", Kind: dbview.Kind, Batch: 10, Table: &catalog.Table{Relation: "v_progress", Key: "SBH"}},
		}
		line, err := dbview.Open(port.Setup{Department: "HSA", Ports: c.Ports[1:], Endpoint: d.endpoint})
		if err != nil {
			t.Fatal(err)
		}
		said, err := line.Status(t.Context(), c.Ports[1], []string{"item-1", "nobody", "item-2"})
		if err != nil {
			t.Fatal(err)
		}
		want := []port.Message{
			{Item: "item-1", Matter: "M09", State: port.Returned, Sequence: 3, Words: "请补正。", DecidedAt: time.Date(2026, time.November, 20, 1, 0, 0, 0, time.UTC),
				Faults: []port.Defect{{Field: "XM", Words: "姓名有误"}}},
			{Item: "item-2", Matter: "M09", State: port.Received, Sequence: 1},
		}
		if !reflect.DeepEqual(said, want) {
			t.Errorf("said %+v, want %+v", said, want)
		}
		if _, err := line.Deliver(t.Context(), c.Ports[1], port.Item{}); err == nil {
			t.Error("a table took a delivery")
		}
		if _, err := line.Withdraw(t.Context(), c.Ports[1], "item-1"); err == nil {
			t.Error("a table took a withdrawal")
		}
	})
}

// TestReadsOnly: even a view that would write cannot.
func TestReadsOnly(t *testing.T) {
	t.Run("postgres", func(t *testing.T) {
		each(t, func(t *testing.T, d database) {
			if !strings.HasPrefix(d.endpoint.URL, "postgres") {
				return
			}
			d.publish()
			d.exec(`CREATE SEQUENCE calls`)
			d.exec(`ALTER TABLE v_card RENAME TO kept`)
			d.exec(`CREATE VIEW v_card AS SELECT GMSFHM, nextval('calls')::text AS KH FROM kept`)
			_, err := at(t, bureau(), d.endpoint).Lookup(t.Context(), []port.Question{ask(a, "card")})
			wantFault(t, err, "DEPARTMENT_FAILED")
		})
	})
}

func TestNobodyListens(t *testing.T) {
	for _, address := range []string{"postgres://reader@127.0.0.1:1/db", "mysql://reader@127.0.0.1:1/db", "sqlite:///nowhere/at/all.db"} {
		_, err := at(t, bureau(), port.Endpoint{URL: address, Token: "secret"}).Lookup(t.Context(), []port.Question{ask(a, "who")})
		wantFault(t, err, "DEPARTMENT_SILENT")
		if strings.Contains(err.Error(), "secret") || strings.Contains(err.Error(), a.Reveal()) {
			t.Errorf("the error tells too much: %v", err)
		}
	}
}

func TestOpenRefuses(t *testing.T) {
	for name, change := range map[string]func(s *port.Setup){
		"another scheme":            func(s *port.Setup) { s.Endpoint.URL = "https://127.0.0.1/db" },
		"a password in the address": func(s *port.Setup) { s.Endpoint.URL = "mysql://reader:secret@127.0.0.1/db" },
		"more than tls":             func(s *port.Setup) { s.Endpoint.URL = "mysql://reader@127.0.0.1/db?allowAllFiles=true" },
		"a host of a file":          func(s *port.Setup) { s.Endpoint.URL = "sqlite://there/file.db" },
		"a port that takes items":   func(s *port.Setup) { s.Ports[0].Operation = "SUBMIT" },
		"a port without a table":    func(s *port.Setup) { s.Ports[0].Table = nil },
		"a relation with a quote":   func(s *port.Setup) { s.Ports[0].Table.Relation = `v"; DROP TABLE x; --` },
		"a relation of four parts":  func(s *port.Setup) { s.Ports[0].Table.Relation = "a.b.c.d" },
		"a column with a point":     func(s *port.Setup) { s.Ports[0].Answers["name"] = "a.b" },
		"a key with a blank":        func(s *port.Setup) { s.Ports[0].Table.Key = "GM SFHM" },
		"a date with a quote":       func(s *port.Setup) { s.Ports[0].Table.AsOf = "`" },
	} {
		t.Run(name, func(t *testing.T) {
			s := port.Setup{Department: "HSA", Ports: bureau().Ports, Endpoint: port.Endpoint{URL: "postgres://reader@127.0.0.1/db"}}
			change(&s)
			if _, err := dbview.Open(s); err == nil || strings.Contains(err.Error(), "secret") {
				t.Errorf("error %v", err)
			}
		})
	}
}

func wantFault(t *testing.T, err error, reason string) {
	t.Helper()
	if got := fault.Of(err); err == nil || got.Kind != fault.Unavailable || got.Reason != reason || got.Department != "HSA" {
		t.Fatalf("error %v, want %s", err, reason)
	}
}
