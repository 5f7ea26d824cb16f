package exchange_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptrace"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"github.com/vetgraph/vetgraph/internal/fault"
	"github.com/vetgraph/vetgraph/internal/messenger"
	"github.com/vetgraph/vetgraph/internal/messenger/exchange"
	"github.com/vetgraph/vetgraph/internal/messenger/messengertest"
)

const phone = "19900001234"

func start(tb testing.TB, c exchange.Config) (*exchange.Exchange, messenger.Gateway) {
	tb.Helper()
	if c.Dir == "" {
		c.Dir = tb.TempDir()
	}
	x, err := exchange.Start(tb.Context(), c)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		if err := x.Close(); err != nil {
			tb.Error(err)
		}
	})
	g, err := messenger.Open(x.Endpoint(), time.Now)
	if err != nil {
		tb.Fatal(err)
	}
	return x, g
}

func TestConformance(t *testing.T) {
	faults := map[messengertest.Trouble]exchange.Fault{
		messengertest.Silence: {Silent: true}, messengertest.Garbage: {Garbled: true}, messengertest.Flood: {Oversized: true},
		messengertest.Failure: {Failing: true}, messengertest.Busy: {Busy: 7 * time.Second}, messengertest.LostAnswer: {LoseAnswer: true},
	}
	messengertest.Run(t, func(t *testing.T, timeout time.Duration) messengertest.Fixture {
		x, _ := start(t, exchange.Config{})
		e := x.Endpoint()
		e.Timeout = timeout
		g, err := messenger.Open(e, time.Now)
		if err != nil {
			t.Fatal(err)
		}
		return messengertest.Fixture{
			Gateway: g, Number: phone, Other: "19900004321", Unreachable: "19900000000", Patience: 7 * time.Second,
			Sent: func(to string) (all []messenger.Message) {
				for _, s := range x.Sent(to) {
					all = append(all, s.Message)
				}
				return all
			},
			Calls: x.Calls,
			Set:   func(trouble messengertest.Trouble) { x.SetFault(faults[trouble]) },
		}
	})
}

func TestOnlyNumbersOfNobodyAreTaken(t *testing.T) {
	x, g := start(t, exchange.Config{})
	for to, taken := range map[string]bool{"19900000001": true, "19900009999": true, "19900000000": false, "19900010001": false, "13800138000": false, "18945670001": false} {
		_, err := g.Send(t.Context(), messenger.Message{ID: "to-" + to[7:] + to[:3], To: to, Text: "您好"})
		if taken != (err == nil) || !taken && fault.Of(err).Reason != "MESSAGE_UNDELIVERABLE" {
			t.Errorf("number of %s…: error %v, want taken: %t", to[:3], err, taken)
		}
	}
	if n := x.Total(); n != 2 {
		t.Errorf("%d messages in the book", n)
	}
}

func TestRestartKeepsWhatWasSent(t *testing.T) {
	dir := t.TempDir()
	x, g := start(t, exchange.Config{Dir: dir})
	m := messenger.Message{ID: "notice-1", To: phone, Text: "第一行\n\"second\" line"}
	first, err := g.Send(t.Context(), m)
	must(t, err)
	before := x.Sent(phone)
	must(t, x.Close())
	must(t, x.Close()) // closing twice is no mistake
	if _, err := g.Send(t.Context(), m); fault.Of(err).Reason != "MESSAGE_GATEWAY_SILENT" {
		t.Errorf("closed, error %v", err)
	}

	x, g = start(t, exchange.Config{Dir: dir})
	if got := x.Sent(phone); len(got) != 1 || got[0] != before[0] {
		t.Errorf("%d messages after the restart, or not the same", len(got))
	}
	if again, err := g.Send(t.Context(), m); err != nil || again != first {
		t.Errorf("receipt %+v, before %+v, error %v", again, first, err)
	}
	m.ID = "notice-2"
	next, err := g.Send(t.Context(), m)
	must(t, err)
	if next.Reference == first.Reference || x.Total() != 2 {
		t.Errorf("receipt %+v after %+v, %d in all", next, first, x.Total())
	}
}

// TestALineCutOffByAKill leaves out what was never receipted, and goes on behind it.
func TestALineCutOffByAKill(t *testing.T) {
	dir := t.TempDir()
	x, g := start(t, exchange.Config{Dir: dir})
	for i := range 3 {
		_, err := g.Send(t.Context(), messenger.Message{ID: fmt.Sprint("notice-", i), To: phone, Text: "您好"})
		must(t, err)
	}
	must(t, x.Close())
	file := filepath.Join(dir, "messages.jsonl")
	whole, err := os.ReadFile(file)
	must(t, err)
	lines := bytes.SplitAfter(whole, []byte{'\n'})
	last := len(whole) - len(lines[2])
	for _, cut := range []int{last, last + 1, last + 40, len(whole) - 1} {
		must(t, os.WriteFile(file, whole[:cut], 0o600))
		x, g := start(t, exchange.Config{Dir: dir})
		if n := x.Total(); n != 2 {
			t.Errorf("cut at %d of %d bytes: %d messages", cut, len(whole), n)
		}
		_, err := g.Send(t.Context(), messenger.Message{ID: "notice-2", To: phone, Text: "您好"})
		must(t, err)
		must(t, x.Close())
		x, _ = start(t, exchange.Config{Dir: dir})
		if n := len(x.Sent(phone)); n != 3 {
			t.Errorf("cut at %d of %d bytes and sent again: %d messages", cut, len(whole), n)
		}
		must(t, x.Close())
	}
	damaged := bytes.Replace(whole, []byte(`{"id":"notice-1"`), []byte(`{"id":"notice-1`), 1)
	must(t, os.WriteFile(file, damaged, 0o600))
	if _, err := exchange.Start(t.Context(), exchange.Config{Dir: dir}); err == nil || !strings.Contains(err.Error(), "line 2") || strings.Contains(err.Error(), phone) {
		t.Errorf("damaged in the middle: error %v", err)
	}
}

