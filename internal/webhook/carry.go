package webhook

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"github.com/riverqueue/river"

	"github.com/vetgraph/vetgraph/ent/gen"
	"github.com/vetgraph/vetgraph/ent/gen/announcement"
	"github.com/vetgraph/vetgraph/ent/gen/predicate"
	"github.com/vetgraph/vetgraph/internal/access"
	"github.com/vetgraph/vetgraph/internal/slice"
	"github.com/vetgraph/vetgraph/internal/store"
	"github.com/vetgraph/vetgraph/internal/workday"
)

// Patience with partners that do not take what they are told.
const (
	atOnce    = 4                   // messages to one partner
	patience  = 3 * 24 * time.Hour  // for what has changed and who has come: then it is given up
	farewell  = 30 * 24 * time.Hour // for who has left, which has to be deleted there
	remember  = 90 * 24 * time.Hour // what has ended
	firstWait = time.Second         // after a failure; doubled each time
	longest   = 10 * time.Minute
)

// Carry is the job that takes one message to its partner.
type Carry struct {
	Slice   string `json:"slice"`
	Message string `json:"message"`
}

// Kind implements river.JobArgs.
func (Carry) Kind() string { return "webhook" }

// InsertOpts put the job into its partner's lane.
func (c Carry) InsertOpts() river.InsertOpts { return river.InsertOpts{Queue: lane(c.Slice)} }

// lane is the queue of a slice's messages: its name, as River likes names.
func lane(name string) string {
	return "webhook-" + strings.Join(strings.FieldsFunc(name, func(r rune) bool { return r == '-' }), "-")
}

// Install adds the worker of the jobs.
func (p *Post) Install(w *river.Workers) { river.AddWorker(w, &carrier{post: p}) }

type carrier struct {
	river.WorkerDefaults[Carry]
	post *Post
}

// Work carries one message. It may run twice: the partner knows a message by its ID.
func (c *carrier) Work(ctx context.Context, job *river.Job[Carry]) error {
	again, err := c.post.carry(access.AsMachine(ctx, "webhook"), job.Args.Message)
	if err == nil && again > 0 {
		return river.JobSnooze(again)
	}
	return err
}

// carry takes a message to its partner if it is its turn. It answers after how long it
// is to be looked at again, 0 for never.
func (p *Post) carry(ctx context.Context, id string) (again time.Duration, err error) {
	m, err := p.Store.Read.Announcement.Get(ctx, id)
	if gen.IsNotFound(err) || err == nil && m.State != announcement.StateWAITING {
		return 0, nil
	} else if err != nil {
		return 0, fmt.Errorf("announcement: %w", err)
	}
	before, err := p.Store.Read.Announcement.Query().Where(append(waiting(m), announcement.AtLT(m.At))...).Order(announcement.ByAt()).First(ctx)
	if err == nil {
		return wait(before.Attempts + 1), nil // one after the other; whoever ends it hurries this one
	} else if !gen.IsNotFound(err) {
		return 0, fmt.Errorf("announcements before: %w", err)
	}
	hook := p.Hooks[m.Slice]
	if hook == nil {
		return 0, p.end(ctx, m, announcement.StateGIVEN_UP, "NO_ADDRESS")
	}
	if rest := hook.resting(p.Now()); rest > 0 {
		return rest, nil
	}
	said, due, err := p.due(ctx, m)
	if err != nil {
		return 0, err
	}
	if !due {
		return 0, p.end(ctx, m, announcement.StateDROPPED, "")
	}
	trouble := hook.Send(ctx, m.ID, p.Now(), said)
	if trouble == "" {
		return 0, p.end(ctx, m, announcement.StateDELIVERED, "")
	}
	if ctx.Err() != nil {
		return 0, ctx.Err() // we are stopping
	}
	if p.Now().Sub(time.UnixMicro(m.At)) > enough(m.Kind) {
		p.Log.Error().Str("slice", m.Slice).Str("message", m.ID).Str("reason", trouble).Msg("a partner was not told, and is told no more")
		return 0, p.end(ctx, m, announcement.StateGIVEN_UP, trouble)
	}
	if m.Attempts == 0 {
		p.Log.Warn().Str("slice", m.Slice).Str("message", m.ID).Str("reason", trouble).Msg("a partner was not told, will be tried again")
	}
	err = p.Store.InTx(ctx, func(ctx context.Context, tx store.Tx) error {
		return tx.Ent.Announcement.Update().Where(announcement.ID(m.ID), announcement.StateEQ(announcement.StateWAITING)).AddAttempts(1).SetTrouble(trouble).Exec(ctx)
	})
	return wait(m.Attempts), err
}

// waiting are the messages of the same partner about the same person.
func waiting(m *gen.Announcement) []predicate.Announcement {
	return []predicate.Announcement{announcement.Slice(m.Slice), announcement.VeteranID(m.VeteranID), announcement.StateEQ(announcement.StateWAITING)}
}

