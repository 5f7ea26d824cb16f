package appointment

import (
	"context"
	"fmt"
	"slices"

	"github.com/vetgraph/vetgraph/ent/gen"
	"github.com/vetgraph/vetgraph/ent/gen/item"
	"github.com/vetgraph/vetgraph/ent/gen/predicate"
	"github.com/vetgraph/vetgraph/ent/gen/slot"
	"github.com/vetgraph/vetgraph/internal/access"
	"github.com/vetgraph/vetgraph/internal/fault"
	"github.com/vetgraph/vetgraph/internal/plan"
	"github.com/vetgraph/vetgraph/internal/store"
	"github.com/vetgraph/vetgraph/internal/words"
	"github.com/vetgraph/vetgraph/internal/workday"
)

// Visit is one errand that is left: what it serves, what to bring, where, and
// when there is room.
type Visit struct {
	Window    string // ID
	Name      words.Text
	Division  string // where the window stands
	Matters   []string
	Bring     []string    // originals, material codes
	NotBefore workday.Day // the first day on which it makes sense
	Slots     []*gen.Slot // with a place left, in order of time
}

// most and usual are how many working days of free places are shown.
const (
	most  = 40
	usual = 5
)

// Options are the visits that are left of a case, each with the free places of so
// many working days (1 to 40, 0 means 5) from a day on (nil: the first that makes
// sense). None are left once all in-person matters have ended. Faults:
// CASE_NOT_FOUND, WORKDAYS_OUT_OF_RANGE.
func (d *Diary) Options(ctx context.Context, caseID string, from *workday.Day, workdays int) ([]Visit, error) {
	if err := access.Require(ctx, access.Book); err != nil {
		return nil, err
	}
	if workdays == 0 {
		workdays = usual
	}
	if workdays < 1 || workdays > most {
		return nil, fault.Newf(fault.Invalid, "WORKDAYS_OUT_OF_RANGE", "可查看 1 至 %[1]d 个工作日。", "One may look at 1 to %[1]d working days.", most).At("input", "workdays")
	}
	f, err := d.file(ctx, d.Store.Read, caseID)
	if err != nil {
		return nil, err
	}
	p, err := d.Plans.PinnedPlan(ctx, caseID)
	if err != nil {
		return nil, err
	}
	visits, err := d.visits(ctx, d.Store.Read, f, p)
	if err != nil {
		return nil, err
	}
	for i := range visits {
		if err := d.fill(ctx, &visits[i], from, workdays); err != nil {
			return nil, err
		}
	}
	return visits, nil
}

// visits are those of a plan, less the matters that have ended by what client reads.
func (d *Diary) visits(ctx context.Context, client *gen.Client, f *gen.CaseFile, p *plan.Plan) ([]Visit, error) {
	if p == nil || len(p.Visits) == 0 || f.State.Ended() {
		return nil, nil
	}
	items, err := client.Item.Query().Where(item.CaseID(f.ID)).All(ctx)
	if err != nil {
		return nil, fmt.Errorf("items: %w", err)
	}
	open := map[string]bool{}
	for _, it := range items {
		open[it.Matter] = !it.State.Ended()
	}
	var out []Visit
	for _, v := range p.Visits {
		w, bookable := d.Windows.Get(v.Window)
		left := Visit{Window: v.Window, Name: v.Name, NotBefore: v.NotBefore}
		for _, m := range v.Matters {
			if open[m] {
				left.Matters = append(left.Matters, m)
			}
		}
		if !bookable || left.Matters == nil {
			continue
		}
		left.Division = w.where(d.Places, f.Division)
		left.Bring = bring(p, v, left.Matters)
		out = append(out, left)
	}
	return out, nil
}

// bring is the originals of a planned visit that one of these matters needs.
func bring(p *plan.Plan, v plan.Visit, matters []string) []string {
	out := []string{}
	for _, paper := range p.Papers.Kept {
		if slices.Contains(v.Bring, paper.Material) && slices.ContainsFunc(paper.NeededBy, func(m string) bool { return slices.Contains(matters, m) }) {
			out = append(out, paper.Material)
		}
	}
	return out
}

// fill adds the free places of so many working days.
func (d *Diary) fill(ctx context.Context, v *Visit, from *workday.Day, workdays int) error {
	w, _ := d.Windows.Get(v.Window)
	c, today := d.Calendar(), workday.FromTime(d.Now())
	first, last := max(v.NotBefore, today), c.Due(today, w.AheadWorkdays).Day
	if from != nil {
		first = max(first, *from)
	}
	v.Slots = []*gen.Slot{}
	var ids []string
	for on, days := first, 0; on <= last && days < workdays; on = on.AddDays(1) {
		if works, _ := c.IsWorkday(on); !works {
			continue
		}
		before := len(v.Slots)
		for _, s := range d.Windows.slots(w, v.Division, on) {
			if d.inTime(w, s) {
				v.Slots, ids = append(v.Slots, s), append(ids, s.ID)
			}
		}
		if len(v.Slots) > before { // a day that is over or closed is not one to look at
			days++
		}
	}
	rows, err := d.Store.Read.Slot.Query().Where(store.OneOf[predicate.Slot](slot.FieldID, ids), slot.TakenGT(0)).All(ctx)
	if err != nil {
		return fmt.Errorf("slots: %w", err)
	}
	for _, row := range rows {
		v.Slots[slices.Index(ids, row.ID)].Taken = row.Taken
	}
	v.Slots = slices.DeleteFunc(v.Slots, func(s *gen.Slot) bool { return s.Taken >= s.Capacity })
	return nil
}

// inTime says whether a slot may still be booked at this moment.
func (d *Diary) inTime(w *Window, s *gen.Slot) bool {
	return d.Now().Before(begins(s.Day, s.Starts-w.LeadMinutes))
}

// offered is the slot of a visit with an ID. Faults: SLOT_UNKNOWN for one that the
// window does not have, SLOT_TOO_EARLY before the visit makes sense, SLOT_TOO_LATE
// when its time has passed or is too near, SLOT_TOO_FAR beyond what may be booked.
func (d *Diary) offered(v *Visit, id string) (*gen.Slot, error) {
	w, _ := d.Windows.Get(v.Window)
	c, today := d.Calendar(), workday.FromTime(d.Now())
	s := d.Windows.find(w, v.Division, id)
	if s == nil {
		return nil, slotUnknown()
	}
	if works, _ := c.IsWorkday(s.Day); !works {
		return nil, slotUnknown()
	}
	switch {
	case s.Day < v.NotBefore:
		return nil, fault.Newf(fault.Conflict, "SLOT_TOO_EARLY", "%[1]s 之前到场还办不了，请选这天或以后的时段。", "Before %[1]s nothing can be done at the window yet: choose that day or a later one.", v.NotBefore).At("input", "slotId")
	case !d.inTime(w, s):
		return nil, fault.New(fault.Conflict, "SLOT_TOO_LATE", "这个时段已过或即将开始，请另选时段。", "This time has passed or is about to begin: choose another.").At("input", "slotId")
	case s.Day > c.Due(today, w.AheadWorkdays).Day:
		return nil, fault.Newf(fault.Conflict, "SLOT_TOO_FAR", "只能预约今后 %[1]d 个工作日内的时段。", "One may book up to %[1]d working days ahead.", w.AheadWorkdays).At("input", "slotId")
	}
	return s, nil
}
