package server

import (
	"context"
	"fmt"
	"os"

	"github.com/vetgraph/vetgraph/internal/appointment"
	"github.com/vetgraph/vetgraph/internal/catalog"
	"github.com/vetgraph/vetgraph/internal/rating"
)

// openVisits wires places at windows and ratings to casework, which has its
// mandates, its post and its office by then.
func (h *Hub) openVisits(context.Context) (err error) {
	name, text := "windows.yaml", appointment.Builtin()
	if h.Config.Windows != "" {
		name = h.Config.Windows
		if text, err = os.ReadFile(name); err != nil {
			return fmt.Errorf("file of windows: %w", err)
		}
	}
	windows, err := appointment.Load(name, text, h.catalog, h.Divisions)
	if err != nil {
		return fmt.Errorf("the windows have mistakes (预约窗口文件有误):\n%w", err)
	}
	current := func() *catalog.Catalog { return h.catalog }
	h.Diary = &appointment.Diary{
		Store: h.Store, Plans: h.Cases, Windows: windows, Places: h.Divisions, Calendar: h.Cases.Calendar, Catalog: current,
		Changed: h.Cases.Bell.Ring, Now: h.Config.Now,
	}
	h.Ratings = &rating.Desk{
		Store: h.Store, Vault: h.Vault, Catalog: current, Noted: h.Cases.Board().NoteRating, Changed: h.Cases.Bell.Ring, Now: h.Config.Now,
	}
	h.Cases.Visits = visits{h.Diary}
	if h.Cases.Mandates != nil {
		h.Diary.Mandates = h.Cases.Mandates
	}
	if h.Cases.Post != nil {
		h.Diary.Tell, h.Ratings.Tell = h.Cases.Post, h.Cases.Post
	}
	if h.Cases.Office != nil {
		h.Ratings.Office = h.Cases.Office
	}
	return nil
}

// visits is the diary as casework knows it.
type visits struct{ *appointment.Diary }

// Reseat implements [casefile.Visits]. Who gets no other place is told that theirs
// is cancelled, rather than come to a closed window.
func (v visits) Reseat(ctx context.Context) error {
	_, stranded, err := v.Diary.Reseat(ctx)
	if err != nil {
		return err
	}
	for _, a := range stranded {
		if _, err := v.Cancel(ctx, a.ID); err != nil {
			return err
		}
	}
	return nil
}
