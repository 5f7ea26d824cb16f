// Package supervision sees to it that nothing that is owed to a veteran stays unsaid, and that a named person has what is late (督办).
//
// Acceptance writes down who owes which word by when (obligations, written by
// casework). Past its time a word becomes a task of a person whom the roster
// names, and the veteran is told so in the same transaction. [Office.Silences]
// looks for whatever slipped through, and must find nothing at any instant.
//
// Each department is watched by a round of its own ([Office.Watch]), so that what
// goes wrong with one holds up no other.
package supervision

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/vetgraph/vetgraph/ent/gen"
	"github.com/vetgraph/vetgraph/ent/gen/task"
	"github.com/vetgraph/vetgraph/internal/access"
	"github.com/vetgraph/vetgraph/internal/catalog"
	"github.com/vetgraph/vetgraph/internal/notify"
	"github.com/vetgraph/vetgraph/internal/store"
	"github.com/vetgraph/vetgraph/internal/words"
	"github.com/vetgraph/vetgraph/internal/workday"
)

// Office supervises.
type Office struct {
	Store    *store.Store
	Roster   *Roster
	Calendar func() *workday.Calendar
	Now      func() time.Time
	Catalog  func() *catalog.Catalog
	Tell     Teller // nil: nobody is told
	Rules    *Rules // nil: the built-in ones

	Changed func(caseID string) // nil: nobody follows cases

	// Figures notes how a case stands, as read, before its warnings change, and
	// answers what notes the change afterwards. Nil: nobody counts.
	Figures func(tx store.Tx, c *gen.CaseFile, items []*gen.Item) func(context.Context) error

	looked sync.Map // department → when all its items near their day were last looked at
}

// Teller tells veterans things, within the transaction of the event.
type Teller interface {
	Tell(ctx context.Context, tx store.Tx, notices ...notify.Notice) error
}

// Concern is something that a named person must see to.
type Concern struct {
	Kind                 task.Kind
	Subject              string // ID of what it is about: an obligation, a rating, a dispute, a notification
	CaseID, ItemID       string // empty: it is about no case
	Department, Division string // who answers for it; without a department the one that leads the joint handling
	Words                string // what is to be done; no name and no number of a person
	Workdays             int    // time allowed, in working days
}

// machine is who opens and closes tasks where no person does.
const machine = "machine"

// Raise gives a concern to the person whom the roster names, and answers the
// task's ID. There is one task for a kind and subject: while it is open, raising
// it again changes nothing; once it is done, raising it again opens it anew, with
// new words, time and person.
func (o *Office) Raise(ctx context.Context, tx store.Tx, c Concern) (taskID string, err error) {
	ctx = access.AsMachine(ctx, "supervision")
	if c.Department == "" {
		c.Department = o.lead()
	}
	now := o.Now().UTC()
	who := o.Roster.Find(c.Department, c.Division)
	due := o.Calendar().Due(workday.FromTime(now), c.Workdays).Day
	n := tx.Ent.Task.Create().SetID(store.NewID()).SetKind(c.Kind).SetSubject(c.Subject).
		SetDepartment(c.Department).SetDivision(c.Division).SetAssignee(who.Account).SetAssigneeName(who.Name).
		SetWords(words.Clip(c.Words, 1000)).SetOpenedAt(now).SetDueOn(due)
	if c.CaseID != "" {
		n.SetCaseID(c.CaseID)
	}
	if c.ItemID != "" {
		n.SetItemID(c.ItemID)
	}
	// The statement also makes another transaction wait that raises the same, so
	// that what is read below is what stands.
	if err := n.OnConflictColumns(task.FieldKind, task.FieldSubject).Ignore().Exec(ctx); err != nil {
		return "", fmt.Errorf("raise %s: %w", c.Kind, err)
	}
	t, err := tx.Ent.Task.Query().Where(task.KindEQ(c.Kind), task.Subject(c.Subject)).Only(ctx)
	if err != nil {
		return "", fmt.Errorf("raise %s: %w", c.Kind, err)
	}
	if t.State == task.StateOPEN {
		return t.ID, nil
	}
	err = tx.Ent.Task.UpdateOneID(t.ID).SetState(task.StateOPEN).ClearDoneAt().ClearDoneBy().ClearOutcome().
		SetAssignee(who.Account).SetAssigneeName(who.Name).SetWords(words.Clip(c.Words, 1000)).SetDueOn(due).Exec(ctx)
	if err != nil {
		return "", fmt.Errorf("open a task again: %w", err)
	}
	return t.ID, nil
}

// Settle closes the task of a kind and subject by the machine, if it is open, for
// what it was about has been settled. None is no error.
func (o *Office) Settle(ctx context.Context, tx store.Tx, kind task.Kind, subject, outcome string) error {
	err := tx.Ent.Task.Update().Where(task.KindEQ(kind), task.Subject(subject), task.StateEQ(task.StateOPEN)).
		SetState(task.StateDONE).SetDoneAt(o.Now().UTC()).SetDoneBy(machine).SetOutcome(words.Clip(outcome, 1000)).Exec(ctx)
	if err != nil {
		return fmt.Errorf("settle %s: %w", kind, err)
	}
	return nil
}

// Undelivered implements [notify.Callers]: a named person sees to it that the
// veteran is told.
func (o *Office) Undelivered(ctx context.Context, tx store.Tx, u notify.Undelivered) error {
	c := Concern{
		Kind: task.KindUNDELIVERED, Subject: u.NotificationID, CaseID: u.CaseID, ItemID: u.ItemID, Division: u.Division,
		Words:    "通知“" + u.Title + "”各渠道均未送达，请电话或上门告知本人，并写明结果。",
		Workdays: o.rules().Undelivered.Workdays,
	}
	if m := o.Catalog().Matter(u.Matter); m != nil {
		c.Department = m.Lead
	}
	_, err := o.Raise(ctx, tx, c)
	return err
}

// Reached implements [notify.Callers].
func (o *Office) Reached(ctx context.Context, tx store.Tx, notificationID string) error {
	return o.Settle(ctx, tx, task.KindUNDELIVERED, notificationID, "本人已在站内查看。")
}

// changed tells those who follow cases that something was committed about them.
func (o *Office) changed(cases []string) {
	if o.Changed == nil {
		return
	}
	for _, id := range cases {
		o.Changed(id)
	}
}

func (o *Office) rules() *Rules {
	if o.Rules != nil {
		return o.Rules
	}
	r, err := Builtin()
	if err != nil {
		panic(err) // embedded and tested: cannot fail
	}
	return r
}

// lead is the department that leads the joint handling.
func (o *Office) lead() string {
	for _, d := range o.Catalog().Departments {
		if d.Role == "lead" {
			return d.Code
		}
	}
	return ""
}
