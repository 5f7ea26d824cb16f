package server

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"github.com/vetgraph/vetgraph/internal/seal"
	"github.com/vetgraph/vetgraph/internal/vault"
)

// openSeal readies the electronic seal of feedback sheets. A keys file of before
// has no key for it: then sheets get none, and production says what to run.
func (h *Hub) openSeal(context.Context) (err error) {
	if h.ring, err = ringOf(h.keys); err != nil {
		return fmt.Errorf("keys: %w", err)
	}
	suite := seal.Suite(strings.ToUpper(h.Config.Seal))
	private, ok := h.keys.Signer(string(suite))
	if !ok {
		log := h.log("seal")
		log.Warn().Msg(noSigner(h.Config))
		return nil
	}
	h.Cases.Issuer = h.Config.SealIssuer
	h.Cases.Signer, err = seal.NewSigner(suite, private)
	return err
}

// noSigner says what to do about a keys file of before.
func noSigner(c Config) string {
	return fmt.Sprintf("密钥文件没有签章密钥，反馈单不签章；请运行 (the keys file has no key for seals, sheets get none; run): vetgraph keygen %s", c.Keys)
}

// ringOf is the public keys of all signers in a keys file.
func ringOf(keys vault.Keys) (seal.Ring, error) {
	var all []seal.Key
	var wrong []error
	for _, k := range keys.Signers {
		s, err := seal.NewSigner(seal.Suite(k.Suite), k.Private)
		if err != nil {
			wrong = append(wrong, err)
			continue
		}
		all = append(all, s.Key())
	}
	return seal.NewRing(all...), errors.Join(wrong...)
}

// publicKeys answers GET /.well-known/vetgraph-keys: what anybody needs to check a
// sheet later, without us.
func (h *Hub) publicKeys(w http.ResponseWriter, _ *http.Request) {
	body, err := h.ring.JSON()
	if err != nil {
		http.Error(w, "the keys cannot be written", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.Header().Set("Cache-Control", "public, max-age=300")
	w.Header().Set("Access-Control-Allow-Origin", "*")
	w.Header().Set("Cross-Origin-Resource-Policy", "cross-origin")
	_, _ = w.Write(body) // nobody is left to tell
}

// sealIssuer is who seals when the configuration does not say. The demonstration
// never seals in anybody's name.
func sealIssuer(c *Config) string {
	const demo = "演示 DEMO"
	switch u, _ := url.Parse(c.PublicURL); {
	case c.Demo && !strings.HasPrefix(c.SealIssuer, demo):
		return strings.TrimSpace(demo + " " + c.SealIssuer)
	case c.SealIssuer != "":
		return c.SealIssuer
	case u != nil && u.Host != "":
		return u.Host
	}
	return "vetgraph"
}

type publicKeysCommand struct{}

// Run prints the public keys, for vetgraph verify --key.
func (publicKeysCommand) Run(s *session) error {
	keys, err := loadKeys(s.ctx, s.Config)
	if err != nil {
		return fmt.Errorf("keys: %w", err)
	}
	ring, err := ringOf(keys)
	if err != nil {
		return fmt.Errorf("keys: %w", err)
	}
	if len(ring) == 0 {
		return errors.New(noSigner(Config{Keys: keysFile(s.Config)}))
	}
	body, err := ring.JSON()
	if err != nil {
		return err
	}
	_, err = s.out.Write(body)
	return err
}
