package server

import (
	"context"
	"strings"

	"github.com/vetgraph/vetgraph/internal/progress"
	"github.com/vetgraph/vetgraph/internal/table"
)

// figureSource is the figures, one row for each group.
func (h *Hub) figureSource(q progress.Question) *sheetSource {
	var columns []table.Column
	for _, d := range q.By {
		name := strings.ToLower(string(d))
		columns = append(columns, table.Column{Name: name, Title: sides[d] + "代码"}, table.Column{Name: name + "_name", Title: sides[d]})
	}
	columns = append(columns, figureColumns()...)
	over := false
	return &sheetSource{columns: columns, next: func(ctx context.Context) ([][]any, error) {
		if over {
			return nil, nil
		}
		over = true
		st, err := h.Cases.Board().Statistics(ctx, q)
		if err != nil {
			return nil, err
		}
		rows := make([][]any, len(st.Rows))
		for i, r := range st.Rows {
			rows[i] = h.figureRow(st, r)
		}
		return rows, nil
	}}
}

// sides are the dimensions in words.
var sides = map[progress.Dimension]string{
	progress.ByDivision: "区划", progress.ByMatter: "事项", progress.ByDepartment: "部门", progress.ByMonth: "受理月份",
	progress.ByState: "办件状态", progress.ByItemState: "事项办件状态", progress.ByWarning: "预警", progress.ByChannel: "渠道",
}

func figureColumns() []table.Column {
	columns := []table.Column{{Name: "cases", Title: "办件数", Kind: table.Whole}}
	for _, of := range []struct{ name, title string }{{"items", "事项"}, {"cases", "办件"}} {
		for _, c := range []table.Column{
			{Name: "count", Title: "总数", Kind: table.Whole}, {Name: "open", Title: "未结", Kind: table.Whole}, {Name: "ended", Title: "已结", Kind: table.Whole},
			{Name: "decided", Title: "已决定", Kind: table.Whole}, {Name: "on_time", Title: "按期", Kind: table.Whole}, {Name: "on_time_rate", Title: "按期率", Kind: table.Share},
			{Name: "workdays_median", Title: "用时中位数工作日", Kind: table.Whole}, {Name: "workdays_p90", Title: "用时九成工作日", Kind: table.Whole},
			{Name: "returns", Title: "退回补正", Kind: table.Whole}, {Name: "yellow", Title: "黄牌", Kind: table.Whole}, {Name: "red", Title: "红牌", Kind: table.Whole},
		} {
			columns = append(columns, table.Column{Name: of.name + "_" + c.Name, Title: of.title + c.Title, Kind: c.Kind})
		}
	}
	for _, g := range [][2]string{
		{"ratings", "评价数"}, {"very_satisfied", "非常满意"}, {"satisfied", "满意"}, {"fairly_satisfied", "基本满意"}, {"dissatisfied", "不满意"}, {"very_dissatisfied", "非常不满意"},
	} {
		columns = append(columns, table.Column{Name: g[0], Title: g[1], Kind: table.Whole})
	}
	return append(columns, table.Column{Name: "ratings_average", Title: "平均等级", Kind: table.Share},
		table.Column{Name: "papers_saved", Title: "少交材料", Kind: table.Whole}, table.Column{Name: "visits_saved", Title: "少跑次数", Kind: table.Whole},
		table.Column{Name: "as_of", Title: "截至", Kind: table.Time})
}

func (h *Hub) figureRow(st *progress.Statistics, r *progress.Row) []any {
	var row []any
	for _, k := range r.Keys {
		row = append(row, k.Code, h.Resolver.Named(k).Zh)
	}
	row = append(row, some(r.Counts.Cases))
	for _, f := range []*progress.Figures{r.Items, r.Cases} {
		if f == nil {
			row = append(row, make([]any, 11)...)
			continue
		}
		row = append(row, f.Count, f.Open, f.Ended, f.Decided, f.OnTime, some(f.OnTimeRate), some(f.Workdays.Median), some(f.Workdays.P90),
			f.Returns, f.Warnings.Yellow, f.Warnings.Red)
	}
	if g := r.Ratings; g != nil {
		row = append(row, g.Count, g.VerySatisfied, g.Satisfied, g.FairlySatisfied, g.Dissatisfied, g.VeryDissatisfied, some(g.Average))
	} else {
		row = append(row, make([]any, 7)...)
	}
	if s := r.Saved; s != nil {
		row = append(row, s.Papers, s.Visits)
	} else {
		row = append(row, nil, nil)
	}
	return append(row, st.AsOf)
}
