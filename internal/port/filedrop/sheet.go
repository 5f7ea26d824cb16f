package filedrop

import (
	"bytes"
	"crypto/sha256"
	"encoding/csv"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding/simplifiedchinese"

	"github.com/vetgraph/vetgraph/internal/catalog"
	"github.com/vetgraph/vetgraph/internal/port"
)

// Bounds of one file; far above what a batch has to say.
const (
	maxFile    = 8 << 20 // bytes
	maxRows    = 20_000
	maxColumns = 400
	maxCells   = 400_000 // that say something
	maxWidth   = 4000    // characters of a column
)

// row is one line of a file, by column. A column left out is not said, nil says
// that there is none; else string, bool, a number or a list of strings. Numbers
// are read as json.Number, lists as []any.
type row map[string]any

// sheetFormat is how the files of one folder are written.
type sheetFormat struct {
	fixed, gbk bool
	widths     map[string]int
}

// formatOf is what a port says; one that says nothing speaks CSV in UTF-8.
func formatOf(f *catalog.File) sheetFormat {
	if f == nil {
		return sheetFormat{}
	}
	return sheetFormat{fixed: f.Format == "fixed", gbk: f.Encoding == "gbk", widths: maps.Clone(f.Widths)}
}

func (f sheetFormat) extension() string {
	if f.fixed {
		return "txt"
	}
	return "csv"
}

// column is one column of a file that is written or read.
type column struct {
	name, kind string
	width      int // characters; fixed width only
}

// encode writes rows under the columns of lead, then all others by alphabet, and
// the trailer of a file about a request. What cannot be written as the department
// wants it is a *port.Refusal: cut or with question marks it would be another value.
func (f sheetFormat) encode(lead []string, rows []row, request string) ([]byte, error) {
	columns, cells, err := f.layout(lead, rows)
	if err != nil {
		return nil, err
	}
	var body bytes.Buffer
	if f.fixed {
		writeFixed(&body, columns, cells)
	} else if err := writeCSV(&body, columns, cells); err != nil {
		return nil, fmt.Errorf("write: %w", err)
	}
	text := body.Bytes()
	if f.gbk {
		there, err := simplifiedchinese.GBK.NewEncoder().Bytes(text)
		if err == nil { // some characters have no way back
			back, bad := simplifiedchinese.GB18030.NewDecoder().Bytes(there)
			if bad != nil || !bytes.Equal(back, text) {
				err = errors.New("not the same when read")
			}
		}
		if err != nil {
			return nil, &port.Refusal{Reason: "NOT_IN_ENCODING"}
		}
		text = there
	}
	return closed(text, len(rows), request), nil
}

// closed puts the trailer behind a body, which makes it whole.
func closed(body []byte, rows int, request string) []byte {
	sum := sha256.Sum256(body)
	return fmt.Appendf(body, "#END %d %s %s\n", rows, hex.EncodeToString(sum[:]), request)
}

// layout finds the columns and what stands in them.
func (f sheetFormat) layout(lead []string, rows []row) ([]column, [][]string, error) {
	others := map[string]bool{}
	for _, r := range rows {
		for name := range r {
			if !slices.Contains(lead, name) {
				others[name] = true
			}
		}
	}
	var columns []column
	for _, name := range append(slices.Clone(lead), slices.Sorted(maps.Keys(others))...) {
		columns = append(columns, column{name: name, width: f.widths[name]})
	}
	cells := make([][]string, len(rows))
	for i, r := range rows {
		cells[i] = make([]string, len(columns))
		for j := range columns {
			c := &columns[j]
			v, said := r[c.name]
			if !said {
				continue
			}
			text, kind, err := cell(v)
			if err != nil || kind != "" && c.kind != "" && c.kind != kind {
				return nil, nil, &port.Refusal{Reason: "NOT_A_VALUE"}
			}
			if kind != "" {
				c.kind = kind
			}
			cells[i][j] = text
		}
	}
	if f.fixed {
		for j := range columns {
			if err := columns[j].fit(cells, j); err != nil {
				return nil, nil, err
			}
		}
	}
	return columns, cells, nil
}

