package model

import "github.com/vetgraph/vetgraph/ent/gen"

type (
	// SubsidyRollConnection is a page of payment rolls.
	SubsidyRollConnection struct {
		Nodes    []*gen.PaymentRoll
		PageInfo *PageInfo
	}

	// CorrectAccountPayload is a subsidy with another account.
	CorrectAccountPayload struct{ Subsidy *gen.Subsidy }
)
