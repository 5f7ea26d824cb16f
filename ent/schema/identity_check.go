package schema

import (
	"entgo.io/ent"
	"entgo.io/ent/schema/field"
	"entgo.io/ent/schema/index"
)

// IdentityCheck is one check of who sits before a screen, made by the police at
// their own page. Nothing that was shown there comes here: a row holds the
// reference under which they keep it, how it came out and how long that counts.
type IdentityCheck struct{ ent.Schema }

// Mixin of the entity.
func (IdentityCheck) Mixin() []ent.Mixin { return []ent.Mixin{OfVeteran{}} }

// Fields of the entity.
func (IdentityCheck) Fields() []ent.Field {
	return []ent.Field{
		field.String("session").MaxRuneLen(64).Immutable().Comment("digest of the session that it raises, and no other"),
		field.String("port").MaxRuneLen(80).Immutable(),
		field.String("reference").MaxRuneLen(80).Immutable().Comment("the department's number of the check"),
		field.Enum("state").Values("PENDING", "PASSED", "FAILED").Default("PENDING"),
		field.String("level").MaxRuneLen(20).Optional().Comment("that it raises the session to, once passed"),
		field.Time("asked_at").Immutable(),
		field.Time("ticket_until").Immutable().Comment("moment after which the department takes no more part in it"),
		field.Time("answered_at").Optional().Nillable(),
		field.Time("valid_until").Optional().Nillable().Comment("moment after which it raises nothing any more"),
	}
}

// Indexes of the entity.
func (IdentityCheck) Indexes() []ent.Index { return []ent.Index{index.Fields("session", "id")} }
