package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"
)

// rig is the command as a process of its own, on free ports.
type rig struct {
	t     *testing.T
	cmd   *exec.Cmd
	at    string // the hub's /graphql
	token string
	said  []string
}

func start(t *testing.T, path string) *rig {
	t.Helper()
	program := filepath.Join(t.TempDir(), "partners")
	if out, err := exec.CommandContext(t.Context(), "go", "build", "-o", program, ".").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	ctx, cancel := context.WithTimeout(context.Background(), 3*time.Minute)
	t.Cleanup(cancel)
	g := &rig{t: t, cmd: exec.CommandContext(ctx, program, "--data", t.TempDir(), "--concessions", "127.0.0.1:0", "--courses", "127.0.0.1:0",
		"--", "--veterans", "40", "--listen", "127.0.0.1:0", "--subgraph-listen", "", "--admin-listen", "")}
	g.cmd.Dir = filepath.Join("..", "..")
	g.cmd.Env = append(os.Environ(), "PATH="+path)
	heard, err := g.cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := g.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	for in := bufio.NewScanner(heard); g.at == "" && in.Scan(); {
		g.said = append(g.said, in.Text())
		if at, ok := strings.CutPrefix(strings.TrimSpace(in.Text()), "GraphQL "); ok {
			g.at = strings.TrimSpace(at)
		}
	}
	go func() { _, _ = io.Copy(io.Discard, heard) }()
	if g.at == "" {
		t.Fatalf("it did not start:\n%s", strings.Join(g.said, "\n"))
	}
	g.token = g.do(http.MethodGet, strings.TrimSuffix(g.at, "/graphql")+"/dev/token?persona=veteran", nil)
	return g
}

func (g *rig) do(method, url string, body io.Reader) string {
	g.t.Helper()
	r, err := http.NewRequestWithContext(g.t.Context(), method, url, body)
	if err != nil {
		g.t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/json")
	if g.token != "" {
		r.Header.Set("Authorization", "Bearer "+g.token)
	}
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		g.t.Fatal(err)
	}
	out, err := io.ReadAll(res.Body)
	if err := errors.Join(err, res.Body.Close()); err != nil {
		g.t.Fatal(err)
	}
	return strings.TrimSpace(string(out))
}

// ask puts an answer into out and returns the reasons of its errors.
func (g *rig) ask(query string, variables map[string]any, out any) (reasons []string) {
	g.t.Helper()
	body, err := json.Marshal(map[string]any{"query": query, "variables": variables})
	if err != nil {
		g.t.Fatal(err)
	}
	var a struct {
		Data   json.RawMessage
		Errors []struct{ Extensions struct{ Reason string } }
	}
	answer := g.do(http.MethodPost, g.at, bytes.NewReader(body))
	if err := json.Unmarshal([]byte(answer), &a); err != nil {
		g.t.Fatalf("%v: %s", err, answer)
	}
	for _, e := range a.Errors {
		reasons = append(reasons, e.Extensions.Reason)
	}
	if err := json.Unmarshal(a.Data, out); err != nil {
		g.t.Fatalf("%v: %s", err, answer)
	}
	return reasons
}

// stop ends the command as Ctrl-C does, and finds nobody at the partners' addresses then.
func (g *rig) stop() {
	g.t.Helper()
	if err := g.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		g.t.Fatal(err)
	}
	if err := g.cmd.Wait(); err != nil {
		g.t.Errorf("the end: %v", err)
	}
	for _, line := range g.said {
		_, url, ok := strings.Cut(line, "http://")
		if !ok || !strings.HasPrefix(line, "  co") {
			continue
		}
		r, err := http.NewRequestWithContext(g.t.Context(), http.MethodGet, "http://"+strings.TrimSuffix(url, "/graphql")+"/healthz", nil)
		if err != nil {
			g.t.Fatal(err)
		}
		if res, err := http.DefaultClient.Do(r); err == nil {
			g.t.Errorf("still there: %s", line)
			_ = res.Body.Close()
		}
	}
}

