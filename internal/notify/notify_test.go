package notify_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/vetgraph/vetgraph/ent/gen"
	"github.com/vetgraph/vetgraph/ent/gen/notification"
	"github.com/vetgraph/vetgraph/internal/access"
	"github.com/vetgraph/vetgraph/internal/fault"
	"github.com/vetgraph/vetgraph/internal/messenger/exchange"
	"github.com/vetgraph/vetgraph/internal/notify"
	"github.com/vetgraph/vetgraph/internal/store"
	"github.com/vetgraph/vetgraph/internal/store/storetest"
)

func sent(n *gen.Notification) bool  { return n.State == notification.StateSENT }
func inApp(n *gen.Notification) bool { return n.Channel == notification.ChannelIN_APP }

// A notice exists if and only if its event does, and goes by short message, once.
func TestToldWithTheEvent(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		r := newRig(t, s)
		r.open()
		id, caseID := r.veteran(reachable)
		boom := errors.New("boom")
		accepted := notify.Notice{VeteranID: id, CaseID: caseID, Kind: "CASE_ACCEPTED", Facts: map[string]string{"due": "2026-12-14"}}
		err := s.InTx(r.machine(), func(ctx context.Context, tx store.Tx) error {
			return errors.Join(r.post.Tell(ctx, tx, accepted), boom)
		})
		if !errors.Is(err, boom) {
			t.Fatal(err)
		}
		r.tell(accepted, notify.Notice{VeteranID: id, CaseID: caseID, Kind: "ITEM_APPROVED"}) // the latter has no words
		n := r.until(id, "sent", sent)
		if n.Channel != notification.ChannelSMS || n.SentAt == nil || n.NextAt != nil || n.Division != daoli {
			t.Errorf("it is %v", n)
		}
		got := r.exchange.Sent(reachable)
		want := "办件 230102-20261120-0000001 已受理，承诺 2026-12-14 前全部办结。进度可随时在办件页面查看。\nCase 230102-20261120-0000001 is accepted and promised by 2026-12-14. Follow it in the portal at any time."
		if len(got) != 1 || got[0].Text != want {
			t.Errorf("%d messages: %q", len(got), got[0].Text)
		}
	})
}

// No number, a dead one, a gateway silent for half a day, none at all: the notice
// goes into the portal; unread there for three working days it goes to a person,
// whom reading it relieves.
func TestNextChannel(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		r := newRig(t, s)
		r.open()
		for name, mobile := range map[string]string{"none": "", "dead": dead} {
			id, caseID := r.veteran(mobile)
			r.tell(notify.Notice{VeteranID: id, CaseID: caseID, Kind: "CASE_COMPLETED"})
			n := r.until(id, name, inApp)
			if n.State != notification.StateSENT || n.Trouble != "MESSAGE_UNDELIVERABLE" || n.NextAt == nil || !n.NextAt.Equal(time.Date(2026, 11, 26, 16, 0, 0, 0, time.UTC)) {
				t.Errorf("%s: %v", name, n)
			}
		}
		r.exchange.SetFault(exchange.Fault{Failing: true})
		id, caseID := r.veteran(reachable)
		r.tell(notify.Notice{VeteranID: id, CaseID: caseID, Kind: "CASE_COMPLETED"})
		n := r.until(id, "tried", func(n *gen.Notification) bool { return n.Attempts > 0 })
		if n.State != notification.StateQUEUED || n.Trouble != "MESSAGE_GATEWAY_SILENT" {
			t.Errorf("while the gateway is silent it is %v", n)
		}
		late, lateCase := r.veteran(reachable)
		r.at(noon.Add(13 * time.Hour))
		r.until(id, "given up", inApp)
		r.exchange.SetFault(exchange.Fault{})
		r.tell(notify.Notice{VeteranID: late, CaseID: lateCase, Kind: "CASE_COMPLETED"})
		r.until(late, "the gateway is back", sent)

		must(t, r.post.Look(t.Context()))
		if len(r.people.asked) != 0 {
			t.Errorf("too early a person calls about %v", r.people.asked)
		}
		r.at(time.Date(2026, 11, 27, 16, 0, 1, 0, time.UTC))
		must(t, r.post.Look(t.Context()))
		must(t, r.post.Look(t.Context()))
		if len(r.people.asked) != 3 {
			t.Errorf("a person calls about %v", r.people.asked)
		}
		n = r.only(id)
		if n.State != notification.StateHANDED_OVER || n.Channel != notification.ChannelPERSON {
			t.Errorf("it is %v", n)
		}
		_, err := r.post.Read(r.as(id), []string{n.ID})
		must(t, err)
		if n = r.only(id); n.State != notification.StateREAD || !slices.Equal(r.people.reached, []string{n.ID}) {
			t.Errorf("read, it is %v; %v", n, r.people.reached)
		}
	})
}

