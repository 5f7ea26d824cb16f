package server

import (
	"context"
	"fmt"
	"net/http"

	"github.com/vetgraph/vetgraph/internal/citizen"
	"github.com/vetgraph/vetgraph/internal/population"
	"github.com/vetgraph/vetgraph/internal/workday"
)

var _ citizen.Number

func (h *Hub) prepare(ctx context.Context, say func(zh, en string)) error {
	if !h.Config.Demo {
		return nil
	}
	return population.Write(ctx, h.Profile, h.Config.Seed, h.Config.Veterans, nil)
}

// heroes are the veterans' IDs of the population's first people.
func (h *Hub) heroes() []string {
	var ids []string
	for p := range population.Generate(h.Config.Seed, len(population.Heroes()), workday.FromTime(h.Config.Now()), h.Divisions) {
		ids = append(ids, h.Profile.VeteranID(p.Number))
	}
	return ids
}

func (h *Hub) devPersonas(w http.ResponseWriter, r *http.Request) {}

func (h *Hub) welcome(doors []*door, say func(zh, en string)) {
	for _, d := range doors {
		say(fmt.Sprint(d.name, " http://", d.listener.Addr()), "")
	}
}

func (h *Hub) pages(route func(pattern, name string, handler http.Handler)) {}
