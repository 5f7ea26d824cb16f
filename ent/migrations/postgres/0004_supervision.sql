-- +goose Up
-- What supervision looks at every minute (internal/supervision): few rows of very many.
CREATE INDEX "item_open" ON "items" ("department", "id") WHERE "state" IN ('WAITING', 'READY', 'DISPATCHED', 'RECEIVED', 'CORRECTION', 'SUSPENDED');
CREATE INDEX "casefile_closed_at" ON "case_files" ("closed_at") WHERE "closed_at" IS NOT NULL;
-- Codes to be wiped (internal/notify).
CREATE INDEX "notification_secret" ON "notifications" ("created_at") WHERE "secret_sealed" IS NOT NULL;
