-- +goose Up
PRAGMA foreign_keys = off;
CREATE TABLE `administrative_acts` (`id` text NOT NULL, `at` datetime NOT NULL, `role` text NOT NULL, `account` text NOT NULL, `act` text NOT NULL, `deed` text NOT NULL, `subject` text NULL, `reason` text NULL, PRIMARY KEY (`id`));
CREATE INDEX `administrativeact_account_role` ON `administrative_acts` (`account`, `role`);
CREATE TABLE `restrictions` (`id` text NOT NULL, `kind` text NOT NULL, `subject` text NOT NULL, `reason` text NOT NULL, `restricted_at` datetime NOT NULL, `restricted_by` text NOT NULL, `lifted_at` datetime NULL, `lifted_by` text NULL, `lifted_reason` text NULL, PRIMARY KEY (`id`));
CREATE UNIQUE INDEX `restriction_kind_subject` ON `restrictions` (`kind`, `subject`) WHERE lifted_at IS NULL;
PRAGMA foreign_keys = on;
