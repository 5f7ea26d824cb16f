package catalog

// Totals is the headline of a catalogue: all its matters, done one by one and
// handled as one. Days are working days; materials are papers to bring.
type Totals struct {
	Before, After Effort
	CriticalPath  []string // matter codes; the longest chain, of equally long ones that of the later codes
}

// Effort is what one way of doing it costs the person.
type Effort struct{ Days, Materials, Steps, Visits int }

// Totals computes the headline by plain arithmetic on the graph: before are
// sums; after is the longest chain with the pre-review in front, the papers to
// keep and the joint form, the public steps, and the windows with a personal step.
func (c *Catalog) Totals() Totals {
	var t Totals
	kept := map[string]bool{}
	for _, m := range c.Matters {
		t.Before.Days += m.Days.Alone
		t.Before.Materials += len(m.Materials.Needs)
		t.Before.Steps += m.Steps.Value
		t.Before.Visits += m.Visits.Value
		for _, n := range m.Materials.Needs {
			// With alternatives the first stands for all; a plan finds the smallest set.
			if paper := c.materials[n.AnyOf[0]]; paper.Disposition == Keep {
				kept[paper.Code] = true
			}
		}
	}
	t.After.Days, t.CriticalPath = c.longest()
	t.After.Materials = len(kept) + 1
	t.After.Steps = len(c.Process.PublicSteps)
	t.After.Visits = len(c.Process.Windows)
	return t
}

// longest finds the chain of matters that takes most working days.
func (c *Catalog) longest() (days int, path []string) {
	finish := map[string]int{}
	via := map[string]string{}
	var visit func(*Matter) int
	visit = func(m *Matter) int {
		if f, ok := finish[m.Code]; ok {
			return f
		}
		start := 0
		for _, a := range m.After {
			if f := visit(c.matters[a.Matter]); f > start || f == start && via[m.Code] < a.Matter {
				start, via[m.Code] = f, a.Matter
			}
		}
		finish[m.Code] = start + m.Days.Joint()
		return finish[m.Code]
	}
	end := ""
	for _, m := range c.Matters {
		if f := visit(m); f >= days {
			days, end = f, m.Code
		}
	}
	for ; end != ""; end = via[end] {
		path = append([]string{end}, path...)
	}
	return days, path
}

// byName are the totals as [Meta.Published] calls them.
func (t Totals) byName() map[string]int {
	return map[string]int{
		"daysBefore": t.Before.Days, "daysAfter": t.After.Days,
		"materialsBefore": t.Before.Materials, "materialsAfter": t.After.Materials,
		"stepsBefore": t.Before.Steps, "stepsAfter": t.After.Steps,
		"visitsBefore": t.Before.Visits, "visitsAfter": t.After.Visits,
	}
}

// Difference is a published total that the catalogue does not reproduce.
type Difference struct {
	Name                string
	Published, Computed int
}

// Differences compares the published totals with the computed ones, by name.
func (c *Catalog) Differences() (out []Difference) {
	computed := c.Totals().byName()
	for _, name := range sortedKeys(c.Meta.Published) {
		if n := c.Meta.Published[name]; n != computed[name] {
			out = append(out, Difference{name, n, computed[name]})
		}
	}
	return out
}
