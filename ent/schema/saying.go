package schema

import (
	"entgo.io/ent"
	"entgo.io/ent/schema/field"
)

// Saying is what a department said of one data element when it was asked: its own
// word, kept beside everybody else's, so that sources that disagree stay in sight.
// The row without an element says when the department was last asked and answered.
type Saying struct{ ent.Schema }

// Mixin of the entity.
func (Saying) Mixin() []ent.Mixin { return profile() }

// Fields of the entity.
func (Saying) Fields() []ent.Field {
	return []ent.Field{
		field.String("element").MaxRuneLen(64).Immutable().Comment("data element or derived fact; empty: the answer as a whole"),
		sealed("value_sealed"), // JSON; empty: the department says that there is none
		field.Time("since").Comment("the department's own time at which it first said this value"),
		field.Time("heard_at").Comment("when the hub was last told"),
		field.Time("settles_from").Optional().Nillable().Comment("words of this source as old or younger settle a conflict, once it has decided one"),
		field.Time("settled_at").Optional().Nillable().Comment("when it decided; other sources' words that are younger are a new conflict"),
	}
}