// fit sees that a column is as wide as agreed, or as its longest value where
// nothing is.
func (c *column) fit(cells [][]string, j int) error {
	longest := 1
	for _, r := range cells {
		longest = max(longest, utf8.RuneCountInString(r[j]))
	}
	if c.width == 0 {
		c.width = longest
	}
	if longest > c.width || longest > maxWidth {
		return &port.Refusal{Reason: "TOO_WIDE"}
	}
	return nil
}

func writeCSV(b *bytes.Buffer, columns []column, cells [][]string) error {
	w := csv.NewWriter(b)
	w.UseCRLF = true // RFC 4180
	header := make([]string, len(columns))
	for i, c := range columns {
		header[i] = c.name
		if c.kind != "" && c.kind != textColumn {
			header[i] += ":" + c.kind
		}
	}
	if err := w.Write(header); err != nil {
		return err
	}
	return w.WriteAll(cells)
}

// fixedHeader begins the first line of a file of fixed width, which says what
// its columns are called, what kind they are and how wide.
const fixedHeader = "#COLUMNS"

func writeFixed(b *bytes.Buffer, columns []column, cells [][]string) {
	b.WriteString(fixedHeader)
	for _, c := range columns {
		kind := c.kind
		if kind == "" {
			kind = textColumn
		}
		fmt.Fprintf(b, " %s:%s:%d", c.name, kind, c.width)
	}
	b.WriteString("\r\n")
	for _, r := range cells {
		for j, text := range r {
			b.WriteString(text)
			b.WriteString(strings.Repeat(" ", columns[j].width-utf8.RuneCountInString(text)))
		}
		b.WriteString("\r\n")
	}
}

// errTorn is a file without an end: it is being written, or its writer has died.
var errTorn = errors.New("the file is not whole")

var trailer = regexp.MustCompile(`^#END ([0-9]{1,6}) ([0-9a-f]{64}) ([0-9a-f]{32})\r?\n?$`)

// decode reads a whole file about a request. Its errors say where and never what.
func (f sheetFormat) decode(data []byte, request string) ([]row, error) {
	if len(data) > maxFile {
		return nil, errors.New("the file is too long")
	}
	end := bytes.LastIndexByte(bytes.TrimRight(data, "\r\n"), '\n') + 1
	found := trailer.FindSubmatch(data[end:])
	if found == nil {
		return nil, errTorn
	}
	body := data[:end]
	if sum := sha256.Sum256(body); hex.EncodeToString(sum[:]) != string(found[2]) {
		return nil, errors.New("the file is not what its trailer says")
	}
	if string(found[3]) != request {
		return nil, errors.New("the file is about another request")
	}
	text, err := f.text(body)
	if err != nil {
		return nil, err
	}
	read := readCSV
	if f.fixed {
		read = f.readFixed
	}
	rows, err := read(text)
	if err != nil {
		return nil, err
	}
	if strconv.Itoa(len(rows)) != string(found[1]) {
		return nil, errors.New("the file has not as many rows as its trailer says")
	}
	return rows, nil
}

// text is a body in UTF-8.
func (f sheetFormat) text(body []byte) ([]byte, error) {
	if f.gbk {
		text, err := simplifiedchinese.GB18030.NewDecoder().Bytes(body)
		if err != nil || bytes.ContainsRune(text, utf8.RuneError) {
			return nil, errors.New("the file is not in GBK")
		}
		return text, nil
	}
	if !utf8.Valid(body) {
		return nil, errors.New("the file is not in UTF-8")
	}
	return bytes.TrimPrefix(body, []byte("\ufeff")), nil
}

