package server

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"time"

	"github.com/lestrrat-go/jwx/v3/jwa"
	"github.com/lestrrat-go/jwx/v3/jwt"

	"github.com/vetgraph/vetgraph/internal/access"
	"github.com/vetgraph/vetgraph/internal/catalog"
	"github.com/vetgraph/vetgraph/internal/division"
	"github.com/vetgraph/vetgraph/internal/fault"
)

// The demonstration signs its own tokens: who asks for one gets it, on this
// machine only.
const (
	demoIssuer = "vetgraph-demo"
	demoLife   = 12 * time.Hour
	province   = "230000000000"
)

// personas are the names that GET /dev/token takes, besides partner-NAME.
var personas = map[string]claims{
	"veteran":      {kind: "VETERAN"},
	"clerk":        {kind: "CLERK", division: province},
	"officer-va":   {kind: "OFFICER", department: "VA", division: province},
	"officer-ps":   {kind: "OFFICER", department: "PS", division: province},
	"officer-hrss": {kind: "OFFICER", department: "HRSS", division: province},
	"officer-hsa":  {kind: "OFFICER", department: "HSA", division: province},
	"officer-mil":  {kind: "OFFICER", department: "MIL", division: province},
	"supervisor":   {kind: "SUPERVISOR", division: province},
	"analyst":      {kind: "ANALYST", division: province},
	"operator":     {kind: "OPERATOR"},
	"security":     {kind: "SECURITY"},
	"auditor":      {kind: "AUDITOR", division: province},
}

var partnerName = regexp.MustCompile(`^partner-[a-z0-9][a-z0-9-]{0,39}$`)

// personaClaims are the claims of a persona, with the veteran or division asked for.
func personaClaims(name, veteran, place, hero string) (claims, error) {
	c, ok := personas[name]
	if partnerName.MatchString(name) {
		c, ok = claims{kind: "PARTNER"}, true
	}
	if !ok {
		return c, fault.New(fault.NotFound, "PERSONA_UNKNOWN", "没有这个示例身份。可用： "+personaNames(), "There is no such persona. There are: "+personaNames()).At("persona")
	}
	c.subject = "demo/" + name
	if c.kind == string(access.Veteran) {
		if c.veteran = veteran; veteran == "" {
			c.veteran = hero
		}
		c.subject = "demo/veteran/" + c.veteran
	}
	if place != "" && c.division != "" {
		c.division = place
	}
	return c, nil
}

func personaNames() string { return strings.Join(sortedKeys(personas), " ") + " partner-NAME" }

// demoTokens signs and reads the demonstration's tokens.
type demoTokens struct {
	key     []byte
	now     func() time.Time
	catalog *catalog.Catalog
	places  *division.Tree
}

func (d *demoTokens) sign(c claims) (string, error) {
	now := d.now()
	b := jwt.NewBuilder().Issuer(demoIssuer).Subject(c.subject).IssuedAt(now).Expiration(now.Add(demoLife)).Claim("kind", c.kind)
	for name, value := range map[string]string{"veteran": c.veteran, "department": c.department, "division": c.division, "assurance": c.assurance, "documents": c.documents} {
		if value != "" {
			b = b.Claim(name, value)
		}
	}
	token, err := b.Build()
	if err != nil {
		return "", fmt.Errorf("build a token: %w", err)
	}
	signed, err := jwt.Sign(token, jwt.WithKey(jwa.HS256(), d.key))
	return string(signed), err
}

// identify implements identifier.
func (d *demoTokens) identify(_ context.Context, text string) (*access.Viewer, error) {
	token, err := jwt.ParseString(text, jwt.WithKey(jwa.HS256(), d.key), jwt.WithIssuer(demoIssuer),
		jwt.WithRequiredClaim(jwt.ExpirationKey), jwt.WithClock(jwt.ClockFunc(d.now)))
	if errors.Is(err, jwt.TokenExpiredError()) {
		return nil, tokenExpired().Because(err)
	} else if err != nil {
		return nil, tokenInvalid().Because(err)
	}
	c := claims{}
	c.subject, _ = token.Subject()
	for name, to := range map[string]*string{"kind": &c.kind, "veteran": &c.veteran, "department": &c.department, "division": &c.division, "assurance": &c.assurance, "documents": &c.documents} {
		_ = token.Get(name, to) // what is not there stays empty; viewer decides
	}
	return c.viewer(d.catalog, d.places)
}

// devToken answers a token as text: GET /dev/token?persona=NAME, with id and
// assurance for a veteran, division for those who serve one, and documents=trusted for a
// token that runs registered documents only. It answers this machine alone,
// and only under this machine's name: a page elsewhere whose name was pointed
// here (DNS rebinding) is a stranger.
func (h *Hub) devToken(d *demoTokens) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Cache-Control", "no-store")
		if !fromHere(r) {
			refuse(w, http.StatusForbidden, fault.New(fault.Denied, "LOCAL_ONLY", "示例身份只在本机可用。", "Personas are for this machine only."))
			return
		}
		ask := r.URL.Query()
		c, err := personaClaims(ask.Get("persona"), ask.Get("id"), ask.Get("division"), h.heroes()[0])
		if c.veteran != "" {
			c.assurance = ask.Get("assurance")
		}
		if ask.Get("documents") == trusted {
			c.documents = trusted
		}
		if err == nil {
			if _, verr := c.viewer(h.catalog, h.Divisions); verr != nil {
				err = fault.New(fault.Invalid, "DIVISION_UNKNOWN", "没有这个行政区划代码。", "There is no such division.").At("division")
			}
		}
		if err != nil {
			refuse(w, http.StatusBadRequest, fault.Of(err))
			return
		}
		token, err := d.sign(c)
		if err != nil {
			refuse(w, http.StatusInternalServerError, fault.Of(err))
			return
		}
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		writeText(w, token)
	})
}

// fromHere says whether a request comes from this machine, under its own name and
// not on behalf of a page from elsewhere.
func fromHere(r *http.Request) bool {
	remote, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil || !loopback(remote) || !loopback(hostOf(r.Host)) {
		return false
	}
	origin := r.Header.Get("Origin")
	if origin == "" {
		return r.Header.Get("Sec-Fetch-Site") != "cross-site"
	}
	u, err := url.Parse(origin)
	return err == nil && u.Host == r.Host
}

func hostOf(hostport string) string {
	if host, _, err := net.SplitHostPort(hostport); err == nil {
		return host
	}
	return hostport
}
