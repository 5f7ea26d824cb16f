package resolvers

import (
	"context"
	"slices"

	"github.com/vetgraph/vetgraph/ent/gen"
	"github.com/vetgraph/vetgraph/graph/model"
	"github.com/vetgraph/vetgraph/internal/catalog"
	"github.com/vetgraph/vetgraph/internal/fact"
	"github.com/vetgraph/vetgraph/internal/fault"
	"github.com/vetgraph/vetgraph/internal/lookup"
	"github.com/vetgraph/vetgraph/internal/profile"
)

// elements are the values of data elements for many veterans, as fresh as wanted:
// who is to be asked is asked once for everybody whom the answer holds.
func (r *Resolver) elements(ctx context.Context, vs []*gen.Veteran, ids []string, how *model.Reading) ([][]*model.Element, error) {
	fields, err := r.fields(ids)
	if err != nil {
		return nil, err
	}
	wanted := make([]string, len(fields))
	for i, f := range fields {
		wanted[i] = f.ID
	}
	rows, err := all(ctx, load(ctx).rows, vs, func(v *gen.Veteran) string { return v.ID })
	if err != nil {
		return nil, err
	}
	answers, err := r.heard(ctx, rows, wanted, how)
	if err != nil {
		return nil, err
	}
	out := make([][]*model.Element, len(vs))
	for i, row := range rows {
		if row == nil {
			continue
		}
		known, err := r.Lookup.Elements(row, answers[row.Veteran.ID], wanted)
		if err != nil {
			return nil, err
		}
		for _, f := range fields {
			e := r.element(ctx, f, known[f.ID])
			e.VeteranID = vs[i].ID
			out[i] = append(out[i], e)
		}
	}
	return out, nil
}

// heard asks whom the reading needs, and answers by veteran and department.
func (r *Resolver) heard(ctx context.Context, rows []*profile.Rows, wanted []string, how *model.Reading) (map[string]map[string]lookup.Answer, error) {
	if how == nil || *how == model.FromMirror {
		return nil, nil
	}
	l := load(ctx)
	everybody, err := l.rows.get(ctx, l.persons.since(0))
	if err != nil {
		return nil, err
	}
	keys, err := r.Lookup.Due(ctx, lookup.Reading(*how), wanted, slices.Concat(everybody, rows))
	if err != nil {
		return nil, err
	}
	got, err := l.live.get(ctx, keys)
	if err != nil {
		return nil, err
	}
	by := map[string]map[string]lookup.Answer{}
	for i, k := range keys {
		if by[k.Veteran] == nil {
			by[k.Veteran] = map[string]lookup.Answer{}
		}
		by[k.Veteran][k.Department] = got[i]
	}
	return by, nil
}

func (r *Resolver) element(ctx context.Context, f *catalog.Field, k lookup.Element) *model.Element {
	e := &model.Element{Field: f, State: model.ElementUnknown}
	if k.Gap != nil {
		e.Gap = &model.ElementGap{Department: r.mustDepartment(k.Gap.Department), Since: k.Gap.Since, RetryAt: k.Gap.RetryAt, Reason: k.Gap.Reason}
	}
	if k.Freshness != "" {
		e.Freshness = new(model.ElementFreshness(k.Freshness))
	}
	switch {
	case k.Conflict():
		e.State = model.ElementInConflict
		e.Conflict = &model.ElementConflict{Owner: profile.Owner(r.Catalogue(), f.ID), Since: k.Since}
		for _, w := range k.Words {
			e.Conflict.Values = append(e.Conflict.Values, &model.ElementWord{
				Value: r.shown(ctx, f.ID, w.Value), Provenance: provenance(w), Freshness: model.ElementFreshness(r.Lookup.FreshnessOf(w)),
			})
		}
	case len(k.Words) == 0:
		if k.Gap != nil {
			e.State = model.ElementWithGap
		}
	case k.Words[0].Absent:
		e.State, e.Provenance = model.ElementAbsent, provenance(k.Words[0])
	default:
		e.State, e.Value, e.Provenance = model.ElementKnown, r.shown(ctx, f.ID, k.Words[0].Value), provenance(k.Words[0])
	}
	return e
}

func provenance(w profile.Word) *fact.Provenance {
	return &fact.Provenance{Source: w.Source, AsOf: w.AsOf, ValidUntil: w.ValidUntil, Basis: w.Basis}
}

func (r *Resolver) fields(ids []string) ([]*catalog.Field, error) {
	if ids == nil {
		return r.Catalogue().Fields, nil
	}
	if len(ids) > len(r.Catalogue().Fields) {
		return nil, fault.New(fault.Invalid, "ELEMENTS_TOO_MANY", "数据元编号太多。", "Too many element IDs.").At("ids")
	}
	out := make([]*catalog.Field, len(ids))
	for i, id := range ids {
		if out[i] = r.Catalogue().Field(id); out[i] == nil {
			return nil, fault.New(fault.Invalid, "ELEMENT_UNKNOWN", "没有这个数据元。", "There is no such data element.").At("ids")
		}
	}
	return out, nil
}
