package schema

import (
	"entgo.io/ent"
	"entgo.io/ent/dialect/entsql"
	"entgo.io/ent/schema/field"
	"entgo.io/ent/schema/index"
)

// AdministrativeAct is one thing that an administrator did (GB/T 22239-2019 8.1.3.5,
// 8.1.5.2): rows are only ever added, and the audit administrator reads them.
type AdministrativeAct struct{ ent.Schema }

// Fields of the entity.
func (AdministrativeAct) Fields() []ent.Field {
	return []ent.Field{
		id(),
		field.Time("at").Immutable(),
		field.String("role").MaxRuneLen(20).Immutable().Comment("of the policy, that the account acted in"),
		field.String("account").MaxRuneLen(80).Immutable(),
		field.String("act").MaxRuneLen(40).Immutable().Comment("of the policy"),
		field.String("deed").MaxRuneLen(40).Immutable().Comment("what it came to, e.g. PAUSE"),
		field.String("subject").MaxRuneLen(120).Optional().Immutable().Comment("port, years, account or slice"),
		field.String("reason").MaxRuneLen(1000).Optional().Immutable(),
	}
}

// Indexes of the entity.
func (AdministrativeAct) Indexes() []ent.Index { return []ent.Index{index.Fields("account", "role")} }

// Restriction keeps an account or a slice out, for as long as it has not been
// lifted. Rows are never deleted.
type Restriction struct{ ent.Schema }

// Fields of the entity.
func (Restriction) Fields() []ent.Field {
	return []ent.Field{
		id(),
		field.Enum("kind").Values("ACCOUNT", "SLICE").Immutable(),
		field.String("subject").MaxRuneLen(120).Immutable().Comment("subject of a token, client of a partner, or name of a slice"),
		field.String("reason").MaxRuneLen(1000).Immutable(),
		field.Time("restricted_at").Immutable(),
		field.String("restricted_by").MaxRuneLen(80).Immutable(),
		field.Time("lifted_at").Optional().Nillable(),
		field.String("lifted_by").MaxRuneLen(80).Optional(),
		field.String("lifted_reason").MaxRuneLen(1000).Optional(),
	}
}

// Indexes of the entity.
func (Restriction) Indexes() []ent.Index {
	return []ent.Index{index.Fields("kind", "subject").Unique().Annotations(entsql.IndexWhere("lifted_at IS NULL"))}
}