// enough is how long a partner is tried.
func enough(k announcement.Kind) time.Duration {
	if k == announcement.KindLEFT {
		return farewell
	}
	return patience
}

// wait is how long it lasts until the next attempt, with a tenth of jitter.
func wait(attempts int) time.Duration {
	d := min(firstWait<<min(max(attempts, 0), 12), longest)
	return d + time.Duration(rand.Int64N(int64(d)/10))
}

// message is what a partner is sent (Standard Webhooks: type, timestamp, data).
type message struct {
	Type      string    `json:"type"`
	Timestamp time.Time `json:"timestamp"` // of the change
	Data      data      `json:"data"`
}

type data struct {
	Slice    string   `json:"slice"`
	Version  int      `json:"version"`
	Person   string   `json:"person"`             // Veteran.id
	Order    int64    `json:"order"`              // grows from one word about the person to the next
	Fields   []string `json:"fields,omitempty"`   // that have changed: come and read
	DeleteBy string   `json:"deleteBy,omitempty"` // of who has left: the last day, included
}

var types = map[announcement.Kind]string{
	announcement.KindENTERED: "slice.entered", announcement.KindCHANGED: "slice.changed", announcement.KindLEFT: "slice.left",
}

// due looks at a message at the moment at which it would go: who is no longer in the
// slice is spoken of only to say so, and of no field that is no longer told of.
func (p *Post) due(ctx context.Context, m *gen.Announcement) (body []byte, due bool, err error) {
	s := p.Slices.Get(m.Slice)
	if s == nil || len(s.Changes) == 0 {
		return nil, false, nil
	}
	d := data{Slice: s.Name, Version: s.Version, Person: m.VeteranID, Order: m.At}
	at := time.UnixMicro(m.At)
	if m.Kind == announcement.KindLEFT {
		d.DeleteBy = workday.FromTime(at).AddDays(s.Keep).String()
	} else {
		seen, err := p.Eyes.Seen(ctx, p.Store.Read, s, []string{m.VeteranID})
		if err != nil || len(seen) == 0 {
			return nil, false, err
		}
	}
	if m.Kind == announcement.KindCHANGED {
		d.Fields = told(s, m.Fields)
		if len(d.Fields) == 0 {
			return nil, false, nil
		}
	}
	body, err = json.Marshal(message{Type: types[m.Kind], Timestamp: at.UTC(), Data: d})
	return body, true, err
}

// told are those of some fields that the slice tells of now.
func told(s *slice.Slice, fields []string) (out []string) {
	all := s.Changes.Coordinates()
	for _, f := range fields {
		if slices.Contains(all, f) {
			out = append(out, f)
		}
	}
	return out
}

// end writes down what has become of a message, and hurries the next about the person.
func (p *Post) end(ctx context.Context, m *gen.Announcement, state announcement.State, trouble string) error {
	return p.Store.InTx(ctx, func(ctx context.Context, tx store.Tx) error {
		change := tx.Ent.Announcement.Update().Where(announcement.ID(m.ID), announcement.StateEQ(announcement.StateWAITING)).SetState(state).SetEndedAt(p.Now().UTC())
		if state == announcement.StateDELIVERED {
			change.AddAttempts(1).ClearTrouble()
		} else if trouble != "" {
			change.SetTrouble(trouble)
		}
		if err := change.Exec(ctx); err != nil {
			return fmt.Errorf("end an announcement: %w", err)
		}
		next, err := tx.Ent.Announcement.Query().Where(waiting(m)...).Order(announcement.ByAt()).FirstID(ctx)
		if gen.IsNotFound(err) {
			return nil
		} else if err != nil {
			return fmt.Errorf("the next announcement: %w", err)
		}
		_, err = p.Queue.Hurry(ctx, tx, Carry{}, "message", []string{next})
		return err
	})
}

// Look gives up what nobody carries any more (its slice has lost its address), and
// forgets what has long ended, but for the last word about each person. It is a
// round (internal/queue).
func (p *Post) Look(ctx context.Context) error {
	now := p.Now()
	var errs []error
	for _, s := range []struct {
		query string
		args  []any
	}{
		{`UPDATE announcements SET state = 'GIVEN_UP', trouble = 'TOO_OLD', ended_at = $1 WHERE state = 'WAITING' AND at < $2`,
			[]any{now.UTC(), now.Add(-farewell - longest).UnixMicro()}},
		{`DELETE FROM announcements WHERE ended_at < $1 AND EXISTS
			(SELECT 1 FROM announcements n WHERE n.slice = announcements.slice AND n.veteran_id = announcements.veteran_id AND n.at > announcements.at)`,
			[]any{now.Add(-remember).UTC()}},
	} {
		errs = append(errs, p.Store.InTx(ctx, func(ctx context.Context, tx store.Tx) error {
			_, err := tx.Plain().Exec(ctx, s.query, s.args...)
			return err
		}))
	}
	return errors.Join(errs...)
}
