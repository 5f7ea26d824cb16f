package casefile

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/vetgraph/vetgraph/ent/gen"
	gencase "github.com/vetgraph/vetgraph/ent/gen/casefile"
	"github.com/vetgraph/vetgraph/ent/gen/predicate"
	"github.com/vetgraph/vetgraph/internal/access"
	"github.com/vetgraph/vetgraph/internal/form"
	"github.com/vetgraph/vetgraph/internal/lifecycle"
	"github.com/vetgraph/vetgraph/internal/plan"
	"github.com/vetgraph/vetgraph/internal/store"
	"github.com/vetgraph/vetgraph/internal/workday"
)

// Example is a case invented for a demonstration: whose it is, what was planned,
// and how it went. Its plan is a real one; only what people and departments then
// did is made up.
type Example struct {
	VeteranID, Division string
	Account             string         // of the applicant, for the journal
	Clerk               string         // account of the clerk who files for them; empty: they file themselves
	Plan                *plan.Plan     // as compiled on the day of submission
	Typed               []form.Answer  // what the person typed
	Answers             map[string]any // the same, as form.Validate returned it
	Submitted           time.Time      // when it came in; the plan's day of acceptance follows from it
	Channel             string
	Fate                Fate
	Seed                uint64 // the same seed tells the same story
}

// Fate is how an example goes. The zero Fate is that every department grants
// what it is asked, within the promised days.
type Fate struct {
	Ends      lifecycle.CaseState // DRAFT, PRE_REVIEW, RETURNED, SUBMITTED, NOT_ACCEPTED or WITHDRAWN: it gets no further; else empty
	Reviewed  bool                // of a draft: its pre-review was passed
	Gap       bool                // a minor paper is promised for later, so an officer accepts; there must be one
	Commits   bool                // a commitment replaces each paper that it may replace
	Rejects   string              // matter that its department refuses
	Returns   string              // matter that is returned for correction
	Pauses    string              // matter that is suspended
	Answered  bool                // what was returned is supplemented in time, what was suspended goes on
	Again     bool                // what was supplemented is returned once more, for what could be seen before
	Withdraws string              // matter that the person takes back
	Away      string              // matter whose department cannot be reached
	Silent    string              // matter about which its department has said nothing since the receipt
	Late      bool                // departments take a little longer than promised
	Handed    bool                // results are handed over
}

// Told is what an example case tells of one item, for the profile once granted and
// for what people then do about it.
type Told struct {
	ItemID, CaseID, CaseNumber, Matter, Department, ReceiptNo string
	VeteranID, Division                                       string
	State                                                     lifecycle.ItemState
	ReceivedAt                                                time.Time
	DecidedAt                                                 time.Time // zero while open
}

// Tell makes up how an example went until a moment, without writing it. Equal
// examples go equally.
func (d *Desk) Tell(e Example, until time.Time) *Story {
	s := &Story{desk: d, Example: e, until: until.UTC(), r: rand.New(rand.NewPCG(e.Seed, 7)), state: lifecycle.CaseDraft, chosen: selected(e.Plan)}
	s.caseID = s.id(e.Submitted, 0)
	s.number = s.paperNumber()
	s.tell()
	if s.wrong == nil {
		s.wrong = s.settle()
	}
	return s
}

// Seed writes stories that are not in the record yet, and passes over those that
// are; it answers those that it wrote. It checks no permission; the caller has. The
// caller also notes how they stand once all is written that counts
// (progress.Board.NoteNew).
func (d *Desk) Seed(ctx context.Context, tx store.Tx, stories []*Story) ([]*Story, error) {
	ids := make([]string, len(stories))
	for i, s := range stories {
		ids[i] = s.caseID
	}
	known, err := tx.Ent.CaseFile.Query().Where(store.OneOf[predicate.CaseFile](gencase.FieldID, ids)).IDs(ctx)
	if err != nil {
		return nil, fmt.Errorf("look for example cases: %w", err)
	}
	var fresh []*Story
	b := &bulk{tx: tx}
	for _, s := range stories {
		if slices.Contains(known, s.caseID) {
			continue
		}
		if err := s.rows(b); err != nil {
			return nil, fmt.Errorf("example case %s: %w", s.caseID, err)
		}
		fresh = append(fresh, s)
	}
	if err := b.write(ctx); err != nil {
		return nil, err
	}
	return fresh, d.Outbox.Enqueue(ctx, tx, b.send)
}

