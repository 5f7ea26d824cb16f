package casefile

import (
	"context"
	"fmt"
	"slices"

	"github.com/vetgraph/vetgraph/ent/gen/obligation"
	"github.com/vetgraph/vetgraph/ent/gen/prereview"
	"github.com/vetgraph/vetgraph/internal/form"
	"github.com/vetgraph/vetgraph/internal/lifecycle"
)

// weighPreReview notes, while a case is submitted, whether the pre-review that its
// matters provide for was done: passed by every department for exactly what is
// submitted, and not expired. If not it is waived, and the departments look within
// their own days. What an officer still owed ends with it.
func (w *work) weighPreReview(ctx context.Context, answers []form.Answer) error {
	good := map[string]bool{}
	if w.drafted {
		var err error
		if good, err = w.relied(ctx, answers); err != nil {
			return err
		}
	}
	for _, m := range officersOf(w.desk.Shelf.Current(), w.file.Matters) {
		if good[m.Code] {
			w.note(nil, "PRE_REVIEW_USED", "", passed, m.Code)
		} else {
			w.note(nil, "PRE_REVIEW_WAIVED", "", "", m.Code)
		}
	}
	return nil
}

// relied are the matters of a draft whose pre-review may be relied on for these
// answers. Those still under way end.
func (w *work) relied(ctx context.Context, answers []form.Answer) (map[string]bool, error) {
	rows, err := w.tx.Ent.PreReview.Query().Where(prereview.CaseID(w.file.ID)).Order(prereview.ByID()).All(all(ctx))
	if err != nil {
		return nil, fmt.Errorf("pre-reviews: %w", err)
	}
	content, err := w.desk.openSealed(w.file)
	if err != nil {
		return nil, err
	}
	good := map[string]bool{}
	for _, r := range rows {
		if r.EndedAt == nil {
			err := w.tx.Ent.PreReview.UpdateOneID(r.ID).SetEndedAt(w.now).SetWords("申请人已直接提交，预审不再进行。").Exec(all(ctx))
			if err != nil {
				return nil, fmt.Errorf("pre-review: %w", err)
			}
		}
		valid := r.State == prereview.StatePASSED && r.ValidUntil != nil && *r.ValidUntil >= w.today()
		if valid && slices.Contains(content.Reviewed, r.ID) && sameAnswers(content.Answers, answers) {
			good[r.Matter] = true
		}
	}
	return good, w.endReviews(ctx)
}

// endReviews ends what departments owe to a draft that is submitted.
func (w *work) endReviews(ctx context.Context) error {
	err := w.tx.Ent.Obligation.Update().Where(obligation.CaseID(w.file.ID), obligation.KindEQ(obligation.KindPRE_REVIEW), obligation.EndedAtIsNil()).
		SetEndedAt(w.now).SetHeardAt(w.now).SetEnding(string(lifecycle.CaseSubmitted)).Exec(all(ctx))
	if err != nil {
		return fmt.Errorf("pre-reviews owed: %w", err)
	}
	return nil
}
