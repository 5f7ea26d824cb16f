package casefile

import (
	"fmt"
	"maps"
	"time"

	"github.com/vetgraph/vetgraph/ent/gen"
	"github.com/vetgraph/vetgraph/ent/gen/notification"
	"github.com/vetgraph/vetgraph/internal/lifecycle"
	"github.com/vetgraph/vetgraph/internal/notify"
	"github.com/vetgraph/vetgraph/internal/workday"
)

// rows adds a story's rows to a bulk.
func (s *Story) rows(b *bulk) error {
	file, err := s.file(b)
	if err != nil {
		return err
	}
	b.cases = append(b.cases, file)
	for _, p := range s.parts {
		b.items = append(b.items, s.item(b, p))
		if p.state == lifecycle.ItemReady || p.state == lifecycle.ItemDispatched {
			b.send = append(b.send, p.id)
		}
	}
	s.papers(b)
	s.events(b)
	s.clocks(b)
	s.owners(b)
	if err := s.corrections(b); err != nil {
		return err
	}
	return s.notices(b)
}

func (s *Story) file(b *bulk) (*gen.CaseFileCreate, error) {
	c := b.tx.Ent.CaseFile.Create().SetID(s.caseID).SetVeteranID(s.VeteranID).SetDivision(s.Division).SetNumber(s.number).
		SetState(s.state).SetWarning(s.warning).SetChannel(channel(s.Channel)).SetCatalogVersion(s.Plan.CatalogVersion).SetMatters(codes(s.chosen)).
		SetReturns(s.returns).SetReason(s.reason).SetCreatedAt(s.Submitted.UTC()).SetUpdatedAt(s.last)
	if !s.submitted {
		content := draftContent{Answers: merge(nil, s.Typed), SavedAt: s.Submitted.UTC()}
		for _, r := range s.reviews {
			content.Reviewed = append(content.Reviewed, r.ID)
		}
		sealed, err := s.desk.sealDraft(s.caseID, content)
		return c.SetDraftSealed(sealed), err
	}
	values, err := s.Plan.Form.Complete(s.Answers)
	if err != nil {
		return nil, fmt.Errorf("answers: %w", err)
	}
	answers, err := s.desk.seal(values, bindAnswers(s.caseID))
	if err != nil {
		return nil, fmt.Errorf("answers: %w", err)
	}
	pinned, err := s.desk.seal(s.Plan, bindPlan(s.caseID))
	if err != nil {
		return nil, fmt.Errorf("plan: %w", err)
	}
	before, after := s.Plan.Totals.Before, s.Plan.Totals.After
	c.SetAnswersSealed(answers).SetPlanSealed(pinned).SetPlanDays(after.Days).SetSubmittedAt(s.Submitted.UTC()).
		SetPapersSaved(before.Materials - after.Materials).SetVisitsSaved(before.Visits - after.Visits)
	if !s.acceptedAt.IsZero() {
		c.SetAcceptedOn(s.acceptedOn).SetDueOn(s.due).SetDueProvisional(s.doubtful)
	}
	if s.state.Ended() {
		c.SetClosedAt(s.closedAt)
	}
	return c, nil
}

func (s *Story) item(b *bulk, p *part) *gen.ItemCreate {
	c := b.tx.Ent.Item.Create().SetID(p.id).SetCaseID(s.caseID).SetVeteranID(s.VeteranID).SetDivision(s.Division).
		SetMatter(p.Code).SetDepartment(p.Department).SetPosition(p.Order).SetAfter(p.After).SetState(p.state).SetWarning(p.warning).
		SetFinishDay(p.FinishDay).SetDueOn(p.due).SetRound(p.round).SetReceiptNo(p.receipt).SetResultNo(p.result).SetWords(p.words).SetSequence(p.sequence)
	if !p.dispatched.IsZero() {
		c.SetDispatchedAt(p.dispatched)
	}
	if !p.received.IsZero() {
		c.SetReceivedAt(p.received)
	}
	if !p.decided.IsZero() {
		c.SetDecidedAt(p.decided)
	}
	if p.state.Granted() || p.state == lifecycle.ItemRejected {
		c.SetDecidedBy(p.decidedBy)
	}
	return c
}

func (s *Story) papers(b *bulk) {
	if !s.submitted {
		return
	}
	for _, p := range s.Plan.Papers.Kept {
		if p.Form {
			continue
		}
		state, due, words := s.paperState(p.Material)
		b.papers = append(b.papers, b.tx.Ent.Material.Create().SetID(s.caseID+":"+p.Material).SetCaseID(s.caseID).SetCode(p.Material).
			SetNeededBy(p.NeededBy).SetState(state).SetNillableDueOn(due).SetWords(words))
	}
}

