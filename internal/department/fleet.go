// Package department plays the departments that are not connected yet, each with its own address and its own books.
//
// A simulated department is a real server on the loopback interface that speaks
// what its ports speak, and a SQLite file that nobody else opens. It keeps
// a delivery before it answers, decides after a while, writes the act and the
// decision in one transaction, and calls back until it is heard. All of that
// survives the death of the process at any moment. It knows the catalogue and
// nothing of the hub: it could be another machine.
//
// Nothing here is random twice: how long an item takes and how it ends follow
// from its ID and the seed.
package department

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/rs/zerolog"

	"github.com/vetgraph/vetgraph/internal/catalog"
	"github.com/vetgraph/vetgraph/internal/port"
)

// Config says how the departments are played. Dir and Catalog are needed; the
// rest has a sensible zero value.
type Config struct {
	Dir          string                // one SQLite file for each department
	Catalog      *catalog.Catalog      // matters, days, names
	Secrets      map[string]Secrets    // by department code; made and remembered where missing
	WorkdayTakes time.Duration         // how long a working day lasts here; zero means two seconds
	Now          func() time.Time      // nil means time.Now
	Seed         uint64                // another seed, other endings
	Rates        Rates                 // how items end where Decide does not say
	Decide       func(Item) port.State // nil or "": by the rates; else Approved, Rejected or Returned
	TLS          bool                  // be reached over TLS, with certificates made at every start
	FacePage     string                // address under which [Fleet.FacePage] is served
	Callbacks    *http.Client          // nil means a client with a time-out of ten seconds
	Log          zerolog.Logger
}

// Secrets is how a department and the hub know each other.
type Secrets struct{ Token, Callback string }

// Rates are shares between 0 and 1 of the items that do not end in approval.
// An item is returned at most once.
type Rates struct{ Reject, Return float64 }

// Item is what a department knows of an item before it decides.
type Item struct {
	Department, Matter, ID, Case string
	Round                        int
}

// Fleet is the departments at work.
type Fleet struct {
	offices map[string]*office
	codes   []string
	closing sync.Once
	closed  error
}

// Start opens the books of every department of the catalogue that is not
// external, takes up what was left undone, and answers once all are listening.
// The departments work until Close, whatever becomes of ctx.
func Start(ctx context.Context, c Config) (*Fleet, error) {
	if c.Catalog == nil || c.Dir == "" {
		return nil, errors.New("departments need a catalogue and a folder")
	}
	if c.WorkdayTakes <= 0 {
		c.WorkdayTakes = 2 * time.Second
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Callbacks == nil {
		c.Callbacks = &http.Client{
			Timeout:       10 * time.Second,
			Transport:     &http.Transport{MaxIdleConnsPerHost: bagSize, IdleConnTimeout: time.Minute},
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		}
	}
	if err := os.MkdirAll(c.Dir, 0o700); err != nil {
		return nil, fmt.Errorf("folder of the departments: %w", err)
	}
	f := &Fleet{offices: map[string]*office{}, codes: codes(c.Catalog)}
	if err := f.openAll(ctx, c); err != nil {
		return nil, err
	}
	return f, nil
}

// openAll opens the offices side by side: each waits for its own disk writes.
func (f *Fleet) openAll(ctx context.Context, c Config) error {
	offices, errs := make([]*office, len(f.codes)), make([]error, len(f.codes))
	var all sync.WaitGroup
	for i, code := range f.codes {
		all.Go(func() {
			var err error
			if offices[i], err = openOffice(ctx, c, code); err != nil {
				errs[i] = fmt.Errorf("department %s: %w", code, err)
			}
		})
	}
	all.Wait()
	for i, o := range offices {
		if o != nil {
			f.offices[f.codes[i]] = o
		}
	}
	if err := errors.Join(errs...); err != nil {
		return errors.Join(err, f.Close())
	}
	return nil
}

// Endpoints says where the departments are, by code, and by port ID where a port
// is of another kind than most. Addresses stay the same from one start to the next
// unless somebody else has taken them.
func (f *Fleet) Endpoints() map[string]port.Endpoint {
	ends := map[string]port.Endpoint{}
	for _, o := range f.offices {
		maps.Copy(ends, o.endpoints())
	}
	return ends
}

// Departments lists the codes of the departments at work, in catalogue order.
func (f *Fleet) Departments() []string { return slices.Clone(f.codes) }

// Close stops listening, deciding and calling back, and closes the books. What
// is undone is taken up by the next Start.
func (f *Fleet) Close() error {
	f.closing.Do(func() { f.closed = f.close() })
	return f.closed
}

func (f *Fleet) close() error {
	var errs []error
	for _, o := range f.offices {
		o.stop()
	}
	for code, o := range f.offices {
		if err := o.close(); err != nil {
			errs = append(errs, fmt.Errorf("close %s: %w", code, err))
		}
	}
	return errors.Join(errs...)
}

// Run plays the departments until ctx ends, for a process of their own. ready is
// called once with the addresses, when all are listening.
func Run(ctx context.Context, c Config, ready func(map[string]port.Endpoint)) error {
	f, err := Start(ctx, c)
	if err != nil {
		return err
	}
	ready(f.Endpoints())
	<-ctx.Done()
	return f.Close()
}

func (f *Fleet) office(code string) (*office, error) {
	if o := f.offices[code]; o != nil {
		return o, nil
	}
	return nil, fmt.Errorf("no department %q is played", code)
}

// file is where a department keeps its books.
func file(dir, code string) string { return filepath.Join(dir, strings.ToLower(code)+".db") }
