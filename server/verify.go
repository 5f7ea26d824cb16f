package server

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"
	"unicode"

	"github.com/vetgraph/vetgraph/internal/catalog"
	"github.com/vetgraph/vetgraph/internal/receipt"
	"github.com/vetgraph/vetgraph/internal/seal"
	"github.com/vetgraph/vetgraph/internal/workday"
)

type verifyCommand struct {
	What string `arg:"" name:"file" help:"Saved sheet (GraphQL answer or page), - for what is piped in, or the text of a QR code. 保存的反馈单、- 或二维码文字。"`
	Key  string `help:"File of public keys, as vetgraph keys public prints it. Default: the keys file of this machine. 公钥文件。" type:"path" placeholder:"FILE"`
}

// longestSaved is far above any saved sheet, in bytes.
const longestSaved = 8 << 20

// Run checks a feedback sheet, or the proof of a read, offline and says what it says. It fails unless all
// of it that a seal covers is authentic.
func (c verifyCommand) Run(s *session) error {
	ring, err := c.ring(s.ctx, s.Config)
	if err != nil {
		return err
	}
	body, err := c.read()
	if err != nil {
		return err
	}
	if proof, err := receipt.ParseProof(body); err == nil {
		return verifyProof(s, ring, proof)
	}
	f := examine(ring, body)
	f.print(s.out, s.Config)
	if !f.authentic() {
		return errors.New("核验未通过 (not verified)")
	}
	return nil
}

// ring is the keys to believe.
func (c verifyCommand) ring(ctx context.Context, conf Config) (seal.Ring, error) {
	if c.Key != "" {
		body, err := os.ReadFile(c.Key)
		if err != nil {
			return nil, fmt.Errorf("public keys (公钥): %w", err)
		}
		ring, err := seal.ParseRing(body)
		if err != nil {
			return nil, fmt.Errorf("public keys %s (公钥文件有误): %w", c.Key, err)
		}
		return ring, nil
	}
	keys, err := loadKeys(ctx, conf)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, errors.New("没有公钥，请用 --key 指定公钥文件 (there are no keys here: name a file of public keys with --key)")
	} else if err != nil {
		return nil, fmt.Errorf("keys: %w", err)
	}
	return ringOf(keys)
}

func (c verifyCommand) read() ([]byte, error) {
	if seal.Sealed(strings.TrimSpace(c.What)) {
		return []byte(c.What), nil
	}
	from := io.Reader(os.Stdin)
	if c.What != "-" {
		f, err := os.Open(c.What)
		if errors.Is(err, fs.ErrNotExist) {
			return nil, errors.New("没有这个文件，也不是以 VG1 开头的二维码文字 (there is no such file, and it is no text of a QR code, which begins with VG1)")
		} else if err != nil {
			return nil, fmt.Errorf("open the sheet: %w", err)
		}
		defer func() { _ = f.Close() }()
		from = f
	}
	body, err := io.ReadAll(io.LimitReader(from, longestSaved+1))
	if err == nil && len(body) > longestSaved {
		err = errors.New("it is too large for a feedback sheet (文件太大)")
	}
	return body, err
}

// finding is what came of a check.
type finding struct {
	sheet   *seal.Sheet // what the seal says; nil if there is none to read
	key     seal.Key
	err     error          // what is wrong with the seal; nil if it is authentic
	wrong   []catalog.Text // what is wrong with that which stands around it
	outside []string       // fields of a saved answer that no seal covers
}

func (f *finding) authentic() bool { return f.err == nil && len(f.wrong) == 0 }

func (f *finding) say(zh, en string) { f.wrong = append(f.wrong, catalog.Text{Zh: zh, En: en}) }

// examine checks a text, a saved page or a saved answer.
func examine(ring seal.Ring, body []byte) *finding {
	trimmed := bytes.TrimSpace(bytes.TrimPrefix(body, []byte("\ufeff")))
	switch {
	case bytes.HasPrefix(trimmed, []byte("<")):
		return examinePage(ring, body)
	case bytes.HasPrefix(trimmed, []byte("{")) || bytes.HasPrefix(trimmed, []byte("[")):
		return examineAnswer(ring, trimmed)
	}
	return examineText(ring, string(trimmed))
}

func examineText(ring seal.Ring, text string) *finding {
	f := &finding{}
	f.sheet, f.key, f.err = ring.Open(text)
	return f
}

