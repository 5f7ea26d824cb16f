// Package messengertest checks that a kind of message gateway behaves as callers rely on.
//
// Every kind runs it against a real counterpart over its real transport. What is
// checked here may be relied on; what is not may differ between kinds.
package messengertest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/vetgraph/vetgraph/internal/fault"
	"github.com/vetgraph/vetgraph/internal/messenger"
)

// Trouble is a way for the counterpart to misbehave.
type Trouble int

// The troubles. Behaving ends all others.
const (
	Behaving   Trouble = iota
	Silence            // takes calls, answers none
	Garbage            // answers what nobody can read
	Flood              // answers far more than anybody can want
	Failure            // answers that it is broken
	Busy               // asks for patience, for [Fixture.Patience]
	LostAnswer         // sends, then breaks the connection
)

// Fixture is a gateway and its counterpart, new for each test.
type Fixture struct {
	Gateway     messenger.Gateway
	Number      string // of a phone that can be reached
	Other       string // of another
	Unreachable string
	Patience    time.Duration                       // what it says when Busy
	Sent        func(to string) []messenger.Message // what reached a phone, oldest first
	Calls       func() int                          // calls that reached the counterpart
	Set         func(Trouble)                       // makes it misbehave
}

const (
	ample = time.Minute            // nothing here takes as long, on however slow a machine
	short = 300 * time.Millisecond // what waiting for a silent gateway costs this suite
)

// Run checks one kind of gateway. open makes a fresh fixture, whose gateway gives
// up after the timeout, and cleans up after it.
func Run(t *testing.T, open func(t *testing.T, timeout time.Duration) Fixture) {
	t.Helper()
	checks := []struct {
		name  string
		check func(*testing.T, Fixture)
	}{
		{"a message arrives as it was written", arrives},
		{"sent again it arrives once, with the same receipt", repeats},
		{"another message under the same ID is a conflict", otherwise},
		{"two messages of the same words are two", alike},
		{"many send the same message at once and it arrives once", stampede},
		{"a number that cannot be reached is said to be so, each time", unreachable},
		{"what is no message does not leave", malformed},
		{"an answer lost on the way is found by sending again", lostAnswer},
		{"garbage ends as Unavailable", troubleIs(Garbage)},
		{"a flood ends as Unavailable", troubleIs(Flood)},
		{"failure ends as Unavailable", troubleIs(Failure)},
		{"being busy tells when to try again", troubleIs(Busy)},
		{"a caller who goes away is not told of silence", gone},
	}
	for _, c := range checks {
		t.Run(c.name, func(t *testing.T) { c.check(t, open(t, ample)) })
	}
	t.Run("silence ends as Unavailable", func(t *testing.T) { troubleIs(Silence)(t, open(t, short)) })
}

func message(f Fixture, id string) messenger.Message {
	return messenger.Message{ID: id, To: f.Number, Text: "【退役军人事务】您的“恢复户口”已办结。\nYour household registration is done."}
}

func arrives(t *testing.T, f Fixture) {
	m, other := message(f, "notice-1"), message(f, "notice-2")
	other.To = f.Other
	first, second := send(t, f, m), send(t, f, other)
	if first.ID != m.ID || first.Reference == "" || first.AcceptedAt.IsZero() || first.Reference == second.Reference {
		t.Errorf("receipts %+v, %+v", first, second)
	}
	if got := f.Sent(f.Number); !slices.Equal(got, []messenger.Message{m}) {
		t.Errorf("%d messages arrived, or not as written", len(got))
	}
	if got := f.Sent(f.Other); !slices.Equal(got, []messenger.Message{other}) {
		t.Errorf("%d messages arrived at the other phone, or not as written", len(got))
	}
}

func repeats(t *testing.T, f Fixture) {
	m := message(f, "notice-1")
	first := send(t, f, m)
	if again := send(t, f, m); again != first {
		t.Errorf("receipt %+v, the first time %+v", again, first)
	}
	if n := len(f.Sent(f.Number)); n != 1 {
		t.Errorf("it arrived %d times", n)
	}
}

func otherwise(t *testing.T, f Fixture) {
	m := message(f, "notice-1")
	send(t, f, m)
	text, to := m, m
	text.Text, to.To = "别的内容", f.Other
	for _, other := range []messenger.Message{text, to} {
		_, err := f.Gateway.Send(t.Context(), other)
		wantFault(t, err, fault.Conflict, "MESSAGE_SENT_OTHERWISE")
	}
	if n := len(f.Sent(f.Number)) + len(f.Sent(f.Other)); n != 1 {
		t.Errorf("%d messages arrived", n)
	}
}

func alike(t *testing.T, f Fixture) {
	send(t, f, message(f, "notice-1"))
	send(t, f, message(f, "notice-2"))
	if n := len(f.Sent(f.Number)); n != 2 {
		t.Errorf("%d messages arrived", n)
	}
}

func stampede(t *testing.T, f Fixture) {
	receipts := make([]messenger.Receipt, 16)
	var all sync.WaitGroup
	for i := range receipts {
		all.Go(func() {
			r, err := f.Gateway.Send(t.Context(), message(f, "notice-1"))
			if err != nil {
				t.Errorf("send: %v", err)
			}
			receipts[i] = r
		})
	}
	all.Wait()
	if n := len(f.Sent(f.Number)); n != 1 || len(slices.Compact(receipts)) != 1 {
		t.Errorf("it arrived %d times, receipts %+v", n, receipts)
	}
}

