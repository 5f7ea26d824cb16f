// Reads every file of deploy/ as the program does that it is for, and strictly: a
// key that nobody knows, a value of another type, something that is missing.
//
//	node deploy/lint.mjs ../../deploy
//
// Container files go by dockerfile-utils, compose.yaml by the schema of the Compose
// specification, manifests by kubernetes-models: written out as TypeScript, whose
// compiler knows of keys that do not exist, and by its validators. Several folders
// are read in one go; nothing is asked of a network.
import { readFileSync, readdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { validate as validateContainerfile } from 'dockerfile-utils';
import ts from 'typescript';
import YAML from 'yaml';

const here = fileURLToPath(new URL('..', import.meta.url));
const Ajv = createRequire(join(here, 'node_modules', 'dclint', 'package.json'))('ajv');
const findings = new Map(); // by folder
const manifests = []; // of all folders, for one run of the compiler

// What Kustomize reads, as far as we use it: kubernetes-models does not know it.
const kustomization = `interface IKustomization {
  apiVersion: 'kustomize.config.k8s.io/v1beta1'; kind: 'Kustomization'; namespace: 'vetgraph'; resources: string[];
  images?: { name: string; newName: string; newTag?: string; digest?: string }[];
  configMapGenerator?: { name: string; files: string[] }[];
}`;

function files(folder) {
  return readdirSync(folder, { withFileTypes: true })
    .flatMap((e) => (e.isDirectory() ? files(join(folder, e.name)) : [join(folder, e.name)]))
    .sort();
}

function parse(text, tell) {
  const docs = YAML.parseAllDocuments(text, { merge: true, uniqueKeys: true });
  docs.forEach((d) => [...d.errors, ...d.warnings].forEach((e) => tell(e.message.split('\n')[0])));
  return docs.map((d) => (d.errors.length ? null : d.toJS()));
}

function containerfile(text, tell) {
  for (const d of validateContainerfile(text)) tell(`line ${d.range.start.line + 1}: ${d.message}`);
}

const { $schema: _, ...specification } = JSON.parse(readFileSync(join(here, 'node_modules', 'dclint', 'schemas', 'compose.schema.json'), 'utf8'));
const isCompose = new Ajv({ strict: false, allErrors: true, validateFormats: false }).compile(specification);

function compose(text, tell) {
  const [doc] = parse(text, tell);
  if (doc && !isCompose(doc)) for (const e of isCompose.errors) tell(`${e.instancePath} ${e.message} ${JSON.stringify(e.params)}`);
}

async function manifest(doc, tell) {
  const known = doc.kind === 'Kustomization' ? kustomization : `import type { I${doc.kind} } from 'kubernetes-models/${doc.apiVersion}';`;
  manifests.push({ tell, text: `${known}\nexport const manifest: I${doc.kind} = ${JSON.stringify(doc, null, 1)};\n` });
  if (doc.kind === 'Kustomization') return;
  const Kind = (await import(`kubernetes-models/${doc.apiVersion}`).catch(() => ({})))[doc.kind];
  if (!/(^|\/)v\d+$/.test(doc.apiVersion)) tell(`${doc.apiVersion} of ${doc.kind} is no stable version`);
  if (!Kind) return tell(`${doc.apiVersion} has no ${doc.kind}`);
  try {
    new Kind(doc).validate();
  } catch (err) {
    tell(err.message);
  }
}

// compile holds every manifest against its type.
function compile() {
  const virtual = new Map(manifests.map((m, i) => [join(here, 'deploy', `manifest${i}.ts`), m]));
  const options = { noEmit: true, strict: true, exactOptionalPropertyTypes: true, skipLibCheck: true, types: [], target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.ESNext, moduleResolution: ts.ModuleResolutionKind.Bundler };
  const host = ts.createCompilerHost(options);
  const { getSourceFile, fileExists, readFile } = host;
  host.getSourceFile = (name, ...rest) => (virtual.has(name) ? ts.createSourceFile(name, virtual.get(name).text, ts.ScriptTarget.ES2022, true) : getSourceFile(name, ...rest));
  host.fileExists = (name) => virtual.has(name) || fileExists(name);
  host.readFile = (name) => virtual.get(name)?.text ?? readFile(name);
  const program = ts.createProgram([...virtual.keys()], options, host);
  for (const [name, m] of virtual) {
    for (const d of [...program.getSyntacticDiagnostics(program.getSourceFile(name)), ...program.getSemanticDiagnostics(program.getSourceFile(name))])
      m.tell(`${place(d)}: ${ts.flattenDiagnosticMessageText(d.messageText, ' ')}`);
  }
}

// place is where in a manifest a finding is, as in spec.template.spec.containers.0.image.
function place(diagnostic) {
  const path = [];
  const inward = (node) => {
    if (diagnostic.start < node.getStart() || diagnostic.start >= node.getEnd()) return;
    if (ts.isPropertyAssignment(node)) path.push(node.name.text);
    if (ts.isArrayLiteralExpression(node.parent ?? {})) path.push(node.parent.elements.indexOf(node));
    ts.forEachChild(node, inward);
  };
  inward(diagnostic.file);
  return path.join('.');
}

for (const folder of process.argv.slice(2).map((f) => resolve(f))) {
  findings.set(folder, []);
  for (const file of files(folder)) {
    const name = relative(folder, file).replaceAll('\\', '/');
    const tell = (what) => findings.get(folder).push(`${folder}: ${name}: ${what}`);
    const text = readFileSync(file, 'utf8');
    if (/Containerfile$/.test(name)) containerfile(text, tell);
    else if (name === 'compose.yaml') compose(text, tell);
    else if (/\.yaml$/.test(name)) {
      for (const doc of parse(text, tell)) if (doc?.apiVersion || doc?.kind || name.startsWith('kubernetes/')) await manifest(doc ?? {}, tell);
    }
  }
}
compile();
const all = [...findings.values()].flat();
all.forEach((f) => console.log(f));
process.exitCode = all.length ? 1 : 0;
