package schema

import (
	"entgo.io/ent"
	"entgo.io/ent/dialect/entsql"
	"entgo.io/ent/schema/field"
	"entgo.io/ent/schema/index"
)

// PortOrder is what an operator ordered about a port of a department: to hold it
// (暂停、排空), for as long as the order has not ended, or to hand over again (重放).
// Rows are never deleted: they are the journal of who, when and why.
type PortOrder struct{ ent.Schema }

// Fields of the entity.
func (PortOrder) Fields() []ent.Field {
	return []ent.Field{
		id(),
		field.String("port").MaxRuneLen(80).Immutable().Comment("ID in the catalogue"),
		field.Enum("kind").Values("PAUSE", "DRAIN", "REPLAY").Immutable(),
		field.String("reason").MaxRuneLen(1000).Optional().Immutable(),
		field.String("ordered_by").MaxRuneLen(80).Immutable().Comment("account"),
		field.Time("ordered_at").Immutable(),
		field.Time("ended_at").Optional().Nillable().Comment("of a replay, when it was ordered"),
		field.String("ended_by").MaxRuneLen(80).Optional(),
		field.String("ended_reason").MaxRuneLen(1000).Optional(),
		field.Time("replay_from").Optional().Nillable().Immutable(),
		field.Int("delivered").Default(0).Immutable().Comment("items that a replay hands over again"),
		field.Int("asked").Default(0).Immutable().Comment("items that a replay asks after"),
	}
}

// Indexes of the entity.
func (PortOrder) Indexes() []ent.Index {
	return []ent.Index{
		index.Fields("port").Unique().Annotations(entsql.IndexWhere("ended_at IS NULL")), // one hold at a time
		index.Fields("port", "id"),
	}
}
