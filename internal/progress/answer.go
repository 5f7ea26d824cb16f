package progress

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/vetgraph/vetgraph/internal/access"
	"github.com/vetgraph/vetgraph/internal/fault"
	"github.com/vetgraph/vetgraph/internal/lifecycle"
	"github.com/vetgraph/vetgraph/internal/store"
)

// MostRows is how many groups one answer may have.
const MostRows = 1000

// Statistics answers a question. Faults: SIGN_IN, NOT_ALLOWED, DIVISION_UNKNOWN,
// STATISTICS_GROUPS, STATISTICS_DUE, STATISTICS_LEVEL, STATISTICS_TOO_FINE,
// STATISTICS_TOO_WIDE, STATISTICS_BEFORE_RECORD.
func (b *Board) Statistics(ctx context.Context, q Question) (*Statistics, error) {
	s, err := ask(ctx, q)
	if err != nil {
		return nil, err
	}
	last, err := b.settled(ctx)
	if err != nil {
		return nil, err
	}
	var out *Statistics
	err = b.Store.Snapshot(store.Anew(ctx), func(ctx context.Context, p store.Plain) error {
		at, precision, err := asOf(ctx, p, s.AsOf, last)
		if err != nil {
			return err
		}
		rows, err := b.rows(ctx, p, s, at)
		if err != nil {
			return err
		}
		together := *s
		together.By, together.split = nil, s.level
		together.byMatter = s.Matter != "" || s.Department != ""
		together.itemsOnly = together.byMatter && len(s.Warnings) > 0
		together.fine = together.tooFine()
		total, err := b.rows(ctx, p, &together, at)
		if err != nil {
			return err
		}
		out = &Statistics{AsOf: time.UnixMicro(at).UTC(), Precision: precision, Rows: rows}
		if len(total) == 0 {
			total = []*Row{(&group{}).row(&together, nil)}
		}
		out.Total = total[0]
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("statistics: %w", err)
	}
	return out, nil
}

// Count is how many cases a list with the same filter holds, nil where sums
// cannot tell exactly: with promised days, single days of acceptance, a warning
// beside a matter or department, both of these, and for officers, whose lists hold
// more than cases with items of theirs.
func (b *Board) Count(ctx context.Context, q Question) (*int, error) {
	v := access.From(ctx)
	if err := access.Require(ctx, access.ReadCase); err != nil {
		return nil, err
	}
	q.By, q.AsOf = nil, nil
	if !v.May(access.Count) || q.DueFrom != nil || q.DueBefore != nil || !wholeMonth(q.AcceptedFrom) || !wholeMonth(q.AcceptedBefore) ||
		v.Department != "" || q.Matter != "" && q.Department != "" {
		return nil, nil
	}
	st, err := b.Statistics(ctx, q)
	if err != nil {
		return nil, err
	}
	return st.Total.Counts.Cases, nil
}

// settled is the latest instant before which nothing can be written any more, in
// microseconds. On PostgreSQL a change carries the clock's time of its insertion,
// so it is now, or the beginning of the oldest transaction that is inserting
// changes; folds are left out, they insert nothing new. On SQLite changes are in
// the order of their transactions, so it is the last one.
func (b *Board) settled(ctx context.Context) (at int64, err error) {
	err = b.Store.Snapshot(ctx, func(ctx context.Context, p store.Plain) error {
		query, args := `SELECT max(coalesce((SELECT max(at) FROM standing_changes), 0), coalesce((SELECT max(at) FROM standing_history), 0), (SELECT began FROM standing_marks))`, []any(nil)
		if p.Postgres() {
			query, args = `SELECT (extract(epoch FROM least(statement_timestamp(), (
				SELECT min(a.xact_start) - interval '1 microsecond' FROM pg_locks l JOIN pg_stat_activity a ON a.pid = l.pid
				WHERE l.relation = 'standing_changes'::regclass AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
				AND l.mode = 'RowExclusiveLock' AND NOT EXISTS (SELECT 1 FROM pg_locks f WHERE f.pid = l.pid AND f.locktype = 'advisory' AND f.objid = $1)
			))) * 1000000)::bigint`, []any{int64(fencer)}
		}
		return p.Each(ctx, query, args, func(scan func(...any) error) error { return scan(&at) })
	})
	if err != nil {
		return 0, fmt.Errorf("the last settled instant: %w", err)
	}
	if at == 0 {
		at = time.Now().UnixMicro()
	}
	return at, nil
}

// asOf is the instant that an answer is given for.
func asOf(ctx context.Context, p store.Plain, asked *time.Time, last int64) (int64, Precision, error) {
	if asked == nil || asked.UnixMicro() >= last {
		return last, ToTheInstant, nil
	}
	at := asked.UnixMicro()
	began, compacted, err := marks(ctx, p)
	if err != nil {
		return 0, "", err
	}
	if at < began {
		return 0, "", fault.New(fault.Invalid, "STATISTICS_BEFORE_RECORD", "这个时点早于统计开始记录的时间。",
			"Changes were not recorded yet at that instant.").At("asOf")
	}
	if at > compacted {
		return at, ToTheInstant, nil
	}
	if end := lastOf(at); end != at {
		at = lastOf(at - 24*time.Hour.Microseconds()) // the day before is the last one known whole
	}
	return at, ToTheDay, nil
}

// rows are the groups of an answer, in order.
func (b *Board) rows(ctx context.Context, p store.Plain, s *scope, at int64) ([]*Row, error) {
	if s.none {
		return nil, nil
	}
	g := gathering{scope: s, groups: map[[2]string]*group{}}
	var err error
	if s.fine {
		err = b.counted(ctx, p, &g, at)
	} else {
		err = g.summed(ctx, p, at)
	}
	if err != nil {
		return nil, err
	}
	var rows []*Row
	for _, k := range g.order() {
		if g.groups[k].empty() {
			continue
		}
		keys := make([]Key, len(s.By))
		for i, d := range s.By {
			keys[i] = Key{Dimension: d, Code: k[i]}
		}
		rows = append(rows, g.groups[k].row(s, keys))
	}
	if len(rows) > MostRows {
		return nil, fault.Newf(fault.TooLarge, "STATISTICS_TOO_WIDE", "结果超过 %[1]d 组，请减少分组或缩小范围。",
			"More than %[1]d groups; ask for fewer sides or a smaller part.", MostRows).At("groupBy")
	}
	return rows, nil
}

// gathering puts cells under their groups.
type gathering struct {
	*scope
	groups map[[2]string]*group
}

// add takes in a cell or a change, whose place is already that of the level asked for.
func (g *gathering) add(c *cell, t *sums) {
	var k [2]string
	for i, d := range g.By {
		k[i] = c.side(d)
	}
	at := g.groups[k]
	if at == nil {
		at = &group{}
		g.groups[k] = at
	}
	at.add(g.scope, c, t)
}

func (c *cell) side(d Dimension) string {
	switch d {
	case ByDivision:
		return c.place
	case ByMatter:
		return c.matter
	case ByDepartment:
		return c.department
	case ByMonth:
		return c.period
	case ByState:
		return c.caseState
	case ByItemState:
		return c.state
	case ByWarning:
		return c.warning
	case ByChannel:
		return c.channel
	}
	return ""
}

// order sorts the groups: codes and months as they are written, states and
// warnings in the order of life.
func (g *gathering) order() [][2]string {
	keys := make([][2]string, 0, len(g.groups))
	for k := range g.groups {
		keys = append(keys, k)
	}
	slices.SortFunc(keys, func(a, b [2]string) int {
		for i, d := range g.By {
			if c := cmp.Or(cmp.Compare(rank(d, a[i]), rank(d, b[i])), strings.Compare(a[i], b[i])); c != 0 {
				return c
			}
		}
		return 0
	})
	return keys
}

func rank(d Dimension, code string) int {
	switch d {
	case ByState:
		return slices.Index(lifecycle.CaseState("").Values(), code)
	case ByItemState:
		return slices.Index(lifecycle.ItemState("").Values(), code)
	case ByWarning:
		return slices.Index(lifecycle.Warning("").Values(), code)
	}
	return 0
}
