package server

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"hash/fnv"
	"math/rand/v2"
	"slices"
	"strconv"
	"time"

	"github.com/google/uuid"

	"github.com/vetgraph/vetgraph/ent/gen"
	gencase "github.com/vetgraph/vetgraph/ent/gen/casefile"
	"github.com/vetgraph/vetgraph/ent/gen/item"
	"github.com/vetgraph/vetgraph/ent/gen/task"
	"github.com/vetgraph/vetgraph/internal/casefile"
	"github.com/vetgraph/vetgraph/internal/department"
	"github.com/vetgraph/vetgraph/internal/lifecycle"
	"github.com/vetgraph/vetgraph/internal/notify"
	"github.com/vetgraph/vetgraph/internal/port"
	"github.com/vetgraph/vetgraph/internal/store"
	"github.com/vetgraph/vetgraph/internal/workday"
)

// adopt enters the examples that are open into the books of the played
// departments, so that they can be supplemented, taken back and decided like any
// other. What a department knows already stays as it is there, so this is done at
// every start. Some are decided within minutes, most in the course of three days,
// a quarter waits for an officer; so does what stands.
func (h *Hub) adopt(ctx context.Context) error {
	rows, err := h.Store.Read.Item.Query().Where(
		item.StateIn(lifecycle.ItemReceived, lifecycle.ItemCorrection, lifecycle.ItemSuspended), item.ReceiptNoNEQ(""),
		item.HasCaseWith(gencase.SubmissionKeyIsNil()), // nobody submitted it
	).WithCase(func(q *gen.CaseFileQuery) { q.Select(gencase.FieldID, gencase.FieldNumber) }).Order(item.ByVeteranID(), item.ByID()).All(ctx)
	if err != nil {
		return fmt.Errorf("open examples: %w", err)
	}
	var ids []string
	for _, it := range rows {
		if len(ids) == 0 || ids[len(ids)-1] != it.VeteranID {
			ids = append(ids, it.VeteranID)
		}
	}
	people, err := h.Profile.GetMany(ctx, ids)
	if err != nil {
		return err
	}
	all := make([]department.AdoptedItem, 0, len(rows))
	for _, it := range rows {
		v := people[slices.Index(ids, it.VeteranID)]
		if v == nil {
			continue
		}
		one := department.AdoptedItem{
			ID: it.ID, CaseNumber: it.Edges.Case.Number, Matter: it.Matter, Round: it.Round, State: port.Received, ReceiptNumber: it.ReceiptNo,
			Sequence: it.Sequence, Callback: h.callback(it.Department), DecideAfter: patience(it),
		}
		if one.Applicant, err = h.Profile.Number(v); err != nil {
			return err
		}
		if it.ReceivedAt != nil {
			one.ReceivedAt = *it.ReceivedAt
		}
		if it.State == lifecycle.ItemCorrection {
			one.State, one.Words = port.Returned, it.Words
		}
		all = append(all, one)
	}
	return h.Fleet.Adopt(ctx, all)
}

// patience is after which time a department decides an example; zero: never, its
// officers do.
func patience(it *gen.Item) time.Duration {
	if it.State != lifecycle.ItemReceived {
		return 0
	}
	sum := fnv.New64a()
	_, _ = sum.Write([]byte(it.ID)) // a hash does not fail
	r := rand.New(rand.NewPCG(sum.Sum64(), 1))
	switch x := r.IntN(16); {
	case x < 4:
		return 0
	case x < 6:
		return time.Duration(60+r.IntN(600)) * time.Second
	}
	return time.Duration(20+r.IntN(72*60)) * time.Minute
}

// rated writes the grades that people gave for examples that have ended: most are
// content; a bad grade is a task until it is replied to or given anew.
func (h *Hub) rated(ctx context.Context, tx store.Tx, b birth, stories []*casefile.Story) error {
	g := &grading{hub: h, tx: tx, until: b.At}
	for _, s := range stories {
		g.r = rand.New(rand.NewPCG(s.Seed, 11))
		if s.State().Ended() && g.r.IntN(5) < 3 {
			g.of(s)
		}
	}
	return g.write(ctx)
}

// grading is the ratings of some examples and what follows from them.
type grading struct {
	hub     *Hub
	tx      store.Tx
	until   time.Time
	r       *rand.Rand
	ratings []*gen.RatingCreate
	events  []happened
	tasks   []*gen.TaskCreate
	told    []toldAt
}

type happened struct {
	at  time.Time
	row *gen.EventCreate
}

type toldAt struct {
	at     time.Time
	notice notify.Notice
}

// grades, of a hundred, the best first.
var grades = []struct{ share, grade int }{{68, 5}, {22, 4}, {5, 3}, {4, 2}, {1, 1}}

func (g *grading) of(s *casefile.Story) {
	at := s.Last().Add(time.Duration(1+g.r.IntN(60)) * time.Hour)
	if at.After(g.until) {
		return
	}
	for _, it := range s.Items() {
		if it.DecidedAt.IsZero() || it.State == lifecycle.ItemWithdrawn || g.r.IntN(4) == 0 {
			continue
		}
		grade, x := 5, g.r.IntN(100)
		for _, c := range grades {
			if x < c.share {
				grade = c.grade
				break
			}
			x -= c.share
		}
		id := g.row(s, it, 1, grade, at, "", nil)
		if grade < 3 {
			g.bad(s, it, id, at)
		}
	}
}

