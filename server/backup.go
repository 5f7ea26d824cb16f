package server

import (
	"errors"
	"fmt"

	"github.com/vetgraph/vetgraph/internal/backup"
	"github.com/vetgraph/vetgraph/internal/store"
)

// database is where the record is, also for who has not said.
func (c Config) database() string {
	if c.Database == "" {
		return "sqlite:" + c.Data + "/vetgraph.db"
	}
	return c.Database
}

type backupCommand struct {
	To string `arg:"" help:"File to write, for its owner alone. It is never overwritten. 备份文件。" type:"path"`
}

// Run copies the database into one file, while hubs work. The keys are not in it.
func (b backupCommand) Run(s *session) (err error) {
	if !there(s.database()) {
		return errors.New("there is no database yet (还没有数据库)")
	}
	db, err := store.Open(s.ctx, s.database(), 2)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	m, err := backup.Write(s.ctx, db, b.To, version(), s.now())
	if err != nil {
		return err
	}
	sayBackup(s, "已备份到 "+b.To, "Wrote the backup", m)
	_, _ = fmt.Fprintln(s.out, "密钥不在其中：请保留当时的密钥文件，分开保存。 The keys are not in it: keep the keys file of this time, elsewhere.")
	if m.Log.Broken() {
		return errors.New("the backup is made, but the log of reads does not fit its head: run vetgraph receipts audit (备份已完成，但查阅日志与其根不符)")
	}
	return nil
}

type restoreCommand struct {
	From  string `arg:"" help:"File that vetgraph backup wrote. 备份文件。" type:"existingfile"`
	Check bool   `help:"Only check the file, every byte of it. 只检查，不恢复。"`
}

// Run fills an empty database, and proves that it is what was backed up.
func (r restoreCommand) Run(s *session) error {
	if r.Check {
		m, err := backup.Check(r.From)
		if err != nil {
			return err
		}
		sayBackup(s, "备份完好", "The backup is whole", m)
		return nil
	}
	m, err := backup.Restore(s.ctx, r.From, s.database())
	if err != nil {
		return err
	}
	sayBackup(s, "已恢复，行数与查阅日志的根均已核对", "Restored; the rows are counted and the root of the log of reads is reckoned again", m)
	_, _ = fmt.Fprintln(s.out, "请放回当时的密钥文件，再运行 vetgraph doctor 与 vetgraph receipts audit。 Put back the keys file of that time, then run those two.")
	return nil
}

func sayBackup(s *session, zh, en string, m *backup.Manifest) {
	rows := int64(0)
	for _, t := range m.Tables {
		rows += t.Rows
	}
	_, _ = fmt.Fprintf(s.out, "%s。 %s.\n%s, %s, 结构 step %d, %d 表 tables, %d 行 rows\n查阅日志 log of reads: %d 条 leaves, 根 root %s\n",
		zh, en, m.Made.Format("2006-01-02T15:04:05Z"), m.Dialect, m.Step, len(m.Tables), rows, m.Log.Size, m.Log.Root)
}
