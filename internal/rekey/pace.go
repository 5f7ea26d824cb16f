package rekey

import (
	"context"
	"time"
)

// pacer rests between batches, so that who reads and writes meanwhile hardly notices.
// It knows how long a row takes when nobody else is at work: the best it has seen of
// late. When rows take much longer than that, others are at work, and it rests longer;
// when they do not, it comes back step by step.
type pacer struct {
	share float64
	rest  func(context.Context, time.Duration) error

	best   float64 // seconds a row
	factor float64 // rest for one unit of work
}

const (
	usualShare = 0.2
	busy       = 2.5 // times the best: others are at work; a commit alone swings by half
	slower     = 1.3 // times longer rests then
	faster     = 0.9
	forget     = 1.02 // of the best with each batch: tables differ, databases grow
	slowest    = 3    // times the usual rest
	longest    = 2 * time.Second
)

// wait rests after a batch of so many rows that took so long.
func (p *pacer) wait(ctx context.Context, rows int, took time.Duration) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	pause := p.pause(rows, took)
	if pause <= 0 {
		return nil
	}
	if p.rest != nil {
		return p.rest(ctx, pause)
	}
	timer := time.NewTimer(pause)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}

func (p *pacer) pause(rows int, took time.Duration) time.Duration {
	if p.share == 0 {
		p.share = usualShare
	}
	if p.share >= 1 || rows == 0 {
		return 0
	}
	usual := 1/p.share - 1
	row := took.Seconds() / float64(rows)
	if p.best == 0 || row < p.best {
		p.best = row
	}
	if p.factor == 0 {
		p.factor = usual
	}
	if row > busy*p.best {
		p.factor = min(p.factor*slower, usual*slowest)
	} else {
		p.factor = max(p.factor*faster, usual)
	}
	p.best *= forget
	return min(time.Duration(p.factor*float64(took)), longest)
}
