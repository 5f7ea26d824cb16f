// Composes what vetgraph compose composed with the composers of npm, Guild's and
// Apollo's, and compares.
//
//   node compose/check.mjs SUPERGRAPH DIR …   (DIR: vetgraph compose … --keep DIR)
//
// Guild's must say the same, byte by byte: it is the same program in another
// engine. Apollo's is another program: the schema that clients see must be the same,
// and so must what routers read of each type, field, value and graph.
import { readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { composeServices as guild, transformSupergraphToPublicSchema } from '@theguild/federation-composition';
import { composeServices as apollo } from '@apollo/composition';
import { ROUTER_SUPPORTED_SUPERGRAPH_FEATURES as every, Supergraph } from '@apollo/federation-internals';
import { buildASTSchema, lexicographicSortSchema, parse, printSchema, visit } from 'graphql';
import { check, end } from '../clients/checks.mjs';
import { joins } from './joins.mjs';

// same compares two texts by lines and shows where they first part.
function same(what, a, b) {
  if (a === b) return;
  const [x, y] = [a.split('\n'), b.split('\n')];
  const from = x.findIndex((line, i) => line !== y[i]);
  const at = from < 0 ? x.length : from;
  throw new Error(`${what} differ at line ${at + 1}:\n  ${x.slice(at, at + 6).join('\n  ')}\nand\n  ${y.slice(at, at + 6).join('\n  ')}`);
}

// Both composers take descriptions from the subgraphs, but not always from the same one.
const withoutWords = document => visit(document, { enter: n => (n.description ? { ...n, description: undefined } : undefined) });
// Nor do they agree on whether clients see the directives that a subgraph composed in.
const executable = ['QUERY', 'MUTATION', 'SUBSCRIPTION', 'FIELD', 'FRAGMENT_DEFINITION', 'FRAGMENT_SPREAD', 'INLINE_FRAGMENT', 'VARIABLE_DEFINITION'];
const forClients = document => visit(withoutWords(document), {
  DirectiveDefinition: { leave: n => (n.locations.some(l => executable.includes(l.value)) ? undefined : null) },
  Directive: { leave: n => (['deprecated', 'specifiedBy', 'oneOf'].includes(n.name.value) ? undefined : null) },
});
const seen = schema => printSchema(lexicographicSortSchema(schema));

async function checkOne(file, dir) {
  const ours = readFileSync(file, 'utf8').replace(/^(?:#.*\n)+\n/, '');
  const urls = Object.fromEntries(parse(ours).definitions.find(d => d.name?.value === 'join__Graph').values.map(v => {
    const a = Object.fromEntries(v.directives[0].arguments.map(({ name, value }) => [name.value, value.value]));
    return [a.name, a.url];
  }));
  const subgraphs = readdirSync(dir).filter(f => f.endsWith('.graphqls')).map(f => {
    const name = basename(f, '.graphqls');
    return { name, url: urls[name], typeDefs: parse(readFileSync(join(dir, f), 'utf8')) };
  });
  const made = f => {
    const r = f(subgraphs);
    if (r.errors?.length) throw new Error(r.errors.map(e => `${e.extensions?.code}: ${e.message}`).join('\n'));
    return r.supergraphSdl;
  };
  let theirs;
  await check(`${subgraphs.length} subgraphs, each in the supergraph`, () => same('the subgraphs', subgraphs.map(s => s.name).sort().join('\n'), Object.keys(urls).sort().join('\n')));
  await check('Guild in Node.js says the same, byte by byte', () => same('ours and Guild in Node.js', ours, `${made(guild).trim()}\n`));
  await check('Apollo composes it', () => { theirs = made(apollo); });
  await check('clients see the same schema', () => {
    const api = forClients(transformSupergraphToPublicSchema(parse(ours)));
    const apis = forClients(parse(printSchema(Supergraph.build(theirs, { supportedFeatures: every }).apiSchema().toGraphQLJSSchema())));
    same('the schemas for clients', seen(buildASTSchema(api)), seen(buildASTSchema(apis)));
  });
  await check('routers read the same', () => same('what routers read', joins(parse(ours)), joins(parse(theirs))));
}

const all = process.argv.slice(2);
for (let i = 0; i + 1 < all.length; i += 2) {
  console.log(`${all[i]}:`);
  await checkOne(all[i], all[i + 1]);
}
end();