// verdict is the one line that matters.
func (f *finding) verdict() catalog.Text {
	switch {
	case f.authentic():
		return catalog.Text{Zh: "✓ 真实：签章有效，内容未被改动。", En: "  Authentic: the seal is good and nothing it covers was changed."}
	case errors.Is(f.err, seal.ErrUnknownKey):
		return catalog.Text{Zh: "✗ 无法核验：没有签章所用的公钥。请向签发单位取得公钥。", En: "  Cannot be checked: the key it names is not here. Get the public keys from who issued it, by a way you trust."}
	case errors.Is(f.err, seal.ErrForged):
		return catalog.Text{Zh: "✗ 不真实：内容与签章不符，被改动过，或者不是该单位签发。", En: "  Not authentic: the seal does not belong to this content. It was changed, or never issued."}
	case f.err != nil:
		return catalog.Text{Zh: "✗ 不真实：没有可读的签章。", En: "  Not authentic: there is no seal that can be read."}
	}
	return catalog.Text{Zh: "✗ 文件被改动：签章本身有效，但文件与签章不符。只可相信下列签章内容。", En: "  The file was changed: its seal is good, but the file differs from it. Believe only what the seal says, below."}
}

func (f *finding) print(to io.Writer, conf Config) {
	var b strings.Builder
	put := func(format string, args ...any) { fmt.Fprintf(&b, format+"\n", args...) }
	v := f.verdict()
	put("%s\n%s", v.Zh, v.En)
	for _, w := range f.wrong {
		put("  - %s %s", shown(w.Zh), shown(w.En))
	}
	if f.sheet != nil {
		if f.err != nil {
			put("\n以下内容未经证实，不可相信。 What follows is claimed and not proved; do not believe it.")
		}
		f.printSheet(put, conf)
	}
	if len(f.outside) > 0 {
		put("\n不在签章之内，未核验 (no seal covers, not checked): %s", shown(strings.Join(f.outside, " ")))
	}
	_, _ = io.WriteString(to, b.String())
}

func (f *finding) printSheet(put func(string, ...any), conf Config) {
	s := f.sheet
	put("")
	if f.err == nil {
		put("签章 seal       %s %s", f.key.Suite, f.key.ID)
	}
	state := stateWords("CaseState", s.State)
	put("办件编号 case   %s", shown(s.Number))
	put("结果 state      %s %s", shown(state.Zh), shown(state.En))
	put("出具 issued     %s %s", s.Issued, shown(s.Issuer))
	if s.Used != nil {
		kept := onTime(*s.Used <= s.Promised)
		put("工作日 workdays 承诺 promised %d，实际 used %d，%s %s", s.Promised, *s.Used, kept.Zh, kept.En)
	} else {
		put("工作日 workdays 承诺 promised %d", s.Promised)
	}
	put("目录 catalogue  %s", shown(s.Catalog))
	put("")
	cat := catalogueOf(conf)
	for _, l := range s.Lines {
		name := ""
		if m := cat.Matter(l.Matter); m != nil {
			name = m.Name.Zh + " " + m.Name.En
		}
		state := stateWords("ItemState", l.State)
		put("%s %s\n    %s %s  %s  %s", shown(l.Matter), name, shown(state.Zh), shown(state.En), dayOr(l.Decided, "—"), resultWords(l.Result))
	}
	if cat.Version != s.Catalog {
		put("\n事项名称取自目录 %s，与反馈单的目录不同。 Names are those of catalogue %s, not of the sheet's.", cat.Version, cat.Version)
	}
}

// catalogueOf gives matters their names: the configured catalogue, or the one that
// is built in.
func catalogueOf(conf Config) *catalog.Catalog {
	if conf.Catalog != "" {
		if cat, err := catalog.Load(os.DirFS(conf.Catalog)); err == nil {
			return cat
		}
	}
	cat, err := catalog.Builtin()
	if err != nil {
		return &catalog.Catalog{}
	}
	return cat
}

func dayOr(d *workday.Day, none string) string {
	if d == nil {
		return none
	}
	return d.String()
}

func resultWords(r seal.Result) string {
	switch {
	case r.Withheld:
		return "文号含身份证号，签章未载明 (its number holds a citizen number and is not in the seal)"
	case r.Digest != "":
		return "文号较长，签章只载摘要 (its number is long; the seal has its digest) " + r.Digest
	case r.Number == "":
		return "无文号 (no number)"
	}
	return "文号 number " + shown(r.Number)
}

// shown is text fit for a terminal, whoever wrote it.
func shown(text string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsPrint(r) {
			return r
		}
		return unicode.ReplacementChar
	}, text)
}
