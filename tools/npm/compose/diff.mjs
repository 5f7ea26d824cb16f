// What changed in the graph since its last release, for those who ask it.
//
//   node compose/diff.mjs                 fails on breaking changes that nobody accepted,
//                                         and if docs/schema-changelog.md does not follow
//   node compose/diff.mjs --write         lets docs/schema-changelog.md follow
//   node compose/diff.mjs --release NAME  makes the present graph the released one
//   … --usage FILE                        FILE: /metrics of a running hub; says how often a field is asked for
//   … --root DIR                          another tree than this one
//
// Two graphs are compared: the supergraph, and a hub that stands alone.
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { diff } from '@graphql-inspector/core';
import { transformSupergraphToPublicSchema } from '@theguild/federation-composition';
import { buildASTSchema, parse } from 'graphql';
import { guards, owners, required } from './joins.mjs';
import { counted, usesIn } from './uses.mjs';

const here = dirname(fileURLToPath(import.meta.url));
const { values: asked } = parseArgs({
  options: { write: { type: 'boolean' }, release: { type: 'string' }, usage: { type: 'string' }, root: { type: 'string' } },
});
const root = asked.root ?? join(here, '..', '..', '..');
const page = join(root, 'docs', 'schema-changelog.md');
const words = JSON.parse(readFileSync(join(here, 'changes.json'), 'utf8'));
const graphs = [
  { name: '全图 graph', now: 'graph/supergraph.graphql', then: 'graph/released.graphql' },
  { name: '单独的枢纽 hub alone', now: 'graph/hub.graphql', then: 'graph/released-hub.graphql' },
];
const titles = { next: '## Next 下一版', accepted: '### Accepted breaking changes 已接受的不兼容变更', changes: '### Changes 变更' };

const text = file => readFileSync(join(root, file), 'utf8');
const client = document => buildASTSchema(transformSupergraphToPublicSchema(document), { assumeValidSDL: true });

// Wording and what only routers act on are for nobody who asks.
const quiet = /DESCRIPTION|DIRECTIVE_USAGE/;

// changes are what is different in one graph.
async function changes({ name, now, then }) {
  const [old, fresh] = [parse(text(then)), parse(text(now))];
  const schema = client(old);
  const all = (await diff(schema, client(fresh))).filter(c => !quiet.test(c.type))
    .map(c => ({ type: c.type, path: c.path ?? '', message: c.message, level: c.criticality.level }));
  const [was, is] = [guards(old), guards(fresh)];
  for (const path of new Set([...was.keys(), ...is.keys()])) {
    const [a, b] = [was.get(path) ?? 'nothing', is.get(path) ?? 'nothing'];
    if (a !== b) all.push({ type: 'ACCESS_CHANGED', path, message: `'${path}' asks for ${b} in place of ${a}`, level: 'DANGEROUS' });
  }
  return { name, schema, owners: owners(old), required: required(old, schema), all };
}

// near is what is known of a path, or of what it is a part of.
const near = (known, path) => (known.has(path) || !path.includes('.') ? known.get(path) : near(known, path.slice(0, path.lastIndexOf('.'))));

// together is one list of what changed in any graph.
function together(parts) {
  const found = new Map();
  for (const part of parts) {
    for (const c of part.all) {
      const key = `${c.type} ${c.path}`;
      const one = found.get(key) ?? { ...c, key, graphs: [], owners: near(part.owners, c.path) ?? [], required: [] };
      one.graphs.push(part.name);
      one.required = [...new Set([...one.required, ...part.required.get(c.path) ?? []])];
      if (c.level === 'BREAKING') one.level = c.level;
      found.set(key, one);
    }
  }
  const weight = { BREAKING: 0, DANGEROUS: 1, NON_BREAKING: 2 };
  return [...found.values()].sort((a, b) => weight[a.level] - weight[b.level] || (a.key < b.key ? -1 : 1));
}

// sections cuts the page into what is before the next version, its two lists, and what follows.
function sections(body) {
  const at = titles => titles.reduce((from, t) => {
    const i = body.indexOf(`${t}\n`, from);
    if (i < 0) throw new Error(`docs/schema-changelog.md has no heading "${t}"`);
    return i;
  }, 0);
  const [accepted, list] = [at([titles.next, titles.accepted]), at([titles.next, titles.accepted, titles.changes])];
  const end = body.indexOf('\n## ', list);
  return {
    before: body.slice(0, accepted), accepted: body.slice(accepted + titles.accepted.length + 1, list),
    list: body.slice(list + titles.changes.length + 1, end < 0 ? undefined : end + 1), after: end < 0 ? '' : body.slice(end + 1),
  };
}

