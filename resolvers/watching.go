package resolvers

import (
	"github.com/vetgraph/vetgraph/ent/gen"
	"github.com/vetgraph/vetgraph/graph/model"
	"github.com/vetgraph/vetgraph/internal/supervision"
)

func (r *Resolver) silences(report *supervision.Report) *model.SilenceReport {
	out := &model.SilenceReport{
		Silences: make([]*model.Silence, len(report.Silences)), Total: report.Total,
		OldestSeconds: int(report.Oldest.Seconds()), AsOf: report.AsOf,
	}
	for i, s := range report.Silences {
		out.Silences[i] = &model.Silence{
			Reason: s.Reason, CaseID: s.CaseID, Since: s.Since,
			Matter: r.Catalogue().Matter(s.Matter), Department: r.Catalogue().Department(s.Department),
		}
	}
	return out
}

func taskFilter(in *model.TaskFilter) supervision.TaskFilter {
	if in == nil {
		return supervision.TaskFilter{}
	}
	return supervision.TaskFilter{Mine: in.Mine != nil && *in.Mine, States: in.States, Kind: orEmpty(in.Kind), Division: orEmpty(in.Division)}
}

func violationFilter(in *model.ViolationFilter) supervision.ViolationFilter {
	if in == nil {
		return supervision.ViolationFilter{}
	}
	return supervision.ViolationFilter{Kind: orEmpty(in.Kind), Division: orEmpty(in.Division)}
}

func taskPage(ts []*gen.Task, more bool) *model.TaskConnection {
	c := &model.TaskConnection{Nodes: ts, PageInfo: &model.PageInfo{HasNextPage: more}}
	if n := len(ts); n > 0 {
		end := supervision.Cursor(ts[n-1])
		c.PageInfo.EndCursor = &end
	}
	return c
}

func violationPage(vs []*gen.Violation, more bool) *model.ViolationConnection {
	return &model.ViolationConnection{Nodes: vs, PageInfo: pageEndingWith(vs, more, func(v *gen.Violation) string { return v.ID })}
}
