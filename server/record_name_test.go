package server

import "testing"

// Where the demonstration's data lies is remembered without passwords, and a
// parameter of the connection makes no other place.
func TestRecordName(t *testing.T) {
	for address, want := range map[string]string{
		"sqlite:/data/vetgraph.db":                               "sqlite:/data/vetgraph.db",
		"postgres://me:secret@db:5432/vetgraph":                  "db:5432/vetgraph#",
		"postgres://you@db:5432/vetgraph?sslmode=disable":        "db:5432/vetgraph#",
		"postgres://me@db:5432/vetgraph?search_path=a&x=y":       "db:5432/vetgraph#a",
		"postgresql://me@db/other?search_path=a&sslmode=disable": "db/other#a",
	} {
		if got := recordName(address); got != want {
			t.Errorf("%s: %s, want %s", address, got, want)
		}
	}
}
