package server_test

import (
	"slices"
	"strings"

	"github.com/vektah/gqlparser/v2/ast"
)

// kept are the tables in which what an argument of this name or place names stands.
var kept = map[string]string{
	"caseId": "case_files", "draftId": "case_files", "Query.case.id": "case_files", "Subscription.caseProgress.id": "case_files",
	"veteranId": "veterans", "Query.veteran.id": "veterans", "itemId": "items", "ReplayPortInput.items": "items", "appointmentId": "appointments", "checkId": "identity_checks",
	"disputeId": "disputes", "preReviewId": "pre_reviews", "mandateId": "mandates", "ReadNotificationsInput.ids": "notifications", "ratingId": "ratings",
	"consentId": "consents", "subsidyId": "subsidies", "taskId": "tasks",
}

// given is what is sent for what names nobody, by name or place. What is missing here
// fails the test: whoever adds an argument says what it may be.
var given = map[string]any{
	"idempotencyKey": "swapped-4711", "reason": "不对", "reasons": "不对", "words": "说明", "law": "退役军人保障法", "outcome": "已处理", "claim": "张三",
	"code": "12345678", "until": "2026-12-20", "since": "2026-11-20T00:00:00+08:00", "by": "2026-12-20", "schedule": "{}", "dryRun": true, "version": 1,
	"granted": true, "upheld": true, "passed": true, "bankName": "中国建设银行", "bankAccountNo": "6217000010001234567", "bankAccountName": "张三",
	"answers": []any{}, "defects": []any{map[string]any{"words": "不清楚"}}, "matters": []any{"M01"}, "matter": "M01", "grade": "SATISFIED", "material": "MAT-ID",
	"field": "name", "slotId": "01932b5c-1111-7111-8111-111111111111", "materials": []any{"MAT-ID"}, "slice": "insurance", "port": "P-PS", "target": "ps", "parent": "230100000000", "Query.division.code": "230100000000",
	"Query.codeList.id": "sex", "department": "PS", "RestrictInput.kind": "ACCOUNT", "subject": "somebody", "restrictionId": "01932b5c-1111-7111-8111-111111111111",
}

// idPlace is where in the variables the ID of something of somebody's stands.
type idPlace struct {
	path  []string
	table string
	list  bool
}

// build makes what an argument or a field of an input wants, and tells where in it IDs
// of people's things stand. Of what may be left out only those are given.
func (s *swapper) build(of, name string, t *ast.Type, optional bool, path []string, ids *[]idPlace) (any, bool) {
	at := of + "." + name
	for _, key := range []string{at, name} {
		if table := kept[key]; table != "" {
			*ids = append(*ids, idPlace{path, table, t.Elem != nil})
			return nil, true
		}
	}
	d := s.schema.Types[t.Name()]
	if d.Kind == ast.InputObject && t.Elem == nil && !optional {
		out := map[string]any{}
		for _, f := range d.Fields {
			if v, ok := s.build(d.Name, f.Name, f.Type, !f.Type.NonNull || f.DefaultValue != nil, slices.Concat(path, []string{f.Name}), ids); ok {
				out[f.Name] = v
			}
		}
		return out, true
	}
	if optional {
		return nil, false
	}
	for _, key := range []string{at, name} {
		if v, ok := given[key]; ok {
			return v, true
		}
	}
	if d.Kind == ast.InputObject {
		var none []idPlace
		v, _ := s.build(of, "", ast.NonNullNamedType(d.Name, nil), false, nil, &none)
		return []any{v}, true
	}
	s.t.Errorf("nobody here knows what to give for %s: say it in hostile_ids_test.go, as the ID of a row or as a value", at)
	return nil, true
}

// put gives variables an ID at a place.
func put(variables map[string]any, p idPlace, id string) {
	for _, step := range p.path[:len(p.path)-1] {
		variables, _ = variables[step].(map[string]any)
	}
	last := p.path[len(p.path)-1]
	switch {
	case id == "":
		delete(variables, last)
	case p.list:
		variables[last] = []string{id}
	default:
		variables[last] = id
	}
}

// rootField is one field of a root as it is asked.
type rootField struct {
	name, query string
	root        string
	variables   map[string]any
	ids         []idPlace
}

// everything is what the schema has that names something.
func (s *swapper) everything() (all []rootField) {
	for _, root := range []*ast.Definition{s.schema.Query, s.schema.Mutation, s.schema.Subscription} {
		for _, f := range root.Fields {
			if strings.HasPrefix(f.Name, "_") {
				continue
			}
			a := rootField{name: f.Name, root: root.Name, variables: map[string]any{}}
			var declared, args []string
			for _, arg := range f.Arguments {
				v, ok := s.build(root.Name+"."+f.Name, arg.Name, arg.Type, !arg.Type.NonNull || arg.DefaultValue != nil, []string{arg.Name}, &a.ids)
				if !ok {
					continue
				}
				a.variables[arg.Name] = v
				declared, args = append(declared, "$"+arg.Name+": "+arg.Type.String()), append(args, arg.Name+": $"+arg.Name)
			}
			if root.Name != "Mutation" && len(a.ids) == 0 {
				continue
			}
			a.query = strings.ToLower(root.Name)
			if len(args) > 0 {
				a.query += "(" + strings.Join(declared, ", ") + ") { " + f.Name + "(" + strings.Join(args, ", ") + ")"
			} else {
				a.query += " { " + f.Name
			}
			if k := s.schema.Types[f.Type.Name()].Kind; k == ast.Object || k == ast.Interface || k == ast.Union {
				a.query += " { __typename }"
			}
			a.query += " }"
			all = append(all, a)
		}
	}
	return all
}
