// Package webhook tells partners that something within their slice has changed: of whom and which fields, and never to what.
//
// A message is written in the transaction of the change and carried by the queue
// until the partner has taken it or it is too old. It names a person by the
// graph's opaque ID and fields by their place in the schema; who wants the values
// comes and reads them, under the slice's purpose, quota and receipts. Those who
// come into the slice and leave it are told of too: whoever has left is to be
// deleted by the day that the slice's data life sets (个人信息保护法 art. 47).
//
// What is compared is what the record holds before and after: every road by which
// facts of people are written goes through internal/profile, every consent through
// internal/sharing, and both let [Post.Watch] look. Time passes without a
// transaction, though: that a slice closes on its last day, and consents with it,
// is written in the slice and told to nobody.
package webhook

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/riverqueue/river"
	"github.com/rs/zerolog"

	"github.com/vetgraph/vetgraph/ent/gen"
	"github.com/vetgraph/vetgraph/ent/gen/announcement"
	"github.com/vetgraph/vetgraph/internal/access"
	"github.com/vetgraph/vetgraph/internal/slice"
	"github.com/vetgraph/vetgraph/internal/store"
)

// Post tells partners.
type Post struct {
	Store  *store.Store
	Slices *slice.Register
	Eyes   Eyes
	Shown  Shown
	Hooks  map[string]*Hook // by name of the slice; who has none is told nothing
	Queue  Queue
	Now    func() time.Time
	Log    zerolog.Logger
}

// Eyes answer who of some people a partner may read, as a client sees it.
type Eyes interface {
	Seen(ctx context.Context, from *gen.Client, s *slice.Slice, ids []string) ([]string, error)
}

// Shown answers what columns hold of people, by the columns' names, to be compared.
type Shown func(ctx context.Context, tx store.Tx, columns map[string]slice.Column, ids []string) (map[string]map[string]string, error)

// Queue takes jobs within a transaction, and has those worked now that wait.
type Queue interface {
	Insert(ctx context.Context, tx store.Tx, jobs ...river.JobArgs) error
	Hurry(ctx context.Context, tx store.Tx, kind river.JobArgs, arg string, values []string) (map[string]bool, error)
}

// Told are the slices that are told anything: those with changes and a hook.
func (p *Post) Told() (all []*slice.Slice) {
	for _, s := range p.Slices.All() {
		if p.Hooks[s.Name] != nil && len(s.Changes) > 0 {
			all = append(all, s)
		}
	}
	return all
}

// sight is what partners can see of some people at one moment.
type sight struct {
	seen  map[string]map[string]bool   // by slice: whom
	shown map[string]map[string]string // by person: what each field shows
}

// Watch looks at people before something of theirs is written and, by after, once it
// is, and writes down what partners are to be told. Both are within tx, and the
// people are locked.
func (p *Post) Watch(ctx context.Context, tx store.Tx, ids []string) (after func(context.Context) error, err error) {
	told := p.Told()
	if len(told) == 0 {
		return func(context.Context) error { return nil }, nil
	}
	before, err := p.look(ctx, tx, told, ids)
	if err != nil {
		return nil, err
	}
	return func(ctx context.Context) error {
		now, err := p.look(ctx, tx, told, ids)
		if err != nil {
			return err
		}
		for _, s := range told {
			if err := p.write(ctx, tx, s, differences(s, ids, before, now)); err != nil {
				return err
			}
		}
		return nil
	}, nil
}

func (p *Post) look(ctx context.Context, tx store.Tx, told []*slice.Slice, ids []string) (*sight, error) {
	ctx = access.AsMachine(ctx, "webhook")
	all, columns, out := slice.Watched(), map[string]slice.Column{}, &sight{seen: map[string]map[string]bool{}}
	for _, s := range told {
		seen, err := p.Eyes.Seen(ctx, tx.Ent, s, ids)
		if err != nil {
			return nil, err
		}
		out.seen[s.Name] = map[string]bool{}
		for _, id := range seen {
			out.seen[s.Name][id] = true
		}
		for _, at := range s.Changes.Coordinates() {
			columns[at] = all[at]
		}
	}
	var err error
	out.shown, err = p.Shown(ctx, tx, columns, ids)
	return out, err
}

// word is one thing to tell.
type word struct {
	person string
	kind   announcement.Kind
	fields []string
}

