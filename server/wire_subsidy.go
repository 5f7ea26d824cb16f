package server

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"time"

	"github.com/vetgraph/vetgraph/internal/catalog"
	"github.com/vetgraph/vetgraph/internal/department"
	"github.com/vetgraph/vetgraph/internal/fault"
	"github.com/vetgraph/vetgraph/internal/port"
	"github.com/vetgraph/vetgraph/internal/queue"
	"github.com/vetgraph/vetgraph/internal/subsidy"
)

// openSubsidies wires the one-off subsidy to casework and to the ports of who pays it.
func (h *Hub) openSubsidies(context.Context) error {
	parameters, err := h.subsidyParameters()
	if err != nil {
		return err
	}
	h.Subsidies = &subsidy.Desk{
		Store: h.Store, Profile: h.Profile, Vault: h.Vault, Catalog: func() *catalog.Catalog { return h.catalog }, Divisions: h.Divisions,
		Parameters: parameters, Ports: h.Registry, Calendar: h.Calendar, Cases: h.Cases, Tasks: h.Office, Tell: h.Post, Changed: h.Cases.Bell.Ring, Now: h.Config.Now, Log: h.log("subsidy"),
		Callback: func() string { return h.reach.Load().(string) + "/payments/" + parameters.Bank },
		Gather:   time.Duration(parameters.Roll.GatherHours) * time.Hour,
	}
	if h.Config.Demo {
		h.Subsidies.Gather = 0 // nobody watches a demonstration for a day
	}
	h.Cases.Follower = h.Subsidies
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

// startPayers plays the finance department and the bank of the demonstration, and
// says where they are. A catalogue without ports to both has nobody to play.
func (h *Hub) startPayers(ctx context.Context) (map[string]port.Endpoint, error) {
	p, err := h.subsidyParameters()
	if err != nil {
		return nil, err
	}
	for _, party := range []string{p.Finance, p.Bank} {
		if department.PushPort(h.catalog, party, p.Matter) == nil {
			return nil, nil
		}
	}
	h.Payers, err = department.StartPayers(ctx, department.PayersConfig{
		Dir: filepath.Join(h.Config.Data, "payers"), Catalog: h.catalog, Matter: p.Matter, Finance: p.Finance, Bank: p.Bank,
		Takes: h.Config.WorkdayTakes, Now: h.Config.Now, Log: h.log("payers"),
	})
	if err != nil {
		return nil, fmt.Errorf("start the played finance department and bank: %w", err)
	}
	h.onClose(func(context.Context) error { return h.Payers.Close() })
	return h.Payers.Endpoints(), nil
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
	if tooBig := new(http.MaxBytesError); errors.As(err, &tooBig) {
		refuse(w, http.StatusRequestEntityTooLarge, tooLarge())
		return
	} else if err != nil {
		refuse(w, http.StatusBadRequest, fault.New(fault.Invalid, "BODY_CUT_OFF", "请求体没有收完整。", "The body did not arrive whole."))
		return
	}
	var said port.Outcome
	if said, err = h.heardOf(party, r.Header.Get(port.SignatureHeader), body); err == nil {
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

// heardOf reads a word about a payment. Only the bank's counts.
func (h *Hub) heardOf(party, signature string, body []byte) (port.Outcome, error) {
	p := h.Subsidies.Parameters
	if at := h.Registry.PushPort(party, p.Matter); at != nil && party == p.Bank {
		return h.Registry.OutcomeCallback(at.ID, signature, body)
	}
	return port.Outcome{}, fault.New(fault.NotFound, "DEPARTMENT_UNKNOWN", "没有这个部门。", "There is no such department.")
}
