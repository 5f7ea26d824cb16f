package main

import (
	"bytes"
	"compress/flate"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"sync"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/vetgraph/vetgraph/internal/form"
	"github.com/vetgraph/vetgraph/internal/plan"
)

// filing is one submission by hand: the same checks and the same rows.
type filing struct {
	Input struct {
		IdempotencyKey string
		VeteranID      string `json:"veteranId"`
		Channel        string
		Answers        []form.Answer
	}
	id, number string
	at         time.Time
	who        *known
	plan       *plan.Plan
	chosen     []plan.MatterPlan
	answers    []byte // sealed, as is the plan
	pinned     []byte
}

// submit answers POST /submit {"input"}.
func (p *peer) submit(ctx context.Context, w io.Writer, where span, body []byte) (err error) {
	f := &filing{id: uuid.Must(uuid.NewV7()).String(), at: time.Now().UTC()}
	if err := json.Unmarshal(body, f); err != nil {
		return err
	}
	if where.self != f.Input.VeteranID { // a clerk would need a mandate
		return errToken
	}
	where.hi = "9" // wherever they live
	if f.who, f.plan, err = p.compile(ctx, f.Input.VeteranID, where); err != nil {
		return err
	}
	given, problems := form.Validate(f.plan.Form, f.Input.Answers, form.Against{Divisions: p.hub.Divisions})
	if len(problems) > 0 {
		return fmt.Errorf("%d problems", len(problems))
	}
	if err := f.lay(p, given); err != nil {
		return err
	}
	states := make([]any, len(f.chosen))
	err = pgx.BeginFunc(ctx, p.pool, func(tx pgx.Tx) error {
		if err := f.check(ctx, tx); err != nil {
			return err
		}
		return f.write(ctx, tx, p.hub.Vault.Sign("submission", body))
	})
	if err != nil {
		return err
	}
	for i, m := range f.chosen {
		states[i] = map[string]any{"state": state(m), "matter": code{m.Code}}
	}
	return json.NewEncoder(w).Encode(map[string]any{"data": map[string]any{"submitCase": map[string]any{
		"case":     map[string]any{"id": f.id, "number": f.number, "state": "IN_PROGRESS", "dueOn": f.plan.PromisedOn.Day, "items": states},
		"replayed": false, "receipt": map[string]any{"number": f.number, "promisedOn": f.plan.PromisedOn.Day}, "problems": []any{},
	}}})
}

// lay makes what is written: the case's number, its items in order, what is sealed.
func (f *filing) lay(p *peer, given map[string]any) error {
	values, err := f.plan.Form.Complete(given)
	if err != nil {
		return err
	}
	if f.answers, err = p.seal(values, "case_files:answers:"+f.id); err != nil {
		return err
	}
	if f.pinned, err = p.seal(f.plan, "case_files:plan:"+f.id); err != nil {
		return err
	}
	f.number = f.who.Division[:6] + "-" + f.plan.AcceptedOn.Time().Format("20060102") + "-" + rand.Text()[:7]
	for _, m := range f.plan.Matters {
		if m.Selected {
			f.chosen = append(f.chosen, m)
		}
	}
	slices.SortFunc(f.chosen, func(a, b plan.MatterPlan) int { return a.Order - b.Order })
	return nil
}

// packers are kept: a new one costs more than what it packs.
var packers = sync.Pool{New: func() any {
	w, _ := flate.NewWriter(nil, flate.BestSpeed) // the level is one that there is
	return w
}}

// seal packs and seals as casework does.
func (p *peer) seal(v any, bind string) ([]byte, error) {
	var packed bytes.Buffer
	w := packers.Get().(*flate.Writer)
	defer packers.Put(w)
	w.Reset(&packed)
	if err := json.NewEncoder(w).Encode(v); err != nil {
		return nil, err
	}
	err := w.Close()
	return p.hub.Vault.Seal(packed.Bytes(), bind), err
}

func state(m plan.MatterPlan) string {
	if len(m.After) > 0 {
		return "WAITING"
	}
	return "READY"
}

