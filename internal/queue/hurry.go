package queue

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/riverqueue/river"

	"github.com/vetgraph/vetgraph/internal/store"
)

// Hurry sees to it that jobs of a kind are worked now, whose argument arg (a text)
// is one of values: those that wait for another attempt, or for a time, wait no
// longer. It answers for which of the values there is a job that is not finished:
// for these another would be one too many.
func (q *Queue) Hurry(ctx context.Context, tx store.Tx, kind river.JobArgs, arg string, values []string) (map[string]bool, error) {
	there := map[string]bool{}
	if len(values) == 0 {
		return there, nil
	}
	db := tx.Plain()
	now, among, list := "now()", "args ->> $2 = ANY($3)", any(values)
	if !db.Postgres() {
		text, err := json.Marshal(values)
		if err != nil {
			return nil, fmt.Errorf("hurry jobs: %w", err)
		}
		now, among, list = "datetime('now', 'subsec')", "args ->> $2 IN (SELECT value FROM json_each($3))", string(text)
	}
	_, err := db.Exec(ctx, `UPDATE river_job SET state = 'available', scheduled_at = `+now+`
		WHERE kind = $1 AND state IN ('scheduled', 'retryable') AND `+among, kind.Kind(), arg, list)
	if err != nil {
		return nil, fmt.Errorf("hurry jobs: %w", err)
	}
	err = db.Each(ctx, `SELECT args ->> $2 FROM river_job
		WHERE kind = $1 AND state IN ('available', 'pending', 'running', 'scheduled', 'retryable') AND `+among, []any{kind.Kind(), arg, list},
		func(scan func(...any) error) error {
			var value string
			err := scan(&value)
			there[value] = true
			return err
		})
	if err != nil {
		return nil, fmt.Errorf("look for jobs: %w", err)
	}
	return there, nil
}
