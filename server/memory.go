package server

import (
	"os"
	"runtime/debug"
)

// The collector runs when the heap has grown fivefold, not twofold: an answer
// makes a megabyte of short-lived garbage, and collecting it was 10 to 30 % of
// the processor time of a request (docs/performance.md). Near a gigabyte it runs
// as often as it must. GOGC and GOMEMLIMIT, where set, hold instead.
const (
	heapGrowth = 400     // percent
	heapLimit  = 1 << 30 // bytes, soft
)

func tuneMemory() {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(heapGrowth)
	}
	if os.Getenv("GOMEMLIMIT") == "" {
		debug.SetMemoryLimit(heapLimit)
	}
}
