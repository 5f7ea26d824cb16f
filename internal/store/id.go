package store

import "github.com/google/uuid"

// NewID is an ID for a row: a UUID of version 7 (RFC 9562), so later ones sort later.
func NewID() string { return uuid.Must(uuid.NewV7()).String() }
