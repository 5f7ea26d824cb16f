package server

import (
	"context"
	"errors"
	"net/http"
	"sync"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"

	"github.com/vetgraph/vetgraph/internal/access"
	"github.com/vetgraph/vetgraph/internal/catalog"
	"github.com/vetgraph/vetgraph/internal/division"
	"github.com/vetgraph/vetgraph/internal/fault"
)

// signers are the algorithms that a token may be signed with: public keys only,
// so that nobody can pass off a public key as a shared secret.
var signers = []string{oidc.RS256, oidc.RS384, oidc.RS512, oidc.ES256, oidc.ES384, oidc.ES512, oidc.PS256, oidc.PS384, oidc.PS512, oidc.EdDSA}

// retryIssuer is how long an issuer that did not answer is left alone.
const retryIssuer = 5 * time.Second

// issuer reads the tokens of an OpenID Connect issuer. It is asked for its keys
// when the first token comes, so the hub can start before it.
type issuer struct {
	config  Config
	client  *http.Client
	catalog *catalog.Catalog
	places  *division.Tree

	mu       sync.Mutex
	verifier *oidc.IDTokenVerifier
	failed   time.Time
}

// ready returns what verifies tokens, asking the issuer if that has not succeeded yet.
func (i *issuer) ready() (*oidc.IDTokenVerifier, error) {
	i.mu.Lock()
	defer i.mu.Unlock()
	if i.verifier != nil {
		return i.verifier, nil
	}
	now := i.config.Now()
	if now.Sub(i.failed) < retryIssuer && !i.failed.IsZero() {
		return nil, i.silent(errors.New("asked a moment ago"))
	}
	// The key set asks again under this context for as long as the hub runs.
	provider, err := oidc.NewProvider(oidc.ClientContext(context.Background(), i.client), i.config.OIDCIssuer)
	if err != nil {
		i.failed = now
		return nil, i.silent(err)
	}
	i.verifier = provider.Verifier(&oidc.Config{ClientID: i.config.OIDCAudience, SupportedSigningAlgs: signers, Now: i.config.Now})
	return i.verifier, nil
}

func (i *issuer) silent(err error) error {
	return fault.New(fault.Unavailable, "ISSUER_SILENT", "登录服务暂时没有回应，请稍后再试。", "The sign-in service does not answer; please try again.").
		Because(err).From("", i.config.Now().Add(retryIssuer))
}

// verify reads a token that the issuer signed for us and that has not expired. Faults:
// SignedOut TOKEN_INVALID or TOKEN_EXPIRED, Unavailable ISSUER_SILENT.
func (i *issuer) verify(ctx context.Context, text string) (*oidc.IDToken, error) {
	verifier, err := i.ready()
	if err != nil {
		return nil, err
	}
	token, err := verifier.Verify(oidc.ClientContext(ctx, i.client), text)
	if expired := new(oidc.TokenExpiredError); errors.As(err, &expired) {
		return nil, tokenExpired().Because(err)
	} else if err != nil {
		return nil, tokenInvalid().Because(err)
	}
	return token, nil
}

// identify implements identifier.
func (i *issuer) identify(ctx context.Context, text string) (*access.Viewer, error) {
	token, err := i.verify(ctx, text)
	if err != nil {
		return nil, err
	}
	all := map[string]any{}
	if err := token.Claims(&all); err != nil {
		return nil, tokenInvalid().Because(err)
	}
	claim := func(name string) string { s, _ := all[name].(string); return s }
	return claims{
		subject: token.Subject, kind: claim(i.config.ClaimKind), veteran: claim(i.config.ClaimVeteran),
		department: claim(i.config.ClaimDepartment), division: claim(i.config.ClaimDivision),
		assurance: claim(i.config.ClaimAssurance), documents: claim(i.config.ClaimDocuments), session: claim("sid"),
	}.viewer(i.catalog, i.places)
}

// openSignIn decides who is believed: the demonstration's own tokens, or the issuer's.
func (h *Hub) openSignIn(context.Context) error {
	if h.Config.Demo {
		h.who = &demoTokens{key: h.keys.TokenKey, now: h.Config.Now, catalog: h.catalog, places: h.Divisions}
		return nil
	}
	h.who = &issuer{config: h.Config, client: &http.Client{Timeout: 10 * time.Second}, catalog: h.catalog, places: h.Divisions}
	return nil
}