const marks = { BREAKING: '**不兼容 breaking** ', DANGEROUS: '*留意 take care* ', NON_BREAKING: '' };
const line = c => `- ${marks[c.level]}${words[c.type]?.[0] ?? '变更'} \`${c.path}\`: ${c.message} (${c.graphs.join(', ')})`;
const listed = all => `\n${all.map(line).join('\n') || '没有。 None.'}\n`;

// report says of a breaking change whose it is, who uses it and what to do.
function report(c, uses, counts) {
  const of = c.type.endsWith('_ADDED') ? c.path.slice(0, c.path.lastIndexOf('.')) : c.path; // nobody uses what was not there
  const places = [...uses.get(of) ?? []];
  const n = counts?.get(of);
  const used = [
    ...c.required.map(r => `subgraph ${r}`),
    places.length > 0 ? `${places.slice(0, 8).join(', ')}${places.length > 8 ? ` and ${places.length - 8} more` : ''}` : 'none of the operations in this repository',
    !counts ? 'what is asked of running hubs is not known here: --usage FILE with their /metrics' : n ? `${n.operations} operations at the running hub ${n.clients.join(', ')}`.trim() : 'no operation at the running hub',
  ];
  return [
    `不兼容 BREAKING ${c.key}`,
    `  what 变更       ${words[c.type]?.[0] ?? ''} ${c.message}`,
    `  where 范围      ${c.graphs.join(', ')}${c.owners.length > 0 ? `; subgraph 子图 ${c.owners.join(', ')}` : ''}`,
    `  who uses 使用者 ${used.join('; ')}`,
    `  what to do 建议 ${words[c.type]?.[1] ?? 'add what is new beside what is old. 新旧并存。'}`,
    `                  Or say why it must be, in docs/schema-changelog.md under "${titles.accepted.slice(4)}":`,
    `                  - \`${c.key}\` why, since when it was announced`,
  ].join('\n');
}

const parts = await Promise.all(graphs.map(changes));
const all = together(parts);
const body = readFileSync(page, 'utf8');
const cut = sections(body);
const accepted = new Set([...cut.accepted.matchAll(/^- `([A-Z_]+ [^`]*)` *(\S.*)$/gm)].map(m => m[1]));
const breaking = all.filter(c => c.level === 'BREAKING');
const refused = breaking.filter(c => !accepted.has(c.key));
const stale = [...accepted].filter(key => !breaking.some(c => c.key === key));
const wrong = [];

if (refused.length > 0) {
  const uses = usesIn(parts[0].schema, root, ['docs', 'server', 'tools', 'web'].filter(d => existsSync(join(root, d))));
  const counts = asked.usage && counted(readFileSync(asked.usage, 'utf8'));
  wrong.push(...refused.map(c => report(c, uses, counts)), `${refused.length} 处不兼容的变更 breaking changes of the graph.`);
}
for (const key of stale) wrong.push(`docs/schema-changelog.md accepts \`${key}\`, and nothing breaks there: take the line out. 多余的一行。`);
const follows = `${cut.before}${titles.accepted}\n${cut.accepted}${titles.changes}\n${listed(all)}${cut.after && `\n${cut.after}`}`;
if (asked.write) {
  writeFileSync(page, follows);
} else if (body !== follows) {
  wrong.push('docs/schema-changelog.md does not follow the graph: node tools/npm/compose/diff.mjs --write. 变更记录已过时。');
}
if (asked.release && wrong.length === 0) {
  const before = cut.before.slice(0, cut.before.indexOf(titles.next));
  const next = `${titles.next}\n\n${titles.accepted}\n\n没有。 None.\n\n${titles.changes}\n${listed([])}\n`;
  const past = `## ${asked.release}\n${cut.before.slice(before.length + titles.next.length + 1)}${titles.accepted}\n${cut.accepted}${titles.changes}\n${listed(all)}`;
  writeFileSync(page, `${before}${next}${past}${cut.after && `\n${cut.after}`}`);
  for (const g of graphs) writeFileSync(join(root, g.then), text(g.now));
}
if (wrong.length > 0) {
  console.error(wrong.join('\n\n'));
  process.exit(1);
}
console.log(`${all.length} changes since the last release, ${breaking.length} of them breaking and accepted`);
