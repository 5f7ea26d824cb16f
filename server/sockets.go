package server

import (
	"errors"
	"net/http"

	"github.com/99designs/gqlgen/graphql"
	"github.com/99designs/gqlgen/graphql/handler/transport"
)

// closing is websockets, each of which is closed when it is over: the library leaves one
// open whose first message it cannot read, and whoever likes could keep thousands.
type closing struct{ transport.Websocket }

// Do implements graphql.Transport.
func (c closing) Do(w http.ResponseWriter, r *http.Request, exec graphql.GraphExecutor) {
	opened := &opened{WebsocketImplementation: c.Implementation}
	c.Implementation = opened
	c.Websocket.Do(w, r, exec)
	if opened.conn != nil {
		_ = opened.conn.Close() // most are closed already
	}
}

// opened remembers the connection that was accepted.
type opened struct {
	transport.WebsocketImplementation
	conn transport.WebsocketConn
}

// Accept implements transport.WebsocketImplementation.
func (o *opened) Accept(w http.ResponseWriter, r *http.Request, options transport.WebsocketAcceptOptions) (transport.WebsocketConn, error) {
	conn, err := o.WebsocketImplementation.Accept(w, r, options)
	o.conn = conn
	if err != nil { // it repeats headers, and the library writes it where those who run the hub read
		err = errors.New("the handshake was refused")
	}
	return conn, err
}
