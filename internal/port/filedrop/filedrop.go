// Package filedrop speaks with departments that only exchange files.
//
// At the department's address, file:///path or sftp://user@host:port/path, below
// the port's path if it has one, are two folders: in/, where we write requests,
// and out/, where the department writes answers; a third, done/, has the answers
// that were read, for 30 calendar days. An SFTP address pins the host key in its
// query, ?hostkey=SHA256:… or ?known_hosts=/path; the password is the endpoint's
// token, or ?key=/path names a private key.
//
// A file is named TIME-KIND-SUBJECT-REQUEST.csv (.txt for fixed width): the
// request's is of kind deliver, status, withdraw, lookup, push or outcomes; its answer
// is of kind slips, messages, messages, records, slips or settled, else refused, busy
// or failed, and has the request's last two words in its name. A file is written under another name and
// renamed when it is on disk. Its last line, "#END ROWS SHA256 REQUEST", counts the
// rows, sums up the bytes before it and repeats the request: what has no such line is not whole and not read.
//
// A department answers in the order of the names, and takes a request away when
// its answer is there, not before. So whatever dies, nothing is lost: a request
// without an answer is answered by the next life, an answer that nobody waits for
// is found when the same is asked again, and a request that is not answered yet
// is not made again. A request that went away without an answer ends as
// DEPARTMENT_SILENT; deliver again, as ever.
//
// Columns that begin with an underline are the same for every department: see
// rows.go. A column has its kind behind its name unless it is text: YS:number,
// SFCJ:bool, CL:list. An empty cell is not said, \N is null, \e is text without
// characters, \E a list without elements; elements are joined by ; and escaped by
// a backslash, as are line breaks. Fixed width has names, kinds and widths in
// characters in its first line. A value that cannot be written so, because it is
// too wide or not in GBK, is refused before anything is sent.
package filedrop

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/url"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/vetgraph/vetgraph/internal/catalog"
	"github.com/vetgraph/vetgraph/internal/port"
)

// Kind is what the catalogue calls this kind of port.
const Kind = "file-drop"

// line is the way to one address.
type line struct {
	department string
	secret     []byte // keys subjects
	folders    map[string]*folder
}

// Open is the [port.Kind]. It reads what the address names on this machine (keys
// and known hosts), and makes no call.
func Open(s port.Setup) (port.Line, error) {
	p, err := placeOf(s.Endpoint)
	if err != nil {
		return nil, err
	}
	formats, err := formatsOf(s.Ports)
	if err != nil {
		return nil, err
	}
	l := &line{department: s.Department, secret: []byte(s.Endpoint.Token + s.Endpoint.CallbackSecret), folders: map[string]*folder{}}
	for at, f := range formats {
		l.folders[at] = newFolder(s.Department, p, at, f, s.Now)
	}
	return l, nil
}

// placeOf finds the place that an address means.
func placeOf(e port.Endpoint) (place, error) {
	u, err := url.Parse(e.URL)
	if err != nil {
		return nil, errors.New("its address is not an address")
	}
	switch {
	case u.Scheme == "file" && u.Host == "" && u.User == nil && u.RawQuery == "" && path.IsAbs(u.Path):
		return directory{u.Path}, nil
	case u.Scheme == "sftp":
		return newRemote(u, e.Token)
	}
	return nil, errors.New("its address is neither file:///path nor sftp://user@host/path")
}

// formatsOf finds the folders of ports and how files are written there. Ports
// that share a folder share its format.
func formatsOf(ports []*catalog.Port) (map[string]sheetFormat, error) {
	formats := map[string]sheetFormat{}
	var mistakes []error
	for _, p := range ports {
		at, f := folderOf(p), formatOf(p.File)
		if strings.ContainsAny(at, "{}\\") || at == ".." || strings.HasPrefix(at, "../") {
			mistakes = append(mistakes, fmt.Errorf("%s: its path is not a folder", p.ID))
		}
		for name := range maps.Keys(p.Send) {
			if !wellNamed(name) {
				mistakes = append(mistakes, fmt.Errorf("%s: %q cannot be a column", p.ID, name))
			}
		}
		before, there := formats[at]
		if !there {
			before = sheetFormat{fixed: f.fixed, gbk: f.gbk, widths: map[string]int{}}
		}
		if before.fixed != f.fixed || before.gbk != f.gbk {
			mistakes = append(mistakes, fmt.Errorf("%s: its files are written otherwise than others in the same folder", p.ID))
		}
		for name, width := range f.widths {
			if width < 1 || width > maxWidth || before.widths[name] != 0 && before.widths[name] != width {
				mistakes = append(mistakes, fmt.Errorf("%s: the width of %s is out of bounds, or another than elsewhere in the same folder", p.ID, name))
			}
			before.widths[name] = width
		}
		formats[at] = before
	}
	return formats, errors.Join(mistakes...)
}

// folderOf is a port's folder below the address.
func folderOf(p *catalog.Port) string { return path.Clean(strings.Trim(p.Path, "/")) }

