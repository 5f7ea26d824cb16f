package server

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"runtime/debug"
	"slices"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/vetgraph/vetgraph/internal/casefile"
	"github.com/vetgraph/vetgraph/internal/department"
	"github.com/vetgraph/vetgraph/internal/population"
	"github.com/vetgraph/vetgraph/internal/profile"
	"github.com/vetgraph/vetgraph/internal/store"
	"github.com/vetgraph/vetgraph/internal/workday"
)

// birth is what the demonstration's data was made with. It stands in demo.json in
// the data folder, so that a start that was cut off is completed with the same
// people and cases, also on another day.
type birth struct {
	Database string    `json:"database"`
	Seed     uint64    `json:"seed"`
	Veterans int       `json:"veterans"`
	At       time.Time `json:"at"`
	Done     bool      `json:"done"`
}

// prepare makes the demonstration's data the first time. Each part can be written
// again without harm, so a start that was killed is taken up where it stood.
func (h *Hub) prepare(ctx context.Context, say func(zh, en string)) error {
	if !h.Config.Demo {
		return nil
	}
	b, err := h.remember()
	if err != nil {
		return err
	}
	h.born = b.At
	if b.Done {
		people, err := h.Store.Read.Veteran.Query().Limit(1).IDs(ctx)
		if err != nil {
			return err
		}
		if len(people) > 0 {
			return h.adopt(ctx)
		}
	}
	say(fmt.Sprintf("首次启动：正在准备 %d 位示例退役军人和办件……", b.Veterans), fmt.Sprintf("First start: preparing %d synthetic veterans and their cases…", b.Veterans))
	start := time.Now()
	if err := h.fill(ctx, b); err != nil {
		return fmt.Errorf("prepare the demonstration: %w", err)
	}
	if err := h.adopt(ctx); err != nil {
		return err
	}
	b.Done = true
	if err := h.keep(b); err != nil {
		return err
	}
	say(fmt.Sprintf("准备完毕，用时 %.1f 秒。", time.Since(start).Seconds()), fmt.Sprintf("Ready after %.1f s.", time.Since(start).Seconds()))
	debug.FreeOSMemory() // the people were held in memory once; that is over
	return nil
}

// remember reads what the data was made with, or decides it.
func (h *Hub) remember() (birth, error) {
	now := birth{Database: recordName(h.Config.Database), Seed: h.Config.Seed, Veterans: h.Config.Veterans, At: h.Config.Now().UTC().Truncate(time.Second)}
	body, err := os.ReadFile(h.diary())
	if errors.Is(err, fs.ErrNotExist) {
		return now, h.keep(now)
	}
	before := birth{}
	if err == nil {
		err = json.Unmarshal(body, &before)
	}
	if err != nil {
		return now, fmt.Errorf("%s cannot be read: %w", h.diary(), err)
	}
	if before.Database != now.Database {
		return now, h.keep(now)
	}
	return before, nil
}

// recordName names a database without how one signs in to it or speaks with it:
// another password or time-out makes no other record.
func recordName(address string) string {
	u, err := url.Parse(address)
	if err != nil || u.Host == "" {
		return address // SQLite: the path
	}
	return u.Host + u.Path + "#" + u.Query().Get("search_path")
}

func (h *Hub) keep(b birth) error {
	body, err := json.MarshalIndent(b, "", "  ")
	if err != nil {
		return err
	}
	temp := h.diary() + ".new"
	if err := os.WriteFile(temp, append(body, '\n'), 0o600); err != nil {
		return fmt.Errorf("note the demonstration's birth: %w", err)
	}
	return os.Rename(temp, h.diary())
}

func (h *Hub) diary() string { return filepath.Join(h.Config.Data, "demo.json") }

// fill writes places, people, the departments' registers and cases.
func (h *Hub) fill(ctx context.Context, b birth) error {
	cast, err := h.cast(b)
	if err != nil {
		return err
	}
	people := make([]profile.Person, len(cast))
	for i := range cast {
		people[i] = cast[i].person
	}
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() error { return h.enrol(ctx, people) })
	g.Go(func() error {
		if err := h.places(ctx); err != nil {
			return err
		}
		for some := range slices.Chunk(people, 500) {
			err := h.Store.InTx(ctx, func(ctx context.Context, tx store.Tx) error {
				_, err := h.Profile.Put(ctx, tx, some)
				return err
			})
			if err != nil {
				return err
			}
		}
		return h.seedCases(ctx, cast, b)
	})
	return g.Wait()
}

// places writes the administrative divisions.
func (h *Hub) places(ctx context.Context) error {
	all := h.Divisions.All()
	if n, err := h.Store.Read.Division.Query().Count(ctx); err != nil || n == len(all) {
		return err
	}
	db, done := h.Store.SQL()
	defer done()
	for some := range slices.Chunk(all, 2000) {
		var values strings.Builder
		args := make([]any, 0, 4*len(some))
		for i, d := range some {
			if h.Store.Pool != nil {
				fmt.Fprintf(&values, ",($%d,$%d,$%d,nullif($%d,''))", 4*i+1, 4*i+2, 4*i+3, 4*i+4)
			} else {
				values.WriteString(",(?,?,?,nullif(?,''))")
			}
			args = append(args, d.Code, d.Name, string(d.Level), d.Parent)
		}
		if _, err := db.ExecContext(ctx, "INSERT INTO divisions (id, name, level, parent_id) VALUES "+values.String()[1:]+" ON CONFLICT (id) DO NOTHING", args...); err != nil {
			return fmt.Errorf("write divisions: %w", err)
		}
	}
	return nil
}

// enrol puts people into the departments' own registers, department by
// department side by side.
func (h *Hub) enrol(ctx context.Context, people []profile.Person) error {
	registers := map[string][]department.Person{}
	for _, q := range people {
		for code, facts := range population.DepartmentRecords(q) {
			registers[code] = append(registers[code], department.Person{CitizenNumber: q.Number, Facts: facts})
		}
	}
	g, ctx := errgroup.WithContext(ctx)
	for _, code := range h.Fleet.Departments() {
		g.Go(func() error { return h.Fleet.Enrol(ctx, code, registers[code]) })
	}
	return g.Wait()
}

// seedCases writes the cast's cases, a batch in each transaction, what people then
// thought of them, and what is under way.
func (h *Hub) seedCases(ctx context.Context, cast []role, b birth) error {
	var stories []*casefile.Story
	for _, r := range cast {
		if r.story != nil {
			stories = append(stories, r.story)
		}
	}
	for some := range slices.Chunk(stories, 100) {
		err := h.Store.InTx(ctx, func(ctx context.Context, tx store.Tx) error {
			fresh, err := h.Cases.Seed(ctx, tx, some)
			if err != nil {
				return err
			}
			if err := h.rated(ctx, tx, b, fresh); err != nil {
				return err
			}
			ids := make([]string, len(fresh))
			for i, s := range fresh {
				ids[i] = s.CaseID()
			}
			return h.Cases.Board().NoteNew(ctx, tx, ids)
		})
		if err != nil {
			return err
		}
	}
	return h.play(ctx, cast)
}

// heroes are the population's first people. They have no case yet when the
// demonstration begins.
func (h *Hub) heroPersons() []profile.Person {
	return slices.Collect(population.Generate(h.Config.Seed, len(population.Heroes()), workday.FromTime(h.born), h.Divisions))
}

// heroes are their IDs.
func (h *Hub) heroes() []string {
	var ids []string
	for _, p := range h.heroPersons() {
		ids = append(ids, h.Profile.VeteranID(p.Number))
	}
	return ids
}
