package notify

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/riverqueue/river"

	"github.com/vetgraph/vetgraph/ent/gen"
	"github.com/vetgraph/vetgraph/ent/gen/notification"
	"github.com/vetgraph/vetgraph/internal/access"
	"github.com/vetgraph/vetgraph/internal/fault"
	"github.com/vetgraph/vetgraph/internal/messenger"
	"github.com/vetgraph/vetgraph/internal/store"
)

// Carry is the job that sends one notification as a short message.
type Carry struct {
	Notification string `json:"notification"`
}

// Kind implements river.JobArgs.
func (Carry) Kind() string { return "notify" }

// Install adds the worker of the jobs.
func (p *Post) Install(w *river.Workers) { river.AddWorker(w, &carrier{post: p}) }

type carrier struct {
	river.WorkerDefaults[Carry]
	post *Post
}

// Work sends one message. It may run twice: the notification's ID is the message's,
// which the gateway sends once.
func (c *carrier) Work(ctx context.Context, job *river.Job[Carry]) error {
	return c.post.carry(access.AsMachine(ctx, "notify"), job.Args.Notification, len(job.Errors) == 0)
}

// carry sends a notification that waits for it. A gateway that does not answer is
// a reason to try again, for some hours; everything else that goes wrong sends the
// notice on to the next channel.
func (p *Post) carry(ctx context.Context, id string, first bool) error {
	n, err := p.Store.Read.Notification.Query().Where(notification.ID(id)).Only(ctx)
	if gen.IsNotFound(err) {
		return nil
	} else if err != nil {
		return fmt.Errorf("notification: %w", err)
	}
	if n.State != notification.StateQUEUED || n.Channel != notification.ChannelSMS {
		return nil
	}
	err = p.send(ctx, n)
	trouble := fault.Of(err)
	switch {
	case err == nil, trouble.Kind == fault.Conflict: // other words went under this ID, by an older version of this program
		return p.sent(ctx, id)
	case trouble.Kind == fault.Unavailable && p.Now().Sub(n.CreatedAt) < time.Duration(p.Words.Settings.SMSHours)*time.Hour:
		if first {
			p.Log.Warn().Str("notification", id).Str("reason", trouble.Reason).Msg("not sent, will be tried again")
		}
		err := p.Store.InTx(ctx, func(ctx context.Context, tx store.Tx) error {
			return tx.Ent.Notification.Update().Where(waiting(id)...).AddAttempts(1).SetTrouble(trouble.Reason).Exec(ctx)
		})
		if err != nil {
			return fmt.Errorf("note an attempt: %w", err)
		}
		return fmt.Errorf("send notification %s: %s", id, trouble.Reason)
	}
	if trouble.Kind == fault.Internal {
		p.Log.Error().Err(err).Str("notification", id).Msg("a message cannot be made up")
	}
	return p.Store.InTx(ctx, func(ctx context.Context, tx store.Tx) error {
		n, err := locked(tx, tx.Ent.Notification.Query().Where(waiting(id)...)).Only(ctx)
		if gen.IsNotFound(err) {
			return nil // read meanwhile
		} else if err != nil {
			return fmt.Errorf("notification: %w", err)
		}
		return p.next(ctx, tx, n, trouble.Reason)
	})
}

// send makes up a notification as a short message and hands it to the gateway.
func (p *Post) send(ctx context.Context, n *gen.Notification) error {
	if p.Gateway == nil {
		return messenger.Undeliverable()
	}
	to, err := p.Phones.MobileOf(ctx, n.VeteranID)
	if err != nil {
		return fmt.Errorf("number: %w", err)
	}
	if to == "" {
		return messenger.Undeliverable()
	}
	_, err = p.Gateway.Send(ctx, messenger.Message{ID: n.ID, To: to, Text: p.sms(ctx, n)})
	return err
}

func (p *Post) sent(ctx context.Context, id string) error {
	return p.Store.InTx(ctx, func(ctx context.Context, tx store.Tx) error {
		err := tx.Ent.Notification.Update().Where(waiting(id)...).
			AddAttempts(1).SetState(notification.StateSENT).SetSentAt(p.Now().UTC()).ClearTrouble().Exec(ctx)
		if err != nil {
			return fmt.Errorf("note that a notification went: %w", err)
		}
		return nil
	})
}

// next puts a notification on the channel behind the one it is on; behind the
// last, a person calls.
func (p *Post) next(ctx context.Context, tx store.Tx, n *gen.Notification, trouble string) error {
	now := p.Now().UTC()
	change := tx.Ent.Notification.UpdateOneID(n.ID).AddAttempts(1).SetTrouble(trouble)
	switch p.behind(n) {
	case notification.ChannelIN_APP:
		change.SetChannel(notification.ChannelIN_APP).SetState(notification.StateSENT).SetSentAt(now).SetNextAt(p.patience(now))
		if err := change.Exec(ctx); err != nil {
			return fmt.Errorf("next channel: %w", err)
		}
		return nil
	case notification.ChannelSMS:
		if err := change.SetChannel(notification.ChannelSMS).SetState(notification.StateQUEUED).ClearNextAt().Exec(ctx); err != nil {
			return fmt.Errorf("next channel: %w", err)
		}
		return p.queue(ctx, tx, Carry{Notification: n.ID})
	}
	err := change.SetChannel(notification.ChannelPERSON).SetState(notification.StateHANDED_OVER).ClearNextAt().Exec(ctx)
	if err != nil {
		return fmt.Errorf("hand a notice over: %w", err)
	}
	if p.Callers == nil {
		return nil
	}
	return p.Callers.Undelivered(ctx, tx, Undelivered{
		NotificationID: n.ID, CaseID: n.CaseID, ItemID: n.ItemID, Matter: n.Matter, Division: n.Division, Title: p.Title(n).Zh,
	})
}

// behind is the channel behind the one that a notification is on.
func (p *Post) behind(n *gen.Notification) notification.Channel {
	all := p.Words.channels(n.Kind)
	if i := slices.Index(all, string(n.Channel)); i >= 0 && i+1 < len(all) {
		return notification.Channel(all[i+1])
	}
	return notification.ChannelPERSON
}

const page = 100 // notices in one transaction

// Look hands over what has lain unread for too long, and wipes old codes. It is a
// round (internal/queue).
func (p *Post) Look(ctx context.Context) error {
	ctx = access.AsMachine(ctx, "notify")
	now := p.Now().UTC()
	for {
		n := 0
		err := p.Store.InTx(ctx, func(ctx context.Context, tx store.Tx) error {
			rows, err := locked(tx, tx.Ent.Notification.Query().Where(notification.StateEQ(notification.StateSENT), notification.NextAtLTE(now)).
				Order(notification.ByNextAt(), notification.ByID()).Limit(page)).All(ctx)
			if err != nil {
				return fmt.Errorf("unread notices: %w", err)
			}
			n = len(rows)
			for _, row := range rows {
				if err := p.next(ctx, tx, row, "UNREAD"); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
		if n < page {
			return p.wipe(ctx, now)
		}
	}
}

// wipe forgets codes that are too old to be of use.
func (p *Post) wipe(ctx context.Context, now time.Time) error {
	old := now.Add(-time.Duration(p.Words.Settings.SecretHours) * time.Hour)
	return p.Store.InTx(ctx, func(ctx context.Context, tx store.Tx) error {
		err := tx.Ent.Notification.Update().Where(notification.SecretSealedNotNil(), notification.CreatedAtLT(old)).ClearSecretSealed().Exec(ctx)
		if err != nil {
			return fmt.Errorf("wipe old codes: %w", err)
		}
		return nil
	})
}
