package server_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/tools/txtar"

	"github.com/vetgraph/vetgraph/internal/port"
	"github.com/vetgraph/vetgraph/internal/store/storetest"
	"github.com/vetgraph/vetgraph/internal/workday"
	"github.com/vetgraph/vetgraph/server"
)

var update = flag.Bool("update", false, "rewrite the want sections of the scripts")

// noon is when the conversations take place.
func noon() time.Time { return time.Date(2026, 11, 23, 4, 0, 0, 0, time.UTC) }

// Conversations: who asks what through which door, and what they get. Run with
// -update to rewrite the answers, and review the diff. Besides as, query and want a
// script may say: now (first of all), the moment at which it takes place; save,
// lines of a NAME and a path into the last answer, which later queries use as
// $NAME; until, words for which the query above is asked again; department, a
// decision and the item that the played department takes it on; register, what a
// department's register holds from now on: its code, a fact, a hero and the value; and
// face, how a comparison at the police's page comes out: yes or no, and the page.
// Nothing that was logged, traced or measured meanwhile names anybody.
func TestScripts(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("testdata/script/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	for _, db := range []string{"sqlite", "postgres"} {
		t.Run(db, func(t *testing.T) {
			t.Parallel()
			for _, file := range files {
				t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) {
					address := storetest.SQLite(t)
					if db == "postgres" {
						address = storetest.PostgreSQL(t)
					}
					a, err := txtar.ParseFile(file)
					if err != nil {
						t.Fatal(err)
					}
					now := moment(t, a)
					e, set := listen(t)
					k := open(t, address, now, set, unwatched)
					converse(t, k, a, file, *update && db == "sqlite")
					e.nobody(t, k.hub, canaries(workday.FromTime(now()), k.hub.Config.Veterans))
				})
			}
		})
	}
}

// unwatched are conversations in which only time that the script lets pass passes.
func unwatched(c *server.Config) { c.Unwatched = true }

// moment is when a script takes place.
func moment(t *testing.T, a *txtar.Archive) func() time.Time {
	if a.Files[0].Name != "now" {
		return noon
	}
	at, err := time.Parse(time.RFC3339, strings.TrimSpace(string(a.Files[0].Data)))
	if err != nil {
		t.Fatal(err)
	}
	return at.UTC
}

func converse(t *testing.T, k *talk, a *txtar.Archive, file string, rewrite bool) {
	t.Helper()
	as, door, got, query := "", "", "", ""
	var raw []byte
	for i, s := range a.Files {
		text := strings.TrimSpace(string(s.Data))
		switch s.Name {
		case "as":
			as, door = text, k.public+"/graphql"
		case "as router for":
			as, door = text, k.sub+"/subgraph"
		case "now":
		case "query":
			query = k.fill(text)
			_, raw = k.ask(as, door, query, nil)
			got = k.tidy(raw)
		case "until":
			for end := time.Now().Add(20 * time.Second); !strings.Contains(got, text); got = k.tidy(raw) {
				if _, raw = k.ask(as, door, query, nil); time.Now().After(end) {
					t.Fatalf("%s: %s never said %s: %s", file, query, text, raw)
				}
			}
		case "save":
			k.save(text, raw)
		case "department":
			state, id, _ := strings.Cut(k.fill(text), " ")
			if err := k.hub.Fleet.DecideNow(t.Context(), id, port.State(state)); err != nil {
				t.Fatal(err)
			}
		case "face":
			same, page, _ := strings.Cut(k.fill(text), " ")
			_, ticket, _ := strings.Cut(page, "ticket=")
			if err := k.hub.Fleet.Compare(t.Context(), ticket, same == "yes"); err != nil {
				t.Fatal(err)
			}
		case "register":
			f := strings.Fields(text)
			k.register(f[0], f[1], int(f[2][0]-'0'), f[3])
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

// save keeps texts of an answer under names.
func (k *talk) save(lines string, answer []byte) {
	k.t.Helper()
	for line := range strings.Lines(lines) {
		name, path, _ := strings.Cut(strings.TrimSpace(line), " ")
		var v any
		if err := json.Unmarshal(answer, &v); err != nil {
			k.t.Fatal(err)
		}
		for _, step := range strings.Split(path, ".") {
			if i, err := strconv.Atoi(step); err == nil {
				if list, ok := v.([]any); ok && i < len(list) {
					v = list[i]
					continue
				}
			}
			m, _ := v.(map[string]any)
			v = m[step]
		}
		text, ok := v.(string)
		if !ok {
			k.t.Fatalf("there is no %s in %s", path, answer)
		}
		k.saved = append([]string{"$" + name, text}, k.saved...) // the newest of a name counts
	}
}

// fill puts veterans' IDs where a script says $0 … $5, and what it saved.
func (k *talk) fill(query string) string {
	query = strings.NewReplacer(k.saved...).Replace(query)
	for i, id := range k.heroes {
		query = strings.ReplaceAll(query, "$"+string(rune('0'+i)), id)
	}
	return query
}

var (
	randomID = regexp.MustCompile(`[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}`)
	number   = regexp.MustCompile(`\d{6}-\d{8}-[0-9A-Z]{7}`)
	facePage = regexp.MustCompile(`"http[^"]*ticket=[^"]*"`)
	version  = regexp.MustCompile(`draft-1\+[0-9a-f]{12}`)
)

// tidy lays an answer out and replaces what differs from run to run.
func (k *talk) tidy(b []byte) string {
	var out bytes.Buffer
	if err := json.Indent(&out, bytes.TrimSpace(b), "", " "); err != nil {
		return string(b)
	}
	s := out.String()
	for i, id := range k.heroes {
		s = strings.ReplaceAll(s, id, "$"+string(rune('0'+i)))
	}
	s = randomID.ReplaceAllString(s, "ID")
	s = facePage.ReplaceAllString(s, `"PAGE"`)
	s = number.ReplaceAllString(s, "NUMBER")
	return version.ReplaceAllString(s, "VERSION")
}
