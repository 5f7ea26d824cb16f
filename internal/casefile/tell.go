package casefile

import (
	"context"
	"strings"

	"github.com/vetgraph/vetgraph/internal/journal"
	"github.com/vetgraph/vetgraph/internal/lifecycle"
	"github.com/vetgraph/vetgraph/internal/notify"
)

// tell lets the veteran know of what was written into the journal. Which entries
// have words for people is the notices' matter (internal/notify).
func (w *work) tell(ctx context.Context) error {
	if w.desk.Post == nil {
		return nil
	}
	return w.desk.Post.Tell(ctx, w.tx, append(w.notices(), w.filedFor(ctx)...)...)
}

func (w *work) notices() []notify.Notice {
	var all []notify.Notice
	for _, e := range w.entries {
		if e.Kind == "CASE_"+string(lifecycle.CaseSubmitted) && w.file.State != lifecycle.CaseSubmitted {
			continue // accepted at once: that is what is told
		}
		kind := e.Kind
		if e.From == string(lifecycle.ItemSuspended) && e.To == string(lifecycle.ItemReceived) {
			kind = "ITEM_RESUMED" // the journal tells the move, the person that it goes on
		}
		if e.From == string(lifecycle.ItemReady) && e.To == string(lifecycle.ItemCorrection) {
			kind = "ITEM_HELD" // before it was sent
		}
		all = append(all, notify.Notice{
			VeteranID: w.file.VeteranID, CaseID: e.CaseID, ItemID: e.ItemID, Matter: e.Matter, Division: w.file.Division, Kind: kind, Facts: w.facts(e),
		})
	}
	return all
}

// facts are what the words of a notice may speak of: numbers of cases, days and
// reasons. Nothing of a person.
func (w *work) facts(e journal.Entry) map[string]string {
	f := map[string]string{"number": w.file.Number, "words": e.Reason}
	if w.file.DueOn != nil {
		f["due"] = w.file.DueOn.String()
	}
	if _, day, ok := strings.Cut(e.Reason, " "); ok && e.Kind == "MATERIAL_DUE" {
		f["due"] = day // of the paper
	}
	if en := w.heldEn[e.ItemID]; en != "" && e.To == string(lifecycle.ItemCorrection) {
		f["wordsEn"] = en
	}
	if it := w.item(e.ItemID); it != nil {
		f["due"] = it.DueOn.String()
		if it.State == lifecycle.ItemCorrection {
			f["due"] = w.desk.Calendar().Due(w.today(), w.desk.limits().Correction.Workdays).Day.String()
		}
	}
	return f
}