// differences are what one partner is to be told, in order of people.
func differences(s *slice.Slice, ids []string, before, now *sight) (all []word) {
	was, is := before.seen[s.Name], now.seen[s.Name]
	for _, id := range slices.Compact(slices.Sorted(slices.Values(ids))) {
		switch {
		case !was[id] && is[id]:
			all = append(all, word{id, announcement.KindENTERED, nil})
		case was[id] && !is[id]:
			all = append(all, word{id, announcement.KindLEFT, nil})
		case is[id]:
			var fields []string
			for _, at := range s.Changes.Coordinates() {
				if before.shown[id][at] != now.shown[id][at] {
					fields = append(fields, at)
				}
			}
			if len(fields) > 0 {
				all = append(all, word{id, announcement.KindCHANGED, fields})
			}
		}
	}
	return all
}

// perWrite bounds the rows of one statement.
const perWrite = 500

// write puts words down and queues what carries them.
func (p *Post) write(ctx context.Context, tx store.Tx, s *slice.Slice, all []word) error {
	ctx = access.AsMachine(ctx, "webhook")
	for some := range slices.Chunk(all, perWrite) {
		last, err := p.last(ctx, tx, s, some)
		if err != nil {
			return err
		}
		rows, jobs := make([]*gen.AnnouncementCreate, len(some)), make([]river.JobArgs, len(some))
		for i, w := range some {
			id := "msg_" + store.NewID()
			at := max(p.Now().UnixMicro(), last[w.person]+1) // the clock of another hub may be ahead
			rows[i] = tx.Ent.Announcement.Create().SetID(id).SetSlice(s.Name).SetVeteranID(w.person).SetAt(at).SetKind(w.kind).SetFields(w.fields)
			jobs[i] = Carry{Slice: s.Name, Message: id}
		}
		if err := tx.Ent.Announcement.CreateBulk(rows...).Exec(ctx); err != nil {
			return fmt.Errorf("write %d announcements: %w", len(rows), err)
		}
		if err := p.Queue.Insert(ctx, tx, jobs...); err != nil {
			return err
		}
	}
	return nil
}

// last is when the last word about each person was written, in microseconds.
func (p *Post) last(ctx context.Context, tx store.Tx, s *slice.Slice, some []word) (map[string]int64, error) {
	var rows []struct {
		VeteranID string `json:"veteran_id"`
		Max       int64  `json:"max"`
	}
	names := make([]string, len(some))
	for i, w := range some {
		names[i] = w.person
	}
	err := tx.Ent.Announcement.Query().Where(announcement.Slice(s.Name), announcement.VeteranIDIn(names...)).
		GroupBy(announcement.FieldVeteranID).Aggregate(gen.Max(announcement.FieldAt)).Scan(ctx, &rows)
	if err != nil {
		return nil, fmt.Errorf("last announcements: %w", err)
	}
	out := map[string]int64{}
	for _, r := range rows {
		out[r.VeteranID] = r.Max
	}
	return out, nil
}

// Count is how many messages of a slice are in a state.
type Count struct {
	Slice, State string
	N            int
	Oldest       time.Time // change that the oldest of them tells of
}

// Counts are how messages stand, of those that are still remembered.
func (p *Post) Counts(ctx context.Context) ([]Count, error) {
	var rows []struct {
		Slice, State string
		Count        int
		Min          int64
	}
	err := p.Store.Read.Announcement.Query().GroupBy(announcement.FieldSlice, announcement.FieldState).
		Aggregate(gen.Count(), gen.Min(announcement.FieldAt)).Scan(access.AsMachine(ctx, "webhook"), &rows)
	if err != nil {
		return nil, fmt.Errorf("count announcements: %w", err)
	}
	out := make([]Count, len(rows))
	for i, r := range rows {
		out[i] = Count{r.Slice, r.State, r.Count, time.UnixMicro(r.Min)}
	}
	return out, nil
}

// Lanes are the queues in which messages are carried, one for each partner, so that
// one who is slow keeps nobody else waiting: how many are sent to each at once.
func (p *Post) Lanes() map[string]int {
	out := map[string]int{}
	for _, name := range slices.Sorted(maps.Keys(p.Hooks)) {
		out[lane(name)] = atOnce
	}
	return out
}
