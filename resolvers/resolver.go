// Package resolvers turns GraphQL fields into calls on the rooms, and their faults into GraphQL errors. It decides nothing.
package resolvers

import (
	"time"

	"github.com/vetgraph/vetgraph/internal/administration"
	"github.com/vetgraph/vetgraph/internal/appointment"
	"github.com/vetgraph/vetgraph/internal/casefile"
	"github.com/vetgraph/vetgraph/internal/catalog"
	"github.com/vetgraph/vetgraph/internal/dispute"
	"github.com/vetgraph/vetgraph/internal/division"
	"github.com/vetgraph/vetgraph/internal/identity"
	"github.com/vetgraph/vetgraph/internal/lookup"
	"github.com/vetgraph/vetgraph/internal/mandate"
	"github.com/vetgraph/vetgraph/internal/notify"
	"github.com/vetgraph/vetgraph/internal/profile"
	"github.com/vetgraph/vetgraph/internal/rating"
	reads "github.com/vetgraph/vetgraph/internal/receipt"
	"github.com/vetgraph/vetgraph/internal/sharing"
	"github.com/vetgraph/vetgraph/internal/subsidy"
	"github.com/vetgraph/vetgraph/internal/supervision"
	"github.com/vetgraph/vetgraph/internal/switchboard"
)

// Resolver carries the rooms that fields call.
type Resolver struct {
	Profile        *profile.Profile
	Desk           *casefile.Desk
	Lookup         *lookup.Desk
	Mandates       *mandate.Desk
	Disputes       *dispute.Desk
	Office         *supervision.Office
	Post           *notify.Post
	Diary          *appointment.Diary
	Ratings        *rating.Desk
	Subsidies      *subsidy.Desk
	Assurances     *identity.Desk
	Administration *administration.Desk
	Catalogue      func() *catalog.Catalog // the one in force
	Board          *switchboard.Board
	Sharing        *sharing.Desk
	Receipts       *reads.Log
	Stage          *switchboard.Stage
	Places         *division.Tree
	Now            func() time.Time
}
