package server

import (
	"context"
	"encoding/json"
	"math"
	"strconv"
	"sync"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"github.com/vetgraph/vetgraph/graph/exec"
	"github.com/vetgraph/vetgraph/internal/fault"
)

// pageCap is the largest page; a resolver gives no more, so it costs no more.
const pageCap = 100

// listSize is what the schema says of a list by @listSize.
type listSize struct {
	assumed int      // rows, if no argument says how many
	by      []string // arguments that say how many
}

// tariff is what fields cost, by Type.field: what the schema says by @cost and
// @listSize, which routers read too.
type tariff struct {
	weights map[string]int
	lists   map[string]listSize
}

// ourTariff is that of our own schema.
var ourTariff = sync.OnceValue(func() tariff { return tariffOf(exec.NewExecutableSchema(exec.Config{}).Schema()) })

func tariffOf(schema *ast.Schema) tariff {
	t := tariff{map[string]int{}, map[string]listSize{}}
	for _, d := range schema.Types {
		for _, f := range d.Fields {
			at := d.Name + "." + f.Name
			if c := f.Directives.ForName("cost"); c != nil {
				t.weights[at] = number(c.Arguments.ForName("weight"))
			}
			if l := f.Directives.ForName("listSize"); l != nil {
				size := listSize{assumed: number(l.Arguments.ForName("assumedSize"))}
				if by := l.Arguments.ForName("slicingArguments"); by != nil {
					for _, v := range by.Value.Children {
						size.by = append(size.by, v.Value.Raw)
						if a := f.Arguments.ForName(v.Value.Raw); a != nil && a.DefaultValue != nil && size.assumed == 0 {
							size.assumed, _ = strconv.Atoi(a.DefaultValue.Raw) // null is asked for: the usual page comes
						}
					}
				}
				t.lists[at] = size
			}
		}
	}
	return t
}

func number(a *ast.Argument) int {
	if a == nil {
		return 0
	}
	n, _ := strconv.Atoi(a.Value.Raw) // that it is a number the schema's loader has seen to
	return n
}

// rows are how many a list may have: as many as are asked for, up to the largest page.
func (l listSize) rows(args map[string]any) int {
	for _, name := range l.by {
		if args[name] == nil {
			continue
		}
		n, ok := whole(args[name])
		if !ok { // whoever reads the argument may make a number of it; we do not guess which
			return pageCap
		}
		return min(max(n, 1), pageCap)
	}
	return max(l.assumed, 1)
}

// whole is an argument's number, from the document or the variables.
func whole(v any) (int, bool) {
	switch v := v.(type) {
	case int64:
		return int(v), true
	case int:
		return v, true
	case float64:
		return int(v), true
	case json.Number:
		n, err := v.Int64()
		return int(n), err == nil
	}
	return 0, false
}

// costOf is where an operation's cost is kept while it runs.
const costOf = "cost"

// costLimit refuses operations whose answers could be larger than this: a field costs
// 1 or its @cost, and what lies below a list as many times as @listSize says.
type costLimit struct {
	most   int
	schema *ast.Schema
	tariff tariff
	looks  looks
}

// ExtensionName implements graphql.HandlerExtension.
func (*costLimit) ExtensionName() string { return "CostLimit" }

// Validate implements graphql.HandlerExtension. A graph without us has fields that may
// be called as ours are; what they cost we cannot know.
func (c *costLimit) Validate(schema graphql.ExecutableSchema) error {
	c.schema, c.tariff, c.looks = schema.Schema(), ourTariff(), looksAt(schema.Schema())
	if j, ok := schema.(*joined); ok && j.hub == nil {
		c.tariff = tariff{}
	}
	return nil
}

// MutateOperationContext refuses an operation that costs too much. fieldLimit has
// bounded what there is to walk.
func (c *costLimit) MutateOperationContext(_ context.Context, op *graphql.OperationContext) *gqlerror.Error {
	cost := c.of(op.Operation.SelectionSet, op.Variables)
	op.Stats.SetExtension(costOf, cost)
	if cost > c.most {
		return tooCostly(cost)
	}
	if seen := c.looks.of(op.Operation.SelectionSet); seen > c.looks.most {
		return tooCostly(added(c.most, seen))
	}
	return nil
}

func tooCostly(cost int) *gqlerror.Error {
	return present(fault.Newf(fault.TooLarge, "TOO_COSTLY", "查询要取的内容太多(%[1]d,最多 %[2]d),请减少每页条数或字段。",
		"The query asks for too much (%[1]d, at most %[2]d); ask for smaller pages or fewer fields.", cost, maxCost))
}

func (c *costLimit) of(set ast.SelectionSet, vars map[string]any) (sum int) {
	for _, s := range set {
		switch s := s.(type) {
		case *ast.Field:
			sum = added(sum, c.field(s, vars))
		case *ast.InlineFragment:
			sum = added(sum, c.of(s.SelectionSet, vars))
		case *ast.FragmentSpread:
			sum = added(sum, c.of(s.Definition.SelectionSet, vars))
		}
	}
	return sum
}

// field costs nothing if it looks at the schema, which is always the same, and what is
// dearest of those that may stand behind an interface.
func (c *costLimit) field(f *ast.Field, vars map[string]any) (most int) {
	switch f.Name {
	case "__schema":
		return 0
	case "_service": // a text of some hundred kilobytes
		return serviceCost
	}
	below := c.of(f.SelectionSet, vars)
	if f.Name == "_entities" {
		return added(1, times(len(referencesOf(f, vars)), below)/forRouter)
	}
	behind := []*ast.Definition{f.ObjectDefinition}
	if f.ObjectDefinition.IsAbstractType() {
		behind = c.schema.GetPossibleTypes(f.ObjectDefinition)
	}
	for _, d := range behind {
		at := d.Name + "." + f.Name
		weight, ok := c.tariff.weights[at]
		if !ok {
			weight = 1
		}
		here := below
		if l, ok := c.tariff.lists[at]; ok {
			here = times(l.rows(f.ArgumentMap(vars)), below)
		}
		most = max(most, added(weight, here))
	}
	return most
}

// forRouter is how many times what a router asks in one batch may cost of what a person's
// question may: it adds keys and types to what was asked of it, and comes more than once.
const forRouter = 4

// serviceCost is what the whole schema as text costs, which only routers ask for, once.
const serviceCost = maxCost / 4

// enough is more than any limit: nobody counts further.
const enough = math.MaxInt32

func added(a, b int) int { return min(a+b, enough) }

func times(a, b int) int { return min(a*b, enough) }
