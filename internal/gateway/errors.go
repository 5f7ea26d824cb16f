package gateway

import (
	"errors"

	"github.com/rs/zerolog"
	"github.com/wundergraph/graphql-go-tools/v2/pkg/operationreport"

	"github.com/vetgraph/vetgraph/internal/fault"
)

// told is an error as GraphQL tells it.
type told struct {
	Message    string                     `json:"message"`
	Locations  []operationreport.Location `json:"locations,omitempty"`
	Extensions map[string]any             `json:"extensions,omitempty"`
}

// documentErrors are what is wrong with a document as such.
type documentErrors struct {
	report       operationreport.Report
	code, reason string
}

// Error implements error.
func (d documentErrors) Error() string { return d.report.Error() }

func (g *Gateway) present(f *fault.Fault) told {
	return told{Message: f.Text + " " + f.TextEn, Extensions: g.options.Extensions(f)}
}

// tell is what a client reads of an error. What is ours is logged, not told.
func (g *Gateway) tell(log *zerolog.Logger, err error) []told {
	var d documentErrors
	if errors.As(err, &d) && len(d.report.ExternalErrors) > 0 {
		var out []told
		for _, e := range d.report.ExternalErrors {
			out = append(out, told{Message: e.Message, Locations: e.Locations, Extensions: map[string]any{"code": d.code, "reason": d.reason}})
		}
		return out
	}
	f := fault.Of(err)
	if f.Kind == fault.Internal || f.Reason == "PLAN_IMPOSSIBLE" {
		log.Error().Err(err).Msg("gateway")
	}
	return []told{g.present(f)}
}
