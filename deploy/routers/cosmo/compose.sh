#!/usr/bin/env bash
# Writes routers/cosmo/execution.json, which Cosmo Router reads in place of a
# supergraph, by Cosmo's own composer. It needs Node.js, Go and a network:
# deploy/routers/cosmo/compose.sh
set -euo pipefail
cd "$(dirname "$0")"
wgc=wgc@0.112.7
mkdir -p schemas
(cd ../../.. && go run ./server/vetgraph compose --out - --keep deploy/routers/cosmo/schemas graph/supergraph.yaml >/dev/null)
# Cosmo refuses a list that is sized both by an argument with a default and by an
# assumption. The argument says the same; only Cosmo's reckoning of costs, which is off, would read it.
sed -E -i.bak 's/assumedSize: [0-9]+, (slicingArguments)/\1/' schemas/hub.graphqls
npx --yes "$wgc" router compose -i graph.yaml -o execution.json
