package server

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"go.yaml.in/yaml/v3"

	"github.com/vetgraph/vetgraph/internal/queue"
	"github.com/vetgraph/vetgraph/internal/slice"
	"github.com/vetgraph/vetgraph/internal/webhook"
)

// hookEntry is what an operator says in --webhooks of where a slice's partner is told.
type hookEntry struct {
	URL     string   `yaml:"url"`
	KeyFile string   `yaml:"keyFile"` // beside this one: a key a line, whsec_… or whsk_…; two while they change
	CAFile  string   `yaml:"caFile"`  // PEM; empty: the authorities of the machine
	Allow   []string `yaml:"allow"`   // networks of this machine or its link that may be called all the same
}

// readHooks reads where partners are told. It tells every mistake at once, and no key.
func readHooks(c Config, register *slice.Register) (map[string]*webhook.Hook, error) {
	if c.Webhooks == "" {
		return nil, nil
	}
	f, err := os.Open(c.Webhooks)
	if err != nil {
		return nil, fmt.Errorf("webhooks: %w", err)
	}
	defer func() { _ = f.Close() }()
	all := map[string]hookEntry{}
	d := yaml.NewDecoder(f)
	d.KnownFields(true)
	if err := d.Decode(&all); err != nil && !errors.Is(err, io.EOF) {
		var unfit *yaml.TypeError
		if errors.As(err, &unfit) {
			return nil, fmt.Errorf("webhooks %s (变化通知地址有误):\n%s", c.Webhooks, strings.Join(withoutValues(unfit.Errors), "\n"))
		}
		return nil, fmt.Errorf("webhooks %s: not a list of addresses by name of the slice", c.Webhooks)
	}
	out := map[string]*webhook.Hook{}
	var wrong []error
	for _, name := range sortedKeys(all) {
		switch s := register.Get(name); {
		case s == nil:
			wrong = append(wrong, fmt.Errorf("%s: there is no such slice", name))
		case len(s.Changes) == 0:
			wrong = append(wrong, fmt.Errorf("%s: the slice tells of no changes", name))
		}
		h, err := all[name].open(filepath.Dir(c.Webhooks), c.Demo)
		if err != nil {
			wrong = append(wrong, fmt.Errorf("%s: %w", name, err))
		}
		out[name] = h
	}
	if err := errors.Join(wrong...); err != nil {
		return nil, fmt.Errorf("webhooks %s (变化通知地址有误):\n%w", c.Webhooks, err)
	}
	return out, nil
}

func (e hookEntry) open(folder string, demo bool) (*webhook.Hook, error) {
	var wrong []error
	beside := func(file string) string {
		if filepath.IsAbs(file) {
			return file
		}
		return filepath.Join(folder, file)
	}
	spec := webhook.Spec{URL: e.URL, Plain: demo}
	if demo {
		e.Allow = append(slices.Clone(e.Allow), "127.0.0.0/8", "::1/128")
	}
	for _, a := range e.Allow {
		p, err := netip.ParsePrefix(a)
		if ip, single := netip.ParseAddr(a); single == nil {
			p, err = ip.Prefix(ip.BitLen())
		}
		if err != nil {
			wrong = append(wrong, errors.New("allow lists addresses and networks"))
		}
		spec.Allow = append(spec.Allow, p)
	}
	text, err := os.ReadFile(beside(e.KeyFile))
	if err != nil || e.KeyFile == "" {
		wrong = append(wrong, errors.New("keyFile names a file that cannot be read"))
	}
	spec.Keys = strings.Fields(string(text))
	if e.CAFile != "" {
		spec.Roots = x509.NewCertPool()
		if text, err := os.ReadFile(beside(e.CAFile)); err != nil || !spec.Roots.AppendCertsFromPEM(text) {
			wrong = append(wrong, errors.New("caFile names a file without certificates"))
		}
	}
	h, err := webhook.Open(spec)
	return h, errors.Join(append(wrong, err)...)
}

// lookAtHooks reads where partners are told, for vetgraph doctor. It calls nobody.
func lookAtHooks(c Config) (string, error) {
	register, err := readSlices(c)
	if err != nil {
		return "", err
	}
	hooks, err := readHooks(c, register)
	return strings.Join(sortedKeys(hooks), " "), err
}

// openWebhooks wires what partners are told. The queue comes later.
func (h *Hub) openWebhooks(context.Context) error {
	hooks, err := readHooks(h.Config, h.Sharing.Slices)
	if err != nil {
		return err
	}
	h.Webhooks = &webhook.Post{Store: h.Store, Slices: h.Sharing.Slices, Eyes: h.Sharing, Shown: h.Profile.Shown, Hooks: hooks, Now: h.Config.Now, Log: h.log("webhooks")}
	if len(h.Webhooks.Told()) > 0 {
		h.Profile.Watch, h.Sharing.Watch = h.Webhooks, h.Webhooks
		h.Sharing.Announces = func(s *slice.Slice) bool { return slices.Contains(h.Webhooks.Told(), s) }
	}
	return nil
}

// openAnnouncing lets a command that writes about people, and serves nobody, tell
// partners too: it writes messages, and a hub carries them.
func (h *Hub) openAnnouncing(ctx context.Context) error {
	if h.Config.Webhooks == "" {
		return nil
	}
	if err := h.openSlices(ctx); err != nil {
		return err
	}
	if err := h.openWebhooks(ctx); err != nil {
		return err
	}
	q, err := queue.Open(h.Store, nil, queue.Options{Log: h.Config.Log})
	h.Webhooks.Queue = q
	return err
}

// webhookRounds forget old messages.
func (h *Hub) webhookRounds() []queue.Round {
	return []queue.Round{{Name: "webhooks", Every: time.Hour, Do: h.Webhooks.Look}}
}

var (
	announcedNow = prometheus.NewDesc("vetgraph_webhook_messages", "Messages to partners by slice and state, of the last 90 days.", []string{"slice", "state"}, nil)
	announcedOld = prometheus.NewDesc("vetgraph_webhook_oldest_waiting_seconds", "Time since the change that the oldest waiting message tells of.", []string{"slice"}, nil)
)

// webhookGauges are counted when somebody looks.
type webhookGauges struct{ hub *Hub }

// Describe implements prometheus.Collector.
func (*webhookGauges) Describe(to chan<- *prometheus.Desc) {
	to <- announcedNow
	to <- announcedOld
}

// Collect implements prometheus.Collector. What cannot be counted just now is left out.
func (g *webhookGauges) Collect(to chan<- prometheus.Metric) {
	ctx, cancel := context.WithTimeout(context.Background(), gaugePatience)
	defer cancel()
	counts, err := g.hub.Webhooks.Counts(ctx)
	if err != nil {
		return
	}
	for _, c := range counts {
		to <- prometheus.MustNewConstMetric(announcedNow, prometheus.GaugeValue, float64(c.N), c.Slice, c.State)
		if c.State == "WAITING" {
			to <- prometheus.MustNewConstMetric(announcedOld, prometheus.GaugeValue, g.hub.Config.Now().Sub(c.Oldest).Seconds(), c.Slice)
		}
	}
}
