package schema

import (
	"entgo.io/ent"
	"entgo.io/ent/dialect/entsql"
	"entgo.io/ent/schema/edge"
	"entgo.io/ent/schema/field"
	"entgo.io/ent/schema/index"

	"github.com/vetgraph/vetgraph/internal/lifecycle"
)

// CaseFile is one joint handling: several matters of one veteran, submitted
// together. GraphQL calls it Case, a word that Go keeps for itself.
type CaseFile struct{ ent.Schema }

// Fields of the entity.
func (CaseFile) Fields() []ent.Field {
	return []ent.Field{
		id(),
		field.String("number").MaxRuneLen(40).Unique().Immutable().Comment("办件编号, printed on paper"),
		field.String("veteran_id").MaxRuneLen(40).Immutable(),
		field.String("division").MaxRuneLen(12).Immutable().Comment("whose desk is responsible"),
		field.Enum("state").GoType(lifecycle.CaseState("")).Default(string(lifecycle.CaseDraft)),
		field.Enum("warning").GoType(lifecycle.Warning("")).Default(string(lifecycle.NoWarning)).Comment("the worst of its items"),
		field.Enum("channel").Values("WEB", "APP", "WINDOW", "AGENT").Default("WEB"),
		field.String("catalog_version").MaxRuneLen(80).Comment("the catalogue it was planned with"),
		field.Strings("matters").Comment("codes, in the order of the plan"),
		field.String("submission_key").MaxRuneLen(120).Optional().Nillable().Comment("the client's idempotency key"),
		field.Bytes("submission_hash").Optional().Sensitive().Comment("keyed digest of what was submitted under that key"),
		sealed("draft_sealed"), // what was typed so far, as typed; gone once submitted
		sealed("answers_sealed"),
		sealed("plan_sealed"),
		field.Int("plan_days").Default(0).Comment("working days promised"),
		someDay("accepted_on"),
		someDay("due_on"),
		field.Bool("due_provisional").Default(false).Comment("the year's holidays were not yet known"),
		field.Int("returns").Default(0).Comment("how often a department returned something for correction"),
		field.Int("papers_saved").Default(0),
		field.Int("visits_saved").Default(0),
		field.String("reason").MaxRuneLen(1000).Optional().Comment("why it was not accepted, or ended before its time"),
		field.Time("submitted_at").Optional().Nillable(),
		field.Time("closed_at").Optional().Nillable(),
		field.Int("workdays").Optional().Nillable().Comment("working days from acceptance to its end, pauses included; internal/progress writes it"),
		field.Bool("on_time").Optional().Nillable().Comment("ended by the promised day; with workdays"),
		field.Time("created_at").Immutable(),
		field.Time("updated_at"),
	}
}

// Edges of the entity.
func (CaseFile) Edges() []ent.Edge {
	return []ent.Edge{
		edge.To("veteran", Veteran.Type).Field("veteran_id").Unique().Required().Immutable().
			Annotations(entsql.OnDelete(entsql.Restrict)),
		edge.To("items", Item.Type).Annotations(entsql.OnDelete(entsql.Restrict)),
		edge.To("materials", Material.Type).Annotations(entsql.OnDelete(entsql.Restrict)),
		edge.To("events", Event.Type).Annotations(entsql.OnDelete(entsql.Restrict)),
	}
}

// Indexes of the entity.
func (CaseFile) Indexes() []ent.Index {
	return []ent.Index{
		index.Fields("veteran_id", "submission_key").Unique(), // one acceptance per key
		index.Fields("division", "id"),
		index.Fields("state", "id"),
	}
}

// Item is one matter within a case.
type Item struct{ ent.Schema }

// Fields of the entity.
func (Item) Fields() []ent.Field {
	return []ent.Field{
		id(),
		field.String("case_id").MaxRuneLen(40).Immutable(),
		field.String("veteran_id").MaxRuneLen(40).Immutable(),
		field.String("division").MaxRuneLen(12).Immutable(),
		field.String("matter").MaxRuneLen(16).Immutable(),
		field.String("department").MaxRuneLen(16).Immutable(),
		field.Int("position").Immutable().Comment("place in the plan's order"),
		field.Strings("after").Optional().Immutable().Comment("matters of this case that must end first"),
		field.Enum("state").GoType(lifecycle.ItemState("")),
		field.Enum("warning").GoType(lifecycle.Warning("")).Default(string(lifecycle.NoWarning)),
		field.Int("finish_day").Immutable().Comment("promised end, in working days after acceptance"),
		day("due_on"),
		field.Int("round").Default(0).Comment("how often it was supplemented after a return"),
		field.Bool("withdrawing").Default(false).Comment("the applicant wants it back; its department has not said yet"),
		field.String("checked").MaxRuneLen(40).Optional().Comment("what a department answered when asked before this round was sent; a value of the matter's beforeDispatch"),
		field.Time("checked_at").Optional().Nillable(),
		field.Time("dispatched_at").Optional().Nillable(),
		field.String("receipt_no").MaxRuneLen(80).Optional(),
		field.Time("received_at").Optional().Nillable(),
		field.Time("decided_at").Optional().Nillable(),
		field.Int("workdays").Optional().Nillable().Comment("working days from acceptance to the decision, pauses included; internal/progress writes it"),
		field.Bool("on_time").Optional().Nillable().Comment("decided by the promised day; with workdays"),
		field.String("decided_by").MaxRuneLen(80).Optional().Comment("account, or the department's system"),
		field.String("result_no").MaxRuneLen(80).Optional().Comment("number of the certificate or decision"),
		field.String("words").MaxRuneLen(1000).Optional().Comment("the department's reasons"),
		sealed("outputs_sealed"),
		field.Int64("sequence").Default(0).Comment("the department's last word applied; an older one changes nothing"),
	}
}

