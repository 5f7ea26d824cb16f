package server_test

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/vetgraph/vetgraph/internal/store/storetest"
	"github.com/vetgraph/vetgraph/server"
)

// hostileReferences are what a router, or somebody at its address, may ask _entities for.
func (k *talk) hostileReferences() map[string]attack {
	const ask = `query($r: [_Any!]!) { _entities(representations: $r) { __typename ... on Veteran { id name } ... on Case { id number } ... on Matter { code } } }`
	one := `{"__typename":"Veteran","id":"` + k.heroes[0] + `"}`
	all := map[string]attack{}
	for name, r := range map[string]struct{ as, given, want string }{
		"nobody":                      {"", `[` + one + `]`, "SIGN_IN"},
		"a stranger":                  {"veteran1", `[` + one + `]`, `[null]`},
		"a stranger, among one's own": {"veteran1", `[` + one + `,{"__typename":"Veteran","id":"` + k.heroes[1] + `"}]`, `[null,{`},
		"ten thousand":                {"clerk", `[` + strings.Repeat(one+",", 9_999) + one + `]`, `"_entities":[{`},
		"of no type":                  {"clerk", `[{"id":"x"}]`, "ENTITY_REFERENCE"},
		"of a type that is none":      {"clerk", `[{"__typename":"` + mark + `","id":"x"}]`, "ENTITY_REFERENCE"},
		"of the root":                 {"clerk", `[{"__typename":"Query"}]`, "ENTITY_REFERENCE"},
		"of the schema":               {"clerk", `[{"__typename":"__Type","name":"Veteran"}]`, "ENTITY_REFERENCE"},
		"of a type without keys":      {"clerk", `[{"__typename":"Item","id":"x"}]`, "ENTITY_REFERENCE"},
		"a number for a type":         {"clerk", `[{"__typename":5,"id":"x"}]`, "ENTITY_REFERENCE"},
		"a list for a type":           {"clerk", `[{"__typename":["Veteran"],"id":"x"}]`, "ENTITY_REFERENCE"},
		"without a key":               {"clerk", `[{"__typename":"Veteran"}]`, "ENTITY_REFERENCE"},
		"nothing for a key":           {"clerk", `[{"__typename":"Veteran","id":null}]`, ""},
		"a list for a key":            {"clerk", `[{"__typename":"Veteran","id":["` + k.heroes[0] + `"]}]`, "ENTITY_REFERENCE"},
		"an object for a key":         {"clerk", `[{"__typename":"Veteran","id":{"$ne":""}}]`, "ENTITY_REFERENCE"},
		"two keys that differ":        {"veteran1", `[{"__typename":"Case","id":"` + k.heroes[0] + `","number":"x"}]`, "null"},
		"keys of all kinds":           {"veteran1", `[` + one + `,{"__typename":"Matter","code":"M01"},{"__typename":"Case","number":"x"},{"__typename":"Matter","slug":"x"}]`, `[null,{"__typename":"Matter","code":"M01"},null,null]`},
		"a huge key":                  {"clerk", `[{"__typename":"Veteran","id":"` + mark + strings.Repeat("x", 900_000) + `"}]`, `[null]`},
		"SQL for a key":               {"clerk", `[{"__typename":"Veteran","id":"' OR 1=1 --"}]`, `[null]`},
		"a deep one":                  {"clerk", `[{"__typename":"Veteran","id":` + strings.Repeat(`{"a":`, 5_000) + "1" + strings.Repeat("}", 5_000) + `}]`, "ENTITY_REFERENCE"},
		"of which one is a number":    {"clerk", `[5]`, "ENTITY_REFERENCE"},
		"no list":                     {"clerk", `"` + mark + `"`, "ENTITY_REFERENCE"},
	} {
		all[name] = attack{at: "subgraph", as: r.as, body: fmt.Sprintf(`{"query":%s,"variables":{"r":%s}}`, quoted(ask), r.given), status: 200, want: r.want}
	}
	all["twenty thousand, six fields each"] = attack{at: "subgraph", as: "clerk", status: 200, want: "TOO_COSTLY",
		body: `{"query":"query($r: [_Any!]!) { _entities(representations: $r) { ... on Matter { a: code b: code c: code d: code e: code f: code } } }","variables":{"r":[` + strings.Repeat(`{"__typename":"Matter","code":"x"},`, 19_999) + `{"__typename":"Matter","code":"x"}]}}`}
	all["from outside"] = attack{as: "clerk", body: fmt.Sprintf(`{"query":%s,"variables":{"r":[%s]}}`, quoted(ask), one), status: 200, want: "DOCUMENT_INVALID"}
	all["the whole schema, a hundred times"] = attack{at: "subgraph", as: "clerk", body: bodyOf(`{ ` + many(100, "a%d: _service { sdl } ") + `}`), status: 200, want: "TOO_COSTLY"}
	all["a batch"] = attack{at: "subgraph", as: "clerk", body: `[{"query":"{ _service { sdl } }"}]`, status: 400, want: "BODY_MALFORMED"}
	all["hundreds of empty ones"] = attack{at: "subgraph", as: "clerk", status: 200, want: `"a399":[]`,
		body: bodyOf(`{ ` + many(400, `a%d: _entities(representations: []) { ... on Veteran { cases(first: 100) { nodes { id } } } } `) + `}`)}
	return all
}

