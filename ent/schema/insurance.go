package schema

import (
	"entgo.io/ent"
	"entgo.io/ent/schema/field"
)

// Enrolment is membership of an insurance scheme, or the agency's word that there is none.
type Enrolment struct{ ent.Schema }

// Mixin of the entity.
func (Enrolment) Mixin() []ent.Mixin { return profile() }

// Fields of the entity.
func (Enrolment) Fields() []ent.Field {
	return []ent.Field{
		field.Enum("branch").Values("SOCIAL", "PENSION", "MEDICAL"),
		code("scheme"),
		code("division"),
		field.Enum("state").Values("NONE", "ACTIVE", "SUSPENDED"),
		field.Bool("before_service").Default(false),
		someDay("since"),
	}
}

// SocialSecurityCard is the social-security card, or the agency's word that there is none.
type SocialSecurityCard struct{ ent.Schema }

// Mixin of the entity.
func (SocialSecurityCard) Mixin() []ent.Mixin { return profile() }

// Fields of the entity.
func (SocialSecurityCard) Fields() []ent.Field {
	return []ent.Field{
		field.Enum("state").Values("NONE", "MAKING", "ACTIVE"),
		code("bank"),
		someDay("issued_on"),
	}
}

// ArmyRelation is an insurance relation that the army hands over: months and money to transfer.
type ArmyRelation struct{ ent.Schema }

// Mixin of the entity.
func (ArmyRelation) Mixin() []ent.Mixin { return profile() }

// Fields of the entity.
func (ArmyRelation) Fields() []ent.Field {
	return []ent.Field{
		field.Enum("kind").Values("PENSION", "MEDICAL", "ANNUITY"),
		field.String("voucher_no").MaxRuneLen(60).Optional(),
		field.Int("months").Optional(),
		field.Int64("amount_fen").Optional(),
		field.Bool("transferred").Default(false),
		someDay("transferred_on"),
	}
}
