package slice

import (
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"

	"golang.org/x/mod/sumdb/note"
)

// Signatures is how many reviewers have to sign a slice before it opens: one
// answers for the data, one for its protection (PIPL 55: assessed beforehand).
const Signatures = 2

// reviewersFile lists who may sign, one verifier key a line, as note writes them;
// what stands behind a # is for people.
const reviewersFile = "reviewers.txt"

// longestNote is far above any statement with its signatures, in bytes.
const longestNote = 64 << 10

// Statement is what reviewers sign: name, version, and the file byte for byte.
func (s *Slice) Statement() string {
	sum := sha256.Sum256(s.text)
	return fmt.Sprintf("vetgraph slice\n%s\n%s\n", s.Label(), base64.StdEncoding.EncodeToString(sum[:]))
}

// Sign adds a reviewer's signature to those there are; signed may be empty. A
// signature of another text is dropped: who changes a file asks again.
func (s *Slice) Sign(signed []byte, key string) ([]byte, error) {
	signer, err := note.NewSigner(strings.TrimSpace(key))
	if err != nil {
		return nil, errors.New("this is no signing key of a reviewer") // and is not quoted
	}
	n := &note.Note{Text: s.Statement()}
	if text, lines, ok := strings.Cut(string(signed), "\n\n"); ok && text+"\n" == n.Text {
		for line := range strings.Lines(lines) {
			name, b64, ok := signature(line)
			if ok && name != signer.Name() {
				n.UnverifiedSigs = append(n.UnverifiedSigs, note.Signature{Name: name, Hash: hashOf(b64), Base64: b64})
			}
		}
	}
	return note.Sign(n, signer)
}

func signature(line string) (name, b64 string, ok bool) {
	rest, ok := strings.CutPrefix(strings.TrimSpace(line), "— ")
	if !ok {
		return "", "", false
	}
	name, b64, ok = strings.Cut(rest, " ")
	return name, b64, ok
}

// hashOf is the key hash that begins a signature (C2SP signed-note).
func hashOf(b64 string) uint32 {
	b, err := base64.StdEncoding.DecodeString(b64)
	if err != nil || len(b) < 5 {
		return 0
	}
	return uint32(b[0])<<24 | uint32(b[1])<<16 | uint32(b[2])<<8 | uint32(b[3])
}

// Reviewed answers who has signed the slice as it is, in order of names.
func (s *Slice) Reviewed(signed []byte, reviewers note.Verifiers) ([]string, error) {
	if len(signed) > longestNote {
		return nil, errors.New("the signatures are longer than any can be")
	}
	n, err := note.Open(signed, reviewers)
	if unsigned := new(note.UnverifiedNoteError); errors.As(err, &unsigned) {
		return nil, nil
	} else if err != nil {
		return nil, fmt.Errorf("signatures: %w", err)
	}
	if n.Text != s.Statement() {
		return nil, errors.New("the signatures are of another text")
	}
	var names []string
	for _, sig := range n.Sigs {
		if !slices.Contains(names, sig.Name) {
			names = append(names, sig.Name)
		}
	}
	slices.Sort(names)
	return names, nil
}

// Reviewers reads who may sign in a folder.
func Reviewers(folder fs.FS) (note.Verifiers, error) {
	data, err := fs.ReadFile(folder, reviewersFile)
	if err != nil {
		return nil, fmt.Errorf("who may sign slices: %w", err)
	}
	var all []note.Verifier
	var names []string
	for n, line := range strings.Split(string(data), "\n") {
		line, _, _ = strings.Cut(line, "#")
		if line = strings.TrimSpace(line); line == "" {
			continue
		}
		v, err := note.NewVerifier(line)
		if err != nil {
			return nil, fmt.Errorf("%s:%d: is no verifier key", reviewersFile, n+1)
		}
		if slices.Contains(names, v.Name()) {
			return nil, fmt.Errorf("%s:%d: %s is there twice; one person signs once", reviewersFile, n+1, v.Name())
		}
		names, all = append(names, v.Name()), append(all, v)
	}
	return note.VerifierList(all...), nil
}

// Reviewed loads a folder as [Load] does, and refuses every slice that fewer than
// [Signatures] of its reviewers have signed in NAME.sig.
func Reviewed(folder fs.FS) (*Register, error) {
	r, err := Load(folder)
	if err != nil || len(r.all) == 0 {
		return r, err
	}
	reviewers, err := Reviewers(folder)
	if err != nil {
		return nil, err
	}
	var errs []error
	for _, s := range r.all {
		signed, err := fs.ReadFile(folder, s.Name+".sig")
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			errs = append(errs, err)
			continue
		}
		var names []string
		if len(signed) > 0 {
			names, err = s.Reviewed(signed, reviewers)
		}
		switch {
		case len(signed) > 0 && err != nil:
			errs = append(errs, fmt.Errorf("slice %s: %w", s.Label(), err))
		case len(names) < Signatures:
			errs = append(errs, fmt.Errorf("slice %s is signed by %d of %d reviewers (%s)", s.Label(), len(names), Signatures, strings.Join(names, ", ")))
		}
	}
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	return r, nil
}
