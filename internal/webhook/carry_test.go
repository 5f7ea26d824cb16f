package webhook_test

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"crypto/hmac"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/vetgraph/vetgraph/ent/gen/announcement"
	"github.com/vetgraph/vetgraph/internal/profile"
	"github.com/vetgraph/vetgraph/internal/store"
	"github.com/vetgraph/vetgraph/internal/store/storetest"
	"github.com/vetgraph/vetgraph/internal/webhook"
)

// received is one message as a partner takes it, its signatures checked.
type received struct {
	ID   string
	Type string
	Data struct {
		Slice, Person, DeleteBy string
		Order                   int64
		Fields                  []string
	}
}

// partner is a receiver on real TLS.
type partner struct {
	t      *testing.T
	server *httptest.Server
	public ed25519.PublicKey
	spec   webhook.Spec

	mu     sync.Mutex
	got    []received
	status func(n int, r received) int // what the n-th call is answered; nil: 204
	calls  int
}

func newPartner(t *testing.T) *partner {
	t.Helper()
	private, public := webhook.Generate(false)
	raw, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(public, "whpk_"))
	must(t, err)
	p := &partner{t: t, public: raw}
	p.server = httptest.NewTLSServer(http.HandlerFunc(p.take))
	t.Cleanup(p.server.Close)
	roots := x509.NewCertPool()
	roots.AddCert(p.server.Certificate())
	p.spec = webhook.Spec{URL: p.server.URL + "/told", Keys: []string{key, private}, Roots: roots, Allow: []netip.Prefix{netip.MustParsePrefix("127.0.0.1/32")}}
	return p
}

func (p *partner) hooks() map[string]*webhook.Hook {
	return map[string]*webhook.Hook{"bus": hook(p.t, p.spec)}
}

func (p *partner) take(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		p.t.Error(err)
	}
	id, stamp := r.Header.Get("webhook-id"), r.Header.Get("webhook-timestamp")
	signed := []byte(id + "." + stamp + "." + string(body))
	secret, _ := base64.StdEncoding.DecodeString(strings.TrimPrefix(key, "whsec_"))
	mac := hmac.New(sha256.New, secret)
	mac.Write(signed)
	signatures := strings.Fields(r.Header.Get("webhook-signature"))
	good := len(signatures) == 2 && signatures[0] == "v1,"+base64.StdEncoding.EncodeToString(mac.Sum(nil))
	if good {
		raw, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(signatures[1], "v1a,"))
		good = err == nil && ed25519.Verify(p.public, signed, raw)
	}
	if unix, err := strconv.ParseInt(stamp, 10, 64); !good || err != nil || unix < noon.Unix() {
		p.t.Errorf("a message that is not signed: %v", r.Header)
	}
	m := received{ID: id}
	if err := json.Unmarshal(body, &m); err != nil {
		p.t.Error(err)
	}
	for _, secret := range []string{"ABC", "ICBC", "ACTIVE", "CANCELLED"} { // values
		if bytes.Contains(body, []byte(secret)) {
			p.t.Errorf("a value is told: %s", body)
		}
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	status := http.StatusNoContent
	if p.calls++; p.status != nil {
		status = p.status(p.calls, m)
	}
	if status == http.StatusTemporaryRedirect {
		w.Header().Set("Location", p.server.URL+"/elsewhere")
	}
	if status < 300 {
		p.got = append(p.got, m)
	}
	if r.URL.Path != "/told" {
		p.t.Errorf("a redirect was followed to %s", r.URL.Path)
	}
	w.WriteHeader(status)
}

func (p *partner) all() []received {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.got)
}

// change gives somebody's card another bank, or another state.
func change(q profile.Person, bank, state string, at time.Time) profile.Person {
	card := *q.PreferentialCard
	card.Bank, card.State, card.AsOf = bank, state, at
	q.PreferentialCard = &card
	return q
}

