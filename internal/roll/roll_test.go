package roll_test

import (
	"bytes"
	"context"
	"encoding/csv"
	"flag"
	"fmt"
	"io"
	"iter"
	"maps"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/encoding/unicode"

	"github.com/vetgraph/vetgraph/internal/access"
	"github.com/vetgraph/vetgraph/internal/catalog"
	"github.com/vetgraph/vetgraph/internal/citizen"
	"github.com/vetgraph/vetgraph/internal/division"
	"github.com/vetgraph/vetgraph/internal/fault"
	"github.com/vetgraph/vetgraph/internal/population"
	"github.com/vetgraph/vetgraph/internal/profile"
	"github.com/vetgraph/vetgraph/internal/roll"
	"github.com/vetgraph/vetgraph/internal/store"
	"github.com/vetgraph/vetgraph/internal/store/storetest"
	"github.com/vetgraph/vetgraph/internal/vault"
	"github.com/vetgraph/vetgraph/internal/workday"
)

var update = flag.Bool("update", false, "write the sample rolls again")

var (
	now   = time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC)
	today = workday.FromTime(now)
)

const (
	sample  = "testdata/roll.csv"
	example = "../../docs/examples/discharge-roll.csv"
)

func open(t testing.TB, s *store.Store) *profile.Profile {
	t.Helper()
	v, err := vault.New(vault.Generate())
	if err != nil {
		t.Fatal(err)
	}
	c := builtin(t)
	return &profile.Profile{Store: s, Vault: v, Catalog: func() *catalog.Catalog { return c }, Divisions: division.Builtin(), Now: func() time.Time { return now }}
}

