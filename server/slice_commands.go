package server

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/formatter"
	"golang.org/x/mod/sumdb/note"

	"github.com/vetgraph/vetgraph/internal/sharing"
	"github.com/vetgraph/vetgraph/internal/slice"
	"github.com/vetgraph/vetgraph/internal/webhook"
)

// sliceCommand looks at what partners may read, and has it reviewed.
type sliceCommand struct {
	Show  sliceShowCommand  `cmd:"" help:"Say what a slice lets read: as people are told, or as the partner's schema. 查看一项数据共享授权。"`
	Check sliceCheckCommand `cmd:"" help:"Check every slice of a folder against the schema, and its signatures. 检查数据共享授权文件夹。"`
	Diff  sliceDiffCommand  `cmd:"" help:"Tell what changes from one version to the next, what is wider first. 比较两个版本。"`
	Key   sliceKeyCommand   `cmd:"" help:"Make a reviewer's key. 生成审核人密钥。"`
	Sign  sliceSignCommand  `cmd:"" help:"Sign a slice as a reviewer, into NAME.sig beside it. 审核人签署。"`
	Hook  sliceHookCommand  `cmd:"" name:"webhook-key" help:"Make a key that messages to a partner are signed with. 生成变化通知的签名密钥。"`
}

type sliceShowCommand struct {
	Name string `arg:"" help:"Name of a slice in --slices, or a file. 名称或文件。"`
	As   string `help:"card, notice or sdl. 告知卡片、告知书全文或模式。" default:"card" enum:"card,notice,sdl"`
}

// Run prints one slice.
func (c sliceShowCommand) Run(s *session) error {
	one, err := c.find(s.Config)
	if err != nil {
		return err
	}
	cut, err := one.Cut(described())
	if err != nil {
		return err
	}
	desk := &sharing.Desk{Described: fieldWords}
	notice := desk.Notice(one)
	switch c.As {
	case "sdl":
		var text bytes.Buffer
		formatter.NewFormatter(&text, formatter.WithIndent("  ")).FormatSchema(cut)
		_, err = s.out.Write(text.Bytes())
		return err
	case "notice":
		_, err = fmt.Fprintf(s.out, "%s\n\n%s\n", notice.Zh, notice.En)
		return err
	}
	line := func(zh, en, value string) { _, _ = fmt.Fprintf(s.out, "%s %s\t%s\n", zh, en, value) }
	_, _ = fmt.Fprintf(s.out, "%s %s (%s)\n", one.Title.Zh, one.Title.En, one.Label())
	line("合作单位", "partner", one.Partner.Name.Zh+" "+one.Partner.Contact)
	line("目的", "purpose", one.Purpose.Text.Zh+" ("+purposeHeader+": "+one.Purpose.Code+")")
	line("依据", "basis", one.Basis.Kind+" "+one.Basis.Article)
	line("人员", "people", one.Rows.Text.Zh+" ["+one.Rows.String()+"]")
	line("有效期", "period", one.Period.From+" – "+one.Period.Until)
	line("次数", "quota", fmt.Sprintf("%d/min %d/day", one.Often.PerMinute, one.Often.PerDay))
	line("保存", "kept", fmt.Sprintf("%d 天 calendar days", one.Keep))
	for _, at := range one.Fields.Told() {
		mark := " "
		if sensitiveAt(at) {
			mark = "!"
		}
		w := fieldWords(at)
		_, _ = fmt.Fprintf(s.out, "%s %-36s %s\n", mark, at, w.Zh)
	}
	_, _ = fmt.Fprintln(s.out, "! 敏感或涉军信息 sensitive or military")
	if told := one.Changes.Coordinates(); len(told) > 0 {
		line("变化通知", "changes told", strings.Join(told, " "))
	}
	return c.counts(s, one)
}

// counts says how messages about the slice stand, where there is a record to ask.
func (c sliceShowCommand) counts(s *session, one *slice.Slice) (err error) {
	if s.Webhooks == "" || strings.HasSuffix(c.Name, ".yaml") {
		return nil
	}
	h, err := openRecord(s.ctx, s.Config)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, h.Close(context.WithoutCancel(s.ctx))) }()
	all, err := h.Webhooks.Counts(s.ctx)
	for _, n := range all {
		if n.Slice == one.Name {
			_, _ = fmt.Fprintf(s.out, "%s\t%d\n", n.State, n.N)
		}
	}
	return err
}

func (c sliceShowCommand) find(conf Config) (*slice.Slice, error) {
	if strings.HasSuffix(c.Name, ".yaml") {
		return readSlice(c.Name)
	}
	r, err := readSlices(conf)
	if err != nil {
		return nil, err
	}
	if one := r.Get(c.Name); one != nil {
		return one, nil
	}
	var names []string
	for _, s := range r.All() {
		names = append(names, s.Name)
	}
	return nil, fmt.Errorf("没有这项数据共享，现有：%s (there is no slice %q; there are: %s)", strings.Join(names, " "), c.Name, strings.Join(names, " "))
}

func readSlice(file string) (*slice.Slice, error) {
	data, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("slice (数据共享授权文件): %w", err)
	}
	return slice.Read(filepath.Base(file), data)
}

type sliceCheckCommand struct {
	Folder   string `arg:"" help:"Folder with slices. 文件夹。" type:"existingdir"`
	Unsigned bool   `help:"Do not ask for signatures yet. 暂不要求签署。"`
}

