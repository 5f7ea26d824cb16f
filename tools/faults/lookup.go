package main

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"time"

	"github.com/vetgraph/vetgraph/internal/fault"
	"github.com/vetgraph/vetgraph/internal/port"
)

// lookUp asks about a person before, during and after the fault: the answer is the
// truth or a fault of kind Unavailable, never something else.
func (r *rig) lookUp(ctx context.Context, c *cell) (err error) {
	p, _, err := r.somebody()
	if err != nil {
		return err
	}
	question := func() (port.Record, error) {
		all, err := r.hub.Registry.Get(c.port.Department).Lookup(ctx, []port.Question{{Ref: p.id, CitizenNumber: p.number, Lookups: []string{c.port.ID}}})
		if err != nil {
			return port.Record{}, err
		}
		return all[0], nil
	}
	truth, err := question()
	if err != nil {
		return fmt.Errorf("before: %w", err)
	}
	if !truth.Known {
		return errors.New("nobody knows the person")
	}
	defer func() { err = errors.Join(err, r.end(c.port.ID)) }()
	if err := r.begin(c); err != nil {
		return err
	}
	felt := r.felt(c)
	said, err := question()
	switch {
	case err != nil && fault.Of(err).Kind != fault.Unavailable:
		return fmt.Errorf("during: %w", err)
	case err == nil && !reflect.DeepEqual(said.Facts, truth.Facts):
		return errors.New("during: something else than the truth")
	case !felt():
		return errors.New("it was not asked through this port")
	}
	if err := r.end(c.port.ID); err != nil {
		return err
	}
	for {
		said, err = question()
		if err == nil {
			break
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("afterwards: %w", err)
		case <-time.After(100 * time.Millisecond):
		}
	}
	if !reflect.DeepEqual(said.Facts, truth.Facts) {
		return errors.New("afterwards: something else than the truth")
	}
	return nil
}
