// The engine of Hive Gateway over a supergraph: node hive.mjs SUPERGRAPH PORT NAME=URL…
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { createGatewayRuntime } from '@graphql-hive/gateway-runtime';

const [file, port, ...where] = process.argv.slice(2);
let supergraph = readFileSync(file, 'utf8');
for (const w of where) { // its addresses stand in the supergraph
  const [name, url] = [w.slice(0, w.indexOf('=')), w.slice(w.indexOf('=') + 1)];
  supergraph = supergraph.replace(new RegExp(`(@join__graph\\(name: "${name}", url: )"[^"]*"`), `$1"${url}"`);
}
const secret = process.env.ROUTER_SECRET;
const gateway = createGatewayRuntime({
  propagateHeaders: { // a person's token goes to the hub alone
    fromClientToSubgraphs: ({ request, subgraphName }) => ({
      ...(secret ? { 'vetgraph-router-secret': secret } : {}),
      ...(subgraphName.toLowerCase() === 'hub' && request.headers.get('authorization') ? { authorization: request.headers.get('authorization') } : {}),
    }),
  },
  supergraph, logging: false, graphqlEndpoint: '/graphql', maskedErrors: false });
createServer(gateway).listen(Number(port), '127.0.0.1');
