-- +goose Up
PRAGMA foreign_keys = off;
CREATE TABLE `client_assertions` (`id` text NOT NULL, `until` datetime NOT NULL, PRIMARY KEY (`id`));
CREATE INDEX `clientassertion_until` ON `client_assertions` (`until`);
CREATE TABLE `consents` (`id` text NOT NULL, `slice` text NOT NULL, `version` integer NOT NULL, `notice` text NOT NULL, `granted_at` datetime NOT NULL, `until` datetime NOT NULL, `withdrawn_at` datetime NULL, `veteran_id` text NOT NULL, PRIMARY KEY (`id`), CONSTRAINT `consents_veterans_veteran` FOREIGN KEY (`veteran_id`) REFERENCES `veterans` (`id`) ON DELETE CASCADE);
CREATE INDEX `consent_veteran_id` ON `consents` (`veteran_id`);
CREATE UNIQUE INDEX `consent_veteran_id_slice` ON `consents` (`veteran_id`, `slice`) WHERE withdrawn_at IS NULL;
CREATE INDEX `consent_veteran_id_id` ON `consents` (`veteran_id`, `id`);
CREATE TABLE `slice_uses` (`id` text NOT NULL, `slice` text NOT NULL, `day` integer NOT NULL, `asked` integer NOT NULL DEFAULT (0), `refused` integer NOT NULL DEFAULT (0), PRIMARY KEY (`id`));
CREATE UNIQUE INDEX `sliceuse_slice_day` ON `slice_uses` (`slice`, `day`);
PRAGMA foreign_keys = on;
