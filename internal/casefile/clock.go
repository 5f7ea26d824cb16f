package casefile

import (
	"time"

	"github.com/vetgraph/vetgraph/internal/catalog"
	"github.com/vetgraph/vetgraph/internal/form"
	"github.com/vetgraph/vetgraph/internal/lifecycle"
	"github.com/vetgraph/vetgraph/internal/workday"
)

// Clock is the clock of an item or a case: when it runs out and why.
type Clock struct {
	Due      workday.Due
	Workdays int // promised
	Left     int // working days; negative once overdue
	Warning  lifecycle.Warning
	Stopped  bool // it stands at the moment
	Pauses   []ClockPause
}

// ClockPause is a time during which the clock stands: the days after After, up to
// and including Until.
type ClockPause struct {
	Matter      string
	Kind        string // CORRECTION or SUSPENSION
	After       workday.Day
	Until       *workday.Day // nil while it stands
	Reason, Law string
}

// Draft is what was typed so far, and how it stands against the catalogue now.
type Draft struct {
	Answers  []form.Answer
	Problems []form.Problem
	Changes  []DraftChange
	Matters  []string
	SavedAt  time.Time
}

// DraftChange is a change of the catalogue that touches a draft.
type DraftChange struct {
	Kind   string // MATTER_GONE, MATTER_CHANGED, FIELD_GONE, FIELD_NEW, FIELD_CHANGED or CODE_GONE
	Field  *string
	Matter *string
	Words  catalog.Text
}
