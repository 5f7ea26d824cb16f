package schema

import (
	"entgo.io/ent"
	"entgo.io/ent/schema/field"
	"entgo.io/ent/schema/index"
)

// Announcement is one word to a partner that something within its slice has changed:
// of whom and which fields, never a value. It is written with the change, carried by
// the queue, and outlives the person's row, for the partner must hear of that too.
type Announcement struct{ ent.Schema }

// Fields of the entity.
func (Announcement) Fields() []ent.Field {
	return []ent.Field{
		field.String("id").MaxRuneLen(40).Immutable().Comment("of the message, the same however often it is sent"),
		field.String("slice").MaxRuneLen(40).Immutable(),
		field.String("veteran_id").MaxRuneLen(40).Immutable(),
		field.Int64("at").Immutable().Comment("microseconds since 1970; grows from one to the next of the same slice and person"),
		field.Enum("kind").Values("ENTERED", "CHANGED", "LEFT").Immutable(),
		field.JSON("fields", []string{}).Optional().Immutable().Comment("coordinates of the schema"),
		field.Enum("state").Values("WAITING", "DELIVERED", "DROPPED", "GIVEN_UP").Default("WAITING").Comment("DROPPED: no longer in the slice when its turn came"),
		field.Int("attempts").Default(0),
		field.String("trouble").MaxRuneLen(40).Optional().Comment("why the last attempt failed"),
		field.Time("ended_at").Optional().Nillable(),
	}
}

// Indexes of the entity.
func (Announcement) Indexes() []ent.Index {
	return []ent.Index{
		index.Fields("slice", "veteran_id", "at").Unique(), // in order
		index.Fields("slice", "state", "at"),               // whose turn it is
		index.Fields("ended_at"),
	}
}
