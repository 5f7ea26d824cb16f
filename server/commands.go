package server

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/vetgraph/vetgraph/internal/access"
	"github.com/vetgraph/vetgraph/internal/catalog"
	"github.com/vetgraph/vetgraph/internal/department"
	"github.com/vetgraph/vetgraph/internal/division"
	"github.com/vetgraph/vetgraph/internal/port"
	"github.com/vetgraph/vetgraph/internal/roll"
	"github.com/vetgraph/vetgraph/internal/vault"
	"github.com/vetgraph/vetgraph/internal/workday"
)

// openRecord opens as much of a hub as reads and writes profiles.
func openRecord(ctx context.Context, c Config) (*Hub, error) {
	if err := c.check(); err != nil {
		return nil, err
	}
	h := &Hub{Config: c, Divisions: division.Builtin()}
	return h, h.open(ctx, h.openFiles, h.openKeys, h.openStore, h.openRooms, h.openAnnouncing)
}

type importCommand struct {
	Roll  string `arg:"" help:"CSV file of the roll, UTF-8 or GB18030. 名册文件。" type:"existingfile"`
	AsOf  string `help:"Date of the roll; that of the file if left out. 名册日期。" placeholder:"YYYY-MM-DD"`
	Check bool   `help:"Report what is wrong and write nothing. 只检查，不写入。"`
}

// Run reads a discharge roll, reporting every bad line. Bad lines do not stop the
// good ones, but make the command fail.
func (i importCommand) Run(s *session) (err error) {
	f, err := os.Open(i.Roll)
	if err != nil {
		return fmt.Errorf("open the roll: %w", err)
	}
	defer func() { _ = f.Close() }()
	o := roll.Options{CheckOnly: i.Check, Report: func(d roll.Defect) {
		_, _ = fmt.Fprintf(s.err, "第 %d 行 line %d  %s  %s  %s %s\n", d.Line, d.Line, d.Column, d.Reason, d.Words.Zh, d.Words.En)
	}}
	if o.AsOf, err = i.date(f); err != nil {
		return told(err)
	}
	h, err := openRecord(s.ctx, s.Config)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, h.Close(context.WithoutCancel(s.ctx))) }()
	if err := h.Store.Roomy(s.ctx); err != nil {
		return err
	}
	shown := 0
	o.Progress = func(r roll.Result) { // a line for every 5,000, fit for a terminal and for a log
		if step := r.Read / 5000; step > shown {
			shown = step
			_, _ = fmt.Fprintf(s.err, "已读 read %d 行 lines，有误 bad %d\n", r.Read, r.Bad)
		}
	}
	r, err := roll.Read(access.AsMachine(s.ctx, "import"), h.Profile, f, o)
	_, _ = fmt.Fprintf(s.out, "读取 read %d，新增 added %d，更新 changed %d，未变 unchanged %d，重复 repeated %d，有误 bad %d\n", r.Read, r.Added, r.Changed, r.Unchanged, r.Repeated, r.Bad)
	if err != nil {
		return told(err)
	}
	if r.Bad > 0 {
		return fmt.Errorf("%d 行有误，未写入 (%d lines are bad and were not written)", r.Bad, r.Bad)
	}
	return nil
}

func (i importCommand) date(f *os.File) (time.Time, error) {
	if i.AsOf != "" {
		d, err := workday.ParseDay(i.AsOf)
		return d.Time(), err
	}
	info, err := f.Stat()
	if err != nil {
		return time.Time{}, err
	}
	return info.ModTime(), nil
}

type seedCommand struct{}

// Run prepares the demonstration's data and ends.
func (seedCommand) Run(s *session) error {
	if !s.Demo {
		return errors.New("seed is for the demonstration; production starts empty (正式环境不写入示例数据)")
	}
	h, err := Open(s.ctx, s.Config, s.say)
	if err != nil {
		return err
	}
	_, _ = fmt.Fprintln(s.out, "示例数据已就绪。 The demonstration's data is there.")
	return h.Close(context.WithoutCancel(s.ctx))
}

type catalogCommand struct {
	Check catalogCheck `cmd:"" help:"Report every mistake in a catalogue, and what its figures are. 检查事项目录。"`
}

type catalogCheck struct {
	Folder string `arg:"" help:"Folder of the catalogue, or builtin. 目录文件夹。" default:"builtin"`
}

