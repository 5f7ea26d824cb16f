package catalog

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"
)

// Facts is what is known of a person, by field ID. A missing key is unknown; a
// nil value is known to be absent. Values are string (also dates, as
// YYYY-MM-DD, and codes), bool, int64 or int, float64 or []string, after the
// field's type. "today" is the day the rule is asked about; "age" is computed
// from it and birthDate unless given.
type Facts map[string]any

// Verdict is the answer of a rule, with a third value for what is not known.
type Verdict int

// The verdicts.
const (
	Unknown Verdict = iota // depends on a fact that nobody has told us
	True
	False
)

// String is the verdict's name in upper case.
func (v Verdict) String() string { return [...]string{"UNKNOWN", "TRUE", "FALSE"}[v] }

// The bounds of a rule, wide for any honest one.
const (
	maxRuleLength = 2000   // characters
	maxRuleCost   = 10_000 // CEL cost units of one evaluation
)

// Expr is a rule over facts in CEL (cel.dev), type-checked and compiled once;
// it is safe for concurrent use.
type Expr struct {
	text    string
	program cel.Program
	reads   []read
	fields  []string
}

// read is a fact that a rule reads.
type read struct {
	name    string
	kind    string // as of kinds
	unknown *cel.AttributePatternType
}

// String is the rule as written.
func (e *Expr) String() string { return e.text }

// Fields are the facts the rule reads, sorted: field IDs and derived facts.
func (e *Expr) Fields() []string { return slices.Clone(e.fields) }

// Eval asks the rule. Facts not given make it Unknown only where they matter:
// a || b is True as soon as one side is. The error is a fact of the wrong Go
// type or a rule over its cost; the verdict is Unknown then.
func (e *Expr) Eval(f Facts) (Verdict, error) {
	vars := &bound{values: make([]ref.Val, len(e.reads)), expr: e}
	for i, r := range e.reads {
		v, err := r.from(f)
		if err != nil {
			return Unknown, fmt.Errorf("rule %q: %w", e.text, err)
		}
		if vars.values[i] = v; v == nil {
			vars.unknown = append(vars.unknown, r.unknown)
		}
	}
	out, _, err := e.program.Eval(vars)
	switch {
	case err != nil:
		return Unknown, fmt.Errorf("rule %q: %w", e.text, err)
	case out == types.True:
		return True, nil
	case out == types.False:
		return False, nil
	}
	return Unknown, nil
}

// bound is the activation of one evaluation.
type bound struct {
	expr    *Expr
	values  []ref.Val // beside expr.reads; nil is unknown
	unknown []*cel.AttributePatternType
}

func (b *bound) ResolveName(name string) (any, bool) {
	for i := range b.expr.reads {
		if b.expr.reads[i].name == name {
			return b.values[i], b.values[i] != nil
		}
	}
	return nil, false
}

func (b *bound) Parent() cel.Activation { return nil }

func (b *bound) UnknownAttributePatterns() []*cel.AttributePatternType { return b.unknown }

func (b *bound) AsPartialActivation() (cel.PartialActivation, bool) { return b, true }

// kinds tells how each type of field appears in a rule. A list that is absent
// is an empty list; everything else that is absent is null.
var kinds = map[string]string{
	"string": "text", "code": "text", "date": "text", "ref": "text", "file": "text", "biometric": "text",
	"int": "int", "decimal": "double", "money": "double", "bool": "bool", "list": "list",
}

var celTypes = map[string]*cel.Type{
	"text":   cel.NullableType(cel.StringType),
	"int":    cel.NullableType(cel.IntType),
	"double": cel.NullableType(cel.DoubleType),
	"bool":   cel.NullableType(cel.BoolType),
	"list":   cel.ListType(cel.StringType),
}

// from takes the fact out of f as a CEL value; nil is unknown.
func (r read) from(f Facts) (ref.Val, error) {
	v, known := f[r.name]
	if !known && r.name == "age" {
		v, known = ageFrom(f)
	}
	if !known {
		return nil, nil
	}
	if v == nil {
		if r.kind == "list" {
			return types.NewStringList(types.DefaultTypeAdapter, nil), nil
		}
		return types.NullValue, nil
	}
	switch x := v.(type) {
	case string:
		if r.kind == "text" {
			return types.String(x), nil
		}
	case bool:
		if r.kind == "bool" {
			return types.Bool(x), nil
		}
	case int:
		return r.number(float64(x), int64(x))
	case int64:
		return r.number(float64(x), x)
	case float64:
		return r.number(x, int64(x))
	case []string:
		if r.kind == "list" {
			return types.NewStringList(types.DefaultTypeAdapter, x), nil
		}
	case []any: // as JSON brings it
		return r.list(x)
	}
	return nil, fmt.Errorf("fact %s is %T, not %s", r.name, v, r.kind)
}

