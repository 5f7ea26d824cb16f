package server_test

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
)

// many is a text with a number in it, again and again.
func many(n int, format string) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, format, i)
	}
	return b.String()
}

const wholeSchema = `__schema { types { name kind description fields { name description args { name type { name kind } } type { name kind ofType { name } } } enumValues { name description } } }`

// hostileDocuments mean more than they say.
func (k *talk) hostileDocuments() map[string]attack {
	me := "veteran0"
	all := map[string]attack{}
	for name, d := range map[string]struct{ text, want string }{
		"deep by fragments":              {`{ divisions { ...f0 } }` + many(20, `fragment f%[1]d on Division { parent { ...g%[1]d } } `) + gs(20), "TOO_DEEP"},
		"deep by inline fragments":       {`{ divisions { ` + strings.Repeat("... on Division { parent { ", 20) + "code" + strings.Repeat(" } }", 20) + "} }", "TOO_DEEP"},
		"seven thousand levels":          {strings.Repeat("{ me ", 6_500) + strings.Repeat("}", 6_500), "DOCUMENT_"},
		"a thousand aliases of people":   {`{ ` + many(1_000, `a%d: veterans(first: 100) { nodes { id } } `) + `}`, "TOO_COSTLY"},
		"a thousand aliases of a plan":   {`{ ` + many(300, fmt.Sprintf(`a%%d: veteran(id: %q) { cases(first: 100) { nodes { id } } } `, k.heroes[0])) + `}`, "TOO_COSTLY"},
		"the schema, a hundred times":    {`{ ` + many(100, `a%d: `+wholeSchema+" ") + `}`, "TOO_COSTLY"},
		"the schema by fragments":        {`{ ` + many(100, "...f%d ") + `}` + many(100, `fragment f%[1]d on Query { a%[1]d: `+wholeSchema+" } "), "TOO_COSTLY"},
		"types, a thousand times":        {`{ ` + many(400, `a%d: __type(name: "Query") { fields { name args { name description type { name kind ofType { name } } } } } `) + `}`, "TOO_COSTLY"},
		"one type below another":         {`{ __type(name: "Query") { ` + strings.Repeat("fields { type { ", 12) + "name" + strings.Repeat(" } }", 12) + " } }", "DOCUMENT_INVALID"},
		"one schema below another":       {`{ __schema { types { ` + strings.Repeat("interfaces { possibleTypes { ", 8) + "name" + strings.Repeat(" } }", 8) + " } } }", "DOCUMENT_INVALID"},
		"three thousand directives":      {`{ me { kind ` + strings.Repeat("@skip(if: false) ", 2_000) + `} }`, "DOCUMENT_INVALID"},
		"directives that are none":       {`{ me { kind ` + many(3_000, "@"+mark+"%d ") + `} }`, "DOCUMENT_INVALID"},
		"directives of composition":      {`{ me @authenticated @cost(weight: "-1000000") { kind } }`, "DOCUMENT_INVALID"},
		"an answer put off":              {`{ me { ... @defer { kind } } }`, "INCREMENTAL_UNSUPPORTED"},
		"answers put off, one by one":    {`{ me { ` + many(1_000, `... @defer(label: "l%[1]d") { a%[1]d: kind } `) + `} }`, "INCREMENTAL_UNSUPPORTED"},
		"a fragment that spreads itself": {`{ me { ...f } } fragment f on Viewer { kind ...f }`, "DOCUMENT_INVALID"},
		"fragments nobody declared":      {`{ me { ` + many(400, "...f%d ") + `} }`, "DOCUMENT_INVALID"},
		"fragments nobody spreads":       {`{ me { kind } } ` + many(1_500, "fragment f%d on Viewer { kind } "), "DOCUMENT_INVALID"},
		"one fragment, twice declared":   {`{ me { ...f } } fragment f on Viewer { kind } fragment f on Viewer { id }`, "DOCUMENT_"},
		"a huge string":                  {fmt.Sprintf(`{ veteran(id: "%s%s") { id } }`, mark, strings.Repeat("x", 900_000)), "VETERAN_NOT_FOUND"},
		"a huge block string":            {fmt.Sprintf(`{ veteran(id: """%s%s""") { id } }`, mark, strings.Repeat("\n  x", 100_000)), "VETERAN_NOT_FOUND"},
		"a block string without end":     {`{ veteran(id: """` + mark + strings.Repeat(`\"""`, 100_000), "DOCUMENT_MALFORMED"},
		"a list of ten thousand":         {`{ cases(filter: {states: [` + strings.Repeat("SUBMITTED ", 10_000) + `]}) { nodes { id } } }`, "SIGN_IN"},
		"lists in lists":                 {`{ cases(filter: {states: ` + strings.Repeat("[", 7_000) + strings.Repeat("]", 7_000) + `}) { nodes { id } } }`, "DOCUMENT_"},
		"objects in objects":             {`{ cases(filter: ` + strings.Repeat("{states: ", 4_000) + "SUBMITTED" + strings.Repeat("}", 4_000) + `) { nodes { id } } }`, "DOCUMENT_"},
		"half a character":               {`{ veteran(id: "\uD800") { id } }`, ""},
		"a character that is none":       {`{ veteran(id: "\u{110000}") { id } }`, "DOCUMENT_MALFORMED"},
		"NUL in a document":              {"{ me { kind\x00 } }", "DOCUMENT_MALFORMED"},
		"names written backwards":        {"{ me { k\u202eind } }", "DOCUMENT_MALFORMED"},
		"names in other letters":         {"{ mе { kind } }", "DOCUMENT_MALFORMED"}, // the e is Cyrillic
		"NUL in a string":                {`{ veteran(id: "\u0000` + mark + `") { id } }`, "VETERAN_NOT_FOUND"},
		"one name for two operations":    {`query A { me { kind } } mutation A { startIdentityCheck { page } }`, "DOCUMENT_INVALID"},
		"a schema in a document":         {`type Query { x: Int } { x }`, "DOCUMENT_MALFORMED"},
		"two fields of one name":         {fmt.Sprintf(`{ v: veteran(id: %q) { id } v: veteran(id: %q) { id } }`, k.heroes[0], k.heroes[1]), "DOCUMENT_INVALID"},
		"subscriptions, two in one":      {`subscription { a: caseProgress(id: "x") { __typename } b: caseProgress(id: "y") { __typename } }`, "SUBSCRIPTION_FIELDS"},
		"subscriptions, by a fragment":   {`subscription { ...f ...f } fragment f on Subscription { caseProgress(id: "x") { __typename } }`, "SUBSCRIPTION_FIELDS"},
		"the routers' fields":            {`{ _service { sdl } _entities(representations: [{__typename: "Veteran", id: "x"}]) { __typename } }`, "DOCUMENT_INVALID"},
		"nothing but a comment":          {"# " + mark, "DOCUMENT_"},
		"commas without end":             {strings.Repeat(",", 900_000) + `{ me { kind } }`, `"kind"`},
		"comments without end":           {strings.Repeat("#"+mark+"\n", 50_000) + `{ me { kind } }`, "DOCUMENT_MALFORMED"},
	} {
		all[name] = attack{as: me, body: bodyOf(d.text), status: 200, want: d.want}
		if name == "a list of ten thousand" {
			all[name] = attack{body: bodyOf(d.text), status: 200, want: d.want}
		}
	}
	all["an operation of no name"] = attack{as: me, body: fmt.Sprintf(`{"query":"query A { me { kind } }","operationName":"%s"}`, mark+"\\r\\nX-Injected: 1"), status: 200, want: "DOCUMENT_"}
	all["a mutation by GET"] = attack{as: me, method: http.MethodGet, at: "/graphql?query=" + url.QueryEscape(`mutation { startIdentityCheck { page } }`), status: 405, want: "METHOD_NOT_ALLOWED"}
	all["a mutation by GET, called POST"] = attack{as: me, method: http.MethodGet, at: "/graphql?query=" + url.QueryEscape(`mutation { startIdentityCheck { page } }`), headers: map[string]string{"X-HTTP-Method-Override": "POST"}, status: 405, want: "METHOD_NOT_ALLOWED"}
	all["a mutation by GET, as second operation"] = attack{as: me, method: http.MethodGet, at: "/graphql?operationName=B&query=" + url.QueryEscape(`query A { me { kind } } mutation B { startIdentityCheck { page } }`), status: 405, want: "METHOD_NOT_ALLOWED"}
	all["a subscription by GET"] = attack{as: me, method: http.MethodGet, at: "/graphql?query=" + url.QueryEscape(`subscription { caseProgress(id: "x") { __typename } }`), status: 405, want: "METHOD_NOT_ALLOWED"}
	return all
}

