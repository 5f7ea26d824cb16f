package messenger_test

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/vetgraph/vetgraph/internal/fault"
	"github.com/vetgraph/vetgraph/internal/messenger"
)

var now = time.Date(2026, time.November, 23, 9, 0, 0, 0, time.UTC)

// talk opens the client of a gateway that is a function.
func talk(tb testing.TB, h http.HandlerFunc) messenger.Gateway {
	tb.Helper()
	server := httptest.NewServer(h)
	tb.Cleanup(server.Close)
	g, err := messenger.Open(messenger.Endpoint{URL: server.URL + "/base/", Token: "ours", Timeout: 5 * time.Second}, func() time.Time { return now })
	if err != nil {
		tb.Fatal(err)
	}
	return g
}

func says(status int, contentType, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", contentType)
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	}
}

const slip = `{"id":"notice-1","reference":"SM1","acceptedAt":"2026-11-23T09:00:00Z","more":"than agreed"}`

func hello() messenger.Message {
	return messenger.Message{ID: "notice-1", To: "19900001234", Text: "您好"}
}

func TestSend(t *testing.T) {
	var path, token, key string
	var body map[string]any
	g := talk(t, func(w http.ResponseWriter, r *http.Request) {
		path, token, key = r.Method+" "+r.URL.Path, r.Header.Get("Authorization"), r.Header.Get("Idempotency-Key")
		if err := json.NewDecoder(r.Body).Decode(&body); err != nil {
			t.Error(err)
		}
		says(http.StatusAccepted, "application/json; charset=utf-8", slip)(w, r)
	})
	got, err := g.Send(t.Context(), hello())
	if want := (messenger.Receipt{ID: "notice-1", Reference: "SM1", AcceptedAt: now}); err != nil || got != want {
		t.Fatalf("receipt %+v, error %v", got, err)
	}
	if path != "POST /base/messages" || token != "Bearer ours" || key != "notice-1" {
		t.Errorf("%s with %s, key %s", path, token, key)
	}
	if len(body) != 3 || body["id"] != "notice-1" || body["to"] != "19900001234" || body["text"] != "您好" {
		t.Errorf("sent %v", body)
	}
}

func TestSendUnderstands(t *testing.T) {
	const jsonType = "application/json"
	for _, c := range []struct {
		name   string
		answer http.HandlerFunc
		reason string
	}{
		{"a page of a proxy", says(200, "text/html", "<html>"), "MESSAGE_GATEWAY_SILENT"},
		{"a receipt of another message", says(200, jsonType, strings.Replace(slip, "notice-1", "notice-2", 1)), "MESSAGE_GATEWAY_SILENT"},
		{"a receipt without reference", says(200, jsonType, strings.Replace(slip, "SM1", "", 1)), "MESSAGE_GATEWAY_SILENT"},
		{"a receipt without a time", says(200, jsonType, strings.Replace(slip, "acceptedAt", "at", 1)), "MESSAGE_GATEWAY_SILENT"},
		{"null", says(200, jsonType, "null"), "MESSAGE_GATEWAY_SILENT"},
		{"not UTF-8", says(200, jsonType, strings.Replace(slip, "SM1", "\xff", 1)), "MESSAGE_GATEWAY_SILENT"},
		{"that our token is no good", says(401, jsonType, `{"reason":"TOKEN"}`), "MESSAGE_GATEWAY_SILENT"},
		{"that there is no such path", says(404, jsonType, `{"reason":"PATH"}`), "MESSAGE_GATEWAY_SILENT"},
		{"that the number cannot be reached", says(422, jsonType, `{"reason":"UNDELIVERABLE"}`), "MESSAGE_UNDELIVERABLE"},
		{"that it does not like the text", says(422, jsonType, `{"reason":"TEMPLATE"}`), "MESSAGE_UNDELIVERABLE"},
		{"that it is too much", says(413, jsonType, `{"reason":"TOO_LARGE"}`), "MESSAGE_UNDELIVERABLE"},
		{"a refusal without a reason", says(422, jsonType, `{}`), "MESSAGE_GATEWAY_SILENT"},
		{"a refusal that is a page", says(422, "text/html", "no"), "MESSAGE_GATEWAY_SILENT"},
		{"that it sent something else", says(409, jsonType, `{"reason":"SENT_OTHERWISE"}`), "MESSAGE_SENT_OTHERWISE"},
		{"a conflict of another kind", says(409, jsonType, `{"reason":"BUSY"}`), "MESSAGE_GATEWAY_SILENT"},
		{"that it is broken", says(502, "text/html", "bad gateway"), "MESSAGE_GATEWAY_SILENT"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := talk(t, c.answer).Send(t.Context(), hello())
			if err == nil || fault.Of(err).Reason != c.reason {
				t.Fatalf("error %v, want %s", err, c.reason)
			}
		})
	}
}

