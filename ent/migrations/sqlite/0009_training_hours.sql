-- +goose Up
PRAGMA foreign_keys = off;
ALTER TABLE `trainings` ADD COLUMN `hours` integer NULL;
PRAGMA foreign_keys = on;
