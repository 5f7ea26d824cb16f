package server

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/vetgraph/vetgraph/internal/receipt"
	"github.com/vetgraph/vetgraph/internal/store"
)

type witnessCommand struct {
	Hub    string `help:"Address of the hub. 系统地址。" required:"" placeholder:"URL"`
	File   string `help:"What the witness remembers; made the first time. 见证状态文件。" required:"" type:"path" placeholder:"FILE"`
	Key    string `help:"The witness's own private key; made the first time. 见证人私钥文件。" required:"" type:"path" placeholder:"FILE"`
	Name   string `help:"The witness's name in signatures, like a host. 见证人名称。" default:"witness.example" placeholder:"NAME"`
	LogKey string `help:"Verifier key of the log, got by a way you trust; needed only the first time, and without it the hub's own word is believed then. 查阅日志的公钥。" placeholder:"KEY"`
}

// Run looks at the log of reads once: that it continues what was seen, and signs it.
// A log that shows another history is not signed; what it showed is kept beside the
// file, ending in .fork.
func (c witnessCommand) Run(s *session) error {
	private, err := ownKey(c.Key)
	if err != nil {
		return err
	}
	s.say(fmt.Sprintf("见证人公钥：%s", receipt.WitnessKey(c.Name, private.Public().(ed25519.PublicKey))), "That is the witness's verifier key; the hub takes its signatures with --witnesses.") //nolint:forcetypeassert // as documented
	seen, err := c.seen(s.ctx)
	if err != nil {
		return err
	}
	text, err := c.fetch(s.ctx, "/receipts/checkpoint")
	if err != nil {
		return err
	}
	grown, err := c.look(s.ctx, seen, text)
	if errors.Is(err, receipt.ErrForked) {
		if e := os.WriteFile(c.File+".fork", text, 0o600); e != nil {
			return errors.Join(err, e)
		}
		return fmt.Errorf("日志被改写，未签名，证据在 %s.fork (the log was rewritten; not signed, evidence kept): %w", c.File, err)
	} else if err != nil {
		return err
	}
	if err := seen.Cosign(c.Name, private, time.Now()); err != nil {
		return err
	}
	body, err := json.MarshalIndent(seen, "", "  ")
	if err != nil {
		return err
	}
	if err := replace(c.File, append(body, '\n')); err != nil {
		return fmt.Errorf("keep what was seen: %w", err)
	}
	_, _ = fmt.Fprintf(s.out, "✓ %s：%d 条，新增 %d 条，前后一致，已签名。 %d leaves, %d new, consistent, signed.\n", shown(seen.Origin), seen.Size, grown, seen.Size, grown)
	if err := c.send(s.ctx, seen.Checkpoint); err != nil {
		s.say("系统没有收下签名（"+err.Error()+"）；签名已保存在本地。", "The hub did not take the signature; it is kept here.")
	}
	return nil
}

// ownKey is the witness's private key, made the first time.
func ownKey(path string) (ed25519.PrivateKey, error) {
	seed, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		_, private, err := ed25519.GenerateKey(nil)
		if err != nil {
			return nil, err
		}
		return private, os.WriteFile(path, private.Seed(), 0o600)
	} else if err != nil {
		return nil, fmt.Errorf("the witness's key: %w", err)
	}
	if len(seed) != ed25519.SeedSize {
		return nil, fmt.Errorf("%s is no key of a witness: it has not 32 bytes", path)
	}
	return ed25519.NewKeyFromSeed(seed), nil
}

// seen is what the witness remembers, or whom it believes the first time.
func (c witnessCommand) seen(ctx context.Context) (*receipt.Seen, error) {
	body, err := os.ReadFile(c.File)
	if err == nil {
		return receipt.ParseSeen(body)
	} else if !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	key := c.LogKey
	if key == "" {
		told, err := c.fetch(ctx, "/receipts/key")
		if err != nil {
			return nil, err
		}
		key = string(told)
	}
	public, err := receipt.LogKey(key)
	return &receipt.Seen{Key: public}, err
}