func builtin(t testing.TB) *catalog.Catalog {
	t.Helper()
	c, err := catalog.Builtin()
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func machine(t testing.TB) context.Context { return access.AsMachine(t.Context(), "test") }

// read reads a roll and answers the defects as "line column reason".
func read(t testing.TB, p *profile.Profile, text string, o roll.Options) (roll.Result, []string) {
	t.Helper()
	var defects []string
	o.Report = func(d roll.Defect) {
		defects = append(defects, strings.Join(strings.Fields(fmt.Sprint(d.Line, " ", d.Column, " ", d.Reason)), " "))
		if d.Words.Zh == "" || d.Words.En == "" {
			t.Errorf("%s has no words", d.Reason)
		}
	}
	r, err := roll.Read(machine(t), p, strings.NewReader(text), o)
	if err != nil {
		t.Fatal(err)
	}
	return r, defects
}

// name is what a sample roll writes for a code: its Chinese name.
func name(c *catalog.Catalog, list, code string) string {
	for _, item := range c.Codes[list].Items {
		if item.Code == code {
			return item.Name.Zh
		}
	}
	return code
}

var headers = []string{"姓名", "公民身份号码", "性别", "民族", "政治面貌", "文化程度", "入伍时间", "入伍地", "退役时间", "退役原因", "军衔", "军兵种", "部队代号", "人员类别", "安置方式", "安置地", "易地安置情形",
	"退役证件类型", "退役证件号", "行政介绍信编号", "立功受奖", "残疾等级", "残疾性质", "残疾军人证号", "评残机关", "养老凭证号", "养老补助月数", "养老转移金额", "职业年金金额", "医疗凭证号", "医疗转移金额", "手机号码", "入伍前户籍地址"}

// cells writes a synthetic person as a line of a roll.
func cells(c *catalog.Catalog, q profile.Person) []string {
	e := q.Elements()
	say := func(id string) string {
		k, ok := e[id]
		if !ok || k.Absent {
			return ""
		}
		if f := c.Field(id); f != nil && f.Codes != "" && f.Codes != "division" {
			return name(c, f.Codes, fmt.Sprint(k.Value))
		}
		if f, ok := k.Value.(float64); ok {
			return fmt.Sprintf("%.2f", f)
		}
		return fmt.Sprint(k.Value)
	}
	var awards []string
	for _, a := range q.Awards {
		awards = append(awards, fmt.Sprintf("%s(%s)", name(c, "awardLevel", a.Level), a.AwardedOn))
	}
	return []string{say("name"), say("citizenId"), say("gender"), say("ethnicity"), say("politicalStatus"), say("education"), say("enlistDate"), say("enlistDivision"), say("dischargeDate"), say("dischargeReason"),
		say("militaryRank"), say("serviceBranch"), say("serviceUnit"), say("personnelCategory"), say("settlementMode"), say("settlementDivision"), say("relocationReason"), say("dischargeCertType"), say("dischargeCertNo"),
		say("adminLetterNo"), strings.Join(awards, ";"), say("disabilityGrade"), say("disabilityNature"), say("disabilityCertNo"), say("disabilityAuthority"), say("armyPensionVoucherNo"), say("armyPensionMonths"), say("armyPensionAmount"),
		say("annuityAmount"), say("armyMedicalVoucherNo"), say("armyMedicalAmount"), say("mobile"), say("priorHukouAddress")}
}

func file(t testing.TB, people iter.Seq[profile.Person]) *bytes.Buffer {
	t.Helper()
	var b bytes.Buffer
	w, c := csv.NewWriter(&b), builtin(t)
	lines := [][]string{headers}
	for q := range people {
		lines = append(lines, cells(c, q))
	}
	if err := w.WriteAll(lines); err != nil {
		t.Fatal(err)
	}
	return &b
}

// What the roll says is what the profile then tells.
func TestFacts(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		p := open(t, s)
		people := slices.Collect(population.Generate(4, 200, today, division.Builtin()))
		asOf := now.AddDate(0, 0, -1)
		if r, defects := read(t, p, file(t, slices.Values(people)).String(), roll.Options{AsOf: asOf}); r.Added != 200 {
			t.Fatalf("%+v %v", r, defects)
		}
		for _, q := range people {
			id := p.VeteranID(q.Number)
			rows, err := p.ReadRows(machine(t), []string{id})
			if err != nil {
				t.Fatal(err)
			}
			got, err := p.Elements(rows[id])
			if err != nil {
				t.Fatal(err)
			}
			want := q.Elements()
			for field, source := range map[string]string{"name": "VA", "citizenId": "VA", "ethnicity": "VA", "politicalStatus": "VA", "enlistDate": "UNIT", "enlistDivision": "UNIT", "dischargeDate": "UNIT", "militaryRank": "UNIT",
				"serviceUnit": "UNIT", "personnelCategory": "UNIT", "settlementMode": "VA", "settlementDivision": "VA", "relocationReason": "VA", "dischargeCertNo": "UNIT", "awards": "UNIT", "disabilityGrade": "UNIT",
				"disabilityCertNo": "UNIT", "armyPensionMonths": "UNIT", "armyPensionAmount": "UNIT", "annuityAmount": "UNIT", "armyMedicalAmount": "UNIT", "mobile": "VA", "priorHukouAddress": "VA"} {
				w, told := want[field]
				if g, ok := got[field]; ok != told || told && (!reflect.DeepEqual(g.Value, w.Value) || g.Absent != w.Absent || g.Source != source || !g.AsOf.Equal(asOf) || g.Basis != roll.Basis) {
					t.Errorf("%s: %v by %s, want %v", field, g.Value, g.Source, w.Value)
				}
			}
		}
	})
}

const line1 = "王小明,230102199903050019,男,CONSCRIPT,自主就业,哈尔滨市道里区,2024/9/1,20260901,三等功(2025-08-01)、二等功,\"1,234.5\",无"

func small(lines ...string) string {
	return "姓名,公民身份号码,性别,人员类别,安置方式,安置地,入伍时间,退役时间,立功受奖,养老转移金额,残疾等级\n" + strings.Join(lines, "\n") + "\n"
}