// Run checks a catalogue and prints the figures that follow from it.
func (c catalogCheck) Run(s *session) error {
	cat, err := catalog.Builtin()
	if c.Folder != "builtin" {
		cat, err = catalog.Load(os.DirFS(c.Folder))
	}
	if err != nil {
		return fmt.Errorf("事项目录有误 (the catalogue has mistakes):\n%w", err)
	}
	t := cat.Totals()
	ports, _ := cat.Counted()
	_, _ = fmt.Fprintf(s.out, "%s\n%s\n%d 个事项 matters,%d 个端口 ports\n工作日 days %d → %d,材料 papers %d → %d,环节 steps %d → %d,跑动 visits %d → %d\n",
		cat.Meta.Title.Zh, cat.Version, len(cat.Matters), ports, t.Before.Days, t.After.Days, t.Before.Materials, t.After.Materials,
		t.Before.Steps, t.After.Steps, t.Before.Visits, t.After.Visits)
	different := cat.Differences()
	for _, d := range different {
		_, _ = fmt.Fprintf(s.err, "与公布数不符 not as published: %+v\n", d)
	}
	if len(different) > 0 {
		return fmt.Errorf("%d 项与公布数不符 (%d figures are not as published)", len(different), len(different))
	}
	return nil
}

type keygenCommand struct {
	To string `arg:"" help:"File to write, for its owner alone. It is never overwritten. 密钥文件。" type:"path"`
}

// Run makes fresh keys. Whoever loses them loses the sealed data. A file of before
// that has no key for seals gets one and keeps the rest.
func (k keygenCommand) Run(s *session) error {
	_, err := os.Stat(k.To)
	f, ferr := keysAt(s.Config, k.To)
	suite, serr := vault.SuiteNamed(s.Cipher)
	if ferr != nil || serr != nil {
		return errors.Join(ferr, serr)
	}
	switch there, lerr := f.Load(s.ctx); {
	case err == nil && lerr == nil && !there.Complete():
		if err := f.Save(s.ctx, there.WithSigners()); err != nil {
			return err
		}
		_, err = fmt.Fprintf(s.out, "已在 %s 补上签章密钥，原有密钥未变。请更新另存的副本。\nAdded keys for seals to %s; the others are as they were. Renew the copy you keep elsewhere.\n", k.To, k.To)
		return err
	case err == nil:
		return fmt.Errorf("%s is there already; keys are never overwritten (密钥文件已存在)", k.To)
	}
	if err := f.Save(s.ctx, vault.GenerateFor(suite)); err != nil {
		return err
	}
	_, err = fmt.Fprintf(s.out, "已生成 %s，由密钥加密密钥（%s）保护。请各另存一份，分开保存：丢失任何一个即无法打开已加密的数据。\nMade %s, wrapped by the key in %s. Keep a copy of each, apart from each other: without both sealed data cannot be opened.\n",
		k.To, serviceOf(s.Config, k.To), k.To, serviceOf(s.Config, k.To))
	return err
}

type secretCommand struct {
	Department string `arg:"" help:"Code of the department, e.g. PS. 部门代码。"`
}

// Run prints what a department signs its callbacks with.
func (c secretCommand) Run(s *session) error {
	keys, err := loadKeys(s.ctx, s.Config)
	if err != nil {
		return fmt.Errorf("keys: %w", err)
	}
	_, err = fmt.Fprintln(s.out, base64.StdEncoding.EncodeToString(keys.Callback(c.Department)))
	return err
}

type departmentsCommand struct {
	To string `arg:"" help:"File to write the addresses and secrets to, for --endpoints. 地址文件。" type:"path"`
}

// Run plays the departments until a signal comes.
func (d departmentsCommand) Run(s *session) error {
	c := s.Config
	if err := c.check(); err != nil {
		return err
	}
	h := &Hub{Config: c}
	if err := h.openFiles(s.ctx); err != nil {
		return err
	}
	var failed error
	ctx, stop := context.WithCancel(s.ctx)
	defer stop()
	err := department.Run(ctx, department.Config{
		Dir: filepath.Join(c.Data, "departments"), Catalog: h.catalog, WorkdayTakes: c.WorkdayTakes, Seed: c.Seed, Log: h.log("departments"),
	}, func(at map[string]port.Endpoint) {
		if failed = writeEndpoints(d.To, at); failed != nil {
			stop()
			return
		}
		s.say(fmt.Sprintf("%d 个示例部门已启动，地址在 %s。Ctrl+C 停止。", len(at), d.To), fmt.Sprintf("%d departments are at work; their addresses are in %s. Ctrl+C stops.", len(at), d.To))
	})
	return errors.Join(failed, err)
}

func writeEndpoints(path string, at map[string]port.Endpoint) error {
	all := map[string]endpoint{}
	for code, e := range at {
		all[code] = endpoint{URL: e.URL, Token: e.Token, CallbackSecret: e.CallbackSecret}
	}
	body, err := json.MarshalIndent(all, "", "  ")
	if err != nil {
		return err
	}
	if err := os.WriteFile(path, append(body, '\n'), 0o600); err != nil {
		return fmt.Errorf("write the departments' addresses: %w", err)
	}
	return nil
}
