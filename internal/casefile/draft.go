package casefile

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/vetgraph/vetgraph/ent/gen"
	gencase "github.com/vetgraph/vetgraph/ent/gen/casefile"
	"github.com/vetgraph/vetgraph/internal/access"
	"github.com/vetgraph/vetgraph/internal/catalog"
	"github.com/vetgraph/vetgraph/internal/fault"
	"github.com/vetgraph/vetgraph/internal/form"
	"github.com/vetgraph/vetgraph/internal/journal"
	"github.com/vetgraph/vetgraph/internal/lifecycle"
	"github.com/vetgraph/vetgraph/internal/store"
	"github.com/vetgraph/vetgraph/internal/workday"
)

// Bounds of what one save may bring; each value as a form bounds it.
const (
	maxDraftAnswers = 500
	maxDraftText    = 8 << 10 // bytes of one text
	maxDraftItems   = 50      // of one list
)

// openDraft are the states in which a case is a draft.
var openDraft = []lifecycle.CaseState{lifecycle.CaseDraft, lifecycle.CasePreReview, lifecycle.CaseReturned}

// DraftInput is what was typed so far. Answers are merged into those saved, a nil
// value clears one.
type DraftInput struct {
	CaseID    string // empty for a new draft
	VeteranID string
	Matters   []string // codes or slugs; nil: those saved, for a new draft all that may or must be filed
	Answers   []form.Answer
	Channel   string
}

// draftContent is a draft as it is sealed: answers as typed, also those whose field
// a later catalogue has dropped.
type draftContent struct {
	Answers  []form.Answer `json:"answers"`
	SavedAt  time.Time     `json:"savedAt"`
	Reviewed []string      `json:"reviewed,omitempty"` // pre-reviews that looked at exactly these answers and matters
}

func bindDraft(caseID string) string { return "case_files:draft:" + caseID }

func draftNotFound() *fault.Fault {
	return fault.New(fault.NotFound, "DRAFT_NOT_FOUND", "没有找到这份草稿。", "There is no such draft.")
}

// review are the rules of drafts and pre-review in force.
func (d *Desk) review() *ReviewRules { return BuiltinReviewRules() }

// today is the day on which something done now counts: after closing time the next
// working day.
func (d *Desk) today() workday.Day { return d.Calendar().AcceptedOn(d.Now(), d.Closing) }

// SaveDraft saves a draft and answers its case's ID. Nothing is checked but that
// somebody once asked for it: what is wrong with a draft is part of [Desk.Draft].
// Faults: DRAFT_NOT_FOUND, CASE_STATE (also while it is pre-reviewed),
// DRAFTS_TOO_MANY, DRAFT_ANSWERS, DRAFT_VALUE, DRAFT_FIELD_UNKNOWN,
// DRAFT_TOO_LARGE, those of [Desk.Plan] for new matters, MANDATE_REQUIRED,
// MANDATE_TOO_NARROW.
func (d *Desk) SaveDraft(ctx context.Context, in DraftInput) (string, error) {
	if err := access.Require(ctx, access.Draft); err != nil {
		return "", err
	}
	if err := checkTyped(in.Answers); err != nil {
		return "", err
	}
	matters := in.Matters
	var v *gen.Veteran
	if in.CaseID == "" || in.Matters != nil {
		p, who, err := d.compile(ctx, in.VeteranID, in.Matters, d.today())
		if err != nil {
			return "", err
		}
		matters, v = codes(selected(p)), who
	}
	if in.CaseID == "" {
		return d.newDraft(ctx, in, v, matters)
	}
	return in.CaseID, d.saveAgain(ctx, in, matters)
}

