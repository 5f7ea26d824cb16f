package gateway

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"

	"github.com/wundergraph/graphql-go-tools/v2/pkg/engine/datasource/graphql_datasource"
	"github.com/wundergraph/graphql-go-tools/v2/pkg/engine/resolve"
)

// Subscribe listens to a subgraph by server-sent events, each subscription over a
// connection of its own. It implements graphql_datasource.GraphQLSubscriptionClient.
func (u *upstream) Subscribe(c *resolve.Context, o graphql_datasource.GraphQLSubscriptionOptions, to resolve.SubscriptionUpdater) error {
	body, err := json.Marshal(o.Body)
	if err != nil {
		return err
	}
	u.g.running.Go(func() {
		defer to.Done()
		switch err := u.listen(c.Context(), o.Header, body, to); {
		case err == nil:
			to.Complete()
		case c.Context().Err() == nil:
			to.Error(u.broken(err))
		}
	})
	return nil
}

// listen hands on messages until the subgraph says that there are no more.
func (u *upstream) listen(ctx context.Context, header http.Header, body []byte, to resolve.SubscriptionUpdater) error {
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://subgraph/", bytes.NewReader(body))
	if err != nil {
		return err
	}
	r.Header = header.Clone()
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Accept", "text/event-stream")
	r.Header.Set("Cache-Control", "no-cache")
	r, span, err := u.aim(ctx, r)
	if err != nil {
		return err
	}
	defer func() { span.End(nil) }() // that it broke is in the log, with why
	response, err := u.next.RoundTrip(r)
	if err != nil {
		return err
	}
	defer func() { _ = response.Body.Close() }()
	if kind, _, _ := mime.ParseMediaType(response.Header.Get("Content-Type")); kind != "text/event-stream" {
		return u.instead(response, to)
	}
	return u.events(response.Body, to)
}

// instead hands on the one answer of a subgraph that does not begin a stream.
func (u *upstream) instead(response *http.Response, to resolve.SubscriptionUpdater) error {
	body, err := io.ReadAll(io.LimitReader(response.Body, u.s.Most))
	if err != nil {
		return err
	}
	if !answers(body) {
		return fmt.Errorf("status %d with something that is neither a stream nor a GraphQL answer", response.StatusCode)
	}
	to.Update(u.told(body))
	return nil
}

// events reads server-sent events; nil when the subgraph says that it is done.
func (u *upstream) events(from io.Reader, to resolve.SubscriptionUpdater) error {
	lines := bufio.NewScanner(from)
	lines.Buffer(make([]byte, 0, 4096), int(min(u.s.Most, 1<<30)))
	var kind, data []byte
	for lines.Scan() {
		field, value, _ := bytes.Cut(lines.Bytes(), []byte(":"))
		value = bytes.TrimPrefix(value, []byte(" "))
		switch string(field) {
		case "event":
			kind = bytes.Clone(value)
		case "data":
			if len(data) > 0 {
				data = append(data, '\n')
			}
			if data = append(data, value...); int64(len(data)) > u.s.Most {
				return bufio.ErrTooLong
			}
		}
		if len(lines.Bytes()) > 0 { // an empty line ends an event; others are comments or go on
			continue
		}
		switch {
		case string(kind) == "complete":
			return nil
		case len(data) == 0:
		case !answers(data):
			return errors.New("a message that is no GraphQL answer")
		default:
			to.Update(u.told(data))
		}
		kind, data = nil, nil
	}
	if err := lines.Err(); err != nil {
		return err
	}
	return io.ErrUnexpectedEOF
}