// hostileBodies are no requests, or two.
func hostileBodies() map[string]attack {
	var bomb bytes.Buffer
	z := gzip.NewWriter(&bomb)
	_, _ = z.Write(bytes.Repeat([]byte(" "), 512<<20/8))
	_ = z.Close()
	const plain = `{"query":"{ me { kind } }"}`
	all := map[string]attack{}
	for name, b := range map[string]struct {
		kind, body string
		status     int
		want       string
	}{
		"a batch":                         {"", "[" + strings.Repeat(plain+",", 999) + plain + "]", 400, "BODY_MALFORMED"},
		"lines of requests":               {"", strings.Repeat(plain+"\n", 100), 400, "BODY_MALFORMED"},
		"deep":                            {"", `{"variables":` + strings.Repeat("[", 200_000), 400, "BODY_MALFORMED"},
		"deep, and closed":                {"", `{"query":"{ me { kind } }","variables":{"a":` + strings.Repeat("[", 200_000) + strings.Repeat("]", 200_000) + `}}`, 400, "BODY_MALFORMED"},
		"nine thousand levels":            {"", `{"query":"{ me { kind } }","variables":{"a":` + strings.Repeat("[", 9_000) + strings.Repeat("]", 9_000) + `}}`, 200, `"me"`},
		"variables nobody asked for":      {"", `{"query":"{ me { kind } }","variables":{` + strings.TrimSuffix(many(50_000, `"v%d":1,`), ",") + `}}`, 200, `"me"`},
		"bytes that are no UTF-8":         {"", "{\"query\":\"{ me { kind } } # \xff\xfe\xc0\xaf\"}", 200, `"me"`},
		"a mark of byte order":            {"", "\ufeff" + plain, 400, "BODY_MALFORMED"},
		"UTF-16":                          {"application/json; charset=utf-16", "{\x00\"\x00q\x00", 400, "BODY_MALFORMED"},
		"NUL":                             {"", "{\"query\":\"{ me\x00 }\"}", 400, "BODY_MALFORMED"},
		"a query, and another":            {"", `{"query":"{ me { kind } }","query":"{ nobody }"}`, 200, "DOCUMENT_INVALID"},
		"a query, and none":               {"", `{"query":"{ me { kind } }","query":null}`, 400, "DOCUMENT_MISSING"},
		"a query as list":                 {"", `{"query":["{ me { kind } }"]}`, 400, "BODY_MALFORMED"},
		"an operation as number":          {"", `{"query":"{ me { kind } }","operationName":7}`, 400, "BODY_MALFORMED"},
		"a number without end":            {"", `{"query":"{ me { kind } }","extensions":` + strings.Repeat("9", 500_000) + `}`, 400, "BODY_MALFORMED"},
		"packed":                          {"", bomb.String(), 400, "BODY_MALFORMED"},
		"a form, for a page of strangers": {"application/x-www-form-urlencoded", "query=mutation", 415, "MEDIA_TYPE_UNSUPPORTED"},
		"text, for a page of strangers":   {"text/plain", plain, 415, "MEDIA_TYPE_UNSUPPORTED"},
		"parts, for a page of strangers":  {"multipart/form-data; boundary=a", "--a\r\nContent-Disposition: form-data; name=\"operations\"\r\n\r\n" + plain + "\r\n--a--", 415, "MEDIA_TYPE_UNSUPPORTED"},
		"a document without JSON":         {"application/graphql", "{ me { kind } }", 415, "MEDIA_TYPE_UNSUPPORTED"},
		"a media type within another":     {"text/plain; application/json", plain, 415, "MEDIA_TYPE_UNSUPPORTED"},
		"two media types":                 {"text/plain, application/json", plain, 415, "MEDIA_TYPE_UNSUPPORTED"},
		"a media type that is none":       {"application/json;;;=" + mark, plain, 415, "MEDIA_TYPE_UNSUPPORTED"},
		"too large":                       {"", `{"query":"` + strings.Repeat(" ", 2<<20) + `"}`, 413, "BODY_TOO_LARGE"},
	} {
		headers := map[string]string{}
		if b.kind != "" {
			headers["Content-Type"] = b.kind
		}
		if name == "packed" {
			headers["Content-Encoding"] = "gzip"
		}
		all[name] = attack{as: "veteran0", body: b.body, headers: headers, status: b.status, want: b.want, clean: true}
	}
	all["a document's name in the address"] = attack{as: "veteran0", method: http.MethodGet, at: "/graphql?query=" + strings.Repeat("x", 70_000), status: 414, want: "BODY_TOO_LARGE"}
	all["variables by GET that are none"] = attack{as: "veteran0", method: http.MethodGet, at: "/graphql?query=" + url.QueryEscape("{ me { kind } }") + "&variables=[" + mark, status: 400, want: "BODY_MALFORMED", clean: true}
	return all
}

