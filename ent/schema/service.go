package schema

import (
	"entgo.io/ent"
	"entgo.io/ent/schema/field"
)

// ServicePeriod is one span of active service.
type ServicePeriod struct{ ent.Schema }

// Mixin of the entity.
func (ServicePeriod) Mixin() []ent.Mixin { return profile() }

// Fields of the entity.
func (ServicePeriod) Fields() []ent.Field {
	return []ent.Field{
		day("enlisted_on"),
		someDay("left_on"),
		code("enlist_division"),
		code("branch"),
		field.String("unit").MaxRuneLen(100).Optional().Comment("code name only, never the real designation (退役军人保障法 art. 6)"),
		field.String("specialty").MaxRuneLen(100).Optional(),
		field.Bool("combat").Optional().Nillable(),
	}
}

// Rank is one military rank held.
type Rank struct{ ent.Schema }

// Mixin of the entity.
func (Rank) Mixin() []ent.Mixin { return profile() }

// Fields of the entity.
func (Rank) Fields() []ent.Field {
	return []ent.Field{
		field.String("rank").MaxRuneLen(32),
		someDay("held_from"),
	}
}

// Award is one honour or merit.
type Award struct{ ent.Schema }

// Mixin of the entity.
func (Award) Mixin() []ent.Mixin { return profile() }

// Fields of the entity.
func (Award) Fields() []ent.Field {
	return []ent.Field{
		field.String("level").MaxRuneLen(32),
		someDay("awarded_on"),
	}
}

// Discharge is how and when the person left the forces.
type Discharge struct{ ent.Schema }

// Mixin of the entity.
func (Discharge) Mixin() []ent.Mixin { return profile() }

// Fields of the entity.
func (Discharge) Fields() []ent.Field {
	return []ent.Field{
		day("discharged_on"),
		field.String("category").MaxRuneLen(32),
		code("reason"),
		code("cert_type"),
		sealed("cert_no_sealed"),
		field.String("letter_no").MaxRuneLen(60).Optional(),
		field.Bool("reserve").Optional().Nillable().Comment("the army decided on reserve registration (兵役法 art. 17)"),
	}
}

// Settlement is mode and place of settlement (退役军人安置条例 art. 5).
type Settlement struct{ ent.Schema }

// Mixin of the entity.
func (Settlement) Mixin() []ent.Mixin { return profile() }

// Fields of the entity.
func (Settlement) Fields() []ent.Field {
	return []ent.Field{
		field.String("mode").MaxRuneLen(32),
		field.String("division").MaxRuneLen(12),
		code("relocation_reason"),
	}
}

// Disability is a disability grade, or the authority's word that there is none (grade empty).
type Disability struct{ ent.Schema }

// Mixin of the entity.
func (Disability) Mixin() []ent.Mixin { return profile() }

// Fields of the entity.
func (Disability) Fields() []ent.Field {
	return []ent.Field{
		code("grade"),
		code("nature"),
		sealed("cert_no_sealed"),
		field.String("authority").MaxRuneLen(100).Optional(),
	}
}
