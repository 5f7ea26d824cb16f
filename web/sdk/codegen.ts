import type { CodegenConfig } from '@graphql-codegen/cli'

const config: CodegenConfig = {
  schema: 'schema.graphql', // the hub's own: curl 127.0.0.1:8080/schema.graphql
  documents: 'operations/*.graphql',
  generates: {
    'src/generated/': {
      preset: 'client',
      presetConfig: { fragmentMasking: false, persistedDocuments: { hashAlgorithm: 'sha256' } },
      config: {
        documentMode: 'string',
        useTypeImports: true,
        enumsAsTypes: true,
        emitLegacyCommonJSImports: false,
        scalars: {
          ID: 'string',
          Date: 'string', // YYYY-MM-DD
          Time: 'string', // RFC 3339
          Value: 'unknown'
        }
      }
    }
  }
}
export default config
