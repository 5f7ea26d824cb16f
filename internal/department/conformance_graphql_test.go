package department_test

import (
	"testing"
	"time"

	"github.com/vetgraph/vetgraph/internal/catalog"
	"github.com/vetgraph/vetgraph/internal/port/gqlport"
	"github.com/vetgraph/vetgraph/internal/port/porttest"
)

// TestConformanceGraphQL runs the suite over real HTTP with a department that is a
// GraphQL service.
func TestConformanceGraphQL(t *testing.T) {
	matter := matterOf(patient(t, time.Second), "VA")
	porttest.Run(t, func(t *testing.T, timeout time.Duration) porttest.Fixture {
		return open(t, inGraphQL(patient(t, timeout), "VA"), "VA", matter.Code)
	})
}

// inGraphQL gives a catalogue in which all ports of a department are one GraphQL service.
func inGraphQL(c *catalog.Catalog, code string) *catalog.Catalog {
	for _, p := range c.Ports { // patient has copied them
		if p.Department == code {
			p.Kind, p.Path = gqlport.Kind, ""
		}
	}
	return c
}
