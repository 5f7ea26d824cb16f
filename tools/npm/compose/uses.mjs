// Who asks for what: the operations that stand in our pages, tests and loads, and
// what a running hub has counted.
import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { getNamedType, isEnumType, isExecutableDefinitionNode, isInputObjectType, parse, TypeInfo, visit, visitWithTypeInfo } from 'graphql';

function* files(dir) {
  for (const e of readdirSync(dir, { withFileTypes: true })) {
    if (e.name === 'node_modules' || e.name.startsWith('.')) continue;
    const path = join(dir, e.name);
    if (e.isDirectory()) yield* files(path);
    else if (/\.(md|graphql|txtar)$/.test(e.name)) yield path;
  }
}

// operations are the documents in a file, each with the line it begins on.
function* operations(path) {
  const text = readFileSync(path, 'utf8');
  if (path.endsWith('.graphql')) {
    yield { line: 1, text };
    return;
  }
  const blocks = path.endsWith('.md') ? /^```graphql\n([\s\S]*?)^```/gm : /^-- query --\n([\s\S]*?)(?=^-- |$(?![\s\S]))/gm;
  for (const m of text.matchAll(blocks)) yield { line: text.slice(0, m.index).split('\n').length + 1, text: m[1] };
}

// usesIn maps what operations in the folders ask for ("Type.field",
// "Type.field.argument", "Enum.VALUE", "Type") to the places where they do.
export function usesIn(schema, root, folders) {
  const found = new Map();
  const note = (what, place) => { if (what) found.set(what, new Set([...found.get(what) ?? [], place])); };
  for (const folder of folders) {
    for (const path of files(join(root, folder))) {
      for (const { line, text } of operations(path)) {
        let document;
        try {
          document = parse(text);
        } catch {
          continue; // pages show pieces, tests show mistakes
        }
        if (!document.definitions.every(isExecutableDefinitionNode)) continue; // a schema asks nothing
        const info = new TypeInfo(schema);
        const at = n => `${relative(root, path)}:${line + n.loc.startToken.line - 1}`;
        visit(document, visitWithTypeInfo(info, {
          Field(n) {
            const parent = info.getParentType();
            const field = info.getFieldDef();
            if (!parent || !field) return;
            note(`${parent.name}.${n.name.value}`, at(n));
            note(getNamedType(field.type)?.name, at(n));
          },
          Argument(n) {
            const [parent, field] = [info.getParentType(), info.getFieldDef()];
            if (parent && field) note(`${parent.name}.${field.name}.${n.name.value}`, at(n));
          },
          ObjectField(n) {
            const parent = getNamedType(info.getParentInputType());
            if (isInputObjectType(parent)) note(`${parent.name}.${n.name.value}`, at(n));
          },
          EnumValue(n) {
            const type = getNamedType(info.getInputType());
            if (isEnumType(type)) note(`${type.name}.${n.value}`, at(n));
          },
          NamedType(n) { note(n.name.value, at(n)); },
        }));
      }
    }
  }
  return found;
}

// counted maps a field to how often a running hub was asked for it, and by whom if
// it is deprecated: the text of /metrics.
export function counted(metrics) {
  const found = new Map();
  for (const [, name, labels, n] of metrics.matchAll(/^vetgraph_graphql_(fields|deprecated)_total\{([^}]*)\} (\S+)$/gm)) {
    const { field, client } = Object.fromEntries([...labels.matchAll(/(\w+)="([^"]*)"/g)].map(m => [m[1], m[2]]));
    const all = found.get(field) ?? { operations: 0, clients: [] };
    if (name === 'fields') all.operations = Number(n);
    else all.clients.push(`${client} ${n}`);
    found.set(field, all);
  }
  return found;
}
