-- +goose Up
CREATE TABLE "receipts" ("id" bigint NOT NULL, "at" bigint NOT NULL, "person" bytea NOT NULL, "body" bytea NOT NULL, "hashes" bytea NOT NULL, PRIMARY KEY ("id"));
CREATE INDEX "receipt_person_id" ON "receipts" ("person", "id");
CREATE TABLE "receipt_checkpoints" ("id" bigint NOT NULL, "note" bytea NOT NULL, "signed_at" timestamptz NOT NULL, PRIMARY KEY ("id"));
CREATE TABLE "receipt_cosignatures" ("id" character varying NOT NULL, "size" bigint NOT NULL, "witness" character varying NOT NULL, "line" bytea NOT NULL, PRIMARY KEY ("id"));
CREATE INDEX "receiptcosignature_size" ON "receipt_cosignatures" ("size");
CREATE TABLE "receipt_heads" ("id" bigint NOT NULL, "origin" character varying NOT NULL, "size" bigint NOT NULL, "root" bytea NOT NULL, PRIMARY KEY ("id"));