// hostileNames name a document that is another's, or none.
func (k *talk) hostileNames() map[string]attack {
	const evil, good = "{ me { kind } }", "da39a3ee5e6b4b0d3255bfef95601890afd80709da39a3ee5e6b4b0d32550000"
	ext := func(version, hash string) string {
		return fmt.Sprintf(`"extensions":{"persistedQuery":{"version":%s,"sha256Hash":%s}}`, version, hash)
	}
	all := map[string]attack{}
	for name, n := range map[string]struct {
		body   string
		status int
		want   string
	}{
		"another document's hash":        {`{"query":"` + evil + `",` + ext("1", `"`+good+`"`) + `}`, 200, "DOCUMENT_HASH"},
		"a hash in capitals":             {`{` + ext("1", `"`+strings.ToUpper(good)+`"`) + `}`, 200, "DOCUMENT_HASH"},
		"a hash too short":               {`{"query":"` + evil + `",` + ext("1", `"da39"`) + `}`, 200, "DOCUMENT_HASH"},
		"a path for a hash":              {`{` + ext("1", `"../../../etc/passwd`+mark+`"`) + `}`, 200, "DOCUMENT_HASH"},
		"a number for a hash":            {`{` + ext("1", `5`) + `}`, 200, "DOCUMENT_HASH"},
		"a list for a hash":              {`{` + ext("1", `["`+good+`"]`) + `}`, 200, "DOCUMENT_HASH"},
		"no object":                      {`{"query":"` + evil + `","extensions":{"persistedQuery":"` + mark + `"}}`, 200, "DOCUMENT_HASH"},
		"a version that is none":         {`{"query":"` + evil + `",` + ext("2", `"`+good+`"`) + `}`, 200, "DOCUMENT_HASH"},
		"one that nobody sent":           {`{` + ext("1", `"`+good+`"`) + `}`, 200, "PERSISTED_QUERY_NOT_FOUND"},
		"an ID that nobody registered":   {`{"documentId":"sha256:` + good + `"}`, 200, "PERSISTED_QUERY_NOT_FOUND"},
		"an ID with another's text":      {`{"documentId":"sha256:` + good + `","query":"` + evil + `"}`, 200, "DOCUMENT_HASH"},
		"a path for an ID":               {`{"documentId":"../` + mark + `"}`, 200, "DOCUMENT_HASH"},
		"an ID in an ID":                 {`{"documentId":"sha256:sha256:` + good + `"}`, 200, "DOCUMENT_HASH"},
		"an empty ID":                    {`{"documentId":""}`, 200, "DOCUMENT_HASH"},
		"an ID, and a hash that differs": {`{"documentId":"` + good + `",` + ext("1", `"`+strings.Repeat("0", 64)+`"`) + `}`, 200, "PERSISTED_QUERY_NOT_FOUND"},
		"extensions that are none":       {`{"documentId":"` + good + `","extensions":[]}`, 400, "BODY_MALFORMED"},
	} {
		all[name] = attack{as: "veteran0", body: n.body, status: n.status, want: n.want, clean: true}
	}
	return all
}

