package casefile

import (
	"cmp"
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
	Plan                *plan.Plan     // as compiled on the day of acceptance
	Answers             map[string]any // what the person typed, as form.Validate returned it
	Submitted           time.Time      // when it came in; the plan's day of acceptance follows from it
	Channel             string
	Fate                Fate
	Seed                uint64 // the same seed tells the same story
}

// Fate is how an example goes. The zero Fate is that every department grants
// what it is asked, within the promised days.
type Fate struct {
	Ends    lifecycle.CaseState // DRAFT, PRE_REVIEW, RETURNED, SUBMITTED, NOT_ACCEPTED, WITHDRAWN or TERMINATED: it gets no further; else empty
	Rejects string              // matter that its department refuses
	Returns string              // matter that stands returned for correction
	Pauses  string              // matter that stands suspended
	Late    bool                // departments take a little longer than promised
}

// Told is what an example case tells of one item, for the department that it
// lies with, and for the profile once granted.
type Told struct {
	ItemID, CaseNumber, Matter, Department, ReceiptNo string
	VeteranID                                         string
	State                                             lifecycle.ItemState
	ReceivedAt                                        time.Time
	DecidedAt                                         time.Time // zero while open
}

// Tell makes up how an example went until a moment, without writing it. Equal
// examples go equally.
func (d *Desk) Tell(e Example, until time.Time) *Story {
	s := &Story{desk: d, Example: e, until: until.UTC(), r: rand.New(rand.NewPCG(e.Seed, 7)), state: lifecycle.CaseDraft}
	s.caseID = s.id(e.Submitted, 0)
	s.number = s.paperNumber()
	for _, m := range e.Plan.Matters {
		if m.Selected {
			s.chosen = append(s.chosen, m)
		}
	}
	slices.SortFunc(s.chosen, func(a, b plan.MatterPlan) int { return cmp.Compare(a.Order, b.Order) })
	s.tell()
	return s
}

// Seed writes stories that are not in the record yet, and passes over those that
// are. It checks no permission; the caller has.
func (d *Desk) Seed(ctx context.Context, tx store.Tx, stories []*Story) error {
	ids := make([]string, len(stories))
	for i, s := range stories {
		ids[i] = s.caseID
	}
	known, err := tx.Ent.CaseFile.Query().Where(store.OneOf[predicate.CaseFile](gencase.FieldID, ids)).IDs(ctx)
	if err != nil {
		return fmt.Errorf("look for example cases: %w", err)
	}
	var cases []*gen.CaseFileCreate
	var items []*gen.ItemCreate
	var papers []*gen.MaterialCreate
	var events []*gen.EventCreate
	for _, s := range stories {
		if slices.Contains(known, s.caseID) {
			continue
		}
		file, err := s.file(tx)
		if err != nil {
			return err
		}
		cases = append(cases, file)
		for _, p := range s.parts {
			items = append(items, s.item(tx, p))
		}
		papers = append(papers, s.papers(tx)...)
		events = append(events, s.events(tx)...)
	}
	return errors.Join(
		inChunks(cases, func(some []*gen.CaseFileCreate) error { return tx.Ent.CaseFile.CreateBulk(some...).Exec(ctx) }),
		inChunks(items, func(some []*gen.ItemCreate) error { return tx.Ent.Item.CreateBulk(some...).Exec(ctx) }),
		inChunks(papers, func(some []*gen.MaterialCreate) error { return tx.Ent.Material.CreateBulk(some...).Exec(ctx) }),
		inChunks(events, func(some []*gen.EventCreate) error { return tx.Ent.Event.CreateBulk(some...).Exec(ctx) }),
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

func (s *Story) file(tx store.Tx) (*gen.CaseFileCreate, error) {
	values, err := s.Plan.Form.Complete(s.Answers)
	if err != nil {
		return nil, fmt.Errorf("answers: %w", err)
	}
	answers, err := s.desk.seal(values, bindAnswers(s.caseID))
	if err != nil {
		return nil, fmt.Errorf("answers: %w", err)
	}
	pinned, err := s.desk.seal(s.Plan, bindPlan(s.caseID))
	if err != nil {
		return nil, fmt.Errorf("plan: %w", err)
	}
	matters := make([]string, len(s.chosen))
	for i, m := range s.chosen {
		matters[i] = m.Code
	}
	c := tx.Ent.CaseFile.Create().SetID(s.caseID).SetVeteranID(s.VeteranID).SetDivision(s.Division).SetNumber(s.number).
		SetState(s.state).SetChannel(channel(s.Channel)).SetCatalogVersion(s.Plan.CatalogVersion).SetMatters(matters).
		SetAnswersSealed(answers).SetPlanSealed(pinned).
		SetPlanDays(s.Plan.Totals.After.Days).SetCreatedAt(s.Submitted.UTC()).SetUpdatedAt(s.last)
	if s.accepted {
		c.SetAcceptedOn(s.Plan.AcceptedOn).SetDueOn(s.Plan.PromisedOn.Day).SetDueProvisional(s.Plan.PromisedOn.Provisional)
	}
	if s.submitted {
		c.SetSubmittedAt(s.Submitted.UTC())
	}
	if s.state.Ended() {
		c.SetClosedAt(s.last)
	}
	return c, nil
}

func (s *Story) item(tx store.Tx, p *part) *gen.ItemCreate {
	c := tx.Ent.Item.Create().SetID(p.id).SetCaseID(s.caseID).SetVeteranID(s.VeteranID).SetDivision(s.Division).
		SetMatter(p.Code).SetDepartment(p.Department).SetPosition(p.Order).SetAfter(p.After).SetState(p.state).
		SetFinishDay(p.FinishDay).SetDueOn(p.Promised.Day).SetReceiptNo(p.receipt).SetResultNo(p.result).SetWords(p.words).SetSequence(p.sequence)
	if !p.received.IsZero() {
		c.SetDispatchedAt(p.dispatched).SetReceivedAt(p.received)
	}
	if !p.decided.IsZero() {
		c.SetDecidedAt(p.decided)
	}
	return c
}

func (s *Story) papers(tx store.Tx) []*gen.MaterialCreate {
	if len(s.parts) == 0 {
		return nil
	}
	var rows []*gen.MaterialCreate
	for _, p := range s.Plan.Papers.Kept {
		if p.Form {
			continue
		}
		rows = append(rows, tx.Ent.Material.Create().SetID(s.caseID+":"+p.Material).SetCaseID(s.caseID).SetCode(p.Material).SetNeededBy(p.NeededBy))
	}
	return rows
}

func (s *Story) events(tx store.Tx) []*gen.EventCreate {
	rows := make([]*gen.EventCreate, len(s.log))
	for i, e := range s.log {
		rows[i] = tx.Ent.Event.Create().SetCaseID(s.caseID).SetKind(e.Kind).SetActorKind(string(e.by.Kind)).SetActor(e.by.ID).
			SetFromState(e.From).SetToState(e.To).SetReason(e.Reason).SetAt(e.At)
		if e.ItemID != "" {
			rows[i].SetItemID(e.ItemID).SetMatter(e.Matter)
		}
	}
	return rows
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

func (s *Story) paperNumber() string {
	r := rand.New(rand.NewPCG(s.Seed, 999))
	var b [8]byte
	binary.BigEndian.PutUint64(b[:], r.Uint64())
	return s.Division[:6] + "-" + workday.FromTime(s.Submitted).Time().Format("20060102") + "-" + crockford.EncodeToString(b[:5])[:7]
}

var hub = &access.Viewer{ID: "dispatch", Kind: access.Machine}
