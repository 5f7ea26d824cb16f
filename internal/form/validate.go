package form

import (
	"cmp"
	"reflect"
	"slices"

	"github.com/vetgraph/vetgraph/internal/catalog"
)

// maxAnswers is far above any form; a longer list is not read.
const maxAnswers = 500

// Answer is what a person typed into one field. A nil value leaves the field empty.
type Answer struct {
	Field string `json:"field"`
	Value any    `json:"value"`
}

// Validate answers what of a person's answers may be kept, by field ID and in
// the types that rules read, and everything that is wrong, in form order: a
// return must name all defects at once (行政许可法 32). Kept values are trimmed
// and in Unicode normal form C; an answer that empties an optional field is kept
// as nil. Answers equal to what the source of record says are passed over.
// Conditions are read again with the answers in, so an answer may make another
// field required or idle. Neither the form nor the answers are changed.
func Validate(f *Form, answers []Answer, a Against) (map[string]any, []Problem) {
	if f == nil || f.catalog == nil {
		return map[string]any{}, []Problem{{Reason: FormNotBound, Zh: "表单已失效，请重新打开。", En: "This form is out of date; open it again."}}
	}
	if len(answers) > maxAnswers {
		return map[string]any{}, []Problem{{Reason: AnswersTooMany, Zh: "一次提交的内容太多。", En: "Too many answers at once."}}
	}
	if a.Today == 0 {
		a.Today = f.On
	}
	v := validation{form: f, against: a, fields: map[string]*Field{}, order: map[string]int{}, values: map[string]any{}, bad: map[string]bool{}}
	for i := range f.Sections {
		for j := range f.Sections[i].Fields {
			field := &f.Sections[i].Fields[j]
			v.fields[field.ID], v.order[field.ID] = field, len(v.order)
		}
	}
	v.base, v.facts, v.err = Settle(f.catalog, f.known, f.On)
	v.read(answers)
	v.checks()
	v.conditions()
	v.crosses()
	v.required()
	return v.result()
}

// validation is the work on one set of answers.
type validation struct {
	form     *Form
	against  Against
	fields   map[string]*Field
	order    map[string]int
	base     map[string]Known // what is known without the answers
	facts    catalog.Facts    // with them
	values   map[string]any   // answers that stand so far
	bad      map[string]bool  // fields already complained about
	problems []Problem
	err      error
}

func (v *validation) complain(id string, w *flaw) {
	v.problems = append(v.problems, problem(v.fields[id], w))
	v.bad[id] = true
	delete(v.values, id)
}

// read types each answer and turns away those that are not the person's to give.
func (v *validation) read(answers []Answer) {
	times := map[string]int{}
	for _, a := range answers {
		times[a.Field]++
	}
	for _, a := range answers {
		field := v.fields[a.Field]
		switch {
		case times[a.Field] == 0: // complained about already
		case field == nil:
			v.problems = append(v.problems, stray(v.form.catalog, a.Field))
		case times[a.Field] > 1:
			v.complain(a.Field, wrong(FieldTwice, "“%s”填了不止一次。", "“%s” is answered more than once."))
		default:
			v.readOne(field, a.Value)
		}
		if field == nil || times[a.Field] > 1 {
			times[a.Field] = 0
		}
	}
}

