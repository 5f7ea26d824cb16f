-- +goose Up
CREATE TABLE "administrative_acts" ("id" character varying NOT NULL, "at" timestamptz NOT NULL, "role" character varying NOT NULL, "account" character varying NOT NULL, "act" character varying NOT NULL, "deed" character varying NOT NULL, "subject" character varying NULL, "reason" character varying NULL, PRIMARY KEY ("id"));
CREATE INDEX "administrativeact_account_role" ON "administrative_acts" ("account", "role");
CREATE TABLE "restrictions" ("id" character varying NOT NULL, "kind" character varying NOT NULL, "subject" character varying NOT NULL, "reason" character varying NOT NULL, "restricted_at" timestamptz NOT NULL, "restricted_by" character varying NOT NULL, "lifted_at" timestamptz NULL, "lifted_by" character varying NULL, "lifted_reason" character varying NULL, PRIMARY KEY ("id"));
CREATE UNIQUE INDEX "restriction_kind_subject" ON "restrictions" ("kind", "subject") WHERE lifted_at IS NULL;
