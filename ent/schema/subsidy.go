package schema

import (
	"entgo.io/ent"
	"entgo.io/ent/dialect/entsql"
	"entgo.io/ent/schema/edge"
	"entgo.io/ent/schema/field"
	"entgo.io/ent/schema/index"

	"github.com/vetgraph/vetgraph/internal/fact"
)

// Subsidy is one grant of the one-off subsidy on its way to the person's account:
// approved, pushed with a roll to who pays, paid or returned. How it was reckoned
// is pinned.
type Subsidy struct{ ent.Schema }

// Mixin of the entity.
func (Subsidy) Mixin() []ent.Mixin { return []ent.Mixin{OfVeteran{}, OfCase{}} }

// Fields of the entity.
func (Subsidy) Fields() []ent.Field {
	return []ent.Field{
		field.String("item_id").MaxRuneLen(40).Immutable().Unique(),
		field.String("matter").MaxRuneLen(16).Immutable(),
		field.String("department").MaxRuneLen(16).Immutable().Comment("that approved it and answers for it"),
		field.String("division").MaxRuneLen(12).Immutable().Comment("place of settlement, which pays"),
		field.Enum("state").Values("APPROVED", "PUSHED", "PAID", "RETURNED").Default("APPROVED"),
		field.Int64("amount_fen").Immutable(),
		field.Int("months").Immutable().Comment("of service, as they count"),
		field.JSON("reckoning", []fact.Reckoned{}).Immutable(),
		field.Int("attempt").Default(1).Comment("2 after the first account was wrong"),
		field.String("reason").MaxRuneLen(40).Optional().Comment("why it was returned, as the payer says it"),
		field.Time("approved_at").Immutable(),
		field.Time("pushed_at").Optional().Nillable(),
		field.Time("returned_at").Optional().Nillable(),
		someDay("paid_on"),
	}
}

// PaymentRoll is a list of payments (花名册) of one division and month. Once it is
// closed nothing of it changes any more: its ID is the key under which it is pushed.
type PaymentRoll struct{ ent.Schema }

// Fields of the entity.
func (PaymentRoll) Fields() []ent.Field {
	return []ent.Field{
		id(),
		field.String("department").MaxRuneLen(16).Immutable(),
		field.String("division").MaxRuneLen(12).Immutable(),
		field.String("month").MaxRuneLen(7).Immutable().Comment("YYYY-MM"),
		field.Int("part").Immutable().Comment("1 for the first roll of the division and month"),
		field.Enum("state").Values("OPEN", "CLOSED", "PUSHED").Default("OPEN"),
		field.Time("opened_at").Immutable(),
		field.Time("closed_at").Optional().Nillable(),
		field.Time("pushed_at").Optional().Nillable(),
		field.Int("lines").Default(0).Comment("when it was closed"),
		field.Int64("total_fen").Default(0).Comment("when it was closed"),
		field.String("receipt_no").MaxRuneLen(80).Optional(),
	}
}

// Indexes of the entity.
func (PaymentRoll) Indexes() []ent.Index {
	return []ent.Index{index.Fields("division", "month", "part").Unique(), index.Fields("state")}
}

// PaymentLine is one payment of a roll: one attempt to pay one subsidy. Its ID is
// the key under which it is paid, once.
type PaymentLine struct{ ent.Schema }

// Fields of the entity.
func (PaymentLine) Fields() []ent.Field {
	return []ent.Field{
		id(),
		field.String("roll_id").MaxRuneLen(40).Immutable(),
		field.String("subsidy_id").MaxRuneLen(40).Immutable(),
		field.Int("attempt").Immutable(),
		field.Int64("amount_fen").Immutable(),
		field.Bytes("account_sealed").Sensitive().Immutable().Comment("holder, bank and number to which it goes"),
		field.Enum("state").Values("WAITING", "PAID", "RETURNED").Default("WAITING"),
		field.String("reason").MaxRuneLen(40).Optional(),
		someDay("paid_on"),
		field.Time("told_at").Optional().Nillable().Comment("when the payer's word was taken"),
	}
}

// Edges of the entity.
func (PaymentLine) Edges() []ent.Edge {
	return []ent.Edge{
		edge.To("roll", PaymentRoll.Type).Field("roll_id").Unique().Required().Immutable().Annotations(entsql.OnDelete(entsql.Restrict)),
		edge.To("subsidy", Subsidy.Type).Field("subsidy_id").Unique().Required().Immutable().Annotations(entsql.OnDelete(entsql.Restrict)),
	}
}

// Indexes of the entity.
func (PaymentLine) Indexes() []ent.Index {
	return []ent.Index{index.Fields("subsidy_id", "attempt").Unique(), index.Fields("roll_id"), index.Fields("state")}
}
