package schema

import (
	"entgo.io/ent"
	"entgo.io/ent/dialect/entsql"
	"entgo.io/ent/schema/field"
	"entgo.io/ent/schema/index"
)

// Receipt is one leaf of the log of reads (查阅留痕): that somebody was sent sensitive
// data of one person in one answer. Rows are only ever added, in the order of their
// numbers, which have no gaps. Nothing in them names anybody: people, accounts and
// cases stand there by pseudonyms of internal/vault.
type Receipt struct{ ent.Schema }

// Fields of the entity.
func (Receipt) Fields() []ent.Field {
	return []ent.Field{
		counted("number of the leaf, from 0"),
		field.Int64("at").Immutable().Comment("milliseconds since 1970; also in the body"),
		field.Bytes("person").MaxLen(16).Immutable().Comment("pseudonym; also in the body"),
		field.Bytes("body").Immutable().Comment("the leaf, byte for byte as it was hashed"),
		field.Bytes("hashes").Immutable().Comment("RFC 6962 hashes that this leaf completes, 32 bytes each, the leaf's own first"),
	}
}

// ReceiptPerson says which leaves are about a person, so that they are found without
// looking at all. It is filled behind the answers, leaf by leaf without gaps: what lies
// behind its last row is looked for among the leaves themselves. Answers do not wait for
// it, since its index is written at as many places as there are people.
type ReceiptPerson struct{ ent.Schema }

// Fields of the entity.
func (ReceiptPerson) Fields() []ent.Field {
	return []ent.Field{
		counted("number of the leaf"),
		field.Bytes("person").MaxLen(16).Immutable().Comment("pseudonym, as in the leaf"),
	}
}

// Indexes of the entity.
func (ReceiptPerson) Indexes() []ent.Index { return []ent.Index{index.Fields("person", "id")} }

// ReceiptHead is the one row that says how far the log of reads has come. It is
// locked while leaves are added, so that two hubs add one after the other.
type ReceiptHead struct{ ent.Schema }

// Fields of the entity.
func (ReceiptHead) Fields() []ent.Field {
	return []ent.Field{
		counted("always 1"),
		field.String("origin").MaxRuneLen(200).Immutable().Comment("name of the log, in every checkpoint; never changes"),
		field.Int64("size").Comment("how many leaves there are"),
		field.Bytes("root").Comment("RFC 6962 hash of the tree over all of them"),
	}
}

// ReceiptCheckpoint is a head of the log as it was signed and given out.
type ReceiptCheckpoint struct{ ent.Schema }

// Fields of the entity.
func (ReceiptCheckpoint) Fields() []ent.Field {
	return []ent.Field{
		counted("size of the log that it speaks of"),
		field.Bytes("note").Immutable().Comment("C2SP checkpoint with our signature"),
		field.Time("signed_at").Immutable(),
	}
}

// ReceiptCosignature is a witness's signature under a checkpoint.
type ReceiptCosignature struct{ ent.Schema }

// Fields of the entity.
func (ReceiptCosignature) Fields() []ent.Field {
	return []ent.Field{
		id(), // size and witness
		field.Int64("size").Immutable().Comment("of the checkpoint"),
		field.String("witness").MaxRuneLen(200).Immutable(),
		field.Bytes("line").Immutable().Comment("signature line of the note"),
	}
}

// Indexes of the entity.
func (ReceiptCosignature) Indexes() []ent.Index { return []ent.Index{index.Fields("size")} }

// counted is an ID that is a number which the room gives, not the database.
func counted(what string) ent.Field {
	return field.Int64("id").Immutable().Annotations(entsql.Annotation{Incremental: new(bool)}).Comment(what)
}
