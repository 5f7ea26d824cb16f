package server

import (
	"context"
	"time"

	"github.com/vetgraph/vetgraph/internal/catalog"
	"github.com/vetgraph/vetgraph/internal/submission"
	"github.com/vetgraph/vetgraph/internal/switchboard"
)

// ordersEvery is how soon an order about a port that was given at another hub is
// followed here.
const ordersEvery = 2 * time.Second

// openSwitchboard sets the ports' gates by what operators have ordered, before the
// first item is carried, and keeps them so.
func (h *Hub) openSwitchboard(ctx context.Context) error {
	h.Board = &switchboard.Board{
		Store: h.Store, Catalog: func() *catalog.Catalog { return h.catalog }, Ports: h.Registry, Carrier: &submission.Outbox{Queue: h.Queue},
		Live: h.livePort, Certificate: h.Registry.Certificate, Now: h.Config.Now, Log: h.log("switchboard"),
	}
	stop, err := h.Board.Watch(ctx, ordersEvery)
	if err != nil {
		return err
	}
	h.onClose(func(context.Context) error { stop(); return nil })
	return nil
}

// stage is where departments are played, if they are.
func (h *Hub) stage() *switchboard.Stage {
	s := &switchboard.Stage{Log: h.log("switchboard")}
	if h.Fleet != nil {
		s.Players = h.Fleet
	}
	return s
}

// livePort says whether a port goes to a system that is not played here.
func (h *Hub) livePort(id string) bool {
	if !h.Registry.Connected(id) {
		return false
	}
	if h.Fleet == nil {
		return true
	}
	p := h.catalog.Port(id)
	return h.live[id] || p != nil && h.live[p.Department]
}
