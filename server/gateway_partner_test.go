package server_test

import (
	"bufio"
	"encoding/json"
	"errors"
	"flag"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/vetgraph/vetgraph/internal/store/storetest"
	"github.com/vetgraph/vetgraph/server"
)

// partner is the transport operator's subgraph in a process of its own, as an agency
// runs it: see docs/examples/concessions.
type partner struct {
	t       *testing.T
	address string
	process *exec.Cmd
	ended   chan struct{}
}

// released is the graph that ships, of the hub and the partners in docs/examples.
const released = "../graph/supergraph.graphql"

const partnersSecret = "what concessions wants to see"

// built are programs that tests start, each built once.
var built = sync.OnceValues(func() (string, error) { return os.MkdirTemp("", "vetgraph-test") })

// Tests that say they are parallel mostly wait for departments, so more of them go at
// once than there are processors.
func TestMain(m *testing.M) {
	flag.Parse()
	if f := flag.Lookup("test.parallel"); f.Value.String() == f.DefValue {
		_ = f.Value.Set("4")
	}
	code := m.Run()
	if dir, err := built(); err == nil {
		_ = os.RemoveAll(dir)
	}
	os.Exit(code)
}

var partnersProgram = sync.OnceValues(func() (string, error) {
	dir, err := built()
	if err != nil {
		return "", err
	}
	program := filepath.Join(dir, "concessions")
	out, err := exec.Command("go", "build", "-o", program, "../docs/examples/concessions").CombinedOutput()
	if err != nil {
		err = errors.New(string(out))
	}
	return program, err
})

func startPartner(t *testing.T) *partner {
	t.Helper()
	program, err := partnersProgram()
	if err != nil {
		t.Fatal(err)
	}
	p := &partner{t: t, ended: make(chan struct{}),
		process: exec.Command(program, "--listen", "127.0.0.1:0", "--data", t.TempDir(), "--secret", partnersSecret)}
	says, err := p.process.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := p.process.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.stop)
	lines := bufio.NewScanner(says)
	for p.address == "" && lines.Scan() {
		var line struct{ Message, Address string }
		if json.Unmarshal(lines.Bytes(), &line) == nil && line.Message == "listening" {
			p.address = line.Address
		}
	}
	if p.address == "" {
		t.Fatal("concessions does not listen")
	}
	go func() {
		defer close(p.ended)
		_, _ = io.Copy(io.Discard, says)
	}()
	return p
}

func (p *partner) stop() {
	_ = p.process.Process.Kill()
	<-p.ended
	_ = p.process.Wait()
}

// together is a hub that answers the released supergraph with the partner in it.
func together(t *testing.T, now func() time.Time, set ...func(*server.Config)) (*talk, *partner) {
	t.Helper()
	p := startPartner(t)
	settings := filepath.Join(t.TempDir(), "subgraphs.yaml")
	if err := os.WriteFile(settings, []byte("concessions: { url: '"+p.address+"', secret: '"+partnersSecret+"', timeout: 5s }\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	set = append([]func(*server.Config){func(c *server.Config) { c.Supergraph, c.Subgraphs = released, settings }}, set...)
	return open(t, storetest.SQLite(t), now, set...), p
}

// holder finds somebody with a valid card, and lets them be "holder".
func (k *talk) holder() string {
	k.t.Helper()
	var seen struct {
		Veterans struct {
			Nodes []struct {
				ID       string
				Benefits struct{ PreferentialCard *struct{ State string } }
			}
		}
	}
	k.get("clerk", `{ veterans(first: 40) { nodes { id benefits { preferentialCard { state } } } } }`, nil, &seen)
	for _, v := range seen.Veterans.Nodes {
		if c := v.Benefits.PreferentialCard; c != nil && c.State == "ACTIVE" {
			res, err := http.Get(k.public + "/dev/token?persona=veteran&assurance=FACE&id=" + v.ID)
			if err != nil {
				k.t.Fatal(err)
			}
			defer func() { _ = res.Body.Close() }()
			token, _ := io.ReadAll(res.Body)
			k.tokens["holder"] = strings.TrimSpace(string(token))
			return v.ID
		}
	}
	k.t.Fatal("nobody has a card")
	return ""
}
