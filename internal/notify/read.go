package notify

import (
	"context"
	"fmt"

	"entgo.io/ent/dialect/sql"

	"github.com/vetgraph/vetgraph/ent/gen"
	"github.com/vetgraph/vetgraph/ent/gen/notification"
	"github.com/vetgraph/vetgraph/ent/gen/predicate"
	"github.com/vetgraph/vetgraph/internal/access"
	"github.com/vetgraph/vetgraph/internal/fault"
	"github.com/vetgraph/vetgraph/internal/store"
)

// MaxRead is how many notifications may be marked as read at once.
const MaxRead = 100

// waiting is true of a notification that waits to go as a short message.
func waiting(id string) []predicate.Notification {
	return []predicate.Notification{
		notification.ID(id), notification.StateEQ(notification.StateQUEUED), notification.ChannelEQ(notification.ChannelSMS),
	}
}

// locked makes other transactions wait that want the same rows. SQLite has one
// writer, and nothing to lock.
func locked(tx store.Tx, q *gen.NotificationQuery) *gen.NotificationQuery {
	if tx.PG != nil {
		q.ForUpdate()
	}
	return q
}

// Of returns up to first notifications of each veteran, the newest first; only
// those not read, if asked. Only the person has any: everybody else sees none.
func (p *Post) Of(ctx context.Context, veteranIDs []string, first int, unread bool) (map[string][]*gen.Notification, error) {
	out := map[string][]*gen.Notification{}
	if v := access.From(ctx); v != nil && v.Kind == access.Veteran { // who has notifications of one person at most
		veteranIDs = []string{v.Self}
	} else if v == nil || v.Kind != access.Machine {
		return out, access.Signed(ctx)
	}
	for _, id := range veteranIDs {
		q := p.Store.Read.Notification.Query().Where(notification.VeteranID(id)).Order(notification.ByID(sql.OrderDesc())).Limit(first)
		if unread {
			q.Where(notification.StateNEQ(notification.StateREAD), notification.StateNEQ(notification.StateVOID))
		}
		rows, err := q.All(ctx)
		if err != nil {
			return nil, fmt.Errorf("notifications: %w", err)
		}
		out[id] = rows
	}
	return out, nil
}

// Read marks the viewer's own notifications as read, so that nobody calls about
// them any more, and returns them in the order asked. Again is no mistake. Faults:
// TOO_MANY_NOTIFICATIONS, NOTIFICATION_NOT_FOUND, for those of others too.
func (p *Post) Read(ctx context.Context, ids []string) ([]*gen.Notification, error) {
	if err := access.Signed(ctx); err != nil {
		return nil, err
	}
	if len(ids) > MaxRead {
		return nil, fault.Newf(fault.Invalid, "TOO_MANY_NOTIFICATIONS", "一次最多标记 %[1]d 条通知。", "Mark at most %[1]d notifications at once.", MaxRead).At("input", "ids")
	}
	err := p.Store.InTx(ctx, func(ctx context.Context, tx store.Tx) error {
		rows, err := locked(tx, tx.Ent.Notification.Query().Where(notification.IDIn(ids...)).Order(notification.ByID())).All(ctx)
		if err != nil {
			return fmt.Errorf("notifications: %w", err)
		}
		for i, n := range store.Align(ids, rows, func(n *gen.Notification) string { return n.ID }) {
			if n == nil {
				return fault.New(fault.NotFound, "NOTIFICATION_NOT_FOUND", "没有找到这条通知。", "There is no such notification.").At("input", "ids", fmt.Sprint(i))
			}
		}
		for _, n := range rows {
			if err := p.read(ctx, tx, n); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	rows, err := p.Store.Read.Notification.Query().Where(notification.IDIn(ids...)).All(ctx)
	if err != nil {
		return nil, fmt.Errorf("notifications: %w", err)
	}
	return store.Align(ids, rows, func(n *gen.Notification) string { return n.ID }), nil
}

func (p *Post) read(ctx context.Context, tx store.Tx, n *gen.Notification) error {
	if n.State == notification.StateREAD || n.State == notification.StateVOID {
		return nil
	}
	if err := tx.Ent.Notification.UpdateOneID(n.ID).SetState(notification.StateREAD).SetReadAt(p.Now().UTC()).ClearNextAt().Exec(ctx); err != nil {
		return fmt.Errorf("mark as read: %w", err)
	}
	if n.State == notification.StateHANDED_OVER && p.Callers != nil {
		return p.Callers.Reached(ctx, tx, n.ID)
	}
	return nil
}

// Forget wipes the code of notices of a kind whose fact has a value, once the code
// has been used or is refused: what is not kept cannot leak.
func (p *Post) Forget(ctx context.Context, tx store.Tx, veteranID, kind, fact, value string) error {
	ctx = access.AsMachine(ctx, "notify")
	rows, err := tx.Ent.Notification.Query().
		Where(notification.VeteranID(veteranID), notification.Kind(kind), notification.SecretSealedNotNil()).
		Select(notification.FieldFacts).All(ctx)
	if err != nil {
		return fmt.Errorf("notices with a code: %w", err)
	}
	var ids []string
	for _, n := range rows {
		if n.Facts[fact] == value {
			ids = append(ids, n.ID)
		}
	}
	if len(ids) == 0 {
		return nil
	}
	if err := tx.Ent.Notification.Update().Where(notification.IDIn(ids...)).ClearSecretSealed().Exec(ctx); err != nil {
		return fmt.Errorf("wipe a code: %w", err)
	}
	return nil
}
