package schema

import (
	"entgo.io/ent"
	"entgo.io/ent/schema/field"
)

// Background is what veterans affairs knows of schooling and party membership.
type Background struct{ ent.Schema }

// Mixin of the entity.
func (Background) Mixin() []ent.Mixin { return profile() }

// Fields of the entity.
func (Background) Fields() []ent.Field {
	return []ent.Field{
		code("education"),
		code("political"),
	}
}

// Contact is how the person is reached.
type Contact struct{ ent.Schema }

// Mixin of the entity.
func (Contact) Mixin() []ent.Mixin { return profile() }

// Fields of the entity.
func (Contact) Fields() []ent.Field {
	return []ent.Field{
		sealed("mobile_sealed"),
		code("division"),
		sealed("address_sealed"),
	}
}

// HouseholdEntry is one entry in the household register: the one cancelled on enlistment, or the present one.
type HouseholdEntry struct{ ent.Schema }

// Mixin of the entity.
func (HouseholdEntry) Mixin() []ent.Mixin { return profile() }

// Fields of the entity.
func (HouseholdEntry) Fields() []ent.Field {
	return []ent.Field{
		field.Enum("kind").Values("PRIOR", "CURRENT"),
		field.Enum("state").Values("CANCELLED", "REGISTERED"),
		code("division"),
		sealed("address_sealed"),
		someDay("cancelled_on"),
		someDay("registered_on"),
		field.String("police_station").MaxRuneLen(100).Optional(),
	}
}

// IdentityCard is the resident identity card, or the police's word that there is none.
type IdentityCard struct{ ent.Schema }

// Mixin of the entity.
func (IdentityCard) Mixin() []ent.Mixin { return profile() }

// Fields of the entity.
func (IdentityCard) Fields() []ent.Field {
	return []ent.Field{
		field.Enum("state").Values("NONE", "VALID", "EXPIRED", "LOST"),
		someDay("valid_to"),
		field.Bool("long_term").Default(false),
	}
}