// A code is sealed in the record, shown to the person, sent to their phone, and
// gone once it is used or old.
func TestCode(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		r := newRig(t, s)
		r.open()
		id, _ := r.veteran(reachable)
		r.tell(notify.Notice{VeteranID: id, Kind: "MANDATE_REQUESTED", Secret: "493817", Facts: map[string]string{"mandate": "m1"}})
		n := r.until(id, "sent", sent)
		if strings.Contains(string(n.SecretSealed), "493817") || len(n.SecretSealed) == 0 || n.Facts["code"] != "" {
			t.Errorf("the record holds %v %q", n.Facts, n.SecretSealed)
		}
		if got := r.exchange.Sent(reachable); len(got) != 1 || !strings.Contains(got[0].Text, "确认码 493817，") {
			t.Errorf("sent: %q", got)
		}
		if body := r.post.Body(t.Context(), n); !strings.Contains(body.Zh, "493817") {
			t.Errorf("the person reads %s", body.Zh)
		}
		forget := func(mandate string) *gen.Notification {
			must(t, s.InTx(r.as(id), func(ctx context.Context, tx store.Tx) error {
				return r.post.Forget(ctx, tx, id, "MANDATE_REQUESTED", "mandate", mandate)
			}))
			return r.only(id)
		}
		if n = forget("m2"); n.SecretSealed == nil {
			t.Error("another mandate's code was wiped")
		}
		if n = forget("m1"); n.SecretSealed != nil || strings.Contains(r.post.Body(t.Context(), n).Zh, "493817") {
			t.Error("the code is still there")
		}
		other, _ := r.veteran(reachable)
		r.tell(notify.Notice{VeteranID: other, Kind: "MANDATE_REQUESTED", Secret: "111222"})
		r.until(other, "sent", sent)
		r.at(noon.Add(25 * time.Hour))
		must(t, r.post.Look(t.Context()))
		if r.only(other).SecretSealed != nil {
			t.Error("an old code is still there")
		}
	})
}

// Notifications are the person's alone, to read and to mark as read.
func TestOwnOnly(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		r := newRig(t, s)
		mine, caseID := r.veteran(reachable)
		yours, _ := r.veteran(reachable)
		r.tell(notify.Notice{VeteranID: mine, CaseID: caseID, Kind: "CASE_COMPLETED"})
		n := r.only(mine)
		for who, ctx := range map[string]context.Context{
			"another veteran": r.as(yours),
			"a clerk":         access.With(t.Context(), &access.Viewer{ID: "clerk", Kind: access.Clerk, Division: daoli}),
			"an officer":      access.With(t.Context(), &access.Viewer{ID: "o", Kind: access.Officer, Department: "PS", Division: daoli}),
		} {
			got, err := r.post.Of(ctx, []string{mine}, 10, false)
			if err != nil || len(got[mine]) != 0 {
				t.Errorf("%s sees %v %v", who, got, err)
			}
			if _, err := r.post.Read(ctx, []string{n.ID}); fault.Of(err).Reason != "NOTIFICATION_NOT_FOUND" {
				t.Errorf("%s marks it as read: %v", who, err)
			}
		}
		if _, err := r.post.Of(t.Context(), []string{mine}, 10, false); fault.Of(err).Reason != "SIGN_IN" {
			t.Errorf("nobody: %v", err)
		}
		for range 2 {
			read, err := r.post.Read(r.as(mine), []string{n.ID})
			must(t, err)
			if read[0].State != notification.StateREAD || read[0].ReadAt == nil {
				t.Errorf("read: %v", read)
			}
		}
		for unread, want := range map[bool]int{true: 0, false: 1} {
			got, err := r.post.Of(r.as(mine), []string{mine}, 10, unread)
			must(t, err)
			if len(got[mine]) != want {
				t.Errorf("unread %v: %v", unread, got)
			}
		}
	})
}

// What a department writes is read in the portal and never sent as a message.
func TestWordsStayInThePortal(t *testing.T) {
	s := storetest.Open(t, storetest.SQLite(t))
	r := newRig(t, s)
	r.open()
	id, caseID := r.veteran(reachable)
	r.tell(notify.Notice{VeteranID: id, CaseID: caseID, Matter: "M04", Kind: "ITEM_REJECTED", Facts: map[string]string{"words": "材料与{code}不符"}})
	n := r.until(id, "sent", sent)
	if got := r.exchange.Sent(reachable)[0].Text; strings.Contains(got, "不符") {
		t.Errorf("sent: %s", got)
	}
	if got, want := r.post.Body(t.Context(), n).Zh, "公安机关未批准“户口登记(退役军人恢复户口)”。理由：材料与{code}不符。其他事项照常办理；救济途径见办件页面。"; got != want {
		t.Errorf("the person reads %s", got)
	}
}
