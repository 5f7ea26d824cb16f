// What a supergraph tells routers, one line for each fact, whoever composed it.
import { getNamedType, Kind, parse, print, TypeInfo, visit, visitWithTypeInfo } from 'graphql';

// selection is a field set in one spelling.
function selection(text) {
  const sorted = visit(parse(`{${text}}`), {
    SelectionSet: { leave: n => ({ ...n, selections: [...n.selections].sort((a, b) => (print(a) < print(b) ? -1 : 1)) }) },
  });
  return print(sorted).replace(/\s+/g, ' ').slice(2, -2);
}

// A directive's arguments that say something. Graphs go by the names that people
// gave them: each composer makes identifiers of those in its own way.
let graph;

function args(directive) {
  const out = {};
  for (const { name, value } of directive.arguments) {
    if (name.value === 'graph' && graph.has(value.value)) {
      out.graph = graph.get(value.value);
      continue;
    }
    if (value.kind === Kind.BOOLEAN && value.value === (name.value === 'resolvable')) continue; // as by default
    out[name.value] = ['key', 'requires', 'provides'].includes(name.value) ? selection(value.value) : print(value).replace(/^"(.*)"$/, '$1');
  }
  return out;
}

const told = (node, name) => (node.directives ?? []).filter(d => d.name.value === name).map(args);
const text = ({ graph, ...rest }) => [graph, ...Object.keys(rest).sort().map(k => `${k}=${rest[k]}`)].join(' ');

// fields are the graphs that have a field, and how. A field without a word on it is
// in every graph of its type; one that is external in a graph, and not asked for
// there, cannot be asked of it.
function fields(type, field, graphs) {
  const said = told(field, 'join__field');
  const all = said.length > 0 ? said : graphs.map(graph => ({ graph }));
  return all.filter(f => f.external !== 'true').map(f => ({ ...f, type: undefined, usedOverridden: undefined }))
    .map(f => Object.fromEntries(Object.entries(f).filter(([, v]) => v !== undefined)))
    .map(f => `${type}.${field.name.value} ${text(f)}`);
}

// Directives of other specifications that routers act on.
const acted = ['tag', 'inaccessible', 'authenticated', 'requiresScopes', 'policy', 'cost', 'listSize', 'deprecated'];

function others(name, node) {
  return (node.directives ?? []).filter(d => acted.includes(d.name.value)).map(d => `${name} @${d.name.value} ${JSON.stringify(args(d))}`);
}

// joins is the list, sorted.
export function joins(document) {
  const lines = [];
  const called = document.definitions.find(d => d.name?.value === 'join__Graph').values;
  graph = new Map(called.map(v => [v.name.value, v.directives[0].arguments.find(a => a.name.value === 'name').value.value]));
  for (const d of document.definitions) {
    const name = d.name?.value;
    if (!name || name.startsWith('join__') || name.startsWith('link__') || d.kind === Kind.DIRECTIVE_DEFINITION) continue;
    const types = told(d, 'join__type');
    const graphs = [...new Set(types.map(t => t.graph))];
    lines.push(...types.map(t => `${name} ${text(t)}`), ...others(name, d));
    lines.push(...told(d, 'join__implements').map(i => `${name} implements ${text(i)}`));
    lines.push(...told(d, 'join__unionMember').map(u => `${name} member ${text(u)}`));
    for (const f of d.fields ?? []) {
      lines.push(...fields(name, f, graphs), ...others(`${name}.${f.name.value}`, f));
      for (const a of f.arguments ?? []) lines.push(...others(`${name}.${f.name.value}(${a.name.value}:)`, a));
    }
    for (const v of d.values ?? []) {
      lines.push(...told(v, 'join__enumValue').map(e => `${name}.${v.name.value} ${text(e)}`), ...others(`${name}.${v.name.value}`, v));
    }
  }
  const links = called.map(v => `graph ${JSON.stringify(told(v, 'join__graph')[0])}`);
  return [...new Set([...lines, ...links])].sort().join('\n');
}

// each goes through what a supergraph's clients can name, as "Type", "Type.field",
// "Type.field.argument" and "Enum.VALUE", with the node and its type's.
function each(document, f) {
  for (const d of document.definitions) {
    const name = d.name?.value;
    if (!name || /^(join|link|context)__/.test(name) || d.kind === Kind.DIRECTIVE_DEFINITION) continue;
    f(name, d, d);
    for (const m of [...d.fields ?? [], ...d.values ?? []]) {
      f(`${name}.${m.name.value}`, m, d);
      for (const a of m.arguments ?? []) f(`${name}.${m.name.value}.${a.name.value}`, m, d);
    }
  }
}

// owners maps what can be named to the subgraphs that have it.
export function owners(document) {
  const found = new Map();
  joins(document); // knows the graphs by their names from here on
  each(document, (name, node, type) => {
    const own = [...told(node, 'join__field'), ...told(node, 'join__enumValue')].filter(f => f.external !== 'true');
    found.set(name, [...new Set((own.length > 0 ? own : told(type, 'join__type')).map(g => g.graph))]);
  });
  return found;
}

// guards maps what can be named to what one must be allowed to see it.
export function guards(document) {
  const found = new Map();
  each(document, (name, node) => {
    const all = (node.directives ?? []).filter(d => ['authenticated', 'requiresScopes', 'policy'].includes(d.name.value)).map(print).sort();
    if (all.length > 0) found.set(name, all.join(' '));
  });
  return found;
}

// required maps a field to the fields of other subgraphs that are answered with it.
export function required(document, schema) {
  const found = new Map();
  joins(document);
  each(document, (name, node, type) => {
    for (const { requires, graph: by } of told(node, 'join__field').filter(f => f.requires)) {
      const info = new TypeInfo(schema, getNamedType(schema.getType(type.name.value)));
      visit(parse(`{${requires}}`).definitions[0].selectionSet, visitWithTypeInfo(info, {
        Field(n) {
          const what = `${info.getParentType()?.name}.${n.name.value}`;
          found.set(what, new Set([...found.get(what) ?? [], `${by} (${name})`]));
        },
      }));
    }
  });
  return found;
}
