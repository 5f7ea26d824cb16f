package casefile

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/vetgraph/vetgraph/ent/gen"
	"github.com/vetgraph/vetgraph/ent/gen/obligation"
	"github.com/vetgraph/vetgraph/ent/gen/predicate"
	"github.com/vetgraph/vetgraph/ent/gen/prereview"
	"github.com/vetgraph/vetgraph/internal/access"
	"github.com/vetgraph/vetgraph/internal/catalog"
	"github.com/vetgraph/vetgraph/internal/fault"
	"github.com/vetgraph/vetgraph/internal/lifecycle"
	"github.com/vetgraph/vetgraph/internal/notify"
	"github.com/vetgraph/vetgraph/internal/store"
	"github.com/vetgraph/vetgraph/internal/words"
	"github.com/vetgraph/vetgraph/internal/workday"
)

// How a look came out.
const (
	passed  = "PASSED"
	failed  = "FAILED"
	unknown = "UNKNOWN"
)

// RequestPreReview has a draft looked at before it is submitted (预审前置): by the
// machine at once, then by the departments whose matters set working days for it
// (days.preReview). None of it is on the clock. The rule:
//
//   - What could not be submitted as it is (a problem of the form, or of the
//     matters chosen) makes the machine's review FAILED and the case RETURNED, to be
//     mended. Nothing ends by that, and no officer is troubled.
//   - Anything else the machine finds wrong is told, to the person and to the
//     officers, and decides nothing: the review is FAILED, the case goes the same way
//     as with PASSED. What nobody could tell is UNKNOWN, and no fault.
//   - If a matter wants an officer, the case stays in PRE_REVIEW, and the department
//     owes a word by the end of its last working day. Once all have spoken it is
//     DRAFT again, ready to be submitted, or RETURNED if one did not pass it.
//   - Otherwise it is DRAFT again at once.
//
// It may be submitted at any time, whatever was found. Faults: DRAFT_NOT_FOUND,
// CASE_STATE, DRAFT_CHANGED (it was saved meanwhile), MANDATE_REQUIRED,
// MANDATE_TOO_NARROW.
func (d *Desk) RequestPreReview(ctx context.Context, caseID string) error {
	if err := access.Require(ctx, access.Draft); err != nil {
		return err
	}
	c, err := d.ownDraft(ctx, caseID, "")
	if err != nil {
		return err
	}
	content, err := d.openSealed(c)
	if err != nil {
		return err
	}
	if ctx, err = d.actFor(ctx, c.VeteranID, c.Matters, answered(content.Answers)); err != nil {
		return err
	}
	if err := lifecycle.MoveCase(c.State, lifecycle.CasePreReview, lifecycle.Applicant); err != nil {
		return err
	}
	found, err := d.inspect(ctx, c, content.Answers)
	if err != nil {
		return err
	}
	err = d.Store.InTx(ctx, func(ctx context.Context, tx store.Tx) error {
		w, err := d.open(ctx, tx, caseID)
		if err != nil {
			return err
		}
		if err := stillActs(ctx, tx); err != nil {
			return err
		}
		if !bytes.Equal(w.file.DraftSealed, c.DraftSealed) {
			return fault.New(fault.Conflict, "DRAFT_CHANGED", "草稿刚刚有修改，请重新申请预审。", "The draft was saved meanwhile; ask again.")
		}
		if err := w.moveCase(lifecycle.CasePreReview, ""); err != nil {
			return err
		}
		if err := w.finish(ctx); err != nil {
			return err
		}
		// From here on it is the machine's word, and the journal says so.
		ctx = access.AsMachine(ctx, "prereview")
		if w, err = d.open(ctx, tx, caseID); err != nil {
			return err
		}
		if err := w.reviewed(ctx, content, found); err != nil {
			return err
		}
		return w.finish(ctx)
	})
	if err == nil {
		d.Bell.Ring(caseID)
	}
	return err
}

