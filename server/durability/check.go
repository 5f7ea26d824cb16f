package durability

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/vetgraph/vetgraph/ent/gen"
	gencase "github.com/vetgraph/vetgraph/ent/gen/casefile"
	"github.com/vetgraph/vetgraph/ent/gen/event"
	"github.com/vetgraph/vetgraph/ent/gen/obligation"
	"github.com/vetgraph/vetgraph/internal/access"
	"github.com/vetgraph/vetgraph/internal/casefile"
	"github.com/vetgraph/vetgraph/internal/catalog"
	"github.com/vetgraph/vetgraph/internal/lifecycle"
	"github.com/vetgraph/vetgraph/internal/store"
	"github.com/vetgraph/vetgraph/internal/supervision"
	"github.com/vetgraph/vetgraph/internal/workday"
)

// check holds the record and the departments' books against what applicants
// were told.
func (w *world) check(ctx context.Context, r *Report) (err error) {
	ctx = access.AsMachine(ctx, "durability")
	s, err := store.Open(ctx, w.config.Database, 4)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	cases, err := s.Read.CaseFile.Query().WithItems().WithEvents(func(q *gen.EventQuery) { q.Order(event.ByID()) }).Order(gencase.ByID()).All(ctx)
	if err != nil {
		return fmt.Errorf("cases: %w", err)
	}
	acts, err := w.fleet.Acts(ctx)
	if err != nil {
		return err
	}
	jobs, err := dispatches(ctx, s)
	if err != nil {
		return err
	}
	w.checkFiles(r, cases)
	if err := w.checkWords(ctx, s, r); err != nil {
		return err
	}
	for _, c := range cases {
		r.Outcomes[string(c.State)]++
		r.checkEnd(c)
		r.checkJournal(c)
		for _, it := range c.Edges.Items {
			r.Items++
			r.checkItem(it, acts[it.ID], jobs[it.ID])
			delete(acts, it.ID)
			delete(jobs, it.ID)
		}
	}
	for item, n := range acts {
		r.broken("a department acted %d times on item %s, which the record does not know", n, item)
	}
	for item := range jobs {
		r.broken("the queue has a job for item %s, which the record does not know", item)
	}
	return nil
}

// checkWords holds that somebody owes the next word about everything that is open
// and nothing about what has ended, and that nobody was left untold.
func (w *world) checkWords(ctx context.Context, s *store.Store, r *Report) error {
	owed := map[string]bool{}
	obligations, err := s.Read.Obligation.Query().Where(obligation.EndedAtIsNil()).All(ctx)
	if err != nil {
		return fmt.Errorf("obligations: %w", err)
	}
	for _, o := range obligations {
		owed[o.ItemID] = true
	}
	items, err := s.Read.Item.Query().All(ctx)
	if err != nil {
		return fmt.Errorf("items: %w", err)
	}
	for _, it := range items {
		if owed[it.ID] == it.State.Ended() {
			r.broken("item %s (%s) is %s, and that somebody owes a word about it is %t", it.ID, it.Matter, it.State, owed[it.ID])
		}
	}
	office := &supervision.Office{Store: s, Calendar: workday.Builtin, Catalog: func() *catalog.Catalog { return w.catalog }, Now: time.Now}
	report, err := office.Silences(access.With(ctx, &access.Viewer{ID: "durability", Kind: access.Supervisor, Division: "230000000000"}), 20)
	if err != nil {
		return err
	}
	for _, x := range report.Silences {
		r.broken("silence: %s, case %s %s, since %s", x.Reason, x.CaseID, x.Matter, x.Since)
	}
	return nil
}

// checkFiles finds every applicant's case under their key: once, and as told.
func (w *world) checkFiles(r *Report, cases []*gen.CaseFile) {
	byKey := map[string][]*gen.CaseFile{}
	for _, c := range cases {
		if c.SubmissionKey == nil {
			r.broken("case %s was accepted under no key", c.ID)
			continue
		}
		byKey[*c.SubmissionKey] = append(byKey[*c.SubmissionKey], c)
	}
	w.files.mu.Lock()
	defer w.files.mu.Unlock()
	for _, f := range w.files.all {
		under := byKey[f.key]
		delete(byKey, f.key)
		switch {
		case f.caseID == "":
			r.broken("key %s was never acknowledged; there are %d cases under it", f.key, len(under))
		case len(under) != 1:
			r.broken("there are %d cases under key %s", len(under), f.key)
		case under[0].ID != f.caseID || under[0].Number != f.number:
			r.broken("key %s was acknowledged as case %s %s and is %s %s", f.key, f.caseID, f.number, under[0].ID, under[0].Number)
		default:
			var ids []string
			for _, it := range under[0].Edges.Items {
				ids = append(ids, it.ID)
			}
			if slices.Sort(ids); !slices.Equal(ids, f.items) {
				r.broken("case %s was acknowledged with items %v and has %v", f.caseID, f.items, ids)
			}
			if !f.over {
				r.broken("case %s did not come to its end before the applicant's eyes", f.caseID)
			}
		}
	}
	for key, under := range byKey {
		r.broken("there are %d cases under key %s, which nobody used", len(under), key)
	}
}

