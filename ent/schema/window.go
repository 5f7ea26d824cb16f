package schema

import (
	"entgo.io/ent"
	"entgo.io/ent/schema/field"
	"entgo.io/ent/schema/index"
)

// Slot is half an hour at a window, with room for so many people. Rows are made
// when somebody first looks or books.
type Slot struct{ ent.Schema }

// Fields of the entity.
func (Slot) Fields() []ent.Field {
	return []ent.Field{
		id(), // division:window:day:minute
		field.String("division").MaxRuneLen(12).Immutable(),
		field.String("window").MaxRuneLen(40).Immutable(),
		day("day"),
		field.Int("starts").Immutable().Comment("minutes after midnight in China"),
		field.Int("ends").Immutable().Comment("minutes after midnight in China"),
		field.Int("capacity").NonNegative(),
		field.Int("taken").NonNegative().Default(0),
	}
}

// Indexes of the entity.
func (Slot) Indexes() []ent.Index { return []ent.Index{index.Fields("division", "window", "day")} }

// Appointment is a veteran's place in a slot (一键预约).
type Appointment struct{ ent.Schema }

// Mixin of the entity.
func (Appointment) Mixin() []ent.Mixin { return []ent.Mixin{OfCase{}} }

// Fields of the entity.
func (Appointment) Fields() []ent.Field {
	return []ent.Field{
		field.String("veteran_id").MaxRuneLen(40).Immutable(),
		field.String("slot_id").MaxRuneLen(80),
		field.String("division").MaxRuneLen(12),
		field.String("window").MaxRuneLen(40),
		day("day"),
		field.Int("starts"),
		field.Int("ends"),
		field.Strings("matters").Comment("served in this visit"),
		field.Strings("bring").Optional().Comment("originals to bring, material codes"),
		field.Enum("state").Values("BOOKED", "CANCELLED", "KEPT", "MISSED").Default("BOOKED"),
		field.String("holds").MaxRuneLen(120).Optional().Nillable().Unique().Comment("case and window while booked: one place at a time"),
		field.String("booking_key").MaxRuneLen(120).Optional().Comment("the client's idempotency key"),
		field.Int("moves").Default(0),
		field.Time("created_at").Immutable(),
		field.Time("updated_at"),
	}
}

// Indexes of the entity.
func (Appointment) Indexes() []ent.Index {
	return []ent.Index{index.Fields("veteran_id"), index.Fields("slot_id"), index.Fields("case_id", "booking_key")}
}

// Mandate is the right of a clerk to act for a veteran (帮办代办): for these
// matters, these fields, until this day.
type Mandate struct{ ent.Schema }

// Mixin of the entity.
func (Mandate) Mixin() []ent.Mixin { return []ent.Mixin{OfVeteran{}} }

// Fields of the entity.
func (Mandate) Fields() []ent.Field {
	return []ent.Field{
		field.String("agent").MaxRuneLen(80).Immutable().Comment("account that acts"),
		field.String("agent_name").MaxRuneLen(60).Optional(),
		field.String("division").MaxRuneLen(12).Immutable(),
		field.Strings("matters").Immutable(),
		field.Strings("fields").Immutable().Comment("data elements that the plan of these matters asks"),
		day("until"),
		field.Enum("state").Values("REQUESTED", "ACTIVE", "REVOKED", "REFUSED").Default("REQUESTED"),
		field.Bytes("code_hash").Optional().Sensitive().Comment("keyed digest of the confirmation code"),
		field.Int("attempts").Default(0).Comment("wrong codes so far"),
		field.Time("code_until").Optional().Nillable(),
		field.Time("requested_at").Immutable(),
		field.String("requested_by").MaxRuneLen(80).Immutable(),
		field.Time("confirmed_at").Optional().Nillable(),
		field.String("confirmed_how").MaxRuneLen(16).Optional().Comment("CODE, QR or PORTAL"),
		field.Time("ended_at").Optional().Nillable(),
		field.String("ended_by").MaxRuneLen(80).Optional(),
	}
}

// Indexes of the entity.
func (Mandate) Indexes() []ent.Index {
	return []ent.Index{index.Fields("agent", "veteran_id", "state")}
}

// Rating is a veteran's grade for one matter of a case (好差评).
type Rating struct{ ent.Schema }

// Mixin of the entity.
func (Rating) Mixin() []ent.Mixin { return []ent.Mixin{OfCase{}} }

// Fields of the entity.
func (Rating) Fields() []ent.Field {
	return []ent.Field{
		field.String("veteran_id").MaxRuneLen(40).Immutable(),
		field.String("matter").MaxRuneLen(16).Immutable(),
		field.String("department").MaxRuneLen(16).Immutable(),
		field.String("division").MaxRuneLen(12).Immutable(),
		field.Int("round").Immutable().Comment("1, or 2 after what was bad has been put right"),
		field.Int("grade").Min(1).Max(5).Immutable().Comment("5 is the best"),
		sealed("words_sealed"),
		field.Time("rated_at").Immutable(),
		field.String("reply").MaxRuneLen(1000).Optional().Comment("of the department"),
		field.Time("replied_at").Optional().Nillable(),
	}
}

// Indexes of the entity.
func (Rating) Indexes() []ent.Index {
	return []ent.Index{index.Fields("case_id", "matter", "round").Unique(), index.Fields("department", "division", "id")}
}

// Notification is something the veteran is told, from an entry of the journal.
type Notification struct{ ent.Schema }

// Mixin of the entity.
func (Notification) Mixin() []ent.Mixin { return []ent.Mixin{OfVeteran{}} }

// Fields of the entity.
func (Notification) Fields() []ent.Field {
	return []ent.Field{
		field.String("case_id").MaxRuneLen(40).Optional().Immutable(),
		field.String("item_id").MaxRuneLen(40).Optional().Immutable(),
		field.String("matter").MaxRuneLen(16).Optional().Immutable(),
		field.String("division").MaxRuneLen(12).Immutable(),
		field.String("kind").MaxRuneLen(40).Immutable().Comment("of the event that it tells of"),
		field.JSON("facts", map[string]string{}).Optional().Immutable().Comment("what the words need: numbers of cases, days; nothing of a person"),
		sealed("secret_sealed"), // a confirmation code
		field.Enum("channel").Values("SMS", "IN_APP", "PERSON").Default("SMS").Comment("the one it is on now"),
		field.Enum("state").Values("QUEUED", "SENT", "READ", "HANDED_OVER", "VOID").Default("QUEUED"),
		field.Int("attempts").Default(0),
		field.String("trouble").MaxRuneLen(60).Optional().Comment("reason of the last failure"),
		field.Time("created_at").Immutable(),
		field.Time("sent_at").Optional().Nillable(),
		field.Time("read_at").Optional().Nillable(),
		field.Time("next_at").Optional().Nillable().Comment("when it goes to the next channel unless read"),
	}
}

// Indexes of the entity.
func (Notification) Indexes() []ent.Index {
	return []ent.Index{index.Fields("case_id"), index.Fields("state", "next_at")}
}
