package roll

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/encoding/unicode"

	"github.com/vetgraph/vetgraph/internal/fault"
)

// line is one line of the file, cut into cells.
type line struct {
	number int
	cells  []string
	fault  string // why it could not be cut, a reason; empty if it could
}

func (l line) blank() bool {
	for _, c := range l.cells {
		if strings.TrimSpace(c) != "" {
			return false
		}
	}
	return l.fault == ""
}

// lines cuts a file into lines and cells (RFC 4180). A line is a line: a cell
// cannot hold a line break, so that one quote too many spoils one line and not
// the rest of the file. Ends of lines are LF, CRLF or CR.
type lines struct {
	r      *bufio.Reader
	number int
	comma  byte
	buffer []byte
}

// peek is how far the first line is looked at to tell the encoding.
const peek = 64 << 10

// open tells the encoding by the first line, whose headers are Chinese: what is
// valid UTF-8 is UTF-8, UTF-16 says so by its mark, the rest is GB18030, which GBK
// and GB 2312 are part of.
func open(r io.Reader) (*lines, error) {
	b := bufio.NewReaderSize(r, peek)
	head, err := b.Peek(peek)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("read the roll: %w", err)
	}
	in := &lines{r: b, comma: ','}
	first, _, _ := bytes.Cut(head, []byte("\n"))
	switch {
	case bytes.HasPrefix(head, []byte("\xef\xbb\xbf")):
		_, _ = b.Discard(3)
	case bytes.HasPrefix(head, []byte("\xff\xfe")), bytes.HasPrefix(head, []byte("\xfe\xff")):
		in.r = bufio.NewReaderSize(unicode.UTF16(unicode.LittleEndian, unicode.ExpectBOM).NewDecoder().Reader(b), peek)
	case bytes.HasPrefix(head, []byte("PK\x03\x04")), bytes.HasPrefix(head, []byte("\xd0\xcf\x11\xe0")):
		return nil, fault.New(fault.Invalid, "ROLL_ENCODING_UNKNOWN", "这是 Excel 工作簿，请另存为 CSV 文件再导入。", "This is a workbook; save it as CSV first.")
	case !utf8.Valid(first):
		in.r = bufio.NewReaderSize(simplifiedchinese.GB18030.NewDecoder().Reader(b), peek)
	}
	if head, _ := in.r.Peek(maxLineBytes); len(head) > 0 {
		first, _, _ := bytes.Cut(head, []byte("\n"))
		if bytes.IndexByte(first, ',') < 0 && bytes.IndexByte(first, '\t') >= 0 {
			in.comma = '\t'
		}
	}
	return in, nil
}

// next is the next line; io.EOF after the last.
func (in *lines) next() (line, error) {
	text, tooLong, err := in.raw()
	if err != nil {
		return line{}, err
	}
	in.number++
	l := line{number: in.number}
	switch {
	case tooLong:
		l.fault = "LINE_TOO_LONG"
	case !utf8.Valid(text) || bytes.ContainsRune(text, utf8.RuneError):
		l.fault = "LINE_ENCODING"
	default:
		if l.cells, l.fault = cut(string(text), in.comma); l.fault != "" {
			l.cells = nil
		}
	}
	return l, nil
}

// raw reads up to the end of a line. Of a line too long it keeps nothing.
func (in *lines) raw() (text []byte, tooLong bool, err error) {
	in.buffer = in.buffer[:0]
	any := false
	for {
		c, err := in.r.ReadByte()
		if err != nil {
			if errors.Is(err, io.EOF) && any {
				return in.buffer, tooLong, nil
			}
			if errors.Is(err, io.EOF) {
				return nil, false, io.EOF
			}
			return nil, false, fmt.Errorf("read the roll: %w", err)
		}
		any = true
		switch {
		case c == '\n':
			return in.buffer, tooLong, nil
		case c == '\r':
			if follows, _ := in.r.Peek(1); len(follows) == 1 && follows[0] == '\n' {
				_, _ = in.r.Discard(1)
			}
			return in.buffer, tooLong, nil
		case len(in.buffer) == maxLineBytes:
			tooLong = true
		default:
			in.buffer = append(in.buffer, c)
		}
	}
}

// cut takes a line apart at its commas. A quote inside a bare cell is itself, as
// spreadsheets read it.
func cut(text string, comma byte) (cells []string, wrong string) {
	for {
		var cell string
		if strings.HasPrefix(text, `"`) {
			var ok bool
			if cell, text, ok = quoted(text[1:]); !ok {
				return nil, "LINE_QUOTE_OPEN"
			}
			if text != "" && text[0] != comma {
				return nil, "LINE_QUOTE_MISPLACED"
			}
		} else {
			end := strings.IndexByte(text, comma)
			if end < 0 {
				end = len(text)
			}
			cell, text = text[:end], text[end:]
		}
		cells = append(cells, cell)
		if text == "" {
			return cells, ""
		}
		text = text[1:]
	}
}

// quoted reads up to the closing quote; two quotes are one.
func quoted(text string) (cell, rest string, ok bool) {
	var b strings.Builder
	for {
		end := strings.IndexByte(text, '"')
		if end < 0 {
			return "", "", false
		}
		b.WriteString(text[:end])
		if text = text[end+1:]; !strings.HasPrefix(text, `"`) {
			return b.String(), text, true
		}
		b.WriteByte('"')
		text = text[1:]
	}
}
