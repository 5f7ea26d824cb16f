package resolvers

import (
	"context"
	"fmt"

	"github.com/vetgraph/vetgraph/ent/gen"
	"github.com/vetgraph/vetgraph/graph/exec"
	"github.com/vetgraph/vetgraph/graph/model"
	"github.com/vetgraph/vetgraph/internal/catalog"
	"github.com/vetgraph/vetgraph/internal/division"
	"github.com/vetgraph/vetgraph/internal/words"
)

func (r *appointmentResolver) Case(ctx context.Context, objs []*gen.Appointment) ([]*gen.CaseFile, error) {
	panic(fmt.Sprint("Case - case"))
}

func (r *appointmentResolver) Name(ctx context.Context, obj *gen.Appointment) (*words.Text, error) {
	panic(fmt.Sprint("Name - name"))
}

func (r *appointmentResolver) Division(ctx context.Context, obj *gen.Appointment) (*division.Division, error) {
	panic(fmt.Sprint("Division - division"))
}

func (r *appointmentResolver) Starts(ctx context.Context, obj *gen.Appointment) (string, error) {
	panic(fmt.Sprint("Starts - starts"))
}

func (r *appointmentResolver) Ends(ctx context.Context, obj *gen.Appointment) (string, error) {
	panic(fmt.Sprint("Ends - ends"))
}

func (r *appointmentResolver) Matters(ctx context.Context, obj *gen.Appointment) ([]*catalog.Matter, error) {
	panic(fmt.Sprint("Matters - matters"))
}

func (r *appointmentResolver) Bring(ctx context.Context, obj *gen.Appointment) ([]*catalog.Material, error) {
	panic(fmt.Sprint("Bring - bring"))
}

func (r *caseResolver) Appointments(ctx context.Context, objs []*gen.CaseFile) ([][]*gen.Appointment, error) {
	panic(fmt.Sprint("Appointments - appointments"))
}

func (r *mutationResolver) BookAppointment(ctx context.Context, input model.BookAppointmentInput) (*model.AppointmentPayload, error) {
	panic(fmt.Sprint("BookAppointment - bookAppointment"))
}

func (r *mutationResolver) MoveAppointment(ctx context.Context, input model.MoveAppointmentInput) (*model.AppointmentPayload, error) {
	panic(fmt.Sprint("MoveAppointment - moveAppointment"))
}

func (r *mutationResolver) CancelAppointment(ctx context.Context, input model.CancelAppointmentInput) (*model.AppointmentPayload, error) {
	panic(fmt.Sprint("CancelAppointment - cancelAppointment"))
}

func (r *queryResolver) AppointmentOptions(ctx context.Context, input model.AppointmentOptionsInput) (*model.AppointmentOptions, error) {
	panic(fmt.Sprint("AppointmentOptions - appointmentOptions"))
}

func (r *slotResolver) Starts(ctx context.Context, obj *gen.Slot) (string, error) {
	panic(fmt.Sprint("Starts - starts"))
}

func (r *slotResolver) Ends(ctx context.Context, obj *gen.Slot) (string, error) {
	panic(fmt.Sprint("Ends - ends"))
}

func (r *slotResolver) Left(ctx context.Context, obj *gen.Slot) (int, error) {
	panic(fmt.Sprint("Left - left"))
}

func (r *veteranResolver) Appointments(ctx context.Context, objs []*gen.Veteran) ([][]*gen.Appointment, error) {
	panic(fmt.Sprint("Appointments - appointments"))
}

func (r *Resolver) Appointment() exec.AppointmentResolver { return &appointmentResolver{r} }

func (r *Resolver) Slot() exec.SlotResolver { return &slotResolver{r} }

type (
	appointmentResolver struct{ *Resolver }
	slotResolver        struct{ *Resolver }
)
