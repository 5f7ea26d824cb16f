package server

import (
	"context"
	"encoding/base64"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"time"

	"go.yaml.in/yaml/v3"

	"github.com/vetgraph/vetgraph/internal/catalog"
	"github.com/vetgraph/vetgraph/internal/department"
	"github.com/vetgraph/vetgraph/internal/fault"
	"github.com/vetgraph/vetgraph/internal/port"
	"github.com/vetgraph/vetgraph/internal/push"
	"github.com/vetgraph/vetgraph/internal/queue"
	"github.com/vetgraph/vetgraph/internal/subsidy"
)

// openSubsidies wires the one-off subsidy to casework and to who pays it. The
// demonstration plays the finance department and the bank.
func (h *Hub) openSubsidies(ctx context.Context) error {
	parameters, err := h.subsidyParameters()
	if err != nil {
		return err
	}
	h.Subsidies = &subsidy.Desk{
		Store: h.Store, Profile: h.Profile, Vault: h.Vault, Catalog: func() *catalog.Catalog { return h.catalog }, Divisions: h.Divisions,
		Parameters: parameters, Cases: h.Cases, Tasks: h.Office, Tell: h.Post, Changed: h.Cases.Bell.Ring, Now: h.Config.Now, Log: h.log("subsidy"),
		Callback: func() string { return h.reach.Load().(string) + "/payments/" + parameters.Bank },
		Gather:   time.Duration(parameters.Roll.GatherHours) * time.Hour,
	}
	if h.Config.Demo {
		h.Subsidies.Gather = 0 // nobody watches a demonstration for a day
	}
	h.Cases.Follower = h.Subsidies
	at, err := h.payers(ctx, parameters)
	if err != nil {
		return err
	}
	h.bankSecret = []byte(at[parameters.Bank].CallbackSecret)
	timeout := time.Duration(parameters.Roll.TimeoutSeconds) * time.Second
	if e, ok := at[parameters.Finance]; ok {
		if h.Subsidies.Finance, err = push.Open(e, timeout); err != nil {
			return err
		}
	}
	if e, ok := at[parameters.Bank]; ok {
		if h.Subsidies.Bank, err = push.Open(e, timeout); err != nil {
			return err
		}
	}
	return nil
}

// subsidyParameters are the operator's, or those that ship.
func (h *Hub) subsidyParameters() (*subsidy.Parameters, error) {
	if h.Config.Subsidy == "" {
		return subsidy.Builtin(h.catalog)
	}
	text, err := os.ReadFile(h.Config.Subsidy)
	if err != nil {
		return nil, fmt.Errorf("parameters of the subsidy: %w", err)
	}
	p, err := subsidy.Load(h.Config.Subsidy, text, h.catalog)
	if err != nil {
		return nil, fmt.Errorf("the parameters of the subsidy have mistakes (补助金参数文件有误):\n%w", err)
	}
	return p, nil
}

// payers says where the finance department and the bank are: played, or under their
// codes in the file of endpoints.
func (h *Hub) payers(ctx context.Context, p *subsidy.Parameters) (map[string]push.Endpoint, error) {
	if h.Config.Demo {
		played, err := department.StartPayers(ctx, department.PayersConfig{
			Dir: filepath.Join(h.Config.Data, "payers"), Finance: p.Finance, Bank: p.Bank, Takes: h.Config.WorkdayTakes, Now: h.Config.Now, Log: h.log("payers"),
		})
		if err != nil {
			return nil, fmt.Errorf("start the played finance department and bank: %w", err)
		}
		h.Payers = played
		h.onClose(func(context.Context) error { return played.Close() })
		return played.Endpoints(), nil
	}
	body, err := os.ReadFile(h.Config.Endpoints)
	if err != nil {
		return nil, fmt.Errorf("endpoints: %w", err)
	}
	live := map[string]endpoint{}
	if err := yaml.Unmarshal(body, &live); err != nil {
		return nil, fmt.Errorf("endpoints %s: not a list by code", h.Config.Endpoints) // the text may hold secrets
	}
	at := map[string]push.Endpoint{}
	for _, code := range []string{p.Finance, p.Bank} {
		e, ok := live[code]
		if !ok {
			continue
		}
		if e.CallbackSecret == "" {
			e.CallbackSecret = base64.StdEncoding.EncodeToString(h.keys.Callback(code))
		}
		at[code] = push.Endpoint{URL: e.URL, Token: e.Token, CallbackSecret: e.CallbackSecret}
	}
	return at, nil
}

// subsidyRounds close rolls, and ask the bank after payments that it has not spoken of.
func (h *Hub) subsidyRounds() []queue.Round {
	every := time.Minute
	if h.Config.Demo {
		every = time.Second
	}
	return []queue.Round{{Name: "subsidy", Every: every, Do: h.Subsidies.Look}}
}

// payments takes the bank's word about one payment: POST /payments/{party}, signed
// as departments sign. It is repeated until it hears 204, and taking it twice
// changes nothing.
func (h *Hub) payments(w http.ResponseWriter, r *http.Request) {
	party := r.PathValue("party")
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxCallback))
	if err != nil {
		refuse(w, http.StatusBadRequest, fault.New(fault.Invalid, "BODY_CUT_OFF", "请求体没有收完整。", "The body did not arrive whole."))
		return
	}
	secret := h.bankSecret
	if party != h.Subsidies.Parameters.Bank {
		secret = nil
	}
	var said push.Outcome
	if err = port.VerifyCallback(secret, r.Header.Get(port.SignatureHeader), body, h.Config.Now(), port.CallbackTolerance); err == nil {
		said, err = push.ReadOutcome(body)
	}
	if err == nil {
		err = h.Subsidies.Apply(r.Context(), said)
	}
	if err != nil {
		f := fault.Of(err)
		if f.Kind == fault.Internal {
			log := h.log("payments")
			log.Error().Err(err).Msg("a bank's word could not be applied; it will be repeated")
		}
		refuse(w, statusOf(f.Kind), f)
		return
	}
	w.WriteHeader(http.StatusNoContent)
}
