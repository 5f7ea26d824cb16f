package filedrop

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/vetgraph/vetgraph/internal/catalog"
	"github.com/vetgraph/vetgraph/internal/port"
)

// Manner is how a department answers one call. The zero Manner is good behaviour.
type Manner struct {
	Wait      time.Duration // before it does anything
	Silent    bool          // leaves the request where it is; asked again later
	Busy      time.Duration // does nothing, and asks for so much patience
	Failed    bool          // does nothing, and says that it is broken
	Garbled   bool          // does nothing, and answers what nobody can read
	Oversized bool          // does nothing, and answers more than anybody can want
	Torn      bool          // does as asked, and dies while it writes the answer
	Lost      bool          // does as asked, and takes the request away without an answer
	Twice     bool          // does as asked, and answers twice
}

const (
	maxQuestion = 1000 // persons or items in one call
	abreast     = 16   // requests answered at a time
	idle        = 50 * time.Millisecond
	eager       = 4 * time.Millisecond
)

// Desk is the other end of a line: a department's system that finds requests in a
// directory and answers them for a counterpart.
type Desk struct {
	place       place
	counterpart port.Counterpart
	manner      func(operation string, again bool) Manner
	now         func() time.Time
	folders     map[string]sheetFormat

	places chan struct{} // one for each request that is being answered
	work   sync.WaitGroup
	mu     sync.Mutex
	at     map[string]bool          // requests being answered, by name
	after  map[string]chan struct{} // by item: ends with the last request about it that has begun
	known  map[string]entry         // requests that were seen and left: silent, or not whole
}

// Serve makes the folders of a department's ports of this kind below dir. manner
// says how each call is answered; operation is DELIVER, STATUS, WITHDRAW, LOOKUP, PUSH or OUTCOMES, again
// says that it was asked about the same call before, and was silent.
func Serve(dir string, ports []*catalog.Port, c port.Counterpart, manner func(operation string, again bool) Manner, now func() time.Time) (*Desk, error) {
	formats, err := formatsOf(ports)
	if err != nil {
		return nil, err
	}
	d := &Desk{
		place: directory{dir}, counterpart: c, manner: manner, now: now, folders: formats, places: make(chan struct{}, abreast),
		at: map[string]bool{}, after: map[string]chan struct{}{}, known: map[string]entry{},
	}
	for at := range formats {
		for _, name := range []string{inFolder, outFolder} {
			if err := d.place.mkdir(context.Background(), path.Join(at, name)); err != nil {
				return nil, err
			}
		}
	}
	return d, nil
}

// Run answers what is there and what comes, until ctx ends and everything begun
// has ended. What is then unanswered is answered by the next Run. fail is told
// what went wrong here; it names files, and nothing of a person.
func (d *Desk) Run(ctx context.Context, fail func(error)) {
	defer d.work.Wait()
	timer := time.NewTimer(0)
	defer timer.Stop()
	rest := eager
	for {
		select {
		case <-ctx.Done():
			return
		case <-timer.C:
		}
		rest = min(2*rest, idle)
		for at, format := range d.folders {
			begun, err := d.look(ctx, at, format, fail)
			if err != nil && ctx.Err() == nil {
				fail(err)
			}
			if begun > 0 {
				rest = eager
			}
		}
		timer.Reset(rest)
	}
}

// call is one request that was read.
type call struct {
	title
	folder    string
	format    sheetFormat
	operation string
	rows      []row
	bad       error // it is whole and cannot be understood
	manner    Manner
}

// look begins to answer what has come into one folder, in the order of the names.
func (d *Desk) look(ctx context.Context, at string, format sheetFormat, fail func(error)) (begun int, err error) {
	entries, err := d.place.list(ctx, path.Join(at, inFolder))
	if err != nil {
		return 0, fmt.Errorf("look into %s: %w", at, err)
	}
	slices.SortFunc(entries, func(a, b entry) int { return strings.Compare(a.name, b.name) })
	d.forget(at, entries)
	for _, e := range entries {
		t, ours := parseTitle(e.name)
		if !ours || !t.isRequest() || !d.claim(at, e) {
			continue
		}
		c, ok, err := d.read(ctx, at, format, t, e)
		if err != nil || !ok {
			d.release(at, e, err == nil)
			if err != nil {
				return begun, err
			}
			continue
		}
		select {
		case d.places <- struct{}{}:
		case <-ctx.Done():
			return begun, ctx.Err()
		}
		begun++
		before, mine := d.line(c)
		d.work.Go(func() {
			defer func() { <-d.places }()
			defer d.release(at, e, false)
			defer mine()
			select {
			case <-before:
			case <-ctx.Done():
				return
			}
			if err := d.handle(ctx, c); err != nil && ctx.Err() == nil {
				fail(fmt.Errorf("answer %s: %w", c.name, err))
			}
		})
	}
	return begun, nil
}