func TestManyAtOnce(t *testing.T) {
	x, g := start(t, exchange.Config{})
	const messages, times = 100, 3
	var all sync.WaitGroup
	for i := range messages {
		for range times {
			all.Go(func() {
				m := messenger.Message{ID: fmt.Sprint("notice-", i), To: fmt.Sprintf("1990000%04d", 1+i%7), Text: fmt.Sprint("第", i, "条")}
				if _, err := g.Send(t.Context(), m); err != nil {
					t.Errorf("send: %v", err)
				}
			})
		}
	}
	all.Wait()
	count, references := 0, map[string]bool{}
	for i := range 7 {
		for _, s := range x.Sent(fmt.Sprintf("1990000%04d", 1+i)) {
			count++
			references[s.Reference] = true
		}
	}
	if count != messages || len(references) != messages || x.Total() != messages {
		t.Errorf("%d messages under %d references, want %d", count, len(references), messages)
	}
}

func TestNothingOfAPersonIsLoggedOrShown(t *testing.T) {
	var log bytes.Buffer
	x, g := start(t, exchange.Config{Log: zerolog.New(&log)})
	m := messenger.Message{ID: "notice-1", To: phone, Text: "秘密"}
	_, err := g.Send(t.Context(), m)
	must(t, err)
	text, err := json.Marshal(m)
	must(t, err)
	shown := fmt.Sprintf("%v %+v %#v %s %v", x.Sent(phone), x.Sent(phone)[0], m, text, x.Endpoint()) + log.String()
	careless := zerolog.New(&log)
	careless.Info().Interface("message", m).Msg("as somebody might by mistake")
	if shown += log.String(); strings.Contains(shown, phone) || strings.Contains(shown, "秘密") || strings.Contains(shown, x.Endpoint().Token) {
		t.Errorf("shown: %s", shown)
	}
}

func TestTheDoorRefuses(t *testing.T) {
	x, _ := start(t, exchange.Config{Token: "ours"})
	good := `{"id":"a","to":"` + phone + `","text":"您好"}`
	for _, c := range []struct {
		name, method, token, body string
		want                      int
	}{
		{"a good message, to compare", http.MethodPost, "ours", good, 200},
		{"another token", http.MethodPost, "theirs", good, 401},
		{"no token", http.MethodPost, "", good, 401},
		{"another method", http.MethodGet, "ours", good, 405},
		{"no JSON", http.MethodPost, "ours", "x", 400},
		{"no text", http.MethodPost, "ours", `{"id":"a","to":"` + phone + `"}`, 400},
		{"too much", http.MethodPost, "ours", strings.Replace(good, "您好", strings.Repeat("x", 1<<17), 1), 400},
		{"a number that is none", http.MethodPost, "ours", strings.Replace(good, phone, "12", 1), 422},
	} {
		t.Run(c.name, func(t *testing.T) {
			req, err := http.NewRequestWithContext(t.Context(), c.method, x.Endpoint().URL+messenger.Path, strings.NewReader(c.body))
			must(t, err)
			req.Header.Set("Authorization", "Bearer "+c.token)
			res, err := http.DefaultClient.Do(req)
			must(t, err)
			_ = res.Body.Close()
			if res.StatusCode != c.want {
				t.Errorf("status %d, want %d", res.StatusCode, c.want)
			}
		})
	}
}

func TestCloseDoesNotWaitForTheSilenced(t *testing.T) {
	x, g := start(t, exchange.Config{})
	x.SetFault(exchange.Fault{Silent: true})
	told, asked := make(chan error, 1), make(chan struct{})
	ctx := httptrace.WithClientTrace(t.Context(), &httptrace.ClientTrace{WroteRequest: func(httptrace.WroteRequestInfo) { close(asked) }})
	go func() {
		_, err := g.Send(ctx, messenger.Message{ID: "a", To: phone, Text: "您好"})
		told <- err
	}()
	<-asked
	must(t, x.Close())
	if err := <-told; fault.Of(err).Reason != "MESSAGE_GATEWAY_SILENT" {
		t.Errorf("error %v", err)
	}
}

func must(tb testing.TB, err error) {
	tb.Helper()
	if err != nil {
		tb.Fatal(err)
	}
}
