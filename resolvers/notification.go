package resolvers

import (
	"context"
	"fmt"

	"github.com/vetgraph/vetgraph/ent/gen"
	"github.com/vetgraph/vetgraph/graph/exec"
	"github.com/vetgraph/vetgraph/graph/model"
	"github.com/vetgraph/vetgraph/internal/catalog"
	"github.com/vetgraph/vetgraph/internal/words"
)

func (r *mutationResolver) ReadNotifications(ctx context.Context, input model.ReadNotificationsInput) (*model.ReadNotificationsPayload, error) {
	panic(fmt.Sprint("ReadNotifications - readNotifications"))
}

func (r *notificationResolver) Title(ctx context.Context, obj *gen.Notification) (*words.Text, error) {
	panic(fmt.Sprint("Title - title"))
}

func (r *notificationResolver) Body(ctx context.Context, obj *gen.Notification) (*words.Text, error) {
	panic(fmt.Sprint("Body - body"))
}

func (r *notificationResolver) Case(ctx context.Context, objs []*gen.Notification) ([]*gen.CaseFile, error) {
	panic(fmt.Sprint("Case - case"))
}

func (r *notificationResolver) Matter(ctx context.Context, obj *gen.Notification) (*catalog.Matter, error) {
	panic(fmt.Sprint("Matter - matter"))
}

func (r *veteranResolver) Notifications(ctx context.Context, objs []*gen.Veteran, first *int, unread *bool) ([][]*gen.Notification, error) {
	panic(fmt.Sprint("Notifications - notifications"))
}

func (r *Resolver) Notification() exec.NotificationResolver { return &notificationResolver{r} }

type notificationResolver struct{ *Resolver }
