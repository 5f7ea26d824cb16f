-- +goose Up
-- How long what has ended took, written down once, so that a calendar loaded later changes no figure of the past.
ALTER TABLE "case_files" ADD COLUMN "workdays" integer NULL;
ALTER TABLE "case_files" ADD COLUMN "on_time" bool NULL;
ALTER TABLE "items" ADD COLUMN "workdays" integer NULL;
ALTER TABLE "items" ADD COLUMN "on_time" bool NULL;
-- Lists: what is late or nearly so is rare and looked for most.
CREATE INDEX "casefile_warning_id" ON "case_files" ("warning", "id") WHERE "warning" <> 'NONE';
CREATE INDEX "casefile_accepted_on" ON "case_files" ("accepted_on", "id");
CREATE INDEX "casefile_due_on" ON "case_files" ("due_on", "id");
CREATE INDEX "casefile_state_division_id" ON "case_files" ("state", "division", "id") WHERE "state" IN ('PARTIALLY_COMPLETED', 'REJECTED', 'WITHDRAWN', 'NOT_ACCEPTED', 'TERMINATED');
-- Where cases stand (internal/progress): changes as they are made, those already counted, and the sums.
CREATE TABLE "standing_changes" (
  "id" integer NOT NULL PRIMARY KEY AUTOINCREMENT,
  "at" integer NOT NULL,
  "kind" text NOT NULL, "division" text NOT NULL, "matter" text NOT NULL,
  "department" text NOT NULL, "channel" text NOT NULL, "accepted" integer NOT NULL,
  "case_state" text NOT NULL, "state" text NOT NULL, "warning" text NOT NULL,
  "lead" bool NOT NULL, "used" integer NOT NULL, "on_time" bool NOT NULL,
  "returns" integer NOT NULL, "papers" integer NOT NULL, "visits" integer NOT NULL, "n" integer NOT NULL);
CREATE TABLE "standing_history" (
  "id" integer NOT NULL PRIMARY KEY, "at" integer NOT NULL,
  "kind" text NOT NULL, "division" text NOT NULL, "matter" text NOT NULL,
  "department" text NOT NULL, "channel" text NOT NULL, "accepted" integer NOT NULL,
  "case_state" text NOT NULL, "state" text NOT NULL, "warning" text NOT NULL,
  "lead" bool NOT NULL, "used" integer NOT NULL, "on_time" bool NOT NULL,
  "returns" integer NOT NULL, "papers" integer NOT NULL, "visits" integer NOT NULL, "n" integer NOT NULL);
CREATE INDEX "standing_history_at" ON "standing_history" ("at");
CREATE TABLE "standing_tallies" (
  "cell" text NOT NULL PRIMARY KEY, "grain" integer NOT NULL, "place" text NOT NULL,
  "period" text NOT NULL, "kind" text NOT NULL, "matter" text NOT NULL,
  "department" text NOT NULL, "channel" text NOT NULL, "case_state" text NOT NULL,
  "state" text NOT NULL, "warning" text NOT NULL, "lead" bool NOT NULL,
  "n" integer NOT NULL, "on_time" integer NOT NULL, "returns" integer NOT NULL, "papers" integer NOT NULL, "visits" integer NOT NULL, "days" blob NOT NULL);
CREATE INDEX "standing_tallies_place" ON "standing_tallies" ("grain", "place", "period");
CREATE INDEX "standing_tallies_matter" ON "standing_tallies" ("grain", "matter", "place", "period") WHERE "matter" <> '*';
CREATE TABLE "standing_marks" ("id" integer NOT NULL PRIMARY KEY, "began" integer NOT NULL, "compacted" integer NOT NULL);
INSERT INTO "standing_marks" ("id", "began", "compacted") VALUES (1, 0, 0);
-- Views for business intelligence: no name, no number, no sealed column, no veteran.
CREATE VIEW "analytics_cases" AS SELECT "id" AS "case_id", "division", substr(substr("division", 1, 2) || '0000000000', 1, 12) AS "province", substr(substr("division", 1, 4) || '0000000000', 1, 12) AS "city",
  substr(substr("division", 1, 6) || '0000000000', 1, 12) AS "county", "state", "warning", "channel", "catalog_version", "accepted_on", "due_on",
  date("closed_at", '+8 hours') AS "closed_on", "plan_days" AS "workdays_promised", "workdays" AS "workdays_used", "on_time",
  "returns", "papers_saved", "visits_saved" FROM "case_files";
CREATE VIEW "analytics_items" AS SELECT i."id" AS "item_id", i."case_id", i."division", substr(substr(i."division", 1, 2) || '0000000000', 1, 12) AS "province", substr(substr(i."division", 1, 4) || '0000000000', 1, 12) AS "city",
  substr(substr(i."division", 1, 6) || '0000000000', 1, 12) AS "county", i."matter", i."department", c."channel", c."accepted_on", i."state", i."warning", i."finish_day" AS "workdays_promised", i."due_on",
  date(i."decided_at", '+8 hours') AS "decided_on", i."workdays" AS "workdays_used", i."on_time", i."round" AS "supplements"
  FROM "items" i JOIN "case_files" c ON c."id" = i."case_id";
CREATE VIEW "analytics_events" AS SELECT "id" AS "event_id", "case_id", "item_id", "matter", "kind", "actor_kind", "from_state", "to_state", "at" FROM "events";
CREATE VIEW "analytics_ratings" AS SELECT "case_id", "division", "matter", "department", "round", "grade", date("rated_at", '+8 hours') AS "rated_on" FROM "ratings";
CREATE VIEW "analytics_divisions" AS SELECT "id" AS "division", "name", "level", "parent_id" AS "parent" FROM "divisions";
