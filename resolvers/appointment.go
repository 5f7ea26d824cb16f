package resolvers

import (
	"context"

	"github.com/vetgraph/vetgraph/ent/gen"
	"github.com/vetgraph/vetgraph/graph/exec"
	"github.com/vetgraph/vetgraph/graph/model"
	"github.com/vetgraph/vetgraph/internal/appointment"
	"github.com/vetgraph/vetgraph/internal/catalog"
	"github.com/vetgraph/vetgraph/internal/division"
	"github.com/vetgraph/vetgraph/internal/words"
)

func (r *appointmentResolver) Case(ctx context.Context, objs []*gen.Appointment) ([]*gen.CaseFile, error) {
	return all(ctx, load(ctx).file, objs, func(a *gen.Appointment) string { return a.CaseID })
}

func (r *appointmentResolver) Name(ctx context.Context, obj *gen.Appointment) (*words.Text, error) {
	name := r.Diary.Name(obj.Window)
	return &name, nil
}

func (r *appointmentResolver) Division(ctx context.Context, obj *gen.Appointment) (*division.Division, error) {
	return r.mustPlace(obj.Division), nil
}

func (r *appointmentResolver) Starts(ctx context.Context, obj *gen.Appointment) (string, error) {
	return appointment.Clock(obj.Starts), nil
}

func (r *appointmentResolver) Ends(ctx context.Context, obj *gen.Appointment) (string, error) {
	return appointment.Clock(obj.Ends), nil
}

func (r *appointmentResolver) Matters(ctx context.Context, obj *gen.Appointment) ([]*catalog.Matter, error) {
	return r.matters(obj.Matters), nil
}

func (r *appointmentResolver) Bring(ctx context.Context, obj *gen.Appointment) ([]*catalog.Material, error) {
	return r.papers(obj.Bring), nil
}

func (r *caseResolver) Appointments(ctx context.Context, objs []*gen.CaseFile) ([][]*gen.Appointment, error) {
	return all(ctx, load(ctx).booked, objs, caseID)
}

func (r *mutationResolver) BookAppointment(ctx context.Context, input model.BookAppointmentInput) (*model.AppointmentPayload, error) {
	return appointmentPayload(r.Diary.Book(ctx, input.CaseID, input.SlotID, input.IdempotencyKey))
}

func (r *mutationResolver) MoveAppointment(ctx context.Context, input model.MoveAppointmentInput) (*model.AppointmentPayload, error) {
	return appointmentPayload(r.Diary.Move(ctx, input.AppointmentID, input.SlotID))
}

func (r *mutationResolver) CancelAppointment(ctx context.Context, input model.CancelAppointmentInput) (*model.AppointmentPayload, error) {
	return appointmentPayload(r.Diary.Cancel(ctx, input.AppointmentID))
}

func (r *queryResolver) AppointmentOptions(ctx context.Context, input model.AppointmentOptionsInput) (*model.AppointmentOptions, error) {
	workdays := 0
	if input.Workdays != nil {
		workdays = *input.Workdays
	}
	visits, err := r.Diary.Options(ctx, input.CaseID, input.From, workdays)
	if err != nil {
		return nil, err
	}
	return r.appointmentOptions(visits), nil
}

func (r *slotResolver) Starts(ctx context.Context, obj *gen.Slot) (string, error) {
	return appointment.Clock(obj.Starts), nil
}

func (r *slotResolver) Ends(ctx context.Context, obj *gen.Slot) (string, error) {
	return appointment.Clock(obj.Ends), nil
}

func (r *slotResolver) Left(ctx context.Context, obj *gen.Slot) (int, error) {
	return max(obj.Capacity-obj.Taken, 0), nil
}

func (r *veteranResolver) Appointments(ctx context.Context, objs []*gen.Veteran) ([][]*gen.Appointment, error) {
	return all(ctx, load(ctx).appointments, objs, func(v *gen.Veteran) string { return v.ID })
}

func (r *Resolver) Appointment() exec.AppointmentResolver { return &appointmentResolver{r} }

func (r *Resolver) Slot() exec.SlotResolver { return &slotResolver{r} }

type (
	appointmentResolver struct{ *Resolver }
	slotResolver        struct{ *Resolver }
)
