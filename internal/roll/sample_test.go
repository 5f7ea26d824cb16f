package roll_test

import (
	"bytes"
	"encoding/csv"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/vetgraph/vetgraph/internal/division"
	"github.com/vetgraph/vetgraph/internal/population"
	"github.com/vetgraph/vetgraph/internal/roll"
	"github.com/vetgraph/vetgraph/internal/store"
	"github.com/vetgraph/vetgraph/internal/store/storetest"
)

// The same sample in two databases and every encoding; read again, nothing changes.
func TestSample(t *testing.T) {
	if *update {
		writeSamples(t)
	}
	text, err := os.ReadFile(sample)
	if err != nil {
		t.Fatal(err)
	}
	want := []string{
		"4 公民身份号码 CITIZEN_NUMBER_CHECK_DIGIT", "7 退役时间 DISCHARGE_BEFORE_ENLISTMENT", "10 安置方式 MODE_NOT_ALLOWED", "13 军衔 RANK_MISMATCH",
		"16 性别 SEX_MISMATCH", "19 安置地 DIVISION_UNKNOWN", "22 姓名 CELL_FORMULA", "25 养老转移金额 MONEY_MALFORMED", "28 退役时间 DATE_FUTURE", "31 LINE_CELL_COUNT", "41 公民身份号码 PERSON_REPEATED",
	}
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		p := open(t, s)
		r, defects := read(t, p, string(text), roll.Options{})
		if r != (roll.Result{Read: 40, Added: 29, Repeated: 1, Bad: 10}) || !slices.Equal(defects, want) {
			t.Errorf("%+v\n%s", r, strings.Join(defects, "\n"))
		}
		if r, _ := read(t, p, string(text), roll.Options{AsOf: now.AddDate(0, 0, 1)}); r != (roll.Result{Read: 40, Unchanged: 29, Repeated: 1, Bad: 10}) {
			t.Errorf("again: %+v", r)
		}
		if n := s.Read.Veteran.Query().CountX(machine(t)); n != 29 {
			t.Errorf("%d people", n)
		}
	})
}

// writeSamples writes the sample with its mistakes and the example without any.
func writeSamples(t *testing.T) {
	t.Helper()
	fresh := slices.Collect(population.Generate(2026, 40, today, division.Builtin()))
	all, err := csv.NewReader(file(t, slices.Values(fresh[:39]))).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	at := func(header string) int { return slices.Index(headers, header) }
	digit := all[3][at("公民身份号码")]
	all[3][at("公民身份号码")] = digit[:17] + map[bool]string{true: "2", false: "1"}[digit[17] == '1']
	all[6][at("退役时间")] = all[6][at("入伍时间")]
	all[9][at("安置方式")] = "转业"
	all[9][at("人员类别")], all[9][at("军衔")] = "义务兵", "上等兵"
	all[12][at("人员类别")], all[12][at("军衔")], all[12][at("安置方式")] = "义务兵", "中士", "自主就业"
	all[15][at("性别")] = map[string]string{"男": "女", "女": "男"}[all[15][at("性别")]]
	all[18][at("安置地")] = "239999"
	all[21][at("姓名")] = "=" + all[21][at("姓名")]
	all[24][at("养老转移金额")] = "12.345"
	all[27][at("退役时间")] = "2026-12-01"
	all[30] = all[30][:20]
	again := slices.Clone(all[35])
	again[at("文化程度")] = "本科"
	all = append(all, again)
	all[1][at("入伍时间")] = strings.ReplaceAll(all[1][at("入伍时间")], "-", "/")
	all[2][at("公民身份号码")] = "'" + all[2][at("公民身份号码")]
	all[5][at("安置地")] = division.Builtin().FullName(all[5][at("安置地")])
	all[8][at("人员类别")] = fresh[7].Discharge.Category
	write := func(path, before string, lines [][]string) {
		b := bytes.NewBufferString(before)
		w := csv.NewWriter(b)
		w.UseCRLF = true
		if err := w.WriteAll(lines); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, b.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	write(sample, "", all)
	good, err := csv.NewReader(file(t, slices.Values(fresh[:20]))).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	write(example, "\ufeff", good) // with the mark, so that spreadsheets open it as UTF-8
}

func TestExampleIsGood(t *testing.T) {
	text, err := os.ReadFile(example)
	if err != nil {
		t.Fatal(err)
	}
	r, defects := read(t, open(t, storetest.Open(t, storetest.SQLite(t))), string(text), roll.Options{})
	if len(defects) > 0 || r != (roll.Result{Read: 20, Added: 20}) {
		t.Errorf("%+v %v", r, defects)
	}
}
