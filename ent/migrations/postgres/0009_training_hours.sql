-- +goose Up
ALTER TABLE "trainings" ADD COLUMN "hours" bigint NULL;