type seen struct {
	Me struct {
		Veteran struct {
			ID                 string
			CourseHours        *int
			TrainingHours      int
			EnrolmentPermit    *string
			ConcessionStanding struct{ Code string }
		}
	}
	EnrolInCourse struct {
		Again     bool
		Enrolment struct {
			HoursHeld int
			Course    struct{ Matter struct{ Slug string } }
		}
		Veteran struct {
			CourseHours        int
			TrainingHours      int
			ConcessionStanding struct{ Code string }
		}
	}
	Concessions []struct{ Division struct{ Name string } }
}

const both = `{ concessions { division { name } } me { veteran { id courseHours trainingHours enrolmentPermit concessionStanding { code } } } }`

// TestOneGraph asks the hub about what three programs know.
func TestOneGraph(t *testing.T) {
	for _, program := range []string{"node", "npm"} {
		if _, err := exec.LookPath(program); err != nil {
			if os.Getenv("CI") == "true" {
				t.Fatal(err)
			}
			t.Skip(err)
		}
	}
	g := start(t, os.Getenv("PATH"))
	defer g.stop()
	var s seen
	if reasons := g.ask(both, nil, &s); len(reasons) > 0 || s.Me.Veteran.CourseHours == nil || s.Me.Veteran.ConcessionStanding.Code == "" || len(s.Concessions) != 4 || s.Concessions[0].Division.Name != "哈尔滨市" {
		t.Fatalf("%v %+v", reasons, s)
	}
	input := map[string]any{"key": "key-0001", "course": "starting-up-online", "permit": *s.Me.Veteran.EnrolmentPermit}
	for _, again := range []bool{false, true} {
		reasons := g.ask(`mutation ($input: EnrolInCourseInput!) { enrolInCourse(input: $input) {
			again enrolment { hoursHeld course { matter { slug } } } veteran { courseHours trainingHours concessionStanding { code } } } }`, map[string]any{"input": input}, &s)
		e := s.EnrolInCourse
		if len(reasons) > 0 || e.Again != again || e.Enrolment.HoursHeld < 2 || e.Enrolment.Course.Matter.Slug != "skills-training" ||
			e.Veteran.CourseHours != e.Enrolment.HoursHeld || e.Veteran.TrainingHours != s.Me.Veteran.TrainingHours+e.Enrolment.HoursHeld || e.Veteran.ConcessionStanding != s.Me.Veteran.ConcessionStanding {
			t.Errorf("%v %+v", reasons, e)
		}
	}
	// A stranger has no standing and no permit, because the hub shows nobody to them.
	g.token = ""
	if reasons := g.ask(`query ($id: ID!) { veteran(id: $id) { enrolmentPermit concessionStanding { permit } } }`, map[string]any{"id": s.Me.Veteran.ID}, &struct{}{}); len(reasons) == 0 {
		t.Error("a stranger has got a permit")
	}
}

// TestWithoutNode: what the school knows is missing, and nothing else.
func TestWithoutNode(t *testing.T) {
	program, err := exec.LookPath("go")
	if err != nil {
		t.Fatal(err)
	}
	path := t.TempDir()
	if err := os.Symlink(program, filepath.Join(path, "go")); err != nil {
		t.Fatal(err)
	}
	g := start(t, path)
	defer g.stop()
	if said := strings.Join(g.said, "\n"); !strings.Contains(said, "courses │ It does not run") {
		t.Errorf("it does not say that there are no courses:\n%s", said)
	}
	var s seen
	reasons := g.ask(`{ concessions { division { name } } courses { code } me { veteran { id enrolmentPermit concessionStanding { code } } } }`, nil, &s)
	if len(reasons) == 0 || slices.ContainsFunc(reasons, func(r string) bool { return r != "SUBGRAPH_SILENT" }) {
		t.Errorf("reasons: %v", reasons)
	}
	if v := s.Me.Veteran; v.ID == "" || v.EnrolmentPermit != nil || v.ConcessionStanding.Code == "" || len(s.Concessions) != 4 {
		t.Errorf("%+v", s)
	}
}