// hostileDoors are paths and headers.
func hostileDoors() map[string]attack {
	get := http.MethodGet
	all := map[string]attack{
		"out of the exports":                 {method: get, as: "analyst", at: "/export/..%2f..%2fetc%2fpasswd", status: 404, want: "EXPORT_UNKNOWN"},
		"an export with NUL":                 {method: get, as: "analyst", at: "/export/cases.csv%00.exe", status: 404, want: "EXPORT_UNKNOWN"},
		"an export with CRLF":                {method: get, as: "analyst", at: "/export/cases.csv%0d%0aX-Injected:%201", status: 404, want: "EXPORT_UNKNOWN"},
		"an export by a formula":             {method: get, as: "analyst", at: "/export/cases.csv?division=%3DHYPERLINK(%22http://evil/" + mark + "%22)", status: 400, want: ""},
		"an export by nobody":                {method: get, at: "/export/cases.csv", status: 401, want: "SIGN_IN"},
		"an export by a veteran":             {method: get, as: "veteran0", at: "/export/cases.csv", status: 403, want: "FORBIDDEN"},
		"an export, filtered twice":          {method: get, as: "analyst", at: "/export/cases.csv?states=" + strings.Repeat("SUBMITTED,", 8_000) + mark, status: 400, want: "EXPORT_PARAMETER"},
		"a parameter that is none":           {method: get, as: "analyst", at: "/export/cases.csv?" + mark + "=1", status: 400, want: "EXPORT_PARAMETER"},
		"out of the sheets":                  {method: get, as: "clerk", at: "/sheets/..%2f..%2fetc%2fpasswd", status: 404},
		"a sheet of a formula":               {method: get, as: "clerk", at: "/sheets/%3Cscript%3E" + mark, status: 404, clean: true},
		"out of the pages":                   {method: get, at: "/page/..%2f..%2fgo.mod", status: 404},
		"out of the callbacks":               {at: "/callbacks/VA%2f..%2fPS", body: "{}", status: 404},
		"a callback of SQL":                  {at: "/callbacks/%27%20OR%201=1", body: "{}", status: 404},
		"a callback without a sign":          {at: "/callbacks/VA", body: `{"item":"` + mark + `"}`, status: 401, want: "CALLBACK_SIGNATURE", clean: true},
		"a callback too large":               {at: "/callbacks/VA", body: strings.Repeat(mark, 40_000), status: 413, want: "BODY_TOO_LARGE"},
		"a callback, signed a hundred times": {at: "/callbacks/VA", body: `{}`, headers: map[string]string{"Vetgraph-Signature": "t=1" + strings.Repeat(",v1=00", 100)}, status: 401, want: "CALLBACK_SIGNATURE"},
		"a payment without a sign":           {at: "/payments/BANK", body: `{"payment":"` + mark + `"}`, status: 401, want: "CALLBACK_SIGNATURE", clean: true},
		"a payment by a department":          {at: "/payments/VA", body: `{}`, status: 404, want: "DEPARTMENT_UNKNOWN"},
		"a payment too large":                {at: "/payments/BANK", body: strings.Repeat(mark, 40_000), status: 413, want: "BODY_TOO_LARGE"},
		"a token by GET, elsewhere":          {method: get, at: "/oauth/token?grant_type=client_credentials", status: 405},
		"a grant that is none":               {at: "/oauth/token", body: "grant_type=password&username=" + mark, headers: map[string]string{"Content-Type": "application/x-www-form-urlencoded"}, status: 400, want: "unsupported_grant_type", clean: true},
		"a grant in the address":             {at: "/oauth/token?grant_type=client_credentials", body: "{}", status: 400, want: "invalid_request"},
		"an assertion of nonsense":           {at: "/oauth/token", body: url.Values{"grant_type": {"client_credentials"}, "client_assertion_type": {"urn:ietf:params:oauth:client-assertion-type:jwt-bearer"}, "client_assertion": {mark + ".e30."}}.Encode(), headers: map[string]string{"Content-Type": "application/x-www-form-urlencoded"}, status: 401, want: "invalid_client", clean: true},
		"personas for a page of strangers":   {method: get, at: "/dev/personas", headers: map[string]string{"Origin": "https://evil.example.org"}, status: 403, want: "LOCAL_ONLY"},
		"a persona for a page of strangers":  {method: get, at: "/dev/token?persona=operator", headers: map[string]string{"Origin": "https://evil.example.org"}, status: 403, want: "LOCAL_ONLY"},
		"a persona across sites":             {method: get, at: "/dev/token?persona=operator", headers: map[string]string{"Sec-Fetch-Site": "cross-site"}, status: 403, want: "LOCAL_ONLY"},
		"a persona of an image":              {method: get, at: "/dev/token?persona=operator%0d%0a" + mark, status: 400, want: "PERSONA_UNKNOWN", clean: true},
		"the metrics at our door":            {method: get, at: "/metrics", status: 404},
		"the routers' path at our door":      {at: "/subgraph", body: bodyOf("{ _service { sdl } }"), status: 404},
		"TRACE":                              {method: http.MethodTrace, at: "/graphql", status: 405, want: "METHOD_NOT_ALLOWED"},
		"another verb":                       {method: "PROPFIND", at: "/graphql", status: 405, want: "METHOD_NOT_ALLOWED"},
		"events for nobody":                  {body: bodyOf(`subscription { caseProgress(id: "x") { __typename } }`), headers: map[string]string{"Accept": "text/event-stream"}, status: 200, want: "SIGN_IN"},
		"events of another's case":           {as: "veteran1", body: bodyOf(`subscription { caseProgress(id: "` + mark + `") { __typename } }`), headers: map[string]string{"Accept": "text/event-stream"}, status: 200, want: "NOT_FOUND"},
		"a mutation as events by GET":        {as: "veteran1", method: get, at: "/graphql?query=" + url.QueryEscape(`mutation { startIdentityCheck { page } }`), headers: map[string]string{"Accept": "text/event-stream"}, status: 405, want: "METHOD_NOT_ALLOWED"},
	}
	for name, h := range map[string][2]string{
		"a client's name of markup": {"X-Client-Name", "<script>" + mark + "</script>"}, "a client's name without end": {"X-Client-Name", mark + strings.Repeat("x", 60_000)},
		"a client's version of SQL": {"X-Client-Version", mark + "'; DROP TABLE"}, "a request's number of one's own": {"X-Request-Id", mark + " \"}{"},
		"a trace that is none": {"Traceparent", "00-" + mark + "-00-01"}, "states of traces without end": {"Tracestate", strings.Repeat(mark+"=1,", 5_000)},
		"baggage": {"Baggage", "user=" + mark}, "another's address": {"X-Forwarded-For", "127.0.0.1, " + mark}, "another host": {"X-Forwarded-Host", mark},
		"a viewer by header": {"X-Viewer", `{"kind":"OPERATOR"}` + mark}, "media without end": {"Accept", strings.Repeat("application/"+mark+";q=0.1,", 2_000)},
	} {
		all[name] = attack{body: bodyOf("{ me { kind } }"), headers: map[string]string{h[0]: h[1]}, status: 200, want: "SIGN_IN", clean: true}
	}
	all["headers without end"] = attack{body: bodyOf("{ me { kind } }"), headers: map[string]string{"X-Client-Name": strings.Repeat("x", 1_200_000)}, status: 431}
	return all
}

