package trust

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/vetgraph/vetgraph/internal/catalog"
)

// Secret is where a secret is. It never prints what it is.
type Secret struct {
	File string `yaml:"file,omitempty"` // blanks and line ends around it are no part of it
	Env  string `yaml:"env,omitempty"`  // name of an environment variable

	// text is a pointer because fmt follows none: a Secret deep in somebody's
	// struct is printed without its methods.
	text *string
}

// Text is a secret that is at hand. A file of configuration cannot say it.
func Text(secret string) Secret { return Secret{text: &secret} }

func (s Secret) set() bool { return s != Secret{} }

func (s *Secret) check(strict *catalog.Strict, dir string) {
	if s.File != "" && s.Env != "" {
		strict.Blame(s, "either file or env")
	}
	if s.Env != "" && !envName.MatchString(s.Env) {
		strict.Blame(&s.Env, "the name of an environment variable, not what it holds")
	}
	s.File = below(dir, s.File)
}

// read gives the secret itself.
func (s Secret) read() (string, error) {
	var text string
	switch {
	case s.text != nil:
		text = *s.text
	case s.File != "":
		body, err := os.ReadFile(s.File)
		if err != nil {
			return "", err // its path and no more
		}
		text = string(body)
	case s.Env != "":
		text = os.Getenv(s.Env)
	default:
		return "", errors.New("there is no secret")
	}
	if text = strings.TrimSpace(text); text == "" {
		return "", fmt.Errorf("%s holds nothing", s)
	}
	return text, nil
}

// String tells where the secret is.
func (s Secret) String() string {
	switch {
	case s.text != nil:
		return "hidden"
	case s.File != "":
		return "file " + s.File
	case s.Env != "":
		return "environment " + s.Env
	}
	return ""
}

// Format hides the secret from every verb of fmt.
func (s Secret) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, s.String()) }

// MarshalText tells where the secret is.
func (s Secret) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// PEM is the path of a file in PEM, or PEM itself, which it does not print: it may
// be a private key.
type PEM string

func (p PEM) inline() bool { return strings.HasPrefix(strings.TrimSpace(string(p)), "-----BEGIN ") }

// from makes a path relative to dir.
func (p *PEM) from(dir string) {
	if !p.inline() {
		*p = PEM(below(dir, string(*p)))
	}
}

func (p PEM) read() ([]byte, error) {
	if p.inline() {
		return []byte(p), nil
	}
	if p == "" {
		return nil, errors.New("no file is named")
	}
	return os.ReadFile(string(p))
}

// String is the path; PEM itself is hidden.
func (p PEM) String() string {
	if p.inline() {
		return "hidden"
	}
	return string(p)
}

// Format hides PEM itself from every verb of fmt.
func (p PEM) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, p.String()) }

// MarshalText is the path; PEM itself is hidden.
func (p PEM) MarshalText() ([]byte, error) { return []byte(p.String()), nil }

// below is a path as seen from dir, unless it is absolute or none.
func below(dir, path string) string {
	if path == "" || filepath.IsAbs(path) {
		return path
	}
	return filepath.Join(dir, path)
}
