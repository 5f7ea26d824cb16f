package resolvers

import (
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
	l.appointments = mapped(&l.persons, joined(l, s, r.Diary.OfVeterans))
	l.booked = mapped(&l.files, joined(l, s, r.Diary.OfCases))
	l.ratings = mapped(&l.files, joined(l, s, r.Ratings.OfCases))
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
