package server_test

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/vetgraph/vetgraph/internal/access"
	"github.com/vetgraph/vetgraph/internal/division"
	"github.com/vetgraph/vetgraph/internal/fact"
	"github.com/vetgraph/vetgraph/internal/population"
	"github.com/vetgraph/vetgraph/internal/profile"
	"github.com/vetgraph/vetgraph/internal/store"
	"github.com/vetgraph/vetgraph/internal/store/storetest"
	"github.com/vetgraph/vetgraph/internal/workday"
	"github.com/vetgraph/vetgraph/server"
)

// What needs a school's subgraph is told to routers where the school is joined, is
// added up of what the router brings, and is not there for anybody else.
func TestTrainingHours(t *testing.T) {
	t.Parallel()
	for name, address := range map[string]func(testing.TB) string{"sqlite": storetest.SQLite, "postgres": storetest.PostgreSQL} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			trainingHours(t, address(t))
		})
	}
}

func trainingHours(t *testing.T, database string) {
	k := open(t, database, noon, func(c *server.Config) { c.Joined = []string{"courses"} })
	k.taught(0, 80)
	k.taught(2, 120, 0)
	for name, test := range map[string]struct {
		as, reps, want string
	}{
		"record and school":          {"veteran0", k.reps("0:12"), `[{"trainingHours":92}]`},
		"a school that taught none":  {"veteran0", k.reps("0:0"), `[{"trainingHours":80}]`},
		"nothing on record":          {"veteran1", k.reps("1:7"), `[{"trainingHours":7}]`},
		"a stranger":                 {"veteran1", k.reps("0:12"), `[null]`},
		"nobody":                     {"nobody", k.reps("0:12"), `[null]`},
		"many, each with its own":    {"analyst", k.reps("0:1", "1:2", "2:3"), `[null,null,null]`},
		"one person, said two ways":  {"veteran0", k.reps("0:1", "0:2"), `[{"trainingHours":81},{"trainingHours":82}]`},
		"a school that says nothing": {"veteran0", k.reps("0"), `COURSE_HOURS_MISSING`},
		"a school that talks rot":    {"veteran0", k.reps("0:-1"), `COURSE_HOURS_MISSING`},
		"one of two says nothing":    {"veteran0", k.reps("0:1", "0"), `[{"trainingHours":81},{"trainingHours":null}]`},
	} {
		t.Run(name, func(t *testing.T) {
			_, got := k.ask(test.as, k.sub+"/subgraph", `query($r: [_Any!]!) { _entities(representations: $r) { ... on Veteran { trainingHours } } }`,
				map[string]any{"r": json.RawMessage(test.reps)})
			if !strings.Contains(string(got), test.want) {
				t.Errorf("got %s, want %s", got, test.want)
			}
		})
	}
}

// Who is not joined is not spoken of: routers compose the hub alone, and people's
// programs never see what only routers can ask for.
func TestNotJoined(t *testing.T) {
	t.Parallel()
	for _, joined := range [][]string{nil, {"concessions"}, {"courses"}} {
		k := open(t, storetest.SQLite(t), noon, func(c *server.Config) { c.Joined = joined })
		_, sdl := k.ask("nobody", k.sub+"/subgraph", `{ _service { sdl } }`, nil)
		if told := strings.Contains(string(sdl), "ourseHours"); told != slices.Contains(joined, "courses") || !strings.Contains(string(sdl), "type Veteran @key") {
			t.Errorf("joined %v: routers are told of hours of courses: %v", joined, told)
		}
		for _, field := range []string{"trainingHours", "courseHours"} {
			_, got := k.ask("veteran0", k.public+"/graphql", `{ me { veteran { `+field+` } } }`, nil)
			if !strings.Contains(string(got), "DOCUMENT_INVALID") {
				t.Errorf("joined %v: %s at the public door: %s", joined, field, got)
			}
		}
		if _, got := k.fetch("nobody", "/schema.graphql"); strings.Contains(string(got), "ourseHours") {
			t.Errorf("joined %v: the public schema tells of hours of courses", joined)
		}
	}
}

// taught puts completed courses of so many hours on a hero's record; 0: the school has
// not said how many. One that is still attended counts nothing.
func (k *talk) taught(hero int, hours ...int) {
	k.t.Helper()
	n := 0
	for p := range population.Generate(1, len(population.Heroes()), workday.FromTime(noon()), division.Builtin()) {
		if n++; n <= hero {
			continue
		}
		said := fact.Provenance{Source: "VA", AsOf: noon(), Basis: "test"}
		p.Trainings = []profile.Training{{Provenance: said, Trade: "UAV", State: "ATTENDING", Hours: 1000}}
		for i, h := range hours {
			p.Trainings = append(p.Trainings, profile.Training{Provenance: said, Trade: []string{"DRIVER", "IT"}[i], State: "COMPLETED", Hours: h})
		}
		err := k.hub.Store.InTx(access.AsMachine(k.t.Context(), "test"), func(ctx context.Context, tx store.Tx) error {
			_, err := k.hub.Profile.Put(ctx, tx, []profile.Person{p})
			return err
		})
		if err != nil {
			k.t.Fatal(err)
		}
		return
	}
}

// reps are representations of heroes, each with the hours that the school says: "2:40".
func (k *talk) reps(of ...string) string {
	var all []string
	for _, text := range of {
		var hero, hours int
		if n, _ := fmt.Sscanf(text, "%d:%d", &hero, &hours); n == 2 {
			all = append(all, fmt.Sprintf(`{"__typename":"Veteran","id":%q,"courseHours":%d}`, k.heroes[hero], hours))
		} else {
			all = append(all, fmt.Sprintf(`{"__typename":"Veteran","id":%q}`, k.heroes[hero]))
		}
	}
	return "[" + strings.Join(all, ",") + "]"
}