// Edges of the entity.
func (Item) Edges() []ent.Edge {
	return []ent.Edge{edge.From("case", CaseFile.Type).Ref("items").Field("case_id").Unique().Required().Immutable()}
}

// Indexes of the entity.
func (Item) Indexes() []ent.Index {
	return []ent.Index{
		index.Fields("case_id", "matter").Unique(),
		index.Fields("department", "division", "state"),
		index.Fields("department", "due_on", "id"), // the desk's queue
		index.Fields("veteran_id"),
	}
}

// Material is a paper that the applicant brings for a case.
type Material struct{ ent.Schema }

// Fields of the entity.
func (Material) Fields() []ent.Field {
	return []ent.Field{
		id(),
		field.String("case_id").MaxRuneLen(40).Immutable(),
		field.String("code").MaxRuneLen(16).Immutable(),
		field.Strings("needed_by").Immutable(),
		field.Enum("state").Values("EXPECTED", "HELD", "PROMISED", "COMMITTED", "FAULTY").Default("EXPECTED"),
		someDay("due_on"), // of a paper that was promised (容缺受理)
		field.String("words").MaxRuneLen(300).Optional().Comment("what is wrong with it"),
	}
}

// Edges of the entity.
func (Material) Edges() []ent.Edge {
	return []ent.Edge{edge.From("case", CaseFile.Type).Ref("materials").Field("case_id").Unique().Required().Immutable()}
}

// Indexes of the entity.
func (Material) Indexes() []ent.Index { return []ent.Index{index.Fields("case_id", "code").Unique()} }

// Event is one entry of the journal: who did what to which case or item, when
// and why. Entries are only ever added, in the transaction of the deed.
type Event struct{ ent.Schema }

// Fields of the entity.
func (Event) Fields() []ent.Field {
	return []ent.Field{
		field.Int64("id").Comment("rises with time within a case"),
		field.String("case_id").MaxRuneLen(40).Immutable(),
		field.String("item_id").MaxRuneLen(40).Optional().Immutable(),
		field.String("matter").MaxRuneLen(16).Optional().Immutable(),
		field.String("kind").MaxRuneLen(40).Immutable(),
		field.String("actor_kind").MaxRuneLen(24).Immutable(),
		field.String("actor").MaxRuneLen(80).Immutable(),
		field.String("principal").MaxRuneLen(80).Optional().Immutable().Comment("for whom, where the actor files for somebody"),
		field.String("mandate_id").MaxRuneLen(40).Optional().Immutable(),
		field.String("from_state").MaxRuneLen(24).Optional().Immutable(),
		field.String("to_state").MaxRuneLen(24).Optional().Immutable(),
		field.String("reason").MaxRuneLen(1000).Optional().Immutable(),
		field.Time("at").Immutable(),
	}
}

// Edges of the entity.
func (Event) Edges() []ent.Edge {
	return []ent.Edge{edge.From("case", CaseFile.Type).Ref("events").Field("case_id").Unique().Required().Immutable()}
}

// Indexes of the entity.
func (Event) Indexes() []ent.Index { return []ent.Index{index.Fields("case_id", "id")} }

// Division is an administrative division on one of five levels.
type Division struct{ ent.Schema }

// Fields of the entity.
func (Division) Fields() []ent.Field {
	return []ent.Field{
		field.String("id").MaxRuneLen(12).Immutable().Comment("12-digit statistical code"),
		field.String("name").MaxRuneLen(60),
		field.Enum("level").Values("province", "city", "county", "township", "village"),
		field.String("parent_id").MaxRuneLen(12).Optional().Nillable(),
	}
}

// Edges of the entity.
func (Division) Edges() []ent.Edge {
	return []ent.Edge{edge.To("children", Division.Type).From("parent").Field("parent_id").Unique()}
}

// CatalogVersion keeps a catalogue for as long as a case is pinned to it.
type CatalogVersion struct{ ent.Schema }

// Fields of the entity.
func (CatalogVersion) Fields() []ent.Field {
	return []ent.Field{
		field.String("id").MaxRuneLen(80).Immutable(),
		field.Bytes("archive").Immutable(),
		field.Time("loaded_at").Immutable(),
	}
}