func (d *Desk) newDraft(ctx context.Context, in DraftInput, v *gen.Veteran, matters []string) (string, error) {
	ctx, err := d.actFor(ctx, v.ID, matters, answered(in.Answers))
	if err != nil {
		return "", err
	}
	cat, now, id := d.Shelf.Current(), d.Now().UTC(), store.NewID()
	if err := known(in.Answers, nil, cat); err != nil {
		return "", err
	}
	sealed, err := d.sealDraft(id, draftContent{Answers: merge(nil, in.Answers), SavedAt: now})
	if err != nil {
		return "", err
	}
	err = d.Store.InTx(ctx, func(ctx context.Context, tx store.Tx) error {
		if err := tx.LockVeteran(ctx, v.ID); err != nil {
			return err
		}
		if err := stillActs(ctx, tx); err != nil {
			return err
		}
		n, err := tx.Ent.CaseFile.Query().Where(gencase.VeteranID(v.ID), gencase.StateIn(openDraft...)).Count(all(ctx))
		if err != nil {
			return fmt.Errorf("count drafts: %w", err)
		}
		if limit := d.review().Drafts.Open; n >= limit {
			return fault.Newf(fault.Conflict, "DRAFTS_TOO_MANY", "草稿已有 %[1]d 份，请先提交或撤回其中一份。",
				"There are %[1]d drafts already; submit or withdraw one first.", limit)
		}
		err = tx.Ent.CaseFile.Create().SetID(id).SetNumber(newNumber(v.Division, workday.FromTime(now))).SetVeteranID(v.ID).SetDivision(v.Division).
			SetState(lifecycle.CaseDraft).SetChannel(channel(in.Channel)).SetCatalogVersion(cat.Version).SetMatters(matters).SetDraftSealed(sealed).
			SetCreatedAt(now).SetUpdatedAt(now).Exec(ctx)
		if err != nil {
			return fmt.Errorf("draft: %w", err)
		}
		if err := journal.Write(ctx, tx, journal.Entry{CaseID: id, Kind: "DRAFT_SAVED", To: string(lifecycle.CaseDraft), At: now}); err != nil {
			return err
		}
		return d.Board().Note(ctx, tx, id, nil)
	})
	if err != nil {
		return "", err
	}
	d.Bell.Ring(id)
	return id, nil
}

// saveAgain saves into a draft that there is. With that it moves to the catalogue
// in force, and the journal keeps what had changed.
func (d *Desk) saveAgain(ctx context.Context, in DraftInput, matters []string) error {
	c, err := d.ownDraft(ctx, in.CaseID, in.VeteranID)
	if err != nil {
		return err
	}
	if matters == nil {
		matters = c.Matters
	}
	if ctx, err = d.actFor(ctx, c.VeteranID, matters, answered(in.Answers)); err != nil {
		return err
	}
	old, err := d.catalogOf(ctx, c.CatalogVersion)
	if err != nil {
		return err
	}
	cur := d.Shelf.Current()
	return d.handle(ctx, c.ID, func(ctx context.Context, w *work) error {
		if err := stillActs(ctx, w.tx); err != nil {
			return err
		}
		if w.file.State != lifecycle.CaseDraft && w.file.State != lifecycle.CaseReturned {
			return fault.Newf(fault.Conflict, "CASE_STATE", "办件当前状态为 %[1]s，不能修改草稿。", "A case that is %[1]s has no draft to be changed.", w.file.State)
		}
		was, err := d.openSealed(w.file)
		if err != nil {
			return err
		}
		if err := known(in.Answers, was.Answers, cur, old); err != nil {
			return err
		}
		now := draftContent{Answers: merge(was.Answers, in.Answers), SavedAt: w.now, Reviewed: was.Reviewed}
		if !sameAnswers(was.Answers, now.Answers) || !slices.Equal(matters, w.file.Matters) {
			now.Reviewed = nil // what was looked at is no more what there is
		}
		sealed, err := d.sealDraft(w.file.ID, now)
		if err != nil {
			return err
		}
		w.note(nil, "DRAFT_SAVED", string(w.file.State), string(w.file.State), "")
		if old != cur {
			if moved := draftChanges(old, cur, matters, now.Answers); len(moved) > 0 {
				w.note(nil, "DRAFT_MOVED", "", "", fmt.Sprintf("%s → %s: %s", w.file.CatalogVersion, cur.Version, listed(moved)))
			}
		}
		w.file.Matters, w.file.CatalogVersion = matters, cur.Version
		err = w.tx.Ent.CaseFile.UpdateOneID(w.file.ID).SetDraftSealed(sealed).SetMatters(matters).SetCatalogVersion(cur.Version).Exec(all(ctx))
		if err != nil {
			return fmt.Errorf("draft: %w", err)
		}
		return nil
	})
}

// ownDraft reads a case that the viewer may see, of a veteran (any, if empty).
func (d *Desk) ownDraft(ctx context.Context, caseID, veteranID string) (*gen.CaseFile, error) {
	c, err := d.Store.Read.CaseFile.Query().Where(gencase.ID(caseID)).Only(ctx)
	if gen.IsNotFound(err) || err == nil && veteranID != "" && c.VeteranID != veteranID {
		return nil, draftNotFound()
	} else if err != nil {
		return nil, fmt.Errorf("draft: %w", err)
	}
	return c, nil
}

// catalogOf is the catalogue that a draft was saved with; nil if nobody has it any more.
func (d *Desk) catalogOf(ctx context.Context, version string) (*catalog.Catalog, error) {
	c, err := d.Shelf.Get(ctx, version)
	if err != nil && fault.Of(err).Kind == fault.NotFound {
		return nil, nil
	}
	return c, err
}

