package tools

import (
	"encoding/json"
	"errors"
	"io"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

const module = "github.com/vetgraph/vetgraph"

// rule is one line of the house plan: a room, what it may never come to, and why.
type rule struct {
	rooms string // "internal/catalog", several with blanks between, or "internal/..." for all below
	never string // of ours ("ent", "internal/store") or another's import path, with all below it; several with blanks
	but   string // what is allowed all the same
	why   string
}

// floors: arrows point down only. A room reaches what it imports and what that
// imports, so these hold for the whole way.
var floors = []rule{
	{"internal/fault internal/words internal/vault internal/division", "internal ent graph resolvers server", "",
		"everybody understands these, so they know nobody of ours"},
	{"internal/workday", "internal", "internal/fault internal/words", "a calendar knows days and words, not what they are counted for"},
	{"internal/fact internal/lifecycle internal/citizen", "internal", "internal/fault internal/words internal/workday",
		"the record's own columns are made of these, so they cannot know the record"},
	{"internal/catalog", "internal", "internal/words internal/fault internal/workday", "the catalogue is data; what is done with it is said elsewhere"},
	{"internal/port/trust", "internal", "internal/catalog internal/words internal/fault internal/workday",
		"how two systems know each other does not depend on what they then say"},
	{"internal/form", "internal/plan internal/access internal/port", "", "a form does not ask who fills it in or where it goes"},
	{"internal/seal", "internal", "internal/citizen internal/workday internal/fault internal/words", "a seal is checked far from the hub, with nothing of it at hand"},
	{"internal/plan", "internal/access internal/port internal/profile", "", "a plan follows from a catalogue and facts alone, whoever asks"},
	{"internal/fault internal/words internal/workday internal/fact internal/lifecycle internal/citizen internal/division internal/catalog internal/form internal/plan internal/access internal/slice internal/port internal/port/trust internal/vault internal/seal",
		"ent internal/store internal/guard database/sql entgo.io/ent github.com/jackc/pgx modernc.org/sqlite github.com/riverqueue/river", "database/sql/driver",
		"rules are tested without a database"},
	{"internal/workday internal/fact internal/lifecycle internal/citizen internal/division internal/form internal/plan internal/access internal/vault internal/seal",
		"net/http", "", "rules do not know the network"},
	{"internal/...", "resolvers server graph tools github.com/99designs/gqlgen", "",
		"the domain does not know how it is asked"},
	{"internal/department", "ent internal/store internal/guard internal/profile internal/casefile internal/submission internal/queue internal/vault", "",
		"a simulated department shares nothing with the hub but the wire, or it would prove nothing"},
	{"internal/store internal/guard", "internal/profile internal/casefile internal/submission internal/queue internal/port", "",
		"the record does not know what is done with it"},
	{"internal/queue", "internal/casefile internal/profile internal/submission internal/port", "", "the queue carries envelopes and does not read them"},
	{"internal/profile", "internal/casefile internal/submission internal/queue internal/journal", "", "a person is there before any case"},
	{"internal/casefile", "internal/submission internal/queue internal/lookup internal/department internal/port/restjson internal/port/soap internal/port/filedrop internal/port/dbview internal/port/gqlport internal/roll internal/population", "",
		"casework says what is to be carried (casefile.Outbox), never how"},
	{"internal/notify", "internal/supervision internal/casefile internal/submission internal/queue internal/mandate internal/appointment internal/rating internal/dispute", "",
		"people are told what happened, by whoever knows; telling decides nothing"},
	{"internal/appointment internal/rating", "internal/casefile internal/submission internal/port internal/lookup internal/department", "",
		"a place at a window and a grade belong to a case; what handling a case means is said above"},
	{"internal/supervision", "internal/casefile internal/submission internal/queue internal/mandate internal/appointment internal/rating internal/dispute", "",
		"concerns are raised by the rooms above; seeing to them needs none of those"},
	{"internal/casefile", "internal/mandate internal/dispute", "", "casework asks under which mandate a clerk acts (casefile.Mandates), not how it came about"},
	{"internal/mandate internal/dispute", "internal/casefile internal/submission internal/port internal/lookup internal/department internal/appointment internal/rating", "",
		"whom a person lets act, and what they object to, is theirs before any case"},
	{"internal/casefile", "internal/subsidy", "", "casework says that an item is granted (casefile.Follower), not what is paid for it"},
	{"internal/identity", "internal/casefile internal/submission internal/lookup internal/department internal/queue", "", "who sits there is known before anything is done"},
	{"internal/subsidy", "internal/casefile internal/submission internal/lookup internal/department", "", "money follows a decision, whoever took it and however it came"},
	{"internal/lookup", "internal/casefile internal/submission internal/queue", "", "what departments say is written into the mirror; it moves no case"},
	{"internal/roll internal/population", "internal/casefile internal/submission internal/queue internal/department", "", "people arrive before their cases"},
	{"graph/... resolvers", "server internal/submission internal/queue internal/department internal/roll internal/population", "",
		"an answer is put together, not carried, simulated or imported"},
	{"ent/...", "internal", "internal/fault internal/words internal/workday internal/fact internal/lifecycle", "the record knows values, not rules"},
	{"internal/simulation", "internal/department internal/port/restjson internal/port/soap internal/port/filedrop internal/port/dbview internal/port/gqlport", "", "a simulation that is the same each time has no threads and no network"},
	{"internal/receipt", "internal/casefile internal/profile internal/submission internal/queue internal/lookup internal/department internal/seal", "",
		"who read what is kept whatever was read; nothing that is done with cases bears on it"},
	{"internal/webhook", "internal/casefile internal/profile internal/sharing internal/submission internal/queue internal/lookup internal/department", "",
		"a partner is told that something has changed, whoever changed it and by whatever road"},
	{"docs/examples/...", "internal ent graph resolvers server tools", "", "an example is copied to where nothing of ours is"},
	{"server/vetgraph", "testing internal/simulation internal/port/porttest internal/store/storetest pgregory.net/rapid tools", "testing",
		"what tests need does not ship; package testing itself comes with the gateway's planner, so its door below is what keeps ours out"},
}

// doors: who alone may import something directly.
var doors = []struct{ what, only, why string }{
	{"entgo.io/ent", "ent internal/store internal/guard internal/profile internal/casefile internal/notify internal/supervision resolvers tools", "the rest asks rooms, not tables"},
	{"github.com/riverqueue/river", "internal/queue internal/submission internal/casefile internal/notify internal/subsidy internal/webhook internal/simulation tools", "one room knows which queue we use; its neighbour gives it work"},
	{"modernc.org/sqlite", "internal/store internal/department internal/port/dbview tools", "the only two who keep books, and one who reads what is published"},
	{"github.com/jackc/pgx", "internal/store internal/queue internal/profile internal/port/dbview tools", "same"},
	{"github.com/go-sql-driver/mysql", "internal/port/dbview", "departments publish views in MySQL; nothing of ours is kept there"},
	{"github.com/99designs/gqlgen", "graph resolvers server tools docs/examples", "GraphQL ends where the rooms begin; an example is a subgraph of its own"},
	{"github.com/vektah/gqlparser", "graph resolvers server tools internal/port/gqlport docs/examples internal/gateway internal/slice", "same; a slice is a schema cut out of ours; and a department may itself be one that speaks GraphQL"},
	{"github.com/wundergraph/graphql-go-tools github.com/wundergraph/astjson", "internal/gateway", "one room plans over subgraphs, so that another planner can take its place"},
	{"github.com/dop251/goja", "internal/compose", "one room runs a program of others, under its limits of time, depth and memory"},
	{"internal/compose", "server", "a supergraph is composed by a command; nobody who serves needs it"},
	{"github.com/alecthomas/kong", "server", "one command line"},
	{"cel.dev/cel-go", "internal/catalog", "rules are compiled in one place, under its limits of cost"},
	{"github.com/emmansun/gmsm", "internal/seal internal/port/trust internal/vault", "SM2 stands behind one signer for sheets and one for requests, SM3 and SM4 behind one vault, so that a certified module can take its place"},
	{"github.com/dunglas/httpsfv", "internal/port/trust", "signatures of requests are read and written in one place"},
	{"golang.org/x/mod", "internal/receipt internal/slice internal/backup server", "one log that is a tree of hashes, and one form of note that is signed"},
	{"golang.org/x/oauth2", "internal/port/trust", "tokens for departments are fetched in one place; who signs in here is decided at the door"},
	{"rsc.io/qr", "internal/seal", "one picture of one text"},
	{"crypto/aes", "internal/vault", "personal data is sealed in one place"},
	{"github.com/coreos/go-oidc", "server", "who somebody is, is decided at the door"},
	{"github.com/pkg/sftp golang.org/x/crypto/ssh", "internal/port/filedrop", "one kind of port is reached so"},
	{"internal/port/restjson internal/port/soap internal/port/filedrop internal/port/dbview internal/port/gqlport", "internal/port/kinds internal/department", "everybody else speaks to package port, whatever the kind"},
	{"internal/port/kinds", "server", "who opens ports says which kinds there are"},
	{"internal/port/web", "internal/port/restjson internal/port/soap internal/port/gqlport", "what goes over HTTP goes one way"},
	{"testing", "internal/catalog internal/messenger/messengertest internal/port/porttest internal/simulation internal/store/storetest", "what tests need does not ship"},
	{"resolvers", "server", "only the server wires them"},
}

type listed struct {
	ImportPath string
	Imports    []string
	Deps       []string
}

// house lists our packages as the go command sees them, without their tests.
func house(t *testing.T) []listed {
	t.Helper()
	cmd := exec.Command("go", "-C", "..", "list", "-json=ImportPath,Imports,Deps", "./...")
	out, err := cmd.Output()
	if bad := new(exec.ExitError); errors.As(err, &bad) {
		t.Fatalf("go list: %v\n%s", err, bad.Stderr)
	} else if err != nil {
		t.Fatal(err)
	}
	var all []listed
	for d := json.NewDecoder(strings.NewReader(string(out))); ; {
		var p listed
		if err := d.Decode(&p); errors.Is(err, io.EOF) {
			return all
		} else if err != nil {
			t.Fatal(err)
		}
		p.ImportPath = short(p.ImportPath)
		all = append(all, p)
	}
}

// short is an import path as the tables above write it; Go's own internal packages
// are told from ours.
func short(path string) string {
	if ours, ok := strings.CutPrefix(path, module+"/"); ok {
		return ours
	} else if strings.HasPrefix(path, "internal/") {
		return "go/" + path
	}
	return path
}

// below says whether path is one of the places or lies within one.
func below(path, places string) bool {
	return slices.ContainsFunc(strings.Fields(places), func(p string) bool {
		p = strings.TrimSuffix(p, "/...")
		return path == p || strings.HasPrefix(path, p+"/")
	})
}

// room says whether path is one of the rooms; only "/..." takes in those below.
func room(path, rooms string) bool {
	return slices.ContainsFunc(strings.Fields(rooms), func(r string) bool {
		return path == r || strings.HasSuffix(r, "/...") && below(path, r)
	})
}

func TestFloors(t *testing.T) {
	all := house(t)
	for _, f := range floors {
		found := map[string]bool{}
		for _, p := range all {
			if !room(p.ImportPath, f.rooms) {
				continue
			}
			found[p.ImportPath] = true
			for _, dep := range p.Deps {
				if dep = short(dep); dep != p.ImportPath && below(dep, f.never) && !below(dep, f.but) {
					t.Errorf("%s reaches %s: %s", p.ImportPath, dep, f.why)
				}
			}
		}
		for _, r := range strings.Fields(f.rooms) {
			if !strings.HasSuffix(r, "...") && !found[r] {
				t.Errorf("the table speaks of %s, which is not there", r)
			}
		}
	}
}

func TestDoors(t *testing.T) {
	all := house(t)
	for _, d := range doors {
		used := false
		for _, p := range all {
			for _, dep := range p.Imports {
				if dep = short(dep); !below(dep, d.what) {
					continue
				}
				used = true
				if !below(p.ImportPath, d.only) && !below(p.ImportPath, d.what) {
					t.Errorf("%s imports %s; only %s may: %s", p.ImportPath, dep, d.only, d.why)
				}
			}
		}
		if !used {
			t.Errorf("nobody imports %s any more: take its line out of the table", d.what)
		}
	}
}