func TestEncodings(t *testing.T) {
	n := number(1)
	text := small(strings.Replace(line1, "230102199903050019", n, 1))
	gbk, err1 := simplifiedchinese.GBK.NewEncoder().String(text)
	gb18030, err2 := simplifiedchinese.GB18030.NewEncoder().String(text)
	utf16, err3 := unicode.UTF16(unicode.LittleEndian, unicode.UseBOM).NewEncoder().String(strings.ReplaceAll(text, "1,234.5", "1234.5"))
	if err1 != nil || err2 != nil || err3 != nil {
		t.Fatal(err1, err2, err3)
	}
	for name, text := range map[string]string{
		"UTF-8": text, "with mark": "\ufeff" + text, "GBK": gbk, "GB18030": gb18030, "UTF-16": utf16,
		"CRLF": strings.ReplaceAll(text, "\n", "\r\n"), "CR": strings.ReplaceAll(text, "\n", "\r"), "no end": strings.TrimSpace(text),
		"blank lines": "\n\n" + strings.ReplaceAll(text, "\n", "\n,,,\n\n"), "apostrophe": strings.Replace(text, n, "'"+n, 1), "tab": strings.Replace(text, n, "\"\t"+n+"\"", 1),
		"tabs between": strings.ReplaceAll(strings.ReplaceAll(text, `"1,234.5"`, "1234.5"), ",", "\t"),
		"full width":   strings.Replace(text, "2024/9/1", "２０２４/９/１", 1), "empty cells at the end": strings.ReplaceAll(text, "\n", ",,\n"),
	} {
		t.Run(name, func(t *testing.T) {
			p := open(t, storetest.Open(t, storetest.SQLite(t)))
			r, defects := read(t, p, text, roll.Options{})
			if r != (roll.Result{Read: 1, Added: 1}) || len(defects) > 0 {
				t.Fatalf("%+v %v", r, defects)
			}
			v := p.Store.Read.Veteran.Query().OnlyX(machine(t))
			rows, err := p.ReadRows(machine(t), []string{v.ID})
			if err != nil {
				t.Fatal(err)
			}
			q, err := p.Person(rows[v.ID])
			if err != nil || q.Identity.Name != "王小明" || q.Number.Reveal() != n || q.ArmyRelations[0].AmountFen != 123450 || len(q.Awards) != 2 || q.Division != "230102000000" {
				t.Errorf("%v %v", q, err)
			}
		})
	}
}

// number is a synthetic man's.
func number(i int) string {
	return citizen.Make("230102", workday.Date(1999, time.March, 5), 2*i-1).Reveal()
}

func TestLineDefects(t *testing.T) {
	p := open(t, storetest.Open(t, storetest.SQLite(t)))
	good := strings.Replace(line1, "230102199903050019", number(1), 1)
	with := func(old, to string) string { return strings.Replace(good, old, to, 1) }
	for text, want := range map[string]string{
		with("王小明", "@王"): "2 姓名 CELL_FORMULA", with("王小明", "＝王"): "2 姓名 CELL_FORMULA", with("王小明", "王\x00"): "2 姓名 CELL_CONTROL_CHARACTER", with("王小明", "王\u202e"): "2 姓名 CELL_CONTROL_CHARACTER",
		with("王小明", ""): "2 姓名 CELL_EMPTY", with("王小明", strings.Repeat("王", 51)): "2 姓名 CELL_TOO_LONG", with("王小明", strings.Repeat("王", 9999)): "2 LINE_TOO_LONG",
		with("王小明", "王\xff"): "2 LINE_ENCODING", with(",无", `,"无`): "2 LINE_QUOTE_OPEN", with("王小明", `"王"小`): "2 LINE_QUOTE_MISPLACED",
		with(number(1), "2.30102E+17"): "2 公民身份号码 CITIZEN_NUMBER_MALFORMED", with("男", "雄"): "2 性别 CODE_UNKNOWN", with("CONSCRIPT", "民兵"): "2 人员类别 CODE_UNKNOWN",
		with("20260901", "2026-09-31"): "2 退役时间 DATE_MALFORMED", with("20260901", "46266"): "2 退役时间 DATE_MALFORMED", with("2024/9/1", "1998/9/1"): "2 入伍时间 ENLISTED_BEFORE_BIRTH",
		with("二等功", "四有标兵"): "2 立功受奖 CODE_UNKNOWN", with("2025-08-01", "2025-18-01"): "2 立功受奖 DATE_MALFORMED", with("1,234.5", "-5"): "2 养老转移金额 CELL_FORMULA", with("1,234.5", "1.234"): "2 养老转移金额 MONEY_MALFORMED",
		with("哈尔滨市道里区", "新兴区东风街道"): "2 安置地 DIVISION_UNKNOWN", with("哈尔滨市道里区", "110101"): "2 安置地 DIVISION_UNKNOWN", with(",无", ""): "2 LINE_CELL_COUNT", good + ",多": "2 LINE_CELL_COUNT",
	} {
		r, defects := read(t, p, small(text), roll.Options{})
		if r != (roll.Result{Read: 1, Bad: 1}) || !slices.Equal(defects, []string{want}) {
			t.Errorf("%.40q: %+v %v, want %s", text, r, defects, want)
		}
	}
	if r, defects := read(t, p, small(with("男", "雄,"), with("CONSCRIPT", "民兵"), good), roll.Options{CheckOnly: true}); r != (roll.Result{Read: 3, Bad: 2}) || len(defects) != 2 {
		t.Errorf("check only: %+v %v", r, defects)
	}
	if r, defects := read(t, p, small(strings.NewReplacer("男", "雄", "CONSCRIPT", "民兵", "20260901", "明天").Replace(good)), roll.Options{}); r.Bad != 1 || len(defects) != 3 {
		t.Errorf("all that is wrong at once: %v", defects)
	}
}

