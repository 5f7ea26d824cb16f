package soap

import (
	"bytes"
	"encoding/xml"
	"errors"
	"regexp"
	"strconv"
	"time"
	"unicode/utf8"
)

// errCharacters is of text that no XML document can hold.
var errCharacters = errors.New("characters that XML cannot hold")

// writer puts a document together. The first mistake stays in err.
type writer struct {
	b   bytes.Buffer
	err error
}

// open begins an element; attrs are names and values in turn.
func (w *writer) open(name string, attrs ...string) {
	w.b.WriteString("<" + name)
	for i := 0; i+1 < len(attrs); i += 2 {
		w.b.WriteString(" " + attrs[i] + `="`)
		w.text(attrs[i+1])
		w.b.WriteString(`"`)
	}
	w.b.WriteString(">")
}

func (w *writer) close(name string) { w.b.WriteString("</" + name + ">") }

// text writes characters; those that XML has no way to say are a mistake, where
// xml.EscapeText would put a replacement in silence.
func (w *writer) text(s string) {
	if !writable(s) {
		w.err = errors.Join(w.err, errCharacters)
		return
	}
	_ = xml.EscapeText(&w.b, []byte(s)) // a buffer takes everything
}

func writable(s string) bool {
	for _, r := range s {
		switch {
		case r == '\t', r == '\n', r == '\r':
		case r < ' ', r == 0xfffe, r == 0xffff:
			return false
		}
	}
	return utf8.ValidString(s)
}

func (w *writer) leaf(name, text string, attrs ...string) {
	w.open(name, attrs...)
	w.text(text)
	w.close(name)
}

// some writes a leaf unless there is nothing to say.
func (w *writer) some(name, text string) {
	if text != "" {
		w.leaf(name, text)
	}
}

func (w *writer) int(name string, n int64) { w.leaf(name, strconv.FormatInt(n, 10)) }

// moment writes a time unless it is zero.
func (w *writer) moment(name string, at time.Time) {
	if !at.IsZero() {
		w.leaf(name, at.Format(time.RFC3339Nano))
	}
}

// elementName is what may name an element without a prefix.
var elementName = regexp.MustCompile(`^[\p{L}_][\p{L}\p{N}._-]*$`)

// names says whether a department's name of a field can be the name of an element:
// by the rules of XML as our own reader keeps them.
func names(name string) bool {
	if !elementName.MatchString(name) {
		return false
	}
	n, err := parse([]byte("<"+name+"/>"), "")
	return err == nil && n.name.Local == name
}
