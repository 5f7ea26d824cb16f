package resolvers

import (
	"context"

	"github.com/vetgraph/vetgraph/ent/gen"
	"github.com/vetgraph/vetgraph/graph/model"
	"github.com/vetgraph/vetgraph/internal/appointment"
	"github.com/vetgraph/vetgraph/internal/catalog"
	"github.com/vetgraph/vetgraph/internal/rating"
)

// visiting is the loaders of places at windows and of grades.
type visiting struct {
	appointments list[*gen.Appointment] // of a person, the newest first
	booked       list[*gen.Appointment] // of a case, the oldest first
	ratings      list[*gen.Rating]
}

func (l *loaders) openVisits(r *Resolver) {
	s := r.Profile.Store
	of := func(a *gen.Appointment) { l.named.note(a.CaseID) }
	l.appointments = mapped(&l.persons, joined(l, s, noting(r.Diary.OfVeterans, of)))
	l.booked = mapped(&l.files, joined(l, s, noting(r.Diary.OfCases, of)))
	l.ratings = mapped(&l.files, joined(l, s, r.Ratings.OfCases))
}

// noticed names notifications: a person's newest, or those not yet read.
type noticed struct {
	veteran string
	first   int
	unread  bool
}

// noticesOf reads what people are told, in the order of the keys. Only a person
// has any, their own, so there is one read for each way of asking.
func (r *Resolver) noticesOf(ctx context.Context, keys []noticed) ([][]*gen.Notification, error) {
	type way struct {
		first  int
		unread bool
	}
	persons, at := map[way][]string{}, map[way][]int{}
	for i, k := range keys {
		w := way{k.first, k.unread}
		persons[w], at[w] = append(persons[w], k.veteran), append(at[w], i)
	}
	out := make([][]*gen.Notification, len(keys))
	for w, ids := range persons {
		by, err := r.Post.Of(ctx, ids, w.first, w.unread)
		if err != nil {
			return nil, err
		}
		for n, i := range at[w] {
			out[i] = by[ids[n]]
			for _, row := range out[i] {
				load(ctx).named.note(row.CaseID)
			}
		}
	}
	return out, nil
}

func appointmentPayload(a *gen.Appointment, err error) (*model.AppointmentPayload, error) {
	if err != nil {
		return nil, err
	}
	return &model.AppointmentPayload{Appointment: a}, nil
}

func (r *Resolver) appointmentOptions(in []appointment.Visit) *model.AppointmentOptions {
	out := &model.AppointmentOptions{Visits: make([]*model.VisitOption, len(in))}
	for i := range in {
		v := &in[i]
		out.Visits[i] = &model.VisitOption{
			Window: v.Window, Name: &v.Name, Division: r.mustPlace(v.Division), Matters: r.matters(v.Matters), Bring: r.papers(v.Bring),
			NotBefore: v.NotBefore, Slots: v.Slots,
		}
	}
	return out
}

// papers are those of the catalogue in force with these codes.
func (r *Resolver) papers(codes []string) []*catalog.Material {
	out := make([]*catalog.Material, 0, len(codes))
	for _, c := range codes {
		if m := r.Catalogue().Material(c); m != nil {
			out = append(out, m)
		}
	}
	return out
}

func grades(in []*model.MatterRatingInput) []rating.Grade {
	out := make([]rating.Grade, len(in))
	for i, g := range in {
		out[i] = rating.Grade{Matter: g.Matter, Grade: int(g.Grade), Words: orEmpty(g.Words)}
	}
	return out
}
