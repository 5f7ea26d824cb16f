package port

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"
)

// Knock is how one place of a department answered a question about nobody.
type Knock struct {
	Port  string   // through which it was asked
	Kind  string   // of that port
	Ports []string // IDs of all ports that go to that place, sorted
	Took  time.Duration
	Err   error // nil: it is there
}

// Certified is a line, or the transport below it, that knows when a certificate ends:
// the first of the other side's, as it was last seen, and of ours. It is not ok where
// there is none, or none was seen yet.
type Certified interface {
	Certificate() (ends time.Time, ok bool)
}

// Checked is a line that can find out whether the other side is as its ports say,
// without asking about anybody. It reports everything that is amiss, joined: a
// [Mismatch] for each, or a fault if the other side does not say.
type Checked interface {
	Check(ctx context.Context) error
}

// Mismatch is how the other side differs from what a port relies on.
type Mismatch struct {
	Port string // ID
	Err  error
}

// Error implements error.
func (m Mismatch) Error() string { return m.Port + ": " + m.Err.Error() }

// Unwrap is what differs.
func (m Mismatch) Unwrap() error { return m.Err }

// Connected says whether a port has an address.
func (r *Registry) Connected(portID string) bool {
	l := r.lineOf(portID)
	_, no := l.(notYet)
	return l != nil && !no
}

// Certificate is when the first certificate ends on the way through a port.
func (r *Registry) Certificate(portID string) (time.Time, bool) {
	if l, ok := within[Certified](r.lineOf(portID)); ok {
		return l.Certificate()
	}
	return time.Time{}, false
}

// Check asks every line of a department that can find out whether the other side is as
// the catalogue says. It answers by port, nil where all is well; ports that have no
// way to find out are left out. ctx bounds the wait.
func (r *Registry) Check(ctx context.Context, code string) map[string]error {
	c, ok := r.departments[code].(*client)
	if !ok {
		return nil
	}
	found, said := map[string]error{}, map[Line][]error{}
	for _, id := range sortedKeys(c.doors) {
		l, ok := within[Checked](c.doors[id].line)
		if !ok {
			continue
		}
		at := c.doors[id].line
		if _, asked := said[at]; !asked {
			said[at] = each(l.Check(ctx))
		}
		var mine []error
		for _, err := range said[at] {
			if m, one := errors.AsType[Mismatch](err); !one {
				mine = append(mine, err)
			} else if m.Port == id {
				mine = append(mine, m.Err)
			}
		}
		found[id] = errors.Join(mine...)
	}
	return found
}

// each takes joined errors apart.
func each(err error) []error {
	if several, ok := err.(interface{ Unwrap() []error }); ok { //nolint:errorlint // only what is joined on the outside
		return several.Unwrap()
	}
	if err == nil {
		return nil
	}
	return []error{err}
}

// lineOf is the line of a port, nil if its department has none.
func (r *Registry) lineOf(portID string) Line {
	if g := r.gates[portID]; g != nil {
		if c, ok := r.departments[g.port.Department].(*client); ok {
			return c.doors[portID].line
		}
	}
	return nil
}

// within finds what a line can do besides, also if another one stands before it, which
// then says so by Unwrap.
func within[T any](l Line) (can T, ok bool) {
	for l != nil {
		if can, ok = l.(T); ok {
			return can, true
		}
		outer, _ := l.(interface{ Unwrap() Line })
		if outer == nil {
			break
		}
		l = outer.Unwrap()
	}
	return can, false
}

// Knock asks each place of a department once, all at the same time: after no item,
// or about no person where nothing else can be asked. It goes past the gates, for
// it is a person who wants to know now, and changes nothing. Each is given as long as
// its port allows; ctx bounds the wait for all.
func (r *Registry) Knock(ctx context.Context, code string) []Knock {
	c, ok := r.departments[code].(*client)
	if !ok {
		return nil
	}
	var all []Knock
	place := map[Line]int{}
	for _, wanted := range []string{"STATUS", "LOOKUP"} {
		for _, id := range sortedKeys(c.doors) {
			d := c.doors[id]
			if _, no := d.line.(notYet); no || d.port.Operation != wanted {
				continue
			}
			if _, known := place[d.line]; !known {
				place[d.line] = len(all)
				all = append(all, Knock{Port: id, Kind: d.port.Kind})
			}
		}
	}
	for _, id := range sortedKeys(c.doors) {
		if i, known := place[c.doors[id].line]; known {
			all[i].Ports = append(all[i].Ports, id)
		}
	}
	var wg sync.WaitGroup
	for i := range all {
		wg.Go(func() {
			start := time.Now()
			all[i].Err = c.knock(ctx, c.doors[all[i].Port])
			all[i].Took = time.Since(start)
		})
	}
	wg.Wait()
	return all
}

func (c *client) knock(ctx context.Context, d *door) (err error) {
	ctx, cancel := context.WithTimeout(ctx, timeout(d.port))
	defer cancel()
	if d.port.Operation == "STATUS" {
		_, err = d.line.Status(ctx, d.port, []string{})
	} else {
		_, err = d.line.Lookup(ctx, d.port, []Person{})
	}
	if err != nil {
		return fmt.Errorf("knock at %s: %w", d.port.ID, err)
	}
	return nil
}
