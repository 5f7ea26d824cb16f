package gateway_test

import "fmt"

// person is who most cases are about.
func person(more object) object {
	out := object{"__typename": "Person", "id": "1", "name": "N"}
	for k, v := range more {
		out[k] = v
	}
	return out
}

const (
	personA = ` type Query { person: Person! } type Person { id: ID! name: String! }`
	both3   = ` type Query @join__type(graph: A) @join__type(graph: B) @join__type(graph: C)`
)

func constructs() map[string]*construct {
	seen := map[string]func(object) any{"Person": func(rep object) any { return object{"seen": "seen by " + rep["id"].(string)} }}
	a := part{sdl: personA, query: object{"person": person(nil)}}
	b := part{sdl: ` type Person { id: ID! seen: String }`, entities: seen}
	out := map[string]*construct{
		"owners and keys of version 0.1": {versions: "0.1", a: a, b: b, ask: `{ person { name seen } }`, want: `{"person":{"name":"N","seen":"seen by 1"}}`, graph: `
			type Query { person: Person! @join__field(graph: A) }
			type Person @join__owner(graph: A) @join__type(graph: A, key: "id") @join__type(graph: B, key: "id") {
				id: ID! @join__field(graph: A) name: String! @join__field(graph: A) seen: String @join__field(graph: B) }`},
		"join__type with a key": {versions: "0.2 0.3 0.4 0.5", a: a, b: b, ask: `{ person { name seen } }`, want: `{"person":{"name":"N","seen":"seen by 1"}}`, graph: both3 + `
			{ person: Person! @join__field(graph: A) }
			type Person @join__type(graph: A, key: "id") @join__type(graph: B, key: "id") {
				id: ID! name: String! @join__field(graph: A) seen: String @join__field(graph: B) }`},
		"a field without join__field is everywhere": {
			a: part{sdl: ` type Query { both: Int }`, query: object{"both": 1}}, b: part{sdl: ` type Query { both: Int only: Int }`, query: object{"both": 1, "only": 2}},
			ask: `{ both only }`, want: `{"both":1,"only":2}`, graph: ` type Query @join__type(graph: A) @join__type(graph: B) { both: Int only: Int @join__field(graph: B) }`},
		"requires": {a: part{sdl: ` type Query { person: Person! } type Person { id: ID! home: Home } type Home { zip: String street: String }`,
			query: object{"person": person(object{"home": object{"zip": "150"}})}},
			b: part{sdl: ` type Person { id: ID! home: Home fee: Int } type Home { zip: String }`, entities: map[string]func(object) any{"Person": func(rep object) any {
				return object{"fee": len(fmt.Sprint(rep["home"].(object)["zip"]))}
			}}},
			ask: `{ person { fee } }`, want: `{"person":{"fee":3}}`, graph: both3 + ` { person: Person! @join__field(graph: A) }
			type Person @join__type(graph: A, key: "id") @join__type(graph: B, key: "id") {
				id: ID! home: Home @join__field(graph: A) @join__field(graph: B, external: true) fee: Int @join__field(graph: B, requires: "home { zip }") }
			type Home @join__type(graph: A) @join__type(graph: B) { zip: String @join__field(graph: A) @join__field(graph: B, external: true) street: String @join__field(graph: A) }`},
		"provides": {a: part{sdl: personA, query: object{"person": person(nil)}},
			b: part{sdl: ` type Query { star: Person } type Person { id: ID! name: String! }`, query: object{"star": person(object{"name": "as B knows it"})},
				entities: map[string]func(object) any{"Person": always(object{})}},
			ask: `{ star { name } }`, want: `{"star":{"name":"as B knows it"}}`, graph: both3 + ` { person: Person! @join__field(graph: A) star: Person @join__field(graph: B, provides: "name") }
			type Person @join__type(graph: A, key: "id") @join__type(graph: B, key: "id") { id: ID! name: String! @join__field(graph: A) @join__field(graph: B, external: true) }`},
		"external is asked elsewhere": {a: part{sdl: personA, query: object{"person": person(nil)}, entities: map[string]func(object) any{"Person": always(person(nil))}},
			b:   part{sdl: ` type Query { star: Person } type Person { id: ID! name: String! }`, query: object{"star": object{"id": "1", "name": "wrong"}}},
			ask: `{ star { name } }`, want: `{"star":{"name":"N"}}`, graph: both3 + ` { person: Person! @join__field(graph: A) star: Person @join__field(graph: B) }
			type Person @join__type(graph: A, key: "id") @join__type(graph: B, key: "id") { id: ID! name: String! @join__field(graph: A) @join__field(graph: B, external: true) }`},
		"override": {a: part{sdl: personA, query: object{"person": person(object{"name": "old"})}},
			b:   part{sdl: ` type Person { id: ID! name: String! }`, entities: map[string]func(object) any{"Person": always(object{"name": "new"})}},
			ask: `{ person { name } }`, want: `{"person":{"name":"new"}}`, graph: both3 + ` { person: Person! @join__field(graph: A) }
			type Person @join__type(graph: A, key: "id") @join__type(graph: B, key: "id") { id: ID! name: String! @join__field(graph: B, override: "a") }`},
		"usedOverridden": {a: part{sdl: ` type Query { person: Person! } type Person { id: ID! name: String! long: Boolean }`, query: object{"person": person(object{"name": "old"})},
			entities: map[string]func(object) any{"Person": func(rep object) any { return object{"long": rep["name"] == "new"} }}},
			b:   part{sdl: ` type Person { id: ID! name: String! }`, entities: map[string]func(object) any{"Person": always(object{"name": "new"})}},
			ask: `{ person { long } }`, want: `{"person":{"long":true}}`, graph: both3 + ` { person: Person! @join__field(graph: A) }
			type Person @join__type(graph: A, key: "id") @join__type(graph: B, key: "id") { id: ID!
				name: String! @join__field(graph: A, usedOverridden: true) @join__field(graph: B, override: "a") long: Boolean @join__field(graph: A, requires: "name") }`},
		"type of a field in one subgraph": {a: part{sdl: ` type Query { n: Int }`, query: object{"n": nil}}, b: part{sdl: ` type Query { n: Int! m: Int }`, query: object{"n": 2, "m": 1}},
			ask: `{ n m }`, want: `{"n":2,"m":1}`, graph: ` type Query @join__type(graph: B) @join__type(graph: A) { n: Int @join__field(graph: B, type: "Int!") @join__field(graph: A, type: "Int", external: true) m: Int @join__field(graph: B) }`},
		"join__implements": {a: part{sdl: ` type Query { beings: [Being!]! } interface Being { id: ID! } type Person implements Being { id: ID! name: String! } type Dog implements Being { id: ID! }`,
			query: object{"beings": []any{person(nil), object{"__typename": "Dog", "id": "2"}}}}, b: b,
			ask: `{ beings { id ... on Person { seen } } }`, want: `{"beings":[{"id":"1","seen":"seen by 1"},{"id":"2"}]}`, graph: both3 + ` { beings: [Being!]! @join__field(graph: A) }
			interface Being @join__type(graph: A) { id: ID! }
			type Dog implements Being @join__type(graph: A) @join__implements(graph: A, interface: "Being") { id: ID! }
			type Person implements Being @join__type(graph: A, key: "id") @join__type(graph: B, key: "id") @join__implements(graph: A, interface: "Being") {
				id: ID! name: String! @join__field(graph: A) seen: String @join__field(graph: B) }`},
		"join__unionMember": {a: part{sdl: ` type Query { any: [Thing!]! } union Thing = Person | Dog type Person { id: ID! } type Dog { id: ID! }`,
			query: object{"any": []any{person(nil), object{"__typename": "Dog", "id": "2"}}}}, b: b,
			ask: `{ any { __typename ... on Person { seen } ... on Cat { lives } } }`, want: `{"any":[{"__typename":"Person","seen":"seen by 1"},{"__typename":"Dog"}]}`,
			graph: both3 + ` { any: [Thing!]! @join__field(graph: A) }
			union Thing @join__type(graph: A) @join__type(graph: C) @join__unionMember(graph: A, member: "Person") @join__unionMember(graph: A, member: "Dog") @join__unionMember(graph: C, member: "Cat") = Person | Dog | Cat
			type Person @join__type(graph: A, key: "id") @join__type(graph: B, key: "id") { id: ID! seen: String @join__field(graph: B) }
			type Dog @join__type(graph: A) { id: ID! } type Cat @join__type(graph: C) { lives: Int }`},
		"join__enumValue": {a: part{sdl: ` type Query { kind(of: Kind): Kind } enum Kind { X Y }`, query: object{"kind": func(args object) any { return args["of"] }}},
			ask: `{ kind(of: Y) }`, want: `{"kind":"Y"}`, graph: ` type Query @join__type(graph: A) @join__type(graph: B) { kind(of: Kind): Kind @join__field(graph: A) }
			enum Kind @join__type(graph: A) @join__type(graph: B) { X @join__enumValue(graph: A) @join__enumValue(graph: B) Y @join__enumValue(graph: A) Z @join__enumValue(graph: B) }`},
		"inaccessible is for other subgraphs": {a: part{sdl: ` type Query { person: Person! } type Person { id: ID! born: Int }`, query: object{"person": person(object{"born": 1990})}},
			b:   part{sdl: ` type Person { id: ID! born: Int old: Boolean }`, entities: map[string]func(object) any{"Person": func(rep object) any { return object{"old": rep["born"].(float64) < 2000} }}},
			ask: `{ person { old } }`, want: `{"person":{"old":true}}`, graph: both3 + ` { person: Person! @join__field(graph: A) }
			type Person @join__type(graph: A, key: "id") @join__type(graph: B, key: "id") { id: ID!
				born: Int @inaccessible @join__field(graph: A) @join__field(graph: B, external: true) old: Boolean @join__field(graph: B, requires: "born") }`},
		"isInterfaceObject": {a: part{sdl: ` type Query { beings: [Being!]! } interface Being { id: ID! } type Person implements Being { id: ID! } type Dog implements Being { id: ID! }`,
			query: object{"beings": []any{person(nil), object{"__typename": "Dog", "id": "2"}}}},
			b:   part{sdl: ` type Being { id: ID! stars: Int }`, entities: map[string]func(object) any{"Being": func(rep object) any { return object{"stars": len(rep["id"].(string)) + 4} }}},
			ask: `{ beings { __typename stars } }`, want: `{"beings":[{"__typename":"Person","stars":5},{"__typename":"Dog","stars":5}]}`, graph: both3 + ` { beings: [Being!]! @join__field(graph: A) }
			interface Being @join__type(graph: A, key: "id") @join__type(graph: B, key: "id", isInterfaceObject: true) { id: ID! stars: Int @join__field(graph: B) }
			type Dog implements Being @join__type(graph: A, key: "id") @join__implements(graph: A, interface: "Being") { id: ID! stars: Int @join__field }
			type Person implements Being @join__type(graph: A, key: "id") @join__implements(graph: A, interface: "Being") { id: ID! stars: Int @join__field }`},
	}
	for name, c := range moreConstructs(a, b) {
		out[name] = c
	}
	return out
}

