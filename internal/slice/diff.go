package slice

import (
	"fmt"
	"slices"
	"strings"

	"github.com/vetgraph/vetgraph/internal/division"
	"github.com/vetgraph/vetgraph/internal/words"
)

// Change is one difference between two versions of a slice.
type Change struct {
	Wider bool // the partner reads more, of more people, longer or oftener, or for something else
	Text  words.Text
}

// Diff tells what changes from one version to the next, wider first. Whether a
// person has to agree anew follows: any other version asks again.
func Diff(was, is *Slice) []Change {
	var all []Change
	add := func(wider bool, zh, en string, args ...any) {
		all = append(all, Change{wider, words.Text{Zh: fmt.Sprintf(zh, args...), En: fmt.Sprintf(en, args...)}})
	}
	before, after := was.Fields.shown(), is.Fields.shown()
	for _, f := range after {
		if !slices.Contains(before, f) {
			add(true, "新增 %s", "added %s", f)
		}
	}
	for _, f := range before {
		if !slices.Contains(after, f) {
			add(false, "去掉 %s", "removed %s", f)
		}
	}
	told, tells := was.Changes.Coordinates(), is.Changes.Coordinates()
	for _, f := range tells {
		if !slices.Contains(told, f) {
			add(true, "新增变化通知 %s", "changes of %s are told", f)
		}
	}
	for _, f := range told {
		if !slices.Contains(tells, f) {
			add(false, "不再通知 %s 的变化", "changes of %s are told no more", f)
		}
	}
	if was.Purpose.Code != is.Purpose.Code {
		add(true, "目的由 %s 改为 %s", "purpose was %s, is %s", was.Purpose.Code, is.Purpose.Code)
	}
	if was.Basis != is.Basis {
		add(was.Asks() && !is.Asks(), "依据由 %s %s 改为 %s %s", "basis was %s %s, is %s %s", was.Basis.Kind, was.Basis.Article, is.Basis.Kind, is.Basis.Article)
	}
	if a, b := was.Rows.String(), is.Rows.String(); a != b {
		add(!narrower(was.Rows, is.Rows), "人员范围由 %s 改为 %s", "rows were %s, are %s", a, b)
	}
	if was.Period.From != is.Period.From || was.Period.Until != is.Period.Until {
		add(is.Period.last > was.Period.last || is.Period.first < was.Period.first, "有效期由 %s–%s 改为 %s–%s", "open was %s to %s, is %s to %s",
			was.Period.From, was.Period.Until, is.Period.From, is.Period.Until)
	}
	if was.Often != is.Often {
		add(is.Often.PerDay > was.Often.PerDay || is.Often.PerMinute > was.Often.PerMinute, "次数由每分钟 %d、每天 %d 改为每分钟 %d、每天 %d", "quota was %d a minute and %d a day, is %d and %d",
			was.Often.PerMinute, was.Often.PerDay, is.Often.PerMinute, is.Often.PerDay)
	}
	if was.Keep != is.Keep {
		add(is.Keep > was.Keep, "保存期由 %d 天改为 %d 天", "may be kept for %d days, now for %d", was.Keep, is.Keep)
	}
	if was.Partner != is.Partner {
		add(true, "合作单位由 %s（%s）改为 %s（%s）", "the partner was %s (%s), is %s (%s)", was.Partner.Name.Zh, was.Partner.Contact, is.Partner.Name.Zh, is.Partner.Contact)
	}
	for _, c := range is.Clients {
		if other := was.Client(c.ID); other == nil || fmt.Sprint(other.Key) != fmt.Sprint(c.Key) || other.Certificate != c.Certificate {
			add(true, "客户端 %s 新增或更换密钥或证书", "client %s is new or has another key or certificate", c.ID)
		}
	}
	for _, c := range was.Clients {
		if is.Client(c.ID) == nil {
			add(false, "客户端 %s 停用", "client %s is gone", c.ID)
		}
	}
	slices.SortStableFunc(all, func(a, b Change) int {
		switch {
		case a.Wider == b.Wider:
			return 0
		case a.Wider:
			return -1
		}
		return 1
	})
	return all
}

// shown lists fields and arguments as Type.field and Type.field(argument:).
func (f Fields) shown() (all []string) {
	for _, at := range f.Coordinates() {
		all = append(all, at)
		typ, name, _ := strings.Cut(at, ".")
		args, _ := f.of(typ, name)
		for _, a := range args {
			all = append(all, at+"("+a+":)")
		}
	}
	return all
}

// String is the rows as a person compares them.
func (r Rows) String() string {
	text := r.Division
	for _, w := range r.Where {
		text += " " + w.Fact + "∈" + strings.Join(w.In, "|")
	}
	return text
}

// narrower tells whether nobody is seen who was not: the division lies within the
// other, and every condition is still there with no more values.
func narrower(was, is Rows) bool {
	if !division.Within(is.Division, was.Division) {
		return false
	}
	for _, w := range was.Where {
		if !slices.ContainsFunc(is.Where, func(o Of) bool {
			return o.Fact == w.Fact && !slices.ContainsFunc(o.In, func(v string) bool { return !slices.Contains(w.In, v) })
		}) {
			return false
		}
	}
	return true
}
