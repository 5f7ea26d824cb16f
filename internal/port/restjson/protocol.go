package restjson

import (
	"net/url"
	"strings"
	"time"

	"github.com/vetgraph/vetgraph/internal/catalog"
	"github.com/vetgraph/vetgraph/internal/port"
)

// MediaType of every body, both ways.
const MediaType = "application/json"

// Item is the body of PUT items/{id}: one matter of one applicant, under the
// department's names.
type Item struct {
	Round     int            `json:"round"`
	Case      string         `json:"case"`
	Matter    string         `json:"matter"`
	Applicant string         `json:"applicant"` // citizen number
	Fields    map[string]any `json:"fields"`
	Materials []string       `json:"materials"`
	Callback  string         `json:"callback"`
}

// Receipt is the answer to PUT items/{id}.
type Receipt struct {
	Item       string    `json:"item"`
	Number     string    `json:"number"`
	ReceivedAt time.Time `json:"receivedAt"`
	DueAt      time.Time `json:"dueAt,omitzero"`
}

// StatusQuestion is the body of POST status.
type StatusQuestion struct {
	Items []string `json:"items"`
}

// StatusAnswer is the answer to POST status. Items that the department does not
// know are left out; order does not matter.
type StatusAnswer struct {
	Items []port.Message `json:"items"`
}

// LookupQuestion is the body of POST lookup.
type LookupQuestion struct {
	Questions []Person `json:"questions"`
}

// Person is one question of a lookup.
type Person struct {
	Ref           string   `json:"ref"`
	CitizenNumber string   `json:"citizenNumber"`
	Lookups       []string `json:"lookups"`
}

// LookupAnswer is the answer to POST lookup, one record for each question.
type LookupAnswer struct {
	Records []Record `json:"records"`
}

// Record is what the department holds of one person, by lookup and then by its
// own names. A name left out is not said; null says that there is none.
type Record struct {
	Ref     string                    `json:"ref"`
	Known   bool                      `json:"known"`
	AsOf    time.Time                 `json:"asOf,omitzero"`
	Lookups map[string]map[string]any `json:"lookups,omitempty"`
}

// Refusal is the body of an answer of 400 and above. Reason is one of the
// constants below, or anything else; it is not shown to people. Item stands
// beside ItemDecided and tells the decision.
type Refusal struct {
	Reason string        `json:"reason"`
	Item   *port.Message `json:"item,omitempty"`
}

// The reasons that both sides know.
const (
	ItemDeliveredOtherwise = "ITEM_DELIVERED_OTHERWISE" // 409
	ItemDecided            = "ITEM_DECIDED"             // 409, to a withdrawal
	ItemUnknown            = "ITEM_UNKNOWN"             // 404, to a withdrawal
)

// Paths used where a port of the catalogue names none.
const (
	ItemPath     = "/items/{id}" // also for corrections
	WithdrawPath = "/items/{id}/withdraw"
	StatusPath   = "/status"
	LookupPath   = "/lookup"
)

// Path returns a port's path below the base address, where an operation on one
// item has its ID in place of {id}: as the port says, else as usual. A port that
// leaves out {id} where the usual path has it means it at the end.
func Path(p *catalog.Port, usual string) string {
	path := p.Path
	if path == "" {
		return usual
	}
	if strings.Contains(usual, "{id}") && !strings.Contains(path, "{id}") {
		path = strings.TrimSuffix(path, "/") + "/{id}"
	}
	return path
}

func withID(path, id string) string { return strings.Replace(path, "{id}", url.PathEscape(id), 1) }
