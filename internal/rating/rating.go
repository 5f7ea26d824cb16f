// Package rating takes the veteran's grade for each matter of a case (好差评), and sees that a bad one is answered.
//
// The grades are the five official ones, 5 the best; 1 and 2 are bad. A matter is
// rated once it has ended, by the person alone. A bad first grade opens a task of
// a named person of the department in the same transaction; once the department
// has replied, or the task was closed, the person may rate a second time, and that
// settles the task, whatever the grade: the last word is the person's.
//
// What the person writes is sealed, and opened for them and for officers of that
// department in that place. Nobody else reads it, and no log and no entry of the
// journal holds it.
package rating

import (
	"context"
	_ "embed" // how long a department has
	"fmt"
	"strconv"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"github.com/vetgraph/vetgraph/ent/gen"
	gencase "github.com/vetgraph/vetgraph/ent/gen/casefile"
	"github.com/vetgraph/vetgraph/ent/gen/item"
	"github.com/vetgraph/vetgraph/ent/gen/predicate"
	genrating "github.com/vetgraph/vetgraph/ent/gen/rating"
	"github.com/vetgraph/vetgraph/ent/gen/task"
	"github.com/vetgraph/vetgraph/internal/access"
	"github.com/vetgraph/vetgraph/internal/catalog"
	"github.com/vetgraph/vetgraph/internal/division"
	"github.com/vetgraph/vetgraph/internal/fault"
	"github.com/vetgraph/vetgraph/internal/journal"
	"github.com/vetgraph/vetgraph/internal/notify"
	"github.com/vetgraph/vetgraph/internal/store"
	"github.com/vetgraph/vetgraph/internal/supervision"
	"github.com/vetgraph/vetgraph/internal/vault"
)

// Desk takes ratings.
type Desk struct {
	Store   *store.Store
	Vault   *vault.Vault
	Catalog func() *catalog.Catalog
	Office  Office              // nil: a bad grade opens no task
	Tell    Teller              // nil: nobody is told
	Noted   Noted               // nil: nobody counts
	Changed func(caseID string) // after a commit; nil: nobody listens
	Now     func() time.Time
}

// Office gives concerns to named people and settles them. Supervision does.
type Office interface {
	Raise(ctx context.Context, tx store.Tx, c supervision.Concern) (taskID string, err error)
	Settle(ctx context.Context, tx store.Tx, kind task.Kind, subject, outcome string) error
}

// Teller tells veterans what was written, from the transaction that writes it.
type Teller interface {
	Tell(ctx context.Context, tx store.Tx, notices ...notify.Notice) error
}

// Noted learns of a grade in the transaction that writes it; before is the grade
// of the round before, 0 if none.
type Noted func(ctx context.Context, tx store.Tx, caseID, matter string, before, after int) error

// Grade is what a person says of one matter.
type Grade struct {
	Matter string // code or slug
	Grade  int    // 1 to 5, 5 the best
	Words  string // up to 500 characters
}

// The bounds of what is written, in characters.
const (
	mostWords = 500
	mostReply = 1000
)

// worstGood is the lowest grade that asks for nothing to be put right.
const worstGood = 3

// names are the official words of the grades.
var names = [...]string{1: "非常不满意", 2: "不满意", 3: "基本满意", 4: "满意", 5: "非常满意"}

//go:embed rating.yaml
var builtin []byte

type rules struct {
	Rectify struct {
		Workdays   int    `yaml:"workdays"`
		Confidence string `yaml:"confidence"`
		Source     string `yaml:"source"`
	} `yaml:"rectify"`
}

var inForce = sync.OnceValue(func() rules {
	r, err := load(builtin)
	if err != nil {
		panic(err) // embedded and tested: cannot fail
	}
	return r
})

func load(text []byte) (rules, error) {
	var r rules
	s := catalog.ReadStrict("rating.yaml", text, &r)
	if n := &r.Rectify.Workdays; *n < 1 || *n > 250 {
		s.Blame(n, "is %d, not from 1 to 250", *n)
	}
	return r, s.Err()
}

