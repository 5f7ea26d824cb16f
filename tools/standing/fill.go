package main

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/vetgraph/vetgraph/internal/division"
	"github.com/vetgraph/vetgraph/internal/progress"
	"github.com/vetgraph/vetgraph/internal/store"
)

// prepare fills an empty record and sums it.
func prepare(ctx context.Context, s *store.Store, b *progress.Board, n int) error {
	if err := fill(ctx, s, n); err != nil {
		return err
	}
	start := time.Now()
	if _, err := b.Fold(ctx); err != nil {
		return err
	}
	fmt.Printf("summed in %.0f s\n", time.Since(start).Seconds())
	_, err := s.Pool.Exec(ctx, "VACUUM ANALYZE standing_tallies")
	return err
}

// fill invents cases, unless there are some: three years of them, the last three
// per cent in progress, spread over the villages of the province.
func fill(ctx context.Context, s *store.Store, n int) error {
	there := 0
	if err := s.Pool.QueryRow(ctx, "SELECT count(*) FROM (SELECT 1 FROM case_files LIMIT 1) x").Scan(&there); err != nil || there > 0 {
		return err
	}
	c, err := s.Pool.Acquire(ctx)
	if err != nil {
		return err
	}
	defer c.Release()
	start := time.Now()
	for _, q := range []string{"SET session_replication_role = replica", "SET synchronous_commit = off", "SET maintenance_work_mem = '512MB'", "CREATE TEMP TABLE spots (i serial, code text)", "BEGIN"} {
		if _, err := c.Exec(ctx, q); err != nil {
			return err
		}
	}
	var codes [][]any
	for _, d := range division.Builtin().All() {
		if d.Level == division.Village {
			codes = append(codes, []any{d.Code})
		}
	}
	if _, err := c.CopyFrom(ctx, pgx.Identifier{"spots"}, []string{"code"}, pgx.CopyFromRows(codes)); err != nil {
		return err
	}
	again, err := unindex(ctx, c.Conn())
	if err != nil {
		return err
	}
	for _, q := range append([]string{"CREATE INDEX ON spots (i)", fmt.Sprintf(someCases, n, len(codes), n*97/100), someItems}, append(again, "COMMIT")...) {
		if _, err := c.Exec(ctx, q); err != nil {
			return fmt.Errorf("%.60s: %w", q, err)
		}
	}
	fmt.Printf("filled with %d cases in %.0f s\n", n, time.Since(start).Seconds())
	for _, q := range []string{"VACUUM ANALYZE case_files", "VACUUM ANALYZE items", "RESET session_replication_role", "RESET synchronous_commit"} {
		if _, err := c.Exec(ctx, q); err != nil {
			return err
		}
	}
	return nil
}

// unindex drops the indexes of the large tables, but for keys, and returns the
// statements that make them again.
func unindex(ctx context.Context, c *pgx.Conn) ([]string, error) {
	rows, err := c.Query(ctx, `SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = current_schema() AND tablename IN ('case_files', 'items') AND indexname NOT LIKE '%_pkey'`)
	if err != nil {
		return nil, err
	}
	type index struct{ Name, Def string }
	all, err := pgx.CollectRows(rows, pgx.RowToStructByPos[index])
	if err != nil {
		return nil, err
	}
	var again []string
	for _, i := range all {
		if _, err := c.Exec(ctx, "DROP INDEX "+pgx.Identifier{i.Name}.Sanitize()); err != nil {
			return nil, err
		}
		again = append(again, i.Def)
	}
	return again, nil
}

