package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"time"

	"entgo.io/ent/dialect"
	"github.com/rs/zerolog"

	"github.com/vetgraph/vetgraph/internal/access"
	"github.com/vetgraph/vetgraph/internal/citizen"
	"github.com/vetgraph/vetgraph/internal/population"
	"github.com/vetgraph/vetgraph/internal/profile"
	"github.com/vetgraph/vetgraph/internal/store"
	"github.com/vetgraph/vetgraph/internal/workday"
	"github.com/vetgraph/vetgraph/server"
)

// rig is the hub and, on PostgreSQL, its peer, each behind a socket.
type rig struct {
	hub    *server.Hub
	ours   string // addresses
	router string
	theirs string // "" without a peer
	peer   *peer
	token  string // of a clerk of the province
	ids    []string
	filers []string // people with all thirteen matters before them and no case
	closes []func() error
}

func open(ctx context.Context, o options) (r *rig, err error) {
	if o.database == "" {
		o.database = "sqlite:" + filepath.Join(o.data, "vetgraph.db")
	}
	r = &rig{}
	defer func() {
		if err != nil {
			err = errors.Join(err, r.close())
		}
	}()
	if err := os.MkdirAll(o.data, 0o700); err != nil {
		return r, err
	}
	say := func(_, en string) { fmt.Fprintln(os.Stderr, en) }
	r.hub, err = server.Open(ctx, server.Config{
		Demo: true, Data: o.data, Database: o.database, Veterans: o.veterans, Seed: 1, Closing: 17, Workers: 32,
		Listen: "127.0.0.1:0", WorkdayTakes: 2 * time.Second, Inquire: time.Hour, Log: zerolog.New(os.Stderr).Level(zerolog.ErrorLevel),
	}, say)
	if err != nil {
		return r, err
	}
	r.closes = append(r.closes, func() error { return r.hub.Close(context.WithoutCancel(ctx)) })
	if err := r.hub.Queue.Stop(ctx); err != nil { // what is measured is the acceptance, not the carrying
		return r, err
	}
	if r.ours, err = r.listen(r.hub.Handler()); err != nil {
		return r, err
	}
	if r.router, err = r.listen(r.hub.SubgraphHandler()); err != nil {
		return r, err
	}
	if r.token, err = token(r.hub.Handler(), "clerk"); err != nil {
		return r, err
	}
	if r.hub.Store.Dialect == dialect.Postgres {
		if err := r.openPeer(ctx, o); err != nil {
			return r, err
		}
	}
	return r, r.choose(ctx)
}

func (r *rig) openPeer(ctx context.Context, o options) (err error) {
	if r.peer, err = newPeer(ctx, r.hub, o.database); err != nil {
		return err
	}
	r.closes = append(r.closes, func() error { r.peer.pool.Close(); return nil })
	r.theirs, err = r.listen(r.peer.handler())
	return err
}

func (r *rig) close() error {
	var errs []error
	for i := len(r.closes) - 1; i >= 0; i-- {
		errs = append(errs, r.closes[i]())
	}
	return errors.Join(errs...)
}

// listen serves a handler on any free port.
func (r *rig) listen(h http.Handler) (string, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	s := &http.Server{Handler: h, ReadHeaderTimeout: 10 * time.Second}
	ended := make(chan error, 1)
	go func() { ended <- s.Serve(l) }()
	r.closes = append(r.closes, func() error {
		err := s.Close()
		if end := <-ended; !errors.Is(end, http.ErrServerClosed) {
			err = errors.Join(err, end)
		}
		return err
	})
	return l.Addr().String(), nil
}

// token is that of a persona: "clerk" serves the province, "veteran&id=ID" is a person.
func token(h http.Handler, persona string) (string, error) {
	w, q := httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, "http://127.0.0.1/dev/token?persona="+persona, nil)
	q.RemoteAddr = "127.0.0.1:1"
	h.ServeHTTP(w, q)
	if w.Code != http.StatusOK {
		return "", fmt.Errorf("token: %s", w.Body)
	}
	return strings.TrimSpace(w.Body.String()), nil
}

// How many submissions each side can make in one run.
const (
	filersOurs   = 3000
	filersTheirs = 6000
)

// choose finds people to ask about, and makes those who file: as many as needed
// of the population's first person, under numbers of their own. Their cases of
// the last run go.
func (r *rig) choose(ctx context.Context) error {
	ctx = access.AsMachine(ctx, "load")
	var first profile.Person
	for q := range population.Generate(1, 1, workday.FromTime(time.Now()), r.hub.Divisions) {
		first = q
	}
	filers := map[string]bool{}
	people := make([]profile.Person, filersOurs+filersTheirs)
	for i := range people {
		people[i] = first
		people[i].Number = citizen.Make("230199", workday.Date(1980, time.January, 1).AddDays(i/400), 2*(i%400)+1)
		id := r.hub.Profile.VeteranID(people[i].Number)
		r.filers = append(r.filers, id)
		filers[id] = true
	}
	known, err := r.hub.Profile.GetMany(ctx, r.filers[len(r.filers)-1:])
	if err != nil {
		return err
	}
	if known[0] == nil {
		fmt.Fprintf(os.Stderr, "Making %d people who file…\n", len(people))
		for i := 0; i < len(people); i += 500 {
			err := r.hub.Store.InTx(ctx, func(ctx context.Context, tx store.Tx) error {
				_, err := r.hub.Profile.Put(ctx, tx, people[i:i+500])
				return err
			})
			if err != nil {
				return err
			}
		}
	}
	if err := r.forget(ctx); err != nil {
		return err
	}
	r.closes = append(r.closes, func() error { return r.forget(context.WithoutCancel(ctx)) })
	all, err := r.hub.Store.Read.Veteran.Query().IDs(ctx)
	for _, id := range all {
		if !filers[id] {
			r.ids = append(r.ids, id)
		}
	}
	return err
}

// forget removes the cases of those who file, and all jobs.
func (r *rig) forget(ctx context.Context) error {
	db, done := r.hub.Store.SQL()
	defer done()
	const theirs = " IN (SELECT c.id FROM case_files c JOIN veterans v ON v.id = c.veteran_id WHERE c.submission_key LIKE 'load-%')"
	statements := []string{"DELETE FROM river_job"}
	for _, table := range []string{"events", "materials", "obligations", "pauses", "corrections", "notifications", "tasks", "items"} {
		statements = append(statements, "DELETE FROM "+table+" WHERE case_id"+theirs)
	}
	for _, statement := range append(statements, "DELETE FROM case_files WHERE submission_key LIKE 'load-%'") {
		if _, err := db.ExecContext(ctx, statement); err != nil {
			return fmt.Errorf("forget the last run: %w", err)
		}
	}
	if r.hub.Store.Dialect == dialect.Postgres {
		_, err := db.ExecContext(ctx, "VACUUM ANALYZE")
		return err
	}
	_, err := db.ExecContext(ctx, "ANALYZE")
	return err
}
