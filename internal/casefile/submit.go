package casefile

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/vetgraph/vetgraph/ent/gen"
	gencase "github.com/vetgraph/vetgraph/ent/gen/casefile"
	"github.com/vetgraph/vetgraph/ent/gen/item"
	"github.com/vetgraph/vetgraph/internal/access"
	"github.com/vetgraph/vetgraph/internal/fault"
	"github.com/vetgraph/vetgraph/internal/form"
	"github.com/vetgraph/vetgraph/internal/journal"
	"github.com/vetgraph/vetgraph/internal/lifecycle"
	"github.com/vetgraph/vetgraph/internal/plan"
	"github.com/vetgraph/vetgraph/internal/store"
)

// Submission is what a person hands in at the one window (一窗提交).
type Submission struct {
	VeteranID string
	Key       string // the client's idempotency key, 8 to 120 visible characters
	Matters   []string
	Answers   []form.Answer
	Channel   string // WEB, APP, WINDOW or AGENT
}

// Outcome is what became of a submission: a case, or all that is wrong with the
// form. Replayed says that the case was there already under the same key.
type Outcome struct {
	CaseID   string
	Problems []form.Problem
	Replayed bool
}

// Submit accepts a case: every item is queued for its department, or nothing has
// happened. The same key with the same content returns the same case, whatever
// has happened to it since. A form with faults is an Outcome with all of them.
// Faults: those of [Desk.Plan]; IDEMPOTENCY_KEY_MALFORMED,
// IDEMPOTENCY_KEY_REUSED, MATTER_ALREADY_OPEN.
func (d *Desk) Submit(ctx context.Context, s Submission) (Outcome, error) {
	if err := access.Require(ctx, access.Submit); err != nil {
		return Outcome{}, err
	}
	if err := checkKey(s.Key); err != nil {
		return Outcome{}, err
	}
	digest, err := d.digest(s)
	if err != nil {
		return Outcome{}, err
	}
	if _, err := d.Profile.Get(ctx, s.VeteranID); err != nil {
		return Outcome{}, err
	}
	if out, err := d.replay(ctx, s, digest); err != nil || out.CaseID != "" {
		return out, err
	}
	out, err := d.accept(ctx, s, digest)
	if err != nil || len(out.Problems) > 0 {
		// Perhaps the same key came at the same moment and has won meanwhile; its
		// case may even have ended, so that nothing is left to file.
		if won, rerr := d.replay(ctx, s, digest); rerr == nil && won.CaseID != "" {
			return won, nil
		}
	}
	return out, err
}

// accept plans, checks the form and writes the case.
func (d *Desk) accept(ctx context.Context, s Submission, digest []byte) (Outcome, error) {
	p, v, err := d.compile(ctx, s.VeteranID, s.Matters, d.Calendar().AcceptedOn(d.Now(), d.Closing))
	if err != nil {
		return Outcome{}, err
	}
	answers, problems := form.Validate(p.Form, s.Answers, form.Against{Divisions: d.Divisions})
	if len(problems) > 0 {
		return Outcome{Problems: problems}, nil
	}
	n := acceptance{desk: d, submission: s, digest: digest, plan: p, veteran: v, answers: answers, now: d.Now().UTC()}
	if err := d.Store.InTx(ctx, n.write); err != nil {
		return Outcome{}, err
	}
	d.Bell.Ring(n.caseID)
	return Outcome{CaseID: n.caseID}, nil
}

func checkKey(key string) error {
	visible := func(r rune) bool { return r != utf8.RuneError && unicode.IsGraphic(r) && !unicode.IsSpace(r) }
	if n := utf8.RuneCountInString(key); n < 8 || n > 120 || strings.ContainsFunc(key, func(r rune) bool { return !visible(r) }) {
		return fault.New(fault.Invalid, "IDEMPOTENCY_KEY_MALFORMED", "幂等键应为 8 至 120 个可见字符。",
			"An idempotency key has 8 to 120 visible characters.").At("input", "idempotencyKey")
	}
	return nil
}

