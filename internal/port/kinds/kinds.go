// Package kinds lists the kinds of port that are built in: what a department needs no Go to be connected by.
package kinds

import (
	"github.com/vetgraph/vetgraph/internal/port"
	"github.com/vetgraph/vetgraph/internal/port/dbview"
	"github.com/vetgraph/vetgraph/internal/port/filedrop"
	"github.com/vetgraph/vetgraph/internal/port/gqlport"
	"github.com/vetgraph/vetgraph/internal/port/restjson"
	"github.com/vetgraph/vetgraph/internal/port/soap"
)

// All are the kinds, by what the catalogue calls them.
func All() map[string]port.Kind {
	return map[string]port.Kind{
		restjson.Kind: restjson.Open, soap.Kind: soap.Open, filedrop.Kind: filedrop.Open, dbview.Kind: dbview.Open, gqlport.Kind: gqlport.Open,
	}
}
