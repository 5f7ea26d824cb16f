package model

import "github.com/vetgraph/vetgraph/ent/gen"

type (
	// StartIdentityCheckPayload is a check that has begun, and where it is made.
	StartIdentityCheckPayload struct {
		Check *gen.IdentityCheck
		Page  string
	}

	// FinishIdentityCheckPayload is a check as it now stands.
	FinishIdentityCheckPayload struct{ Check *gen.IdentityCheck }

	// FinishIdentityCheckInput is the argument of Mutation.finishIdentityCheck.
	FinishIdentityCheckInput struct{ CheckID string }
)