func TestHeaders(t *testing.T) {
	p := open(t, storetest.Open(t, storetest.SQLite(t)))
	for text, want := range map[string]string{
		"": "ROLL_EMPTY", "\n\n": "ROLL_EMPTY", "\"": "ROLL_EMPTY", "姓名,年龄\n": "ROLL_HEADER_UNKNOWN", "王小明,230102199903050019": "ROLL_HEADER_UNKNOWN",
		strings.Replace(small(), "性别", "姓名", 1): "ROLL_HEADER_REPEATED", strings.Replace(small(), "性别", "身份证号", 1): "ROLL_HEADER_REPEATED", "姓名\n": "ROLL_HEADER_MISSING",
		"PK\x03\x04": "ROLL_ENCODING_UNKNOWN",
	} {
		_, err := roll.Read(machine(t), p, strings.NewReader(text), roll.Options{})
		f := fault.Of(err)
		if f.Reason != want || f.Kind != fault.Invalid || strings.Contains(f.Text+f.TextEn, "王小明") {
			t.Errorf("%q: %v", text, err)
		}
		if strings.HasPrefix(want, "ROLL_HEADER_U") && !strings.Contains(f.Text, "养老补助月数") {
			t.Error("the known headers are not listed")
		}
	}
	if _, err := roll.Read(t.Context(), p, strings.NewReader(""), roll.Options{}); fault.Of(err).Kind != fault.SignedOut {
		t.Errorf("nobody: %v", err)
	}
	if _, err := roll.Read(access.With(t.Context(), &access.Viewer{Kind: access.Clerk}), p, strings.NewReader(""), roll.Options{}); fault.Of(err).Kind != fault.Denied {
		t.Errorf("a clerk: %v", err)
	}
}

// The later line holds, near or far; an older roll takes nothing back.
func TestRepeatedAndOlder(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		p := open(t, s)
		people := slices.Collect(population.Generate(9, 2200, today, division.Builtin()))
		lines := strings.Split(strings.TrimSpace(file(t, slices.Values(people)).String()), "\n")
		renamed := strings.Replace(lines[10], people[9].Identity.Name, "后来者", 1)
		lines = append(lines, renamed)
		r, defects := read(t, p, strings.Join(lines, "\n"), roll.Options{AsOf: now})
		if r != (roll.Result{Read: 2201, Added: 2200, Repeated: 1}) || !slices.Equal(defects, []string{"2202 公民身份号码 PERSON_REPEATED"}) {
			t.Errorf("%+v %v", r, defects)
		}
		of := func() string {
			return s.Read.Veteran.GetX(machine(t), p.VeteranID(people[9].Number)).Name
		}
		if of() != "后来者" {
			t.Errorf("the earlier line holds: %s", of())
		}
		if r, _ := read(t, p, lines[0]+"\n"+lines[10], roll.Options{AsOf: now.AddDate(0, -1, 0)}); r.Changed != 1 || of() != "后来者" {
			t.Errorf("an older roll: %+v, %s", r, of())
		}
	})
}

