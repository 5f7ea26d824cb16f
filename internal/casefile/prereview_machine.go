package casefile

import (
	"context"
	"fmt"
	"reflect"
	"slices"
	"sync"

	"github.com/vetgraph/vetgraph/ent/gen"
	"github.com/vetgraph/vetgraph/internal/catalog"
	"github.com/vetgraph/vetgraph/internal/division"
	"github.com/vetgraph/vetgraph/internal/fault"
	"github.com/vetgraph/vetgraph/internal/form"
	"github.com/vetgraph/vetgraph/internal/lifecycle"
	"github.com/vetgraph/vetgraph/internal/plan"
)

// Registers asks a department what it holds of a person right now. The context
// says how long there is; a department that does not answer is an error.
type Registers interface {
	Ask(ctx context.Context, veteranID, department string) (catalog.Facts, error)
}

// trial is how a draft would fare if it were submitted now.
type trial struct {
	plan     *plan.Plan // nil if the matters cannot be planned
	values   map[string]any
	problems []form.Problem
}

// try plans and checks a draft as [Desk.Submit] would. Answers that no matter
// asks for stay in the draft and are not part of it.
func (d *Desk) try(ctx context.Context, c *gen.CaseFile, answers []form.Answer) (*trial, error) {
	return d.tryBy(c, answers, func(offered []string) (*plan.Plan, error) {
		p, _, err := d.compile(ctx, c.VeteranID, offered, d.today())
		return p, err
	})
}

// tryBy is try with a plan that is computed by somebody who has read the person.
func (d *Desk) tryBy(c *gen.CaseFile, answers []form.Answer, compile func(matters []string) (*plan.Plan, error)) (*trial, error) {
	offered := slices.DeleteFunc(slices.Clone(c.Matters), func(code string) bool { return d.Shelf.Current().Matter(code) == nil })
	if len(offered) == 0 {
		return &trial{problems: []form.Problem{{Reason: "NO_MATTERS", Zh: "所选事项都已不再办理，请重新选择。", En: "None of the matters chosen is offered any more; choose again."}}}, nil
	}
	p, err := compile(offered)
	if err != nil {
		if f := fault.Of(err); f.Kind == fault.Invalid {
			return &trial{problems: []form.Problem{{Reason: f.Reason, Zh: f.Text, En: f.TextEn}}}, nil
		}
		return nil, err
	}
	answers = slices.DeleteFunc(slices.Clone(answers), func(a form.Answer) bool { return p.Form.Field(a.Field) == nil })
	values, problems := form.Validate(p.Form, answers, form.Against{Divisions: d.Divisions})
	return &trial{plan: p, values: values, problems: problems}, nil
}

// inspection is what the machine found in a draft.
type inspection struct {
	findings []lifecycle.Finding
	blocked  bool              // it could not be submitted as it is
	officers []*catalog.Matter // to be looked at by their departments as well
}

func (x *inspection) failures() (n int) {
	for _, f := range x.findings {
		if f.Verdict == failed {
			n++
		}
	}
	return n
}

func (x *inspection) add(check, field, paper, verdict string, words catalog.Text) {
	x.findings = append(x.findings, lifecycle.Finding{Check: check, Field: field, Material: paper, Verdict: verdict, Zh: words.Zh, En: words.En})
}

// inspect is the machine's look at a draft. Only the department's own word is
// waited for, and not longer than the rules allow.
func (d *Desk) inspect(ctx context.Context, c *gen.CaseFile, answers []form.Answer) (*inspection, error) {
	var told catalog.Text
	var verdict string
	var wg sync.WaitGroup
	wg.Go(func() { verdict, told = d.enrolment(ctx, c) })
	x, err := d.look(ctx, c, answers)
	wg.Wait()
	if err != nil {
		return nil, err
	}
	if verdict != "" {
		x.add("ENROLMENT", "", "", verdict, told)
	}
	return x, nil
}

// enrolment asks live whether the person is enrolled elsewhere (医保跨层级数据核验).
// No verdict: no matter of the case enrols anybody.
func (d *Desk) enrolment(ctx context.Context, c *gen.CaseFile) (verdict string, told catalog.Text) {
	rules := d.review()
	rule := &rules.Enrolment
	if !slices.ContainsFunc(rule.Matters, func(m string) bool { return slices.Contains(c.Matters, m) }) {
		return "", told
	}
	ctx, cancel := context.WithTimeout(ctx, rules.budget())
	defer cancel()
	if d.Registers == nil {
		return unknown, rule.Silent
	}
	facts, err := d.Registers.Ask(ctx, c.VeteranID, rule.Department)
	if err != nil {
		return unknown, rule.Silent // silent, busy or broken: the machine cannot tell, and holds nothing against anybody
	}
	state, _ := facts[rule.Fact].(string)
	if i := slices.IndexFunc(rule.States, func(s EnrolmentState) bool { return s.State == state }); i >= 0 {
		return rule.States[i].Verdict, rule.States[i].Say
	}
	return unknown, rule.Silent
}

// betweenFacts are the problems of a form that are contradictions.
var betweenFacts = []string{form.FieldReadOnly, form.NameDiffers, form.DateOrder, form.ValueCombination}