// digest is the keyed hash of what is submitted; the order of answers does not matter.
func (d *Desk) digest(s Submission) ([]byte, error) {
	answers := slices.Clone(s.Answers)
	slices.SortStableFunc(answers, func(a, b form.Answer) int { return strings.Compare(a.Field, b.Field) })
	body, err := json.Marshal(struct {
		Veteran, Channel string
		Matters          []string
		Answers          []form.Answer
	}{s.VeteranID, s.Channel, s.Matters, answers})
	if err != nil {
		return nil, fmt.Errorf("digest of a submission: %w", err)
	}
	return d.Vault.Sign("submission", body), nil
}

// replay finds the case that the same key has made before.
func (d *Desk) replay(ctx context.Context, s Submission, digest []byte) (Outcome, error) {
	c, err := d.Store.Read.CaseFile.Query().Where(gencase.VeteranID(s.VeteranID), gencase.SubmissionKey(s.Key)).Only(ctx)
	if gen.IsNotFound(err) {
		return Outcome{}, nil
	} else if err != nil {
		return Outcome{}, fmt.Errorf("look for the key: %w", err)
	}
	if !bytes.Equal(c.SubmissionHash, digest) {
		return Outcome{}, fault.New(fault.Conflict, "IDEMPOTENCY_KEY_REUSED", "这个幂等键已用于另一份申请。",
			"This idempotency key was used for another submission.").At("input", "idempotencyKey")
	}
	return Outcome{CaseID: c.ID, Replayed: true}, nil
}

// acceptance is the writing of one case.
type acceptance struct {
	desk       *Desk
	submission Submission
	digest     []byte
	plan       *plan.Plan
	veteran    *gen.Veteran
	answers    map[string]any
	now        time.Time

	caseID string
	chosen []plan.MatterPlan // in plan order
}

func (n *acceptance) write(ctx context.Context, tx store.Tx) error {
	n.chosen = n.chosen[:0]
	for _, m := range n.plan.Matters {
		if m.Selected {
			n.chosen = append(n.chosen, m)
		}
	}
	slices.SortFunc(n.chosen, func(a, b plan.MatterPlan) int { return a.Order - b.Order })
	if err := n.noneOpen(ctx, tx); err != nil {
		return err
	}
	if err := n.file(ctx, tx); err != nil {
		return err
	}
	ready, err := n.items(ctx, tx)
	if err != nil {
		return err
	}
	if err := n.materials(ctx, tx); err != nil {
		return err
	}
	if err := n.entries(ctx, tx); err != nil {
		return err
	}
	return n.desk.Outbox.Enqueue(ctx, tx, ready)
}

// noneOpen refuses a matter that another case of the person still handles. The
// veteran's row is locked first, so that two submissions cannot both pass.
func (n *acceptance) noneOpen(ctx context.Context, tx store.Tx) error {
	if err := tx.LockVeteran(ctx, n.veteran.ID); err != nil {
		return err
	}
	codes := make([]string, len(n.chosen))
	for i, m := range n.chosen {
		codes[i] = m.Code
	}
	open, err := tx.Ent.Item.Query().Where(
		item.VeteranID(n.veteran.ID), item.MatterIn(codes...),
		item.StateIn(lifecycle.ItemWaiting, lifecycle.ItemReady, lifecycle.ItemDispatched, lifecycle.ItemReceived, lifecycle.ItemCorrection, lifecycle.ItemSuspended),
	).Order(item.ByMatter()).All(ctx)
	if err != nil {
		return fmt.Errorf("open items: %w", err)
	}
	if len(open) == 0 {
		return nil
	}
	names := make([]string, len(open))
	for i, it := range open {
		names[i] = it.Matter
	}
	return fault.Newf(fault.Conflict, "MATTER_ALREADY_OPEN", "下列事项已有在办的办件：%[1]s。", "A case already handles these matters: %[1]s.",
		strings.Join(names, ", ")).At("input", "matters")
}

