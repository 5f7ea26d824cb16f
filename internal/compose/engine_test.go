package compose

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
)

// What takes more memory than it may is stopped, long before it is done.
func TestMemoryEndsIt(t *testing.T) {
	var sdl strings.Builder
	sdl.WriteString("type Query { a: T0 }\n")
	for i := range 20_000 {
		fmt.Fprintf(&sdl, "type T%d { a: T%d }\n", i, (i+1)%20_000)
	}
	in, err := json.Marshal([]map[string]string{{"name": "wide", "url": "http://wide.example.org", "sdl": sdl.String()}})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := run(t.Context(), string(in), 32<<20); !errors.Is(err, errMemory) {
		t.Errorf("%v", err)
	}
}