func TestRetryAfter(t *testing.T) {
	for header, want := range map[string]time.Time{
		"30": now.Add(30 * time.Second), "Mon, 23 Nov 2026 09:10:00 GMT": now.Add(10 * time.Minute), "": {}, "-5": {}, "soon": {}, "999999": {},
	} {
		for _, status := range []int{429, 503} {
			_, err := talk(t, func(w http.ResponseWriter, r *http.Request) {
				w.Header().Set("Retry-After", header)
				says(status, "text/plain", "")(w, r)
			}).Send(t.Context(), hello())
			if f := fault.Of(err); f.Reason != "MESSAGE_GATEWAY_SILENT" || !f.RetryAt.Equal(want) {
				t.Errorf("%d with Retry-After %q: %s at %v, want %v", status, header, f.Reason, f.RetryAt, want)
			}
		}
	}
}

func TestRedirectsAreNotFollowed(t *testing.T) {
	var stolen atomic.Bool
	thief := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { stolen.Store(true) }))
	defer thief.Close()
	_, err := talk(t, func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, thief.URL, http.StatusTemporaryRedirect)
	}).Send(t.Context(), hello())
	if fault.Of(err).Reason != "MESSAGE_GATEWAY_SILENT" || stolen.Load() {
		t.Errorf("error %v, followed: %t", err, stolen.Load())
	}
}

func TestNobodyListens(t *testing.T) {
	server := httptest.NewServer(nil)
	server.Close()
	g, err := messenger.Open(messenger.Endpoint{URL: server.URL}, time.Now)
	if err != nil {
		t.Fatal(err)
	}
	_, err = g.Send(t.Context(), hello())
	if fault.Of(err).Reason != "MESSAGE_GATEWAY_SILENT" {
		t.Fatalf("error %v", err)
	}
	for e := err; e != nil; e = errors.Unwrap(e) {
		if strings.Contains(e.Error(), "1990000") || strings.Contains(e.Error(), "您好") {
			t.Errorf("the error holds personal data: %v", e)
		}
	}
}

func TestOpenRefusesWhatIsNoAddress(t *testing.T) {
	for _, address := range []string{"", "gateway", "ftp://gateway", "http://", "http://gateway?key=1", "http://a:b@gateway", "http://gateway#x"} {
		if _, err := messenger.Open(messenger.Endpoint{URL: address}, time.Now); err == nil {
			t.Errorf("%q was taken", address)
		}
	}
}

// FuzzAnswers lets a gateway say anything: the client answers with a receipt of
// this message or with one of the faults of this package.
func FuzzAnswers(f *testing.F) {
	f.Add(200, "application/json", []byte(slip))
	f.Add(422, "application/json", []byte(`{"reason":"UNDELIVERABLE"}`))
	f.Add(409, "application/json", []byte(`{"reason":"SENT_OTHERWISE"}`))
	f.Add(302, "text/html", []byte(""))
	var status atomic.Int64
	var contentType, body atomic.Value
	g := talk(f, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", contentType.Load().(string))
		w.WriteHeader(int(status.Load()))
		_, _ = w.Write(body.Load().([]byte))
	})
	f.Fuzz(func(t *testing.T, code int, kind string, text []byte) {
		if code < 200 || code > 599 || strings.ContainsAny(kind, "\r\n\x00") {
			return
		}
		status.Store(int64(code))
		contentType.Store(kind)
		body.Store(text)
		r, err := g.Send(t.Context(), hello())
		if err == nil && (r.ID != "notice-1" || r.Reference == "" || r.AcceptedAt.IsZero()) {
			t.Fatalf("receipt %+v", r)
		}
		if err != nil && !strings.HasPrefix(fault.Of(err).Reason, "MESSAGE_") {
			t.Fatalf("not a fault: %v", err)
		}
	})
}