// bulk is the rows of many stories.
type bulk struct {
	tx            store.Tx
	cases         []*gen.CaseFileCreate
	items         []*gen.ItemCreate
	papers        []*gen.MaterialCreate
	events        []*gen.EventCreate
	obligations   []*gen.ObligationCreate
	pauses        []*gen.PauseCreate
	corrections   []*gen.CorrectionCreate
	reviews       []*gen.PreReviewCreate
	violations    []*gen.ViolationCreate
	tasks         []*gen.TaskCreate
	mandates      []*gen.MandateCreate
	notifications []*gen.NotificationCreate
	send          []string // items that are on their way
}

func (b *bulk) write(ctx context.Context) error {
	c := b.tx.Ent
	return errors.Join(
		inChunks(b.mandates, func(some []*gen.MandateCreate) error { return c.Mandate.CreateBulk(some...).Exec(ctx) }),
		inChunks(b.cases, func(some []*gen.CaseFileCreate) error { return c.CaseFile.CreateBulk(some...).Exec(ctx) }),
		inChunks(b.items, func(some []*gen.ItemCreate) error { return c.Item.CreateBulk(some...).Exec(ctx) }),
		inChunks(b.papers, func(some []*gen.MaterialCreate) error { return c.Material.CreateBulk(some...).Exec(ctx) }),
		inChunks(b.events, func(some []*gen.EventCreate) error { return c.Event.CreateBulk(some...).Exec(ctx) }),
		inChunks(b.obligations, func(some []*gen.ObligationCreate) error { return c.Obligation.CreateBulk(some...).Exec(ctx) }),
		inChunks(b.pauses, func(some []*gen.PauseCreate) error { return c.Pause.CreateBulk(some...).Exec(ctx) }),
		inChunks(b.corrections, func(some []*gen.CorrectionCreate) error { return c.Correction.CreateBulk(some...).Exec(ctx) }),
		inChunks(b.reviews, func(some []*gen.PreReviewCreate) error { return c.PreReview.CreateBulk(some...).Exec(ctx) }),
		inChunks(b.violations, func(some []*gen.ViolationCreate) error { return c.Violation.CreateBulk(some...).Exec(ctx) }),
		inChunks(b.tasks, func(some []*gen.TaskCreate) error { return c.Task.CreateBulk(some...).Exec(ctx) }),
		inChunks(b.notifications, func(some []*gen.NotificationCreate) error { return c.Notification.CreateBulk(some...).Exec(ctx) }),
	)
}

// inChunks keeps statements below the databases' limits of parameters.
func inChunks[B any](all []B, write func([]B) error) error {
	for some := range slices.Chunk(all, 500) {
		if err := write(some); err != nil {
			return fmt.Errorf("write example cases: %w", err)
		}
	}
	return nil
}

// id is a UUID of version 7 of a past moment: as unique and as ordered as those
// of real cases, and the same for the same story.
func (s *Story) id(at time.Time, k uint64) string {
	r := rand.New(rand.NewPCG(s.Seed, 1000+k))
	var b [16]byte
	binary.BigEndian.PutUint64(b[:8], uint64(at.UnixMilli())<<16|uint64(r.Uint32()&0x0fff)|0x7000)
	binary.BigEndian.PutUint64(b[8:], r.Uint64()&0x3fffffffffffffff|0x8000000000000000)
	return uuid.UUID(b).String()
}

// next is an ID that no other row of the story has.
func (s *Story) next(at time.Time) string {
	s.made++
	return s.id(at, 100+s.made)
}

func (s *Story) paperNumber() string {
	r := rand.New(rand.NewPCG(s.Seed, 999))
	var b [8]byte
	binary.BigEndian.PutUint64(b[:], r.Uint64())
	return s.Division[:6] + "-" + workday.FromTime(s.Submitted).Time().Format("20060102") + "-" + crockford.EncodeToString(b[:5])[:7]
}

var hub = &access.Viewer{ID: "dispatch", Kind: access.Machine}

func departmentSystem(code string) *access.Viewer {
	return &access.Viewer{ID: "department/" + code, Kind: access.Machine}
}
