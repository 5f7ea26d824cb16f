package schema

import (
	"entgo.io/ent"
	"entgo.io/ent/schema/field"
)

// EconomicSubsidy is the one-off local subsidy. Approval and payment are two events.
type EconomicSubsidy struct{ ent.Schema }

// Mixin of the entity.
func (EconomicSubsidy) Mixin() []ent.Mixin { return profile() }

// Fields of the entity.
func (EconomicSubsidy) Fields() []ent.Field {
	return []ent.Field{
		field.Int64("amount_fen").Optional(),
		field.Float("years").Optional(),
		field.Enum("state").Values("APPROVED", "PAID", "RETURNED"),
		someDay("approved_on"),
		someDay("paid_on"),
	}
}

// PreferentialCard is the preferential card (优待证).
type PreferentialCard struct{ ent.Schema }

// Mixin of the entity.
func (PreferentialCard) Mixin() []ent.Mixin { return profile() }

// Fields of the entity.
func (PreferentialCard) Fields() []ent.Field {
	return []ent.Field{
		field.Enum("state").Values("MAKING", "ACTIVE", "CANCELLED"),
		code("bank"),
		someDay("issued_on"),
	}
}

// PensionRelation is the disability pension relation (抚恤关系) and where it lies.
type PensionRelation struct{ ent.Schema }

// Mixin of the entity.
func (PensionRelation) Mixin() []ent.Mixin { return profile() }

// Fields of the entity.
func (PensionRelation) Fields() []ent.Field {
	return []ent.Field{
		field.Enum("state").Values("WITH_ARMY", "RECEIVED"),
		code("grade"),
		someDay("received_on"),
	}
}
