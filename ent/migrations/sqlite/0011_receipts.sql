-- +goose Up
PRAGMA foreign_keys = off;
CREATE TABLE `receipts` (`id` integer NOT NULL, `at` integer NOT NULL, `person` blob NOT NULL, `body` blob NOT NULL, `hashes` blob NOT NULL, PRIMARY KEY (`id`));
CREATE INDEX `receipt_person_id` ON `receipts` (`person`, `id`);
CREATE TABLE `receipt_checkpoints` (`id` integer NOT NULL, `note` blob NOT NULL, `signed_at` datetime NOT NULL, PRIMARY KEY (`id`));
CREATE TABLE `receipt_cosignatures` (`id` text NOT NULL, `size` integer NOT NULL, `witness` text NOT NULL, `line` blob NOT NULL, PRIMARY KEY (`id`));
CREATE INDEX `receiptcosignature_size` ON `receipt_cosignatures` (`size`);
CREATE TABLE `receipt_heads` (`id` integer NOT NULL, `origin` text NOT NULL, `size` integer NOT NULL, `root` blob NOT NULL, PRIMARY KEY (`id`));
PRAGMA foreign_keys = on;
