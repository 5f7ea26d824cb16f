package resolvers

import (
	"context"

	"github.com/vetgraph/vetgraph/ent/gen"
	"github.com/vetgraph/vetgraph/graph/model"
	"github.com/vetgraph/vetgraph/internal/casefile"
	"github.com/vetgraph/vetgraph/internal/form"
	"github.com/vetgraph/vetgraph/internal/lifecycle"
)

// item is one item, read afresh.
func (r *Resolver) item(ctx context.Context, id string) (*gen.Item, error) {
	it, err := r.Desk.Item(ctx, id)
	if err == nil {
		load(ctx).files.add(it.CaseID)
		metItems(ctx, it)
	}
	return it, err
}

func itemClocks(items []*gen.Item, by []*casefile.CaseClock) []*casefile.Clock {
	out := make([]*casefile.Clock, len(items))
	for i, it := range items {
		if it != nil && by[i] != nil {
			out[i] = by[i].Items[it.ID]
		}
	}
	return out
}

func (r *Resolver) itemAnswers(ctx context.Context, in []casefile.ItemAnswer) []*model.ItemAnswer {
	out := make([]*model.ItemAnswer, 0, len(in))
	for _, a := range in {
		if f := r.Catalogue().Field(a.Field); f != nil {
			out = append(out, &model.ItemAnswer{Field: f, Value: r.shown(ctx, f.ID, a.Value), Reopened: a.Reopened})
		}
	}
	return out
}

func supplement(in model.SupplementItemInput) casefile.Supplement {
	return casefile.Supplement{ItemID: in.ItemID, Answers: formAnswers(in.Answers), Materials: in.Materials}
}

func formAnswers(in []*model.AnswerInput) []form.Answer {
	var out []form.Answer
	for _, a := range in {
		out = append(out, form.Answer{Field: a.Field, Value: a.Value})
	}
	return out
}

func defects(in []*model.DefectInput) []lifecycle.Defect {
	out := make([]lifecycle.Defect, len(in))
	for i, x := range in {
		out[i] = lifecycle.Defect{Code: orEmpty(x.Code), Field: orEmpty(x.Field), Material: orEmpty(x.Material), Words: orEmpty(x.Words)}
	}
	return out
}

func (r *Resolver) itemFilter(in *model.ItemFilter) casefile.ItemFilter {
	if in == nil {
		return casefile.ItemFilter{}
	}
	f := casefile.ItemFilter{Division: orEmpty(in.Division), States: in.States, Matter: orEmpty(in.Matter), Warnings: in.Warnings}
	if m := r.Catalogue().Matter(f.Matter); m != nil {
		f.Matter = m.Code
	}
	return f
}

func itemPage(items []*gen.Item, more bool) *model.ItemConnection {
	page := &model.ItemConnection{Nodes: items, PageInfo: &model.PageInfo{HasNextPage: more}}
	if len(items) > 0 {
		end := casefile.QueueCursor(items[len(items)-1])
		page.PageInfo.EndCursor = &end
	}
	return page
}

func (r *Resolver) moves(in *casefile.Moves) *model.LoadCalendarPayload {
	out := &model.LoadCalendarPayload{Years: in.Years, DaysChanged: in.DaysChanged, Looked: in.Looked, MovedTotal: in.Total, Loaded: in.Loaded}
	for _, m := range in.List {
		out.Moved = append(out.Moved, &model.DueMove{Kind: m.Kind, Number: orNil(m.Number), Matter: r.Catalogue().Matter(m.Matter), From: m.From, To: m.To})
	}
	return out
}
