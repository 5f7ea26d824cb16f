package server

import (
	"context"
	"time"

	"github.com/vetgraph/vetgraph/internal/queue"
)

// deskRounds keep what is reckoned up to date: sums for analysts, and years of
// holidays that another hub has loaded.
func (h *Hub) deskRounds() []queue.Round {
	return []queue.Round{
		{Name: "fold", Every: 15 * time.Second, Do: func(ctx context.Context) error { _, err := h.Cases.Board().Fold(ctx); return err }},
		{Name: "years", Every: time.Minute, Do: func(ctx context.Context) error { return h.years.Load().Refresh(ctx) }},
	}
}