// look checks what is at hand: form, mirrored facts, papers.
func (d *Desk) look(ctx context.Context, c *gen.CaseFile, answers []form.Answer) (*inspection, error) {
	x := &inspection{}
	t, err := d.try(ctx, c, answers)
	if err != nil {
		return nil, err
	}
	for _, p := range t.problems {
		check := "FORMAT"
		if slices.Contains(betweenFacts, p.Reason) {
			check = "CROSS_CHECK"
		}
		x.add(check, p.Field, "", failed, catalog.Text{Zh: p.Zh, En: p.En})
	}
	if x.blocked = len(t.problems) > 0; t.plan == nil {
		return x, nil
	}
	if !x.blocked {
		x.add("FORMAT", "", "", passed, catalog.Text{Zh: "填写完整，格式正确。", En: "Complete, and of the right form."})
		x.officers = officersOf(d.Shelf.Current(), codes(selected(t.plan)))
	}
	if err := d.cross(ctx, c, t, x); err != nil {
		return nil, err
	}
	papers(t.plan, x)
	return x, nil
}

// cross compares answers with what departments have told.
func (d *Desk) cross(ctx context.Context, c *gen.CaseFile, t *trial, x *inspection) error {
	rows, err := d.Profile.ReadRows(ctx, []string{c.VeteranID})
	if err != nil {
		return err
	}
	mirrored, err := d.Profile.Elements(rows[c.VeteranID])
	if err != nil {
		return err
	}
	cat := d.Shelf.Current()
	base, _, err := form.Settle(cat, mirrored, t.plan.AcceptedOn)
	if err != nil {
		return fmt.Errorf("mirrored facts: %w", err)
	}
	with := make(map[string]form.Known, len(mirrored)+len(t.values))
	for id, k := range mirrored {
		with[id] = k
	}
	for _, s := range t.plan.Form.Sections {
		for _, f := range s.Fields {
			value, typed := t.values[f.ID]
			if !typed {
				continue
			}
			with[f.ID] = form.Known{Value: value, Source: form.Applicant, Absent: value == nil}
			k, told := base[f.ID]
			if told && !k.Absent && k.Source != form.Applicant && k.Source != form.Derived && !reflect.DeepEqual(k.Value, value) {
				by := catalog.Text{Zh: k.Source, En: k.Source}
				if who := cat.Department(k.Source); who != nil {
					by = who.Name
				}
				x.add("CROSS_CHECK", f.ID, "", unknown, catalog.Say("“%s”与%s的记录不同；您填的是最新情况的，以您填写的为准。",
					"“%s” differs from what %s has; if yours is the present state of things, it counts.", f.Name, by))
			}
		}
	}
	_, facts, err := form.Settle(cat, with, t.plan.AcceptedOn)
	if err != nil {
		return fmt.Errorf("facts with answers: %w", err)
	}
	for _, rule := range d.review().CrossChecks {
		if t.plan.Form.Field(rule.Field) == nil || facts[rule.Field] == nil {
			continue
		}
		if verdict := rule.verdict(cat, facts); verdict != "" {
			x.add("CROSS_CHECK", rule.Field, "", verdict, catalog.Say(verdictWords[verdict].Zh, verdictWords[verdict].En, rule.Say))
		}
	}
	return nil
}

var verdictWords = map[string]catalog.Text{
	passed:  {Zh: "核对一致：%s", En: "Agrees: %s"},
	failed:  {Zh: "核对不一致：%s", En: "Does not agree: %s"},
	unknown: {Zh: "暂时无法核对：%s", En: "Cannot be told yet: %s"},
}

// verdict applies the check; empty if it does not concern this person, or this
// catalogue cannot say it.
func (r *CrossCheck) verdict(c *catalog.Catalog, facts catalog.Facts) string {
	if r.When != "" && ask(c, r.When, facts) != passed {
		return ""
	}
	if r.Holds != "" {
		return ask(c, r.Holds, facts)
	}
	place, _ := facts[r.Field].(string)
	switch of, told := facts[r.Within]; {
	case c.Field(r.Within) == nil || told && of == nil:
		return ""
	case !told:
		return unknown
	default:
		s, _ := of.(string)
		if division.Within(place, s) {
			return passed
		}
		return failed
	}
}

func ask(c *catalog.Catalog, rule string, facts catalog.Facts) string {
	e, err := c.Compile(rule)
	if err != nil {
		return ""
	}
	v, err := e.Eval(facts)
	if err != nil {
		return unknown
	}
	return map[catalog.Verdict]string{catalog.True: passed, catalog.False: failed, catalog.Unknown: unknown}[v]
}

// papers tells which papers are to be brought, and which are on their way.
func papers(p *plan.Plan, x *inspection) {
	for _, k := range p.Papers.Kept {
		switch {
		case k.Form:
		case k.Original:
			x.add("PAPER", "", k.Material, unknown, catalog.Say("请备好“%s”，原件在窗口核对。", "Have “%s” ready; the original is looked at at the window.", k.Name))
		default:
			x.add("PAPER", "", k.Material, unknown, catalog.Say("请备好“%s”。", "Have “%s” ready.", k.Name))
		}
	}
	for _, k := range p.Papers.Dropped {
		if k.Reason == plan.Produced {
			x.add("PAPER", "", k.Material, passed, catalog.Say("“%s”由本次办理产生，不用准备。", "“%s” comes out of this case; nothing to bring.", k.Name))
		}
	}
}

func missing(fact string) error { return fmt.Errorf("no fact %s in the catalogue", fact) }