// What was committed is told, whatever happens then: the hub that wrote it ends before
// anything goes, the partner fails for a while and redirects, and each person's
// messages still come once each and in order, under the same ID however often tried.
func TestMessagesComeInOrder(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		p := newPartner(t)
		r := newRig(t, s, map[string]string{"bus": bus}, p.hooks())
		var ids []string
		for n := range 6 {
			q, id := r.holder(n, "ICBC", noon.Add(-9*time.Hour))
			ids = append(ids, id)
			r.put(q)
			_, err := r.sharing.Grant(r.as(id), "bus", 1)
			must(t, err)
			r.put(change(q, "ABC", "ACTIVE", noon.Add(-8*time.Hour)))
			r.put(change(q, "ICBC", "ACTIVE", noon.Add(-7*time.Hour)))
		}
		if n := len(r.messages("")); n != 18 || len(p.all()) != 0 {
			t.Fatalf("%d messages wait", n)
		}
		tried := map[string]int{}
		p.status = func(n int, m received) int {
			tried[m.ID]++
			switch {
			case n%7 == 1:
				return http.StatusTemporaryRedirect
			case n%5 == 2:
				return http.StatusInternalServerError
			}
			return http.StatusOK
		}
		r.clock.Store(new(time.Now())) // who rests does so by this clock
		stop := r.work(r.machine())
		defer stop()
		r.until("everything is told", func() bool { r.clock.Store(new(time.Now().Add(time.Hour))); return r.ended() })
		got := p.all()
		last := map[string]int64{}
		for _, m := range got {
			if m.Data.Order <= last[m.Data.Person] || m.Data.Slice != "bus" {
				t.Errorf("out of order: %+v", m)
			}
			first := last[m.Data.Person] == 0
			last[m.Data.Person] = m.Data.Order
			if first != (m.Type == "slice.entered") || !first && (m.Type != "slice.changed" || !slices.Equal(m.Data.Fields, []string{"PreferentialCard.bank"})) {
				t.Errorf("%+v", m)
			}
		}
		if len(got) != 18 || len(tried) != 18 || len(last) != len(ids) {
			t.Errorf("%d messages came, with %d IDs, about %d people", len(got), len(tried), len(last))
		}
		again := 0
		for _, n := range tried {
			again += n - 1
		}
		if again == 0 {
			t.Error("nothing was tried twice")
		}
		counts, err := r.post.Counts(r.machine())
		if err != nil || len(counts) != 1 || counts[0].N != 18 || counts[0].State != "DELIVERED" || counts[0].Slice != "bus" {
			t.Errorf("%+v %v", counts, err)
		}
	})
}

// Who takes their consent back before a message goes is spoken of only to say that
// they have left, and by when what was read is to be deleted.
func TestWhoHasLeftIsOnlySaidToHaveLeft(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		p := newPartner(t)
		r := newRig(t, s, map[string]string{"bus": bus}, p.hooks())
		q, id := r.holder(0, "ICBC", noon.Add(-9*time.Hour))
		r.put(q)
		if n := len(r.messages("")); n != 0 {
			t.Fatalf("%d messages about somebody who has not agreed", n)
		}
		given, err := r.sharing.Grant(r.as(id), "bus", 1)
		must(t, err)
		r.put(change(q, "ABC", "ACTIVE", noon.Add(-8*time.Hour)))
		_, err = r.sharing.Withdraw(r.as(id), given.ID)
		must(t, err)
		r.put(change(q, "ICBC", "ACTIVE", noon.Add(-7*time.Hour)))
		stop := r.work(r.machine())
		defer stop()
		r.until("everything has ended", r.ended)
		got := p.all()
		if len(got) != 1 || got[0].Type != "slice.left" || got[0].Data.DeleteBy != "2026-11-30" || got[0].Data.Person != id || got[0].Data.Fields != nil {
			t.Errorf("%+v", got)
		}
		var states []string
		for _, m := range r.messages(id) {
			states = append(states, string(m.Kind)+" "+string(m.State))
		}
		if want := []string{"ENTERED DROPPED", "CHANGED DROPPED", "LEFT DELIVERED"}; !slices.Equal(states, want) {
			t.Errorf("%v, want %v", states, want)
		}
	})
}

// A process that dies at any step of a write leaves the change with its message, or
// neither; and one that dies while it carries leaves the message to the next.
func TestDeathLosesNothing(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		p := newPartner(t)
		r := newRig(t, s, map[string]string{"bus": strings.Replace(bus, "kind: CONSENT", "kind: STATUTORY_DUTY", 1)}, p.hooks())
		q, id := r.holder(0, "ICBC", noon.Add(-9*time.Hour))
		r.put(q)
		told := 1
		for steps := range 200 {
			now := change(q, []string{"ICBC", "ABC"}[told%2], "ACTIVE", noon.Add(time.Duration(steps)*time.Second))
			before := valuesOf(r.person(id), "PreferentialCard.bank")[0]
			if before == now.PreferentialCard.Bank {
				t.Fatal("the test writes what is there")
			}
			fuse := &store.Fuse{Left: steps}
			err := s.InTx(store.WithFuse(r.machine(), fuse), func(ctx context.Context, tx store.Tx) error {
				_, err := r.profile.Put(ctx, tx, []profile.Person{now})
				return err
			})
			if valuesOf(r.person(id), "PreferentialCard.bank")[0] != before {
				told++
			}
			if n := len(r.messages(id)); n != told {
				t.Fatalf("death after %d steps (%v): %d messages, want %d", steps, err, n, told)
			}
			if err == nil {
				break
			}
		}
		if told < 3 {
			t.Fatalf("only %d messages", told)
		}
		ctx, die := context.WithCancel(r.machine())
		p.status = func(int, received) int { die(); return http.StatusOK } // dead between the partner's word and ours
		stop := r.work(ctx)
		<-ctx.Done()
		stop()
		p.status = nil
		stop = r.work(r.machine())
		defer stop()
		r.until("everything is told", r.ended)
		order := map[string]bool{}
		for _, m := range p.all() {
			order[m.ID] = true
		}
		if len(order) != told {
			t.Errorf("%d messages were told of %d", len(order), told)
		}
	})
}

