-- +goose Up
CREATE TABLE "receipt_persons" ("id" bigint NOT NULL, "person" bytea NOT NULL, PRIMARY KEY ("id"));
INSERT INTO "receipt_persons" ("id", "person") SELECT "id", "person" FROM "receipts" ORDER BY "id";
CREATE INDEX "receiptperson_person_id" ON "receipt_persons" ("person", "id");
DROP INDEX "receipt_person_id";
