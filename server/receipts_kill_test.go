package server_test

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"encoding/json"
	"io"
	"net/http"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/rs/zerolog"

	rows "github.com/vetgraph/vetgraph/ent/gen/receipt"
	"github.com/vetgraph/vetgraph/internal/access"
	"github.com/vetgraph/vetgraph/internal/receipt"
	"github.com/vetgraph/vetgraph/internal/store/storetest"
	"github.com/vetgraph/vetgraph/server"
	"github.com/vetgraph/vetgraph/server/durability"
)

// mortal is a hub in a process of its own, to be killed.
type mortal struct {
	t                      *testing.T
	program, dir, db, addr string
	mu                     sync.Mutex
	asked, received        map[string]int // by the person's ID
	came                   chan struct{}  // an answer with something sensitive
	running                *exec.Cmd
	client                 *http.Client
	tick                   *time.Ticker
	started                int
}

func (m *mortal) start() {
	m.t.Helper()
	m.running = exec.CommandContext(m.t.Context(), m.program, "--data", m.dir, "--database", m.db, "--listen", m.addr, "--subgraph-listen=", "--admin-listen=", "--veterans", "20", "--log-level", "error")
	if err := m.running.Start(); err != nil {
		m.t.Fatal(err)
	}
	m.started++
	for deadline := time.Now().Add(time.Minute); ; {
		if res, err := m.client.Get("http://" + m.addr + "/readyz"); err == nil {
			_ = res.Body.Close()
			if res.StatusCode == http.StatusOK {
				return
			}
		}
		if time.Now().After(deadline) {
			m.t.Fatal("the hub does not come up")
		}
		<-m.tick.C
	}
}

func (m *mortal) kill() {
	m.t.Helper()
	if err := m.running.Process.Kill(); err != nil {
		m.t.Fatal(err)
	}
	_ = m.running.Wait() // it says that it was killed
}

// read asks for people until the hub is dead, and counts what came through.
func (m *mortal) read(token string, people []string) {
	for i := 0; ; i++ {
		who := people[i%len(people)]
		m.count(m.asked, who)
		answer, err := m.ask(token, `query($v: ID!) { veteran(id: $v) { citizenNumber serviceHistory { ranks { rank } } } }`, map[string]string{"v": who})
		if bytes.Contains(answer, []byte(`"citizenNumber":"`)) { // whether or not all the rest came
			m.count(m.received, who)
			select {
			case m.came <- struct{}{}:
			default: // enough have come
			}
		}
		if err != nil {
			return
		}
	}
}

// ask answers what came through, also of an answer that was cut off.
func (m *mortal) ask(token, query string, variables map[string]string) ([]byte, error) {
	body, err := json.Marshal(map[string]any{"query": query, "variables": variables})
	if err != nil {
		return nil, err
	}
	req, err := http.NewRequestWithContext(m.t.Context(), http.MethodPost, "http://"+m.addr+"/graphql", bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Authorization", "Bearer "+token)
	res, err := m.client.Do(req)
	if err != nil {
		return nil, err
	}
	defer func() { _ = res.Body.Close() }()
	return io.ReadAll(res.Body)
}

// people are the IDs of some.
func (m *mortal) people(token string) (ids []string) {
	m.t.Helper()
	var out struct {
		Data struct {
			Veterans struct{ Nodes []struct{ ID string } }
		}
	}
	body, err := m.ask(token, `{ veterans(first: 20) { nodes { id } } }`, nil)
	if err == nil {
		err = json.Unmarshal(body, &out)
	}
	if err != nil || len(out.Data.Veterans.Nodes) == 0 {
		m.t.Fatalf("%s %v", body, err)
	}
	for _, v := range out.Data.Veterans.Nodes {
		ids = append(ids, v.ID)
	}
	return ids
}

func (m *mortal) count(in map[string]int, who string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	in[who]++
}

// Killed while it answers, a hub has kept every read that anybody was sent.
func TestKilledHubKeptWhatItSent(t *testing.T) {
	t.Parallel()
	program := filepath.Join(t.TempDir(), "vetgraph")
	if out, err := exec.CommandContext(t.Context(), "go", "build", "-o", program, "./vetgraph").CombinedOutput(); err != nil {
		t.Fatalf("build the hub: %v\n%s", err, out)
	}
	for name, database := range map[string]func(testing.TB) string{"sqlite": storetest.SQLite, "postgres": storetest.PostgreSQL} {
		t.Run(name, func(t *testing.T) {
			m := &mortal{t: t, program: program, dir: t.TempDir(), db: database(t), asked: map[string]int{}, received: map[string]int{}, client: &http.Client{Timeout: 20 * time.Second},
				came: make(chan struct{}, 40), tick: time.NewTicker(20 * time.Millisecond)}
			c := server.Config{
				Demo: true, Data: m.dir, Database: m.db, Listen: "127.0.0.1:0", Closing: 17, Workers: 4, Veterans: 20, Seed: 1, WorkdayTakes: time.Second, Log: zerolog.Nop(),
			}
			var release func() error
			var err error
			if m.addr, release, err = durability.Address(t.Context()); err != nil {
				t.Fatal(err)
			}
			defer func() { _ = release() }()
			for range 5 {
				m.round()
			}
			h, err := server.Open(t.Context(), c, nil)
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = h.Close(context.WithoutCancel(t.Context())) }()
			total := 0
			for who, n := range m.received {
				kept := h.Store.Read.Receipt.Query().Where(rows.Person(h.Vault.Index(who, "receipt/person")[:16])).CountX(access.AsMachine(t.Context(), "test"))
				if kept < n || kept > m.asked[who] {
					t.Errorf("%d answers about one person came through, of %d that were asked for, and %d are kept", n, m.asked[who], kept)
				}
				total += n
			}
			if report, err := receipt.Audit(t.Context(), h.Store, receipt.Evidence{Keys: []ed25519.PublicKey{h.Receipts.Key()}}); err != nil || report.Wrong != "" {
				t.Errorf("audit: %+v, %v", report, err)
			}
			if total < 100 {
				t.Errorf("only %d answers came through: nothing was proved", total)
			}
			t.Logf("%d answers before and between %d deaths", total, m.started)
		})
	}
}

// round is one life of the hub, ended in the midst of answers.
func (m *mortal) round() {
	m.t.Helper()
	m.start()
	res, err := m.client.Get("http://" + m.addr + "/dev/token?persona=clerk")
	if err != nil {
		m.t.Fatal(err)
	}
	token, err := io.ReadAll(res.Body)
	_ = res.Body.Close()
	if err != nil {
		m.t.Fatal(err)
	}
	people := m.people(strings.TrimSpace(string(token)))
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() { m.read(strings.TrimSpace(string(token)), people) })
	}
	for range 40 {
		<-m.came
	}
	m.kill()
	wg.Wait()
}
