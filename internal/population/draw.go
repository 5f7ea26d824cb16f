package population

import (
	"fmt"
	"math/rand/v2"
	"strconv"
	"time"

	"github.com/vetgraph/vetgraph/internal/citizen"
	"github.com/vetgraph/vetgraph/internal/division"
	"github.com/vetgraph/vetgraph/internal/fact"
	"github.com/vetgraph/vetgraph/internal/profile"
	"github.com/vetgraph/vetgraph/internal/workday"
)

// sketch is what decides the rest of a person.
type sketch struct {
	category, mode string
	years          int
	grade, nature  string // of disability, empty for none
	award          string // the one that mattered for settlement, empty for none
	leftDaysAgo    int
	home           division.Division // township
	settledAt      string            // county, 12 digits
	ground         string            // for settling elsewhere
	sex, ethnicity string
	name           string
	born           workday.Day
	education      string
	validCard      bool
	settled        bool // all of it is behind them
}

// draw is the drawing of one person.
type draw struct {
	r     *rand.Rand
	i     int
	asOf  workday.Day
	land  *surveyed
	s     *spread
	given map[string]bool
}

// person draws somebody.
func (d *draw) person() profile.Person {
	var k sketch
	d.career(&k)
	d.leaving(&k)
	d.self(&k)
	k.validCard = d.s.ValidCard.of(d.r)
	k.settled = k.leftDaysAgo > 150 && d.r.Float64() < 0.6
	return d.finish(k)
}

// career draws category, mode, years and what a mode asks for
// (退役军人安置条例 5, 25, 36, 38).
func (d *draw) career(k *sketch) {
	k.category = d.s.Category.draw(d.r)
	k.mode = d.s.Mode[k.category].draw(d.r)
	k.years = d.years(k)
	if d.s.Disabled.of(d.r) {
		k.grade, k.nature = strconv.Itoa(5+d.r.IntN(6)), pick(d.r, "DUTY", "DUTY", "ILLNESS")
	}
	switch {
	case k.mode == "STATE_SUPPORT":
		k.grade, k.nature = strconv.Itoa(1+d.r.IntN(4)), pick(d.r, "WAR", "DUTY")
	case k.mode == "RETIREMENT" && k.years < 30:
		k.grade, k.nature = strconv.Itoa(1+d.r.IntN(6)), "DUTY"
	case k.mode == "JOB_PLACEMENT" && k.years < 12:
		k.award = pick(d.r, "MERIT_2", "MERIT_WAR_3", "MERIT_1")
	}
}

// years draws a length of service that category and mode allow.
func (d *draw) years(k *sketch) int {
	between := func(lo, hi int) int { return lo + d.r.IntN(hi-lo+1) }
	if k.category == "OFFICER" {
		switch k.mode {
		case "DEMOBILIZATION":
			return between(6, 12)
		case "CAREER_TRANSFER":
			return between(10, 20)
		case "MONTHLY_PENSION":
			return between(16, 26)
		}
		return between(30, 34)
	}
	lo, hi := 0, 99
	switch k.mode {
	case "SELF_EMPLOYMENT":
		hi = 15
	case "JOB_PLACEMENT":
		lo = 12
	case "MONTHLY_PENSION":
		lo = 16 // recalled threshold, a parameter
	case "RETIREMENT":
		lo = 18
	}
	for range 50 {
		if n, err := strconv.Atoi(d.s.Years[k.category].draw(d.r)); err == nil && n >= lo && n <= hi {
			return n
		}
	}
	if k.category == "CONSCRIPT" {
		return 2 // 兵役法 26
	}
	return max(lo, 3)
}

// leaving draws how long ago the person left: one in five within four weeks, the
// others in the months of their kind, most in the past year.
func (d *draw) leaving(k *sketch) {
	if oneIn(d.r, 5) {
		k.leftDaysAgo = 1 + d.r.IntN(28)
		return
	}
	month := 1 + d.r.IntN(12)
	urns := map[string]string{"SELF_EMPLOYMENT": "selfEmployment", "JOB_PLACEMENT": "jobPlacement"}
	if u, ok := d.s.Month[urns[k.mode]]; ok {
		if m, err := strconv.Atoi(u.draw(d.r)); err == nil {
			month = m
		}
	}
	year := d.asOf.Year()
	for x := d.r.Float64(); x > 0.75 && year > d.asOf.Year()-2; x -= 0.15 {
		year--
	}
	on := workday.Date(year, time.Month(month), 1+d.r.IntN(28))
	if on >= d.asOf {
		on = workday.Date(year-1, time.Month(month), 1+d.r.IntN(28))
	}
	k.leftDaysAgo = int(d.asOf - on)
}

