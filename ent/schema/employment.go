package schema

import (
	"entgo.io/ent"
	"entgo.io/ent/schema/field"
)

// EmploymentRecord is an entry in the employment register.
type EmploymentRecord struct{ ent.Schema }

// Mixin of the entity.
func (EmploymentRecord) Mixin() []ent.Mixin { return profile() }

// Fields of the entity.
func (EmploymentRecord) Fields() []ent.Field {
	return []ent.Field{
		field.String("status").MaxRuneLen(32),
		someDay("since"),
	}
}

// Training is one course of skills training.
type Training struct{ ent.Schema }

// Mixin of the entity.
func (Training) Mixin() []ent.Mixin { return profile() }

// Fields of the entity.
func (Training) Fields() []ent.Field {
	return []ent.Field{
		field.String("trade").MaxRuneLen(60),
		field.String("institution").MaxRuneLen(100).Optional(),
		field.Enum("state").Values("SIGNED_UP", "ATTENDING", "COMPLETED", "LEFT"),
		someDay("began_on"),
		someDay("ended_on"),
		field.Int("hours").Optional().Nillable().NonNegative(), // of teaching, where its institution says
	}
}

// Guidance is one session of job or start-up guidance.
type Guidance struct{ ent.Schema }

// Mixin of the entity.
func (Guidance) Mixin() []ent.Mixin { return profile() }

// Fields of the entity.
func (Guidance) Fields() []ent.Field {
	return []ent.Field{
		field.Enum("kind").Values("JOB", "STARTUP"),
		day("held_on"),
		field.String("outcome").MaxRuneLen(200).Optional(),
	}
}

// TrainingSubsidy is money paid towards training.
type TrainingSubsidy struct{ ent.Schema }

// Mixin of the entity.
func (TrainingSubsidy) Mixin() []ent.Mixin { return profile() }

// Fields of the entity.
func (TrainingSubsidy) Fields() []ent.Field {
	return []ent.Field{
		field.Int64("amount_fen"),
		field.Enum("state").Values("APPROVED", "PAID"),
		someDay("paid_on"),
	}
}
