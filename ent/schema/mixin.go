// Package schema is the record: the entities of the unified veteran profile and of casework.
//
// It holds fields, edges and indexes and no business verbs. Every fact that a
// department vouches for has the [Fact] mixin. Numbers and addresses of people
// are sealed (internal/vault) before they come here: the columns end in _sealed.
package schema

import (
	"entgo.io/ent"
	"entgo.io/ent/dialect"
	"entgo.io/ent/dialect/entsql"
	"entgo.io/ent/schema"
	"entgo.io/ent/schema/edge"
	"entgo.io/ent/schema/field"
	"entgo.io/ent/schema/index"
	"entgo.io/ent/schema/mixin"

	"github.com/vetgraph/vetgraph/internal/workday"
)

// Fact is what every fact of a department carries: who says so, as of when,
// until when, and on which ground.
type Fact struct{ mixin.Schema }

// Fields of the mixin.
func (Fact) Fields() []ent.Field {
	return []ent.Field{
		field.String("source").MaxRuneLen(16).Comment("department or party that vouches, as a code of the catalogue"),
		field.Time("as_of").Comment("the department's own time of the fact"),
		someDay("valid_until"), // last day on which it holds, if it ends
		field.String("basis").MaxRuneLen(200).Comment("law article, circular or roll it rests on"),
	}
}

// OfVeteran ties a fact to its person and finds it by that person.
type OfVeteran struct{ mixin.Schema }

// Fields of the mixin.
func (OfVeteran) Fields() []ent.Field {
	return []ent.Field{id(), field.String("veteran_id").MaxRuneLen(40).Immutable()}
}

// Edges of the mixin.
func (OfVeteran) Edges() []ent.Edge {
	return []ent.Edge{
		edge.To("veteran", Veteran.Type).Field("veteran_id").Unique().Required().Immutable().
			Annotations(entsql.OnDelete(entsql.Cascade)),
	}
}

// Indexes of the mixin.
func (OfVeteran) Indexes() []ent.Index { return []ent.Index{index.Fields("veteran_id")} }

// Annotations of the mixin: template/fact.tmpl looks for this one.
func (Fact) Annotations() []schema.Annotation { return []schema.Annotation{factMark{}} }

type factMark struct{}

func (factMark) Name() string { return "Fact" }

func id() ent.Field { return field.String("id").NotEmpty().MaxRuneLen(80).Immutable() }

func profile() []ent.Mixin { return []ent.Mixin{OfVeteran{}, Fact{}} }

// day is a civil date: a date on PostgreSQL, YYYY-MM-DD on SQLite.
func day(name string) ent.Field { return field.Other(name, workday.Day(0)).SchemaType(daySQL) }

// someDay is a civil date that may be missing.
func someDay(name string) ent.Field {
	return field.Other(name, workday.Day(0)).SchemaType(daySQL).Optional().Nillable()
}

// code is a value of a code list of the catalogue; empty when it is not known.
func code(name string) ent.Field { return field.String(name).MaxRuneLen(32).Optional() }

// sealed is ciphertext of internal/vault.
func sealed(name string) ent.Field { return field.Bytes(name).Optional().Sensitive() }

var daySQL = map[string]string{dialect.Postgres: "date", dialect.SQLite: "text"}
