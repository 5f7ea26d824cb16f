package server

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"time"

	"go.yaml.in/yaml/v3"

	"github.com/vetgraph/vetgraph/ent/gen"
	"github.com/vetgraph/vetgraph/internal/access"
	"github.com/vetgraph/vetgraph/internal/catalog"
	"github.com/vetgraph/vetgraph/internal/division"
	"github.com/vetgraph/vetgraph/internal/fault"
	"github.com/vetgraph/vetgraph/internal/messenger"
	"github.com/vetgraph/vetgraph/internal/messenger/exchange"
	"github.com/vetgraph/vetgraph/internal/notify"
	"github.com/vetgraph/vetgraph/internal/queue"
	"github.com/vetgraph/vetgraph/internal/store"
	"github.com/vetgraph/vetgraph/internal/supervision"
)

// openSupervision wires the notices to people and the people who have what is
// late, and gives both to casework.
func (h *Hub) openSupervision(ctx context.Context) error {
	roster, err := h.roster()
	if err != nil {
		return err
	}
	text, err := notify.Builtin()
	if err != nil {
		return err
	}
	gateway, err := h.openGateway(ctx)
	if err != nil {
		return err
	}
	current := func() *catalog.Catalog { return h.catalog }
	h.Post = &notify.Post{
		Store: h.Store, Vault: h.Vault, Words: text, Calendar: h.Calendar, Catalog: current, Phones: h.Cases, Gateway: gateway,
		Now: h.Config.Now, Log: h.log("notify"),
	}
	h.Office = &supervision.Office{
		Store: h.Store, Roster: roster, Calendar: h.Calendar, Now: h.Config.Now, Catalog: current, Tell: h.Post, Changed: h.Cases.Bell.Ring,
		Figures: func(tx store.Tx, c *gen.CaseFile, items []*gen.Item) func(context.Context) error {
			before := h.Cases.Board().Of(c, items)
			return func(ctx context.Context) error { return h.Cases.Board().Note(ctx, tx, c.ID, before) }
		},
	}
	h.Post.Callers = h.Office
	h.Cases.Office, h.Cases.Post = h.Office, h.Post
	return nil
}

// roster is the operator's, or the demonstration's.
func (h *Hub) roster() (*supervision.Roster, error) {
	if h.Config.Roster == "" {
		return supervision.DemoRoster()
	}
	return readRoster(h.Config.Roster, h.catalog, h.Divisions)
}

func readRoster(path string, c *catalog.Catalog, places *division.Tree) (*supervision.Roster, error) {
	body, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("roster: %w", err)
	}
	r, err := supervision.LoadRoster(path, body, c, places)
	if err != nil {
		return nil, fmt.Errorf("the roster has mistakes (督办责任人名单有误):\n%w", err)
	}
	return r, nil
}

// openGateway starts the played message gateway, or reads where the real one is;
// nil if there is none.
func (h *Hub) openGateway(ctx context.Context) (messenger.Gateway, error) {
	if h.Config.Demo {
		x, err := exchange.Start(ctx, exchange.Config{Dir: filepath.Join(h.Config.Data, "messages"), Now: h.Config.Now, Log: h.log("messages")})
		if err != nil {
			return nil, fmt.Errorf("start the played message gateway: %w", err)
		}
		h.onClose(func(context.Context) error { return x.Close() })
		h.Messages = x
		return messenger.Open(x.Endpoint(), h.Config.Now)
	}
	if h.Config.Messages == "" {
		return nil, nil
	}
	body, err := os.ReadFile(h.Config.Messages)
	if err != nil {
		return nil, fmt.Errorf("message gateway: %w", err)
	}
	var at struct {
		URL   string `yaml:"url"`
		Token string `yaml:"token"`
	}
	if err := yaml.Unmarshal(body, &at); err != nil || at.URL == "" || at.Token == "" {
		return nil, fmt.Errorf("message gateway %s: wants url and token", h.Config.Messages) // the text may hold secrets
	}
	return messenger.Open(messenger.Endpoint{URL: at.URL, Token: at.Token}, h.Config.Now)
}

// watched are the departments that owe words, external parties aside.
func (h *Hub) watched() (codes []string) {
	for _, d := range h.catalog.Departments {
		if !d.External {
			codes = append(codes, d.Code)
		}
	}
	return codes
}

// watchRounds look after what falls due: one for each department, so that what
// goes wrong with one holds up no other.
func (h *Hub) watchRounds() []queue.Round {
	if h.Config.Demo && h.Config.Unwatched {
		return nil
	}
	every := time.Minute
	if h.Config.Demo {
		every = 10 * time.Second
	}
	rounds := []queue.Round{
		{Name: "lapse", Every: every, Do: h.Cases.Lapse},
		{Name: "drift", Every: time.Hour, Do: h.Cases.Drift},
		{Name: "notify", Every: every, Do: h.Post.Look},
	}
	for _, code := range h.watched() {
		rounds = append(rounds, queue.Round{Name: "watch-" + code, Every: every, Do: func(ctx context.Context) error { return h.Office.Watch(ctx, code) }})
	}
	return rounds
}

// catchUp does once, before the doors open, what the rounds do: however long the
// hub was away, nobody finds a word that is late and that nobody has. What fails
// is told and tried again by its round.
func (h *Hub) catchUp(ctx context.Context) error {
	log := h.log("supervision")
	if err := h.Cases.Recount(ctx); err != nil { // it may have died between a new year and the dates that follow from it
		log.Error().Err(err).Msg("not all dates could be reckoned anew")
	}
	if err := h.Cases.Lapse(ctx); err != nil {
		log.Error().Err(err).Msg("not all that has lapsed could be ended")
	}
	for _, code := range h.watched() {
		if err := h.Office.Watch(ctx, code); err != nil {
			log.Error().Err(err).Str("department", code).Msg("not all that is late could be given to a person")
		}
	}
	return ctx.Err()
}

// devMessages shows what the played gateway has sent to somebody: GET
// /dev/messages?id=VETERAN, for this machine only and in the demonstration only.
func (h *Hub) devMessages(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Cache-Control", "no-store")
	if !fromHere(r) {
		refuse(w, http.StatusForbidden, fault.New(fault.Denied, "LOCAL_ONLY", "示例身份只在本机可用。", "Personas are for this machine only."))
		return
	}
	id := r.URL.Query().Get("id")
	if id == "" {
		id = h.heroes()[0]
	}
	to, err := h.Cases.MobileOf(access.AsMachine(r.Context(), "messages"), id)
	if err != nil {
		refuse(w, http.StatusInternalServerError, fault.Of(err))
		return
	}
	type message struct {
		At   time.Time `json:"at"`
		Text string    `json:"text"`
	}
	all := []message{}
	if to != "" {
		for _, m := range h.Messages.Sent(to) {
			all = append(all, message{m.At, m.Text})
		}
	}
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	_ = json.NewEncoder(w).Encode(all) // a reader who has gone needs no answer
}
