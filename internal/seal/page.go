package seal

import (
	"bytes"
	"fmt"
	"strings"
)

// A sealed page is an HTML page with one more line: a comment that holds suite, key
// ID and signature over everything before it.
const (
	pageOpen = "\n<!-- VGP1,"
	pageEnd  = " -->\n"
)

// SealPage adds a page's own seal to it, so that each of its bytes can be checked,
// words beside the sheet's included.
func (s *Signer) SealPage(page []byte) ([]byte, error) {
	if bytes.Contains(page, []byte(pageOpen)) {
		return nil, fmt.Errorf("seal a page: it is sealed already")
	}
	signature, err := s.signature(pageMessage(string(s.key.Suite), s.key.ID, page))
	if err != nil {
		return nil, fmt.Errorf("seal a page: %w", err)
	}
	return append(bytes.Clone(page), pageOpen+string(s.key.Suite)+","+s.key.ID+","+signature+pageEnd...), nil
}

// OpenPage checks a page with its seal. Errors: [ErrMalformed], [ErrUnknownKey],
// [ErrForged].
func (r Ring) OpenPage(page []byte) (Key, error) {
	i := bytes.LastIndex(page, []byte(pageOpen))
	if i < 0 {
		return Key{}, fmt.Errorf("%w: the page has no seal of its own", ErrMalformed)
	}
	line, ok := strings.CutSuffix(string(page[i+len(pageOpen):]), pageEnd)
	f := strings.Split(line, ",")
	if !ok || len(f) != 3 {
		return Key{}, fmt.Errorf("%w: something follows the page's seal", ErrMalformed)
	}
	return r.check(f[0], f[1], f[2], pageMessage(f[0], f[1], page[:i]))
}

// pageMessage begins unlike any sheet's text, so that neither passes for the other.
func pageMessage(suite, id string, page []byte) []byte {
	return append([]byte("VGP1,"+suite+","+id+"\n"), page...)
}