// check locks the person, and looks for the key and for matters under way.
func (f *filing) check(ctx context.Context, tx pgx.Tx) error {
	var b pgx.Batch
	b.Queue("SELECT 1 FROM veterans WHERE id = $1 FOR UPDATE", f.who.ID)
	taken, open := 0, 0
	b.Queue("SELECT count(*) FROM case_files WHERE veteran_id = $1 AND submission_key = $2", f.who.ID, f.Input.IdempotencyKey).
		QueryRow(func(r pgx.Row) error { return r.Scan(&taken) })
	b.Queue(`SELECT count(*) FROM items WHERE veteran_id = $1 AND matter = ANY($2)
		AND state IN ('WAITING', 'READY', 'DISPATCHED', 'RECEIVED', 'CORRECTION', 'SUSPENDED')`, f.who.ID, f.codes()).
		QueryRow(func(r pgx.Row) error { return r.Scan(&open) })
	if err := tx.SendBatch(ctx, &b).Close(); err != nil {
		return err
	}
	if taken+open > 0 {
		return errors.New("filed already")
	}
	return nil
}

func (f *filing) codes() []string {
	return to(f.chosen, func(m plan.MatterPlan) string { return m.Code })
}

// write writes all rows in one round trip: a statement for each table.
func (f *filing) write(ctx context.Context, tx pgx.Tx, digest []byte) error {
	var b pgx.Batch
	m := f.plan
	b.Queue(`INSERT INTO case_files (id, number, division, state, channel, catalog_version, matters, submission_key, submission_hash, answers_sealed, plan_sealed,
		plan_days, accepted_on, due_on, due_provisional, submitted_at, created_at, updated_at, veteran_id)
		VALUES ($1, $2, $3, 'IN_PROGRESS', $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $15, $15, $16)`,
		f.id, f.number, f.who.Division, f.Input.Channel, m.CatalogVersion, f.codes(), f.Input.IdempotencyKey, digest, f.answers, f.pinned,
		m.Totals.After.Days, m.AcceptedOn, m.PromisedOn.Day, m.PromisedOn.Provisional, f.at, f.who.ID)
	var ids, departments, after, states, dues []string
	var places, finish []int
	var jobs [][]byte
	for _, q := range f.chosen {
		id := uuid.Must(uuid.NewV7()).String()
		waits, err := json.Marshal(q.After)
		if err != nil {
			return err
		}
		ids, departments, after, states = append(ids, id), append(departments, q.Department), append(after, string(waits)), append(states, state(q))
		dues, places, finish = append(dues, q.Promised.Day.String()), append(places, q.Order), append(finish, q.FinishDay)
		if len(q.After) == 0 {
			jobs = append(jobs, []byte(`{"item":"`+id+`"}`))
		}
	}
	b.Queue(`INSERT INTO items (id, veteran_id, division, matter, department, position, after, state, finish_day, due_on, sequence, case_id)
		SELECT i, $1, $2, m, d, p, a::jsonb, s, f, t::date, 0, $3 FROM unnest($4::text[], $5::text[], $6::text[], $7::bigint[], $8::text[], $9::text[], $10::bigint[], $11::text[]) AS n (i, m, d, p, a, s, f, t)`,
		f.who.ID, f.who.Division, f.id, ids, f.codes(), departments, places, after, states, finish, dues)
	var papers, papersOf []string
	for _, q := range m.Papers.Kept {
		if !q.Form {
			by, err := json.Marshal(q.NeededBy)
			if err != nil {
				return err
			}
			papers, papersOf = append(papers, q.Material), append(papersOf, string(by))
		}
	}
	b.Queue(`INSERT INTO materials (id, code, needed_by, state, case_id) SELECT $1 || ':' || c, c, n::jsonb, 'EXPECTED', $1 FROM unnest($2::text[], $3::text[]) AS n (c, n)`, f.id, papers, papersOf)
	b.Queue(`INSERT INTO events (kind, actor_kind, actor, from_state, to_state, reason, at, case_id)
		SELECT 'CASE_' || t, 'VETERAN', 'demo/veteran/' || $5, s, t, '', $1, $2 FROM unnest($3::text[], $4::text[]) AS n (s, t)`,
		f.at, f.id, []string{"DRAFT", "SUBMITTED", "ACCEPTED"}, []string{"SUBMITTED", "ACCEPTED", "IN_PROGRESS"}, f.who.ID)
	b.Queue(`INSERT INTO river_job (args, kind, max_attempts) SELECT a, 'dispatch', 16384 FROM unnest($1::jsonb[]) AS n (a)`, jobs)
	return tx.SendBatch(ctx, &b).Close()
}
