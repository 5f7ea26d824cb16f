-- +goose Up
-- The one-off subsidy on its way to the account: grants, rolls and their lines (internal/subsidy).
PRAGMA foreign_keys = off;
CREATE TABLE `payment_lines` (`id` text NOT NULL, `attempt` integer NOT NULL, `amount_fen` integer NOT NULL, `account_sealed` blob NOT NULL, `state` text NOT NULL DEFAULT ('WAITING'), `reason` text NULL, `paid_on` text NULL, `told_at` datetime NULL, `roll_id` text NOT NULL, `subsidy_id` text NOT NULL, PRIMARY KEY (`id`), CONSTRAINT `payment_lines_payment_rolls_roll` FOREIGN KEY (`roll_id`) REFERENCES `payment_rolls` (`id`) ON DELETE RESTRICT, CONSTRAINT `payment_lines_subsidies_subsidy` FOREIGN KEY (`subsidy_id`) REFERENCES `subsidies` (`id`) ON DELETE RESTRICT);
CREATE UNIQUE INDEX `paymentline_subsidy_id_attempt` ON `payment_lines` (`subsidy_id`, `attempt`);
CREATE INDEX `paymentline_roll_id` ON `payment_lines` (`roll_id`);
CREATE INDEX `paymentline_state` ON `payment_lines` (`state`);
CREATE TABLE `payment_rolls` (`id` text NOT NULL, `department` text NOT NULL, `division` text NOT NULL, `month` text NOT NULL, `part` integer NOT NULL, `state` text NOT NULL DEFAULT ('OPEN'), `opened_at` datetime NOT NULL, `closed_at` datetime NULL, `pushed_at` datetime NULL, `lines` integer NOT NULL DEFAULT (0), `total_fen` integer NOT NULL DEFAULT (0), `receipt_no` text NULL, PRIMARY KEY (`id`));
CREATE UNIQUE INDEX `paymentroll_division_month_part` ON `payment_rolls` (`division`, `month`, `part`);
CREATE INDEX `paymentroll_state` ON `payment_rolls` (`state`);
CREATE TABLE `subsidies` (`id` text NOT NULL, `item_id` text NOT NULL, `matter` text NOT NULL, `department` text NOT NULL, `division` text NOT NULL, `state` text NOT NULL DEFAULT ('APPROVED'), `amount_fen` integer NOT NULL, `months` integer NOT NULL, `reckoning` json NOT NULL, `attempt` integer NOT NULL DEFAULT (1), `reason` text NULL, `approved_at` datetime NOT NULL, `pushed_at` datetime NULL, `returned_at` datetime NULL, `paid_on` text NULL, `veteran_id` text NOT NULL, `case_id` text NOT NULL, PRIMARY KEY (`id`), CONSTRAINT `subsidies_veterans_veteran` FOREIGN KEY (`veteran_id`) REFERENCES `veterans` (`id`) ON DELETE CASCADE, CONSTRAINT `subsidies_case_files_case` FOREIGN KEY (`case_id`) REFERENCES `case_files` (`id`) ON DELETE RESTRICT);
CREATE UNIQUE INDEX `subsidies_item_id_key` ON `subsidies` (`item_id`);
CREATE INDEX `subsidy_veteran_id` ON `subsidies` (`veteran_id`);
CREATE INDEX `subsidy_case_id` ON `subsidies` (`case_id`);
PRAGMA foreign_keys = on;