// row writes one grade and its entry in the journal.
func (g *grading) row(s *casefile.Story, it casefile.Told, round, grade int, at time.Time, reply string, replied *time.Time) string {
	id := idAt(at, it.ItemID+strconv.Itoa(round))
	g.ratings = append(g.ratings, g.tx.Ent.Rating.Create().SetID(id).SetCaseID(it.CaseID).SetVeteranID(it.VeteranID).SetMatter(it.Matter).SetDepartment(it.Department).
		SetDivision(it.Division).SetRound(round).SetGrade(grade).SetRatedAt(at).SetReply(reply).SetNillableRepliedAt(replied))
	g.event(it, "VETERAN", s.Account, "ITEM_RATED", strconv.Itoa(grade), at)
	return id
}

func (g *grading) event(it casefile.Told, kind, actor, what, to string, at time.Time) {
	g.events = append(g.events, happened{at, g.tx.Ent.Event.Create().SetCaseID(it.CaseID).SetItemID(it.ItemID).SetMatter(it.Matter).SetKind(what).
		SetActorKind(kind).SetActor(actor).SetToState(to).SetAt(at)})
}

// bad is what follows from a bad grade: a task, for some a reply, for some of those
// a better grade.
func (g *grading) bad(s *casefile.Story, it casefile.Told, id string, at time.Time) {
	h := g.hub
	who := h.Office.Roster.Find(it.Department, it.Division)
	t := g.tx.Ent.Task.Create().SetID(idAt(at, id)).SetKind(task.KindRATING).SetSubject(id).
		SetCaseID(it.CaseID).SetItemID(it.ItemID).SetDepartment(it.Department).SetDivision(it.Division).SetAssignee(who.Account).SetAssigneeName(who.Name).
		SetWords("事项“" + h.catalog.Matter(it.Matter).Name.Zh + "”被评为不满意：请回访核实、整改，并向本人答复。").
		SetOpenedAt(at).SetDueOn(h.Calendar().Due(workday.FromTime(at), 15).Day)
	g.tasks = append(g.tasks, t)
	replied := at.Add(time.Duration(20+g.r.IntN(100)) * time.Hour)
	old := at.Before(g.until.AddDate(0, -1, 0)) // that has been seen to long ago
	if replied.After(g.until) || !old && g.r.IntN(3) == 0 {
		return
	}
	g.ratings[len(g.ratings)-1].SetReply("已电话回访并当面致歉，办理环节已经整改。").SetRepliedAt(replied)
	g.event(it, "OFFICER", who.Account, "RATING_REPLIED", "", replied)
	g.told = append(g.told, toldAt{replied, notify.Notice{
		VeteranID: it.VeteranID, CaseID: it.CaseID, ItemID: it.ItemID, Matter: it.Matter, Division: it.Division, Kind: "RATING_REPLIED",
		Facts: map[string]string{"number": it.CaseNumber, "department": it.Department},
	}})
	again := replied.Add(time.Duration(5+g.r.IntN(40)) * time.Hour)
	if again.After(g.until) || g.r.IntN(2) == 0 {
		if old {
			t.SetState(task.StateDONE).SetDoneAt(again).SetDoneBy(who.Account).SetOutcome("已回访、整改并答复本人。")
		}
		return
	}
	g.row(s, it, 2, 4, again, "", nil)
	t.SetState(task.StateDONE).SetDoneAt(again).SetDoneBy("machine").SetOutcome("本人再次评价：满意。")
}

// idAt is a UUID of version 7 of a past moment, the same for the same text.
func idAt(at time.Time, text string) string {
	b := sha256.Sum256([]byte(text))
	binary.BigEndian.PutUint64(b[:8], uint64(at.UnixMilli())<<16|uint64(b[6]&0x0f)<<8|uint64(b[7])|0x7000) //nolint:gosec // after 1970
	b[8] = b[8]&0x3f | 0x80
	return uuid.UUID(b[:16]).String()
}

func (g *grading) write(ctx context.Context) error {
	c := g.tx.Ent
	for some := range slices.Chunk(g.ratings, 500) {
		if err := c.Rating.CreateBulk(some...).Exec(ctx); err != nil {
			return fmt.Errorf("write ratings: %w", err)
		}
	}
	slices.SortStableFunc(g.events, func(a, b happened) int { return a.at.Compare(b.at) }) // entries rise with time
	rows := make([]*gen.EventCreate, len(g.events))
	for i, e := range g.events {
		rows[i] = e.row
	}
	for some := range slices.Chunk(rows, 500) {
		if err := c.Event.CreateBulk(some...).Exec(ctx); err != nil {
			return fmt.Errorf("write ratings: %w", err)
		}
	}
	for some := range slices.Chunk(g.tasks, 500) {
		if err := c.Task.CreateBulk(some...).Exec(ctx); err != nil {
			return fmt.Errorf("write ratings: %w", err)
		}
	}
	for _, t := range g.told {
		if err := g.hub.Post.Told(ctx, g.tx, t.at, t.notice); err != nil {
			return err
		}
	}
	return nil
}