// look takes a checkpoint with the proof that it continues what was seen.
func (c witnessCommand) look(ctx context.Context, seen *receipt.Seen, text []byte) (int64, error) {
	head, err := receipt.OpenCheckpoint(text, seen.Key)
	if err != nil {
		return 0, err
	}
	var proof receipt.Continuation
	if seen.Size > 0 && head.Size > seen.Size {
		body, err := c.fetch(ctx, "/receipts/consistency?from="+strconv.FormatInt(seen.Size, 10)+"&to="+strconv.FormatInt(head.Size, 10))
		if err != nil {
			return 0, err
		}
		if err := json.Unmarshal(body, &proof); err != nil {
			return 0, fmt.Errorf("the hub's proof cannot be read: %w", err)
		}
	}
	return seen.Look(text, proof.Proof)
}

// mostFetched bounds what a hub may answer a witness, in bytes.
const mostFetched = 1 << 20

func (c witnessCommand) do(ctx context.Context, method, path string, body []byte) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, method, strings.TrimSuffix(c.Hub, "/")+path, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return nil, err
	}
	defer func() { _ = res.Body.Close() }()
	answer, err := io.ReadAll(io.LimitReader(res.Body, mostFetched))
	if err == nil && res.StatusCode/100 != 2 {
		err = fmt.Errorf("%s %s: %s", method, path, res.Status)
	}
	return answer, err
}

func (c witnessCommand) fetch(ctx context.Context, path string) ([]byte, error) {
	return c.do(ctx, http.MethodGet, path, nil)
}

func (c witnessCommand) send(ctx context.Context, text string) error {
	_, err := c.do(ctx, http.MethodPost, "/receipts/cosignatures", []byte(text))
	return err
}

// replace writes a file whole or not at all.
func replace(path string, body []byte) error {
	f, err := os.CreateTemp(filepath.Dir(path), ".seen-*")
	if err != nil {
		return err
	}
	defer func() { _ = os.Remove(f.Name()) }() // gone already when all went well
	_, err = f.Write(body)
	if err == nil {
		err = f.Sync()
	}
	if err = errors.Join(err, f.Close()); err != nil {
		return err
	}
	return os.Rename(f.Name(), path)
}

type receiptsCommand struct {
	Audit auditCommand `cmd:"" help:"Reckon the log of reads again and name the first row that does not hold. 审计查阅日志。"`
}

type auditCommand struct {
	WitnessState string `help:"What a witness remembers (vetgraph witness --file). Without it a log cut off behind its last signed head is not noticed. 见证状态文件。" type:"path" placeholder:"FILE"`
	Key          string `help:"File of public keys, as vetgraph keys public prints it. Default: the keys file of this machine. 公钥文件。" type:"path" placeholder:"FILE"`
}

// Run audits the log of a database, of which it believes nothing.
func (c auditCommand) Run(s *session) (err error) {
	ring, err := verifyCommand{Key: c.Key}.ring(s.ctx, s.Config)
	if err != nil {
		return err
	}
	e := receipt.Evidence{Keys: logKeys(ring), Witnesses: s.Witnesses}
	if c.WitnessState != "" {
		body, err := os.ReadFile(c.WitnessState)
		if err != nil {
			return fmt.Errorf("what a witness remembers: %w", err)
		}
		if e.Seen, err = receipt.ParseSeen(body); err != nil {
			return err
		}
	}
	if err := s.check(); err != nil {
		return err
	}
	db, err := store.Open(s.ctx, s.Database, 0)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	r, err := receipt.Audit(s.ctx, db, e)
	if err != nil {
		return err
	}
	_, _ = fmt.Fprintf(s.out, "日志 log %s\n%d 条 leaves，%d 个签名检查点 signed checkpoints，%d 个见证签名 cosignatures，见证人看过 a witness saw %d\n根 root %s\n",
		shown(r.Origin), r.Leaves, r.Checkpoints, r.Cosigned, r.Seen, r.Root)
	if r.Wrong != "" {
		_, _ = fmt.Fprintf(s.out, "✗ 不符，从这里起：\n  Does not hold, from here: %s\n", shown(r.Wrong))
		return errors.New("审计未通过 (the log does not hold)")
	}
	_, _ = fmt.Fprintln(s.out, "✓ 全部相符。 Everything holds.")
	return nil
}
