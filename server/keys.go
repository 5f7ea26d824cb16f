package server

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/vetgraph/vetgraph/internal/rekey"
	"github.com/vetgraph/vetgraph/internal/vault"
)

type keysCommand struct {
	Public publicKeysCommand `cmd:"" help:"Print the public keys that feedback sheets are checked with. 打印核验公钥。"`
	Show   showKeysCommand   `cmd:"" help:"Say which sealing keys there are, of which suite, and what still needs them. 查看密钥编号和用量。"`
	Rotate rotateKeysCommand `cmd:"" help:"Make another sealing key, for everything that is sealed from now on. 更换数据密钥。"`
	Use    useKeysCommand    `cmd:"" help:"Seal with a key that is there already. 启用备用密钥。"`
	Reseal resealKeysCommand `cmd:"" help:"Seal anew what older keys sealed, while hubs are at work. 用新密钥重新加密。"`
	Retire retireKeysCommand `cmd:"" help:"Take out a sealing key that nothing needs any more. 停用旧密钥。"`
	Rewrap rewrapKeysCommand `cmd:"" help:"Wrap all keys anew with a fresh key-encryption key. 更换密钥加密密钥。"`
}

type showKeysCommand struct {
	Rows bool `help:"Count what each key sealed, in the database. 统计各密钥加密的数据。"`
}

// Run says what the keys file holds; never a key.
func (k showKeysCommand) Run(s *session) (err error) {
	f, err := keysAt(s.Config, keysFile(s.Config))
	if err != nil {
		return err
	}
	keys, err := f.Load(s.ctx)
	if err != nil {
		return fmt.Errorf("keys: %w", err)
	}
	left := map[uint8]int64{}
	if k.Rows {
		if left, err = countSealed(s); err != nil {
			return err
		}
	}
	for _, key := range keys.Sealing {
		line := fmt.Sprint(key)
		if key.ID == keys.Current {
			line += ", current 当前"
			if !keys.Since.IsZero() {
				line += " since " + keys.Since.Format("2006-01-02T15:04:05Z")
			}
		}
		if k.Rows {
			line += fmt.Sprintf(", %d values 项", left[key.ID])
			delete(left, key.ID)
		}
		_, _ = fmt.Fprintln(s.out, line)
	}
	if wrapped, err := f.Wrapped(s.ctx); err == nil && !wrapped {
		_, _ = fmt.Fprintln(s.out, "密钥未加密保存，请运行 vetgraph keys rewrap。 The keys stand in the file as they are; run: vetgraph keys rewrap")
	}
	for _, id := range rekey.Keys(left) {
		_, _ = fmt.Fprintf(s.out, "key %d is not here 缺失, %d values 项\n", id, left[id])
	}
	return nil
}

func countSealed(s *session) (left map[uint8]int64, err error) {
	h, err := openRecord(s.ctx, s.Config)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, h.Close(context.WithoutCancel(s.ctx))) }()
	return h.Resealer().Left(s.ctx)
}

type rotateKeysCommand struct {
	Standby bool `help:"Only add it: hubs with copies of the file are given the new one first, then: vetgraph keys use. 先备用，不启用。"`
}

// Run makes another sealing key. Hubs notice within ten seconds.
func (k rotateKeysCommand) Run(s *session) error {
	suite, err := vault.SuiteNamed(s.Cipher)
	if err != nil {
		return err
	}
	return s.changeKeys(func(keys vault.Keys) (vault.Keys, error) {
		if !k.Standby {
			return keys.Rotate(suite, s.now())
		}
		keys, _, err := keys.Standby(suite)
		return keys, err
	})
}

type useKeysCommand struct {
	ID uint8 `arg:"" help:"ID of the key. 密钥编号。"`
}

// Run makes a key that is there the current one.
func (k useKeysCommand) Run(s *session) error {
	return s.changeKeys(func(keys vault.Keys) (vault.Keys, error) { return keys.Use(k.ID, s.now()) })
}

