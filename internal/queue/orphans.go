package queue

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"hash/fnv"
	"slices"

	"github.com/jackc/pgx/v5"
)

// A hub that is killed leaves jobs that count as running and, perhaps, the
// leadership of the queue. The next hub to start takes both over at once, not
// only after [Options.Rescue]. Were it mistaken about somebody's death, a job
// would run twice, which every job must stand anyway.
//
// SQLite has one hub, so whoever ran before is dead. In PostgreSQL a hub shows
// that it lives by an advisory lock on a connection of its own, which ends with
// the process. A hub that vanishes with its machine keeps the lock until the
// server notices; its jobs are left to Rescue.

// hubs is the first key of the advisory locks ("vetg"); the second one is the hub's.
const hubs = 0x76657467

// takeOver frees what dead hubs have left behind.
func (q *Queue) takeOver(ctx context.Context) error {
	if q.pg == nil {
		return orphansSQLite(ctx, q.store.Writer)
	}
	life, err := pgx.ConnectConfig(ctx, q.store.Pool.Config().ConnConfig)
	if err != nil {
		return fmt.Errorf("connect: %w", err)
	}
	if err := orphansPostgres(ctx, life, q.pg.ID()); err != nil {
		return errors.Join(err, life.Close(context.WithoutCancel(ctx)))
	}
	q.life = life
	return nil
}

func orphansSQLite(ctx context.Context, db *sql.DB) error {
	for _, s := range []string{`UPDATE river_job SET state = 'available' WHERE state = 'running'`, `DELETE FROM river_leader`} {
		if _, err := db.ExecContext(ctx, s); err != nil {
			return err
		}
	}
	return nil
}

// orphansPostgres shows that we live, and then frees what belongs to nobody who does.
func orphansPostgres(ctx context.Context, life *pgx.Conn, id string) error {
	if _, err := life.Exec(ctx, `SELECT pg_advisory_lock_shared($1, $2)`, hubs, lockKey(id)); err != nil {
		return fmt.Errorf("show that we live: %w", err)
	}
	// First who holds something, then who lives: a hub takes its lock before any job.
	holders, err := list[string](ctx, life, `SELECT DISTINCT attempted_by[array_upper(attempted_by, 1)] FROM river_job WHERE state = 'running' AND attempted_by <> '{}'
		UNION SELECT leader_id FROM river_leader`)
	if err != nil {
		return err
	}
	living, err := list[int64](ctx, life, `SELECT objid::bigint FROM pg_locks WHERE locktype = 'advisory' AND classid::bigint = $1 AND objsubid = 2 AND granted
		AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`, int64(hubs))
	if err != nil {
		return err
	}
	dead := slices.DeleteFunc(holders, func(id string) bool { return slices.Contains(living, int64(uint32(lockKey(id)))) })
	for _, s := range []string{
		`UPDATE river_job SET state = 'available' WHERE state = 'running' AND attempted_by[array_upper(attempted_by, 1)] = ANY($1)`,
		`DELETE FROM river_leader WHERE leader_id = ANY($1)`,
	} {
		if _, err := life.Exec(ctx, s, dead); err != nil {
			return err
		}
	}
	return nil
}

func list[T any](ctx context.Context, c *pgx.Conn, query string, args ...any) ([]T, error) {
	rows, err := c.Query(ctx, query, args...)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowTo[T])
}

func lockKey(id string) int32 {
	h := fnv.New32a()
	_, _ = h.Write([]byte(id)) // a hash does not fail
	return int32(h.Sum32())
}
