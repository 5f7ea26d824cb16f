package main

import (
	"context"
	"fmt"
	"os"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
)

// worked is processor time: how much a side needs does not depend on what else
// the machine does, as how long it takes does.
type worked struct {
	here     time.Duration // in this process: the side, and asking it
	database time.Duration // in PostgreSQL's processes for this database, if they are on this machine
}

// cpu reads how much was worked so far.
func cpu(ctx context.Context, pool *pgxpool.Pool) worked {
	var w worked
	var u syscall.Rusage
	if syscall.Getrusage(syscall.RUSAGE_SELF, &u) == nil {
		w.here = time.Duration(u.Utime.Nano() + u.Stime.Nano())
	}
	if pool == nil {
		return w
	}
	rows, err := pool.Query(ctx, "SELECT pid FROM pg_stat_activity WHERE datname = current_database()")
	if err != nil {
		return w
	}
	defer rows.Close()
	for rows.Next() {
		var pid int
		if rows.Scan(&pid) == nil {
			w.database += ticks(pid)
		}
	}
	return w
}

// ticks is the processor time of another process; none if it cannot be seen.
func ticks(pid int) time.Duration {
	body, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return 0
	}
	_, after, _ := strings.Cut(string(body), ") ") // the name before may hold anything
	fields := strings.Fields(after)
	if len(fields) < 13 {
		return 0
	}
	user, _ := strconv.Atoi(fields[11])
	system, _ := strconv.Atoi(fields[12])
	const perSecond = 100 // USER_HZ, the same on every Linux
	return time.Duration(user+system) * time.Second / perSecond
}

func (w *worked) add(from, to worked) {
	w.here += to.here - from.here
	w.database += max(to.database-from.database, 0)
}