// Who says that they come from here, or that they are the router, is not believed.
func TestHostileAddresses(t *testing.T) {
	k := open(t, storetest.SQLite(t), noon, func(c *server.Config) { c.SubgraphSecret = "routers-4711" })
	ask := func(h http.Handler, change func(*http.Request)) *httptest.ResponseRecorder {
		r := httptest.NewRequest(http.MethodGet, "http://127.0.0.1:8080/dev/token?persona=operator", nil)
		r.RemoteAddr = "127.0.0.1:9"
		change(r)
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		return w
	}
	public := k.hub.Handler()
	if w := ask(public, func(*http.Request) {}); w.Code != http.StatusOK {
		t.Fatalf("from here: %d", w.Code)
	}
	for name, change := range map[string]func(*http.Request){
		"from elsewhere": func(r *http.Request) { r.RemoteAddr = "192.0.2.7:9" },
		"from elsewhere, by what it says": func(r *http.Request) {
			r.RemoteAddr = "192.0.2.7:9"
			for _, h := range []string{"X-Forwarded-For", "X-Real-Ip", "Forwarded", "True-Client-Ip", "Cf-Connecting-Ip", "X-Client-Ip"} {
				r.Header.Set(h, "127.0.0.1")
			}
		},
		"under another name":              func(r *http.Request) { r.Host = "evil.example.org:8080" },
		"under a name that ends as ours":  func(r *http.Request) { r.Host = "localhost.evil.example.org" },
		"under a number in other letters": func(r *http.Request) { r.Host = "2130706433" },
		"for a page of nowhere":           func(r *http.Request) { r.Header.Set("Origin", "null") },
		"for a page of another port":      func(r *http.Request) { r.Header.Set("Origin", "http://127.0.0.1:9999") },
	} {
		if w := ask(public, change); w.Code != http.StatusForbidden || !strings.Contains(w.Body.String(), "LOCAL_ONLY") {
			t.Errorf("%s: %d %.200s", name, w.Code, w.Body)
		}
	}
	for name, headers := range map[string][]string{
		"no secret": nil, "a guess": {"guess"}, "a beginning": {"routers"}, "with more behind": {"routers-4711x"}, "in capitals": {"ROUTERS-4711"},
		"a wrong one before it": {"guess", "routers-4711"}, "joined": {"routers-4711, routers-4711"},
	} {
		r := httptest.NewRequest(http.MethodPost, "/subgraph", strings.NewReader(bodyOf("{ _service { sdl } }")))
		r.Header.Set("Content-Type", "application/json")
		r.Header.Set("Authorization", "Bearer "+k.token("operator"))
		for _, v := range headers {
			r.Header.Add("Vetgraph-Router-Secret", v)
		}
		w := httptest.NewRecorder()
		if k.hub.SubgraphHandler().ServeHTTP(w, r); w.Code != http.StatusUnauthorized || !strings.Contains(w.Body.String(), "ROUTER_SECRET") {
			t.Errorf("%s: %d %.200s", name, w.Code, w.Body)
		}
	}
}
