package restjson

import (
	"net/url"
	"strings"

	"github.com/vetgraph/vetgraph/internal/catalog"
	"github.com/vetgraph/vetgraph/internal/port"
)

// MediaType of every body, both ways.
const MediaType = "application/json"

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
	Questions []port.Person `json:"questions"`
}

// LookupAnswer is the answer to POST lookup, one record for each question.
type LookupAnswer struct {
	Records []port.Found `json:"records"`
}

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