func (r *rig) person(id string) *profile.Person {
	r.t.Helper()
	rows, err := r.profile.ReadRows(r.machine(), []string{id})
	must(r.t, err)
	q, err := r.profile.Person(rows[id])
	must(r.t, err)
	return q
}

// A partner that is away is tried for three days, of who has left for thirty; then it
// is over, and the next message has its turn.
func TestPatienceEnds(t *testing.T) {
	p := newPartner(t)
	r := newRig(t, storetest.Open(t, storetest.SQLite(t)), map[string]string{"bus": bus}, p.hooks())
	q, id := r.holder(0, "ICBC", noon.Add(-9*time.Hour))
	r.put(q)
	given, err := r.sharing.Grant(r.as(id), "bus", 1)
	must(t, err)
	p.status = func(int, received) int { return http.StatusServiceUnavailable }
	stop := r.work(r.machine())
	defer stop()
	r.until("it was tried", func() bool { return r.messages(id)[0].Attempts > 0 })
	if m := r.messages(id)[0]; m.State != announcement.StateWAITING || m.Trouble != "HTTP_503" {
		t.Errorf("%+v", m)
	}
	r.clock.Store(new(noon.Add(73 * time.Hour)))
	r.until("it is given up", func() bool { return r.messages(id)[0].State == announcement.StateGIVEN_UP })
	_, err = r.sharing.Withdraw(r.as(id), given.ID)
	must(t, err)
	r.clock.Store(new(noon.Add(20 * 24 * time.Hour)))
	r.until("it is tried again", func() bool { r.clock.Store(new(r.now().Add(time.Second))); return r.messages(id)[1].Attempts > 1 })
	p.mu.Lock()
	p.status = nil
	p.mu.Unlock()
	r.until("it is told at last", func() bool { r.clock.Store(new(r.now().Add(time.Second))); return r.ended() })
	if got := p.all(); len(got) != 1 || got[0].Type != "slice.left" {
		t.Errorf("%+v", got)
	}
	r.clock.Store(new(noon.Add(200 * 24 * time.Hour)))
	must(t, r.post.Look(r.machine()))
	if all := r.messages(id); len(all) != 1 || all[0].Kind != announcement.KindLEFT {
		t.Errorf("%v are remembered", all)
	}
}

// Whatever an operator is led to write, nobody calls this machine or its link unasked.
func TestAddressesThatAreNotCalled(t *testing.T) {
	for what, s := range map[string]webhook.Spec{
		"loopback":            {URL: "https://127.0.0.1/x"},
		"loopback as IPv6":    {URL: "https://[::1]/x"},
		"mapped":              {URL: "https://[::ffff:127.0.0.1]/x"},
		"the link's metadata": {URL: "https://169.254.169.254/latest"},
		"nowhere":             {URL: "https://0.0.0.0/"},
		"plain http":          {URL: "http://partner.example/x"},
		"a user":              {URL: "https://me:secret@partner.example/x"},
		"another scheme":      {URL: "file:///etc/passwd"},
		"no address":          {},
		"no key":              {URL: "https://partner.example/x", Keys: []string{}},
		"a short key":         {URL: "https://partner.example/x", Keys: []string{"whsec_c2hvcnQ="}},
	} {
		if s.Keys == nil {
			s.Keys = []string{key}
		}
		if _, err := webhook.Open(s); err == nil || strings.Contains(err.Error(), "secret@") || strings.Contains(err.Error(), "c2hvcnQ") {
			t.Errorf("%s: %v", what, err)
		}
	}
	p := newPartner(t)
	_, port, _ := strings.Cut(strings.TrimPrefix(p.server.URL, "https://"), ":")
	p.spec.URL, p.spec.Allow = "https://localhost:"+port+"/told", nil // a name that leads here
	r := newRig(t, storetest.Open(t, storetest.SQLite(t)), map[string]string{"bus": bus}, p.hooks())
	q, id := r.holder(0, "ICBC", noon)
	r.put(q)
	_, err := r.sharing.Grant(r.as(id), "bus", 1)
	must(t, err)
	stop := r.work(r.machine())
	defer stop()
	r.until("it was tried", func() bool { return r.messages(id)[0].Attempts > 0 })
	if m := r.messages(id)[0]; m.Trouble != "ADDRESS_REFUSED" || p.calls != 0 {
		t.Errorf("%s, %d calls", m.Trouble, p.calls)
	}
}
