package server

import (
	"errors"
	"fmt"

	"github.com/vetgraph/vetgraph/internal/store"
)

type migrateCommand struct{}

// Run brings the tables of the record and of the queue up to date.
func (migrateCommand) Run(s *session) (err error) {
	c := s.Config
	if c.Database == "" {
		c.Database = "sqlite:" + c.Data + "/vetgraph.db"
	}
	db, err := store.Open(s.ctx, c.Database, 0)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	if err := migrate(s.ctx, db); err != nil {
		return err
	}
	_, err = fmt.Fprintln(s.out, "数据库结构已是最新。 The database is up to date.")
	return err
}
