package dispute

import (
	"context"
	"fmt"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"github.com/vetgraph/vetgraph/ent/gen"
	"github.com/vetgraph/vetgraph/ent/gen/dispute"
	"github.com/vetgraph/vetgraph/ent/gen/task"
	"github.com/vetgraph/vetgraph/internal/access"
	"github.com/vetgraph/vetgraph/internal/catalog"
	"github.com/vetgraph/vetgraph/internal/fault"
	"github.com/vetgraph/vetgraph/internal/profile"
	"github.com/vetgraph/vetgraph/internal/store"
)

// longest is how long a department's reasons may be, in characters.
const longest = 1000

// Decide ends a dispute by the department's word: an officer of that department,
// in the division. Reasons are always owed. The veteran is told that it was
// decided and how; the reasons, which may speak of them, they read when signed in.
// Where sources disagree about the value the decision settles that, too: from then
// on this department's word counts, or, if it upholds the objection, its next one.
// Faults: DISPUTE_NOT_FOUND, DISPUTE_ENDED, DISPUTE_WORDS_UNFIT.
func (d *Desk) Decide(ctx context.Context, id string, upheld bool, words string) (*gen.Dispute, error) {
	if err := access.Require(ctx, access.Decide); err != nil {
		return nil, err
	}
	words = strings.TrimSpace(norm.NFC.String(words))
	if n := utf8.RuneCountInString(words); n == 0 || n > longest || !utf8.ValidString(words) {
		return nil, fault.Newf(fault.Invalid, "DISPUTE_WORDS_UNFIT", "请写明理由，%[1]d 字以内。", "Give reasons in up to %[1]d characters.", longest).At("input", "words")
	}
	to, outcome := dispute.StateREJECTED, catalog.Text{Zh: "不成立", En: "rejected"}
	if upheld {
		to, outcome = dispute.StateUPHELD, catalog.Text{Zh: "成立", En: "upheld"}
	}
	err := d.Store.InTx(ctx, func(ctx context.Context, tx store.Tx) error {
		row, err := tx.Ent.Dispute.Query().Where(dispute.ID(id)).Only(ctx)
		if gen.IsNotFound(err) {
			return notFound()
		} else if err != nil {
			return fmt.Errorf("dispute: %w", err)
		}
		n, err := tx.Ent.Dispute.Update().Where(dispute.ID(id), dispute.StateEQ(dispute.StateOPEN)).
			SetState(to).SetEndedAt(d.Now().UTC()).SetEndedBy(access.From(ctx).ID).SetWords(words).Save(ctx)
		if err != nil {
			return fmt.Errorf("decide a dispute: %w", err)
		}
		if n == 0 {
			return fault.New(fault.Conflict, "DISPUTE_ENDED", "这项异议已经有答复。", "This dispute has been decided.").At("input", "disputeId")
		}
		if err := d.settle(ctx, tx, row, upheld); err != nil {
			return err
		}
		if err := d.Tasks.Settle(ctx, tx, task.KindDISPUTE, id, "异议"+outcome.Zh+"。 The objection was "+outcome.En+"."); err != nil {
			return err
		}
		return d.tell(ctx, tx, "DISPUTE_ENDED", row.VeteranID, row.Division, map[string]string{"department": row.Department, "words": outcome.Zh + " " + outcome.En})
	})
	if err != nil {
		return nil, err
	}
	return d.Get(ctx, id)
}

// settle ends the disagreement of sources, if there is one, by the word of the
// department that must settle it: its record stands, or it is going to correct it.
func (d *Desk) settle(ctx context.Context, tx store.Tx, row *gen.Dispute, upheld bool) error {
	if owner := profile.Owner(d.Catalog(), row.Element); owner == nil || owner.Code != row.Department {
		return nil
	}
	// An officer sees the dispute and not what others say of the person.
	if err := d.Profile.Settle(access.AsMachine(ctx, "dispute"), tx, row.VeteranID, row.Element, upheld); err != nil {
		return fmt.Errorf("settle a disagreement: %w", err)
	}
	return nil
}
