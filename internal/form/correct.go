package form

import (
	"slices"

	"github.com/vetgraph/vetgraph/internal/catalog"
)

// NotReopened is the reason of an answer to a field that a return did not name.
const NotReopened = "FIELD_NOT_REOPENED"

// Correct reads answers to a return: of the fields it opened again, and no others.
// It answers what may be kept, in the types that rules read, and everything that
// is wrong, in form order. Whether an answer is the right one now is for the
// department; here it must be one that the field can take.
func Correct(c *catalog.Catalog, answers []Answer, open map[string]bool, a Against) (map[string]any, []Problem) {
	if len(answers) > maxAnswers {
		return nil, []Problem{{Reason: AnswersTooMany, Zh: "一次提交的内容太多。", En: "Too many answers at once."}}
	}
	values, problems, times := map[string]any{}, []Problem{}, map[string]int{}
	for _, x := range answers {
		def := c.Field(x.Field)
		times[x.Field]++
		var w *flaw
		var value any
		switch {
		case def == nil:
			problems = append(problems, stray(c, x.Field))
			continue
		case times[x.Field] > 1:
			w = wrong(FieldTwice, "“%s”填了不止一次。", "“%s” is answered more than once.")
		case !open[x.Field]:
			w = wrong(NotReopened, "“%s”没有被退回，不能改。", "“%s” was not returned and cannot be changed.")
		case def.OnSite:
			w = wrong(FieldOnSite, "“%s”在窗口现场采集，不用填。", "“%s” is taken at the window; do not fill it in.")
		default:
			if value, w = read(c, def, x.Value); w == nil {
				w = a.named(def, value, "")
			}
		}
		if w != nil {
			problems = append(problems, problem(&Field{ID: def.ID, Name: def.Name}, w))
			delete(values, x.Field)
			continue
		}
		values[x.Field] = value
	}
	place := map[string]int{}
	for i, f := range c.Fields {
		place[f.ID] = i
	}
	slices.SortStableFunc(problems, func(p, q Problem) int { return place[p.Field] - place[q.Field] })
	return values, problems
}

// Missing is the problem of a field that must be answered and is not.
func Missing(c *catalog.Catalog, id string) Problem {
	def := c.Field(id)
	if def == nil {
		return stray(c, id)
	}
	return problem(&Field{ID: def.ID, Name: def.Name}, wrong(ValueMissing, "请填写“%s”。", "Please fill in “%s”."))
}