func unreachable(t *testing.T, f Fixture) {
	m := message(f, "notice-1")
	m.To = f.Unreachable
	for range 2 {
		_, err := f.Gateway.Send(t.Context(), m)
		wantFault(t, err, fault.Invalid, "MESSAGE_UNDELIVERABLE")
		discreet(t, err, m)
	}
	if n := len(f.Sent(m.To)); n != 0 {
		t.Errorf("%d messages arrived where none can", n)
	}
}

func malformed(t *testing.T, f Fixture) {
	for name, spoil := range map[string]func(*messenger.Message){
		"no ID":             func(m *messenger.Message) { m.ID = "" },
		"an ID with blanks": func(m *messenger.Message) { m.ID = "a b" },
		"an endless ID":     func(m *messenger.Message) { m.ID = strings.Repeat("a", 101) },
		"no text":           func(m *messenger.Message) { m.Text = " " },
		"endless text":      func(m *messenger.Message) { m.Text = strings.Repeat("好", 501) },
		"not UTF-8":         func(m *messenger.Message) { m.Text = "\xff" },
	} {
		m := message(f, "notice-1")
		spoil(&m)
		if _, err := f.Gateway.Send(t.Context(), m); err == nil {
			t.Errorf("%s: no error", name)
		} else {
			discreet(t, err, m)
		}
	}
	for _, to := range []string{"", "1990000123", "199000012345", "+8619900001234", "１９９００００１２３４", "29900001234", "1990000123x"} {
		m := message(f, "notice-1")
		m.To = to
		_, err := f.Gateway.Send(t.Context(), m)
		wantFault(t, err, fault.Invalid, "MESSAGE_UNDELIVERABLE")
	}
	if f.Calls() != 0 {
		t.Error("the gateway was asked")
	}
}

func lostAnswer(t *testing.T, f Fixture) {
	m := message(f, "notice-1")
	f.Set(LostAnswer)
	_, err := f.Gateway.Send(t.Context(), m)
	wantFault(t, err, fault.Unavailable, "MESSAGE_GATEWAY_SILENT")
	f.Set(Behaving)
	send(t, f, m)
	if n := len(f.Sent(f.Number)); n != 1 {
		t.Errorf("it arrived %d times", n)
	}
}

func troubleIs(trouble Trouble) func(*testing.T, Fixture) {
	return func(t *testing.T, f Fixture) {
		f.Set(trouble)
		ctx, cancel := context.WithTimeout(t.Context(), 2*ample) // the gateway gives up before
		defer cancel()
		m, before := message(f, "notice-1"), time.Now()
		_, err := f.Gateway.Send(ctx, m)
		wantFault(t, err, fault.Unavailable, "MESSAGE_GATEWAY_SILENT")
		discreet(t, err, m)
		if ctx.Err() != nil {
			t.Error("the gateway's client waited for its caller to give up")
		}
		if wait := fault.Of(err).RetryAt.Sub(before); trouble == Busy && (wait < f.Patience-time.Second || wait > f.Patience+time.Minute) {
			t.Errorf("try again after %v, want about %v", wait, f.Patience)
		}
		if n := len(f.Sent(f.Number)); n != 0 {
			t.Errorf("it arrived %d times all the same", n)
		}
		f.Set(Behaving)
		for { // as callers do: again while it is Unavailable
			if _, err = f.Gateway.Send(ctx, m); err == nil {
				break
			}
			wantFault(t, err, fault.Unavailable, "MESSAGE_GATEWAY_SILENT")
			if ctx.Err() != nil {
				t.Fatal("it has not recovered")
			}
		}
		if n := len(f.Sent(f.Number)); n != 1 {
			t.Errorf("it arrived %d times", n)
		}
	}
}

func gone(t *testing.T, f Fixture) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := f.Gateway.Send(ctx, message(f, "notice-1")); !errors.Is(err, context.Canceled) {
		t.Fatalf("error %v, want the caller's own", err)
	}
}

func send(t *testing.T, f Fixture, m messenger.Message) messenger.Receipt {
	t.Helper()
	r, err := f.Gateway.Send(t.Context(), m)
	if err != nil {
		t.Fatalf("send: %v", err)
	}
	return r
}

// discreet checks that neither an error, nor anything in it, nor the message
// itself tells where it goes and what it says.
func discreet(t *testing.T, err error, m messenger.Message) {
	t.Helper()
	said := []string{fmt.Sprintf("%v %+v %#v %s %q %d", m, m, m, m, m, m)}
	for e := err; e != nil; e = errors.Unwrap(e) {
		said = append(said, e.Error())
	}
	for _, s := range said {
		if m.To != "" && strings.Contains(s, m.To) || strings.TrimSpace(m.Text) != "" && strings.Contains(s, m.Text) {
			t.Error("a number or a text is shown")
		}
	}
}

func wantFault(t *testing.T, err error, kind fault.Kind, reason string) {
	t.Helper()
	if err == nil {
		t.Fatalf("no error, want %s", reason)
	}
	if got := fault.Of(err); got.Kind != kind || got.Reason != reason {
		t.Fatalf("fault %s of kind %d, want %s of kind %d (%v)", got.Reason, got.Kind, reason, kind, err)
	}
}
