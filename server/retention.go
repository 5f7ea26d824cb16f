package server

import (
	"context"
	"errors"
	"fmt"
	"os"
	"text/tabwriter"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/vetgraph/vetgraph/ent/gen/casefile"
	"github.com/vetgraph/vetgraph/internal/progress"
	"github.com/vetgraph/vetgraph/internal/queue"
	"github.com/vetgraph/vetgraph/internal/retention"
	"github.com/vetgraph/vetgraph/internal/store"
)

// retentionRules are the operator's, or those that ship.
func retentionRules(c Config) (*retention.Rules, error) {
	if c.Retention == "" {
		return retention.Builtin()
	}
	text, err := os.ReadFile(c.Retention)
	if err != nil {
		return nil, fmt.Errorf("retention rules: %w", err)
	}
	r, err := retention.Load(c.Retention, text)
	if err != nil {
		return nil, fmt.Errorf("the retention rules have mistakes (保存期限文件有误):\n%w", err)
	}
	return r, nil
}

// openRetention reads how long what is kept, and counts what goes.
func (h *Hub) openRetention(context.Context) error {
	rules, err := retentionRules(h.Config)
	if err != nil {
		return err
	}
	rows := prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "vetgraph_retention_rows_total", Help: "Rows that this hub has deleted or emptied because their time was over, by rule."}, []string{"rule"})
	h.meters.registry.MustRegister(rows)
	for _, t := range rules.All() {
		rows.WithLabelValues(t.Name) // 0 until something goes
	}
	h.Retention = &retention.Keeper{
		Store: h.Store, Rules: rules, Now: h.Config.Now, Log: h.log("retention"),
		Going: map[string]func(context.Context, store.Tx, []string) (func(context.Context) error, error){casefile.Table: h.casesGo},
		Told:  func(t *retention.Term, n int64) { rows.WithLabelValues(t.Name).Add(float64(n)) },
	}
	return nil
}

// casesGo keeps the figures right of which cases are a part: they count until they go.
func (h *Hub) casesGo(ctx context.Context, tx store.Tx, ids []string) (func(context.Context) error, error) {
	cases, err := tx.Ent.CaseFile.Query().Where(casefile.IDIn(ids...)).WithItems().All(ctx)
	if err != nil {
		return nil, fmt.Errorf("cases that go: %w", err)
	}
	board, before := h.Cases.Board(), map[string]progress.Standings{}
	for _, c := range cases {
		before[c.ID] = board.Of(c, c.Edges.Items)
	}
	return func(ctx context.Context) error {
		for _, id := range ids {
			if err := board.Note(ctx, tx, id, before[id]); err != nil {
				return err
			}
		}
		return nil
	}, nil
}

// retentionRounds forget what need not be kept any longer. Terms are days and years,
// so once an hour is often enough; one that has much to do goes on in the next.
func (h *Hub) retentionRounds() []queue.Round {
	if h.Config.Demo && h.Config.Unwatched {
		return nil
	}
	return []queue.Round{{Name: "retention", Every: time.Hour, Do: h.Forget}}
}

// Forget does one round, and tells who watches over the hub how many rows went by
// which rule.
func (h *Hub) Forget(ctx context.Context) error {
	all, err := h.Retention.Round(ctx)
	for _, d := range all {
		if d.Rows > 0 {
			h.noteEvent(h.log("security").With().Str("rule", d.Term.Name).Int64("rows", d.Rows).Logger(), dataForgotten, "retention", nil)
		}
	}
	return err
}

type retentionCommand struct {
	Check bool `help:"Count what a round would take now, and take nothing. 只统计到期的，不删除。"`
}

// Run says how long what is kept and, if asked, what is due.
func (c retentionCommand) Run(s *session) (err error) {
	rules, err := retentionRules(s.Config)
	if err != nil {
		return err
	}
	due := map[string]int64{}
	if c.Check {
		if !there(s.database()) {
			return errors.New("there is no database yet (还没有数据库)")
		}
		db, err := store.Open(s.ctx, s.database(), 2)
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, db.Close()) }()
		all, err := (&retention.Keeper{Store: db, Rules: rules, Now: s.now}).Check(s.ctx)
		if err != nil {
			return err
		}
		for _, d := range all {
			due[d.Term.Name] = d.Rows
		}
	}
	out := tabwriter.NewWriter(s.out, 0, 4, 2, ' ', 0)
	for _, t := range rules.All() {
		if c.Check {
			_, _ = fmt.Fprintf(out, "%d\t", due[t.Name])
		}
		_, _ = fmt.Fprintf(out, "%s\t%s\t%s\t%s\t%s\n", t.Name, t.Do, t.After, t.What.Zh, t.Law)
	}
	return out.Flush()
}
