package compose

import (
	"context"
	_ "embed"
	"errors"
	"fmt"
	"runtime/metrics"
	"sync"
	"time"

	"github.com/dop251/goja"
)

//go:embed bundle.js
var bundle string

// program is the bundle, parsed once.
var program = sync.OnceValues(func() (*goja.Program, error) { return goja.Compile("bundle.js", bundle, false) })

const (
	// deepest is how many calls the composer may stand in. Its parser goes one
	// deeper with each bracket; beyond this a schema is refused, and long before
	// Go's own stack is full.
	deepest = 6000
	// mostHeap is by how many bytes the heap may grow while a supergraph is composed.
	mostHeap = 1 << 30
	// look is how often the heap is looked at.
	look = 50 * time.Millisecond
)

var errMemory = errors.New("it takes more memory than it may (内存超限)")

// run hands the subgraphs to the composer, in an engine of their own. most is by how
// many bytes the heap may grow.
func run(ctx context.Context, in string, most uint64) (string, error) {
	p, err := program()
	if err != nil {
		return "", fmt.Errorf("compose: the bundle: %w", err)
	}
	vm := goja.New()
	vm.SetMaxCallStackSize(deepest)
	ended := make(chan struct{})
	var watch sync.WaitGroup
	watch.Go(func() { interrupt(ctx, vm, most, ended) })
	defer watch.Wait()
	defer close(ended)
	if _, err := vm.RunProgram(p); err != nil {
		return "", stopped(err)
	}
	compose, ok := goja.AssertFunction(vm.Get("compose"))
	if !ok {
		return "", errors.New("compose: the bundle has no function compose")
	}
	out, err := compose(goja.Undefined(), vm.ToValue(in))
	if err != nil {
		return "", stopped(err)
	}
	return out.String(), nil
}

// interrupt stops the engine when the context ends or the heap has grown too much.
// The heap is that of the whole process: what else runs in it counts too.
func interrupt(ctx context.Context, vm *goja.Runtime, most uint64, ended <-chan struct{}) {
	before, every := heap(), time.NewTicker(look)
	defer every.Stop()
	for {
		select {
		case <-ended:
			return
		case <-ctx.Done():
			vm.Interrupt(context.Cause(ctx))
			return
		case <-every.C:
			if now := heap(); now > before && now-before > most {
				vm.Interrupt(errMemory)
				return
			}
		}
	}
}

func heap() uint64 {
	s := []metrics.Sample{{Name: "/memory/classes/heap/objects:bytes"}}
	metrics.Read(s)
	return s[0].Value.Uint64()
}

// stopped says why the engine ended without an answer.
func stopped(err error) error {
	if i := new(goja.InterruptedError); errors.As(err, &i) {
		if cause, ok := i.Value().(error); ok {
			return fmt.Errorf("compose: %w", cause)
		}
	}
	if deep := new(goja.StackOverflowError); errors.As(err, &deep) {
		return &Problems{{Code: "SDL_TOO_LARGE", Text: "a schema is nested deeper than the composer can follow"}}
	}
	return fmt.Errorf("compose: %w", err)
}
