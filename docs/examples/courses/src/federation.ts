// The two fields that make a schema a subgraph, written out: _service says what this
// subgraph has, and _entities answers about things that others name. Apollo's own
// library does the same and pulls in code under the Elastic licence; this needs graphql alone.
import { buildSchema, type GraphQLSchema } from 'graphql';
import { Refusal } from './refusal.js';

// Representation is a thing as a router names it: its type, its key, and what @requires asks of others.
export type Representation = Record<string, unknown>;

// Entities answer, for each type with a key, all that a router asks about in one request,
// in the same order; null for what is not there.
export type Entities = Record<string, (representations: Representation[]) => ({ __typename: string } | null)[]>;

const everywhere = 'FIELD_DEFINITION | OBJECT | INTERFACE | UNION | ARGUMENT_DEFINITION | SCALAR | ENUM | ENUM_VALUE | INPUT_OBJECT | INPUT_FIELD_DEFINITION';

// What @link imports, so that the library understands a schema that uses it. Composers
// know it themselves: the text that they get is the file as it is.
const imported = /* GraphQL */ `
  scalar link__Import
  scalar federation__FieldSet
  directive @link(url: String!, as: String, import: [link__Import]) repeatable on SCHEMA
  directive @key(fields: federation__FieldSet!, resolvable: Boolean = true) repeatable on OBJECT | INTERFACE
  directive @external on OBJECT | FIELD_DEFINITION
  directive @requires(fields: federation__FieldSet!) on FIELD_DEFINITION
  directive @provides(fields: federation__FieldSet!) on FIELD_DEFINITION
  directive @shareable repeatable on OBJECT | FIELD_DEFINITION
  directive @override(from: String!, label: String) on FIELD_DEFINITION
  directive @interfaceObject on OBJECT
  directive @inaccessible on ${everywhere}
  directive @tag(name: String!) repeatable on ${everywhere}
`;

// subgraph makes of a schema one that routers can ask, and the answers to what only they ask.
export function subgraph(sdl: string, entities: Entities): { schema: GraphQLSchema; fields: object } {
  const schema = buildSchema(`${sdl}
    ${imported}
    scalar _Any
    union _Entity = ${Object.keys(entities).join(' | ')}
    type _Service { sdl: String! }
    extend type Query {
      _service: _Service!
      _entities(representations: [_Any!]!): [_Entity]!
    }`);
  return {
    schema,
    fields: {
      _service: { sdl },
      _entities: ({ representations }: { representations: unknown[] }) => answer(entities, representations),
    },
  };
}

function answer(entities: Entities, named: unknown[]): unknown[] {
  const out: unknown[] = new Array(named.length).fill(null);
  const places = new Map<string, number[]>(); // type → where in the list it is asked about
  for (const [i, representation] of named.entries()) {
    const type: unknown = (representation as Representation | null)?.['__typename'];
    if (typeof type !== 'string' || !Object.hasOwn(entities, type)) {
      out[i] = new Refusal('BAD_USER_INPUT', 'ENTITY_UNKNOWN', '没有这种实体。', 'There is no such entity here.');
      continue;
    }
    const list = places.get(type);
    if (list) list.push(i);
    else places.set(type, [i]);
  }
  for (const [type, at] of places) {
    const found = entities[type]!(at.map((i) => named[i] as Representation));
    at.forEach((i, n) => (out[i] = found[n]));
  }
  return out;
}
