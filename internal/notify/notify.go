// Package notify tells veterans what has become of their affairs, and goes on until they know or a person calls.
//
// A notice is written in the transaction of the event that it tells of, so nobody
// is told of what did not happen and nothing happens untold. It goes by short
// message first; where that does not arrive, into the portal; what stays unread
// there becomes a task of a named person. What is said, how, and what is
// deliberately not said is data (notices.yaml).
//
// A notice holds numbers of cases and days, never the name or a number of a person
// (个人信息保护法 art.51). A confirmation code is sealed, shown to the person alone,
// and wiped once it is used or old.
package notify

import (
	"context"
	"fmt"
	"time"

	"github.com/riverqueue/river"
	"github.com/rs/zerolog"

	"github.com/vetgraph/vetgraph/ent/gen"
	"github.com/vetgraph/vetgraph/ent/gen/casefile"
	"github.com/vetgraph/vetgraph/ent/gen/notification"
	"github.com/vetgraph/vetgraph/ent/gen/veteran"
	"github.com/vetgraph/vetgraph/internal/access"
	"github.com/vetgraph/vetgraph/internal/catalog"
	"github.com/vetgraph/vetgraph/internal/messenger"
	"github.com/vetgraph/vetgraph/internal/store"
	"github.com/vetgraph/vetgraph/internal/vault"
	"github.com/vetgraph/vetgraph/internal/words"
	"github.com/vetgraph/vetgraph/internal/workday"
)

// Post tells people things.
type Post struct {
	Store    *store.Store
	Vault    *vault.Vault
	Words    *Words
	Calendar func() *workday.Calendar
	Catalog  func() *catalog.Catalog
	Phones   Phones
	Gateway  messenger.Gateway // nil: there is none, and short messages are passed over
	Queue    Queue             // nil: notices are written and not carried, as before the hub has opened its queue
	Callers  Callers           // nil: nobody calls
	Now      func() time.Time
	Log      zerolog.Logger
}

// Queue takes jobs within the transaction that they belong to.
type Queue interface {
	Insert(ctx context.Context, tx store.Tx, jobs ...river.JobArgs) error
}

// Phones finds the mobile number of a veteran; empty if none is known.
type Phones interface {
	MobileOf(ctx context.Context, veteranID string) (string, error)
}

// Callers are the people who take over where no channel has reached somebody.
type Callers interface {
	// Undelivered makes a named person see to it that the veteran is told.
	Undelivered(ctx context.Context, tx store.Tx, u Undelivered) error
	// Reached says that the veteran has read it meanwhile.
	Reached(ctx context.Context, tx store.Tx, notificationID string) error
}

// Undelivered is a notice that has not reached anybody.
type Undelivered struct {
	NotificationID, CaseID, ItemID, Matter, Division string
	Title                                            string // Chinese
}

// Notice is one thing to tell. Kind is that of the event in the journal.
type Notice struct {
	VeteranID, CaseID, ItemID, Matter, Division, Kind string

	// Facts are what the words need: number (of the case), due (a day), words
	// (reasons), department (its code). No name and no number of a person.
	Facts map[string]string

	Secret string // a confirmation code; sealed, and shown to the person alone
}

// Tell writes notices and what carries them, within the transaction of the event.
// Kinds for which there are no words are passed over. A number of the case and a
// division that a notice lacks are looked up.
func (p *Post) Tell(ctx context.Context, tx store.Tx, notices ...Notice) error {
	told, err := p.complete(ctx, tx, notices)
	if err != nil || len(told) == 0 {
		return err
	}
	now := p.Now().UTC()
	rows := make([]*gen.NotificationCreate, len(told))
	var jobs []river.JobArgs
	for i, n := range told {
		id := store.NewID()
		c := p.row(tx, id, n, now)
		if p.Words.channels(n.Kind)[0] == string(notification.ChannelSMS) {
			jobs = append(jobs, Carry{Notification: id})
		} else {
			c.SetChannel(notification.ChannelIN_APP).SetState(notification.StateSENT).SetSentAt(now).SetNextAt(p.patience(now))
		}
		rows[i] = c
	}
	if err := tx.Ent.Notification.CreateBulk(rows...).Exec(ctx); err != nil {
		return fmt.Errorf("write %d notices: %w", len(rows), err)
	}
	return p.queue(ctx, tx, jobs...)
}

