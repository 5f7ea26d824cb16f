package catalog

import (
	"fmt"
	"slices"
	"strings"

	"cel.dev/cel-go/cel"
	celast "cel.dev/cel-go/common/ast"
	"cel.dev/cel-go/common/operators"
	"go.yaml.in/yaml/v3"
)

// checkRules compiles every rule of the catalogue where it stands.
func (l *loader) checkRules() {
	if l.c.env == nil {
		return
	}
	for _, m := range l.c.Materials {
		m.Condition = l.rule(&m.When)
	}
	for _, f := range l.c.fields {
		f.Condition = l.rule(&f.When)
	}
	for _, m := range l.c.Matters {
		for i := range m.Eligibility.Conditions {
			c := &m.Eligibility.Conditions[i]
			c.Expr = l.rule(&c.When)
		}
		if m.ApplicantLimit != nil {
			m.ApplicantLimit.Condition = l.rule(&m.ApplicantLimit.When)
		}
	}
}

func (l *loader) rule(text *string) *Expr {
	if *text == "" {
		return nil
	}
	e, ast, flaws := l.c.compile(*text)
	if e != nil {
		flaws = append(l.strangeCodes(ast), whenAbsent(e)...)
	}
	for _, f := range flaws {
		l.blameRule(text, f)
	}
	return e
}

// blameRule points into the rule where it stands on one line of its file, else
// at its beginning.
func (l *loader) blameRule(text *string, f flaw) {
	at, ok := l.places[text]
	if !ok || f.line != 1 || at.node.Style&(yaml.LiteralStyle|yaml.FoldedStyle) != 0 {
		l.blame(text, "rule, at %d:%d: %s", f.line, f.column, f.text)
		return
	}
	column := at.node.Column + f.column - 1
	if at.node.Style&(yaml.SingleQuotedStyle|yaml.DoubleQuotedStyle) != 0 {
		column++
	}
	l.problems = append(l.problems, Problem{File: at.file, Line: at.node.Line, Column: column, Text: "rule: " + f.text})
}

// strangeCodes finds texts that a coded field is compared with and can never be.
func (l *loader) strangeCodes(ast *cel.Ast) (flaws []flaw) {
	celast.PostOrderVisit(ast.NativeRep().Expr(), celast.NewExprVisitor(func(e celast.Expr) {
		if e.Kind() != celast.CallKind || !slices.Contains([]string{operators.Equals, operators.NotEquals, operators.In}, e.AsCall().FunctionName()) {
			return
		}
		args := e.AsCall().Args()
		for i, side := range args {
			if side.Kind() != celast.IdentKind || len(args) != 2 {
				continue
			}
			list := l.codesOf(side.AsIdent())
			for _, x := range literals(args[1-i]) {
				value, ok := x.AsLiteral().Value().(string)
				if ok && list != nil && !list.has(value) {
					at := ast.NativeRep().SourceInfo().GetStartLocation(x.ID())
					flaws = append(flaws, flaw{at.Line(), at.Column() + 1, fmt.Sprintf("%s is never %q: list %s has no such code", side.AsIdent(), value, list.ID)})
				}
			}
		}
	}))
	return flaws
}

// codesOf is the closed code list of a field, if it has one.
func (l *loader) codesOf(field string) *CodeList {
	f := l.c.fields[field]
	if f == nil || l.c.Codes[f.Codes] == nil || l.c.Codes[f.Codes].Open {
		return nil
	}
	return l.c.Codes[f.Codes]
}

func literals(e celast.Expr) (found []celast.Expr) {
	switch e.Kind() {
	case celast.LiteralKind:
		return []celast.Expr{e}
	case celast.ListKind:
		for _, x := range e.AsList().Elements() {
			found = append(found, literals(x)...)
		}
	}
	return found
}

// sample is a value of each kind of fact, to try rules with.
var sample = map[string]any{"text": "2026-11-23", "int": int64(1), "double": 1.0, "bool": true, "list": []string{}}

// whenAbsent tries the rule with facts known to be absent, one, then several,
// then all: age < 60 is an error for a person without a date of birth, and it
// is better found now than in that person's plan.
func whenAbsent(e *Expr) []flaw {
	facts := Facts{}
	for _, r := range e.reads {
		facts[r.name] = sample[r.kind]
	}
	if _, err := e.Eval(facts); err != nil {
		return []flaw{{1, 1, "fails: " + unwrapped(err)}}
	}
	names := slices.DeleteFunc(e.Fields(), func(name string) bool { return name == "today" }) // there always is a day
	for _, absent := range subsets(names) {
		tried := Facts{}
		for name, v := range facts {
			tried[name] = v
		}
		for _, name := range absent {
			tried[name] = nil
		}
		if _, err := e.Eval(tried); err != nil {
			return []flaw{{1, 1, fmt.Sprintf("fails when %s is absent (%s); say first what holds then, as in %s == null || …", strings.Join(absent, " and "), unwrapped(err), absent[0])}}
		}
	}
	return nil
}

func unwrapped(err error) string {
	return err.Error()[strings.LastIndex(err.Error(), `": `)+len(`": `):]
}

// subsets lists the non-empty subsets of up to eight names, small ones first;
// of more names the single ones and the whole.
func subsets(names []string) (out [][]string) {
	if len(names) > 8 {
		for i := range names {
			out = append(out, names[i:i+1])
		}
		return append(out, names)
	}
	for bits := 1; bits < 1<<len(names); bits++ {
		var set []string
		for i, name := range names {
			if bits&(1<<i) != 0 {
				set = append(set, name)
			}
		}
		out = append(out, set)
	}
	slices.SortStableFunc(out, func(a, b []string) int { return len(a) - len(b) })
	return out
}