func (d *Desk) sealDraft(caseID string, c draftContent) ([]byte, error) {
	body, err := json.Marshal(c)
	if err != nil {
		return nil, fmt.Errorf("draft: %w", err)
	}
	if limit := d.review().Drafts.Kilobytes; len(body) > limit<<10 {
		return nil, fault.Newf(fault.Invalid, "DRAFT_TOO_LARGE", "草稿太大，最多 %[1]d KB。", "The draft is too large; at most %[1]d KB.", limit).At("input", "answers")
	}
	return d.seal(c, bindDraft(caseID))
}

func (d *Desk) openSealed(c *gen.CaseFile) (draftContent, error) {
	var content draftContent
	if len(c.DraftSealed) == 0 {
		return content, nil
	}
	if err := d.unseal(c.DraftSealed, bindDraft(c.ID), &content); err != nil {
		return content, fmt.Errorf("draft: %w", err)
	}
	return content, nil
}

// Draft is the draft of a case as it stands now; nil once submitted or withdrawn,
// and for those who neither file nor pre-review it. An officer sees what the
// matters ask whose pre-review they owe, and nothing else of it.
func (d *Desk) Draft(ctx context.Context, caseID string) (*Draft, error) {
	by, err := d.Drafts(ctx, []string{caseID})
	if err != nil || by == nil {
		return nil, err
	}
	if by[caseID] == nil {
		return nil, draftNotFound()
	}
	return by[caseID]()
}

// asked says whether one of some matters asks a field.
func asked(c *catalog.Catalog, matters []string, field string) bool {
	return slices.ContainsFunc(matters, func(code string) bool {
		m := c.Matter(code)
		return m != nil && slices.Contains(m.Asks, field)
	})
}

// checkTyped bounds what was typed, without asking what it means.
func checkTyped(answers []form.Answer) error {
	seen := map[string]bool{}
	for _, a := range answers {
		if seen[a.Field] || len(answers) > maxDraftAnswers {
			return fault.Newf(fault.Invalid, "DRAFT_ANSWERS", "一次最多保存 %[1]d 项，每项一次。", "At most %[1]d answers at once, each field once.", maxDraftAnswers).At("input", "answers")
		}
		seen[a.Field] = true
		if len(a.Field) > 60 || !storable(a.Value, true) {
			return fault.New(fault.Invalid, "DRAFT_VALUE", "填写内容只能是文字、数字、是否或文字列表，且不能太长。",
				"An answer is text, a number, yes or no, or a list of texts, and not too long.").At("input", "answers")
		}
	}
	return nil
}

func storable(v any, list bool) bool {
	switch x := v.(type) {
	case nil, bool, int, int32, int64, float64:
		return true
	case json.Number:
		return len(x) <= 40
	case string:
		return len(x) <= maxDraftText && utf8.ValidString(x)
	case []string:
		return list && len(x) <= maxDraftItems && !slices.ContainsFunc(x, func(s string) bool { return !storable(s, false) })
	case []any:
		return list && len(x) <= maxDraftItems && !slices.ContainsFunc(x, func(s any) bool { _, ok := s.(string); return !ok || !storable(s, false) })
	}
	return false
}

// known refuses an answer whose field none of the catalogues has and that is not
// in the draft already.
func known(answers, saved []form.Answer, cats ...*catalog.Catalog) error {
	for _, a := range answers {
		there := slices.ContainsFunc(cats, func(c *catalog.Catalog) bool { return c != nil && c.Field(a.Field) != nil })
		if !there && !slices.ContainsFunc(saved, func(b form.Answer) bool { return b.Field == a.Field }) {
			return fault.New(fault.Invalid, "DRAFT_FIELD_UNKNOWN", "没有这个填写项。", "There is no such field.").At("input", "answers")
		}
	}
	return nil
}

// merge lays answers over those saved; a nil value clears one. Fields keep the
// order in which they were first answered.
func merge(saved, answers []form.Answer) []form.Answer {
	out := slices.Clone(saved)
	for _, a := range answers {
		i := slices.IndexFunc(out, func(b form.Answer) bool { return b.Field == a.Field })
		switch {
		case i < 0 && a.Value != nil:
			out = append(out, a)
		case i >= 0 && a.Value == nil:
			out = slices.Delete(out, i, i+1)
		case i >= 0:
			out[i] = a
		}
	}
	return out
}

// sameAnswers compares what was typed, in whichever order and through whichever
// JSON it came. An answer that is nil is none.
func sameAnswers(a, b []form.Answer) bool {
	canon := func(list []form.Answer) []byte {
		list = slices.DeleteFunc(slices.Clone(list), func(x form.Answer) bool { return x.Value == nil })
		slices.SortFunc(list, func(x, y form.Answer) int { return strings.Compare(x.Field, y.Field) })
		text, _ := json.Marshal(list) // of bounded, plain values
		return text
	}
	return bytes.Equal(canon(a), canon(b))
}