func (p *Post) queue(ctx context.Context, tx store.Tx, jobs ...river.JobArgs) error {
	if p.Queue == nil || len(jobs) == 0 {
		return nil
	}
	return p.Queue.Insert(ctx, tx, jobs...)
}

// Told writes notices that went out and were read at some time in the past, for
// the examples of the demonstration. Nothing is sent.
func (p *Post) Told(ctx context.Context, tx store.Tx, at time.Time, notices ...Notice) error {
	told, err := p.complete(ctx, tx, notices)
	if err != nil || len(told) == 0 {
		return err
	}
	rows := make([]*gen.NotificationCreate, len(told))
	for i, n := range told {
		rows[i] = p.row(tx, store.NewID(), n, at.UTC()).
			SetState(notification.StateREAD).SetSentAt(at.UTC()).SetReadAt(at.UTC())
	}
	if err := tx.Ent.Notification.CreateBulk(rows...).Exec(ctx); err != nil {
		return fmt.Errorf("write %d notices of the past: %w", len(rows), err)
	}
	return nil
}

func (p *Post) row(tx store.Tx, id string, n Notice, at time.Time) *gen.NotificationCreate {
	c := tx.Ent.Notification.Create().SetID(id).SetVeteranID(n.VeteranID).SetDivision(n.Division).SetKind(n.Kind).SetCreatedAt(at)
	if n.CaseID != "" {
		c.SetCaseID(n.CaseID)
	}
	if n.ItemID != "" {
		c.SetItemID(n.ItemID)
	}
	if n.Matter != "" {
		c.SetMatter(n.Matter)
	}
	facts := map[string]string{}
	for name, v := range n.Facts {
		if v != "" {
			facts[name] = words.Clip(v, 1000)
		}
	}
	c.SetFacts(facts)
	if n.Secret != "" {
		c.SetSecretSealed(p.Vault.Seal([]byte(n.Secret), bindSecret(id)))
	}
	return c
}

// complete keeps the notices that are told at all, with the number of their case
// and the division that answers. The viewer may be anybody: the notice is the hub's.
func (p *Post) complete(ctx context.Context, tx store.Tx, notices []Notice) ([]Notice, error) {
	ctx = access.AsMachine(ctx, "notify")
	var told []Notice
	files := map[string]*gen.CaseFile{}
	for _, n := range notices {
		if !p.Words.Tells(n.Kind) {
			continue
		}
		if n.CaseID != "" && (n.Division == "" || n.Facts["number"] == "") {
			f := files[n.CaseID]
			if f == nil {
				var err error
				f, err = tx.Ent.CaseFile.Query().Where(casefile.ID(n.CaseID)).Select(casefile.FieldNumber, casefile.FieldDivision).Only(ctx)
				if err != nil {
					return nil, fmt.Errorf("the case of a notice: %w", err)
				}
				files[n.CaseID] = f
			}
			n = n.of(f.Number, f.Division)
		}
		if n.Division == "" {
			division, err := tx.Ent.Veteran.Query().Where(veteran.ID(n.VeteranID)).Select(veteran.FieldDivision).String(ctx)
			if err != nil {
				return nil, fmt.Errorf("the veteran of a notice: %w", err)
			}
			n.Division = division
		}
		told = append(told, n)
	}
	return told, nil
}

// of is a notice with what its case knows, where it does not say otherwise.
func (n Notice) of(number, division string) Notice {
	facts := map[string]string{"number": number}
	for name, v := range n.Facts {
		if v != "" {
			facts[name] = v
		}
	}
	n.Facts = facts
	if n.Division == "" {
		n.Division = division
	}
	return n
}

// patience is the end of the last working day on which something may lie unread.
func (p *Post) patience(from time.Time) time.Time {
	return p.Calendar().Due(workday.FromTime(from), p.Words.Settings.UnreadWorkdays).Day.AddDays(1).Time().UTC()
}
