// Package migrations holds the versioned SQL that makes and changes the record's tables, one folder per database.
//
// A step that has shipped is never edited; go run ./tools/migration NAME writes
// the next one from the difference between ent/schema and what the steps make.
package migrations

import "embed"

// Files are the steps, in postgres/ and sqlite/.
//
//go:embed postgres/*.sql sqlite/*.sql
var Files embed.FS