// subject names a question so that the same one is recognised, by who knows the
// secret. Without one, what speaks of persons alone gets a name of its own: a
// citizen number could be guessed from its hash.
func (l *line) subject(kind string, rows []row) (string, error) {
	if len(l.secret) == 0 && kind == lookup {
		return newRequest()[:24], nil
	}
	text, err := json.Marshal(rows) // map keys are sorted
	if err != nil {
		return "", &port.Refusal{Reason: "NOT_A_VALUE"}
	}
	mac := hmac.New(sha256.New, l.secret)
	mac.Write([]byte(kind + "\n"))
	mac.Write(text)
	return hex.EncodeToString(mac.Sum(nil))[:24], nil
}

// ask makes one call through a port and gives the rows of its answer.
func (l *line) ask(ctx context.Context, p *catalog.Port, q question) ([]row, error) {
	var err error
	if q.subject, err = l.subject(q.kind, q.rows); err != nil {
		return nil, err
	}
	f := l.folders[folderOf(p)]
	if f == nil {
		return nil, fmt.Errorf("port %s is not of this line", p.ID)
	}
	a, err := f.exchange(ctx, q)
	if err != nil {
		return nil, err
	}
	if a.err != nil {
		return nil, a.err
	}
	if a.kind != q.want {
		return nil, l.garbled(fmt.Errorf("%s in answer to %s", a.kind, q.kind))
	}
	return a.rows, nil
}

func (l *line) garbled(err error) error { return port.Garbled(l.department).Because(err) }

func always(time.Time, []row) bool { return true }

// Deliver implements [port.Line].
func (l *line) Deliver(ctx context.Context, p *catalog.Port, item port.Item) (port.Slip, error) {
	r, err := itemRow(item)
	if err != nil {
		return port.Slip{}, err
	}
	rows, err := l.ask(ctx, p, question{kind: deliver, want: slips, columns: itemColumns, rows: []row{r}, deed: true, late: always})
	if err != nil {
		return port.Slip{}, err
	}
	if len(rows) != 1 {
		return port.Slip{}, l.garbled(errors.New("not one slip"))
	}
	s, err := readSlip(rows[0])
	if err != nil {
		return port.Slip{}, l.garbled(err)
	}
	return s, nil
}

// Withdraw implements [port.Line].
func (l *line) Withdraw(ctx context.Context, p *catalog.Port, item string) (port.Message, error) {
	rows, err := l.ask(ctx, p, question{kind: withdraw, want: messages, columns: nameColumns, rows: []row{{"_item": item}}, deed: true, late: always})
	if err != nil {
		return port.Message{}, err
	}
	if len(rows) != 1 {
		return port.Message{}, l.garbled(errors.New("not one message"))
	}
	m, err := readMessage(rows[0])
	if err != nil {
		return port.Message{}, l.garbled(err)
	}
	return m, nil
}

// Status implements [port.Line].
func (l *line) Status(ctx context.Context, p *catalog.Port, items []string) ([]port.Message, error) {
	sorted := slices.Sorted(slices.Values(items))
	rows := make([]row, len(sorted))
	for i, id := range sorted {
		rows[i] = row{"_item": id}
	}
	// An item that was unknown when a late answer was written may have arrived
	// since; what is known grows old, which its sequence tells.
	late := func(at time.Time, said []row) bool {
		known := map[any]bool{}
		for _, r := range said {
			known[r["_item"]] = true
		}
		return l.fresh(p, at) && !slices.ContainsFunc(sorted, func(id string) bool { return !known[id] })
	}
	said, err := l.ask(ctx, p, question{kind: status, want: messages, columns: nameColumns, rows: rows, late: late})
	if err != nil {
		return nil, err
	}
	all, err := readMessages(said)
	if err != nil {
		return nil, l.garbled(err)
	}
	return all, nil
}

// Lookup implements [port.Line].
func (l *line) Lookup(ctx context.Context, p *catalog.Port, persons []port.Person) ([]port.Found, error) {
	sorted := slices.Clone(persons)
	slices.SortFunc(sorted, func(a, b port.Person) int { return strings.Compare(a.CitizenNumber, b.CitizenNumber) })
	rows, refs := make([]row, len(sorted)), map[string]string{}
	for i, who := range sorted {
		rows[i] = personRow(i+1, who)
		refs[rows[i]["_ref"].(string)] = who.Ref
	}
	late := func(at time.Time, _ []row) bool { return l.fresh(p, at) }
	said, err := l.ask(ctx, p, question{kind: lookup, want: records, columns: personColumns, rows: rows, late: late})
	if err != nil {
		return nil, err
	}
	all, err := readFound(said)
	if err != nil {
		return nil, l.garbled(err)
	}
	for i := range all {
		ref, asked := refs[all[i].Ref]
		if !asked {
			return nil, l.garbled(errors.New("a record of somebody else"))
		}
		all[i].Ref = ref
	}
	return all, nil
}

// fresh says whether an answer of a moment is as fresh as the port promises.
func (l *line) fresh(p *catalog.Port, at time.Time) bool {
	f := l.folders[folderOf(p)]
	return f != nil && f.now().Sub(at) <= p.Fresh()
}
