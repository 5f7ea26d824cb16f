// Package tools holds generators, checks and loads; nothing here ships in the binary.
//
// go generate ./tools makes everything that is generated, and no diff may remain.
package tools

//go:generate go -C .. run ./tools/entgen
//go:generate go -C .. tool gqlgen generate
//go:generate go -C ../docs/examples/concessions tool gqlgen generate --config gqlgen.yml
//go:generate go -C ../server/testdata/features tool gqlgen generate --config gqlgen.yml
//go:generate go -C .. run ./server/vetgraph compose graph/supergraph.yaml
//go:generate go -C .. run ./server/vetgraph compose hub --out graph/hub.graphql