// Rate writes grades for matters of a case, all or none. Faults: CASE_NOT_FOUND,
// RATING_MALFORMED, RATING_WORDS_TOO_LONG, MATTER_REPEATED, MATTER_NOT_IN_CASE,
// RATING_TOO_EARLY, RATING_EXISTS, RATING_AWAITS_REPLY.
func (d *Desk) Rate(ctx context.Context, caseID string, grades []Grade) error {
	if err := access.Require(ctx, access.Rate); err != nil {
		return err
	}
	grades, err := d.check(grades)
	if err != nil {
		return err
	}
	if seen, err := d.Store.Read.CaseFile.Query().Where(gencase.ID(caseID)).Exist(ctx); err != nil {
		return fmt.Errorf("case: %w", err)
	} else if !seen {
		return fault.New(fault.NotFound, "CASE_NOT_FOUND", "没有找到这个办件。", "There is no such case.")
	}
	err = d.Store.InTx(ctx, func(ctx context.Context, tx store.Tx) error {
		if err := tx.LockCase(ctx, caseID); err != nil {
			return err
		}
		for _, g := range grades {
			if err := d.rate(ctx, tx, caseID, g); err != nil {
				return err
			}
		}
		return nil
	})
	if err == nil && d.Changed != nil {
		d.Changed(caseID)
	}
	return err
}

// check looks at what was written before anything is read; matters come back as codes.
func (d *Desk) check(grades []Grade) ([]Grade, error) {
	if len(grades) == 0 {
		return nil, fault.New(fault.Invalid, "RATING_MALFORMED", "请为至少一个事项选择等级。", "Choose a grade for at least one matter.").At("input", "ratings")
	}
	seen, out := map[string]bool{}, make([]Grade, len(grades))
	for i, g := range grades {
		at := []string{"input", "ratings", strconv.Itoa(i)}
		if m := d.Catalog().Matter(g.Matter); m != nil {
			g.Matter = m.Code
		}
		g.Words = strings.TrimSpace(g.Words)
		switch {
		case g.Grade < 1 || g.Grade > 5:
			return nil, fault.New(fault.Invalid, "RATING_MALFORMED", "请为至少一个事项选择等级。", "Choose a grade for at least one matter.").At(append(at, "grade")...)
		case utf8.RuneCountInString(g.Words) > mostWords:
			return nil, fault.Newf(fault.Invalid, "RATING_WORDS_TOO_LONG", "评价意见最多 %[1]d 个字。", "Words of a rating have at most %[1]d characters.", mostWords).At(append(at, "words")...)
		case seen[g.Matter]:
			return nil, fault.Newf(fault.Invalid, "MATTER_REPEATED", "事项 %[1]s 选了不止一次。", "Matter %[1]s is chosen more than once.", g.Matter).At(append(at, "matter")...)
		}
		seen[g.Matter], out[i] = true, g
	}
	return out, nil
}

// rate writes one grade.
func (d *Desk) rate(ctx context.Context, tx store.Tx, caseID string, g Grade) error {
	it, err := tx.Ent.Item.Query().Where(item.CaseID(caseID), item.Matter(g.Matter)).Only(ctx)
	if gen.IsNotFound(err) {
		return fault.Newf(fault.Invalid, "MATTER_NOT_IN_CASE", "这个办件没有事项 %[1]s。", "This case does not handle the matter %[1]s.", g.Matter).At("input", "ratings")
	} else if err != nil {
		return fmt.Errorf("item: %w", err)
	}
	if !it.State.Ended() {
		return fault.Newf(fault.Conflict, "RATING_TOO_EARLY", "事项 %[1]s 尚未办结，办结后再评价。", "The matter %[1]s has not ended yet; rate it when it has.", g.Matter)
	}
	first, err := d.round(ctx, tx, caseID, g.Matter)
	if err != nil {
		return err
	}
	id, now := store.NewID(), d.Now().UTC()
	row := tx.Ent.Rating.Create().SetID(id).SetCaseID(caseID).SetVeteranID(it.VeteranID).SetMatter(it.Matter).SetDepartment(it.Department).
		SetDivision(it.Division).SetRound(1).SetGrade(g.Grade).SetRatedAt(now)
	before := 0
	if first != nil {
		row.SetRound(2)
		before = first.Grade
	}
	if g.Words != "" {
		row.SetWordsSealed(d.Vault.Seal([]byte(g.Words), bind(id)))
	}
	if err := row.Exec(ctx); err != nil {
		return fmt.Errorf("rating: %w", err)
	}
	err = journal.Write(ctx, tx, journal.Entry{CaseID: caseID, ItemID: it.ID, Matter: it.Matter, Kind: "ITEM_RATED", To: strconv.Itoa(g.Grade), At: now})
	if err != nil {
		return err
	}
	if d.Noted != nil {
		if err := d.Noted(ctx, tx, caseID, it.Matter, before, g.Grade); err != nil {
			return err
		}
	}
	return d.follow(ctx, tx, it, first, id, g)
}

