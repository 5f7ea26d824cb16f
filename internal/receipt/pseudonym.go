package receipt

import (
	"encoding/hex"

	lru "github.com/hashicorp/golang-lru/v2"

	"github.com/vetgraph/vetgraph/internal/vault"
)

// pseudonymSize is how many bytes of a blind index a pseudonym keeps: enough that
// no two are alike, and no more than is needed.
const pseudonymSize = 16

// pseudonym stands for an ID in the log.
type pseudonym struct {
	raw     []byte // pseudonymSize bytes
	written string // as leaves have it
}

// mostPseudonyms bounds how many are remembered, about 250 bytes each.
const mostPseudonyms = 16 << 10

// pseudonyms remembers pseudonyms of late: lists show the same people again and
// again. They never change, since a vault that would make others is not adopted
// ([vault.ErrOtherKeys]).
type pseudonyms struct {
	vault *vault.Vault
	late  *lru.Cache[pseudonymKey, pseudonym]
}

// pseudonymKey is an ID and what sort of thing it is of. Each sort has pseudonyms of
// its own, so that an account cannot be compared with a person.
type pseudonymKey struct{ sort, id string }

func newPseudonyms(v *vault.Vault) (*pseudonyms, error) {
	late, err := lru.New[pseudonymKey, pseudonym](mostPseudonyms)
	return &pseudonyms{vault: v, late: late}, err
}

// of is the pseudonym of an ID, empty for no ID.
func (p *pseudonyms) of(sort, id string) pseudonym {
	if id == "" {
		return pseudonym{}
	}
	key := pseudonymKey{sort, id}
	if found, ok := p.late.Get(key); ok {
		return found
	}
	raw := p.vault.Index(id, "receipt/"+sort)[:pseudonymSize]
	made := pseudonym{raw, hex.EncodeToString(raw)}
	p.late.Add(key, made)
	return made
}
