package server

import (
	"fmt"
	"slices"
	"strings"

	"github.com/vetgraph/vetgraph/internal/catalog"
	"github.com/vetgraph/vetgraph/internal/division"
	"github.com/vetgraph/vetgraph/internal/fault"
	"github.com/vetgraph/vetgraph/internal/plan"
	"github.com/vetgraph/vetgraph/internal/population"
	"github.com/vetgraph/vetgraph/internal/profile"
	"github.com/vetgraph/vetgraph/internal/workday"
)

type planCommand struct {
	Persona  int      `help:"Which of the population's people, from 0. The first six are fixed. 示例人员序号。" default:"0"`
	Matters  []string `help:"Matters by code or name; all that may be filed if left out. 事项。" placeholder:"M01,…"`
	Accepted string   `help:"Day of acceptance; today if left out. 受理日。" placeholder:"YYYY-MM-DD"`
	English  bool     `help:"In English. 英文。"`
}

// Run prints the plan of a synthetic person, without any database.
func (p planCommand) Run(s *session) error {
	c := s.Config
	if err := c.check(); err != nil {
		return err
	}
	h := &Hub{Config: c, Divisions: division.Builtin()}
	if err := h.openFiles(s.ctx); err != nil {
		return err
	}
	person, err := p.person(h)
	if err != nil {
		return err
	}
	on := h.Calendar().AcceptedOn(c.Now(), c.Closing)
	if p.Accepted != "" {
		if on, err = workday.ParseDay(p.Accepted); err != nil {
			return told(err)
		}
	}
	made, err := plan.Compile(plan.Input{Catalog: h.catalog, Calendar: h.Calendar(), Facts: person.Elements(), Chosen: p.Matters, AcceptedOn: on, Now: c.Now()})
	if err != nil {
		return told(err)
	}
	_, err = fmt.Fprint(s.out, p.text(h.catalog, person, made))
	return err
}

func (p planCommand) person(h *Hub) (*profile.Person, error) {
	if p.Persona < 0 || p.Persona >= 200_000 {
		return nil, fmt.Errorf("--persona is from 0 to 199999")
	}
	for q := range population.Generate(h.Config.Seed, p.Persona+1, workday.FromTime(h.Config.Now()), h.Divisions) {
		if p.Persona == 0 {
			return &q, nil
		}
		p.Persona--
	}
	return nil, fmt.Errorf("there is no such person")
}

// told turns a fault into words for the terminal.
func told(err error) error {
	f := fault.Of(err)
	if f.Kind == fault.Internal {
		return err
	}
	return fmt.Errorf("%s %s", f.Text, f.TextEn)
}

// text is the plan for people to read: figures, days, notice.
func (p planCommand) text(cat *catalog.Catalog, q *profile.Person, made *plan.Plan) string {
	words := func(t catalog.Text) string {
		if p.English {
			return t.En
		}
		return t.Zh
	}
	var b strings.Builder
	before, after := made.Totals.Before, made.Totals.After
	fmt.Fprintf(&b, "%s(%s)\n\n", q.Identity.Name, words(catalog.Text{Zh: "示例数据，不是真人", En: "synthetic, nobody real"}))
	for _, l := range []struct {
		name      catalog.Text
		from, now int
	}{
		{catalog.Text{Zh: "工作日", En: "working days"}, before.Days, after.Days}, {catalog.Text{Zh: "材料", En: "papers"}, before.Materials, after.Materials},
		{catalog.Text{Zh: "环节", En: "steps"}, before.Steps, after.Steps}, {catalog.Text{Zh: "跑动", En: "visits"}, before.Visits, after.Visits},
	} {
		fmt.Fprintf(&b, "  %3d → %-3d %s\n", l.from, l.now, words(l.name))
	}
	b.WriteString("\n")
	chosen := slices.DeleteFunc(slices.Clone(made.Matters), func(m plan.MatterPlan) bool { return !m.Selected })
	slices.SortFunc(chosen, func(a, b plan.MatterPlan) int { return a.Order - b.Order })
	for _, m := range chosen {
		bar := strings.Repeat("·", m.StartsAfter) + strings.Repeat("█", m.Workdays)
		fmt.Fprintf(&b, "  %s  %-15s  %s  %s\n", m.Code, bar, m.Promised.Day, words(m.Name))
	}
	fmt.Fprintf(&b, "\n%s\n\n", words(made.PathWords))
	if p.English {
		b.WriteString(made.Notice.English())
	} else {
		b.WriteString(made.Notice.String())
	}
	fmt.Fprintf(&b, "\n%s\n", words(cat.Meta.Disclaimer))
	return b.String()
}
