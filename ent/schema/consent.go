package schema

import (
	"entgo.io/ent"
	"entgo.io/ent/dialect/entsql"
	"entgo.io/ent/schema/field"
	"entgo.io/ent/schema/index"
)

// Consent is a person's own word that a partner may read them by one slice
// (个人信息保护法 art. 14, 15, 23). Rows are never deleted: they are the proof of
// what was agreed to, and of when it was taken back.
type Consent struct{ ent.Schema }

// Mixin of the entity.
func (Consent) Mixin() []ent.Mixin { return []ent.Mixin{OfVeteran{}} }

// Fields of the entity.
func (Consent) Fields() []ent.Field {
	return []ent.Field{
		field.String("slice").MaxRuneLen(40).Immutable(),
		field.Int("version").Positive().Immutable().Comment("of the slice that was agreed to; another asks again"),
		field.String("notice").MaxRuneLen(64).Immutable().Comment("SHA-256 of the words that were shown, in hex"),
		field.Time("granted_at").Immutable(),
		field.Time("until").Immutable().Comment("moment from which it counts no more"),
		field.Time("withdrawn_at").Optional().Nillable(),
	}
}

// Indexes of the entity.
func (Consent) Indexes() []ent.Index {
	return []ent.Index{
		index.Fields("veteran_id", "slice").Unique().Annotations(entsql.IndexWhere("withdrawn_at IS NULL")), // one at a time
		index.Fields("veteran_id", "id"),
	}
}

// SliceUse counts what a partner asked by a slice on one day: for its quota and
// for who looks after it.
type SliceUse struct{ ent.Schema }

// Fields of the entity.
func (SliceUse) Fields() []ent.Field {
	return []ent.Field{
		id(),
		field.String("slice").MaxRuneLen(40).Immutable(),
		field.Int("day").Immutable().Comment("civil day in China, days since 1970"),
		field.Int64("asked").Default(0),
		field.Int64("refused").Default(0),
	}
}

// Indexes of the entity.
func (SliceUse) Indexes() []ent.Index { return []ent.Index{index.Fields("slice", "day").Unique()} }

// ClientAssertion is the number of a signed word by which a partner's program
// showed who it is (RFC 7523 jti): each counts once.
type ClientAssertion struct{ ent.Schema }

// Fields of the entity.
func (ClientAssertion) Fields() []ent.Field {
	return []ent.Field{
		field.String("id").MaxRuneLen(64).Immutable().Comment("SHA-256 of client and jti, in hex"),
		field.Time("until").Immutable().Comment("moment after which it would be refused as too old anyway"),
	}
}

// Indexes of the entity.
func (ClientAssertion) Indexes() []ent.Index { return []ent.Index{index.Fields("until")} }
