#!/usr/bin/env bash
# Writes routers/cosmo/execution.json, which Cosmo Router reads in place of a
# supergraph, by Cosmo's own composer. It needs Node.js, Go and a network:
# deploy/routers/cosmo/compose.sh
set -euo pipefail
cd "$(dirname "$0")"
wgc=wgc@0.112.7
mkdir -p schemas
(cd ../../.. && go run ./server/vetgraph compose --out - --keep deploy/routers/cosmo/schemas graph/supergraph.yaml >/dev/null)
npx --yes "$wgc" router compose -i graph.yaml -o execution.json