func (s *Story) events(b *bulk) {
	for _, e := range s.log {
		c := b.tx.Ent.Event.Create().SetCaseID(s.caseID).SetKind(e.Kind).SetActorKind(string(e.by.Kind)).SetActor(e.by.ID).
			SetPrincipal(e.by.Principal).SetMandateID(e.by.Mandate).SetFromState(e.From).SetToState(e.To).SetReason(e.Reason).SetAt(e.At)
		if e.ItemID != "" {
			c.SetItemID(e.ItemID).SetMatter(e.Matter)
		}
		b.events = append(b.events, c)
	}
}

// clocks are the pauses, and who owes words.
func (s *Story) clocks(b *bulk) {
	for _, p := range s.pauses {
		b.pauses = append(b.pauses, b.tx.Ent.Pause.Create().SetID(p.ID).SetCaseID(s.caseID).SetItemID(p.ItemID).SetKind(p.Kind).SetFromDay(p.FromDay).
			SetNillableToDay(p.ToDay).SetReason(p.Reason).SetLaw(p.Law).SetOrderedBy(p.OrderedBy))
	}
	for _, o := range s.owed {
		c := b.tx.Ent.Obligation.Create().SetID(o.ID).SetCaseID(o.CaseID).SetKind(o.Kind).SetOwedBy(o.OwedBy).SetDepartment(o.Department).
			SetDivision(o.Division).SetOpenedAt(o.OpenedAt).SetHeardAt(o.HeardAt).SetWordBy(o.WordBy).SetNillableEndedAt(o.EndedAt).SetEnding(o.Ending)
		if o.ItemID != "" {
			c.SetItemID(o.ItemID)
		}
		if o.Matter != "" {
			c.SetMatter(o.Matter)
		}
		b.obligations = append(b.obligations, c)
	}
}

// owners are the people who have something: violations, tasks, mandates, reviews.
func (s *Story) owners(b *bulk) {
	for _, v := range s.breaches {
		b.violations = append(b.violations, b.tx.Ent.Violation.Create().SetID(v.ID).SetCaseID(s.caseID).SetItemID(v.ItemID).SetMatter(v.Matter).SetKind(v.Kind).
			SetElement(v.Element).SetMaterial(v.Material).SetOwner(v.Owner).SetDepartment(v.Department).SetDivision(s.Division).SetLaw(v.Law).SetWords(v.Words).SetAt(v.At))
	}
	for _, t := range s.tasks {
		c := b.tx.Ent.Task.Create().SetID(t.ID).SetKind(t.Kind).SetSubject(t.Subject).SetCaseID(t.CaseID).SetDepartment(t.Department).SetDivision(t.Division).
			SetAssignee(t.Assignee).SetAssigneeName(t.AssigneeName).SetWords(t.Words).SetOpenedAt(t.OpenedAt).SetDueOn(t.DueOn).SetState(t.State).
			SetNillableDoneAt(t.DoneAt).SetDoneBy(t.DoneBy).SetOutcome(t.Outcome)
		if t.ItemID != "" {
			c.SetItemID(t.ItemID)
		}
		b.tasks = append(b.tasks, c)
	}
	if m := s.mandate; m != nil {
		b.mandates = append(b.mandates, b.tx.Ent.Mandate.Create().SetID(m.ID).SetVeteranID(m.VeteranID).SetAgent(m.Agent).SetDivision(m.Division).
			SetMatters(m.Matters).SetFields(m.Fields).SetUntil(m.Until).SetState(m.State).SetRequestedAt(m.RequestedAt).SetRequestedBy(m.RequestedBy).
			SetNillableConfirmedAt(m.ConfirmedAt).SetConfirmedHow(m.ConfirmedHow))
	}
	for _, r := range s.reviews {
		b.reviews = append(b.reviews, b.tx.Ent.PreReview.Create().SetID(r.ID).SetCaseID(s.caseID).SetMatter(r.Matter).SetDepartment(r.Department).
			SetDivision(s.Division).SetState(r.State).SetFindings(r.Findings).SetWords(r.Words).SetReviewer(r.Reviewer).SetAskedAt(r.AskedAt).
			SetDueOn(r.DueOn).SetNillableEndedAt(r.EndedAt).SetNillableValidUntil(r.ValidUntil))
	}
}

