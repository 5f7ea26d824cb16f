package model

import (
	"github.com/vetgraph/vetgraph/ent/gen"
	"github.com/vetgraph/vetgraph/internal/slice"
)

// DataUse is how a slice concerns a person.
type DataUse struct {
	Slice     *slice.Slice
	Readable  bool
	Announced bool
	Consents  []*gen.Consent
}

// ConsentPayload is a consent after it was granted or withdrawn.
type ConsentPayload struct{ Consent *gen.Consent }
