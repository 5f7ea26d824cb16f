-- +goose Up
PRAGMA foreign_keys = off;
ALTER TABLE `items` ADD COLUMN `checked` text NULL;
ALTER TABLE `items` ADD COLUMN `checked_at` datetime NULL;
CREATE TABLE `identity_checks` (`id` text NOT NULL, `session` text NOT NULL, `port` text NOT NULL, `reference` text NOT NULL, `state` text NOT NULL DEFAULT ('PENDING'), `level` text NULL, `asked_at` datetime NOT NULL, `ticket_until` datetime NOT NULL, `answered_at` datetime NULL, `valid_until` datetime NULL, `veteran_id` text NOT NULL, PRIMARY KEY (`id`), CONSTRAINT `identity_checks_veterans_veteran` FOREIGN KEY (`veteran_id`) REFERENCES `veterans` (`id`) ON DELETE CASCADE);
CREATE INDEX `identitycheck_veteran_id` ON `identity_checks` (`veteran_id`);
CREATE INDEX `identitycheck_session_id` ON `identity_checks` (`session`, `id`);
PRAGMA foreign_keys = on;
