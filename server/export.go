package server

import (
	"cmp"
	"context"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/vetgraph/vetgraph/ent/gen"
	"github.com/vetgraph/vetgraph/internal/access"
	"github.com/vetgraph/vetgraph/internal/casefile"
	"github.com/vetgraph/vetgraph/internal/fault"
	"github.com/vetgraph/vetgraph/internal/lifecycle"
	"github.com/vetgraph/vetgraph/internal/progress"
	"github.com/vetgraph/vetgraph/internal/table"
	"github.com/vetgraph/vetgraph/internal/workday"
)

const (
	exportPage  = 1000 // cases read at once
	exportsMost = 2    // exports at once, each a page and a row group in memory
)

// sheetSource is something that can be exported: its columns and its rows, which
// are asked for until there are none.
type sheetSource struct {
	columns []table.Column
	next    func(context.Context) ([][]any, error)
}

// exports answers GET /export/cases.FORMAT and /export/statistics.FORMAT: what the
// lists and figures of the same filter hold, for whoever may count. Rows go out as
// they are read. A file that could not be finished ends with the connection, so
// that nobody takes half of it for the whole.
func (h *Hub) exports() http.Handler {
	room := make(chan struct{}, exportsMost)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Cache-Control", "no-store")
		source, format, err := h.exported(r)
		if err == nil {
			select {
			case room <- struct{}{}:
				defer func() { <-room }()
			default:
				err = fault.New(fault.Unavailable, "EXPORT_BUSY", "正在导出的人较多，请稍后再试。", "Others are exporting; please try again in a minute.").From("", h.Config.Now().Add(time.Minute))
			}
		}
		var rows [][]any
		if err == nil {
			rows, err = source.next(r.Context()) // before anything is sent: a mistake is told as one
		}
		if err != nil {
			h.refuseExport(w, err)
			return
		}
		_ = http.NewResponseController(w).SetWriteDeadline(time.Time{})
		w.Header().Set("Content-Type", format.Media)
		w.Header().Set("Content-Disposition", `attachment; filename="`+r.PathValue("file")+`"`)
		if err := pour(r.Context(), w, format, source, rows); err != nil {
			log := h.log("export")
			log.Warn().Err(err).Str("file", r.PathValue("file")).Msg("an export was cut off")
			panic(http.ErrAbortHandler)
		}
	})
}

func pour(ctx context.Context, w http.ResponseWriter, format table.Format, source *sheetSource, rows [][]any) error {
	out, err := format.Open(w, source.columns)
	if err != nil {
		return err
	}
	for len(rows) > 0 {
		for _, row := range rows {
			if err := out.Row(row); err != nil {
				return err
			}
		}
		if rows, err = source.next(ctx); err != nil {
			return err
		}
	}
	return out.Close()
}

func (h *Hub) refuseExport(w http.ResponseWriter, err error) {
	f := fault.Of(err)
	if f.Kind == fault.Internal {
		log := h.log("export")
		log.Error().Err(err).Msg("export")
	}
	refuse(w, exportStatus[f.Kind], f)
}

// exportStatus is the HTTP status of each kind of fault.
var exportStatus = map[fault.Kind]int{
	fault.Internal: http.StatusInternalServerError, fault.Invalid: http.StatusBadRequest, fault.SignedOut: http.StatusUnauthorized, fault.Denied: http.StatusForbidden,
	fault.NotFound: http.StatusNotFound, fault.Conflict: http.StatusConflict, fault.Unavailable: http.StatusServiceUnavailable, fault.TooLarge: http.StatusRequestEntityTooLarge,
}

// exported reads what is asked for, and in which form.
func (h *Hub) exported(r *http.Request) (*sheetSource, table.Format, error) {
	what, name, _ := strings.Cut(r.PathValue("file"), ".")
	at := slices.IndexFunc(table.Formats(), func(f table.Format) bool { return f.Name == name })
	if at < 0 || what != "cases" && what != "statistics" {
		return nil, table.Format{}, fault.New(fault.NotFound, "EXPORT_UNKNOWN", "没有这种导出：可用 cases 和 statistics，格式 csv、xlsx、parquet。",
			"There is no such export; there are cases and statistics, as csv, xlsx and parquet.")
	}
	if err := access.Require(r.Context(), access.Count); err != nil {
		return nil, table.Format{}, err
	}
	q, err := h.asked(r.URL.RawQuery, what == "statistics")
	if err != nil {
		return nil, table.Format{}, err
	}
	if what == "cases" {
		return h.caseSource(q), table.Formats()[at], nil
	}
	return h.figureSource(q), table.Formats()[at], nil
}

