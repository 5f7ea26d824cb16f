// What internal/compose runs: one function from JSON to JSON. esbuild puts it and
// the composer into one file (build.mjs).
import './ground.mjs';
import { GraphQLError, parse, Source } from 'graphql';
import { composeServices } from '@theguild/federation-composition';

// places are where a document says something: "Type", "Type.field", "Type.field(argument:)", "@directive".
function places(document) {
  const found = new Map();
  const at = (name, node) => found.set(name, [...found.get(name) ?? [], where(node)]);
  for (const d of document.definitions) {
    const name = d.kind === 'DirectiveDefinition' ? `@${d.name.value}` : d.name?.value;
    if (!name) continue;
    at(name, d.name);
    for (const f of [...d.fields ?? [], ...d.values ?? []]) {
      at(`${name}.${f.name.value}`, f.name);
      for (const a of f.arguments ?? []) at(`${name}.${f.name.value}(${a.name.value}:)`, a.name);
    }
  }
  return found;
}

function where(node) {
  const { line, column } = node.loc.startToken;
  return { line, column };
}

// placed says where the first thing stands that a message quotes. A composer's
// errors rarely say where; it is in every subgraph that speaks of it.
function placed(error, documents) {
  const of = error.extensions?.subgraphName;
  if (of && error.locations?.length) return error.locations.map(l => ({ subgraph: of, line: l.line, column: l.column }));
  for (const [, quoted] of error.message.matchAll(/["'`](@?[A-Za-z_]\w*(?:\.\w+(?:\(\w+:\))?)?)["'`]/g)) {
    const out = [];
    for (const d of documents) {
      if (!of || d.name === of) out.push(...(d.places.get(quoted) ?? []).map(p => ({ subgraph: d.name, ...p })));
    }
    if (out.length > 0) return out;
  }
  return [];
}

globalThis.compose = json => {
  const errors = [];
  const documents = [];
  for (const s of JSON.parse(json)) {
    try {
      const typeDefs = parse(new Source(s.sdl, s.name));
      documents.push({ ...s, typeDefs, places: places(typeDefs) });
    } catch (err) {
      if (!(err instanceof GraphQLError)) throw err;
      const at = (err.locations ?? []).map(l => ({ subgraph: s.name, line: l.line, column: l.column }));
      errors.push({ subgraph: s.name, code: 'INVALID_GRAPHQL', message: err.message, places: at });
    }
  }
  if (errors.length > 0) return JSON.stringify({ errors });
  const made = composeServices(documents.map(({ name, url, typeDefs }) => ({ name, url, typeDefs })));
  for (const e of made.errors ?? []) {
    errors.push({
      subgraph: e.extensions?.subgraphName, code: e.extensions?.code, message: e.message, places: placed(e, documents),
    });
  }
  return JSON.stringify({ supergraph: errors.length > 0 ? undefined : made.supergraphSdl, errors });
};