// reviewed writes what the machine found and asks the officers.
func (w *work) reviewed(ctx context.Context, content draftContent, found *inspection) error {
	base := func(due workday.Day) *gen.PreReviewCreate {
		id := store.NewID()
		content.Reviewed = append(content.Reviewed, id)
		return w.tx.Ent.PreReview.Create().SetID(id).SetCaseID(w.file.ID).SetDivision(w.file.Division).SetAskedAt(w.now).SetDueOn(due)
	}
	content.Reviewed = nil
	machine := base(w.today()).SetState(prereview.StatePASSED).SetReviewer(access.From(ctx).ID).SetFindings(found.findings).SetEndedAt(w.now)
	verdict, n := passed, found.failures()
	if n > 0 {
		machine.SetState(prereview.StateFAILED)
		verdict = failed
	} else {
		machine.SetValidUntil(w.validUntil())
	}
	rows := []*gen.PreReviewCreate{machine}
	w.note(nil, "PRE_REVIEW_CHECKED", "", verdict, fmt.Sprintf("机器核对 %d 项，%d 项有问题。", len(found.findings), n))
	switch {
	case found.blocked:
		if err := w.moveCase(lifecycle.CaseReturned, "填写内容有误，须修改后才能提交。"); err != nil {
			return err
		}
	case len(found.officers) == 0:
		if err := w.moveCase(lifecycle.CaseDraft, ""); err != nil {
			return err
		}
	}
	for _, m := range found.officers {
		due := w.desk.Calendar().Due(w.desk.today(), m.Days.PreReview).Day
		rows = append(rows, base(due).SetMatter(m.Code).SetDepartment(m.Lead))
		w.owed = append(w.owed, &gen.Obligation{
			ID: store.NewID(), CaseID: w.file.ID, Matter: m.Code, Kind: obligation.KindPRE_REVIEW, OwedBy: obligation.OwedByDEPARTMENT,
			Department: m.Lead, Division: w.file.Division, OpenedAt: w.now, HeardAt: w.now, WordBy: endOf(due),
		})
		w.note(nil, "PRE_REVIEW_ASKED", "", string(prereview.StatePENDING), m.Code+" "+due.String())
	}
	if err := w.tx.Ent.PreReview.CreateBulk(rows...).Exec(ctx); err != nil {
		return fmt.Errorf("pre-reviews: %w", err)
	}
	return w.keepDraft(ctx, content)
}

func (w *work) keepDraft(ctx context.Context, content draftContent) error {
	sealed, err := w.desk.sealDraft(w.file.ID, content)
	if err != nil {
		return err
	}
	if err := w.tx.Ent.CaseFile.UpdateOneID(w.file.ID).SetDraftSealed(sealed).Exec(all(ctx)); err != nil {
		return fmt.Errorf("draft: %w", err)
	}
	return nil
}

// validUntil is the last day on which a result of today may be relied on.
func (w *work) validUntil() workday.Day {
	return w.desk.Calendar().Due(w.today(), w.desk.review().Result.Workdays).Day
}

// Conclusion is what an officer says of a pre-review.
type Conclusion struct {
	PreReviewID string
	Passed      bool
	Defects     []lifecycle.Defect // everything that is wrong, at once; needed if not passed
	Words       string
}

