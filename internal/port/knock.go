package port

import (
	"context"
	"fmt"
	"sync"
	"time"
)

// Knock is how one place of a department answered a question about nobody.
type Knock struct {
	Port string // through which it was asked
	Took time.Duration
	Err  error // nil: it is there
}

// Connected says whether a port has an address.
func (r *Registry) Connected(portID string) bool {
	g := r.gates[portID]
	if g == nil {
		return false
	}
	c, ok := r.departments[g.port.Department].(*client)
	if !ok {
		return false
	}
	_, no := c.doors[portID].line.(notYet)
	return !no
}

// Knock asks each place of a department once, all at the same time: after no item,
// or about no person where nothing else can be asked. It goes past the gates, for
// it is a person who wants to know now, and changes nothing. ctx bounds the wait.
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
				all = append(all, Knock{Port: id})
			}
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
