package server

import (
	"context"
	"fmt"
	"strings"

	"github.com/vetgraph/vetgraph/internal/access"
	"github.com/vetgraph/vetgraph/internal/dispute"
	"github.com/vetgraph/vetgraph/internal/fault"
	"github.com/vetgraph/vetgraph/internal/lifecycle"
	"github.com/vetgraph/vetgraph/internal/mandate"
	"github.com/vetgraph/vetgraph/internal/population"
	"github.com/vetgraph/vetgraph/internal/rating"
	"github.com/vetgraph/vetgraph/internal/workday"
)

// play does what people do at the moment, through the same doors as people do:
// places at windows, mandates, objections, a few bad grades. Each scene looks first
// whether it has been played.
func (h *Hub) play(ctx context.Context, cast []role) error {
	var open, ended, without []string // veterans, by what case they have
	cases := map[string]string{}
	for i, r := range cast {
		id := h.Profile.VeteranID(r.person.Number)
		switch {
		case i < len(population.Heroes()):
		case r.story == nil:
			without = append(without, id)
		case r.story.State() == lifecycle.CaseInProgress:
			open = append(open, id)
		case r.story.State().Ended() && len(r.story.Items()) > 0:
			ended = append(ended, id)
		}
		if r.story != nil {
			cases[id] = r.story.CaseID()
		}
	}
	for i, id := range open[:min(len(open), 12)] {
		if err := h.appoint(h.as(ctx, id), cases[id], i); err != nil {
			return fmt.Errorf("an example place: %w", err)
		}
	}
	for i, id := range without[:min(len(without), 5)] {
		if err := h.entrust(ctx, id, i); err != nil {
			return fmt.Errorf("an example mandate: %w", err)
		}
	}
	for i, id := range without[min(len(without), 5):min(len(without), 11)] {
		if err := h.object(ctx, id, i); err != nil {
			return fmt.Errorf("an example objection: %w", err)
		}
	}
	for i, id := range ended[max(0, len(ended)-3):] {
		if err := h.complain(h.as(ctx, id), cases[id], i); err != nil {
			return fmt.Errorf("an example grade: %w", err)
		}
	}
	return nil
}

// as is a context in which a veteran acts.
func (h *Hub) as(ctx context.Context, id string) context.Context {
	return access.With(ctx, &access.Viewer{ID: "demo/veteran/" + id, Kind: access.Veteran, Self: id})
}

// appoint books the first visit that is left of a case, some days ahead.
func (h *Hub) appoint(ctx context.Context, caseID string, i int) error {
	visits, err := h.Diary.Options(ctx, caseID, nil, 5)
	if err != nil || len(visits) == 0 || len(visits[0].Slots) == 0 {
		return err
	}
	slots := visits[0].Slots
	key := "example-" + caseID
	_, err = h.Diary.Book(ctx, caseID, slots[i*7%len(slots)].ID, key)
	if f := fault.Of(err); err != nil && (f.Reason == "APPOINTMENT_EXISTS" || f.Reason == "IDEMPOTENCY_KEY_REUSED") {
		return nil // booked by a start that was cut off
	}
	return err
}

// entrust is a clerk's request, which some grant and one takes back again.
func (h *Hub) entrust(ctx context.Context, id string, i int) error {
	known, err := h.Mandates.OfVeterans(ctx, []string{id})
	if err != nil || len(known[id]) > 0 {
		return err
	}
	clerk := access.With(ctx, &access.Viewer{ID: "demo/clerk", Kind: access.Clerk, Division: province})
	until := workday.FromTime(h.Config.Now()).AddDays(30)
	m, err := h.Mandates.Request(clerk, mandate.Request{VeteranID: id, Until: until})
	if fault.Of(err).Kind == fault.Invalid && err != nil { // nothing to file
		return nil
	} else if err != nil || i < 2 {
		return err
	}
	if _, err = h.Mandates.Grant(h.as(ctx, id), mandate.Grant{MandateID: m.ID}); err != nil || i < 4 {
		return err
	}
	_, err = h.Mandates.Revoke(h.as(ctx, id), m.ID)
	return err
}

// doubted are elements that departments vouch for, to object to.
var doubted = []string{"education", "enlistDate", "priorHukouAddress", "name"}

// object is a person's objection to a value; one is upheld, one is not.
func (h *Hub) object(ctx context.Context, id string, i int) error {
	known, err := h.Disputes.OfVeterans(ctx, []string{id})
	if err != nil || len(known[id]) > 0 {
		return err
	}
	for k := range doubted {
		d, err := h.Disputes.Object(h.as(ctx, id), dispute.Objection{
			VeteranID: id, Field: doubted[(i+k)%len(doubted)], Reason: "与本人持有的证件不一致，请核对原件（示例）。",
		})
		if err != nil && fault.Of(err).Reason == "NOTHING_TO_DISPUTE" {
			continue
		} else if err != nil || i > 1 {
			return err
		}
		officer := access.With(ctx, &access.Viewer{ID: "demo/officer-" + strings.ToLower(d.Department), Kind: access.Officer, Department: d.Department, Division: province})
		_, err = h.Disputes.Decide(officer, d.ID, i == 0, []string{"经核对原始档案，异议成立，已在本系统更正。", "经核对原始档案，现有记录无误。"}[i])
		return err
	}
	return nil
}

// complain grades the first item of a case badly, in words.
func (h *Hub) complain(ctx context.Context, caseID string, i int) error {
	items, err := h.Cases.Items(ctx, []string{caseID})
	if err != nil || len(items[caseID]) == 0 {
		return err
	}
	words := []string{"跑了两趟才说缺一份材料，希望一次说清。", "等候时间太长，窗口只开了一个。", "结果没有通知，是自己查到的。"}
	err = h.Ratings.Rate(ctx, caseID, []rating.Grade{{Matter: items[caseID][0].Matter, Grade: 1 + i%2, Words: words[i%len(words)]}})
	if k := fault.Of(err); err != nil && (k.Reason == "RATING_EXISTS" || k.Reason == "RATING_AWAITS_REPLY") {
		return nil
	}
	return err
}