// now is the time of the clock, or of a test.
func (s *session) now() time.Time {
	if s.Now != nil {
		return s.Now()
	}
	return time.Now()
}

func (s *session) changeKeys(change func(vault.Keys) (vault.Keys, error)) error {
	f, err := keysAt(s.Config, keysFile(s.Config))
	if err != nil {
		return err
	}
	keys, err := f.Change(s.ctx, change)
	if err != nil {
		return err
	}
	newest := slices.MaxFunc(keys.Sealing, func(a, b vault.SealingKey) int { return int(a.ID) - int(b.ID) })
	_, err = fmt.Fprintf(s.out, "%v；最新 newest: %v。请另存密钥文件；中枢会自动用当前密钥重新加密旧数据。\nKeep a copy of the keys file elsewhere. Hubs seal old data anew with the current key by themselves.\n", keys, newest)
	return err
}

type resealKeysCommand struct {
	Share float64 `help:"Share of the time that may be spent on it, above 0 and at most 1. 占用时间的比例。" default:"0.2" placeholder:"SHARE"`
}

// Run seals anew until nothing is left, as hubs do by themselves. It may be ended and
// begun again, and run beside them.
func (k resealKeysCommand) Run(s *session) (err error) {
	if k.Share <= 0 || k.Share > 1 {
		return errors.New("--share is above 0 and at most 1 (应大于 0 且不超过 1)")
	}
	h, err := openRecord(s.ctx, s.Config)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, h.Close(context.WithoutCancel(s.ctx))) }()
	w := h.Resealer()
	w.Share = k.Share
	w.Told = func(p rekey.Progress) {
		if p.Rows == 0 {
			_, _ = fmt.Fprintf(s.err, "%s.%s: 待重新加密 to be sealed anew %d\n", p.Table, p.Column, p.Left)
		}
	}
	for total := int64(0); ; {
		r, err := w.Pass(s.ctx)
		total += r.Rows
		if err != nil {
			return err
		}
		if r.Clean() {
			_, _ = fmt.Fprintf(s.out, "已重新加密 sealed anew: %d\n", total)
			if r.Damaged > 0 {
				return fmt.Errorf("%d 项无法打开，未改动 (%d values do not open and were left as they are)", r.Damaged, r.Damaged)
			}
			return nil
		}
	}
}

type retireKeysCommand struct {
	ID uint8 `arg:"" help:"ID of the key. 密钥编号。"`
}

// Run takes a key out of the keys file once nothing needs it any more.
func (k retireKeysCommand) Run(s *session) (err error) {
	h, err := openRecord(s.ctx, s.Config)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, h.Close(context.WithoutCancel(s.ctx))) }()
	if _, err := h.keys.Retire(k.ID, s.now()); err != nil { // before anything is counted
		return err
	}
	if err := h.Resealer().Free(s.ctx, k.ID); err != nil {
		return fmt.Errorf("仍有数据需要该密钥，请先运行 vetgraph keys reseal (run that first): %w", err)
	}
	f, err := keysAt(s.Config, keysFile(s.Config))
	if err != nil {
		return err
	}
	keys, err := f.Retire(s.ctx, k.ID, s.now())
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(s.out, "已停用密钥 %d；%v。此前的备份仍需要它：请与备份一并保留当时的密钥文件。\nRetired key %d. Backups from before need it: keep the keys file of that time with them.\n", k.ID, keys, k.ID)
	return err
}

type rewrapKeysCommand struct{}

// Run replaces the key-encryption key. No data is touched.
func (rewrapKeysCommand) Run(s *session) error {
	f, err := keysAt(s.Config, keysFile(s.Config))
	if err != nil {
		return err
	}
	if err := f.Rewrap(s.ctx); err != nil {
		return err
	}
	_, err = fmt.Fprintln(s.out, "已用新的密钥加密密钥重新包裹全部密钥；请更新另存的副本（两个文件分开保存）。\nWrapped all keys anew. Renew the copies you keep elsewhere, of both files, apart from each other.")
	return err
}
