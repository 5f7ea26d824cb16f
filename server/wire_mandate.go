package server

import (
	"context"
	"slices"

	"github.com/vetgraph/vetgraph/internal/casefile"
	"github.com/vetgraph/vetgraph/internal/catalog"
	"github.com/vetgraph/vetgraph/internal/dispute"
	"github.com/vetgraph/vetgraph/internal/mandate"
	"github.com/vetgraph/vetgraph/internal/plan"
	"github.com/vetgraph/vetgraph/internal/supervision"
)

// openMandates wires mandates to casework, and disputes to supervision.
func (h *Hub) openMandates(context.Context) error {
	current := func() *catalog.Catalog { return h.catalog }
	limits, err := mandate.Builtin()
	if err != nil {
		return err
	}
	h.Mandates = &mandate.Desk{
		Store: h.Store, Profile: h.Profile, Vault: h.Vault, Catalog: current, Plan: h.planFor, Post: h.Post, Names: h.accountName, Figures: limits, Now: h.Config.Now,
	}
	h.Cases.Mandates = h.Mandates
	figures, err := dispute.Builtin()
	if err != nil {
		return err
	}
	h.Disputes = &dispute.Desk{
		Store: h.Store, Profile: h.Profile, Vault: h.Vault, Catalog: current, Calendar: h.Calendar, Divisions: h.Divisions,
		Tasks: h.Office, Tell: h.Post, Figures: figures, Now: h.Config.Now,
	}
	return nil
}

func (h *Hub) planFor(ctx context.Context, veteranID string, matters []string) (*plan.Plan, error) {
	return h.Cases.Plan(ctx, casefile.PlanInput{VeteranID: veteranID, Matters: matters})
}

// accountName is the name of whom an account belongs to, if the roster knows.
func (h *Hub) accountName(account string) string {
	es := h.Office.Roster.Entries
	if i := slices.IndexFunc(es, func(e supervision.Entry) bool { return e.Account == account }); i >= 0 {
		return es[i].Name
	}
	return ""
}
