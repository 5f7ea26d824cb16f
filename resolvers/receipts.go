package resolvers

import (
	"context"
	"strconv"
	"strings"
	"sync"

	"github.com/vetgraph/vetgraph/graph/exec"
	"github.com/vetgraph/vetgraph/graph/model"
	reads "github.com/vetgraph/vetgraph/internal/receipt"
	"github.com/vetgraph/vetgraph/internal/words"
	"github.com/vetgraph/vetgraph/internal/workday"
)

// wish takes the arguments of readReceipts apart: days are Beijing's, both included.
func wish(first int, after *string, from, to *workday.Day, others *bool) reads.Wish {
	w := reads.Wish{First: first, After: orEmpty(after), Own: others != nil && !*others}
	if from != nil {
		w.From = from.Time()
	}
	if to != nil {
		w.To = to.AddDays(1).Time()
	}
	return w
}

func (r *Resolver) readReceipts(ctx context.Context, veteranID string, w reads.Wish) (*model.ReadReceiptConnection, error) {
	found, more, err := r.Receipts.Reads(ctx, veteranID, w)
	if err != nil {
		return nil, err
	}
	out := &model.ReadReceiptConnection{Nodes: make([]*model.ReadReceipt, len(found)), PageInfo: &model.PageInfo{HasNextPage: more}}
	for i := range found {
		out.Nodes[i] = readReceipt(&found[i], r.Receipts.Rules)
	}
	if n := len(out.Nodes); n > 0 {
		out.PageInfo.EndCursor = &out.Nodes[n-1].ID
	}
	return out, nil
}

func readReceipt(e *reads.Entry, rules *reads.Rules) *model.ReadReceipt {
	l, id := &e.Leaf, strconv.FormatInt(e.ID, 10)
	out := &model.ReadReceipt{
		ID: id, At: l.At, Article: orNil(l.Article), CaseNumber: orNil(e.Case), Proof: "/receipts/proof/" + id,
		Purpose: &model.ReadReceiptCode{Code: l.Purpose, Name: rules.Purpose(l.Purpose)},
		Basis:   &model.ReadReceiptCode{Code: l.Basis, Name: rules.Basis(l.Basis)},
		Reader: &model.ReadReceiptReader{
			Kind: l.Kind, Name: rules.Reader(l.Kind), DepartmentCode: l.Department, DivisionCode: l.Division, Slice: orNil(l.Slice), Masked: e.Masked, Self: e.Own,
		},
		Fields: make([]*model.ReadReceiptField, len(l.Fields)),
	}
	for i, f := range l.Fields {
		out.Fields[i] = &model.ReadReceiptField{Coordinate: f, Name: FieldWords(f)}
	}
	return out
}

var schema = sync.OnceValue(exec.NewExecutableSchema(exec.Config{}).Schema)

// FieldWords says what a field of the schema is, by the first sentences of its own
// description; a field that is no more has its coordinate.
func FieldWords(coordinate string) words.Text {
	name, field, _ := strings.Cut(coordinate, ".")
	if d := schema().Types[name]; d != nil {
		if f := d.Fields.ForName(field); f != nil {
			zh, en, _ := strings.Cut(f.Description, "。")
			if i := strings.LastIndex(en, "。"); i >= 0 { // what else is said in Chinese
				en = en[i+len("。"):]
			}
			en, _, _ = strings.Cut(strings.TrimSpace(en), ". ")
			zh, _, _ = strings.Cut(zh, "，")
			zh, _, _ = strings.Cut(zh, "；")
			if en = strings.TrimSuffix(en, "."); zh != "" && en != "" {
				return words.Text{Zh: zh, En: en}
			}
		}
	}
	return words.Text{Zh: coordinate, En: coordinate}
}
