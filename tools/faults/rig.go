package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/rs/zerolog"

	"github.com/vetgraph/vetgraph/internal/access"
	"github.com/vetgraph/vetgraph/internal/casefile"
	"github.com/vetgraph/vetgraph/internal/citizen"
	"github.com/vetgraph/vetgraph/internal/department"
	"github.com/vetgraph/vetgraph/internal/form"
	"github.com/vetgraph/vetgraph/internal/population"
	"github.com/vetgraph/vetgraph/internal/profile"
	"github.com/vetgraph/vetgraph/internal/store"
	"github.com/vetgraph/vetgraph/internal/workday"
	"github.com/vetgraph/vetgraph/server"
)

// mostPeople is how many can file: one for each cell.
const mostPeople = 1500

// rig is a demonstration hub behind a socket, with people who have everything before them.
type rig struct {
	hub     *server.Hub
	address string
	dir     string
	front   *http.Server

	mu     sync.Mutex
	people []person
}

type person struct {
	id     string
	number citizen.Number
}

func open(ctx context.Context, o options) (r *rig, err error) {
	r = &rig{}
	defer func() {
		if err != nil {
			err = errors.Join(err, r.close())
		}
	}()
	if r.dir, err = os.MkdirTemp("", "vetgraph-faults-"); err != nil {
		return r, err
	}
	if o.database == "" {
		o.database = "sqlite:" + filepath.Join(r.dir, "record.db")
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return r, err
	}
	r.address = "http://" + l.Addr().String()
	r.hub, err = server.Open(ctx, server.Config{
		Demo: true, Data: r.dir, Database: o.database, Listen: l.Addr().String(), PublicURL: r.address, Veterans: 10, Seed: 1, Closing: 24, Workers: 64,
		Inquire: time.Second, WorkdayTakes: time.Hour, Log: zerolog.New(os.Stderr).Level(zerolog.Disabled),
	}, nil)
	if err != nil {
		return r, errors.Join(err, l.Close())
	}
	r.front = &http.Server{Handler: r.hub.Handler(), ReadHeaderTimeout: 10 * time.Second}
	go func() { _ = r.front.Serve(l) }()
	return r, r.populate(ctx)
}

func (r *rig) close() error {
	var errs []error
	if r.front != nil {
		errs = append(errs, r.front.Close())
	}
	if r.hub != nil {
		errs = append(errs, r.hub.Close(context.Background()))
	}
	return errors.Join(append(errs, os.RemoveAll(r.dir))...)
}

// populate makes people like the population's first, who has all thirteen matters
// before them, known to every department.
func (r *rig) populate(ctx context.Context) error {
	ctx = access.AsMachine(ctx, "faults")
	var first profile.Person
	for q := range population.Generate(1, 1, workday.FromTime(time.Now()), r.hub.Divisions) {
		first = q
	}
	all := make([]profile.Person, mostPeople)
	registers := map[string][]department.Person{}
	for i := range all {
		all[i] = first
		all[i].Number = citizen.Make("230199", workday.Date(1981, time.January, 1).AddDays(i/400), 2*(i%400)+1)
		r.people = append(r.people, person{r.hub.Profile.VeteranID(all[i].Number), all[i].Number})
		for code, facts := range population.DepartmentRecords(all[i]) {
			if _, said := facts["medicalEnrolmentStatus"]; said {
				facts["medicalEnrolmentStatus"] = "NONE" // or there would be nothing to enrol
			}
			registers[code] = append(registers[code], department.Person{CitizenNumber: all[i].Number, Facts: facts})
		}
	}
	for some := range slices.Chunk(all, 500) {
		if err := r.hub.Store.InTx(ctx, func(ctx context.Context, tx store.Tx) error {
			_, err := r.hub.Profile.Put(ctx, tx, some)
			return err
		}); err != nil {
			return err
		}
	}
	for code, list := range registers {
		if slices.Contains(r.hub.Fleet.Departments(), code) {
			if err := r.hub.Fleet.Enrol(ctx, code, list); err != nil {
				return err
			}
		}
	}
	return nil
}

// typed is what everybody types where the form asks.
var typed = map[string]any{
	"mobile": "19900001234", "currentDivision": "230102001000", "currentAddress": "示例路1号", "occupation": "4",
	"healthStatus": "10", "photo": "photo-1", "idApplyReason": "FIRST", "deliveryMode": "ELECTRONIC",
	"householdSettleType": "OWN_DWELLING", "targetDivision": "230102001001", "targetAddress": "示例路1号",
	"insuranceTypes": []any{"PENSION"}, "medicalSchemeType": "EMPLOYEE", "ssCardBank": "ICBC", "ssCardBranch": "示例支行",
	"prefCardBank": "ICBC", "bankName": "ICBC", "bankAccountNo": "621000000000", "bankAccountName": "王志远", "trainingIntent": false,
}

// answers fill in the form of one matter; they are the same for everybody.
func (r *rig) answers(ctx context.Context, id, matter string) (out []map[string]any, err error) {
	p, err := r.hub.Cases.Plan(ctx, casefile.PlanInput{VeteranID: id, Matters: []string{matter}})
	if err != nil {
		return nil, fmt.Errorf("plan: %w", err)
	}
	for _, s := range p.Form.Sections {
		for _, f := range s.Fields {
			if v, ok := typed[f.ID]; ok && f.Fill == form.Ask && f.Required {
				out = append(out, map[string]any{"field": f.ID, "value": v})
			}
		}
	}
	return out, nil
}

// somebody is a person whom no other cell has.
func (r *rig) somebody() (person, string, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.people) == 0 {
		return person{}, "", errors.New("nobody is left")
	}
	p := r.people[0]
	r.people = r.people[1:]
	t, err := r.token("veteran&id=" + p.id)
	return p, t, err
}

func (r *rig) token(persona string) (string, error) {
	w, q := httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, "http://127.0.0.1/dev/token?persona="+persona, nil)
	q.RemoteAddr = "127.0.0.1:1"
	r.hub.Handler().ServeHTTP(w, q)
	if w.Code != http.StatusOK {
		return "", fmt.Errorf("token: %s", w.Body)
	}
	return strings.TrimSpace(w.Body.String()), nil
}

// ask sends one GraphQL operation.
func (r *rig) ask(ctx context.Context, token, query string, variables map[string]any, into any) error {
	body, err := json.Marshal(map[string]any{"query": query, "variables": variables})
	if err != nil {
		return err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, r.address+"/graphql", bytes.NewReader(body))
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Authorization", "Bearer "+token)
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	defer func() { _ = res.Body.Close() }()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		return err
	}
	var answer struct {
		Data   json.RawMessage
		Errors []struct {
			Message    string
			Extensions struct{ Reason string }
		}
	}
	if err := json.Unmarshal(text, &answer); err != nil {
		return fmt.Errorf("status %d: %w", res.StatusCode, err)
	}
	if len(answer.Errors) > 0 {
		return fmt.Errorf("refused: %s %s", answer.Errors[0].Extensions.Reason, answer.Errors[0].Message)
	}
	return json.Unmarshal(answer.Data, into)
}

// silences are cases of which nobody owes the next word, or is late with it.
func (r *rig) silences(ctx context.Context) (all []string, err error) {
	report, err := r.hub.Office.Silences(access.With(ctx, &access.Viewer{ID: "faults", Kind: access.Supervisor, Division: "230000000000"}), 20)
	if err != nil {
		return nil, err
	}
	for _, s := range report.Silences {
		all = append(all, fmt.Sprintf("silence: %s, case %s %s", s.Reason, s.CaseID, s.Matter))
	}
	return all, nil
}