// checkEnd holds that a case has ended as its items say.
func (r *Report) checkEnd(c *gen.CaseFile) {
	states := make([]lifecycle.ItemState, len(c.Edges.Items))
	matters := make([]string, len(c.Edges.Items))
	for i, it := range c.Edges.Items {
		states[i], matters[i] = it.State, it.Matter
	}
	slices.Sort(matters)
	if want := slices.Sorted(slices.Values(c.Matters)); !slices.Equal(matters, want) {
		r.broken("case %s has items for %v and was accepted for %v", c.ID, matters, want)
	}
	if end, over := lifecycle.Outcome(states); !over || end != c.State {
		r.broken("case %s is %s, and its items are %v", c.ID, c.State, states)
	}
}

// checkItem holds that what was approved was done once, and nothing else was done.
func (r *Report) checkItem(it *gen.Item, acts int, jobs []string) {
	want := 0
	if it.State.Granted() {
		want = 1
		r.Approved++
	}
	if acts != want {
		r.broken("item %s (%s) is %s, and its department acted %d times", it.ID, it.Matter, it.State, acts)
	}
	decided := it.State.Granted() || it.State == lifecycle.ItemRejected
	if decided && (it.ReceiptNo == "" || it.DecidedAt == nil) {
		r.broken("item %s (%s) is %s without the department's receipt or without a date", it.ID, it.Matter, it.State)
	}
	if it.State.Granted() && it.ResultNo == "" {
		r.broken("item %s (%s) is %s without a number", it.ID, it.Matter, it.State)
	}
	switch {
	case decided && !slices.Equal(jobs, []string{"completed"}):
		r.broken("item %s (%s) is %s, and its jobs are %v", it.ID, it.Matter, it.State, jobs)
	case it.State == lifecycle.ItemBlocked && len(jobs) > 0:
		r.broken("item %s (%s) is blocked and was queued: %v", it.ID, it.Matter, jobs)
	}
}

// checkJournal follows a case and its items move by move: each is lawful, starts
// where the last one ended, and the last one ends where the row stands.
func (r *Report) checkJournal(c *gen.CaseFile) {
	at := map[string]string{"": string(lifecycle.CaseDraft)}
	for _, it := range c.Edges.Items {
		at[it.ID] = string(lifecycle.ItemReady)
		if len(it.After) > 0 {
			at[it.ID] = string(lifecycle.ItemWaiting)
		}
	}
	for _, e := range c.Edges.Events {
		if e.Kind != "CASE_"+e.ToState && e.Kind != "ITEM_"+e.ToState { // no move
			continue
		}
		var err error
		if e.ItemID == "" {
			err = lifecycle.MoveCase(lifecycle.CaseState(e.FromState), lifecycle.CaseState(e.ToState), casefile.Actor(access.Kind(e.ActorKind), e.Actor))
		} else {
			err = lifecycle.MoveItem(lifecycle.ItemState(e.FromState), lifecycle.ItemState(e.ToState), casefile.Actor(access.Kind(e.ActorKind), e.Actor))
		}
		if err != nil || at[e.ItemID] != e.FromState {
			r.broken("case %s, item %q: the journal moves from %s to %s while it stands at %s", c.ID, e.ItemID, e.FromState, e.ToState, at[e.ItemID])
		}
		at[e.ItemID] = e.ToState
	}
	if at[""] != string(c.State) {
		r.broken("case %s is %s, and its journal ends at %s", c.ID, c.State, at[""])
	}
	for _, it := range c.Edges.Items {
		if at[it.ID] != string(it.State) {
			r.broken("item %s (%s) is %s, and its journal ends at %s", it.ID, it.Matter, it.State, at[it.ID])
		}
	}
}
