package soap

import (
	"context"
	"errors"
	"fmt"
	"net/http"

	"github.com/vetgraph/vetgraph/internal/catalog"
	"github.com/vetgraph/vetgraph/internal/port"
	"github.com/vetgraph/vetgraph/internal/port/web"
)

const (
	maxAnswer = 8 << 20 // bytes: a thousand persons with every field stay below 4 MiB
	maxFault  = 64 << 10
)

// client makes single calls to one department.
type client struct{ *web.Client }

// call makes one call of a port's operation. Errors are a *port.Refusal, else a
// fault of kind Unavailable.
func (c *client) call(ctx context.Context, p *catalog.Port, ask func(*writer), hear func(*reader)) error {
	v, operation := versionOf(p.Soap.Version), operations[p.Operation]
	text, err := v.envelope(p.Soap.Namespace, c.Token, operation, ask)
	if errors.Is(err, errCharacters) {
		return &port.Refusal{Reason: "CHARACTERS"} // they could not read it if they would
	} else if err != nil {
		return fmt.Errorf("write %s for %s: %w", operation, c.Department, err)
	}
	head := http.Header{"Accept": {v.media}, "Content-Type": {v.contentType(Action(p))}}
	if v == soap11 {
		head.Set("SOAPAction", `"`+Action(p)+`"`)
	}
	res, err := c.Send(ctx, http.MethodPost, Path(p), head, text)
	if err != nil {
		return err
	}
	defer func() { _ = res.Body.Close() }()
	if res.StatusCode != http.StatusOK {
		return c.failure(res, v, p.Soap.Namespace)
	}
	root, err := c.read(res, maxAnswer)
	if err != nil {
		return err
	}
	return c.hear(root, v, p.Soap.Namespace, operation, hear)
}

// hear takes the answer out of its envelope.
func (c *client) hear(root *node, v *version, space, operation string, hear func(*reader)) error {
	b, err := open(root, space)
	if err != nil {
		return port.Garbled(c.Department).Because(err)
	}
	if b.isFault() { // some say no with 200
		return c.fault(b, space)
	}
	if b.version != v || b.content.name.Space != space || b.content.name.Local != operation+"Response" {
		return port.Garbled(c.Department).Because(errors.New("not the answer to this operation in this version and namespace"))
	}
	r, bad := newReader(b.content, space)
	if hear(r); *bad != nil {
		return port.Garbled(c.Department).Because(*bad)
	}
	return nil
}

// fault is what a fault means.
func (c *client) fault(b body, space string) error {
	refusal, err := b.refusal(space)
	switch {
	case err != nil:
		return port.Garbled(c.Department).Because(err)
	case refusal != nil:
		return refusal
	}
	return port.Failed(c.Department).Because(errors.New("a fault of its own"))
}

// read reads and parses a body. Its media type is that of either version: faults
// of the other one are understood.
func (c *client) read(res *http.Response, limit int64) (*node, error) {
	text, err := c.Read(res, limit, "SOAP", soap11.media, soap12.media)
	if err != nil {
		return nil, err
	}
	root, err := parse(text, res.Header.Get("Content-Type"))
	if err != nil {
		return nil, port.Garbled(c.Department).Because(err)
	}
	return root, nil
}

// failure sorts what is not 200. SOAP says no with 500 (1.1) or 400 (1.2), so a
// fault in the body comes before the status; without one the status counts.
func (c *client) failure(res *http.Response, v *version, space string) error {
	cause := port.HTTPStatus(res.StatusCode)
	switch {
	case res.StatusCode == http.StatusTooManyRequests:
		return port.Busy(c.Department, c.RetryAt(res.Header.Get("Retry-After"))).Because(cause)
	case res.StatusCode == http.StatusServiceUnavailable:
		if at := c.RetryAt(res.Header.Get("Retry-After")); !at.IsZero() {
			return port.Busy(c.Department, at).Because(cause)
		}
	case res.StatusCode < 400:
		return port.Garbled(c.Department).Because(cause)
	}
	root, err := c.read(res, maxFault)
	if err != nil {
		return port.Failed(c.Department).Because(cause)
	}
	if b, err := open(root, space); err == nil && b.isFault() && b.version == v {
		return c.fault(b, space)
	}
	return port.Failed(c.Department).Because(cause)
}