func (r read) number(f float64, i int64) (ref.Val, error) {
	switch {
	case r.kind == "double":
		return types.Double(f), nil
	case r.kind == "int" && float64(i) == f:
		return types.Int(i), nil
	}
	return nil, fmt.Errorf("fact %s is a number, not %s", r.name, r.kind)
}

func (r read) list(items []any) (ref.Val, error) {
	texts := make([]string, len(items))
	for i, item := range items {
		s, ok := item.(string)
		if !ok || r.kind != "list" {
			return nil, fmt.Errorf("fact %s is a list, not %s of texts", r.name, r.kind)
		}
		texts[i] = s
	}
	return types.NewStringList(types.DefaultTypeAdapter, texts), nil
}

// ageFrom computes full years; null without a date of birth.
func ageFrom(f Facts) (age any, known bool) {
	birth, ok := f["birthDate"]
	if !ok {
		return nil, false
	}
	today, ok := f["today"].(string)
	if !ok {
		return nil, false
	}
	b, ok := birth.(string)
	if !ok || len(b) != len("2006-01-02") || len(today) != len(b) {
		return nil, true
	}
	from, err1 := strconv.Atoi(b[:4])
	to, err2 := strconv.Atoi(today[:4])
	if err1 != nil || err2 != nil {
		return nil, true
	}
	if today[5:] < b[5:] { // 02-29 counts from 03-01, as 民法典 has it
		to--
	}
	return int64(to - from), true
}

// newEnv declares every fact that rules may read.
func newEnv(facts map[string]string) (*cel.Env, error) {
	options := []cel.EnvOption{
		cel.CrossTypeNumericComparisons(true),
		cel.ParserExpressionSizeLimit(maxRuleLength),
		cel.ParserRecursionLimit(50),
		cel.ExpressionNodeLimit(2000),
	}
	for _, name := range slices.Sorted(maps.Keys(facts)) {
		options = append(options, cel.Variable(name, celTypes[facts[name]]))
	}
	return cel.NewEnv(options...)
}

// flaw is a mistake in a rule; Offset is in characters from its beginning.
type flaw struct {
	line, column int // of the rule's text, from 1
	text         string
}

// Compile reads a rule over the facts of this catalogue.
func (c *Catalog) Compile(text string) (*Expr, error) {
	e, _, flaws := c.compile(text)
	if len(flaws) > 0 {
		return nil, fmt.Errorf("rule %q: %d:%d: %s", text, flaws[0].line, flaws[0].column, flaws[0].text)
	}
	return e, nil
}

func (c *Catalog) compile(text string) (*Expr, *cel.Ast, []flaw) {
	ast, issues := c.env.Compile(text)
	if issues.Err() != nil {
		var flaws []flaw
		for _, err := range issues.Errors() {
			words := strings.ReplaceAll(err.Message, " (in container '')", "")
			flaws = append(flaws, flaw{max(err.Location.Line(), 1), max(err.Location.Column(), 0) + 1, words})
		}
		return nil, nil, flaws
	}
	if ast.OutputType() != cel.BoolType {
		return nil, nil, []flaw{{1, 1, "must be true or false, not " + cel.FormatCELType(ast.OutputType())}}
	}
	program, err := c.env.Program(ast, cel.EvalOptions(cel.OptOptimize, cel.OptPartialEval), cel.CostLimit(maxRuleCost))
	if err != nil {
		return nil, nil, []flaw{{1, 1, err.Error()}}
	}
	e := &Expr{text: text, program: program, fields: names(ast, c.facts)}
	for _, name := range e.fields {
		e.reads = append(e.reads, read{name, c.facts[name], cel.AttributePattern(name)})
	}
	return e, ast, nil
}

// names lists the facts an expression refers to, sorted.
func names(ast *cel.Ast, facts map[string]string) []string {
	seen := map[string]bool{}
	for _, r := range ast.NativeRep().ReferenceMap() {
		if _, ok := facts[r.Name]; ok && r.Value == nil {
			seen[r.Name] = true
		}
	}
	return slices.Sorted(maps.Keys(seen))
}
