package department_test

import (
	"testing"
	"time"

	"github.com/vetgraph/vetgraph/internal/catalog"
	"github.com/vetgraph/vetgraph/internal/port/porttest"
	"github.com/vetgraph/vetgraph/internal/port/soap"
)

// TestConformanceSoap runs the suite over real HTTP with two departments whose
// ports are SOAP services, one of each version.
func TestConformanceSoap(t *testing.T) {
	for code, version := range map[string]string{"HRSS": "1.1", "HSA": "1.2"} {
		t.Run(code+" "+version, func(t *testing.T) {
			matter := matterOf(patient(t, time.Second), code)
			porttest.Run(t, func(t *testing.T, timeout time.Duration) porttest.Fixture {
				return open(t, inSoap(patient(t, timeout), code, version), code, matter.Code)
			})
		})
	}
}

// inSoap gives a catalogue in which all ports of a department are one SOAP service.
func inSoap(c *catalog.Catalog, code, version string) *catalog.Catalog {
	for _, p := range c.Ports { // patient has copied them
		if p.Department == code {
			p.Kind, p.Path, p.Soap = soap.Kind, "", &catalog.Soap{Version: version, Namespace: "urn:vetgraph:" + code}
		}
	}
	return c
}
