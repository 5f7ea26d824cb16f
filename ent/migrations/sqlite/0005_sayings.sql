-- +goose Up
-- What departments said when they were asked, each beside the others' (internal/profile).
CREATE TABLE `sayings` (`id` text NOT NULL, `source` text NOT NULL, `as_of` datetime NOT NULL, `valid_until` text NULL, `basis` text NOT NULL, `element` text NOT NULL, `value_sealed` blob NULL, `since` datetime NOT NULL, `heard_at` datetime NOT NULL, `settles_from` datetime NULL, `settled_at` datetime NULL, `veteran_id` text NOT NULL, PRIMARY KEY (`id`), CONSTRAINT `sayings_veterans_veteran` FOREIGN KEY (`veteran_id`) REFERENCES `veterans` (`id`) ON DELETE CASCADE);
CREATE INDEX `saying_veteran_id` ON `sayings` (`veteran_id`);
