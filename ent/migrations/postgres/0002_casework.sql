-- +goose Up
CREATE TABLE "slots" ("id" character varying NOT NULL, "division" character varying NOT NULL, "window" character varying NOT NULL, "day" date NOT NULL, "starts" bigint NOT NULL, "ends" bigint NOT NULL, "capacity" bigint NOT NULL, "taken" bigint NOT NULL DEFAULT 0, PRIMARY KEY ("id"));
CREATE INDEX "slot_division_window_day" ON "slots" ("division", "window", "day");
ALTER TABLE "events" ADD COLUMN "principal" character varying NULL, ADD COLUMN "mandate_id" character varying NULL;
ALTER TABLE "items" ADD COLUMN "warning" character varying NOT NULL DEFAULT 'NONE', ADD COLUMN "round" bigint NOT NULL DEFAULT 0, ADD COLUMN "withdrawing" boolean NOT NULL DEFAULT false, ADD COLUMN "decided_by" character varying NULL;
CREATE INDEX "item_department_due_on_id" ON "items" ("department", "due_on", "id");
ALTER TABLE "materials" ADD COLUMN "due_on" date NULL, ADD COLUMN "words" character varying NULL;
CREATE TABLE "calendar_years" ("id" character varying NOT NULL, "schedule" bytea NOT NULL, "loaded_at" timestamptz NOT NULL, "loaded_by" character varying NOT NULL, PRIMARY KEY ("id"));
ALTER TABLE "case_files" ADD COLUMN "warning" character varying NOT NULL DEFAULT 'NONE', ADD COLUMN "draft_sealed" bytea NULL, ADD COLUMN "returns" bigint NOT NULL DEFAULT 0, ADD COLUMN "papers_saved" bigint NOT NULL DEFAULT 0, ADD COLUMN "visits_saved" bigint NOT NULL DEFAULT 0, ADD COLUMN "reason" character varying NULL;
CREATE TABLE "tasks" ("id" character varying NOT NULL, "kind" character varying NOT NULL, "case_id" character varying NULL, "item_id" character varying NULL, "subject" character varying NOT NULL, "department" character varying NOT NULL, "division" character varying NOT NULL, "assignee" character varying NOT NULL, "assignee_name" character varying NOT NULL, "words" character varying NOT NULL, "opened_at" timestamptz NOT NULL, "due_on" date NOT NULL, "state" character varying NOT NULL DEFAULT 'OPEN', "done_at" timestamptz NULL, "done_by" character varying NULL, "outcome" character varying NULL, PRIMARY KEY ("id"));
CREATE UNIQUE INDEX "task_kind_subject" ON "tasks" ("kind", "subject");
CREATE INDEX "task_state_department_due_on_id" ON "tasks" ("state", "department", "due_on", "id");
CREATE INDEX "task_assignee_state" ON "tasks" ("assignee", "state");
CREATE INDEX "task_case_id" ON "tasks" ("case_id");
CREATE TABLE "appointments" ("id" character varying NOT NULL, "veteran_id" character varying NOT NULL, "slot_id" character varying NOT NULL, "division" character varying NOT NULL, "window" character varying NOT NULL, "day" date NOT NULL, "starts" bigint NOT NULL, "ends" bigint NOT NULL, "matters" jsonb NOT NULL, "bring" jsonb NULL, "state" character varying NOT NULL DEFAULT 'BOOKED', "holds" character varying NULL, "booking_key" character varying NULL, "moves" bigint NOT NULL DEFAULT 0, "created_at" timestamptz NOT NULL, "updated_at" timestamptz NOT NULL, "case_id" character varying NOT NULL, PRIMARY KEY ("id"), CONSTRAINT "appointments_case_files_case" FOREIGN KEY ("case_id") REFERENCES "case_files" ("id") ON DELETE RESTRICT);
CREATE UNIQUE INDEX "appointments_holds_key" ON "appointments" ("holds");
CREATE INDEX "appointment_case_id" ON "appointments" ("case_id");
CREATE INDEX "appointment_veteran_id" ON "appointments" ("veteran_id");
CREATE INDEX "appointment_slot_id" ON "appointments" ("slot_id");
CREATE INDEX "appointment_case_id_booking_key" ON "appointments" ("case_id", "booking_key");
CREATE TABLE "corrections" ("id" character varying NOT NULL, "item_id" character varying NOT NULL, "round" bigint NOT NULL, "defects" jsonb NULL, "words" character varying NULL, "returned_by" character varying NOT NULL, "returned_at" timestamptz NOT NULL, "due_on" date NOT NULL, "answered_at" timestamptz NULL, "answers_sealed" bytea NULL, "papers" jsonb NULL, "also" jsonb NULL, "case_id" character varying NOT NULL, PRIMARY KEY ("id"), CONSTRAINT "corrections_case_files_case" FOREIGN KEY ("case_id") REFERENCES "case_files" ("id") ON DELETE RESTRICT);
CREATE INDEX "correction_case_id" ON "corrections" ("case_id");
CREATE UNIQUE INDEX "correction_item_id_round" ON "corrections" ("item_id", "round");
CREATE TABLE "disputes" ("id" character varying NOT NULL, "element" character varying NOT NULL, "department" character varying NOT NULL, "division" character varying NOT NULL, "claim_sealed" bytea NULL, "opened_at" timestamptz NOT NULL, "due_on" date NOT NULL, "state" character varying NOT NULL DEFAULT 'OPEN', "ended_at" timestamptz NULL, "ended_by" character varying NULL, "words" character varying NULL, "veteran_id" character varying NOT NULL, PRIMARY KEY ("id"), CONSTRAINT "disputes_veterans_veteran" FOREIGN KEY ("veteran_id") REFERENCES "veterans" ("id") ON DELETE CASCADE);
CREATE INDEX "dispute_veteran_id" ON "disputes" ("veteran_id");
CREATE INDEX "dispute_department_state_id" ON "disputes" ("department", "state", "id");
CREATE TABLE "mandates" ("id" character varying NOT NULL, "agent" character varying NOT NULL, "agent_name" character varying NULL, "division" character varying NOT NULL, "matters" jsonb NOT NULL, "fields" jsonb NOT NULL, "until" date NOT NULL, "state" character varying NOT NULL DEFAULT 'REQUESTED', "code_hash" bytea NULL, "attempts" bigint NOT NULL DEFAULT 0, "code_until" timestamptz NULL, "requested_at" timestamptz NOT NULL, "requested_by" character varying NOT NULL, "confirmed_at" timestamptz NULL, "confirmed_how" character varying NULL, "ended_at" timestamptz NULL, "ended_by" character varying NULL, "veteran_id" character varying NOT NULL, PRIMARY KEY ("id"), CONSTRAINT "mandates_veterans_veteran" FOREIGN KEY ("veteran_id") REFERENCES "veterans" ("id") ON DELETE CASCADE);
CREATE INDEX "mandate_veteran_id" ON "mandates" ("veteran_id");
CREATE INDEX "mandate_agent_veteran_id_state" ON "mandates" ("agent", "veteran_id", "state");
CREATE TABLE "notifications" ("id" character varying NOT NULL, "case_id" character varying NULL, "item_id" character varying NULL, "matter" character varying NULL, "division" character varying NOT NULL, "kind" character varying NOT NULL, "facts" jsonb NULL, "secret_sealed" bytea NULL, "channel" character varying NOT NULL DEFAULT 'SMS', "state" character varying NOT NULL DEFAULT 'QUEUED', "attempts" bigint NOT NULL DEFAULT 0, "trouble" character varying NULL, "created_at" timestamptz NOT NULL, "sent_at" timestamptz NULL, "read_at" timestamptz NULL, "next_at" timestamptz NULL, "veteran_id" character varying NOT NULL, PRIMARY KEY ("id"), CONSTRAINT "notifications_veterans_veteran" FOREIGN KEY ("veteran_id") REFERENCES "veterans" ("id") ON DELETE CASCADE);
CREATE INDEX "notification_veteran_id" ON "notifications" ("veteran_id");
CREATE INDEX "notification_case_id" ON "notifications" ("case_id");
CREATE INDEX "notification_state_next_at" ON "notifications" ("state", "next_at");
CREATE TABLE "obligations" ("id" character varying NOT NULL, "item_id" character varying NULL, "matter" character varying NULL, "kind" character varying NOT NULL, "owed_by" character varying NOT NULL, "department" character varying NOT NULL, "division" character varying NOT NULL, "opened_at" timestamptz NOT NULL, "heard_at" timestamptz NOT NULL, "word_by" timestamptz NOT NULL, "ended_at" timestamptz NULL, "ending" character varying NULL, "task_id" character varying NULL, "case_id" character varying NOT NULL, PRIMARY KEY ("id"), CONSTRAINT "obligations_case_files_case" FOREIGN KEY ("case_id") REFERENCES "case_files" ("id") ON DELETE RESTRICT);
CREATE INDEX "obligation_case_id" ON "obligations" ("case_id");
CREATE INDEX "obligation_word_by" ON "obligations" ("word_by") WHERE ended_at IS NULL;
CREATE INDEX "obligation_item_id" ON "obligations" ("item_id");
CREATE TABLE "pauses" ("id" character varying NOT NULL, "item_id" character varying NOT NULL, "kind" character varying NOT NULL, "from_day" date NOT NULL, "to_day" date NULL, "reason" character varying NOT NULL, "law" character varying NOT NULL, "ordered_by" character varying NOT NULL, "case_id" character varying NOT NULL, PRIMARY KEY ("id"), CONSTRAINT "pauses_case_files_case" FOREIGN KEY ("case_id") REFERENCES "case_files" ("id") ON DELETE RESTRICT);
CREATE INDEX "pause_case_id" ON "pauses" ("case_id");
CREATE INDEX "pause_item_id" ON "pauses" ("item_id");
CREATE TABLE "pre_reviews" ("id" character varying NOT NULL, "matter" character varying NULL, "department" character varying NULL, "division" character varying NOT NULL, "state" character varying NOT NULL DEFAULT 'PENDING', "findings" jsonb NULL, "words" character varying NULL, "reviewer" character varying NULL, "asked_at" timestamptz NOT NULL, "due_on" date NOT NULL, "ended_at" timestamptz NULL, "valid_until" date NULL, "case_id" character varying NOT NULL, PRIMARY KEY ("id"), CONSTRAINT "pre_reviews_case_files_case" FOREIGN KEY ("case_id") REFERENCES "case_files" ("id") ON DELETE RESTRICT);
CREATE INDEX "prereview_case_id" ON "pre_reviews" ("case_id");
CREATE TABLE "ratings" ("id" character varying NOT NULL, "veteran_id" character varying NOT NULL, "matter" character varying NOT NULL, "department" character varying NOT NULL, "division" character varying NOT NULL, "round" bigint NOT NULL, "grade" bigint NOT NULL, "words_sealed" bytea NULL, "rated_at" timestamptz NOT NULL, "reply" character varying NULL, "replied_at" timestamptz NULL, "case_id" character varying NOT NULL, PRIMARY KEY ("id"), CONSTRAINT "ratings_case_files_case" FOREIGN KEY ("case_id") REFERENCES "case_files" ("id") ON DELETE RESTRICT);
CREATE INDEX "rating_case_id" ON "ratings" ("case_id");
CREATE UNIQUE INDEX "rating_case_id_matter_round" ON "ratings" ("case_id", "matter", "round");
CREATE INDEX "rating_department_division_id" ON "ratings" ("department", "division", "id");
CREATE TABLE "violations" ("id" character varying NOT NULL, "item_id" character varying NULL, "matter" character varying NULL, "kind" character varying NOT NULL, "element" character varying NULL, "material" character varying NULL, "owner" character varying NOT NULL, "department" character varying NOT NULL, "division" character varying NOT NULL, "law" character varying NOT NULL, "words" character varying NOT NULL, "at" timestamptz NOT NULL, "case_id" character varying NOT NULL, PRIMARY KEY ("id"), CONSTRAINT "violations_case_files_case" FOREIGN KEY ("case_id") REFERENCES "case_files" ("id") ON DELETE RESTRICT);
CREATE INDEX "violation_case_id" ON "violations" ("case_id");
CREATE INDEX "violation_department_division_id" ON "violations" ("department", "division", "id");
-- What lies open already: who owes the next word, and why clocks stand. Times are the best that the record has.
INSERT INTO "obligations" ("id", "case_id", "item_id", "matter", "kind", "owed_by", "department", "division", "opened_at", "heard_at", "word_by")
  SELECT 'o-' || i."id", i."case_id", i."id", i."matter", 'RESULT',
    CASE i."state" WHEN 'CORRECTION' THEN 'APPLICANT' WHEN 'WAITING' THEN 'HUB' WHEN 'READY' THEN 'HUB' ELSE 'DEPARTMENT' END,
    i."department", i."division", coalesce(c."submitted_at", c."created_at"), coalesce(i."received_at", i."dispatched_at", c."submitted_at", c."created_at"),
    (CASE i."state" WHEN 'CORRECTION' THEN current_date + 15 ELSE i."due_on" END + time '16:00') AT TIME ZONE 'UTC'
  FROM "items" i JOIN "case_files" c ON c."id" = i."case_id"
  WHERE i."state" IN ('WAITING', 'READY', 'DISPATCHED', 'RECEIVED', 'CORRECTION', 'SUSPENDED');
INSERT INTO "corrections" ("id", "case_id", "item_id", "round", "words", "returned_by", "returned_at", "due_on")
  SELECT 'c-' || "id", "case_id", "id", 0, "words", 'department/' || "department", coalesce("received_at", "dispatched_at", now()), current_date + 15
  FROM "items" WHERE "state" = 'CORRECTION';
INSERT INTO "pauses" ("id", "case_id", "item_id", "kind", "from_day", "reason", "law", "ordered_by")
  SELECT 'p-' || "id", "case_id", "id", CASE "state" WHEN 'CORRECTION' THEN 'CORRECTION' ELSE 'SUSPENSION' END,
    (coalesce("received_at", "dispatched_at", now()) AT TIME ZONE 'Asia/Shanghai')::date, CASE "state" WHEN 'CORRECTION' THEN '退回补正' ELSE '中止办理' END,
    '《行政许可法》第四十五条', 'department/' || "department"
  FROM "items" WHERE "state" IN ('CORRECTION', 'SUSPENDED');
