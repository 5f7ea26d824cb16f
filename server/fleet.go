package server

import (
	"context"
	"encoding/base64"
	"fmt"
	"os"
	"path/filepath"

	"go.yaml.in/yaml/v3"

	"github.com/vetgraph/vetgraph/internal/department"
	"github.com/vetgraph/vetgraph/internal/port"
	"github.com/vetgraph/vetgraph/internal/vault"
)

// startFleet starts the simulated departments beside the hub, each with its own
// address and books under the data folder.
func (h *Hub) startFleet(ctx context.Context) (*department.Fleet, error) {
	f, err := department.Start(ctx, department.Config{
		Dir: filepath.Join(h.Config.Data, "departments"), Catalog: h.catalog, WorkdayTakes: h.Config.WorkdayTakes,
		Now: h.Config.Now, Seed: h.Config.Seed, Log: h.log("departments"),
	})
	if err != nil {
		return nil, fmt.Errorf("start the simulated departments: %w", err)
	}
	return f, nil
}

// endpoint is where a department is, as the endpoints file says it.
type endpoint struct {
	URL            string `yaml:"url" json:"url"`
	Token          string `yaml:"token" json:"token"`
	CallbackSecret string `yaml:"callbackSecret" json:"callbackSecret,omitempty"` // left out: derived from the keys
}

// readEndpoints reads the departments' addresses, JSON or YAML, by department
// code. A department without a callback secret signs with the one derived from
// the keys, which `vetgraph secret CODE` shows.
func readEndpoints(path string, keys vault.Keys) (map[string]port.Endpoint, error) {
	body, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("endpoints: %w", err)
	}
	all := map[string]endpoint{}
	if err := yaml.Unmarshal(body, &all); err != nil {
		return nil, fmt.Errorf("endpoints %s: not a list of departments by code", path) // the text may hold secrets
	}
	out := map[string]port.Endpoint{}
	for code, e := range all {
		if e.CallbackSecret == "" {
			e.CallbackSecret = base64.StdEncoding.EncodeToString(keys.Callback(code))
		}
		out[code] = port.Endpoint(e)
	}
	return out, nil
}