// someCases takes how many, how many places, and up to which one they have ended.
// The ID is of version 7, of the moment of submission, as real ones are.
const someCases = `INSERT INTO case_files (id, number, division, state, warning, channel, catalog_version, matters, submission_key, plan_days, accepted_on, due_on,
	due_provisional, returns, papers_saved, visits_saved, submitted_at, closed_at, created_at, updated_at, veteran_id, workdays, on_time)
SELECT substr(h, 1, 8) || '-' || substr(h, 9, 4) || '-7' || lpad(to_hex(i %% 4096), 3, '0') || '-8000-' || lpad(to_hex(i), 12, '0'),
	left(code, 6) || '-' || i, code, state, CASE WHEN state = 'IN_PROGRESS' THEN CASE WHEN i %% 50 = 0 THEN 'RED' WHEN i %% 50 < 5 THEN 'YELLOW' ELSE 'NONE' END WHEN used > 15 THEN 'RED' ELSE 'NONE' END,
	(ARRAY['WEB', 'WEB', 'WEB', 'APP', 'APP', 'WINDOW', 'WINDOW', 'AGENT'])[1 + r %% 8], 'draft-1+0123456789ab',
	'["M01","M04","M11","M02","M03","M06","M09","M12","M07","M05","M10","M13","M08"]', 'key-' || i, 15, at::date, at::date + 21, false,
	CASE WHEN r %% 9 = 0 THEN 1 ELSE 0 END, 17, 11, at, ended, at, coalesce(ended, at), 'v' || i, CASE WHEN ended IS NOT NULL AND state <> 'WITHDRAWN' THEN used END, CASE WHEN ended IS NOT NULL AND state <> 'WITHDRAWN' THEN used <= 15 END
FROM (SELECT *, lpad(to_hex((extract(epoch FROM at) * 1000)::bigint), 12, '0') AS h, CASE WHEN state = 'IN_PROGRESS' THEN NULL ELSE at + used * interval '33.6 hours' END AS ended
	FROM (SELECT i, code, r, at, CASE WHEN r %% 40 = 0 THEN 16 + r %% 23 ELSE 8 + r %% 8 END AS used,
		CASE WHEN i > %[3]d THEN 'IN_PROGRESS' WHEN r %% 100 < 90 THEN 'COMPLETED' WHEN r %% 100 < 95 THEN 'PARTIALLY_COMPLETED' WHEN r %% 100 < 97 THEN 'REJECTED' ELSE 'WITHDRAWN' END AS state
		FROM (SELECT g.i, s.code, (abs(hashint8(g.i)::bigint) %% 100000)::int AS r, timestamptz '2023-11-25 01:00:00Z' + (g.i - 1) * (interval '1093 days' / %[1]d) AS at
			FROM generate_series(1, %[1]d) g(i) JOIN spots s ON s.i = 1 + abs(hashint8(g.i::bigint * 7919)::bigint) %% %[2]d) a) b) c ORDER BY i`

const someItems = `INSERT INTO items (id, case_id, veteran_id, division, matter, department, position, after, state, warning, finish_day, due_on, round, withdrawing, dispatched_at,
	receipt_no, received_at, decided_at, decided_by, result_no, sequence, workdays, on_time)
SELECT substr(c.id, 1, 24) || lpad(to_hex(m.position), 2, '0') || substr(c.id, 27), c.id, c.veteran_id, c.division, m.matter, m.department, m.position, '[]', st, CASE WHEN st = 'APPROVED' AND c.workdays > 15 AND m.finish > 10 THEN 'RED' ELSE 'NONE' END,
	m.finish, c.accepted_on + m.finish * 7 / 5, 0, false, c.submitted_at, 'R' || c.number || m.position, c.submitted_at,
	CASE WHEN st IN ('APPROVED', 'REJECTED', 'WITHDRAWN') THEN c.submitted_at + took * interval '33.6 hours' END, 'department/' || m.department, 'N' || c.number || m.position, 2,
	CASE WHEN st IN ('APPROVED', 'REJECTED') THEN took END, CASE WHEN st IN ('APPROVED', 'REJECTED') THEN took <= m.finish END
FROM case_files c CROSS JOIN (VALUES ('M01', 'VA', 1, 1), ('M04', 'PS', 2, 2), ('M11', 'MIL', 3, 2), ('M02', 'VA', 4, 11), ('M03', 'HRSS', 5, 3), ('M06', 'HRSS', 6, 3), ('M09', 'HSA', 7, 3),
	('M12', 'VA', 8, 5), ('M07', 'HRSS', 9, 13), ('M05', 'PS', 10, 12), ('M10', 'HSA', 11, 13), ('M13', 'VA', 12, 7), ('M08', 'HRSS', 13, 15)) AS m (matter, department, position, finish)
CROSS JOIN LATERAL (SELECT (abs(hashint8(hashtext(c.id)::bigint + m.position)::bigint) % 1000)::int AS r) x
CROSS JOIN LATERAL (SELECT greatest(1, m.finish - r % 4 + CASE WHEN r < 25 THEN r % 9 ELSE 0 END) AS took,
	CASE WHEN c.state = 'IN_PROGRESS' THEN (ARRAY['WAITING', 'RECEIVED', 'RECEIVED', 'APPROVED', 'APPROVED', 'CORRECTION'])[1 + r % 6] WHEN c.state = 'WITHDRAWN' THEN 'WITHDRAWN'
	WHEN c.state = 'REJECTED' OR c.state = 'PARTIALLY_COMPLETED' AND r % 6 = 0 THEN 'REJECTED' ELSE 'APPROVED' END AS st) y`