// self draws who the person is and where from.
func (d *draw) self(k *sketch) {
	k.sex, k.ethnicity = d.s.Sex.draw(d.r), d.s.Ethnicity.draw(d.r)
	townships := d.land.townships[d.s.Cities.draw(d.r)]
	k.home = townships[d.r.IntN(len(townships))]
	k.settledAt = county(k.home.Code)
	if d.s.Elsewhere.of(d.r) {
		others := d.land.townships[d.s.Cities.draw(d.r)]
		if to := county(others[d.r.IntN(len(others))].Code); to != k.settledAt {
			k.settledAt, k.ground = to, pick(d.r, "PARENT_MOVED", "SPOUSE_HUKOU", "SPOUSE_SERVING")
		}
	}
	age := 18 + d.r.IntN(5) // 兵役法 20
	k.education = pick(d.r, "60", "60", "40", "30", "30")
	if age >= 21 && oneIn(d.r, 2) {
		k.education = pick(d.r, "30", "20")
	}
	if k.education == "20" {
		age += d.r.IntN(3) // graduates up to 24
	}
	if k.category == "OFFICER" {
		k.education = pick(d.r, "20", "20", "10")
	}
	enlisted := d.enlisted(*k)
	k.born = workday.Date(enlisted.Year()-age, time.January, 1).AddDays(d.r.IntN(240))
	k.name = d.name(k)
}

// enlisted is the day of enlistment that a sketch means.
func (d *draw) enlisted(k sketch) workday.Day {
	y, m, day := d.asOf.AddDays(-k.leftDaysAgo).Time().Date()
	return workday.Date(y-k.years, m, min(day, 28))
}

// others are surnames for what the distribution sums up as 其他.
var others = []string{"许", "邓", "萧", "曾", "程", "蔡", "彭", "潘", "袁", "余", "叶", "苏", "吕", "蒋", "贾", "夏", "钟", "汪", "任", "姚", "卢", "傅", "沈", "康", "毛", "邱", "秦", "江", "史", "顾", "侯", "邵", "孟", "龙", "万", "段", "雷", "钱", "汤", "尹", "黎", "易", "常", "武", "乔", "贺", "赖", "龚", "文", "庞", "樊", "殷", "施", "陶", "洪", "翟", "安", "颜", "倪", "严", "牛", "温", "芦", "季", "俞", "章", "鲁", "葛", "毕", "岳", "邢", "柳", "路", "齐", "冷", "曲", "初", "迟", "战", "腾", "盖", "隋"}

func (d *draw) name(k *sketch) string {
	surname := d.s.Surnames.draw(d.r)
	if surname == "其他" {
		surname = pick(d.r, others...)
	}
	if list := d.s.Peoples[k.ethnicity]; len(list) > 0 && d.r.Float64() < 0.7 {
		surname = pick(d.r, list...)
	}
	era := fmt.Sprintf("%ds", max(1970, min(k.born.Year()/10*10, 2000)))
	if k.sex == "2" {
		era = "female"
	}
	return surname + pick(d.r, d.s.Given[era]...)
}

// number draws a citizen number that nobody else here was given.
func (d *draw) number(k sketch) citizen.Number {
	for {
		order := d.r.IntN(500)*2 + 1 // odd for men
		if k.sex == "2" {
			order = (order + 1) % 1000
		}
		n := citizen.Make(k.home.Code[:6], k.born, order)
		if !d.given[n.Reveal()] {
			d.given[n.Reveal()] = true
			return n
		}
		k.born = k.born.AddDays(1) // a full day is rarer than a full order; the birth date follows the number
	}
}

// county is the code of the county a place lies in.
func county(code string) string { return code[:6] + "000000" }

// said is a provenance: days before the day of drawing, during office hours.
func (d *draw) said(source string, daysAgo int, basis string) fact.Provenance {
	at := d.asOf.AddDays(-max(daysAgo, 1)).Time().Add(9*time.Hour + time.Duration(d.r.IntN(8*3600))*time.Second)
	return fact.Provenance{Source: source, AsOf: at.UTC(), Basis: basis}
}

// finish makes a person of a sketch.
func (d *draw) finish(k sketch) profile.Person {
	q := profile.Person{Number: d.number(k), Division: k.settledAt, Synthetic: true, Whole: true}
	k.born = q.Number.BirthDate()
	d.identity(&q, k)
	d.service(&q, k)
	d.insurance(&q, k)
	if k.settled {
		d.settle(&q, k)
	}
	return q
}
