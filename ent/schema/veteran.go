package schema

import (
	"entgo.io/ent"
	"entgo.io/ent/schema/field"
	"entgo.io/ent/schema/index"
)

// Veteran is one person; every other fact of the profile belongs to one.
type Veteran struct{ ent.Schema }

// Mixin of the entity: identity facts have a source too, the police.
func (Veteran) Mixin() []ent.Mixin { return []ent.Mixin{Fact{}} }

// Fields of the entity.
func (Veteran) Fields() []ent.Field {
	return []ent.Field{
		id(),
		field.String("name").NotEmpty().MaxRuneLen(100),
		field.Bytes("citizen_sealed").Sensitive().Comment("GB 11643 citizen number, sealed"),
		field.Bytes("citizen_index").Unique().Sensitive().Comment("keyed blind index of the number: how a person is found by it"),
		code("sex"), day("born_on"), code("ethnicity"), code("marital"),
		field.String("division").MaxRuneLen(12).Comment("place of settlement: whose desk is responsible"),
		field.Bool("synthetic").Default(false).Comment("not a real person"),
		field.Bytes("roll_hash").Optional().Comment("digest of the discharge roll's line, so that reading it again changes nothing"),
		field.Time("created_at").Immutable(),
		field.Time("updated_at"),
	}
}

// Indexes of the entity.
func (Veteran) Indexes() []ent.Index { return []ent.Index{index.Fields("division", "id")} }
