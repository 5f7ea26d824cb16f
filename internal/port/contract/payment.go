package contract

import (
	"context"
	"errors"
	"maps"

	"github.com/vetgraph/vetgraph/internal/catalog"
	"github.com/vetgraph/vetgraph/internal/port"
)

// payment hands over a roll of one line: one fen, to an account that does not
// exist. A payer takes it back by itself, so nothing is paid.
func (k *checker) payment(ctx context.Context, p *catalog.Port) {
	if k.options.Payments == nil {
		return
	}
	b := SampleBatch("check-" + k.options.Run + "-" + p.ID)
	b.Callback = k.options.Callback
	first, err := k.options.Payments.Push(ctx, p.ID, b)
	if !k.note(p, "接收一册花名册并给出回执", "a roll is taken and receipted", err) {
		return
	}
	b.Again = true
	again, err := k.options.Payments.Push(ctx, p.ID, b)
	if err == nil && again != first {
		err = errors.New("another receipt than the first time")
	}
	k.note(p, "重复推送得到同一回执", "pushed again, the same receipt", err)
	other := b
	other.Fields = maps.Clone(b.Fields)
	other.Fields[catalog.BatchMonth] = "2026-10"
	_, err = k.options.Payments.Push(ctx, p.ID, other)
	k.note(p, "同一册不同内容被拒绝", "pushed with another content, a conflict", wants(err, port.BatchPushedOtherwise))
	never, known := b.ID+"-never", b.Lines[0].Line
	said, err := k.options.Payments.Outcomes(ctx, p.ID, []string{never, known})
	if err == nil {
		if _, claims := said[never]; claims {
			err = errors.New("it claims to know a line that was never pushed")
		} else if said[known].State == port.LinePaid { // who hands rolls on need not know lines
			err = errors.New("it says that it has paid into an account that does not exist")
		}
	}
	k.note(p, "查询发放情况，不认识的行不答", "asked after lines it tells of its own and leaves out others", err)
}

// SampleBatch is an invented roll of one line.
func SampleBatch(id string) port.Batch {
	return port.Batch{
		ID: id,
		Fields: map[string]any{
			catalog.BatchDivision: "230102000000", catalog.BatchMonth: "2026-11", catalog.BatchPart: int64(1), catalog.BatchTotal: int64(1),
		},
		Lines: []port.Entry{{Line: id + "-1", Fields: map[string]any{
			"bankAccountName": "示例", "bankName": "ICBC", "bankAccountNo": "620000000000000404", catalog.LineAmount: int64(1),
		}}},
	}
}
