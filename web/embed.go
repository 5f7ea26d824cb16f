// Package web holds the portal as it is built: dist, made of portal by npm run build
// and committed, so that whoever has Go alone serves the real pages.
package web

import "embed"

// Dist is the built portal: index.html and assets, under names that do not change
// with what is in them.
//
//go:embed dist
var Dist embed.FS
