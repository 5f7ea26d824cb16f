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
)

// How long files stay.
const (
	keepDone      = 30 * 24 * time.Hour // answers that were read, in done/; and those that nobody came for, in out/
	keepQuestion  = 24 * time.Hour      // questions that nobody answered; deliveries and withdrawals stay until they are
	keepTemporary = 24 * time.Hour      // what a writer that died has left
	sweepEvery    = 24 * time.Hour
)

// listing is what one look into a folder has found.
type listing struct {
	begun     time.Time
	byRequest map[string][]found // oldest first
	bySubject map[string][]found
}

type found struct {
	title
	entry
}

// glance is a look into a folder that all who wait share.
type glance struct {
	folder string
	turn   chan struct{} // whoever has it looks
	last   *listing
}

func newGlance(folder string) *glance { return &glance{folder: folder, turn: make(chan struct{}, 1)} }

// look gives a listing begun after a moment: the last one, or a new one.
func (g *glance) look(ctx context.Context, p place, after time.Time) (*listing, error) {
	select {
	case g.turn <- struct{}{}:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	defer func() { <-g.turn }()
	if g.last != nil && g.last.begun.After(after) {
		return g.last, nil
	}
	l := &listing{begun: time.Now(), byRequest: map[string][]found{}, bySubject: map[string][]found{}}
	entries, err := p.list(ctx, g.folder)
	if err != nil {
		return nil, fmt.Errorf("list %s: %w", g.folder, err)
	}
	slices.SortFunc(entries, func(a, b entry) int { return strings.Compare(a.name, b.name) })
	for _, e := range entries {
		if t, ok := parseTitle(e.name); ok {
			f := found{t, e}
			l.byRequest[t.request] = append(l.byRequest[t.request], f)
			l.bySubject[t.subject] = append(l.bySubject[t.subject], f)
		}
	}
	g.last = l
	return l, nil
}

// folder is one pair of in/ and out/, with those who wait for an answer.
type folder struct {
	department string
	place      place
	path       string // below the place
	format     sheetFormat
	now        func() time.Time
	in, out    *glance

	mu      sync.Mutex
	waiting map[string]*pending // by request
	read    map[string]bool     // requests whose answer was read: another one is a repetition
	made    string              // the day of done/ that is there
	swept   time.Time
}

// maxRead is how many read answers are remembered.
const maxRead = 8192

func newFolder(department string, p place, at string, f sheetFormat, now func() time.Time) *folder {
	return &folder{
		department: department, place: p, path: at, format: f, now: now,
		in: newGlance(path.Join(at, inFolder)), out: newGlance(path.Join(at, outFolder)),
		waiting: map[string]*pending{}, read: map[string]bool{},
	}
}

func (f *folder) request(name string) string { return path.Join(f.in.folder, name) }
func (f *folder) answer(name string) string  { return path.Join(f.out.folder, name) }

// done is where an answer goes today.
func (f *folder) done(day string) string { return path.Join(f.path, doneFolder, day) }

// prepare makes the folders of the day, once.
func (f *folder) prepare(ctx context.Context) error {
	today := f.now().UTC().Format("20060102")
	f.mu.Lock()
	there := f.made == today
	f.mu.Unlock()
	if there {
		return nil
	}
	for _, name := range []string{f.in.folder, f.out.folder, f.done(today)} {
		if err := f.place.mkdir(ctx, name); err != nil {
			return err
		}
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.made = today
	return nil
}

// put away an answer that was read, with its repetitions, and the request that it
// answers. What fails here is mended by the sweep: the answer has been read.
func (f *folder) putAway(ctx context.Context, answers []found) {
	f.mu.Lock()
	day := f.made
	if len(f.read) >= maxRead {
		clear(f.read)
	}
	for _, a := range answers {
		f.read[a.title.request] = true
	}
	f.mu.Unlock()
	for _, a := range answers {
		_ = f.place.move(ctx, f.answer(a.title.name), path.Join(f.done(day), a.title.name))
	}
}

func (f *folder) wasRead(request string) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.read[request]
}

// sweep takes away what is too old, once a day. It costs the call that it
// happens to some time, and is tried again by the next if it fails.
func (f *folder) sweep(ctx context.Context) error {
	now := f.now()
	f.mu.Lock()
	due := now.Sub(f.swept) >= sweepEvery
	if due {
		f.swept = now
	}
	f.mu.Unlock()
	if !due {
		return nil
	}
	err := errors.Join(
		f.sweepFiles(ctx, f.out.folder, func(title) time.Duration { return keepDone }),
		f.sweepFiles(ctx, f.in.folder, func(t title) time.Duration {
			if t.kind == status || t.kind == lookup {
				return keepQuestion
			}
			return 0
		}),
		f.sweepDays(ctx),
	)
	if err != nil {
		f.mu.Lock()
		f.swept = time.Time{}
		f.mu.Unlock()
	}
	return err
}

// sweepFiles removes files that are older than they are kept; 0 keeps one for ever.
func (f *folder) sweepFiles(ctx context.Context, folder string, kept func(title) time.Duration) error {
	entries, err := f.place.list(ctx, folder)
	if err != nil {
		return err
	}
	now := f.now()
	for _, e := range entries {
		t, ours := parseTitle(e.name)
		keep := keepTemporary
		if ours {
			keep = kept(t)
		} else if strings.HasPrefix(e.name, ".") && strings.HasSuffix(e.name, ".part") {
			t.at = e.modified
		} else {
			continue // nobody asked us to tidy what we do not know
		}
		if keep == 0 || now.Sub(t.at) < keep {
			continue
		}
		if err := f.place.remove(ctx, path.Join(folder, e.name)); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return nil
}

func (f *folder) sweepDays(ctx context.Context) error {
	all := path.Join(f.path, doneFolder)
	days, err := f.place.folders(ctx, all)
	if err != nil {
		return err
	}
	for _, day := range days {
		begun, err := time.Parse("20060102", day)
		if err != nil || f.now().Sub(begun) < keepDone+24*time.Hour {
			continue
		}
		if err := f.sweepFiles(ctx, path.Join(all, day), func(title) time.Duration { return 1 }); err != nil {
			return err
		}
		if err := f.place.remove(ctx, path.Join(all, day)); err != nil {
			return err
		}
	}
	return nil
}
