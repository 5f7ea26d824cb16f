package exchange

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/vetgraph/vetgraph/internal/messenger"
)

// Sent is a message as it reached a phone.
type Sent struct {
	messenger.Message
	Reference string
	At        time.Time
}

// entry is a line of the book.
type entry struct {
	messenger.Letter
	Reference string    `json:"reference"`
	At        time.Time `json:"at"`
}

// book is what was sent: lines of JSON in a file, each on disk before its message
// counts as sent, and the same in memory. A line that a kill cut off was never
// receipted; it is dropped.
type book struct {
	mu   sync.Mutex
	file *os.File
	size int64 // of the whole lines
	byID map[string]entry
	byTo map[string][]string // IDs in the order sent
}

func openBook(dir string) (*book, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("folder of the exchange: %w", err)
	}
	f, err := os.OpenFile(filepath.Join(dir, "messages.jsonl"), os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, fmt.Errorf("book of the exchange: %w", err)
	}
	b := &book{file: f, byID: map[string]entry{}, byTo: map[string][]string{}}
	if err := b.load(); err != nil {
		return nil, errors.Join(fmt.Errorf("book of the exchange: %w", err), f.Close())
	}
	return b, nil
}

func (b *book) load() error {
	text, err := io.ReadAll(b.file)
	if err != nil {
		return err
	}
	for number := 1; ; number++ {
		line, rest, whole := bytes.Cut(text, []byte{'\n'})
		if !whole {
			break
		}
		var e entry
		if json.Unmarshal(line, &e) != nil || e.ID == "" { // its text is no matter for an error
			return errors.New("line " + strconv.Itoa(number) + " is damaged")
		}
		b.know(e)
		b.size += int64(len(line)) + 1
		text = rest
	}
	return b.file.Truncate(b.size)
}

func (b *book) know(e entry) {
	b.byID[e.ID] = e
	b.byTo[e.To] = append(b.byTo[e.To], e.ID)
}

var errOtherwise = errors.New("another message has this ID")

// put keeps a message, or finds that it was kept before.
func (b *book) put(l messenger.Letter, at time.Time) (entry, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if e, ok := b.byID[l.ID]; ok {
		if e.Letter != l {
			return entry{}, errOtherwise
		}
		return e, nil
	}
	e := entry{Letter: l, Reference: fmt.Sprintf("SM%s%06d", at.UTC().Format("20060102"), len(b.byID)+1), At: at.UTC().Truncate(time.Millisecond)}
	line, err := json.Marshal(e)
	if err != nil {
		return entry{}, fmt.Errorf("keep message: %w", err)
	}
	line = append(line, '\n')
	_, err = b.file.WriteAt(line, b.size)
	if err == nil {
		err = b.file.Sync()
	}
	if err != nil {
		return entry{}, errors.Join(fmt.Errorf("keep message: %w", err), b.file.Truncate(b.size))
	}
	b.size += int64(len(line))
	b.know(e)
	return e, nil
}

func (b *book) sent(to string) []Sent {
	b.mu.Lock()
	defer b.mu.Unlock()
	all := make([]Sent, 0, len(b.byTo[to]))
	for _, id := range b.byTo[to] {
		e := b.byID[id]
		all = append(all, Sent{messenger.Message(e.Letter), e.Reference, e.At})
	}
	return slices.Clip(all)
}

func (b *book) total() int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return len(b.byID)
}

func (b *book) close() error {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.file.Close()
}
