// Apollo's gateway over a supergraph: node apollo.mjs SUPERGRAPH PORT NAME=URL…
// It is the gateway alone, with a cache of parsed and checked documents, and without
// the server that usually stands around it, so that it is measured at its best.
import { readFileSync } from 'node:fs';
import { createHash } from 'node:crypto';
import { ApolloGateway, RemoteGraphQLDataSource } from '@apollo/gateway';
import { parse, validate } from 'graphql';
import { serve } from './serve.mjs';

const [file, port, ...where] = process.argv.slice(2);
const urls = new Map(where.map((w) => [w.slice(0, w.indexOf('=')), w.slice(w.indexOf('=') + 1)]));
const secret = process.env.ROUTER_SECRET;
const quiet = () => {};
const gateway = new ApolloGateway({
  supergraphSdl: readFileSync(file, 'utf8'),
  logger: { debug: quiet, info: quiet, warn: console.error, error: console.error },
  buildService: ({ name, url }) => new RemoteGraphQLDataSource({
    url: urls.get(name) ?? url,
    willSendRequest({ request, context }) { // a person's token goes to the hub alone
      if (secret) request.http.headers.set('vetgraph-router-secret', secret);
      if (name === 'hub' && context.authorization) request.http.headers.set('authorization', context.authorization);
    },
  }),
});
const { schema, executor } = await gateway.load();

const known = new Map();
function read(query) {
  let document = known.get(query);
  if (!document) {
    document = { parsed: parse(query), hash: createHash('sha256').update(query).digest('hex') };
    const errors = validate(schema, document.parsed);
    if (errors.length > 0) throw new Error(errors[0].message);
    known.set(query, document);
  }
  return document;
}

const logger = { debug: quiet, info: quiet, warn: quiet, error: console.error };
serve(port, async ({ query, variables, operationName }, { authorization }) => {
  const { parsed, hash } = read(query);
  const operation = parsed.definitions.find((d) => d.kind === 'OperationDefinition');
  return executor({
    document: parsed, queryHash: hash, operation, operationName: operationName ?? null, schema, logger, context: { authorization }, metrics: {}, overallCachePolicy: {},
    cache: undefined, source: query, request: { query, variables, operationName, http: { headers: new Map() } },
  });
});