// round is the first rating of a matter if a second one may be given now, nil if
// this is the first. Faults: RATING_EXISTS, RATING_AWAITS_REPLY.
func (d *Desk) round(ctx context.Context, tx store.Tx, caseID, matter string) (*gen.Rating, error) {
	rows, err := tx.Ent.Rating.Query().Where(genrating.CaseID(caseID), genrating.Matter(matter)).Order(genrating.ByRound()).All(ctx)
	if err != nil {
		return nil, fmt.Errorf("ratings: %w", err)
	}
	switch {
	case len(rows) == 0:
		return nil, nil
	case len(rows) > 1 || rows[0].Grade >= worstGood:
		return nil, fault.Newf(fault.Conflict, "RATING_EXISTS", "事项 %[1]s 已评价过。", "The matter %[1]s has been rated.", matter)
	case rows[0].RepliedAt != nil:
		return rows[0], nil
	}
	closed, err := tx.Ent.Task.Query().Where(task.KindEQ(task.KindRATING), task.Subject(rows[0].ID), task.StateEQ(task.StateDONE)).
		Exist(access.AsMachine(ctx, "rating")) // the person does not see who has the task
	if err != nil {
		return nil, fmt.Errorf("task of a rating: %w", err)
	}
	if !closed {
		return nil, fault.Newf(fault.Conflict, "RATING_AWAITS_REPLY", "部门尚未答复您对事项 %[1]s 的评价，答复后可再评一次。",
			"The department has not replied to your rating of %[1]s yet; you may rate again when it has.", matter)
	}
	return rows[0], nil
}

// follow does what a grade asks for: a bad first one a task, a second one its end.
func (d *Desk) follow(ctx context.Context, tx store.Tx, it *gen.Item, first *gen.Rating, id string, g Grade) error {
	if d.Office == nil {
		return nil
	}
	if first != nil {
		return d.Office.Settle(ctx, tx, task.KindRATING, first.ID, "本人再次评价："+names[g.Grade]+"。")
	}
	if g.Grade >= worstGood {
		return nil
	}
	matter := it.Matter
	if m := d.Catalog().Matter(matter); m != nil {
		matter = m.Name.Zh
	}
	_, err := d.Office.Raise(ctx, tx, supervision.Concern{
		Kind: task.KindRATING, Subject: id, CaseID: it.CaseID, ItemID: it.ID, Department: it.Department, Division: it.Division,
		Words:    "事项“" + matter + "”被评为" + names[g.Grade] + "：请回访核实、整改，并向本人答复。",
		Workdays: inForce().Rectify.Workdays,
	})
	return err
}

// Reply writes a department's reply to a bad rating, once, and tells the person.
// Faults: RATING_NOT_FOUND, for another department's too, REPLY_MISSING,
// REPLY_TOO_LONG, RATING_NOT_BAD, RATING_REPLIED.
func (d *Desk) Reply(ctx context.Context, id, words string) (*gen.Rating, error) {
	if err := access.Require(ctx, access.Decide); err != nil {
		return nil, err
	}
	words = strings.TrimSpace(words)
	if words == "" {
		return nil, fault.New(fault.Invalid, "REPLY_MISSING", "请填写答复内容。", "Write the reply.").At("input", "words")
	}
	if utf8.RuneCountInString(words) > mostReply {
		return nil, fault.Newf(fault.Invalid, "REPLY_TOO_LONG", "答复最多 %[1]d 个字。", "A reply has at most %[1]d characters.", mostReply).At("input", "words")
	}
	row, err := d.get(ctx, d.Store.Read, id)
	if err != nil {
		return nil, err
	}
	err = d.Store.InTx(ctx, func(ctx context.Context, tx store.Tx) error { return d.reply(ctx, tx, row.CaseID, id, words) })
	if err != nil {
		return nil, err
	}
	if d.Changed != nil {
		d.Changed(row.CaseID)
	}
	return d.get(ctx, d.Store.Read, id)
}