// forget what was left in a folder and is no longer there.
func (d *Desk) forget(at string, entries []entry) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for name := range d.known {
		if path.Dir(name) == path.Clean(at) && !slices.ContainsFunc(entries, func(e entry) bool { return e.name == path.Base(name) }) {
			delete(d.known, name)
		}
	}
}

// claim takes a request unless it is being answered.
func (d *Desk) claim(at string, e entry) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	name := path.Join(at, e.name)
	if d.at[name] {
		return false
	}
	d.at[name] = true
	return true
}

// release lets a request go; one that was left as it is will be known again.
func (d *Desk) release(at string, e entry, left bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	name := path.Join(at, e.name)
	delete(d.at, name)
	if left {
		d.known[name] = e
	} else {
		delete(d.known, name)
	}
}

// line puts requests about one item behind each other: what was delivered first
// and withdrawn then must not happen the other way round.
func (d *Desk) line(c call) (before <-chan struct{}, mine func()) {
	key := c.request
	if (c.kind == deliver || c.kind == withdraw || c.kind == push) && len(c.rows) > 0 {
		key, _ = c.rows[0]["_item"].(string)
	}
	end := make(chan struct{})
	d.mu.Lock()
	defer d.mu.Unlock()
	last := d.after[key]
	if last == nil {
		none := make(chan struct{})
		close(none)
		last = none
	}
	d.after[key] = end
	return last, func() {
		close(end)
		d.mu.Lock()
		defer d.mu.Unlock()
		if d.after[key] == end {
			delete(d.after, key)
		}
	}
}

// answerTo is what a request asks for.
var answerTo = map[string]string{deliver: slips, status: messages, withdraw: messages, lookup: records, push: slips, outcomes: settled}

var operations = map[string]string{deliver: "DELIVER", status: "STATUS", withdraw: "WITHDRAW", lookup: "LOOKUP", push: "PUSH", outcomes: "OUTCOMES"}

// read reads a request and decides in what manner it is answered; false leaves
// it for later.
func (d *Desk) read(ctx context.Context, at string, format sheetFormat, t title, e entry) (call, bool, error) {
	c := call{title: t, folder: at, format: format, operation: operations[t.kind]}
	d.mu.Lock()
	before, again := d.known[path.Join(at, e.name)]
	d.mu.Unlock()
	again = again && before.size == e.size && before.modified.Equal(e.modified)
	if again && d.manner(c.operation, true).Silent {
		return c, false, nil
	}
	data, err := d.place.read(ctx, path.Join(at, inFolder, e.name), maxFile)
	if errors.Is(err, fs.ErrNotExist) {
		return c, false, nil // nobody waits for it any more
	}
	if err != nil {
		return c, false, err
	}
	if c.rows, c.bad = format.decode(data, t.request); errors.Is(c.bad, errTorn) && len(data) <= maxFile {
		return c, false, nil
	}
	c.manner = d.manner(c.operation, again)
	return c, !c.manner.Silent, nil
}

// handle answers one request, and takes it away once the answer is there.
func (d *Desk) handle(ctx context.Context, c call) error {
	if c.manner.Wait > 0 {
		timer := time.NewTimer(c.manner.Wait)
		defer timer.Stop()
		select {
		case <-timer.C:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	switch m := c.manner; {
	case m.Busy > 0:
		r := row{}
		r.putTime("_until", d.now().Add(m.Busy))
		return d.say(ctx, c, busy, busyColumns, []row{r})
	case m.Failed:
		return d.say(ctx, c, failed, failedColumns, []row{{"_reason": "BROKEN"}})
	case m.Garbled:
		return d.scrawl(ctx, c, []byte("\x00\xff\x80 nothing anybody can read\n"), true)
	case m.Oversized:
		return d.scrawl(ctx, c, []byte(strings.Repeat(" ", maxFile+1)), true)
	}
	kind, columns, rows, err := d.answer(ctx, c)
	no, isNo := errors.AsType[*port.Refusal](err)
	switch {
	case isNo:
		r, err := refusedRow(no)
		if err != nil {
			return err
		}
		return d.say(ctx, c, refused, refusedColumns, []row{r})
	case errors.Is(err, port.ErrLost) || err == nil && c.manner.Lost:
		return d.clear(ctx, c)
	case ctx.Err() != nil:
		return ctx.Err() // answered in the next life
	case err != nil:
		return d.say(ctx, c, failed, failedColumns, []row{{"_reason": "BROKEN"}})
	}
	return d.say(ctx, c, kind, columns, rows)
}
