package server

import (
	"crypto/ed25519"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/vetgraph/vetgraph/internal/catalog"
	"github.com/vetgraph/vetgraph/internal/division"
	"github.com/vetgraph/vetgraph/internal/receipt"
	"github.com/vetgraph/vetgraph/internal/seal"
	"github.com/vetgraph/vetgraph/internal/workday"
	"github.com/vetgraph/vetgraph/resolvers"
)

// logKeys are the keys of a ring that can have signed a log of reads.
func logKeys(ring seal.Ring) []ed25519.PublicKey {
	var out []ed25519.PublicKey
	for _, id := range sortedKeys(ring) {
		key, err := x509.ParsePKIXPublicKey(ring[id].Public)
		if own, ok := key.(ed25519.PublicKey); err == nil && ok {
			out = append(out, own)
		}
	}
	return out
}

// proofVerdict is the one line that matters of a proof.
func proofVerdict(err error, hidden bool) catalog.Text {
	switch {
	case errors.Is(err, receipt.ErrUnsigned):
		return catalog.Text{Zh: "✗ 无法核验：没有签名所用的公钥。请向系统运行单位取得公钥。", En: "  Cannot be checked: the key that signed it is not here. Get the public keys from who runs the system, by a way you trust."}
	case err != nil:
		return catalog.Text{Zh: "✗ 不成立：这份凭证被改动过，或者不是该系统给出的。", En: "  It does not hold: this proof was changed, or never given by that system (" + err.Error() + ")."}
	case hidden:
		return catalog.Text{Zh: "✓ 真实：查阅日志中确有这一条；依规则，内容暂不公开。", En: "  Authentic: the entry stands in the log of reads; the rules leave its content out."}
	}
	return catalog.Text{Zh: "✓ 真实：这次查阅确实记在查阅日志中，内容未被改动。", En: "  Authentic: this read stands in the log of reads, and nothing of it was changed."}
}

// verifyProof checks a proof of a read offline and says what was read.
func verifyProof(s *session, ring seal.Ring, p *receipt.Proof) error {
	leaf, head, err := p.Check(logKeys(ring)...)
	verdict := proofVerdict(err, leaf == nil)
	_, _ = fmt.Fprintf(s.out, "%s\n%s\n", verdict.Zh, verdict.En)
	if err != nil {
		return errors.New("核验未通过 (not verified)")
	}
	_, _ = fmt.Fprintf(s.out, "\n日志 log        %s，第 %d 条 of %d 条\n", shown(head.Origin), p.Index+1, head.Size)
	if leaf == nil {
		return nil
	}
	return sayRead(s, leaf)
}

// sayRead puts a read into words.
func sayRead(s *session, l *receipt.Leaf) error {
	rules, err := receipt.Builtin()
	if err != nil {
		return err
	}
	var b strings.Builder
	put := func(format string, args ...any) { fmt.Fprintf(&b, format+"\n", args...) }
	kind, purpose, basis := rules.Reader(l.Kind), rules.Purpose(l.Purpose), rules.Basis(l.Basis)
	put("时间 when      %s", l.At.In(workday.Zone()).Format("2006-01-02 15:04:05.000 -07:00"))
	put("谁 who         %s %s", shown(kind.Zh), shown(kind.En))
	if d := catalogueOf(s.Config).Department(l.Department); d != nil {
		put("部门 department %s %s", d.Name.Zh, d.Name.En)
	}
	if l.Slice != "" {
		put("授权 slice     %s", shown(l.Slice))
	}
	if d, ok := division.Builtin().Get(l.Division); ok {
		put("区划 division  %s", d.Name)
	}
	put("目的 purpose   %s %s", shown(purpose.Zh), shown(purpose.En))
	put("依据 basis     %s %s", shown(basis.Zh), shown(basis.En))
	if l.Article != "" {
		put("条文 article   %s", shown(l.Article))
	}
	put("字段 fields")
	for _, f := range l.Fields {
		w := resolvers.FieldWords(f)
		put("    %s %s  (%s)", shown(w.Zh), shown(w.En), shown(f))
	}
	put("\n凭证只含代号：它证明有这次查阅，不写明您是谁。 The proof has pseudonyms only: it shows that this read took place, not who you are.")
	_, err = io.WriteString(s.out, b.String())
	return err
}
