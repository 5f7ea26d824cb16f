package filedrop

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/vetgraph/vetgraph/internal/catalog"
	"github.com/vetgraph/vetgraph/internal/port"
)

// A list of payments is one file: its first row says what is said of the whole,
// every other row is a line.
var (
	batchColumns = []string{"_item", "_callback", "_line"}
	lineColumns  = []string{"_line"}
)

// Push implements [port.Pusher].
func (l *line) Push(ctx context.Context, p *catalog.Port, b port.Batch) (port.Slip, error) {
	rows, err := batchRows(b)
	if err != nil {
		return port.Slip{}, err
	}
	said, err := l.ask(ctx, p, question{kind: push, want: slips, columns: batchColumns, rows: rows, deed: true, late: always})
	if err != nil {
		return port.Slip{}, err
	}
	if len(said) != 1 {
		return port.Slip{}, l.garbled(errors.New("not one slip"))
	}
	s, err := readSlip(said[0])
	if err != nil {
		return port.Slip{}, l.garbled(err)
	}
	return s, nil
}

// Outcomes implements [port.Pusher]. An answer that has come too late for an earlier
// question is not used: lines may have ended since.
func (l *line) Outcomes(ctx context.Context, p *catalog.Port, lines []string) ([]port.Entry, error) {
	rows := make([]row, len(lines))
	for i, id := range slices.Sorted(slices.Values(lines)) {
		rows[i] = row{"_line": id}
	}
	said, err := l.ask(ctx, p, question{
		kind: outcomes, want: settled, columns: lineColumns, rows: rows, late: func(time.Time, []row) bool { return false },
	})
	if err != nil {
		return nil, err
	}
	all, err := readEntries(said)
	if err != nil {
		return nil, l.garbled(err)
	}
	return all, nil
}

func batchRows(b port.Batch) ([]row, error) {
	head := row{"_item": b.ID}
	head.put("_callback", b.Callback)
	if err := head.putAll(b.Fields); err != nil {
		return nil, err
	}
	lines, err := entryRows(b.Lines)
	return append([]row{head}, lines...), err
}

func entryRows(all []port.Entry) ([]row, error) {
	sorted := slices.SortedFunc(slices.Values(all), func(a, b port.Entry) int { return strings.Compare(a.Line, b.Line) })
	rows := make([]row, len(sorted))
	for i, e := range sorted {
		rows[i] = row{"_line": e.Line}
		if err := rows[i].putAll(e.Fields); err != nil {
			return nil, err
		}
	}
	return rows, nil
}

func readEntries(rows []row) ([]port.Entry, error) {
	all := make([]port.Entry, len(rows))
	for i, from := range rows {
		r := reading{row: from}
		all[i] = port.Entry{Line: r.text("_line"), Fields: r.others()}
		if r.err != nil {
			return nil, r.err
		}
	}
	return all, nil
}

// take hands a list of payments to a counterpart that pays.
func (d *Desk) take(ctx context.Context, rows []row) (kind string, columns []string, answer []row, err error) {
	to, ok := d.counterpart.(port.Payer)
	if !ok || len(rows) == 0 {
		return "", nil, nil, &port.Refusal{Reason: "MALFORMED"}
	}
	head := reading{row: rows[0]}
	b := port.Batch{ID: head.text("_item"), Callback: head.text("_callback"), Fields: head.others()}
	if b.Lines, err = readEntries(rows[1:]); err != nil || head.err != nil {
		return "", nil, nil, &port.Refusal{Reason: "MALFORMED"}
	}
	s, err := to.TakeBatch(ctx, b)
	return slips, slipColumns, []row{slipRow(s)}, err
}

// settle asks a counterpart that pays what became of lines.
func (d *Desk) settle(ctx context.Context, asked []row) (kind string, columns []string, rows []row, err error) {
	to, ok := d.counterpart.(port.Payer)
	if !ok {
		return "", nil, nil, &port.Refusal{Reason: "MALFORMED"}
	}
	ids := make([]string, len(asked))
	for i, from := range asked {
		r := reading{row: from}
		if ids[i] = r.text("_line"); r.err != nil {
			return "", nil, nil, &port.Refusal{Reason: "MALFORMED"}
		}
	}
	all, err := to.TellLines(ctx, ids)
	if err != nil {
		return "", nil, nil, err
	}
	rows, err = entryRows(all)
	return settled, lineColumns, rows, err
}
