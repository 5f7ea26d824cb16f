package durability

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/vetgraph/vetgraph/internal/store"
	"github.com/vetgraph/vetgraph/internal/submission"
)

// busyJobs counts items that are still to be carried.
func (w *world) busyJobs(ctx context.Context) (n int, err error) {
	s, err := store.Open(ctx, w.config.Database, 1)
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	jobs, err := dispatches(ctx, s)
	for _, states := range jobs {
		for _, state := range states {
			if state != "completed" && state != "cancelled" && state != "discarded" {
				n++
			}
		}
	}
	return n, err
}

// dispatches are the states of the jobs that carry items, by item.
func dispatches(ctx context.Context, s *store.Store) (map[string][]string, error) {
	db, done := s.SQL()
	defer done()
	text := "CAST(args AS text)" // jsonb in PostgreSQL
	if s.Pool == nil {
		text = "json(args)" // and in SQLite
	}
	rows, err := db.QueryContext(ctx, "SELECT "+text+", state FROM river_job WHERE kind = '"+submission.Dispatch{}.Kind()+"' ORDER BY id")
	if err != nil {
		return nil, fmt.Errorf("jobs: %w", err)
	}
	defer func() { _ = rows.Close() }()
	jobs := map[string][]string{}
	for rows.Next() {
		var args, state string
		if err := rows.Scan(&args, &state); err != nil {
			return nil, fmt.Errorf("jobs: %w", err)
		}
		var job submission.Dispatch
		if err := json.Unmarshal([]byte(args), &job); err != nil {
			return nil, fmt.Errorf("job: %w", err)
		}
		jobs[job.Item] = append(jobs[job.Item], state)
	}
	return jobs, rows.Err()
}
