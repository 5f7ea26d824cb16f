-- +goose Up
CREATE TABLE "client_assertions" ("id" character varying NOT NULL, "until" timestamptz NOT NULL, PRIMARY KEY ("id"));
CREATE INDEX "clientassertion_until" ON "client_assertions" ("until");
CREATE TABLE "slice_uses" ("id" character varying NOT NULL, "slice" character varying NOT NULL, "day" bigint NOT NULL, "asked" bigint NOT NULL DEFAULT 0, "refused" bigint NOT NULL DEFAULT 0, PRIMARY KEY ("id"));
CREATE UNIQUE INDEX "sliceuse_slice_day" ON "slice_uses" ("slice", "day");
CREATE TABLE "consents" ("id" character varying NOT NULL, "slice" character varying NOT NULL, "version" bigint NOT NULL, "notice" character varying NOT NULL, "granted_at" timestamptz NOT NULL, "until" timestamptz NOT NULL, "withdrawn_at" timestamptz NULL, "veteran_id" character varying NOT NULL, PRIMARY KEY ("id"), CONSTRAINT "consents_veterans_veteran" FOREIGN KEY ("veteran_id") REFERENCES "veterans" ("id") ON DELETE CASCADE);
CREATE INDEX "consent_veteran_id" ON "consents" ("veteran_id");
CREATE UNIQUE INDEX "consent_veteran_id_slice" ON "consents" ("veteran_id", "slice") WHERE withdrawn_at IS NULL;
CREATE INDEX "consent_veteran_id_id" ON "consents" ("veteran_id", "id");
