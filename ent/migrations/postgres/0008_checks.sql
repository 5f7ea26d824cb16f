-- +goose Up
ALTER TABLE "items" ADD COLUMN "checked" character varying NULL, ADD COLUMN "checked_at" timestamptz NULL;
CREATE TABLE "identity_checks" ("id" character varying NOT NULL, "session" character varying NOT NULL, "port" character varying NOT NULL, "reference" character varying NOT NULL, "state" character varying NOT NULL DEFAULT 'PENDING', "level" character varying NULL, "asked_at" timestamptz NOT NULL, "ticket_until" timestamptz NOT NULL, "answered_at" timestamptz NULL, "valid_until" timestamptz NULL, "veteran_id" character varying NOT NULL, PRIMARY KEY ("id"), CONSTRAINT "identity_checks_veterans_veteran" FOREIGN KEY ("veteran_id") REFERENCES "veterans" ("id") ON DELETE CASCADE);
CREATE INDEX "identitycheck_veteran_id" ON "identity_checks" ("veteran_id");
CREATE INDEX "identitycheck_session_id" ON "identity_checks" ("session", "id");
