package resolvers

import (
	"context"
	"math"

	"github.com/vetgraph/vetgraph/ent/gen"
	"github.com/vetgraph/vetgraph/graph/exec"
	"github.com/vetgraph/vetgraph/graph/model"
	"github.com/vetgraph/vetgraph/internal/catalog"
	"github.com/vetgraph/vetgraph/internal/words"
)

func (r *mutationResolver) ReadNotifications(ctx context.Context, input model.ReadNotificationsInput) (*model.ReadNotificationsPayload, error) {
	ns, err := r.Post.Read(ctx, input.Ids)
	return &model.ReadNotificationsPayload{Notifications: ns}, err
}

func (r *notificationResolver) Title(ctx context.Context, obj *gen.Notification) (*words.Text, error) {
	t := r.Post.Title(obj)
	return &t, nil
}

func (r *notificationResolver) Body(ctx context.Context, obj *gen.Notification) (*words.Text, error) {
	t := r.Post.Body(ctx, obj)
	return &t, nil
}

func (r *notificationResolver) Case(ctx context.Context, objs []*gen.Notification) ([]*gen.CaseFile, error) {
	return all(ctx, load(ctx).file, objs, func(n *gen.Notification) string { return n.CaseID })
}

func (r *notificationResolver) Matter(ctx context.Context, obj *gen.Notification) (*catalog.Matter, error) {
	return r.Catalogue().Matter(obj.Matter), nil
}

func (r *veteranResolver) Notifications(ctx context.Context, objs []*gen.Veteran, first *int, unread *bool) ([][]*gen.Notification, error) {
	n, err := pageSize(first)
	if err != nil {
		return nil, err
	}
	if inFull(ctx) {
		n = math.MaxInt32
	}
	return all(ctx, load(ctx).notices, objs, func(v *gen.Veteran) noticed { return noticed{v.ID, n, unread != nil && *unread} })
}

func (r *Resolver) Notification() exec.NotificationResolver { return &notificationResolver{r} }

type notificationResolver struct{ *Resolver }
