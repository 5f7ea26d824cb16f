// Package fact says where a value of the profile comes from.
package fact

import (
	"time"

	"github.com/vetgraph/vetgraph/internal/workday"
)

// Provenance is who vouches for a fact, as of when, until when, and on which ground.
type Provenance struct {
	Source     string       // department or party, as a code of the catalogue
	AsOf       time.Time    // the source's own time of the fact
	ValidUntil *workday.Day // last day on which it holds; nil if it does not end
	Basis      string       // law article, circular or roll
}