func (d *Desk) get(ctx context.Context, c *gen.Client, id string) (*gen.Rating, error) {
	row, err := c.Rating.Get(ctx, id)
	if gen.IsNotFound(err) {
		return nil, fault.New(fault.NotFound, "RATING_NOT_FOUND", "没有找到这个评价。", "There is no such rating.")
	} else if err != nil {
		return nil, fmt.Errorf("rating: %w", err)
	}
	return row, nil
}

func (d *Desk) reply(ctx context.Context, tx store.Tx, caseID, id, words string) error {
	if err := tx.LockCase(access.AsMachine(ctx, "rating"), caseID); err != nil {
		return err
	}
	row, err := d.get(ctx, tx.Ent, id)
	switch {
	case err != nil:
		return err
	case row.Grade >= worstGood:
		return fault.New(fault.Conflict, "RATING_NOT_BAD", "只需答复不满意和非常不满意的评价。", "Only a bad rating is replied to.")
	case row.RepliedAt != nil:
		return fault.New(fault.Conflict, "RATING_REPLIED", "这个评价已答复。", "This rating has been replied to.")
	}
	now := d.Now().UTC()
	if err := tx.Ent.Rating.UpdateOneID(id).SetReply(words).SetRepliedAt(now).Exec(ctx); err != nil {
		return fmt.Errorf("reply: %w", err)
	}
	it, err := tx.Ent.Item.Query().Where(item.CaseID(caseID), item.Matter(row.Matter)).Only(access.AsMachine(ctx, "rating"))
	if err != nil {
		return fmt.Errorf("rated item: %w", err)
	}
	err = journal.Write(ctx, tx, journal.Entry{CaseID: caseID, ItemID: it.ID, Matter: row.Matter, Kind: "RATING_REPLIED", At: now})
	if err != nil || d.Tell == nil || row.Round > 1 {
		return err // nobody is invited to rate a third time
	}
	return d.Tell.Tell(ctx, tx, notify.Notice{
		VeteranID: row.VeteranID, CaseID: caseID, ItemID: it.ID, Matter: row.Matter, Division: row.Division, Kind: "RATING_REPLIED",
		Facts: map[string]string{"department": row.Department},
	})
}

// OfCases returns the ratings of each case, the oldest first.
func (d *Desk) OfCases(ctx context.Context, caseIDs []string) (map[string][]*gen.Rating, error) {
	rows, err := d.Store.Read.Rating.Query().Where(store.OneOf[predicate.Rating](genrating.FieldCaseID, caseIDs)).Order(genrating.ByID()).All(ctx)
	if err != nil {
		return nil, fmt.Errorf("ratings of %d cases: %w", len(caseIDs), err)
	}
	return store.Group(rows, func(r *gen.Rating) string { return r.CaseID }), nil
}

// Words is what the person wrote with a grade; empty for whoever may not read it.
func (d *Desk) Words(ctx context.Context, r *gen.Rating) (string, error) {
	if len(r.WordsSealed) == 0 || !mayRead(access.From(ctx), r) {
		return "", nil
	}
	words, err := d.Vault.Open(r.WordsSealed, bind(r.ID))
	if err != nil {
		return "", fmt.Errorf("words of a rating: %w", err)
	}
	return string(words), nil
}

func mayRead(v *access.Viewer, r *gen.Rating) bool {
	switch {
	case v == nil:
		return false
	case v.Kind == access.Veteran:
		return v.Self == r.VeteranID
	}
	return v.Kind == access.Officer && v.Department == r.Department && division.Within(r.Division, v.Division)
}

func bind(id string) string { return "ratings:words:" + id }
