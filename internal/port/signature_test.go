package port_test

import (
	"strings"
	"testing"
	"time"

	"github.com/vetgraph/vetgraph/internal/fault"
	"github.com/vetgraph/vetgraph/internal/port"
	"pgregory.net/rapid"
)

var moment = time.Date(2026, time.November, 23, 9, 0, 0, 0, time.UTC)

func TestVerifyCallback(t *testing.T) {
	secret, body := []byte("between the two of us"), []byte(`{"item":"item-1"}`)
	good := port.SignCallback(secret, body, moment)
	cases := []struct {
		name   string
		secret string
		header string
		body   string
		now    time.Time
		reason string
	}{
		{"as signed", string(secret), good, string(body), moment, ""},
		{"late but within tolerance", string(secret), good, string(body), moment.Add(5 * time.Minute), ""},
		{"from a clock that is ahead", string(secret), good, string(body), moment.Add(-5 * time.Minute), ""},
		{"replayed the next day", string(secret), good, string(body), moment.Add(24 * time.Hour), "CALLBACK_STALE"},
		{"from far ahead", string(secret), good, string(body), moment.Add(-time.Hour), "CALLBACK_STALE"},
		{"with a changed body", string(secret), good, `{"item":"item-2"}`, moment, "CALLBACK_SIGNATURE"},
		{"with a later time on the same signature", string(secret), strings.Replace(good, "t=17", "t=18", 1), string(body), moment, "CALLBACK_SIGNATURE"},
		{"by another department", "another", good, string(body), moment, "CALLBACK_SIGNATURE"},
		{"without a secret on either side", "", port.SignCallback(nil, body, moment), string(body), moment, "CALLBACK_SIGNATURE"},
		{"without a header", string(secret), "", string(body), moment, "CALLBACK_SIGNATURE"},
		{"without a time", string(secret), strings.TrimLeft(good[strings.Index(good, ",")+1:], " "), string(body), moment, "CALLBACK_SIGNATURE"},
		{"with two times", string(secret), "t=1," + good, string(body), moment, "CALLBACK_SIGNATURE"},
		{"while the secret is being changed", string(secret), port.SignCallback([]byte("old"), body, moment) + ",v1=" + good[strings.Index(good, "v1=")+3:], string(body), moment, ""},
		{"with a scheme of later years beside", string(secret), good + ",v9=zz", string(body), moment, ""},
		{"with an endless header", string(secret), good + "," + strings.Repeat("a=b,", 1000) + "a=b", string(body), moment, "CALLBACK_SIGNATURE"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			err := port.VerifyCallback([]byte(c.secret), c.header, []byte(c.body), c.now, 5*time.Minute)
			if c.reason == "" && err != nil {
				t.Fatal(err)
			}
			if f := fault.Of(err); c.reason != "" && (err == nil || f.Kind != fault.SignedOut || f.Reason != c.reason) {
				t.Fatalf("error %v, want %s", err, c.reason)
			}
		})
	}
}

func TestEverySignatureVerifiesAndNoOther(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		secret := rapid.SliceOfN(rapid.Byte(), 1, 64).Draw(t, "secret")
		body := rapid.SliceOf(rapid.Byte()).Draw(t, "body")
		at := time.Unix(rapid.Int64Range(0, 1<<33).Draw(t, "at"), 0)
		header := port.SignCallback(secret, body, at)
		if err := port.VerifyCallback(secret, header, body, at, 0); err != nil {
			t.Fatal(err)
		}
		if err := port.VerifyCallback(secret, header, append(body, 0), at, 0); err == nil {
			t.Fatal("one byte more was accepted")
		}
		flipped := []byte(header)
		flipped[len(flipped)-1] ^= 1
		if err := port.VerifyCallback(secret, string(flipped), body, at, 0); err == nil {
			t.Fatal("another signature was accepted")
		}
	})
}

func FuzzVerifyCallback(f *testing.F) {
	secret := []byte("secret")
	f.Add(port.SignCallback(secret, []byte("body"), moment), []byte("body"))
	f.Add("t=,v1=", []byte{})
	f.Add("t=1,t=2,v1=00", []byte("x"))
	f.Fuzz(func(t *testing.T, header string, body []byte) {
		if port.VerifyCallback(secret, header, body, moment, time.Minute) != nil {
			return
		}
		for near := -61; near <= 61; near++ {
			_, mac, _ := strings.Cut(port.SignCallback(secret, body, moment.Add(time.Duration(near)*time.Second)), "v1=")
			if strings.Contains(strings.ToLower(header), mac) {
				return
			}
		}
		t.Fatal("a header without a good signature was accepted")
	})
}