func readCSV(text []byte) ([]row, error) {
	if err := narrow(text); err != nil {
		return nil, err
	}
	r := csv.NewReader(bytes.NewReader(text))
	r.ReuseRecord = true
	header, err := r.Read()
	if err != nil {
		return nil, errors.New("the file has no header")
	}
	var columns []column
	for _, h := range header {
		name, kind, _ := strings.Cut(h, ":")
		columns = append(columns, column{name: name, kind: kind})
	}
	if err := check(columns); err != nil {
		return nil, err
	}
	g := gathering{columns: columns}
	for {
		cells, err := r.Read()
		if errors.Is(err, io.EOF) {
			return g.rows, nil
		}
		if err != nil {
			return nil, fmt.Errorf("the file is not CSV after row %d", len(g.rows))
		}
		if err := g.add(cells); err != nil {
			return nil, err
		}
	}
}

// narrow refuses lines of endless columns before anything is made of them.
func narrow(text []byte) error {
	quoted, n := false, 0
	for _, c := range text {
		switch {
		case c == '"':
			quoted = !quoted
		case quoted:
		case c == '\n':
			n = 0
		case c == ',':
			if n++; n >= maxColumns {
				return errors.New("the file has too many columns")
			}
		}
	}
	return nil
}

func (f sheetFormat) readFixed(text []byte) ([]row, error) {
	first, rest, _ := strings.Cut(string(text), "\n")
	said, ok := strings.CutPrefix(strings.TrimSuffix(first, "\r"), fixedHeader+" ")
	if !ok || strings.Count(said, " ") >= maxColumns {
		return nil, errors.New("the file does not say its columns")
	}
	var columns []column
	total := 0
	for part := range strings.SplitSeq(said, " ") {
		words := strings.Split(part, ":")
		if len(words) != 3 {
			return nil, errors.New("the file does not say its columns")
		}
		width, err := strconv.Atoi(words[2])
		if agreed := f.widths[words[0]]; err != nil || width < 1 || width > maxWidth || agreed > 0 && agreed != width {
			return nil, errors.New("a column of the file is not as wide as agreed")
		}
		columns = append(columns, column{words[0], words[1], width})
		total += width
	}
	if err := check(columns); err != nil {
		return nil, err
	}
	g := gathering{columns: columns}
	for rest != "" {
		var line string
		line, rest, _ = strings.Cut(rest, "\n")
		if line = strings.TrimSuffix(line, "\r"); utf8.RuneCountInString(line) > total {
			return nil, fmt.Errorf("row %d of the file is too long", len(g.rows)+1)
		}
		chars, cells := []rune(line), make([]string, len(columns))
		for i, c := range columns {
			n := min(c.width, len(chars)) // blanks at the end of a line may have been cut
			cells[i], chars = strings.TrimRight(string(chars[:n]), " "), chars[n:]
		}
		if err := g.add(cells); err != nil {
			return nil, err
		}
	}
	return g.rows, nil
}

// check sees that columns can be told apart and are of a kind that we know.
func check(columns []column) error {
	seen := map[string]bool{}
	for i := range columns {
		c := &columns[i]
		if c.kind == "" {
			c.kind = textColumn
		}
		if c.name == "" || seen[c.name] || !slices.Contains([]string{textColumn, numberColumn, boolColumn, listColumn}, c.kind) {
			return fmt.Errorf("column %d of the file has no name of its own or an unknown kind", i+1)
		}
		seen[c.name] = true
	}
	return nil
}

// gathering makes rows of cells, within bounds.
type gathering struct {
	columns []column
	rows    []row
	said    int
}

func (g *gathering) add(cells []string) error {
	r := row{}
	for i, text := range cells {
		v, said, err := value(g.columns[i].kind, text)
		if err != nil {
			return fmt.Errorf("row %d, column %d: %w", len(g.rows)+1, i+1, err)
		}
		if said {
			r[g.columns[i].name] = v
		}
	}
	g.rows, g.said = append(g.rows, r), g.said+len(r)
	if len(g.rows) > maxRows || g.said > maxCells {
		return errors.New("the file has too much to say")
	}
	return nil
}
