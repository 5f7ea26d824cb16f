package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"

	"github.com/jackc/pgx/v5"

	"github.com/vetgraph/vetgraph/internal/citizen"
	"github.com/vetgraph/vetgraph/internal/workday"
)

type person struct {
	ID            string          `json:"id"`
	Name          string          `json:"name"`
	CitizenNumber string          `json:"citizenNumber,omitempty"`
	Sex           string          `json:"sex"`
	BornOn        workday.Day     `json:"bornOn"`
	Division      *place          `json:"division"`
	Identity      *identity       `json:"identity,omitempty"`
	Service       *serviceHistory `json:"serviceHistory,omitempty"`
	Cases         *caseNodes      `json:"cases,omitempty"`

	sealed []byte
}

type identity struct {
	Ethnicity string `json:"ethnicity"`
}

type serviceHistory struct {
	Periods    *[]period   `json:"periods,omitempty"`
	Discharge  *discharge  `json:"discharge"`
	Settlement *settlement `json:"settlement"`
}

type period struct {
	EnlistedOn workday.Day  `json:"enlistedOn"`
	LeftOn     *workday.Day `json:"leftOn"`
	Branch     string       `json:"branch"`
}

type discharge struct {
	DischargedOn workday.Day `json:"dischargedOn"`
	Category     string      `json:"category"`
}

type settlement struct {
	Mode     string `json:"mode"`
	Division *place `json:"division,omitempty"`
}

type caseNodes struct {
	Nodes []caseNode `json:"nodes"`
}

type caseNode struct {
	ID     string       `json:"id"`
	Number string       `json:"number"`
	State  string       `json:"state"`
	DueOn  *workday.Day `json:"dueOn"`
}

// each reads the rows of a statement of a batch.
func each(q *pgx.QueuedQuery, row func(pgx.Rows) error) {
	q.Query(func(rows pgx.Rows) error {
		for rows.Next() {
			if err := row(rows); err != nil {
				return err
			}
		}
		return rows.Err()
	})
}

// page answers POST /page {"after"}.
func (p *peer) page(ctx context.Context, w io.Writer, where span, body []byte) error {
	var in struct{ After string }
	if err := json.Unmarshal(body, &in); err != nil {
		return err
	}
	const size = 50
	// Planned for its values: the general plan sorts everybody in the division.
	people, err := p.people(ctx, `SELECT id, name, citizen_sealed, coalesce(sex, ''), born_on, division, coalesce(ethnicity, '') FROM veterans
		WHERE id > $1 AND division >= $2 AND division <= $3 ORDER BY id LIMIT 51`, in.After, where)
	if err != nil {
		return err
	}
	more := len(people) > size
	people = people[:min(size, len(people))]
	by, ids := map[string]*person{}, make([]string, len(people))
	for i, q := range people {
		number, err := p.hub.Profile.Open("veterans", "citizen_sealed", q.ID, q.sealed)
		if err != nil {
			return err
		}
		q.CitizenNumber = citizen.Number(number).Masked()
		q.Service.Periods, q.Cases = &[]period{}, &caseNodes{Nodes: []caseNode{}}
		by[q.ID], ids[i] = q, q.ID
	}
	b := new(pgx.Batch)
	var id string
	each(b.Queue(`SELECT veteran_id, enlisted_on, left_on, coalesce(branch, '') FROM service_periods WHERE veteran_id = ANY($1) ORDER BY id`, ids), func(r pgx.Rows) error {
		var t period
		err := r.Scan(&id, &t.EnlistedOn, &t.LeftOn, &t.Branch)
		if q := by[id]; err == nil {
			*q.Service.Periods = append(*q.Service.Periods, t)
		}
		return err
	})
	p.discharges(b, ids, by)
	p.settlements(b, ids, by, true)
	each(b.Queue(`SELECT veteran_id, id, number, state, due_on FROM case_files WHERE veteran_id = ANY($1) ORDER BY id DESC`, ids), func(r pgx.Rows) error {
		var t caseNode
		err := r.Scan(&id, &t.ID, &t.Number, &t.State, &t.DueOn)
		if q := by[id]; err == nil && len(q.Cases.Nodes) < 5 {
			q.Cases.Nodes = append(q.Cases.Nodes, t)
		}
		return err
	})
	if err := p.send(ctx, b); err != nil {
		return err
	}
	end := any(nil)
	if len(ids) > 0 {
		end = ids[len(ids)-1]
	}
	return json.NewEncoder(w).Encode(map[string]any{"data": map[string]any{"veterans": map[string]any{
		"nodes": people, "pageInfo": map[string]any{"hasNextPage": more, "endCursor": end}}}})
}

