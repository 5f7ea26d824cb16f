package resolvers

import (
	"context"
	"slices"
	"strings"

	"github.com/vetgraph/vetgraph/ent/gen"
	"github.com/vetgraph/vetgraph/graph/model"
	"github.com/vetgraph/vetgraph/internal/access"
	"github.com/vetgraph/vetgraph/internal/citizen"
	"github.com/vetgraph/vetgraph/internal/fault"
	"github.com/vetgraph/vetgraph/internal/lookup"
)

// number is a citizen number, masked unless asked for in full by the person or a window.
func (r *Resolver) number(ctx context.Context, v *gen.Veteran, full bool) (string, error) {
	n, err := r.Profile.Number(v)
	if err != nil {
		return "", err
	}
	if !full {
		return n.Masked(), nil
	}
	if who := access.From(ctx); who == nil || who.Self != v.ID && who.Kind != access.Clerk {
		return "", fault.New(fault.Denied, "NUMBER_MASKED", "只有本人和窗口可以查看完整号码。", "Only the person and the window see the full number.")
	}
	return n.Reveal(), nil
}

// masked keeps the ends of a number: 138****8000.
func masked(s string) string {
	r := []rune(s)
	if len(r) < 8 {
		return strings.Repeat("*", len(r))
	}
	return string(r[:3]) + strings.Repeat("*", len(r)-7) + string(r[len(r)-4:])
}

// shown is a value as it may stand on a screen: nothing where the policy withholds it
// from who asks, and the numbers that identify or cost a person are masked, whoever
// asks, but for the person's own copy.
func (r *Resolver) shown(ctx context.Context, field string, v any) any {
	if r.withheld(ctx, field) {
		return nil
	}
	if inFull(ctx) {
		return v
	}
	s, ok := v.(string)
	f := r.Catalogue().Field(field)
	if !ok || f == nil {
		return v
	}
	switch f.Check {
	case "citizenNumber":
		return citizen.Number(s).Masked()
	case "luhn", "bankAccount":
		return masked(s)
	}
	if field == "mobile" || strings.HasSuffix(field, "Phone") || strings.HasSuffix(field, "CertNo") || strings.HasSuffix(field, "AccountNo") {
		return masked(s)
	}
	return v
}

// withheld says whether the policy keeps an element's value from who asks, though they
// see the person. An element that the catalogue does not know any more is the record's alone.
func (r *Resolver) withheld(ctx context.Context, element string) bool {
	return r.Catalogue().Field(element) != nil && !access.Builtin().Value(r.Catalogue(), access.From(ctx), element)
}

// departmentAnswers asks every department once for all veterans of the request.
func (r *Resolver) departmentAnswers(ctx context.Context, vs []*gen.Veteran, codes []string) ([][]*model.DepartmentAnswer, error) {
	can := r.Lookup.Codes()
	if codes == nil {
		codes = r.Lookup.CodesFor(access.From(ctx))
	}
	for _, c := range codes {
		if !slices.Contains(can, c) {
			return nil, fault.New(fault.Invalid, "DEPARTMENT_UNKNOWN", "没有这个部门，或该部门不提供查询。", "There is no such department, or it answers no questions.").At("codes")
		}
	}
	l := load(ctx)
	var everybody []lookup.Key // whom the answer holds: asked together, once
	for _, id := range l.persons.since(0) {
		for _, c := range codes {
			everybody = append(everybody, lookup.Key{Veteran: id, Department: c})
		}
	}
	if err := l.live.fetch(ctx, everybody); err != nil {
		return nil, err
	}
	var keys []lookup.Key
	for _, v := range vs {
		if v == nil {
			continue
		}
		for _, c := range codes {
			keys = append(keys, lookup.Key{Veteran: v.ID, Department: c})
		}
	}
	got, err := l.live.get(ctx, keys)
	if err != nil {
		return nil, err
	}
	out := make([][]*model.DepartmentAnswer, len(vs))
	for i, v := range vs {
		if v == nil {
			continue
		}
		for _, c := range codes {
			out[i] = append(out[i], r.departmentAnswer(ctx, c, got[0]))
			got = got[1:]
		}
	}
	return out, nil
}

func (r *Resolver) departmentAnswer(ctx context.Context, code string, a lookup.Answer) *model.DepartmentAnswer {
	out := &model.DepartmentAnswer{Department: r.Catalogue().Department(code), State: model.NoRecord}
	switch {
	case a.Silence != nil:
		out.State, out.Reason = model.Silent, &a.Silence.Reason
		if !a.Silence.RetryAt.IsZero() {
			out.RetryAt = &a.Silence.RetryAt
		}
	case a.Record.Known:
		out.State, out.AsOf = model.Answered, &a.Record.AsOf
		for _, f := range r.Catalogue().Fields {
			if v, ok := a.Record.Facts[f.ID]; ok {
				out.Facts = append(out.Facts, &model.DepartmentFact{Field: f, Value: r.shown(ctx, f.ID, v)})
			}
		}
	}
	return out
}
