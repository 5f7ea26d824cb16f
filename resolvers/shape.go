package resolvers

import (
	"context"
	"slices"
	"strings"

	"github.com/vetgraph/vetgraph/ent/gen"
	"github.com/vetgraph/vetgraph/graph/model"
	"github.com/vetgraph/vetgraph/internal/casefile"
	"github.com/vetgraph/vetgraph/internal/catalog"
	"github.com/vetgraph/vetgraph/internal/division"
	"github.com/vetgraph/vetgraph/internal/fault"
	"github.com/vetgraph/vetgraph/internal/form"
	"github.com/vetgraph/vetgraph/internal/words"
)

// PageLimit is the most rows that one page may have.
const PageLimit = 100

func pageSize(first *int) (int, error) {
	if first == nil {
		return 20, nil
	}
	if *first < 1 || *first > PageLimit {
		return 0, fault.Newf(fault.Invalid, "PAGE_SIZE", "每页条数应为 1 至 %[1]d。", "A page has 1 to %[1]d rows.", PageLimit).At("first")
	}
	return *first, nil
}

func orEmpty(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}

func orNil(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

func each[P, R any](in []*P, f func(*P) *R) []*R {
	out := make([]*R, len(in))
	for i, p := range in {
		if p != nil {
			out[i] = f(p)
		}
	}
	return out
}

// place is a division by code, nil if there is none.
func (r *Resolver) place(code string) *division.Division {
	d, ok := r.Places.Get(code)
	if !ok {
		return nil
	}
	return &d
}

// mustPlace is place for codes that the record vouches for; one that a newer
// map has dropped keeps its code as its name.
func (r *Resolver) mustPlace(code string) *division.Division {
	if d := r.place(code); d != nil {
		return d
	}
	return &division.Division{Code: code, Name: code}
}

func (r *Resolver) places(parent, text string, n int) []*division.Division {
	var found []division.Division
	switch {
	case text != "":
		found = r.Places.Find(text, "", n)
		if parent != "" {
			found = slices.DeleteFunc(found, func(d division.Division) bool { return !division.Within(d.Code, parent) })
		}
	case parent != "":
		found = r.Places.Children(parent)
	default:
		found = r.Places.All()[:1] // the province
	}
	out := make([]*division.Division, 0, min(n, len(found)))
	for i := range found[:min(n, len(found))] {
		out = append(out, &found[i])
	}
	return out
}

func (r *Resolver) matters(codes []string) []*catalog.Matter {
	out := make([]*catalog.Matter, 0, len(codes))
	for _, c := range codes {
		if m := r.Catalogue().Matter(c); m != nil {
			out = append(out, m)
		}
	}
	return out
}

func (r *Resolver) ports(department string) []*catalog.Port {
	return slices.DeleteFunc(slices.Clone(r.Catalogue().Ports), func(p *catalog.Port) bool {
		return department != "" && p.Department != department
	})
}

func codeLists(c *catalog.Catalog) []*catalog.CodeList {
	out := make([]*catalog.CodeList, 0, len(c.Codes))
	for _, l := range c.Codes {
		out = append(out, l)
	}
	slices.SortFunc(out, func(a, b *catalog.CodeList) int { return strings.Compare(a.ID, b.ID) })
	return out
}

func veteranPage(vs []*gen.Veteran, more bool) *model.VeteranConnection {
	c := &model.VeteranConnection{PageInfo: &model.PageInfo{HasNextPage: more}, Edges: make([]*model.VeteranEdge, len(vs))}
	for i, v := range vs {
		c.Edges[i] = &model.VeteranEdge{Cursor: v.ID, Node: v}
		c.PageInfo.EndCursor = &v.ID
	}
	return c
}

func casePage(cs []*gen.CaseFile, more bool) *model.CaseConnection {
	c := &model.CaseConnection{PageInfo: &model.PageInfo{HasNextPage: more}, Edges: make([]*model.CaseEdge, len(cs))}
	for i, f := range cs {
		c.Edges[i] = &model.CaseEdge{Cursor: f.ID, Node: f}
		c.PageInfo.EndCursor = &f.ID
	}
	return c
}

// cut is a page of the cases of one person, all of which are at hand.
func cut(cs []*gen.CaseFile, n int, after string) ([]*gen.CaseFile, bool) {
	if after != "" {
		i := slices.IndexFunc(cs, func(c *gen.CaseFile) bool { return c.ID < after })
		if i < 0 {
			return nil, false
		}
		cs = cs[i:]
	}
	if len(cs) > n {
		return cs[:n], true
	}
	return cs, false
}

func caseID(c *gen.CaseFile) string { return c.ID }

func (r *Resolver) caseFilter(in *model.CaseFilter) casefile.Filter {
	if in == nil {
		return casefile.Filter{}
	}
	f := casefile.Filter{
		Division: orEmpty(in.Division), States: in.States, Matter: orEmpty(in.Matter), Department: orEmpty(in.Department), Warnings: in.Warnings,
		AcceptedFrom: in.AcceptedFrom, AcceptedBefore: in.AcceptedBefore, DueFrom: in.DueFrom, DueBefore: in.DueBefore,
	}
	for _, c := range in.Channels {
		f.Channels = append(f.Channels, string(c))
	}
	if m := r.Catalogue().Matter(f.Matter); m != nil {
		f.Matter = m.Code // a slug names it too
	}
	return f
}

func submission(in model.SubmitCaseInput) casefile.Submission {
	s := casefile.Submission{VeteranID: in.VeteranID, Key: in.IdempotencyKey, Matters: in.Matters}
	if in.Channel != nil {
		s.Channel = string(*in.Channel)
	}
	s.Answers, s.DraftID, s.Commitments = formAnswers(in.Answers), orEmpty(in.DraftID), in.Commitments
	for _, g := range in.Gaps {
		s.Gaps = append(s.Gaps, casefile.Gap{Material: g.Material, By: g.By})
	}
	return s
}

func draft(in model.SaveDraftInput) casefile.DraftInput {
	d := casefile.DraftInput{CaseID: orEmpty(in.CaseID), VeteranID: in.VeteranID, Matters: in.Matters, Answers: formAnswers(in.Answers)}
	if in.Channel != nil {
		d.Channel = string(*in.Channel)
	}
	return d
}

func (r *Resolver) problems(in []form.Problem) []*model.FormProblem {
	out := make([]*model.FormProblem, len(in))
	for i, p := range in {
		out[i] = &model.FormProblem{Field: p.Field, Matters: r.matters(p.Matters), Reason: p.Reason, Message: &words.Text{Zh: p.Zh, En: p.En}}
	}
	return out
}

func receipt(c *gen.CaseFile) *model.Receipt {
	if c.SubmittedAt == nil || c.AcceptedOn == nil || c.DueOn == nil {
		return nil
	}
	return &model.Receipt{Number: c.Number, SubmittedAt: *c.SubmittedAt, AcceptedOn: *c.AcceptedOn, PromisedOn: *c.DueOn}
}

func (r *Resolver) sheet(s *casefile.Sheet) *model.FeedbackSheet {
	out := &model.FeedbackSheet{
		Number: s.Number, Complete: s.Complete, State: s.State, WorkdaysUsed: s.WorkdaysUsed,
		WorkdaysPromised: s.WorkdaysPromised, OnTime: s.OnTime, Sheet: s,
	}
	for _, l := range s.Lines {
		line := &model.SheetLine{
			Matter: l.Matter, Department: r.Catalogue().Department(l.Department), State: l.State, Result: &l.Matter.Result.Name,
			Number: orNil(l.Number), DecidedOn: l.DecidedOn, Words: orNil(l.Words), NextStep: l.NextStep, Remedy: l.Remedy,
		}
		out.Lines = append(out.Lines, line)
	}
	return out
}

// casesByKey answers federation's references to cases, each by the key it came with.
func (r *Resolver) casesByKey(ctx context.Context, reps []*model.CaseRepresentation) ([]*gen.CaseFile, error) {
	var ids, numbers []string
	for _, p := range reps {
		if p.MatchedKey == model.CaseMatchedKeyNumber {
			numbers = append(numbers, orEmpty(p.Number))
		} else {
			ids = append(ids, orEmpty(p.ID))
		}
	}
	byID, err := r.Desk.GetMany(ctx, ids)
	if err != nil {
		return nil, err
	}
	byNumber, err := r.Desk.ByNumber(ctx, numbers)
	if err != nil {
		return nil, err
	}
	out := make([]*gen.CaseFile, len(reps))
	for i, p := range reps {
		if p.MatchedKey == model.CaseMatchedKeyNumber {
			out[i], byNumber = byNumber[0], byNumber[1:]
		} else {
			out[i], byID = byID[0], byID[1:]
		}
	}
	return out, nil
}