// people reads veterans; the key is an ID or a list of them.
func (p *peer) people(ctx context.Context, statement string, key any, where span) ([]*person, error) {
	rows, err := p.pool.Query(ctx, statement, pgx.QueryExecModeCacheDescribe, key, where.lo, where.hi)
	if err != nil {
		return nil, fmt.Errorf("people: %w", err)
	}
	return pgx.CollectRows(rows, func(r pgx.CollectableRow) (*person, error) {
		q, code := &person{Service: &serviceHistory{}, Identity: &identity{}}, ""
		err := r.Scan(&q.ID, &q.Name, &q.sealed, &q.Sex, &q.BornOn, &code, &q.Identity.Ethnicity)
		q.Division = p.place(code)
		return q, err
	})
}

func (p *peer) discharges(b *pgx.Batch, ids []string, by map[string]*person) {
	each(b.Queue(`SELECT veteran_id, discharged_on, category FROM discharges WHERE veteran_id = ANY($1) ORDER BY id`, ids), func(r pgx.Rows) error {
		var id string
		var t discharge
		err := r.Scan(&id, &t.DischargedOn, &t.Category)
		if q := by[id]; err == nil && q != nil {
			q.Service.Discharge = &t
		}
		return err
	})
}

func (p *peer) settlements(b *pgx.Batch, ids []string, by map[string]*person, where bool) {
	each(b.Queue(`SELECT veteran_id, mode, division FROM settlements WHERE veteran_id = ANY($1) ORDER BY id`, ids), func(r pgx.Rows) error {
		var id, code string
		var t settlement
		err := r.Scan(&id, &t.Mode, &code)
		if q := by[id]; err == nil && q != nil {
			if where {
				t.Division = p.place(code)
			}
			q.Service.Settlement = &t
		}
		return err
	})
}

// entities answers POST /entities {"representations": [{"id"}]}. It trusts that
// who asks for facts by ID may see them only if the veteran comes back too.
func (p *peer) entities(ctx context.Context, w io.Writer, where span, body []byte) error {
	var in struct{ Representations []struct{ ID string } }
	if err := json.Unmarshal(body, &in); err != nil {
		return err
	}
	ids, by := make([]string, len(in.Representations)), make(map[string]*person, len(in.Representations))
	for i, r := range in.Representations {
		ids[i] = r.ID
	}
	b := new(pgx.Batch)
	each(b.Queue(`SELECT id, name, coalesce(sex, ''), born_on, division FROM veterans WHERE id = ANY($1) AND division >= $2 AND division <= $3`,
		ids, where.lo, where.hi), func(r pgx.Rows) error {
		q, code := &person{Service: &serviceHistory{}}, ""
		err := r.Scan(&q.ID, &q.Name, &q.Sex, &q.BornOn, &code)
		q.Division, by[q.ID] = p.place(code), q
		return err
	})
	p.discharges(b, ids, by)
	p.settlements(b, ids, by, false)
	if err := p.send(ctx, b); err != nil {
		return err
	}
	out := make([]*person, len(ids))
	for i, id := range ids {
		out[i] = by[id]
	}
	return json.NewEncoder(w).Encode(map[string]any{"data": map[string]any{"_entities": out}})
}