// DecidePreReview takes an officer's word and answers the case's ID. Faults:
// PRE_REVIEW_NOT_FOUND, PRE_REVIEW_ENDED, CASE_STATE, NOT_ALLOWED (another
// department's, or a machine's word), DEFECTS_MISSING, DEFECTS_NOT_WANTED,
// DEFECT_UNKNOWN, DEFECT_CODE_UNKNOWN, DEFECT_WORDS, DEFECT_TWICE, DEFECTS_TOO_MANY, WORDS_TOO_LONG.
func (d *Desk) DecidePreReview(ctx context.Context, in Conclusion) (string, error) {
	if err := access.Require(ctx, access.Decide); err != nil {
		return "", err
	}
	if err := checkWords(in.Words, false, "words"); err != nil {
		return "", err
	}
	row, err := d.Store.Read.PreReview.Query().Where(prereview.ID(in.PreReviewID)).Only(ctx)
	if gen.IsNotFound(err) {
		return "", fault.New(fault.NotFound, "PRE_REVIEW_NOT_FOUND", "没有找到这次预审。", "There is no such pre-review.")
	} else if err != nil {
		return "", fmt.Errorf("pre-review: %w", err)
	}
	v := access.From(ctx)
	if Actor(v.Kind, v.ID) != lifecycle.Department || v.Kind == access.Officer && v.Department != row.Department {
		return "", access.NotAllowed() // a machine never rejects alone
	}
	if in.Defects, err = coded(d.Shelf.Current(), row.Matter, in.Defects); err != nil {
		return "", err
	}
	if err := d.checkConclusion(row, in); err != nil {
		return "", err
	}
	return row.CaseID, d.handle(ctx, row.CaseID, func(ctx context.Context, w *work) error { return w.conclude(ctx, row.ID, in) })
}

func (d *Desk) checkConclusion(row *gen.PreReview, in Conclusion) error {
	if in.Passed {
		if len(in.Defects) > 0 {
			return fault.New(fault.Invalid, "DEFECTS_NOT_WANTED", "预审通过时不能同时列出问题。", "What has passed has no defects.").At("input", "defects")
		}
		return nil
	}
	cat := d.Shelf.Current()
	var papers []string
	if m := cat.Matter(row.Matter); m != nil {
		for _, need := range m.Materials.Needs {
			papers = append(papers, need.AnyOf...)
		}
	}
	return checkDefects(cat, &gen.Item{Matter: row.Matter}, papers, in.Defects)
}

// conclude writes an officer's word; with the last one the case goes on.
func (w *work) conclude(ctx context.Context, id string, in Conclusion) error {
	rows, err := w.tx.Ent.PreReview.Query().Where(prereview.CaseID(w.file.ID)).Order(prereview.ByID()).All(all(ctx))
	if err != nil {
		return fmt.Errorf("pre-reviews: %w", err)
	}
	row := rows[slices.IndexFunc(rows, func(r *gen.PreReview) bool { return r.ID == id })]
	if row.EndedAt != nil {
		return fault.New(fault.Conflict, "PRE_REVIEW_ENDED", "这次预审已经结束。", "This pre-review has ended.")
	}
	if w.file.State != lifecycle.CasePreReview {
		return lifecycle.MoveCase(w.file.State, lifecycle.CaseReturned, "NOBODY") // the table's own words
	}
	row.State, row.EndedAt, row.Findings = prereview.StateFAILED, &w.now, officersFindings(in)
	change := w.tx.Ent.PreReview.UpdateOneID(id).SetReviewer(access.From(ctx).ID).SetWords(words.Clip(in.Words, 1000)).SetFindings(row.Findings).SetEndedAt(w.now)
	if in.Passed {
		row.State = prereview.StatePASSED
		change.SetValidUntil(w.validUntil())
	}
	if err := change.SetState(row.State).Exec(all(ctx)); err != nil {
		return fmt.Errorf("pre-review: %w", err)
	}
	for _, o := range w.owed {
		if o.Kind == obligation.KindPRE_REVIEW && o.Matter == row.Matter {
			w.end(o, string(row.State))
		}
	}
	w.note(nil, "PRE_REVIEW_DECIDED", string(prereview.StatePENDING), string(row.State), row.Matter+" "+in.Words)
	return w.roundEnds(ctx, lastRound(rows))
}

func officersFindings(in Conclusion) []lifecycle.Finding {
	if in.Passed {
		return []lifecycle.Finding{{Check: "OFFICER", Verdict: passed, Zh: "部门预审通过。", En: "Passed by the department."}}
	}
	var out []lifecycle.Finding
	for _, x := range in.Defects {
		out = append(out, lifecycle.Finding{Check: "OFFICER", Field: x.Field, Material: x.Material, Code: x.Code, Verdict: failed, Zh: x.Words, En: cmp.Or(x.En, x.Words)})
	}
	return out
}

