-- +goose Up
-- What departments said when they were asked, each beside the others' (internal/profile).
CREATE TABLE "sayings" ("id" character varying NOT NULL, "source" character varying NOT NULL, "as_of" timestamptz NOT NULL, "valid_until" date NULL, "basis" character varying NOT NULL, "element" character varying NOT NULL, "value_sealed" bytea NULL, "since" timestamptz NOT NULL, "heard_at" timestamptz NOT NULL, "settles_from" timestamptz NULL, "settled_at" timestamptz NULL, "veteran_id" character varying NOT NULL, PRIMARY KEY ("id"), CONSTRAINT "sayings_veterans_veteran" FOREIGN KEY ("veteran_id") REFERENCES "veterans" ("id") ON DELETE CASCADE);
CREATE INDEX "saying_veteran_id" ON "sayings" ("veteran_id");
