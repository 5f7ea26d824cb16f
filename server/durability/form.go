package durability

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/vetgraph/vetgraph/internal/population"
)

const notice = `query($id: ID!) { plan(input: {veteranId: $id}) { form { sections { fields { id type codes required fill } } } } }`

// question is a field of the form.
type question struct {
	ID, Type, Codes, Fill string
	Required              bool
}

// fillIn reads the form and answers what it asks; nil if there is nothing that
// this person could file.
func (w *world) fillIn(ctx context.Context, person int, token string) (map[string]any, error) {
	var plan struct {
		Plan struct {
			Form struct{ Sections []struct{ Fields []question } }
		}
	}
	for {
		err := w.ask(ctx, token, notice, map[string]any{"id": w.people[person].id}, &plan)
		if err == nil {
			break
		}
		if r, ok := errors.AsType[*refusal](err); ok && r.reason == "NO_MATTERS" {
			return nil, nil
		} else if !errors.Is(err, errGone) {
			return nil, fmt.Errorf("plan: %w", err)
		}
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		pause(ctx, 20*time.Millisecond)
	}
	answers := []map[string]any{}
	for _, s := range plan.Plan.Form.Sections {
		for _, q := range s.Fields {
			if q.Fill == "ASK" && q.Required {
				answers = append(answers, map[string]any{"field": q.ID, "value": w.answer(person, q)})
			}
		}
	}
	return map[string]any{
		"idempotencyKey": fmt.Sprintf("kill-%d-%d", w.config.Seed, person), "veteranId": w.people[person].id, "answers": answers,
	}, nil
}

// answer is what a synthetic person types.
func (w *world) answer(person int, q question) any {
	a := w.people[person]
	typed := map[string]any{
		"mobile": population.Mobile(person), "currentDivision": a.division, "currentAddress": "示例路1号",
		"targetDivision": a.division, "targetAddress": "示例路1号", "householdSettleType": "OWN_DWELLING",
		"bankAccountNo": population.BankAccount(person), "bankAccountName": a.name, "photo": "example-photo",
	}
	if v, ok := typed[q.ID]; ok {
		return v
	}
	if list := w.catalog.Codes[q.Codes]; list != nil && len(list.Items) > 0 {
		if q.Type == "list" {
			return []any{list.Items[0].Code}
		}
		return list.Items[0].Code
	}
	switch q.Type {
	case "bool":
		return false
	case "int", "decimal", "money":
		return 1
	case "date":
		return "2026-01-05"
	}
	return "示例"
}
