package server_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"strings"
)

// hostileTokens are credentials that nobody gave.
func (k *talk) hostileTokens() map[string]attack {
	part := func(s string) string { return base64.RawURLEncoding.EncodeToString([]byte(s)) }
	claims := fmt.Sprintf(`{"iss":"vetgraph-demo","sub":"demo/operator","kind":"OPERATOR","iat":%d,"exp":%d}`, noon().Unix(), noon().Unix()+3600)
	signed := func(header, body, key string) string {
		text := part(header) + "." + part(body)
		m := hmac.New(sha256.New, []byte(key))
		m.Write([]byte(text))
		return text + "." + base64.RawURLEncoding.EncodeToString(m.Sum(nil))
	}
	const hs = `{"alg":"HS256","typ":"JWT"}`
	good := k.token("clerk")
	parts := strings.Split(good, ".")
	all := map[string]attack{}
	for name, authorization := range map[string]string{
		"none":                           "Bearer " + part(`{"alg":"none"}`) + "." + part(claims) + ".",
		"none, written otherwise":        "Bearer " + part(`{"alg":"nOnE"}`) + "." + part(claims) + ".",
		"none, with a good signature":    "Bearer " + part(`{"alg":"none"}`) + "." + part(claims) + "." + parts[2],
		"signed with nothing":            "Bearer " + signed(hs, claims, ""),
		"signed with a guess":            "Bearer " + signed(hs, claims, "secret"),
		"a key in a file":                "Bearer " + signed(`{"alg":"HS256","kid":"../../../../dev/null"}`, claims, ""),
		"a key of SQL":                   "Bearer " + signed(`{"alg":"HS256","kid":"x' UNION SELECT 'secret"}`, claims, "secret"),
		"a key from elsewhere":           "Bearer " + signed(`{"alg":"HS256","jku":"https://evil.example.org/keys"}`, claims, "secret"),
		"a key that it brings":           "Bearer " + signed(`{"alg":"HS256","jwk":{"kty":"oct","k":"c2VjcmV0"}}`, claims, "secret"),
		"a head that must be understood": "Bearer " + signed(`{"alg":"HS256","crit":["x"],"x":1}`, claims, "secret"),
		"another's claims":               "Bearer " + parts[0] + "." + part(claims) + "." + parts[2],
		"without a signature":            "Bearer " + parts[0] + "." + parts[1] + ".",
		"with half a signature":          "Bearer " + strings.TrimSuffix(good, good[len(good)-6:]),
		"with more behind":               "Bearer " + good + ".x",
		"two tokens":                     "Bearer " + good + " " + good,
		"two tokens with a comma":        "Bearer " + good + ", Bearer " + good,
		"of another issuer":              "Bearer " + signed(hs, strings.Replace(claims, "vetgraph-demo", "https://evil.example.org", 1), "secret"),
		"said to be a partner's":         "Bearer " + signed(hs, strings.Replace(claims, "vetgraph-demo", "vetgraph-partner", 1), "secret"),
		"a partner's, not signed":        "Bearer " + part(`{"alg":"none"}`) + "." + part(`{"iss":"vetgraph-partner","sub":"insurance","exp":9999999999}`) + ".",
		"encrypted, they say":            "Bearer " + part(`{"alg":"dir","enc":"A256GCM"}`) + "...." + part("x"),
		"in JSON":                        `Bearer {"payload":"` + part(claims) + `","signatures":[]}`,
		"a name and a password":          "Basic " + base64.StdEncoding.EncodeToString([]byte("operator:"+mark)),
		"nothing behind the word":        "Bearer ",
		"another word":                   "Token " + good,
		"enormous":                       "Bearer " + strings.Repeat("a", 20_000),
		"deep":                           "Bearer " + part(hs) + "." + part(strings.Repeat("[", 9_000)) + ".x",
		"a number for who":               "Bearer " + signed(hs, `{"iss":"vetgraph-demo","sub":7,"exp":"soon"}`, "secret"),
		"that is markup":                 "Bearer <" + mark + ">",
	} {
		all[name] = attack{headers: map[string]string{"Authorization": authorization}, body: bodyOf("{ me { kind } }"), status: 401, want: "TOKEN_INVALID", clean: true}
	}
	all["in the address"] = attack{at: "/graphql?access_token=" + good, body: bodyOf("{ me { kind } }"), status: 200, want: "SIGN_IN"}
	all["in a cookie"] = attack{headers: map[string]string{"Cookie": "token=" + good}, body: bodyOf("{ me { kind } }"), status: 200, want: "SIGN_IN"}
	all["in the body"] = attack{body: fmt.Sprintf(`{"query":"{ me { kind } }","extensions":{"authorization":"Bearer %s"}}`, good), status: 200, want: "SIGN_IN"}
	return all
}
