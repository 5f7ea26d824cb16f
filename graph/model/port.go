package model

import (
	"time"

	"github.com/vetgraph/vetgraph/ent/gen"
	"github.com/vetgraph/vetgraph/internal/catalog"
)

// PausePortInput is the argument of Mutation.pausePort.
type PausePortInput struct{ Port, Reason string }

// DrainPortInput is the argument of Mutation.drainPort.
type DrainPortInput struct{ Port, Reason string }

// ResumePortInput is the argument of Mutation.resumePort.
type ResumePortInput struct {
	Port   string
	Reason *string
}

// ReplayPortInput is the argument of Mutation.replayPort.
type ReplayPortInput struct {
	Port   string
	Since  time.Time
	Lost   bool
	Items  []string
	Reason *string
}

// PortPayload is a port.
type PortPayload struct{ Port *catalog.Port }

// ReplayPortPayload is a port, and what its replay set going.
type ReplayPortPayload struct {
	Port             *catalog.Port
	Delivered, Asked int
	Lost             int
}

// PortRunning is how a port fares. What is nil is not known, or there is none.
type PortRunning struct {
	State                                string
	Since                                *time.Time
	Live                                 bool
	Calls, Failures, TurnedAway, Retried int64
	ErrorRate, P50Ms, P99Ms              *float64
	LastSuccess, LastFailure             *time.Time
	LastReason                           *string
	Waiting                              int
	OldestWaiting                        *time.Time
	MaintenanceFrom, MaintenanceUntil    *time.Time
	CertificateUntil                     *time.Time
	Hold                                 *gen.PortOrder
}
