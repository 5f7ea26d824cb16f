// Package restjson speaks with departments whose ports take and answer JSON over HTTP.
//
// Below the department's base address, with a bearer token:
//
//	PUT  /items/{id}           port.Item      -> port.Slip; kept before it is answered
//	POST /items/{id}/withdraw  {}             -> port.Message
//	POST /status               StatusQuestion -> StatusAnswer
//	POST /lookup               LookupQuestion -> LookupAnswer
//	PUT  /batches/{id}         port.Batch     -> port.Slip; kept before it is answered
//	POST /lines/status         LinesQuestion  -> LinesAnswer
//
// A port of the catalogue may name another path, a timeout and a batch size.
// Lookups that share a path share a call, however many persons and lookups.
// Results come by callback, a port.Message signed by port.SignCallback. A return
// lists what is amiss in faults: a field under the name it was sent by, or a
// material code, each with words. Corrections are the same item again with the
// next round, through the CORRECTION port where the catalogue has one. An answer of
// 400 and above has a port.Refusal for its body: 409 for ITEM_DELIVERED_OTHERWISE,
// ITEM_DECIDED and BATCH_PUSHED_OTHERWISE, 404 for ITEM_UNKNOWN, 422 for content that is never taken.
package restjson

import (
	"context"
	"errors"
	"net/http"
	"net/url"

	"github.com/vetgraph/vetgraph/internal/catalog"
	"github.com/vetgraph/vetgraph/internal/port"
	"github.com/vetgraph/vetgraph/internal/port/web"
)

// Kind is what the catalogue calls this kind of port.
const Kind = "rest-json"

// line is the way to one address.
type line struct{ *client }

// Open is the [port.Kind].
func Open(s port.Setup) (port.Line, error) {
	if u, err := url.Parse(s.Endpoint.URL); err != nil || u.Scheme != "http" && u.Scheme != "https" {
		return nil, errors.New("its address is not an absolute http(s) address without query")
	}
	return &line{&client{web.Open(s)}}, nil
}

// Deliver implements [port.Line].
func (l *line) Deliver(ctx context.Context, p *catalog.Port, item port.Item) (s port.Slip, err error) {
	err = l.call(ctx, http.MethodPut, withID(Path(p, ItemPath), item.ID), item, &s)
	return s, err
}

// Status implements [port.Line].
func (l *line) Status(ctx context.Context, p *catalog.Port, items []string) ([]port.Message, error) {
	var a StatusAnswer
	err := l.call(ctx, http.MethodPost, Path(p, StatusPath), StatusQuestion{Items: items}, &a)
	return a.Items, err
}

// Withdraw implements [port.Line].
func (l *line) Withdraw(ctx context.Context, p *catalog.Port, item string) (m port.Message, err error) {
	err = l.call(ctx, http.MethodPost, withID(Path(p, WithdrawPath), item), struct{}{}, &m)
	return m, err
}

// Lookup implements [port.Line].
func (l *line) Lookup(ctx context.Context, p *catalog.Port, persons []port.Person) ([]port.Found, error) {
	var a LookupAnswer
	err := l.call(ctx, http.MethodPost, Path(p, LookupPath), LookupQuestion{Questions: persons}, &a)
	return a.Records, err
}