func (v *validation) readOne(field *Field, raw any) {
	c := v.form.catalog
	def := c.Field(field.ID)
	value, w := read(c, def, raw)
	told, known := v.base[field.ID]
	same := w == nil && known && (value == nil && told.Absent || value != nil && reflect.DeepEqual(value, told.Value))
	switch {
	case field.Fill == OnSite:
		v.complain(field.ID, wrong(FieldOnSite, "“%s”在窗口现场采集，不用填。", "“%s” is taken at the window; do not fill it in."))
	case field.Fill == Produced:
		v.complain(field.ID, wrong(FieldProduced, "“%s”由本次办理产生，不用填。", "“%s” comes out of this case; do not fill it in."))
	case field.Fill == Computed && !same:
		v.complain(field.ID, wrong(FieldDerived, "“%s”由系统计算，不用填。", "“%s” is computed; do not fill it in."))
	case field.ReadOnly && !same:
		v.complain(field.ID, wrong(FieldReadOnly, "“%s”与数源部门的记录不一致。如记录有误，请提出异议。", "“%s” differs from its source of record. If the record is wrong, dispute it."))
	case field.Fill == Computed, field.ReadOnly: // equal: the record stands
	case def.Origin != Applicant && field.Fill != Filled:
		v.complain(field.ID, wrong(FieldOfDept, "“%s”由部门提供，不用填。", "“%s” is provided by a department; do not fill it in."))
	case w != nil:
		v.complain(field.ID, w)
	case value == nil && def.Origin != Applicant: // nothing said about a department's fact
	default:
		v.values[field.ID] = value
	}
}

// checks runs the named checks, form order.
func (v *validation) checks() {
	name, _ := v.values["name"].(string)
	if name == "" {
		name, _ = v.base["name"].Value.(string)
	}
	for _, id := range v.answered() {
		if w := v.against.named(v.form.catalog.Field(id), v.values[id], name); w != nil {
			v.complain(id, w)
		}
	}
}

// conditions turns away answers whose field is not needed, until that changes no
// other condition any more.
func (v *validation) conditions() {
	for again := true; again; {
		again = false
		v.settle()
		for _, id := range v.answered() {
			if v.values[id] != nil && v.holds(id) == catalog.False {
				v.complain(id, wrong(FieldNotNeeded, "按所填内容，“%s”不需要填。", "With these answers “%s” is not needed."))
				again = true
			}
		}
	}
}

// crosses runs the checks between fields.
func (v *validation) crosses() {
	for _, id := range v.answered() {
		if w := dateOrder(id, v.facts); w != nil {
			v.complain(id, w)
		} else if w := combination(v.form.catalog, id, v.facts); w != nil {
			v.complain(id, w)
		}
	}
	v.settle()
}

// required complains about what only the person can say and did not.
func (v *validation) required() {
	for id := range v.fields {
		def := v.form.catalog.Field(id)
		fill := v.fields[id].Fill
		if def.Origin != Applicant || def.Optional || v.bad[id] || v.facts[id] != nil || fill == OnSite || fill == Produced {
			continue
		}
		if v.holds(id) == catalog.True {
			v.complain(id, wrong(ValueMissing, "请填写“%s”。", "Please fill in “%s”."))
		} else {
			delete(v.values, id)
		}
	}
}

func (v *validation) settle() {
	if _, facts, err := Settle(v.form.catalog, with(v.form.known, v.values), v.form.On); err == nil {
		v.facts = facts
	} else {
		v.err = err
	}
}

// holds evaluates the condition of a field. A rule that fails decides nothing.
func (v *validation) holds(id string) catalog.Verdict {
	holds, err := verdict(v.form.catalog.Field(id).Condition, v.facts)
	if err != nil {
		return catalog.Unknown
	}
	return holds
}

// answered lists the fields whose answers stand so far, in form order.
func (v *validation) answered() []string {
	ids := make([]string, 0, len(v.values))
	for id := range v.values {
		ids = append(ids, id)
	}
	slices.SortFunc(ids, func(a, b string) int { return v.order[a] - v.order[b] })
	return ids
}

func (v *validation) result() (map[string]any, []Problem) {
	if v.err != nil { // the known facts do not fit the catalogue: a form bound to the wrong ones
		return map[string]any{}, []Problem{{Reason: FormNotBound, Zh: "表单已失效，请重新打开。", En: "This form is out of date; open it again."}}
	}
	place := func(p Problem) int {
		if at, ok := v.order[p.Field]; ok {
			return at
		}
		return len(v.order)
	}
	slices.SortStableFunc(v.problems, func(a, b Problem) int {
		return cmp.Or(cmp.Compare(place(a), place(b)), cmp.Compare(a.Field, b.Field))
	})
	return v.values, v.problems
}
