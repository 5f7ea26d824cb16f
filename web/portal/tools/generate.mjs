// Makes src/api.ts of the operations in .graphql files: ours, and those of the SDK
// that the portal uses too. Documents are kept as text, which is a third of an AST.
import { readFileSync, readdirSync, writeFileSync } from 'node:fs'
import { buildSchema, Kind, parse, print } from 'graphql'
import { codegen } from '@graphql-codegen/core'
import * as operations from '@graphql-codegen/typescript-operations'

const shared = ['submit', 'supplement', 'withdraw', 'read']
const text = readFileSync('../sdk/schema.graphql', 'utf8')
const files = [
  ...shared.map((n) => `../sdk/operations/${n}.graphql`),
  ...readdirSync('operations').sort().map((n) => `operations/${n}`)
].map((location) => ({ location, document: parse(readFileSync(location, 'utf8'), { noLocation: true }) }))
const types = await codegen({
  filename: 'api.ts', schema: parse(text), schemaAst: buildSchema(text), documents: files,
  config: { useTypeImports: true, enumType: 'string-literal', enumsAsTypes: true, strictScalars: true, scalars: { ID: 'string', Date: 'string', Time: 'string', Value: 'unknown' } },
  plugins: [{ operations: {} }], pluginMap: { operations }
})
const small = (s) => s.replace(/\s+/g, ' ').replace(/ ?([{}(),:!]) ?/g, '$1').trim()
const documents = files.flatMap((f) => f.document.definitions).filter((d) => d.kind === Kind.OPERATION_DEFINITION).map((d) => {
  const kind = d.operation[0].toUpperCase() + d.operation.slice(1)
  const name = d.name.value
  return `export const ${name}Document = ${JSON.stringify(small(print(d)))} as unknown as Typed<${name}${kind}, ${name}${kind}Variables>\n`
})
writeFileSync('src/api.ts', `// Made by npm run generate; not by hand.\nimport type { TypedDocumentNode as Typed } from '@urql/core'\n${types}\n${documents.join('')}`)
