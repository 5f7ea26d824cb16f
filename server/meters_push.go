package server

import (
	"context"
	"time"

	"github.com/vetgraph/vetgraph/internal/catalog"
	"github.com/vetgraph/vetgraph/internal/port"
)

// Push implements port.Pusher, for lines that do.
func (l *measured) Push(ctx context.Context, p *catalog.Port, b port.Batch) (s port.Slip, err error) {
	defer func(start time.Time) { l.took("push", start, err) }(time.Now())
	return port.PushThrough(ctx, l.Line, p, b)
}

// Outcomes implements port.Pusher, for lines that do.
func (l *measured) Outcomes(ctx context.Context, p *catalog.Port, lines []string) (e []port.Entry, err error) {
	defer func(start time.Time) { l.took("outcomes", start, err) }(time.Now())
	return port.OutcomesThrough(ctx, l.Line, p, lines)
}
