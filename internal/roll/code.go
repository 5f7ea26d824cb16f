package roll

import (
	"strings"

	"github.com/vetgraph/vetgraph/internal/catalog"
	"github.com/vetgraph/vetgraph/internal/division"
)

// list finds codes by code or name.
type list struct {
	standard string // or the list's ID if it names none
	by       map[string]string
	open     bool
}

// aliases are what departments write for the names of code lists.
var aliases = map[string]map[string]string{
	"sex":               {"男性": "1", "女性": "2"},
	"political":         {"党员": "01", "预备党员": "02", "团员": "03", "共青团员": "03"},
	"education":         {"研究生": "10", "硕士研究生": "10", "本科": "20", "大学本科": "20", "大学": "20", "专科": "30", "大专": "30", "大学专科": "30", "中专": "40", "中职": "40", "高中": "60", "初中": "70", "小学": "80"},
	"militaryRank":      {"1级上士": "SSG1", "2级上士": "SSG2"},
	"settlementMode":    {"逐月": "MONTHLY_PENSION", "自主择业": ""},
	"serviceBranch":     {"武警": "PAP", "武警部队": "PAP"},
	"dischargeCertType": {"退出现役证书": "01", "义务兵退出现役证": "02", "士官退出现役证": "03", "军士退出现役证": "03"},
	"disabilityNature":  {"战": "WAR", "公": "DUTY", "病": "ILLNESS"},
	"disabilityGrade":   {"一级": "1", "二级": "2", "三级": "3", "四级": "4", "五级": "5", "六级": "6", "七级": "7", "八级": "8", "九级": "9", "十级": "10"},
}

func newList(c *catalog.CodeList) *list {
	l := &list{standard: c.Standard, by: map[string]string{}, open: c.Open}
	for _, item := range c.Items {
		for _, name := range []string{item.Code, item.Name.Zh, item.Name.En, strings.TrimSuffix(item.Name.Zh, "族")} {
			l.by[fold(name)] = item.Code
		}
		if before, inside, ok := strings.Cut(narrow(item.Name.Zh), "("); ok { // 军士(警士) is called either
			l.by[fold(before)], l.by[fold(strings.TrimSuffix(inside, ")"))] = item.Code, item.Code
		}
	}
	for name, code := range aliases[c.ID] {
		if _, taken := l.by[fold(name)]; !taken && code != "" {
			l.by[fold(name)] = code
		}
	}
	return l
}

// fold makes names comparable.
func fold(s string) string { return strings.ToLower(strings.TrimSpace(narrow(s))) }

func (l *list) find(s string) (string, bool) {
	if l == nil {
		return "", false
	}
	key := fold(s)
	code, ok := l.by[key]
	if !ok && len(key) == 1 { // 1 for 01, as spreadsheets make of it
		code, ok = l.by["0"+key]
	}
	if !ok && l.open && len(key) == 2 && strings.Trim(key, "0123456789") == "" {
		return key, true // the list is a part of its standard
	}
	return code, ok
}

// places finds divisions by code or name.
type places struct {
	tree *division.Tree
	by   map[string]string // name -> code; empty if several places have it
}

// newPlaces knows places down to townships by their full name, with or without
// the province, and by their own name where no other place has it.
func newPlaces(t *division.Tree) *places {
	p := &places{tree: t, by: map[string]string{}}
	add := func(name, code string) {
		if was, taken := p.by[name]; taken && was != code {
			code = ""
		}
		p.by[name] = code
	}
	for _, d := range t.All() {
		if d.Level == division.Village {
			continue
		}
		full := t.FullName(d.Code)
		add(full, d.Code)
		if path := t.Path(d.Code); len(path) > 1 {
			add(strings.TrimPrefix(full, path[0].Name), d.Code)
			if d.Level != division.Township {
				add(d.Name, d.Code)
			}
		}
	}
	return p
}

func (p *places) find(s string, elsewhere bool) (string, bool) {
	if d, ok := p.tree.Get(s); ok {
		return d.Code, true
	}
	if code, ok := division.Normalize(s); ok {
		all := p.tree.All()
		return code, elsewhere && len(s) >= 6 && len(all) > 0 && !division.Within(code, all[0].Code)
	}
	code := p.by[strings.ReplaceAll(s, " ", "")]
	return code, code != ""
}
