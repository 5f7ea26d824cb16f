package casefile

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/vetgraph/vetgraph/ent/gen"
	gencase "github.com/vetgraph/vetgraph/ent/gen/casefile"
	"github.com/vetgraph/vetgraph/ent/gen/item"
	"github.com/vetgraph/vetgraph/ent/gen/material"
	"github.com/vetgraph/vetgraph/internal/access"
	"github.com/vetgraph/vetgraph/internal/fault"
	"github.com/vetgraph/vetgraph/internal/form"
	"github.com/vetgraph/vetgraph/internal/lifecycle"
	"github.com/vetgraph/vetgraph/internal/plan"
	"github.com/vetgraph/vetgraph/internal/store"
	"github.com/vetgraph/vetgraph/internal/words"
	"github.com/vetgraph/vetgraph/internal/workday"
)

// Submission is what a person hands in at the one window (一窗提交).
type Submission struct {
	VeteranID   string
	Key         string // the client's idempotency key, 8 to 120 visible characters
	Matters     []string
	Answers     []form.Answer
	Channel     string   // WEB, APP, WINDOW or AGENT
	DraftID     string   // the draft that it comes from, if any
	Gaps        []Gap    // minor papers promised for later (容缺受理)
	Commitments []string // codes of papers replaced by a signed commitment (告知承诺)
}

// Gap is a paper promised for later.
type Gap struct {
	Material string      `json:"material"`
	By       workday.Day `json:"by"` // not after the day promised to the person
}

// Outcome is what became of a submission: a case, or all that is wrong with the
// form. Replayed says that the case was there already under the same key.
type Outcome struct {
	CaseID   string
	Problems []form.Problem
	Replayed bool
}

