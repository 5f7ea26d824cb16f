package casefile

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/vetgraph/vetgraph/internal/catalog"
	"github.com/vetgraph/vetgraph/internal/form"
)

// draftChanges are the changes between two catalogues that touch a draft: its
// matters, what they ask of the person, and what was answered. Answers of fields
// that are gone stay in the draft and are not submitted. old may be nil, if nobody
// has it any more: then only what is gone can be told.
func draftChanges(old, cur *catalog.Catalog, matters []string, answers []form.Answer) []DraftChange {
	if old == cur {
		old = nil // nothing differs; what an earlier catalogue asked may be gone all the same
	}
	x := comparison{old: old, cur: cur, matters: matters, answers: map[string]any{}}
	for _, a := range answers {
		x.answers[a.Field] = a.Value
	}
	for _, code := range matters {
		x.matter(code)
	}
	if old != nil {
		for _, f := range cur.Fields {
			x.field(f)
		}
	}
	for _, a := range answers {
		x.gone(a.Field)
	}
	return x.found
}

// comparison is the work on one draft.
type comparison struct {
	old, cur *catalog.Catalog
	matters  []string
	answers  map[string]any
	found    []DraftChange
}

func (x *comparison) say(kind, field, matter string, words catalog.Text) {
	c := DraftChange{Kind: kind, Words: words}
	if field != "" {
		c.Field = &field
	}
	if matter != "" {
		c.Matter = &matter
	}
	x.found = append(x.found, c)
}

func (x *comparison) matter(code string) {
	now := x.cur.Matter(code)
	var was *catalog.Matter
	if x.old != nil {
		was = x.old.Matter(code)
	}
	switch {
	case now == nil:
		name := catalog.Text{Zh: code, En: code}
		if was != nil {
			name = was.Name
		}
		x.say("MATTER_GONE", "", code, catalog.Say("事项“%s”已不再办理，您填写的内容仍为您保留。", "“%s” is no longer offered; what you typed for it is kept.", name))
	case was != nil:
		if parts := x.differences(was, now); len(parts) > 0 {
			x.say("MATTER_CHANGED", "", code, catalog.Say("事项“%s”有变化：%s。", "“%s” has changed: %s.", now.Name, together(parts)))
		}
	}
}

// differences of a matter that matter to the person: days and papers.
func (x *comparison) differences(was, now *catalog.Matter) (parts []catalog.Text) {
	if was.Days.Joint() != now.Days.Joint() {
		parts = append(parts, catalog.Say("办理时限由 %d 个工作日变为 %d 个工作日", "from %d to %d working days", was.Days.Joint(), now.Days.Joint()))
	}
	if was.Days.PreReview != now.Days.PreReview {
		parts = append(parts, catalog.Say("预审时限由 %d 个工作日变为 %d 个工作日", "pre-review from %d to %d working days", was.Days.PreReview, now.Days.PreReview))
	}
	before, after := paperNames(x.old, was), paperNames(x.cur, now)
	if more := without(after, before); len(more) > 0 {
		parts = append(parts, catalog.Say("新增材料：%s", "more papers: %s", catalog.List(more...)))
	}
	if fewer := without(before, after); len(fewer) > 0 {
		parts = append(parts, catalog.Say("不再需要的材料：%s", "papers no longer needed: %s", catalog.List(fewer...)))
	}
	return parts
}

// paperNames are the papers that a matter may ask for.
func paperNames(c *catalog.Catalog, m *catalog.Matter) []catalog.Text {
	var names []catalog.Text
	for _, need := range m.Materials.Needs {
		for _, code := range need.AnyOf {
			if p := c.Material(code); p != nil {
				names = append(names, p.Name)
			}
		}
	}
	return names
}

func without(all, these []catalog.Text) []catalog.Text {
	return slices.DeleteFunc(slices.Clone(all), func(t catalog.Text) bool { return slices.Contains(these, t) })
}

func together(parts []catalog.Text) catalog.Text {
	var zh, en []string
	for _, p := range parts {
		zh, en = append(zh, p.Zh), append(en, p.En)
	}
	return catalog.Text{Zh: strings.Join(zh, "；"), En: strings.Join(en, "; ")}
}