// asked reads a filter from a query string, under the names that it has in
// GraphQL. A list is written with commas or by naming it again.
func (h *Hub) asked(raw string, figures bool) (q progress.Question, err error) {
	values, err := url.ParseQuery(raw)
	if err != nil {
		return q, parameterWrong("")
	}
	var asOf string
	one := map[string]*string{"division": &q.Division, "matter": &q.Matter, "department": &q.Department}
	days := map[string]**workday.Day{"acceptedFrom": &q.AcceptedFrom, "acceptedBefore": &q.AcceptedBefore, "dueFrom": &q.DueFrom, "dueBefore": &q.DueBefore}
	many := map[string]func(string) error{
		"states":   list(&q.States, lifecycle.CaseState("").Values()),
		"warnings": list(&q.Warnings, lifecycle.Warning("").Values()),
		"channels": list(&q.Channels, []string{"WEB", "APP", "WINDOW", "AGENT"}),
	}
	if figures {
		one["asOf"] = &asOf
		many["groupBy"] = func(s string) error { q.By = append(q.By, ""); return q.By[len(q.By)-1].UnmarshalGQL(s) }
		many["level"] = func(s string) error { return q.Level.UnmarshalGQL(s) }
	}
	for _, name := range sortedKeys(values) {
		for _, v := range values[name] {
			switch to, day, take := one[name], days[name], many[name]; {
			case to != nil:
				*to = v
			case day != nil:
				d, err := workday.ParseDay(v)
				if err != nil {
					return q, fault.Of(err).At(name)
				}
				*day = &d
			case take != nil:
				for part := range strings.SplitSeq(v, ",") {
					if take(part) != nil {
						return q, parameterWrong(name)
					}
				}
			default:
				return q, parameterWrong(name)
			}
		}
	}
	if m := h.catalog.Matter(q.Matter); m != nil {
		q.Matter = m.Code // a slug names it too
	}
	if asOf != "" {
		t, err := time.Parse(time.RFC3339, asOf)
		if err != nil {
			return q, parameterWrong("asOf")
		}
		q.AsOf = &t
	}
	return q, nil
}

// list takes values of a closed list.
func list[S ~string](to *[]S, known []string) func(string) error {
	return func(s string) error {
		if !slices.Contains(known, s) {
			return parameterWrong("")
		}
		*to = append(*to, S(s))
		return nil
	}
}

func parameterWrong(name string) *fault.Fault {
	return fault.New(fault.Invalid, "EXPORT_PARAMETER", "查询参数无效，名称和取值应与 GraphQL 的筛选一致。",
		"A parameter is not one of the filter's, or has a value that the filter cannot have.").At(cmp.Or(name, "query"))
}

// caseSource is the list of cases, page by page.
func (h *Hub) caseSource(q progress.Question) *sheetSource {
	f := casefile.Filter{
		Division: q.Division, States: q.States, Matter: q.Matter, Department: q.Department, Warnings: q.Warnings, Channels: q.Channels,
		AcceptedFrom: q.AcceptedFrom, AcceptedBefore: q.AcceptedBefore, DueFrom: q.DueFrom, DueBefore: q.DueBefore,
	}
	after, over := "", false
	return &sheetSource{columns: caseColumns, next: func(ctx context.Context) ([][]any, error) {
		if over {
			return nil, nil
		}
		cases, more, err := h.Cases.Page(ctx, f, exportPage, after)
		if err != nil {
			return nil, err
		}
		rows := make([][]any, len(cases))
		for i, c := range cases {
			rows[i], after = h.caseRow(c), c.ID
		}
		over = !more
		return rows, nil
	}}
}

var caseColumns = []table.Column{
	{Name: "number", Title: "办件编号"}, {Name: "division", Title: "区划代码"}, {Name: "division_name", Title: "区划"},
	{Name: "state", Title: "状态代码"}, {Name: "state_name", Title: "状态"}, {Name: "warning", Title: "预警"}, {Name: "channel", Title: "渠道"}, {Name: "matters", Title: "事项"},
	{Name: "accepted_on", Title: "受理日", Kind: table.Date}, {Name: "due_on", Title: "承诺日", Kind: table.Date}, {Name: "due_provisional", Title: "承诺日暂定", Kind: table.Truth},
	{Name: "workdays_promised", Title: "承诺工作日", Kind: table.Whole}, {Name: "workdays_used", Title: "实际工作日", Kind: table.Whole}, {Name: "on_time", Title: "按期", Kind: table.Truth},
	{Name: "returns", Title: "退回补正次数", Kind: table.Whole}, {Name: "papers_saved", Title: "少交材料", Kind: table.Whole}, {Name: "visits_saved", Title: "少跑次数", Kind: table.Whole},
	{Name: "submitted_at", Title: "提交时间", Kind: table.Time}, {Name: "closed_at", Title: "办结时间", Kind: table.Time},
}

func (h *Hub) caseRow(c *gen.CaseFile) []any {
	return []any{
		c.Number, c.Division, h.Divisions.FullName(c.Division),
		string(c.State), h.Resolver.Named(progress.Key{Dimension: progress.ByState, Code: string(c.State)}).Zh, string(c.Warning), string(c.Channel), strings.Join(c.Matters, " "),
		some(c.AcceptedOn), some(c.DueOn), c.DueProvisional, c.PlanDays, some(c.Workdays), some(c.OnTime), c.Returns, c.PapersSaved, c.VisitsSaved, some(c.SubmittedAt), some(c.ClosedAt),
	}
}

// some is a value that may be missing.
func some[T any](v *T) any {
	if v == nil {
		return nil
	}
	return *v
}
