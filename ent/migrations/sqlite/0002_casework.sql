-- +goose Up
ALTER TABLE `case_files` ADD COLUMN `warning` text NOT NULL DEFAULT 'NONE';
ALTER TABLE `case_files` ADD COLUMN `draft_sealed` blob NULL;
ALTER TABLE `case_files` ADD COLUMN `returns` integer NOT NULL DEFAULT 0;
ALTER TABLE `case_files` ADD COLUMN `papers_saved` integer NOT NULL DEFAULT 0;
ALTER TABLE `case_files` ADD COLUMN `visits_saved` integer NOT NULL DEFAULT 0;
ALTER TABLE `case_files` ADD COLUMN `reason` text NULL;
ALTER TABLE `items` ADD COLUMN `warning` text NOT NULL DEFAULT 'NONE';
ALTER TABLE `items` ADD COLUMN `round` integer NOT NULL DEFAULT 0;
ALTER TABLE `items` ADD COLUMN `withdrawing` bool NOT NULL DEFAULT false;
ALTER TABLE `items` ADD COLUMN `decided_by` text NULL;
ALTER TABLE `events` ADD COLUMN `principal` text NULL;
ALTER TABLE `events` ADD COLUMN `mandate_id` text NULL;
CREATE INDEX `item_department_due_on_id` ON `items` (`department`, `due_on`, `id`);
ALTER TABLE `materials` ADD COLUMN `due_on` text NULL;
ALTER TABLE `materials` ADD COLUMN `words` text NULL;
CREATE TABLE `appointments` (`id` text NOT NULL, `veteran_id` text NOT NULL, `slot_id` text NOT NULL, `division` text NOT NULL, `window` text NOT NULL, `day` text NOT NULL, `starts` integer NOT NULL, `ends` integer NOT NULL, `matters` json NOT NULL, `bring` json NULL, `state` text NOT NULL DEFAULT ('BOOKED'), `holds` text NULL, `booking_key` text NULL, `moves` integer NOT NULL DEFAULT (0), `created_at` datetime NOT NULL, `updated_at` datetime NOT NULL, `case_id` text NOT NULL, PRIMARY KEY (`id`), CONSTRAINT `appointments_case_files_case` FOREIGN KEY (`case_id`) REFERENCES `case_files` (`id`) ON DELETE RESTRICT);
CREATE UNIQUE INDEX `appointments_holds_key` ON `appointments` (`holds`);
CREATE INDEX `appointment_case_id` ON `appointments` (`case_id`);
CREATE INDEX `appointment_veteran_id` ON `appointments` (`veteran_id`);
CREATE INDEX `appointment_slot_id` ON `appointments` (`slot_id`);
CREATE INDEX `appointment_case_id_booking_key` ON `appointments` (`case_id`, `booking_key`);
CREATE TABLE `calendar_years` (`id` text NOT NULL, `schedule` blob NOT NULL, `loaded_at` datetime NOT NULL, `loaded_by` text NOT NULL, PRIMARY KEY (`id`));
CREATE TABLE `corrections` (`id` text NOT NULL, `item_id` text NOT NULL, `round` integer NOT NULL, `defects` json NULL, `words` text NULL, `returned_by` text NOT NULL, `returned_at` datetime NOT NULL, `due_on` text NOT NULL, `answered_at` datetime NULL, `answers_sealed` blob NULL, `papers` json NULL, `also` json NULL, `case_id` text NOT NULL, PRIMARY KEY (`id`), CONSTRAINT `corrections_case_files_case` FOREIGN KEY (`case_id`) REFERENCES `case_files` (`id`) ON DELETE RESTRICT);
CREATE INDEX `correction_case_id` ON `corrections` (`case_id`);
CREATE UNIQUE INDEX `correction_item_id_round` ON `corrections` (`item_id`, `round`);
CREATE TABLE `disputes` (`id` text NOT NULL, `element` text NOT NULL, `department` text NOT NULL, `division` text NOT NULL, `claim_sealed` blob NULL, `opened_at` datetime NOT NULL, `due_on` text NOT NULL, `state` text NOT NULL DEFAULT ('OPEN'), `ended_at` datetime NULL, `ended_by` text NULL, `words` text NULL, `veteran_id` text NOT NULL, PRIMARY KEY (`id`), CONSTRAINT `disputes_veterans_veteran` FOREIGN KEY (`veteran_id`) REFERENCES `veterans` (`id`) ON DELETE CASCADE);
CREATE INDEX `dispute_veteran_id` ON `disputes` (`veteran_id`);
CREATE INDEX `dispute_department_state_id` ON `disputes` (`department`, `state`, `id`);
CREATE TABLE `mandates` (`id` text NOT NULL, `agent` text NOT NULL, `agent_name` text NULL, `division` text NOT NULL, `matters` json NOT NULL, `fields` json NOT NULL, `until` text NOT NULL, `state` text NOT NULL DEFAULT ('REQUESTED'), `code_hash` blob NULL, `attempts` integer NOT NULL DEFAULT (0), `code_until` datetime NULL, `requested_at` datetime NOT NULL, `requested_by` text NOT NULL, `confirmed_at` datetime NULL, `confirmed_how` text NULL, `ended_at` datetime NULL, `ended_by` text NULL, `veteran_id` text NOT NULL, PRIMARY KEY (`id`), CONSTRAINT `mandates_veterans_veteran` FOREIGN KEY (`veteran_id`) REFERENCES `veterans` (`id`) ON DELETE CASCADE);
CREATE INDEX `mandate_veteran_id` ON `mandates` (`veteran_id`);
CREATE INDEX `mandate_agent_veteran_id_state` ON `mandates` (`agent`, `veteran_id`, `state`);
CREATE TABLE `notifications` (`id` text NOT NULL, `case_id` text NULL, `item_id` text NULL, `matter` text NULL, `division` text NOT NULL, `kind` text NOT NULL, `facts` json NULL, `secret_sealed` blob NULL, `channel` text NOT NULL DEFAULT ('SMS'), `state` text NOT NULL DEFAULT ('QUEUED'), `attempts` integer NOT NULL DEFAULT (0), `trouble` text NULL, `created_at` datetime NOT NULL, `sent_at` datetime NULL, `read_at` datetime NULL, `next_at` datetime NULL, `veteran_id` text NOT NULL, PRIMARY KEY (`id`), CONSTRAINT `notifications_veterans_veteran` FOREIGN KEY (`veteran_id`) REFERENCES `veterans` (`id`) ON DELETE CASCADE);
CREATE INDEX `notification_veteran_id` ON `notifications` (`veteran_id`);
CREATE INDEX `notification_case_id` ON `notifications` (`case_id`);
CREATE INDEX `notification_state_next_at` ON `notifications` (`state`, `next_at`);
CREATE TABLE `obligations` (`id` text NOT NULL, `item_id` text NULL, `matter` text NULL, `kind` text NOT NULL, `owed_by` text NOT NULL, `department` text NOT NULL, `division` text NOT NULL, `opened_at` datetime NOT NULL, `heard_at` datetime NOT NULL, `word_by` datetime NOT NULL, `ended_at` datetime NULL, `ending` text NULL, `task_id` text NULL, `case_id` text NOT NULL, PRIMARY KEY (`id`), CONSTRAINT `obligations_case_files_case` FOREIGN KEY (`case_id`) REFERENCES `case_files` (`id`) ON DELETE RESTRICT);
CREATE INDEX `obligation_case_id` ON `obligations` (`case_id`);
CREATE INDEX `obligation_word_by` ON `obligations` (`word_by`) WHERE ended_at IS NULL;
CREATE INDEX `obligation_item_id` ON `obligations` (`item_id`);
CREATE TABLE `pauses` (`id` text NOT NULL, `item_id` text NOT NULL, `kind` text NOT NULL, `from_day` text NOT NULL, `to_day` text NULL, `reason` text NOT NULL, `law` text NOT NULL, `ordered_by` text NOT NULL, `case_id` text NOT NULL, PRIMARY KEY (`id`), CONSTRAINT `pauses_case_files_case` FOREIGN KEY (`case_id`) REFERENCES `case_files` (`id`) ON DELETE RESTRICT);
CREATE INDEX `pause_case_id` ON `pauses` (`case_id`);
CREATE INDEX `pause_item_id` ON `pauses` (`item_id`);
CREATE TABLE `pre_reviews` (`id` text NOT NULL, `matter` text NULL, `department` text NULL, `division` text NOT NULL, `state` text NOT NULL DEFAULT ('PENDING'), `findings` json NULL, `words` text NULL, `reviewer` text NULL, `asked_at` datetime NOT NULL, `due_on` text NOT NULL, `ended_at` datetime NULL, `valid_until` text NULL, `case_id` text NOT NULL, PRIMARY KEY (`id`), CONSTRAINT `pre_reviews_case_files_case` FOREIGN KEY (`case_id`) REFERENCES `case_files` (`id`) ON DELETE RESTRICT);
CREATE INDEX `prereview_case_id` ON `pre_reviews` (`case_id`);
CREATE TABLE `ratings` (`id` text NOT NULL, `veteran_id` text NOT NULL, `matter` text NOT NULL, `department` text NOT NULL, `division` text NOT NULL, `round` integer NOT NULL, `grade` integer NOT NULL, `words_sealed` blob NULL, `rated_at` datetime NOT NULL, `reply` text NULL, `replied_at` datetime NULL, `case_id` text NOT NULL, PRIMARY KEY (`id`), CONSTRAINT `ratings_case_files_case` FOREIGN KEY (`case_id`) REFERENCES `case_files` (`id`) ON DELETE RESTRICT);
CREATE INDEX `rating_case_id` ON `ratings` (`case_id`);
CREATE UNIQUE INDEX `rating_case_id_matter_round` ON `ratings` (`case_id`, `matter`, `round`);
CREATE INDEX `rating_department_division_id` ON `ratings` (`department`, `division`, `id`);
CREATE TABLE `slots` (`id` text NOT NULL, `division` text NOT NULL, `window` text NOT NULL, `day` text NOT NULL, `starts` integer NOT NULL, `ends` integer NOT NULL, `capacity` integer NOT NULL, `taken` integer NOT NULL DEFAULT (0), PRIMARY KEY (`id`));
CREATE INDEX `slot_division_window_day` ON `slots` (`division`, `window`, `day`);
CREATE TABLE `tasks` (`id` text NOT NULL, `kind` text NOT NULL, `case_id` text NULL, `item_id` text NULL, `subject` text NOT NULL, `department` text NOT NULL, `division` text NOT NULL, `assignee` text NOT NULL, `assignee_name` text NOT NULL, `words` text NOT NULL, `opened_at` datetime NOT NULL, `due_on` text NOT NULL, `state` text NOT NULL DEFAULT ('OPEN'), `done_at` datetime NULL, `done_by` text NULL, `outcome` text NULL, PRIMARY KEY (`id`));
CREATE UNIQUE INDEX `task_kind_subject` ON `tasks` (`kind`, `subject`);
CREATE INDEX `task_state_department_due_on_id` ON `tasks` (`state`, `department`, `due_on`, `id`);
CREATE INDEX `task_assignee_state` ON `tasks` (`assignee`, `state`);
CREATE INDEX `task_case_id` ON `tasks` (`case_id`);
CREATE TABLE `violations` (`id` text NOT NULL, `item_id` text NULL, `matter` text NULL, `kind` text NOT NULL, `element` text NULL, `material` text NULL, `owner` text NOT NULL, `department` text NOT NULL, `division` text NOT NULL, `law` text NOT NULL, `words` text NOT NULL, `at` datetime NOT NULL, `case_id` text NOT NULL, PRIMARY KEY (`id`), CONSTRAINT `violations_case_files_case` FOREIGN KEY (`case_id`) REFERENCES `case_files` (`id`) ON DELETE RESTRICT);
CREATE INDEX `violation_case_id` ON `violations` (`case_id`);
CREATE INDEX `violation_department_division_id` ON `violations` (`department`, `division`, `id`);
-- What lies open already: who owes the next word, and why clocks stand. Times are the best that the record has.
INSERT INTO `obligations` (`id`, `case_id`, `item_id`, `matter`, `kind`, `owed_by`, `department`, `division`, `opened_at`, `heard_at`, `word_by`)
  SELECT 'o-' || i.`id`, i.`case_id`, i.`id`, i.`matter`, 'RESULT',
    CASE i.`state` WHEN 'CORRECTION' THEN 'APPLICANT' WHEN 'WAITING' THEN 'HUB' WHEN 'READY' THEN 'HUB' ELSE 'DEPARTMENT' END,
    i.`department`, i.`division`, coalesce(c.`submitted_at`, c.`created_at`), coalesce(i.`received_at`, i.`dispatched_at`, c.`submitted_at`, c.`created_at`),
    CASE i.`state` WHEN 'CORRECTION' THEN date('now', '+15 days') ELSE i.`due_on` END || ' 16:00:00+00:00'
  FROM `items` i JOIN `case_files` c ON c.`id` = i.`case_id`
  WHERE i.`state` IN ('WAITING', 'READY', 'DISPATCHED', 'RECEIVED', 'CORRECTION', 'SUSPENDED');
INSERT INTO `corrections` (`id`, `case_id`, `item_id`, `round`, `words`, `returned_by`, `returned_at`, `due_on`)
  SELECT 'c-' || `id`, `case_id`, `id`, 0, `words`, 'department/' || `department`, coalesce(`received_at`, `dispatched_at`, CURRENT_TIMESTAMP || '+00:00'), date('now', '+15 days')
  FROM `items` WHERE `state` = 'CORRECTION';
INSERT INTO `pauses` (`id`, `case_id`, `item_id`, `kind`, `from_day`, `reason`, `law`, `ordered_by`)
  SELECT 'p-' || `id`, `case_id`, `id`, CASE `state` WHEN 'CORRECTION' THEN 'CORRECTION' ELSE 'SUSPENSION' END,
    date(coalesce(`received_at`, `dispatched_at`, 'now'), '+8 hours'), CASE `state` WHEN 'CORRECTION' THEN '退回补正' ELSE '中止办理' END,
    '《行政许可法》第四十五条', 'department/' || `department`
  FROM `items` WHERE `state` IN ('CORRECTION', 'SUSPENDED');
