package progress_test

import (
	"fmt"
	"slices"
	"sort"
	"strings"
	"time"

	"github.com/vetgraph/vetgraph/ent/gen"
	"github.com/vetgraph/vetgraph/internal/division"
	"github.com/vetgraph/vetgraph/internal/lifecycle"
	"github.com/vetgraph/vetgraph/internal/progress"
	"github.com/vetgraph/vetgraph/internal/workday"
)

// plain is a group as a person with a pencil would count it.
type plain struct {
	cases, items   heap
	touched        map[string]bool
	grades         [6]int
	papers, visits int
}

type heap struct {
	n, ended, onTime, returns, yellow, red int
	days                                   []int
}

func (h *heap) String() string {
	sort.Ints(h.days)
	at := func(percent int) string {
		if len(h.days) == 0 {
			return "-"
		}
		return fmt.Sprint(h.days[(len(h.days)*percent+99)/100-1])
	}
	return fmt.Sprint(h.n, h.ended, len(h.days), h.onTime, at(50), at(90), h.returns, h.yellow, h.red)
}

func (h *heap) add(warning lifecycle.Warning, ended bool, from *workday.Day, due *workday.Day, end *time.Time, returns int) {
	h.n++
	h.returns += returns
	if ended {
		h.ended++
	}
	if warning == lifecycle.Yellow {
		h.yellow++
	}
	if warning == lifecycle.Red {
		h.red++
	}
	if end == nil || from == nil {
		return
	}
	day := workday.FromTime(*end)
	h.days = append(h.days, workday.Builtin().Between(*from, day))
	if day <= *due {
		h.onTime++
	}
}

// flat is an answer in the pencil's form.
func flat(st *progress.Statistics) string {
	var out []string
	for _, r := range append([]*progress.Row{st.Total}, st.Rows...) {
		line := "all"
		if r != st.Total {
			line = ""
			for _, k := range r.Keys {
				line += k.Code + " "
			}
		}
		touched := "?"
		if r.Counts.Cases != nil {
			touched = fmt.Sprint(*r.Counts.Cases)
		}
		line += fmt.Sprintf(": %s items %s", touched, figures(r.Items))
		if r.Cases != nil {
			line += fmt.Sprintf(" cases %s saved %d %d", figures(r.Cases), r.Saved.Papers, r.Saved.Visits)
		}
		if g := r.Ratings; g != nil {
			line += fmt.Sprint(" ", [6]int{0, g.VeryDissatisfied, g.Dissatisfied, g.FairlySatisfied, g.Satisfied, g.VerySatisfied})
		}
		out = append(out, line)
	}
	sort.Strings(out)
	return strings.Join(out, "\n")
}

func figures(f *progress.Figures) string {
	at := func(d *int) string {
		if d == nil {
			return "-"
		}
		return fmt.Sprint(*d)
	}
	return fmt.Sprint(f.Count, f.Ended, f.Decided, f.OnTime, at(f.Workdays.Median), at(f.Workdays.P90), f.Returns, f.Warnings.Yellow, f.Warnings.Red)
}

// count answers a question from the rows, in the form of flat.
func (w *world) count(q progress.Question) string {
	files := w.s.Read.CaseFile.Query().WithItems().AllX(w.ctx)
	together := q
	together.By = nil
	out := w.lines(files, together)
	if len(q.By) == 0 && !strings.HasPrefix(out[0], "all: 0 items 0 ") {
		out = append(out, strings.Replace(out[0], "all", "", 1))
	} else if len(q.By) > 0 {
		out = append(out, w.lines(files, q)...)
	}
	sort.Strings(out)
	return strings.Join(out, "\n")
}

func (w *world) lines(files []*gen.CaseFile, q progress.Question) []string {
	groups := map[string]*plain{}
	has := func(d progress.Dimension) bool { return slices.Contains(q.By, d) }
	at := func(sides map[progress.Dimension]string) *plain {
		k := ""
		for _, d := range q.By {
			k += sides[d] + " "
		}
		if len(q.By) == 0 {
			k = "all"
		}
		if groups[k] == nil {
			groups[k] = &plain{touched: map[string]bool{}}
		}
		return groups[k]
	}
	if len(q.By) == 0 {
		at(nil)
	}
	byMatter := q.Matter != "" || q.Department != "" || has(progress.ByMatter) || has(progress.ByDepartment)
	itemsOnly := has(progress.ByItemState) || byMatter && (q.Warnings != nil || has(progress.ByWarning))
	for _, c := range files {
		day := workday.FromTime(c.CreatedAt)
		if c.AcceptedOn != nil {
			day = *c.AcceptedOn
		}
		if !wanted(c, q, day) {
			continue
		}
		width := map[string]int{"": 4, "230102000000": 9, "230102001000": 12}[q.Division]
		if q.Level == "COUNTY" {
			width = 6
		}
		sides := map[progress.Dimension]string{
			progress.ByDivision: c.Division[:width] + strings.Repeat("0", 12-width), progress.ByMonth: day.String()[:7],
			progress.ByState: string(c.State), progress.ByChannel: string(c.Channel), progress.ByWarning: string(c.Warning),
		}
		if !byMatter && !itemsOnly && (q.Warnings == nil || slices.Contains(q.Warnings, c.Warning)) {
			g := at(sides)
			end := c.ClosedAt
			if c.State == lifecycle.CaseWithdrawn {
				end = nil
			}
			g.cases.add(c.Warning, c.State.Ended(), c.AcceptedOn, c.DueOn, end, c.Returns)
			g.papers += c.PapersSaved
			g.visits += c.VisitsSaved
			g.touched[c.ID] = true
		}
		for _, i := range c.Edges.Items {
			if q.Matter != "" && i.Matter != q.Matter || q.Department != "" && i.Department != q.Department || q.Warnings != nil && !slices.Contains(q.Warnings, i.Warning) {
				continue
			}
			sides[progress.ByMatter], sides[progress.ByDepartment], sides[progress.ByItemState], sides[progress.ByWarning] = i.Matter, i.Department, string(i.State), string(i.Warning)
			g, end, returns := at(sides), i.DecidedAt, i.Round
			if i.State == lifecycle.ItemWithdrawn {
				end = nil
			}
			if i.State == lifecycle.ItemCorrection {
				returns++
			}
			g.items.add(i.Warning, i.State.Ended(), c.AcceptedOn, &i.DueOn, end, returns)
			if byMatter {
				g.touched[c.ID] = true
			}
			g.grades[w.rated[c.ID+i.Matter]]++
		}
	}
	var out []string
	for k, g := range groups {
		touched := fmt.Sprint(len(g.touched))
		if itemsOnly {
			touched = "?"
		}
		line := fmt.Sprintf("%s: %s items %s", k, touched, g.items.String())
		if !byMatter && !itemsOnly {
			line += fmt.Sprintf(" cases %s saved %d %d", g.cases.String(), g.papers, g.visits)
		}
		if q.Warnings == nil && !has(progress.ByWarning) && !has(progress.ByItemState) {
			g.grades[0] = 0
			line += fmt.Sprint(" ", g.grades)
		}
		out = append(out, line)
	}
	return out
}

func wanted(c *gen.CaseFile, q progress.Question, day workday.Day) bool {
	return (q.Division == "" || division.Within(c.Division, q.Division)) && (q.AcceptedFrom == nil || day >= *q.AcceptedFrom) &&
		(q.AcceptedBefore == nil || day < *q.AcceptedBefore) && (len(q.States) == 0 || slices.Contains(q.States, c.State)) &&
		(len(q.Channels) == 0 || slices.Contains(q.Channels, string(c.Channel)))
}
