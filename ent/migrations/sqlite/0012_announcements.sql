-- +goose Up
PRAGMA foreign_keys = off;
CREATE TABLE `announcements` (`id` text NOT NULL, `slice` text NOT NULL, `veteran_id` text NOT NULL, `at` integer NOT NULL, `kind` text NOT NULL, `fields` json NULL, `state` text NOT NULL DEFAULT ('WAITING'), `attempts` integer NOT NULL DEFAULT (0), `trouble` text NULL, `ended_at` datetime NULL, PRIMARY KEY (`id`));
CREATE UNIQUE INDEX `announcement_slice_veteran_id_at` ON `announcements` (`slice`, `veteran_id`, `at`);
CREATE INDEX `announcement_slice_state_at` ON `announcements` (`slice`, `state`, `at`);
CREATE INDEX `announcement_ended_at` ON `announcements` (`ended_at`);
PRAGMA foreign_keys = on;