// roundEnds lets the case go on, and tells the person, once nobody who was asked
// is still to speak.
func (w *work) roundEnds(ctx context.Context, rows []*gen.PreReview) error {
	var wrong, wrongEn []string
	for _, r := range rows {
		switch {
		case r.Matter == "":
		case r.EndedAt == nil:
			return nil
		case r.State == prereview.StateFAILED:
			for _, f := range r.Findings {
				wrong, wrongEn = append(wrong, f.Zh), append(wrongEn, f.En)
			}
		}
	}
	kind, facts := "PRE_REVIEW_PASSED", map[string]string{"number": w.file.Number, "due": w.validUntil().String()}
	to := lifecycle.CaseDraft
	if len(wrong) > 0 {
		kind, to = "PRE_REVIEW_FAILED", lifecycle.CaseReturned
		facts = map[string]string{"number": w.file.Number, "words": words.Clip(strings.Join(wrong, "；"), 300), "wordsEn": words.Clip(strings.Join(wrongEn, "; "), 500)}
	}
	if err := w.moveCase(to, ""); err != nil {
		return err
	}
	if w.desk.Post == nil {
		return nil
	}
	return w.desk.Post.Tell(ctx, w.tx, notify.Notice{VeteranID: w.file.VeteranID, CaseID: w.file.ID, Division: w.file.Division, Kind: kind, Facts: facts})
}

// PreReviews returns the pre-reviews of each case, oldest first.
func (d *Desk) PreReviews(ctx context.Context, caseIDs []string) (map[string][]*gen.PreReview, error) {
	rows, err := d.Store.Read.PreReview.Query().Where(store.OneOf[predicate.PreReview](prereview.FieldCaseID, caseIDs)).
		Order(prereview.ByCaseID(), prereview.ByID()).All(ctx)
	if err != nil {
		return nil, fmt.Errorf("pre-reviews of %d cases: %w", len(caseIDs), err)
	}
	return store.Group(rows, func(r *gen.PreReview) string { return r.CaseID }), nil
}

// LastPreReviews are those that were asked for last, together, the machine's first.
func (d *Desk) LastPreReviews(ctx context.Context, caseID string) ([]*gen.PreReview, error) {
	all, err := d.PreReviews(ctx, []string{caseID})
	if err != nil {
		return nil, err
	}
	return lastRound(all[caseID]), nil
}

// lastRound is the machine's last review and those of officers that followed it.
func lastRound(rows []*gen.PreReview) []*gen.PreReview {
	for i := len(rows) - 1; i >= 0; i-- {
		if rows[i].Matter == "" {
			return rows[i:]
		}
	}
	return rows
}

// underReview are the matters of a case whose pre-review a department owes.
func (d *Desk) underReview(ctx context.Context, caseIDs []string, department string) (map[string][]string, error) {
	rows, err := d.Store.Read.PreReview.Query().Where(store.OneOf[predicate.PreReview](prereview.FieldCaseID, caseIDs), prereview.Department(department), prereview.EndedAtIsNil()).
		Order(prereview.ByMatter()).All(ctx)
	if err != nil {
		return nil, fmt.Errorf("pre-reviews: %w", err)
	}
	by := map[string][]string{}
	for _, p := range rows {
		by[p.CaseID] = append(by[p.CaseID], p.Matter)
	}
	return by, nil
}

// officersOf are the matters of a draft that an officer looks at beforehand.
func officersOf(c *catalog.Catalog, matters []string) []*catalog.Matter {
	var out []*catalog.Matter
	for _, code := range matters {
		if m := c.Matter(code); m != nil && m.Days.PreReview > 0 {
			out = append(out, m)
		}
	}
	return out
}