// Submit takes in a case: every item is queued for its department, or nothing has
// happened. One with gaps waits for an officer first. The same key with the same
// content returns the same case, whatever has happened to it since. A form with
// faults is an Outcome with all of them. Faults: those of [Desk.Plan];
// IDEMPOTENCY_KEY_MALFORMED, IDEMPOTENCY_KEY_REUSED, MATTER_ALREADY_OPEN,
// MANDATE_REQUIRED, MANDATE_TOO_NARROW, DRAFT_NOT_FOUND.
func (d *Desk) Submit(ctx context.Context, s Submission) (Outcome, error) {
	if err := access.Require(ctx, access.Submit); err != nil {
		return Outcome{}, err
	}
	if err := fault.CheckKey(s.Key); err != nil {
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
	chosen := selected(p)
	if ctx, err = d.actFor(ctx, v.ID, codes(chosen), answered(s.Answers)); err != nil {
		return Outcome{}, err
	}
	answers, problems := form.Validate(p.Form, s.Answers, form.Against{Divisions: d.Divisions})
	problems = append(problems, d.checkPapers(p, s)...)
	if len(problems) > 0 {
		return Outcome{Problems: problems}, nil
	}
	n := acceptance{desk: d, submission: s, digest: digest, plan: p, chosen: chosen, veteran: v, answers: answers}
	if err := d.Store.InTx(ctx, n.write); err != nil {
		return Outcome{}, err
	}
	d.Bell.Ring(n.file.ID)
	return Outcome{CaseID: n.file.ID}, nil
}

// selected are the matters of a plan that are filed, in plan order.
func selected(p *plan.Plan) []plan.MatterPlan {
	var chosen []plan.MatterPlan
	for _, m := range p.Matters {
		if m.Selected {
			chosen = append(chosen, m)
		}
	}
	slices.SortFunc(chosen, func(a, b plan.MatterPlan) int { return a.Order - b.Order })
	return chosen
}

func codes(chosen []plan.MatterPlan) []string {
	out := make([]string, len(chosen))
	for i, m := range chosen {
		out[i] = m.Code
	}
	return out
}

func answered(answers []form.Answer) []string {
	out := make([]string, len(answers))
	for i, a := range answers {
		out[i] = a.Field
	}
	return out
}

// checkPapers says what is wrong with the papers that are promised or replaced.
func (d *Desk) checkPapers(p *plan.Plan, s Submission) []form.Problem {
	var wrong []form.Problem
	say := func(code, reason, zh, en string) {
		wrong = append(wrong, form.Problem{Field: words.Clip(code, 40), Reason: reason, Zh: zh, En: en})
	}
	seen := map[string]bool{}
	check := func(code string, allowed bool, reason, zh, en string) bool {
		kept := slices.ContainsFunc(p.Papers.Kept, func(x plan.Paper) bool { return x.Material == code && !x.Form })
		switch {
		case !kept:
			say(code, "PAPER_NOT_NEEDED", "本办件不要这份材料。", "This case does not ask for that paper.")
		case seen[code]:
			say(code, "PAPER_TWICE", "同一份材料写了两次。", "A paper is named twice.")
		case !allowed:
			say(code, reason, zh, en)
		default:
			seen[code] = true
			return true
		}
		return false
	}
	for _, g := range s.Gaps {
		m := d.Shelf.Current().Material(g.Material)
		if check(g.Material, m != nil && m.Gap, "PAPER_NOT_A_GAP", "这份材料是主要材料，不能容缺。", "This is a main paper; it cannot come later.") &&
			(g.By > p.PromisedOn.Day || g.By <= workday.FromTime(d.Now())) {
			say(g.Material, "GAP_TOO_LATE", "补交日应晚于今天且不晚于承诺办结日。", "The paper must come after today and not after the promised day.")
		}
	}
	for _, code := range s.Commitments {
		m := d.Shelf.Current().Material(code)
		check(code, m != nil && m.Commitment, "PAPER_NOT_COMMITTABLE", "这份材料不能以告知承诺代替。", "This paper cannot be replaced by a commitment.")
	}
	return wrong
}

// digest is the keyed hash of what is submitted; the order of answers does not matter.
func (d *Desk) digest(s Submission) ([]byte, error) {
	answers := slices.Clone(s.Answers)
	slices.SortStableFunc(answers, func(a, b form.Answer) int { return strings.Compare(a.Field, b.Field) })
	body, err := json.Marshal(struct {
		Veteran, Channel string
		Matters          []string
		Answers          []form.Answer
		Draft            string   `json:",omitempty"`
		Gaps             []Gap    `json:",omitempty"`
		Commitments      []string `json:",omitempty"`
	}{s.VeteranID, s.Channel, s.Matters, answers, s.DraftID, s.Gaps, s.Commitments})
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
	chosen     []plan.MatterPlan // in plan order
	veteran    *gen.Veteran
	answers    map[string]any

	file *gen.CaseFile
}

func (n *acceptance) write(ctx context.Context, tx store.Tx) error {
	if err := tx.LockVeteran(ctx, n.veteran.ID); err != nil {
		return err
	}
	if err := stillActs(ctx, tx); err != nil {
		return err
	}
	if err := noneOpen(ctx, tx, n.veteran.ID, n.submission.DraftID, n.chosen); err != nil {
		return err
	}
	w := &work{desk: n.desk, tx: tx, now: n.desk.Now().UTC(), by: lifecycle.Applicant, fresh: true, wasItems: map[string]gen.Item{}, wasOwed: map[string]gen.Obligation{}}
	if err := n.open(ctx, w); err != nil {
		return err
	}
	n.file = w.file
	if err := w.weighPreReview(ctx, n.submission.Answers); err != nil {
		return err
	}
	w.committed = map[string]bool{}
	for _, code := range n.submission.Commitments {
		w.committed[code] = true
	}
	if err := w.moveCase(lifecycle.CaseSubmitted, ""); err != nil {
		return err
	}
	if len(n.submission.Gaps) > 0 {
		w.await(n.leader())
	} else if err := w.take(ctx, n.plan, n.plan.AcceptedOn, ""); err != nil {
		return err
	}
	if err := n.save(ctx, w); err != nil {
		return err
	}
	if err := w.createItems(ctx); err != nil {
		return err
	}
	return w.finish(ctx)
}

// leader is the department that leads the joint handling, else that of the first matter.
func (n *acceptance) leader() string {
	for _, d := range n.desk.Shelf.Current().Departments {
		if d.Role == "lead" {
			return d.Code
		}
	}
	return n.chosen[0].Department
}

// noneOpen refuses a matter that another case of the person still handles, or
// waits to be accepted for. The veteran's row is locked before, so that two
// submissions cannot both pass.
func noneOpen(ctx context.Context, tx store.Tx, veteranID, own string, chosen []plan.MatterPlan) error {
	wanted := codes(chosen)
	open, err := tx.Ent.Item.Query().Where(
		item.VeteranID(veteranID), item.MatterIn(wanted...), item.CaseIDNEQ(own),
		item.StateIn(lifecycle.ItemWaiting, lifecycle.ItemReady, lifecycle.ItemDispatched, lifecycle.ItemReceived, lifecycle.ItemCorrection, lifecycle.ItemSuspended),
	).Order(item.ByMatter()).All(all(ctx))
	if err != nil {
		return fmt.Errorf("open items: %w", err)
	}
	names := make([]string, len(open))
	for i, it := range open {
		names[i] = it.Matter
	}
	waiting, err := tx.Ent.CaseFile.Query().Where(gencase.VeteranID(veteranID), gencase.StateEQ(lifecycle.CaseSubmitted), gencase.IDNEQ(own)).
		Select(gencase.FieldID, gencase.FieldMatters).All(all(ctx))
	if err != nil {
		return fmt.Errorf("cases that wait: %w", err)
	}
	for _, c := range waiting {
		for _, m := range c.Matters {
			if slices.Contains(wanted, m) && !slices.Contains(names, m) {
				names = append(names, m)
			}
		}
	}
	if len(names) == 0 {
		return nil
	}
	slices.Sort(names)
	return fault.Newf(fault.Conflict, "MATTER_ALREADY_OPEN", "下列事项已有在办的办件：%[1]s。", "A case already handles these matters: %[1]s.",
		strings.Join(names, ", ")).At("input", "matters")
}

// open makes the file of the case, or takes up that of its draft.
func (n *acceptance) open(ctx context.Context, w *work) error {
	c := &gen.CaseFile{ID: store.NewID(), VeteranID: n.veteran.ID, Division: n.veteran.Division, State: lifecycle.CaseDraft, CreatedAt: w.now, Warning: lifecycle.NoWarning}
	if n.submission.DraftID != "" {
		var err error
		if c, err = n.desk.takeDraft(ctx, w.tx, n.submission.DraftID, n.veteran.ID); err != nil {
			return err
		}
		w.standing = n.desk.Board().Of(c, nil)
		w.drafted = true
	} else {
		c.Number = newNumber(n.veteran.Division, n.plan.AcceptedOn)
	}
	c.Channel, c.CatalogVersion, c.Matters = channel(n.submission.Channel), n.plan.CatalogVersion, codes(n.chosen)
	c.PlanDays, c.SubmittedAt = n.plan.Totals.After.Days, &w.now
	c.PapersSaved = n.plan.Totals.Before.Materials - n.plan.Totals.After.Materials
	c.VisitsSaved = n.plan.Totals.Before.Visits - n.plan.Totals.After.Visits
	w.file = c
	w.wasFile = *c
	return nil
}

// save writes the file.
func (n *acceptance) save(ctx context.Context, w *work) error {
	d, c := n.desk, w.file
	values, err := n.plan.Form.Complete(n.answers)
	if err != nil {
		return fmt.Errorf("answers: %w", err)
	}
	answers, err := d.seal(values, bindAnswers(c.ID))
	if err != nil {
		return fmt.Errorf("answers: %w", err)
	}
	pinned, err := d.seal(n.plan, bindPlan(c.ID))
	if err != nil {
		return fmt.Errorf("plan: %w", err)
	}
	if w.drafted {
		err = w.tx.Ent.CaseFile.UpdateOneID(c.ID).SetState(c.State).SetChannel(c.Channel).SetCatalogVersion(c.CatalogVersion).SetMatters(c.Matters).
			SetSubmissionKey(n.submission.Key).SetSubmissionHash(n.digest).SetAnswersSealed(answers).SetPlanSealed(pinned).ClearDraftSealed().
			SetPlanDays(c.PlanDays).SetNillableAcceptedOn(c.AcceptedOn).SetNillableDueOn(c.DueOn).SetDueProvisional(c.DueProvisional).
			SetPapersSaved(c.PapersSaved).SetVisitsSaved(c.VisitsSaved).SetSubmittedAt(w.now).SetUpdatedAt(w.now).Exec(all(ctx))
	} else {
		err = w.tx.Ent.CaseFile.Create().SetID(c.ID).SetVeteranID(c.VeteranID).SetDivision(c.Division).SetNumber(c.Number).SetState(c.State).
			SetChannel(c.Channel).SetCatalogVersion(c.CatalogVersion).SetMatters(c.Matters).
			SetSubmissionKey(n.submission.Key).SetSubmissionHash(n.digest).SetAnswersSealed(answers).SetPlanSealed(pinned).
			SetPlanDays(c.PlanDays).SetNillableAcceptedOn(c.AcceptedOn).SetNillableDueOn(c.DueOn).SetDueProvisional(c.DueProvisional).
			SetPapersSaved(c.PapersSaved).SetVisitsSaved(c.VisitsSaved).SetSubmittedAt(w.now).SetCreatedAt(w.now).SetUpdatedAt(w.now).Exec(ctx)
	}
	if err != nil {
		return fmt.Errorf("case: %w", err)
	}
	return n.papers(ctx, w.tx)
}

// papers writes the papers that the person brings, promises or replaces.
func (n *acceptance) papers(ctx context.Context, tx store.Tx) error {
	var rows []*gen.MaterialCreate
	for _, p := range n.plan.Papers.Kept {
		if p.Form {
			continue
		}
		row := tx.Ent.Material.Create().SetID(n.file.ID + ":" + p.Material).SetCaseID(n.file.ID).SetCode(p.Material).SetNeededBy(p.NeededBy)
		if g := n.promised(p.Material); g != nil {
			row.SetState(material.StatePROMISED).SetDueOn(g.By)
		} else if slices.Contains(n.submission.Commitments, p.Material) {
			row.SetState(material.StateCOMMITTED)
		}
		rows = append(rows, row)
	}
	if len(rows) == 0 {
		return nil
	}
	if err := tx.Ent.Material.CreateBulk(rows...).Exec(ctx); err != nil {
		return fmt.Errorf("materials: %w", err)
	}
	return nil
}

func (n *acceptance) promised(code string) *Gap {
	i := slices.IndexFunc(n.submission.Gaps, func(g Gap) bool { return g.Material == code })
	if i < 0 {
		return nil
	}
	return &n.submission.Gaps[i]
}
