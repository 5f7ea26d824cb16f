package main

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/vetgraph/vetgraph/internal/access"
	"github.com/vetgraph/vetgraph/internal/casefile"
	"github.com/vetgraph/vetgraph/internal/form"
)

// typed is what those who file type where the form asks.
var typed = map[string]any{
	"mobile": "19900001234", "currentDivision": "230102001000", "currentAddress": "示例路1号", "occupation": "4",
	"healthStatus": "10", "photo": "photo-1", "idApplyReason": "FIRST", "deliveryMode": "ELECTRONIC",
	"householdSettleType": "OWN_DWELLING", "targetDivision": "230102001001", "targetAddress": "示例路1号",
	"insuranceTypes": []any{"PENSION"}, "medicalSchemeType": "EMPLOYEE", "ssCardBank": "ICBC", "ssCardBranch": "示例支行",
	"prefCardBank": "ICBC", "bankName": "ICBC", "bankAccountNo": "621000000000", "bankAccountName": "王志远", "trainingIntent": false,
}

// answers fill in the form of those who file; it is the same for all.
func (r *rig) answers(ctx context.Context) ([]map[string]any, error) {
	ctx = access.AsMachine(ctx, "load")
	p, err := r.hub.Cases.Plan(ctx, casefile.PlanInput{VeteranID: r.filers[0]})
	if err != nil {
		return nil, fmt.Errorf("plan of one who files: %w", err)
	}
	if p.Totals.Matters != 13 {
		return nil, fmt.Errorf("one who files has %d matters, not 13", p.Totals.Matters)
	}
	var out []map[string]any
	for _, s := range p.Form.Sections {
		for _, f := range s.Fields {
			if f.Fill != form.Ask || !f.Required {
				continue
			}
			v, ok := typed[f.ID]
			if !ok {
				return nil, fmt.Errorf("no answer for %s", f.ID)
			}
			out = append(out, map[string]any{"field": f.ID, "value": v})
		}
	}
	return out, nil
}

// submission files all thirteen matters of a person, each person once and for
// themself: a clerk would need a mandate. Jobs are written and not worked meanwhile.
func (r *rig) submission(answers []map[string]any) (*operation, error) {
	run := time.Now().UnixNano()
	input := func(from int, of string) func(seed int64) any {
		return func(seed int64) any {
			return map[string]any{"input": map[string]any{
				"idempotencyKey": fmt.Sprintf("load-%s-%d-%d", of, run, seed), "veteranId": r.filers[from+int(seed)-1], "answers": answers, "channel": "WEB",
			}}
		}
	}
	op := r.operation("submit", input(0, "hub"))
	op.differs = true
	tokens := make([]string, len(r.filers))
	for i, id := range r.filers {
		var err error
		if tokens[i], err = token(r.hub.Handler(), "veteran&id="+id); err != nil {
			return nil, err
		}
	}
	op.sides[0].tokens = tokens[:filersOurs]
	limit(op.sides[0], filersOurs)
	if len(op.sides) > 1 {
		theirs := input(filersOurs, "peer")
		op.sides[1].body = func(seed int64) ([]byte, error) { return json.Marshal(theirs(seed)) }
		op.sides[1].tokens = tokens[filersOurs:]
		limit(op.sides[1], filersTheirs)
	}
	return op, nil
}

// limit lets a side ask no more often than there are people.
func limit(s *side, people int64) {
	body := s.body
	s.body = func(seed int64) ([]byte, error) {
		if seed > people {
			return nil, errSpent
		}
		return body(seed)
	}
}