func TestProgressAndFailure(t *testing.T) {
	p := open(t, storetest.Open(t, storetest.SQLite(t)))
	text := file(t, population.Generate(3, 2300, today, division.Builtin())).String()
	var seen []int
	r, err := roll.Read(machine(t), p, strings.NewReader(text), roll.Options{Progress: func(r roll.Result) { seen = append(seen, r.Added) }})
	if err != nil || r.Added != 2300 || !slices.Equal(seen, []int{1000, 2000, 2300}) {
		t.Errorf("%+v %v %v", r, seen, err)
	}
	broken := io.MultiReader(strings.NewReader(text[:len(text)/2]), failing{})
	if r, err := roll.Read(machine(t), p, broken, roll.Options{}); err == nil || r.Unchanged != r.Read || r.Read == 0 {
		t.Errorf("%+v %v", r, err)
	}
}

type failing struct{}

func (failing) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }

// Whatever is in a file, reading it ends, counts every line once, and tells
// nothing of it.
func FuzzRead(f *testing.F) {
	text, err := os.ReadFile(sample)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(text)
	f.Add([]byte(small(line1)))
	f.Add([]byte("\xff\xfe"))
	f.Add([]byte("姓名\r\"\"\"\r\r\n\x00"))
	p := open(f, storetest.Open(f, storetest.SQLite(f)))
	f.Fuzz(func(t *testing.T, text []byte) {
		bad := map[int]bool{}
		r, err := roll.Read(access.AsMachine(context.Background(), "test"), p, bytes.NewReader(text), roll.Options{CheckOnly: true, Report: func(d roll.Defect) {
			if !d.Note {
				bad[d.Line] = true
			}
			if d.Line < 1 || d.Reason == "" || !utf8.ValidString(d.Words.Zh) {
				t.Errorf("%+v", d)
			}
		}})
		if err != nil && fault.Of(err).Kind == fault.Internal {
			t.Errorf("%v", err)
		}
		if r.Bad != len(bad) || r.Bad+r.Repeated > r.Read {
			t.Errorf("%+v, %d lines reported", r, len(bad))
		}
	})
}

func TestHeadersAreFields(t *testing.T) {
	known := maps.Collect(func(yield func(string, bool) bool) {
		for _, h := range roll.Headers() {
			if !yield(h, true) {
				return
			}
		}
	})
	for _, h := range headers {
		if !known[h] {
			t.Errorf("%s is not known", h)
		}
	}
	if len(known) < 40 {
		t.Errorf("%d headers", len(known))
	}
}

func BenchmarkRead(b *testing.B) {
	const n = 20_000
	text := file(b, population.Generate(1, n, today, division.Builtin())).Bytes()
	for _, kind := range []string{"check", "sqlite", "postgres"} {
		b.Run(kind, func(b *testing.B) {
			address := storetest.SQLite
			if kind == "postgres" {
				address = storetest.PostgreSQL
			}
			p := open(b, storetest.Open(b, address(b)))
			b.SetBytes(int64(len(text)))
			lines := 0
			for b.Loop() {
				p.Vault, _ = vault.New(vault.Generate()) // other keys, other people
				r, err := roll.Read(machine(b), p, bytes.NewReader(text), roll.Options{CheckOnly: kind == "check"})
				if err != nil || r.Read != n || r.Bad > 0 {
					b.Fatal(r, err)
				}
				lines += n
			}
			b.ReportMetric(float64(lines)/b.Elapsed().Seconds(), "lines/s")
		})
	}
}
