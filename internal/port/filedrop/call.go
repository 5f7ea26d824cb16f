package filedrop

import (
	"context"
	"errors"
	"io/fs"
	"sync"
	"time"

	"github.com/vetgraph/vetgraph/internal/port"
)

const (
	maxPatience = time.Hour              // a longer BUSY is a mistake
	settle      = time.Second            // an answer without an end that stays as it is for so long is broken
	recent      = 200 * time.Millisecond // a listing as old as this will do to find what earlier calls have left
)

// question is one call before it is written.
type question struct {
	kind    string // of the request
	want    string // of the answer that is not a no
	subject string
	columns []string
	rows    []row
	deed    bool // delivers or withdraws: answered alike however often it is asked

	// late says whether an answer to the same question that came too late for
	// whoever asked is an answer to this one.
	late func(at time.Time, rows []row) bool
}

// answer is what came back.
type answer struct {
	kind string
	rows []row
	err  error // the department's fault, if it has no rows
}

// pending is a request that somebody waits for.
type pending struct {
	request string
	name    string
	users   int // guarded by the folder

	mu     sync.Mutex // held while the answer is being read
	done   chan struct{}
	answer answer
}

// torn is an answer without an end, as it was last seen.
type torn struct {
	size  int64
	since time.Time
}

var errLost = errors.New("the request is gone and there is no answer")

// exchange makes one call. An answer that has come too late for an earlier call
// is found; a request that is still unanswered is not made again.
func (f *folder) exchange(ctx context.Context, q question) (answer, error) {
	request := newRequest()
	text, err := f.format.encode(q.columns, q.rows, request)
	if err != nil {
		return answer{}, err
	}
	if err := f.prepare(ctx); err != nil {
		return answer{}, f.unreachable(err)
	}
	defer func() { _ = f.sweep(ctx) }() // tried again by the next call
	a, found, err := f.findLate(ctx, q)
	if err != nil || found {
		return a, err
	}
	p, err := f.join(ctx, q)
	if err != nil {
		return answer{}, err
	}
	if p != nil {
		a, err := f.wait(ctx, p)
		// A no, or an answer that leaves something out, may be older than this question.
		if err != nil || a.err != nil && a.kind != refused || a.kind == q.want && (q.deed || q.late(f.now(), a.rows)) {
			return a, err
		}
	}
	p = &pending{request: request, name: titled(f.now(), q.kind, q.subject, request, f.format.extension()).name, done: make(chan struct{}), users: 1}
	f.mu.Lock()
	f.waiting[request] = p
	f.mu.Unlock()
	if err := f.place.write(ctx, f.request(p.name), text); err != nil {
		f.leave(p)
		return answer{}, f.unreachable(err)
	}
	return f.wait(ctx, p)
}

// findLate looks for an answer to the same question that nobody waits for.
func (f *folder) findLate(ctx context.Context, q question) (answer, bool, error) {
	l, err := f.out.look(ctx, f.place, time.Now().Add(-recent))
	if err != nil {
		return answer{}, false, f.unreachable(err)
	}
	for _, x := range l.bySubject[q.subject] {
		if f.waitedFor(x.title.request) || x.isRequest() {
			continue
		}
		var rows []row
		use := false
		if x.title.kind == q.want && x.size <= maxFile && !f.wasRead(x.title.request) {
			data, err := f.place.read(ctx, f.answer(x.title.name), maxFile)
			if err == nil {
				rows, err = f.format.decode(data, x.title.request)
			}
			if errors.Is(err, errTorn) || errors.Is(err, fs.ErrNotExist) {
				continue // it may yet be whole, or somebody else has it
			}
			use = err == nil && q.late(x.at, rows)
		}
		f.putAway(ctx, []found{x})
		if use {
			return answer{kind: q.want, rows: rows}, true, nil
		}
	}
	return answer{}, false, nil
}

// join finds a request for the same that is not answered yet: made by somebody
// who waits for it here, or who has given up, perhaps in an earlier life.
func (f *folder) join(ctx context.Context, q question) (*pending, error) {
	l, err := f.in.look(ctx, f.place, time.Now().Add(-recent))
	if err != nil {
		return nil, f.unreachable(err)
	}
	for _, x := range l.bySubject[q.subject] {
		if x.title.kind != q.kind {
			continue
		}
		f.mu.Lock()
		p := f.waiting[x.title.request]
		if p != nil && q.deed {
			p.users++
		}
		f.mu.Unlock()
		if p != nil {
			if q.deed {
				return p, nil
			}
			continue // its answer may be older than this question
		}
		// Asked after the look into waiting: whoever waited here has taken the
		// request away before leaving, so one that is there has no answer that
		// was read.
		if there, err := f.place.exists(ctx, f.request(x.title.name)); err != nil || !there {
			continue
		}
		return f.enter(x), nil
	}
	return nil, nil
}

