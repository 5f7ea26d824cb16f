package main

import (
	"fmt"
	"io"
	"time"
)

// result is one line: one side of one operation.
type result struct {
	side       string
	many       sample // with all clients at once
	alone      sample // with one
	worked     worked // with all clients at once
	statements float64
}

// table prints results as they come, as Markdown.
type table struct{ out io.Writer }

func newTable(out io.Writer) *table {
	_, _ = fmt.Fprintln(out, "| operation | side | requests/s | p50 ms | p99 ms | alone p50 ms | alone p99 ms | statements | CPU ms here | CPU ms in PostgreSQL | share of the peer |")
	_, _ = fmt.Fprintln(out, "|--|--|--:|--:|--:|--:|--:|--:|--:|--:|--:|")
	return &table{out}
}

func (t *table) add(name string, results []*result) {
	for _, r := range results {
		share := ""
		each := func(d time.Duration) time.Duration { return d / time.Duration(max(len(r.many.took), 1)) }
		if r.side == "hub" && len(results) > 1 {
			share = fmt.Sprintf("%.2f", r.many.rate()/results[1].many.rate())
		}
		_, _ = fmt.Fprintf(t.out, "| %s | %s | %.0f | %s | %s | %s | %s | %.0f | %s | %s | %s |\n", name, r.side, r.many.rate(),
			ms(r.many.quantile(.5)), ms(r.many.quantile(.99)), ms(r.alone.quantile(.5)), ms(r.alone.quantile(.99)), r.statements,
			ms(each(r.worked.here)), ms(each(r.worked.database)), share)
	}
}

func ms(d time.Duration) string { return fmt.Sprintf("%.2f", float64(d.Microseconds())/1000) }
