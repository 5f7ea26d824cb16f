package sharing

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strconv"
	"time"

	"github.com/vetgraph/vetgraph/ent/gen"
	"github.com/vetgraph/vetgraph/ent/gen/clientassertion"
	"github.com/vetgraph/vetgraph/ent/gen/sliceuse"
	"github.com/vetgraph/vetgraph/internal/access"
	"github.com/vetgraph/vetgraph/internal/fault"
	"github.com/vetgraph/vetgraph/internal/slice"
	"github.com/vetgraph/vetgraph/internal/store"
	"github.com/vetgraph/vetgraph/internal/workday"
)

// Count takes one request off a slice's quota of the day, which all hubs share; it is
// written before anything is read. Fault: TooMany QUOTA_EXCEEDED, until the next day.
func (d *Desk) Count(ctx context.Context, s *slice.Slice) error {
	today := workday.FromTime(d.Now())
	id := s.Name + ":" + strconv.Itoa(int(today))
	refused := false
	err := d.Store.InTx(access.AsMachine(ctx, "slices"), func(ctx context.Context, tx store.Tx) error {
		if err := tx.Ent.SliceUse.Create().SetID(id).SetSlice(s.Name).SetDay(int(today)).OnConflictColumns(sliceuse.FieldID).Ignore().Exec(ctx); err != nil {
			return fmt.Errorf("begin a day of slice %s: %w", s.Name, err)
		}
		n, err := tx.Ent.SliceUse.Update().Where(sliceuse.ID(id), sliceuse.AskedLT(int64(s.Often.PerDay))).AddAsked(1).Save(ctx)
		if err != nil {
			return fmt.Errorf("count a use of slice %s: %w", s.Name, err)
		}
		if refused = n == 0; refused {
			return tx.Ent.SliceUse.UpdateOneID(id).AddRefused(1).Exec(ctx)
		}
		return nil
	})
	if err == nil && refused {
		return fault.New(fault.TooMany, "QUOTA_EXCEEDED", "今天的查询次数已用完。", "The quota of this day is used up.").From("", today.AddDays(1).Time())
	}
	return err
}

// Today is how often a slice was asked today, and refused for its quota.
func (d *Desk) Today(ctx context.Context, s *slice.Slice) (asked, refused int64, err error) {
	row, err := d.Store.Read.SliceUse.Get(access.AsMachine(ctx, "slices"), s.Name+":"+strconv.Itoa(int(workday.FromTime(d.Now()))))
	if gen.IsNotFound(err) {
		return 0, 0, nil
	} else if err != nil {
		return 0, 0, fmt.Errorf("uses of slice %s: %w", s.Name, err)
	}
	return row.Asked, row.Refused, nil
}

// Redeem takes a partner's signed word (RFC 7523) for the first and only time, on
// whichever hub it is shown. until is when it would be too old anyway. Fault: SignedOut
// ASSERTION_SPENT.
func (d *Desk) Redeem(ctx context.Context, client, jti string, until time.Time) error {
	sum := sha256.Sum256([]byte(client + "\x00" + jti))
	spent := fault.New(fault.SignedOut, "ASSERTION_SPENT", "客户端断言已使用过。", "This assertion was used before.")
	return d.Store.InTx(access.AsMachine(ctx, "slices"), func(ctx context.Context, tx store.Tx) error {
		if _, err := tx.Ent.ClientAssertion.Delete().Where(clientassertion.UntilLT(d.Now().UTC())).Exec(ctx); err != nil {
			return fmt.Errorf("forget old assertions: %w", err)
		}
		err := tx.Ent.ClientAssertion.Create().SetID(hex.EncodeToString(sum[:])).SetUntil(until.UTC()).Exec(ctx)
		if gen.IsConstraintError(err) {
			return spent
		} else if err != nil {
			return fmt.Errorf("remember an assertion: %w", err)
		}
		return nil
	})
}
