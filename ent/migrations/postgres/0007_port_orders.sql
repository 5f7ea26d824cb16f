-- +goose Up
CREATE TABLE "port_orders" ("id" character varying NOT NULL, "port" character varying NOT NULL, "kind" character varying NOT NULL, "reason" character varying NULL, "ordered_by" character varying NOT NULL, "ordered_at" timestamptz NOT NULL, "ended_at" timestamptz NULL, "ended_by" character varying NULL, "ended_reason" character varying NULL, "replay_from" timestamptz NULL, "delivered" bigint NOT NULL DEFAULT 0, "asked" bigint NOT NULL DEFAULT 0, PRIMARY KEY ("id"));
CREATE UNIQUE INDEX "portorder_port" ON "port_orders" ("port") WHERE ended_at IS NULL;
CREATE INDEX "portorder_port_id" ON "port_orders" ("port", "id");
