package schema

import (
	"entgo.io/ent"
	"entgo.io/ent/dialect/entsql"
	"entgo.io/ent/schema/edge"
	"entgo.io/ent/schema/field"
	"entgo.io/ent/schema/index"
	"entgo.io/ent/schema/mixin"

	"github.com/vetgraph/vetgraph/internal/lifecycle"
)

// OfCase ties a row to its case.
type OfCase struct{ mixin.Schema }

// Fields of the mixin.
func (OfCase) Fields() []ent.Field {
	return []ent.Field{id(), field.String("case_id").MaxRuneLen(40).Immutable()}
}

// Edges of the mixin.
func (OfCase) Edges() []ent.Edge {
	return []ent.Edge{
		edge.To("case", CaseFile.Type).Field("case_id").Unique().Required().Immutable().
			Annotations(entsql.OnDelete(entsql.Restrict)),
	}
}

// Indexes of the mixin.
func (OfCase) Indexes() []ent.Index { return []ent.Index{index.Fields("case_id")} }

// PreReview is a look at a case before it is submitted (预审): by the machine, or
// by an officer where the catalogue says so. It is not on the clock.
type PreReview struct{ ent.Schema }

// Mixin of the entity.
func (PreReview) Mixin() []ent.Mixin { return []ent.Mixin{OfCase{}} }

// Fields of the entity.
func (PreReview) Fields() []ent.Field {
	return []ent.Field{
		field.String("matter").MaxRuneLen(16).Optional().Immutable().Comment("empty: the whole case, by the machine"),
		field.String("department").MaxRuneLen(16).Optional().Immutable(),
		field.String("division").MaxRuneLen(12).Immutable(),
		field.Enum("state").Values("PENDING", "PASSED", "FAILED").Default("PENDING"),
		field.JSON("findings", []lifecycle.Finding{}).Optional(),
		field.String("words").MaxRuneLen(1000).Optional(),
		field.String("reviewer").MaxRuneLen(80).Optional().Comment("account, or the machine"),
		field.Time("asked_at").Immutable(),
		day("due_on"),
		field.Time("ended_at").Optional().Nillable(),
		someDay("valid_until"), // last day on which the result may be relied on
	}
}

// Correction is one return of an item (补正): the notice with all that is wrong,
// pinned, and the supplement that answered it.
type Correction struct{ ent.Schema }

// Mixin of the entity.
func (Correction) Mixin() []ent.Mixin { return []ent.Mixin{OfCase{}} }

// Fields of the entity.
func (Correction) Fields() []ent.Field {
	return []ent.Field{
		field.String("item_id").MaxRuneLen(40).Immutable(),
		field.Int("round").Immutable().Comment("0 for the first return of the item"),
		field.JSON("defects", []lifecycle.Defect{}).Optional().Immutable(),
		field.String("words").MaxRuneLen(1000).Optional().Immutable(),
		field.String("returned_by").MaxRuneLen(80).Immutable(),
		field.Time("returned_at").Immutable(),
		day("due_on"),
		field.Time("answered_at").Optional().Nillable(),
		sealed("answers_sealed"),
		field.Strings("papers").Optional().Comment("material codes handed in with the supplement"),
		field.Strings("also").Optional().Comment("items, besides its own, that had not been sent when the supplement came"),
	}
}

// Indexes of the entity.
func (Correction) Indexes() []ent.Index {
	return []ent.Index{index.Fields("item_id", "round").Unique()}
}

// Pause is a time during which an item's clock stands (补正, 中止): the days after
// from_day up to and including to_day.
type Pause struct{ ent.Schema }

// Mixin of the entity.
func (Pause) Mixin() []ent.Mixin { return []ent.Mixin{OfCase{}} }

// Fields of the entity.
func (Pause) Fields() []ent.Field {
	return []ent.Field{
		field.String("item_id").MaxRuneLen(40).Immutable(),
		field.Enum("kind").Values("CORRECTION", "SUSPENSION").Immutable(),
		day("from_day"),
		someDay("to_day"), // empty while the clock stands
		field.String("reason").MaxRuneLen(1000).Immutable(),
		field.String("law").MaxRuneLen(200).Immutable(),
		field.String("ordered_by").MaxRuneLen(80).Immutable(),
	}
}

// Indexes of the entity.
func (Pause) Indexes() []ent.Index { return []ent.Index{index.Fields("item_id")} }

// Obligation is a word that somebody owes, from the moment a case is accepted:
// it ends with a receipt, a result, a return, a withdrawal; past its time a named
// person has it.
type Obligation struct{ ent.Schema }

// Mixin of the entity.
func (Obligation) Mixin() []ent.Mixin { return []ent.Mixin{OfCase{}} }

// Fields of the entity.
func (Obligation) Fields() []ent.Field {
	return []ent.Field{
		field.String("item_id").MaxRuneLen(40).Optional().Immutable(),
		field.String("matter").MaxRuneLen(16).Optional().Immutable(),
		field.Enum("kind").Values("ACCEPTANCE", "PRE_REVIEW", "RESULT", "CORRECTION", "WITHDRAWAL", "MAKE_UP", "COMMITMENT", "PAYMENT").Immutable(),
		field.Enum("owed_by").Values("DEPARTMENT", "APPLICANT", "HUB").Comment("who must speak next"),
		field.String("department").MaxRuneLen(16).Comment("who answers for it"),
		field.String("division").MaxRuneLen(12).Immutable(),
		field.Time("opened_at").Immutable(),
		field.Time("heard_at").Comment("the owner's last word"),
		field.Time("word_by").Comment("when the next word is due; later it is a silence unless somebody has it"),
		field.Time("ended_at").Optional().Nillable(),
		field.String("ending").MaxRuneLen(24).Optional().Comment("RESULT, RETURN, WITHDRAWAL, ACCEPTANCE, LAPSE …"),
		field.String("task_id").MaxRuneLen(40).Optional().Comment("the named person's task, once the word is late"),
	}
}