// Run checks a folder as a hub in production would.
func (c sliceCheckCommand) Run(s *session) error {
	load := slice.Reviewed
	if c.Unsigned {
		load = slice.Load
	}
	r, err := load(os.DirFS(c.Folder))
	var schemas map[string]*ast.Schema
	if err == nil {
		schemas, err = cutSlices(r)
	}
	if err != nil {
		return fmt.Errorf("数据共享授权文件有误 (slices have mistakes):\n%w", err)
	}
	for _, one := range r.All() {
		_, _ = fmt.Fprintf(s.out, "%s\t%s\t%d 个字段 fields\n", one.Label(), one.Title.Zh, len(one.Fields.Coordinates()))
		reach, err := one.Prove(described(), schemas[one.Name])
		if err != nil {
			return fmt.Errorf("授权之外的内容可以到达 (something beyond the slice can be reached): %w", err)
		}
		in, out := reach.Reachable, reach.Hidden
		_, _ = fmt.Fprintf(s.out, "  可达 reachable: %d 类型 types, %d 字段 fields, %d 参数 arguments；不可达 hidden: %d, %d, %d\n", in.Types, in.Fields, in.Arguments, out.Types, out.Fields, out.Arguments)
	}
	return nil
}

type sliceDiffCommand struct {
	Was string `arg:"" help:"The version before. 原版本文件。" type:"existingfile"`
	Is  string `arg:"" help:"The version after. 新版本文件。" type:"existingfile"`
}

// Run prints the changes. It fails if there are some and the version has not grown.
func (c sliceDiffCommand) Run(s *session) error {
	was, err := readSliceAs(c.Was)
	if err != nil {
		return err
	}
	is, err := readSliceAs(c.Is)
	if err != nil {
		return err
	}
	changes := slice.Diff(was, is)
	for _, ch := range changes {
		mark := "  "
		if ch.Wider {
			mark = "↑ "
		}
		_, _ = fmt.Fprintf(s.out, "%s%s  %s\n", mark, ch.Text.Zh, ch.Text.En)
	}
	switch {
	case was.Name != is.Name:
		return errors.New("这是两项不同的数据共享 (these are two slices)")
	case len(changes) > 0 && is.Version <= was.Version:
		return fmt.Errorf("内容有变，版本号须增大 (what changes needs a higher version): %s → %s", was.Label(), is.Label())
	}
	return nil
}

// readSliceAs reads a file of any name: a version before is kept under another.
func readSliceAs(file string) (*slice.Slice, error) {
	data, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("slice (数据共享授权文件): %w", err)
	}
	name := ""
	for line := range strings.Lines(string(data)) {
		if rest, ok := strings.CutPrefix(line, "slice:"); ok {
			name = strings.TrimSpace(rest)
		}
	}
	return slice.Read(name+".yaml", data)
}

type sliceKeyCommand struct {
	Name string `arg:"" help:"The reviewer, as signatures name them: no blanks. 审核人。"`
	To   string `help:"File for the signing key; it is never overwritten. 签名密钥文件。" required:"" type:"path" placeholder:"FILE"`
}

// Run makes a key, and prints the line for reviewers.txt.
func (c sliceKeyCommand) Run(s *session) error {
	if strings.ContainsAny(c.Name, " +\t\n") || c.Name == "" {
		return errors.New("审核人名称不能有空格或加号 (a reviewer's name has no blanks and no +)")
	}
	private, public, err := note.GenerateKey(rand.Reader, c.Name)
	if err != nil {
		return fmt.Errorf("make a key: %w", err)
	}
	if err := writeKey(c.To, private); err != nil {
		return err
	}
	_, err = fmt.Fprintln(s.out, public)
	return err
}

// writeKey writes a key into a file of its own, which nobody else may read.
func writeKey(to, key string) error {
	f, err := os.OpenFile(to, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return fmt.Errorf("key (签名密钥): %w", err)
	}
	_, err = f.WriteString(key + "\n")
	return errors.Join(err, f.Close())
}

type sliceHookCommand struct {
	To     string `help:"File for the key; it is never overwritten. 密钥文件。" required:"" type:"path" placeholder:"FILE"`
	Shared bool   `help:"A secret that both sides know (HMAC-SHA256), for receivers that cannot check Ed25519. 双方共享的口令。"`
}

// Run makes a key, and prints what the partner is given of it.
func (c sliceHookCommand) Run(s *session) error {
	key, partners := webhook.Generate(c.Shared)
	if err := writeKey(c.To, key); err != nil {
		return err
	}
	_, err := fmt.Fprintln(s.out, partners)
	return err
}

type sliceSignCommand struct {
	File string `arg:"" help:"The slice. 数据共享授权文件。" type:"existingfile"`
	Key  string `help:"File with the signing key. 签名密钥文件。" required:"" type:"existingfile" placeholder:"FILE"`
}

// Run signs a slice that is sound, as it is now.
func (c sliceSignCommand) Run(s *session) error {
	one, err := readSlice(c.File)
	if err != nil {
		return err
	}
	if _, err := one.Cut(described()); err != nil {
		return err
	}
	key, err := os.ReadFile(c.Key)
	if err != nil {
		return fmt.Errorf("key (签名密钥): %w", err)
	}
	to := strings.TrimSuffix(c.File, ".yaml") + ".sig"
	there, err := os.ReadFile(to)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("signatures (签署文件): %w", err)
	}
	signed, err := one.Sign(there, string(key))
	if err != nil {
		return err
	}
	if err := os.WriteFile(to, signed, 0o644); err != nil { //nolint:gosec // signatures are public
		return fmt.Errorf("signatures (签署文件): %w", err)
	}
	s.say("已签署 "+one.Label()+"，见 "+to+"。", "Signed "+one.Label()+"; see "+to+".")
	return nil
}