// corrections are the returns; what was corrected is what was said before, in full.
func (s *Story) corrections(b *bulk) error {
	for _, r := range s.returned {
		c := b.tx.Ent.Correction.Create().SetID(r.ID).SetCaseID(s.caseID).SetItemID(r.ItemID).SetRound(r.Round).SetDefects(r.Defects).SetWords(r.Words).
			SetReturnedBy(r.ReturnedBy).SetReturnedAt(r.ReturnedAt).SetDueOn(r.DueOn).SetNillableAnsweredAt(r.AnsweredAt)
		if r.AnsweredAt != nil {
			values := map[string]any{}
			for _, x := range r.Defects {
				if x.Field != "" {
					values[x.Field] = s.Answers[x.Field]
				}
			}
			sealed, err := s.desk.seal(values, bindSupplement(r.ID))
			if err != nil {
				return fmt.Errorf("supplement: %w", err)
			}
			c.SetAnswersSealed(sealed).SetPapers(r.Papers).SetAlso(r.Also)
		}
		b.corrections = append(b.corrections, c)
	}
	return nil
}

// notices are what the person was told of: by short message, some of which did not
// arrive and lie in the portal.
func (s *Story) notices(b *bulk) error {
	words, err := notify.Builtin()
	if err != nil {
		return err
	}
	if m := s.mandate; m != nil {
		s.notice(b, "MANDATE_CONFIRMED", *m.ConfirmedAt, nil, map[string]string{"due": m.Until.String()})
	}
	for _, e := range s.log {
		told := words.Tells(e.Kind) && (e.Kind != "CASE_"+string(lifecycle.CaseSubmitted) || s.acceptedAt.IsZero() || s.waited != nil)
		if !told {
			continue
		}
		p, facts := (*part)(nil), map[string]string{"number": s.number, "words": e.Reason, "due": s.due.String()}
		if s.due == 0 {
			facts["due"] = ""
		}
		for _, o := range s.parts {
			if o.id == e.ItemID {
				p, facts["due"] = o, o.due.String()
			}
		}
		for _, r := range s.returned {
			if r.ItemID == e.ItemID && r.ReturnedAt.Equal(e.At) {
				facts["due"] = r.DueOn.String()
			}
		}
		if e.Kind == "CASE_"+string(lifecycle.CaseSubmitted) && s.waited != nil {
			facts["due"] = workday.FromTime(s.waited.WordBy.Add(-time.Second)).String()
		}
		if s.gap != nil && e.Kind == "MATERIAL_DUE" {
			facts["due"] = s.gap.by.String()
		}
		s.notice(b, e.Kind, e.At, p, facts)
	}
	for _, r := range s.reviews {
		if r.Matter == "" || r.EndedAt == nil {
			continue
		}
		facts := map[string]string{"number": s.number}
		if r.ValidUntil != nil {
			facts["due"] = r.ValidUntil.String()
		} else if len(r.Findings) > 0 {
			facts["words"] = r.Findings[0].Zh
		}
		s.notice(b, "PRE_REVIEW_"+string(r.State), *r.EndedAt, nil, facts)
	}
	return nil
}

// notice writes one notice, as it stands at the story's end.
func (s *Story) notice(b *bulk, kind string, at time.Time, p *part, facts map[string]string) {
	maps.DeleteFunc(facts, func(_, v string) bool { return v == "" })
	c := b.tx.Ent.Notification.Create().SetID(s.next(at)).SetVeteranID(s.VeteranID).SetCaseID(s.caseID).SetDivision(s.Division).SetKind(kind).
		SetFacts(facts).SetCreatedAt(at).SetSentAt(at.Add(2 * time.Second)).SetAttempts(1).SetState(notification.StateSENT)
	if p != nil {
		c.SetItemID(p.id).SetMatter(p.Code)
	}
	read := at.Add(time.Duration(5+s.r.IntN(600)) * time.Minute)
	switch luck := s.r.IntN(8); {
	case luck == 0: // no short message arrived: into the portal, and read there within its days
		c.SetChannel(notification.ChannelIN_APP).SetTrouble("UNDELIVERABLE")
		if until := endOf(s.calendar().Due(workday.FromTime(at), 3).Day); read.After(s.until) {
			c.SetNextAt(until)
		} else {
			c.SetState(notification.StateREAD).SetReadAt(read)
		}
	case luck < 4 && !read.After(s.until):
		c.SetState(notification.StateREAD).SetReadAt(read)
	}
	b.notifications = append(b.notifications, c)
}