func gs(n int) string {
	var b strings.Builder
	for i := range n {
		next := "code"
		if i+1 < n {
			next = fmt.Sprintf("...f%d", i+1)
		}
		fmt.Fprintf(&b, "fragment g%d on Division { %s } ", i, next)
	}
	return b.String()
}

// hostileNumbers are sizes of pages that try to cost less than they are.
func (k *talk) hostileNumbers() map[string]attack {
	const people = `query($n: Int%s) { veterans(first: $n) { nodes { cases(first: $n) { nodes { items { after { code } } } } } } }`
	all := map[string]attack{}
	for name, v := range map[string]struct{ given, standard, want string }{
		"a number":              {`100`, "", "TOO_COSTLY"},
		"more than there is":    {`2147483647`, "", "TOO_COSTLY"},
		"too large for Int":     {`2147483648`, "", "TOO_COSTLY"},
		"larger than 64 bits":   {`99999999999999999999999`, "", "DOCUMENT_INVALID"},
		"without end":           {strings.Repeat("9", 100_000), "", "DOCUMENT_INVALID"},
		"a fraction":            {`100.0`, "", "DOCUMENT_INVALID"},
		"half a row":            {`0.5`, "", "DOCUMENT_INVALID"},
		"with an exponent":      {`1e2`, "", "DOCUMENT_INVALID"},
		"beyond all numbers":    {`1e999999999`, "", "DOCUMENT_INVALID"},
		"a string":              {`"100"`, "", "TOO_COSTLY"},
		"a truth":               {`true`, "", "DOCUMENT_INVALID"},
		"a list":                {`[100]`, "", "DOCUMENT_INVALID"},
		"an object":             {`{"a":100}`, "", "DOCUMENT_INVALID"},
		"minus":                 {`-1`, "", "PAGE_"},
		"by default":            {``, " = 100", "TOO_COSTLY"},
		"nothing, over default": {`null`, " = 100", ""},
	} {
		vars := ""
		if v.given != "" {
			vars = `,"variables":{"n":` + v.given + `}`
		}
		all[name] = attack{as: "clerk", body: fmt.Sprintf(`{"query":%s%s}`, quoted(fmt.Sprintf(people, v.standard)), vars), status: 200, want: v.want}
	}
	inDocument := func(n string) string {
		return fmt.Sprintf(`{ veterans(first: %[1]s) { nodes { cases(first: %[1]s) { nodes { items { after { code } } } } } } }`, n)
	}
	for name, v := range map[string]struct{ n, want string }{
		"in the document: a fraction": {"100.0", "DOCUMENT_INVALID"}, "in the document: too large": {"2147483648", "TOO_COSTLY"},
		"in the document: huge": {strings.Repeat("9", 100_000), "DOCUMENT_INVALID"}, "in the document: a string": {`"100"`, "DOCUMENT_INVALID"},
		"in the document: minus": {"-1", "PAGE_"}, "in the document: a variable nobody declared": {"$x", "DOCUMENT_INVALID"},
	} {
		all[name] = attack{as: "clerk", body: bodyOf(inDocument(v.n)), status: 200, want: v.want}
	}
	all["small pages, a thousand times"] = attack{as: "clerk", status: 200, want: "TOO_COSTLY",
		body: bodyOf(`{ ` + many(400, `a%d: veterans(first: 1) { nodes { cases(first: 100) { nodes { id } } } } `) + `}`)}
	all["under @include of a variable"] = attack{as: "clerk", status: 200, want: "TOO_COSTLY",
		body: fmt.Sprintf(`{"query":%s,"variables":{"y":true}}`, quoted(`query($y: Boolean!) { veterans(first: 100) @include(if: $y) { nodes { cases(first: 100) { nodes { items { after { code } } } } } } }`))}
	all["a cost of one's own"] = attack{as: "clerk", status: 200, want: "TOO_COSTLY",
		body: fmt.Sprintf(`{"query":%s,"extensions":{"cost":{"most":1e9},"listSize":1}}`, quoted(inDocument("100")))}
	return all
}