// field compares a field that the person types for these matters.
func (x *comparison) field(now *catalog.Field) {
	if now.Origin != form.Applicant || now.OnSite || !asked(x.cur, x.matters, now.ID) {
		return
	}
	was := x.old.Field(now.ID)
	if was == nil || was.Origin != form.Applicant || !asked(x.old, x.matters, now.ID) {
		if _, answered := x.answers[now.ID]; !answered {
			x.say("FIELD_NEW", now.ID, x.asker(now.ID), catalog.Say("新增填写项“%s”。", "“%s” is asked now.", now.Name))
		}
		return
	}
	if parts := changed(was, now, x.old, x.cur); len(parts) > 0 {
		x.say("FIELD_CHANGED", now.ID, x.asker(now.ID), catalog.Say("填写项“%s”有变化：%s。", "“%s” has changed: %s.", now.Name, together(parts)))
	}
	x.codes(was, now)
}

// asker is the first of the matters that asks a field.
func (x *comparison) asker(field string) string {
	for _, code := range x.matters {
		if asked(x.cur, []string{code}, field) {
			return code
		}
	}
	return ""
}

// changed says in what a field differs for who fills it in.
func changed(was, now *catalog.Field, old, cur *catalog.Catalog) (parts []catalog.Text) {
	tell := func(differs bool, zh, en string) {
		if differs {
			parts = append(parts, catalog.Text{Zh: zh, En: en})
		}
	}
	tell(was.Type != now.Type, "填写方式", "what it takes")
	tell(was.Pattern != now.Pattern || was.Check != now.Check || was.MinLength != now.MinLength || was.MaxLength != now.MaxLength, "格式要求", "its form")
	tell(was.Codes != now.Codes || now.Codes != "" && !slices.Equal(codesIn(old, was), codesIn(cur, now)), "可选项", "its choices")
	tell(was.Optional && !now.Optional, "由选填变为必填", "it must be answered")
	tell(was.When != now.When, "填写条件", "when it is asked")
	return parts
}

func codesIn(c *catalog.Catalog, f *catalog.Field) []string {
	var codes []string
	if list := c.Codes[f.Codes]; list != nil {
		for _, i := range list.Items {
			codes = append(codes, i.Code)
		}
	}
	slices.Sort(codes)
	return codes
}

// codes tells of answered codes that have left their list.
func (x *comparison) codes(was, now *catalog.Field) {
	list := x.cur.Codes[now.Codes]
	if list == nil || list.Open {
		return
	}
	before := x.old.Codes[was.Codes]
	for _, code := range texts(x.answers[now.ID]) {
		if before == nil || slices.Contains(codesIn(x.cur, now), code) {
			continue
		}
		if i := slices.IndexFunc(before.Items, func(i catalog.CodeItem) bool { return i.Code == code }); i >= 0 {
			x.say("CODE_GONE", now.ID, x.asker(now.ID), catalog.Say("“%s”中您选的“%s”已不可选，请重新选择。", "Of “%s”, your choice “%s” is no longer offered; choose again.", now.Name, before.Items[i].Name))
		}
	}
}

func texts(v any) []string {
	switch x := v.(type) {
	case string:
		return []string{x}
	case []string:
		return x
	case []any:
		var out []string
		for _, i := range x {
			if s, ok := i.(string); ok {
				out = append(out, s)
			}
		}
		return out
	}
	return nil
}

// gone tells of an answer whose field the catalogue has dropped, or its matters
// ask no more.
func (x *comparison) gone(field string) {
	here := x.cur.Field(field)
	if here != nil && (x.old == nil || asked(x.cur, x.matters, field) || !asked(x.old, x.matters, field)) {
		return
	}
	name := catalog.Text{Zh: field, En: field}
	if here != nil {
		name = here.Name
	} else if x.old != nil && x.old.Field(field) != nil {
		name = x.old.Field(field).Name
	}
	x.say("FIELD_GONE", field, "", catalog.Say("填写项“%s”已不再需要，您填写的内容仍为您保留，不会提交。", "“%s” is no longer asked; what you typed is kept and not submitted.", name))
}

// listed are changes as the journal keeps them: kinds and IDs, no words of a person.
func listed(changes []DraftChange) string {
	list := make([]string, len(changes))
	for i, c := range changes {
		id := ""
		for _, p := range []*string{c.Field, c.Matter} {
			if p != nil {
				id = cmp.Or(id, *p)
			}
		}
		list[i] = fmt.Sprintf("%s %s", c.Kind, id)
	}
	return strings.Join(list, "; ")
}
