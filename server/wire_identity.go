package server

import (
	"crypto/sha256"
	"encoding/hex"

	"github.com/vetgraph/vetgraph/internal/access"
	"github.com/vetgraph/vetgraph/internal/catalog"
	"github.com/vetgraph/vetgraph/internal/identity"
)

// facePath is where the played police's own page is, in the demonstration.
const facePath = "/dev/police/face"

// identities is the room that knows how surely sessions have shown who sits there.
func (h *Hub) identities() *identity.Desk {
	return &identity.Desk{Store: h.Store, Profile: h.Profile, Catalog: func() *catalog.Catalog { return h.catalog }, Departments: h.Registry, Now: h.Config.Now}
}

// seated says of a veteran which session they are in and how surely it began. The
// issuer names the session if it keeps any; else it is the token's.
func (h *Hub) seated(v *access.Viewer, token string) *access.Viewer {
	named := "token " + token
	if v.Session != "" {
		named = "sid " + v.ID + " " + v.Session
	}
	sum := sha256.Sum256([]byte(named))
	v.Session = hex.EncodeToString(sum[:])
	v.Assurance, v.Assurer = h.Identity.InForce().Claimed(v.Assurance), h.Identity
	return v
}