func moreConstructs(a, b part) map[string]*construct {
	moving := func(label string) string {
		return both3 + ` { person: Person! @join__field(graph: A) }
			type Person @join__type(graph: A, key: "id") @join__type(graph: B, key: "id") { id: ID!
				name: String! @join__field(graph: A, usedOverridden: true, overrideLabel: "` + label + `") @join__field(graph: B, override: "a", overrideLabel: "` + label + `") }`
	}
	old := part{sdl: personA, query: object{"person": person(object{"name": "old"})}}
	newer := part{sdl: ` type Person { id: ID! name: String! }`, entities: map[string]func(object) any{"Person": always(object{"name": "new"})}}
	return map[string]*construct{
		"overrideLabel in force":            {versions: "0.4 0.5", a: old, b: newer, ask: `{ person { name } }`, want: `{"person":{"name":"new"}}`, graph: moving("percent(100)")},
		"overrideLabel for a share":         {versions: "0.4 0.5", a: old, b: newer, ask: `{ person { name } }`, want: `{"person":{"name":"old"}}`, graph: moving("percent(10)")},
		"overrideLabel that nobody decides": {versions: "0.4 0.5", a: old, b: newer, ask: `{ person { name } }`, want: `{"person":{"name":"old"}}`, graph: moving("beta")},
		"resolvable: false": {a: part{sdl: ` type Query { duty: Duty } type Duty { officer: Person } type Person { id: ID! }`, query: object{"duty": object{"officer": person(nil)}}}, b: b,
			ask: `{ duty { officer { id seen } } }`, want: `{"duty":{"officer":{"id":"1","seen":"seen by 1"}}}`, graph: both3 + ` { duty: Duty @join__field(graph: A) }
			type Duty @join__type(graph: A) { officer: Person }
			type Person @join__type(graph: A, key: "id", resolvable: false) @join__type(graph: B, key: "id") { id: ID! seen: String @join__field(graph: B) }`},
		"keys of many fields, and within others": {a: part{sdl: ` type Query { seat: Seat } type Seat { row: Int at: Hall } type Hall { code: ID! }`, query: object{"seat": object{"row": 7, "at": object{"code": "h"}}}},
			b: part{sdl: ` type Seat { row: Int at: Hall free: String } type Hall { code: ID! }`, entities: map[string]func(object) any{"Seat": func(rep object) any {
				return object{"free": fmt.Sprintf("%v %v", rep["row"], rep["at"].(object)["code"])}
			}}},
			ask: `{ seat { free } }`, want: `{"seat":{"free":"7 h"}}`, graph: both3 + ` { seat: Seat @join__field(graph: A) }
			type Seat @join__type(graph: A, key: "row at { code }") @join__type(graph: B, key: "row at { code }") { row: Int at: Hall free: String @join__field(graph: B) }
			type Hall @join__type(graph: A) @join__type(graph: B) { code: ID! }`},
		"from key to key by a third": {a: a,
			b:   part{sdl: ` type Person { id: ID! email: String }`, entities: map[string]func(object) any{"Person": always(object{"email": "e"})}},
			c:   part{sdl: ` type Person { email: String post: Int }`, entities: map[string]func(object) any{"Person": func(rep object) any { return object{"post": len(rep["email"].(string))} }}},
			ask: `{ person { name post } }`, want: `{"person":{"name":"N","post":1}}`, graph: both3 + ` { person: Person! @join__field(graph: A) }
			type Person @join__type(graph: A, key: "id") @join__type(graph: B, key: "id") @join__type(graph: B, key: "email") @join__type(graph: C, key: "email") {
				id: ID! @join__field(graph: A) @join__field(graph: B) email: String @join__field(graph: B) @join__field(graph: C) name: String! @join__field(graph: A) post: Int @join__field(graph: C) }`},
		"extension, as Federation 1 has it": {a: a, b: b, ask: `{ person { name seen } }`, want: `{"person":{"name":"N","seen":"seen by 1"}}`, graph: both3 + `
			{ person: Person! @join__field(graph: A) }
			type Person @join__type(graph: A, key: "id") @join__type(graph: B, key: "id", extension: true) {
				id: ID! @join__field(graph: A) @join__field(graph: B, external: true) name: String! @join__field(graph: A) seen: String @join__field(graph: B) }`},
		"join__directive is not for us": {versions: "0.4 0.5", a: a, b: b, ask: `{ person { seen } }`, want: `{"person":{"seen":"seen by 1"}}`, graph: both3 + `
			{ person: Person! @join__field(graph: A) @join__directive(graphs: [A], name: "note", args: {text: "x"}) }
			type Person @join__type(graph: A, key: "id") @join__type(graph: B, key: "id") @join__directive(graphs: [B], name: "note") {
				id: ID! name: String! @join__field(graph: A) seen: String @join__field(graph: B) }`},
		"arguments, inputs, scalars and what is usual": {a: part{sdl: ` scalar Day input Span { from: Day = "d1" days: Int! = 3 } type Query { span(of: Span = { from: "d0", days: 2 }, on: Day): String }`,
			query: object{"span": func(args object) any {
				of := args["of"].(object)
				return fmt.Sprintf("%v %v %v", of["from"], of["days"], args["on"])
			}}}, ask: `{ span(of: { days: 5 }, on: "d9") other: span(on: "d8") }`, want: `{"span":"d1 5 d9","other":"d0 2 d8"}`, graph: `
			type Query @join__type(graph: A) { span(of: Span = { from: "d0", days: 2 }, on: Day): String }
			scalar Day @join__type(graph: A)
			input Span @join__type(graph: A) { from: Day = "d1" days: Int! = 3 }`},
		"mutations one after the other, then what others know": {
			a:   part{sdl: ` type Query { _a: Int } type Mutation { first: Person } type Person { id: ID! }`, mutation: object{"first": person(nil)}},
			b:   part{sdl: ` type Query { _b: Int } type Mutation { second: Int } type Person { id: ID! seen: String }`, mutation: object{"second": 2}, entities: b.entities},
			ask: `mutation { first { seen } second }`, want: `{"first":{"seen":"seen by 1"},"second":2}`, graph: ` type Query @join__type(graph: A) @join__type(graph: B) { _a: Int @join__field(graph: A) _b: Int @join__field(graph: B) }
			type Mutation @join__type(graph: A) @join__type(graph: B) { first: Person @join__field(graph: A) second: Int @join__field(graph: B) }
			type Person @join__type(graph: A, key: "id") @join__type(graph: B, key: "id") { id: ID! seen: String @join__field(graph: B) }`},
		"skip, include, names and fragments": {a: a, b: b,
			ask:   `query { one: person { n: name ...more seen @skip(if: true) } two: person { ... @include(if: true) { seen } } } fragment more on Person { id @include(if: false) name }`,
			want:  `{"one":{"n":"N","name":"N"},"two":{"seen":"seen by 1"}}`,
			graph: both3 + ` { person: Person! @join__field(graph: A) } type Person @join__type(graph: A, key: "id") @join__type(graph: B, key: "id") { id: ID! name: String! @join__field(graph: A) seen: String @join__field(graph: B) }`},
		"null where nothing may be null takes the whole along": {a: a, b: part{sdl: ` type Person { id: ID! seen: String }`, entities: map[string]func(object) any{"Person": always(nil)}}, fails: true,
			ask: `{ person { name seen } }`, want: `null`,
			graph: both3 + ` { person: Person! @join__field(graph: A) } type Person @join__type(graph: A, key: "id") @join__type(graph: B, key: "id") { id: ID! name: String! @join__field(graph: A) seen: String! @join__field(graph: B) }`},
	}
}
