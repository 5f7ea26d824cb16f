-- +goose Up
PRAGMA foreign_keys = off;
CREATE TABLE `port_orders` (`id` text NOT NULL, `port` text NOT NULL, `kind` text NOT NULL, `reason` text NULL, `ordered_by` text NOT NULL, `ordered_at` datetime NOT NULL, `ended_at` datetime NULL, `ended_by` text NULL, `ended_reason` text NULL, `replay_from` datetime NULL, `delivered` integer NOT NULL DEFAULT (0), `asked` integer NOT NULL DEFAULT (0), PRIMARY KEY (`id`));
CREATE UNIQUE INDEX `portorder_port` ON `port_orders` (`port`) WHERE ended_at IS NULL;
CREATE INDEX `portorder_port_id` ON `port_orders` (`port`, `id`);
PRAGMA foreign_keys = on;