// Indexes of the entity.
func (Obligation) Indexes() []ent.Index {
	return []ent.Index{
		index.Fields("word_by").Annotations(entsql.IndexWhere("ended_at IS NULL")),
		index.Fields("item_id"),
	}
}

// Task is something a named person must see to (督办).
type Task struct{ ent.Schema }

// Fields of the entity.
func (Task) Fields() []ent.Field {
	return []ent.Field{
		id(),
		field.Enum("kind").Values("SILENCE", "OVERDUE", "RATING", "UNDELIVERED", "CONTRADICTION", "DISPUTE", "COMMITMENT", "PRE_REVIEW", "ACCEPTANCE").Immutable(),
		field.String("case_id").MaxRuneLen(40).Optional().Immutable(),
		field.String("item_id").MaxRuneLen(40).Optional().Immutable(),
		field.String("subject").MaxRuneLen(80).Immutable().Comment("ID of what it is about: an obligation, a rating, a dispute, a message"),
		field.String("department").MaxRuneLen(16).Immutable(),
		field.String("division").MaxRuneLen(12).Immutable(),
		field.String("assignee").MaxRuneLen(80).Comment("account of the named person"),
		field.String("assignee_name").MaxRuneLen(60),
		field.String("words").MaxRuneLen(1000).Comment("what is to be done; no name and no number of a person"),
		field.Time("opened_at").Immutable(),
		day("due_on"),
		field.Enum("state").Values("OPEN", "DONE").Default("OPEN"),
		field.Time("done_at").Optional().Nillable(),
		field.String("done_by").MaxRuneLen(80).Optional(),
		field.String("outcome").MaxRuneLen(1000).Optional(),
	}
}

// Indexes of the entity.
func (Task) Indexes() []ent.Index {
	return []ent.Index{
		index.Fields("kind", "subject").Unique(), // one task for one matter of concern
		index.Fields("state", "department", "due_on", "id"),
		index.Fields("assignee", "state"),
		index.Fields("case_id"),
	}
}

// Violation is a breach of the rules of handling, with its owner: a second return
// for what was visible at the first, a refusal without reasons.
type Violation struct{ ent.Schema }

// Mixin of the entity.
func (Violation) Mixin() []ent.Mixin { return []ent.Mixin{OfCase{}} }

// Fields of the entity.
func (Violation) Fields() []ent.Field {
	return []ent.Field{
		field.String("item_id").MaxRuneLen(40).Optional().Immutable(),
		field.String("matter").MaxRuneLen(16).Optional().Immutable(),
		field.Enum("kind").Values("SECOND_RETURN", "OVERDUE").Immutable(),
		field.String("element").MaxRuneLen(60).Optional().Immutable(),
		field.String("material").MaxRuneLen(16).Optional().Immutable(),
		field.String("owner").MaxRuneLen(80).Immutable().Comment("account, or the department's system"),
		field.String("department").MaxRuneLen(16).Immutable(),
		field.String("division").MaxRuneLen(12).Immutable(),
		field.String("law").MaxRuneLen(200).Immutable(),
		field.String("words").MaxRuneLen(1000).Immutable(),
		field.Time("at").Immutable(),
	}
}

// Indexes of the entity.
func (Violation) Indexes() []ent.Index {
	return []ent.Index{index.Fields("department", "division", "id")}
}

// Dispute is a person's objection to a value of their profile, before the
// department that vouches for it (个人信息保护法 46).
type Dispute struct{ ent.Schema }

// Mixin of the entity.
func (Dispute) Mixin() []ent.Mixin { return []ent.Mixin{OfVeteran{}} }

// Fields of the entity.
func (Dispute) Fields() []ent.Field {
	return []ent.Field{
		field.String("element").MaxRuneLen(60).Immutable().Comment("data element"),
		field.String("department").MaxRuneLen(16).Immutable(),
		field.String("division").MaxRuneLen(12).Immutable(),
		sealed("claim_sealed"), // what the person says is right, and why
		field.Time("opened_at").Immutable(),
		day("due_on"),
		field.Enum("state").Values("OPEN", "UPHELD", "REJECTED", "WITHDRAWN").Default("OPEN"),
		field.Time("ended_at").Optional().Nillable(),
		field.String("ended_by").MaxRuneLen(80).Optional(),
		field.String("words").MaxRuneLen(1000).Optional().Comment("the department's reasons"),
	}
}

// Indexes of the entity.
func (Dispute) Indexes() []ent.Index {
	return []ent.Index{index.Fields("department", "state", "id")}
}

// CalendarYear is a year's working days as an operator loaded them.
type CalendarYear struct{ ent.Schema }

// Fields of the entity.
func (CalendarYear) Fields() []ent.Field {
	return []ent.Field{
		field.String("id").MaxRuneLen(4).Immutable().Comment("the year"),
		field.Bytes("schedule").Comment("JSON, as the loader reads it"),
		field.Time("loaded_at"),
		field.String("loaded_by").MaxRuneLen(80),
	}
}