// file writes the case itself.
func (n *acceptance) file(ctx context.Context, tx store.Tx) error {
	d := n.desk
	n.caseID = newID()
	values, err := n.plan.Form.Complete(n.answers)
	if err != nil {
		return fmt.Errorf("answers: %w", err)
	}
	answers, err := d.seal(values, bindAnswers(n.caseID))
	if err != nil {
		return fmt.Errorf("answers: %w", err)
	}
	pinned, err := d.seal(n.plan, bindPlan(n.caseID))
	if err != nil {
		return fmt.Errorf("plan: %w", err)
	}
	matters := make([]string, len(n.chosen))
	for i, m := range n.chosen {
		matters[i] = m.Code
	}
	c := tx.Ent.CaseFile.Create().SetID(n.caseID).SetVeteranID(n.veteran.ID).SetDivision(n.veteran.Division).
		SetNumber(newNumber(n.veteran.Division, n.plan.AcceptedOn)).SetState(lifecycle.CaseInProgress).
		SetChannel(channel(n.submission.Channel)).SetCatalogVersion(n.plan.CatalogVersion).SetMatters(matters).
		SetSubmissionKey(n.submission.Key).SetSubmissionHash(n.digest).
		SetAnswersSealed(answers).SetPlanSealed(pinned).
		SetPlanDays(n.plan.Totals.After.Days).SetAcceptedOn(n.plan.AcceptedOn).
		SetDueOn(n.plan.PromisedOn.Day).SetDueProvisional(n.plan.PromisedOn.Provisional).
		SetSubmittedAt(n.now).SetCreatedAt(n.now).SetUpdatedAt(n.now)
	if err := c.Exec(ctx); err != nil {
		return fmt.Errorf("case: %w", err)
	}
	return nil
}

// items writes one row for each matter and returns the IDs of those that wait for nothing.
func (n *acceptance) items(ctx context.Context, tx store.Tx) ([]string, error) {
	var ready []string
	rows := make([]*gen.ItemCreate, len(n.chosen))
	for i, m := range n.chosen {
		id, state := newID(), lifecycle.ItemWaiting
		if len(m.After) == 0 {
			state, ready = lifecycle.ItemReady, append(ready, id)
		}
		rows[i] = tx.Ent.Item.Create().SetID(id).SetCaseID(n.caseID).SetVeteranID(n.veteran.ID).SetDivision(n.veteran.Division).
			SetMatter(m.Code).SetDepartment(m.Department).SetPosition(m.Order).SetAfter(m.After).SetState(state).
			SetFinishDay(m.FinishDay).SetDueOn(m.Promised.Day)
	}
	if err := tx.Ent.Item.CreateBulk(rows...).Exec(ctx); err != nil {
		return nil, fmt.Errorf("items: %w", err)
	}
	return ready, nil
}

// materials writes the papers that the person brings.
func (n *acceptance) materials(ctx context.Context, tx store.Tx) error {
	var rows []*gen.MaterialCreate
	for _, p := range n.plan.Papers.Kept {
		if p.Form {
			continue
		}
		rows = append(rows, tx.Ent.Material.Create().SetID(n.caseID+":"+p.Material).SetCaseID(n.caseID).
			SetCode(p.Material).SetNeededBy(p.NeededBy))
	}
	if len(rows) == 0 {
		return nil
	}
	if err := tx.Ent.Material.CreateBulk(rows...).Exec(ctx); err != nil {
		return fmt.Errorf("materials: %w", err)
	}
	return nil
}

// entries writes the journal: submitted, accepted and under way are three
// moments in law, though the machine takes them in one.
func (n *acceptance) entries(ctx context.Context, tx store.Tx) error {
	states := []lifecycle.CaseState{lifecycle.CaseDraft, lifecycle.CaseSubmitted, lifecycle.CaseAccepted, lifecycle.CaseInProgress}
	var entries []journal.Entry
	for i := 1; i < len(states); i++ {
		if err := lifecycle.MoveCase(states[i-1], states[i]); err != nil {
			return err
		}
		entries = append(entries, journal.Entry{CaseID: n.caseID, Kind: "CASE_" + string(states[i]), From: string(states[i-1]), To: string(states[i]), At: n.now})
	}
	return journal.Write(ctx, tx, entries...)
}