// enter waits for a request that is in the folder.
func (f *folder) enter(x found) *pending {
	f.mu.Lock()
	defer f.mu.Unlock()
	p := f.waiting[x.title.request]
	if p == nil {
		p = &pending{request: x.title.request, name: x.title.name, done: make(chan struct{})}
		f.waiting[x.title.request] = p
	}
	p.users++
	return p
}

func (f *folder) waitedFor(request string) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.waiting[request] != nil
}

func (f *folder) leave(p *pending) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if p.users--; p.users == 0 {
		delete(f.waiting, p.request)
	}
}

// wait looks again and again until the answer is there, or is known to be lost,
// or ctx ends. The request then stays: a delivery is to be made all the same.
func (f *folder) wait(ctx context.Context, p *pending) (answer, error) {
	defer f.leave(p)
	interval, most := f.place.pace()
	var gone time.Time
	var half torn
	timer := time.NewTimer(interval)
	defer timer.Stop()
	for {
		select {
		case <-p.done:
			return p.answer, nil
		case <-ctx.Done():
			return answer{}, f.unreachable(ctx.Err())
		case <-timer.C:
		}
		l, err := f.out.look(ctx, f.place, time.Now().Add(-interval))
		if err != nil {
			return answer{}, f.unreachable(err)
		}
		if answers := l.byRequest[p.request]; len(answers) > 0 {
			if err := f.take(ctx, p, answers, &half); err != nil {
				return answer{}, err
			}
		} else if !gone.IsZero() && l.begun.After(gone) {
			return f.lost(p)
		} else if there, err := f.place.exists(ctx, f.request(p.name)); err != nil {
			return answer{}, f.unreachable(err)
		} else if !there {
			gone = time.Now() // a listing begun after this has the answer, if there is one
		}
		interval = min(2*interval, most)
		timer.Reset(interval)
	}
}

// lost ends a call whose request went away without an answer, unless somebody
// else who waits for the same has just read it.
func (f *folder) lost(p *pending) (answer, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	select {
	case <-p.done:
		return p.answer, nil
	default:
		return answer{}, port.Silent(f.department).Because(errLost)
	}
}

// take reads the answer for all who wait, unless it is not whole yet.
func (f *folder) take(ctx context.Context, p *pending, answers []found, half *torn) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	select {
	case <-p.done:
		return nil
	default:
	}
	x := answers[0]
	a, err := f.open(ctx, x)
	switch {
	case errors.Is(err, errTorn):
		if half.size != x.size || half.since.IsZero() {
			*half = torn{x.size, time.Now()}
			return nil
		}
		if time.Since(half.since) < settle {
			return nil
		}
		a = answer{err: port.Garbled(f.department).Because(errTorn)} // it stays: it may be whole when the same is asked again
	case errors.Is(err, fs.ErrNotExist):
		return nil // the listing was of before
	case err != nil:
		return f.unreachable(err)
	default:
		f.putAway(ctx, answers)
	}
	_ = f.place.remove(ctx, f.request(p.name)) // most often the department has
	p.answer = a
	close(p.done)
	return nil
}

// open reads one answer. Its error is that of the place, or errTorn; what the
// department says wrongly is in the answer.
func (f *folder) open(ctx context.Context, x found) (answer, error) {
	garbled := func(err error) (answer, error) {
		return answer{err: port.Garbled(f.department).Because(err)}, nil
	}
	if x.size > maxFile {
		return garbled(errors.New("the answer is too long"))
	}
	data, err := f.place.read(ctx, f.answer(x.title.name), maxFile)
	if err != nil {
		return answer{}, err
	}
	rows, err := f.format.decode(data, x.title.request)
	if errors.Is(err, errTorn) {
		return answer{}, err
	}
	if err != nil {
		return garbled(err)
	}
	a := answer{kind: x.title.kind, rows: rows}
	switch a.kind {
	case busy:
		a.err = port.Busy(f.department, f.until(rows))
	case failed:
		a.err = port.Failed(f.department)
	case refused:
		if len(rows) != 1 {
			return garbled(errors.New("not one refusal"))
		}
		no, err := readRefused(rows[0])
		if err != nil {
			return garbled(err)
		}
		a.err = no
	}
	return a, nil
}

// until is when a busy department wants to be asked again; zero if it says
// nothing sensible.
func (f *folder) until(rows []row) time.Time {
	if len(rows) != 1 {
		return time.Time{}
	}
	r := reading{row: rows[0]}
	at := r.time("_until")
	if wait := at.Sub(f.now()); r.err != nil || wait <= 0 || wait > maxPatience {
		return time.Time{}
	}
	return at
}

// unreachable is the fault of a place that does not do as asked. One that does
// not let us in is a broken connection, not silence.
func (f *folder) unreachable(err error) error {
	if errors.Is(err, fs.ErrPermission) || errors.Is(err, errCredential) {
		return port.Failed(f.department).Because(err)
	}
	return port.Silent(f.department).Because(err)
}
