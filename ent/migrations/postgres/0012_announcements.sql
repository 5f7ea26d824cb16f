-- +goose Up
CREATE TABLE "announcements" ("id" character varying NOT NULL, "slice" character varying NOT NULL, "veteran_id" character varying NOT NULL, "at" bigint NOT NULL, "kind" character varying NOT NULL, "fields" jsonb NULL, "state" character varying NOT NULL DEFAULT 'WAITING', "attempts" bigint NOT NULL DEFAULT 0, "trouble" character varying NULL, "ended_at" timestamptz NULL, PRIMARY KEY ("id"));
CREATE UNIQUE INDEX "announcement_slice_veteran_id_at" ON "announcements" ("slice", "veteran_id", "at");
CREATE INDEX "announcement_slice_state_at" ON "announcements" ("slice", "state", "at");
CREATE INDEX "announcement_ended_at" ON "announcements" ("ended_at");
