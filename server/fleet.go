package server

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"time"

	"go.yaml.in/yaml/v3"

	"github.com/vetgraph/vetgraph/internal/catalog"
	"github.com/vetgraph/vetgraph/internal/department"
	"github.com/vetgraph/vetgraph/internal/port"
	"github.com/vetgraph/vetgraph/internal/port/trust"
	"github.com/vetgraph/vetgraph/internal/vault"
)

// startFleet starts the simulated departments beside the hub, each with its own
// address and books under the data folder.
func (h *Hub) startFleet(ctx context.Context) (*department.Fleet, error) {
	f, err := department.Start(ctx, department.Config{
		Dir: filepath.Join(h.Config.Data, "departments"), Catalog: h.catalog, WorkdayTakes: h.Config.WorkdayTakes,
		Now: h.Config.Now, Seed: h.Config.Seed, Log: h.log("departments"), TLS: true,
		FacePage: h.address() + facePath,
	})
	if err != nil {
		return nil, fmt.Errorf("start the simulated departments: %w", err)
	}
	for target, name := range h.Config.Fault {
		if err := f.Play(target, name); err != nil {
			return nil, errors.Join(fmt.Errorf("--fault %s: %w", target, err), f.Close())
		}
	}
	return f, nil
}

// endpoint is where a department or a port is, as the endpoints file says it: an
// address alone, or with how we know each other.
type endpoint struct {
	URL            string    `yaml:"url" json:"url"`
	Token          string    `yaml:"token,omitempty" json:"token,omitempty"`
	CallbackSecret string    `yaml:"callbackSecret,omitempty" json:"callbackSecret,omitempty"` // left out: derived from the keys
	Trust          yaml.Node `yaml:"trust,omitempty" json:"-"`                                 // in place of a token: see trust.Spec
}

// UnmarshalYAML implements yaml.Unmarshaler.
func (e *endpoint) UnmarshalYAML(n *yaml.Node) error {
	if n.Kind == yaml.ScalarNode {
		return n.Decode(&e.URL)
	}
	type plain endpoint
	return n.Decode((*plain)(e))
}

// readEndpoints reads addresses, JSON or YAML, by department code or port ID. A
// port that says nothing of how we know each other does so as its department does
// in the same file. A department without a callback secret signs with the one
// derived from the keys, which `vetgraph secret CODE` shows.
func readEndpoints(path string, c *catalog.Catalog, keys vault.Keys, now func() time.Time) (map[string]port.Endpoint, error) {
	body, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("endpoints: %w", err)
	}
	all := map[string]endpoint{}
	if err := yaml.Unmarshal(body, &all); err != nil {
		return nil, fmt.Errorf("endpoints %s: not a list of departments and ports by code", path) // the text may hold secrets
	}
	carriers := map[string]http.RoundTripper{}
	var mistakes []error
	for _, key := range sortedKeys(all) {
		if carriers[key], err = carrier(path, key, all[key], now); err != nil {
			mistakes = append(mistakes, err)
		}
	}
	if err := errors.Join(mistakes...); err != nil {
		return nil, err
	}
	out := map[string]port.Endpoint{}
	for key, e := range all {
		code, by := key, carriers[key]
		if p := c.Port(key); p != nil {
			code = p.Department
			if e.Token == "" && by == nil {
				e.Token, by = all[code].Token, carriers[code]
			}
			if e.CallbackSecret == "" {
				e.CallbackSecret = all[code].CallbackSecret
			}
		}
		if e.CallbackSecret == "" {
			e.CallbackSecret = base64.StdEncoding.EncodeToString(keys.Callback(code))
		}
		out[key] = port.Endpoint{URL: e.URL, Token: e.Token, CallbackSecret: e.CallbackSecret, Transport: by}
	}
	return out, nil
}

// carrier is what shows who we are where a token does not; nil for a token.
func carrier(path, key string, e endpoint, now func() time.Time) (http.RoundTripper, error) {
	if e.Trust.IsZero() {
		return nil, nil
	}
	if e.Token != "" {
		return nil, fmt.Errorf("endpoints %s: %s has both token and trust", path, key)
	}
	text, err := yaml.Marshal(&e.Trust)
	if err != nil {
		return nil, fmt.Errorf("endpoints %s: trust of %s cannot be read", path, key)
	}
	spec, err := trust.Parse(path, text)
	if err != nil {
		return nil, fmt.Errorf("endpoints: trust of %s: %w", key, err)
	}
	t, err := trust.Client(spec, now)
	if err != nil {
		return nil, fmt.Errorf("endpoints: trust of %s: %w", key, err)
	}
	return t, nil
}

// over puts live addresses over those of played departments. One of a whole
// department takes the place of all its played ports.
func over(c *catalog.Catalog, played, live map[string]port.Endpoint) map[string]port.Endpoint {
	out := map[string]port.Endpoint{}
	for key, e := range played {
		code := key
		if p := c.Port(key); p != nil {
			code = p.Department
		}
		if _, all := live[code]; !all {
			out[key] = e
		}
	}
	maps.Copy(out, live)
	return out
}
