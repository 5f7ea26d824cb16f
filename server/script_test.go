package server_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"golang.org/x/tools/txtar"

	"github.com/vetgraph/vetgraph/internal/store/storetest"
)

var update = flag.Bool("update", false, "rewrite the want sections of the scripts")

// noon is when the conversations take place.
func noon() time.Time { return time.Date(2026, 11, 23, 4, 0, 0, 0, time.UTC) }

// Conversations: who asks what through which door, and what they get. Run with
// -update to rewrite the answers, and review the diff.
func TestScripts(t *testing.T) {
	files, err := filepath.Glob("testdata/script/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	for _, db := range []string{"sqlite", "postgres"} {
		t.Run(db, func(t *testing.T) {
			for _, file := range files {
				t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) {
					address := storetest.SQLite(t)
					if db == "postgres" {
						address = storetest.PostgreSQL(t)
					}
					converse(t, open(t, address, noon), file, *update && db == "sqlite")
				})
			}
		})
	}
}

func converse(t *testing.T, k *talk, file string, rewrite bool) {
	t.Helper()
	a, err := txtar.ParseFile(file)
	if err != nil {
		t.Fatal(err)
	}
	as, door, got := "", "", ""
	for i, s := range a.Files {
		text := strings.TrimSpace(string(s.Data))
		switch s.Name {
		case "as":
			as, door = text, k.public+"/graphql"
		case "as router for":
			as, door = text, k.sub+"/subgraph"
		case "query":
			_, b := k.ask(as, door, k.fill(text), nil)
			got = k.tidy(b)
		case "want":
			if rewrite {
				a.Files[i].Data = []byte(got + "\n")
			} else if got != text {
				t.Errorf("as %s\n got %s\nwant %s", as, got, text)
			}
		default:
			t.Fatalf("%s: section %q", file, s.Name)
		}
	}
	if rewrite {
		if err := os.WriteFile(file, txtar.Format(a), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// fill puts veterans' IDs where a script says $0 … $5.
func (k *talk) fill(query string) string {
	for i, id := range k.heroes {
		query = strings.ReplaceAll(query, "$"+string(rune('0'+i)), id)
	}
	return query
}

var (
	randomID = regexp.MustCompile(`[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}`)
	number   = regexp.MustCompile(`\d{6}-\d{8}-[0-9A-Z]{7}`)
	version  = regexp.MustCompile(`draft-1\+[0-9a-f]{12}`)
)

// tidy lays an answer out and replaces what differs from run to run.
func (k *talk) tidy(b []byte) string {
	var out bytes.Buffer
	if err := json.Indent(&out, b, "", " "); err != nil {
		return string(b)
	}
	s := out.String()
	for i, id := range k.heroes {
		s = strings.ReplaceAll(s, id, "$"+string(rune('0'+i)))
	}
	s = randomID.ReplaceAllString(s, "ID")
	s = number.ReplaceAllString(s, "NUMBER")
	return version.ReplaceAllString(s, "VERSION")
}
