package server

import (
	"context"

	"github.com/vetgraph/vetgraph/internal/catalog"
	"github.com/vetgraph/vetgraph/internal/port"
)

// Push implements port.Pusher, for lines that do.
func (l *measured) Push(ctx context.Context, p *catalog.Port, b port.Batch) (s port.Slip, err error) {
	ctx, done := l.begin(ctx, "push", p)
	defer func() { done(err) }()
	return port.PushThrough(ctx, l.Line, p, b)
}

// Outcomes implements port.Pusher, for lines that do.
func (l *measured) Outcomes(ctx context.Context, p *catalog.Port, lines []string) (e []port.Entry, err error) {
	ctx, done := l.begin(ctx, "outcomes", p)
	defer func() { done(err) }()
	return port.OutcomesThrough(ctx, l.Line, p, lines)
}
