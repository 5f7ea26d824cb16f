//go:build !unix

package server

import "context"

// lockData does nothing here: a second start is found by the address being taken.
func (h *Hub) lockData(context.Context) error { return nil }
