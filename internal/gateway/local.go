package gateway

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"strings"
	"sync"
)

// inProcess hands requests to a handler without a socket. An answer comes when it is
// whole; a stream is a pipe, so it comes as it is written, and who closes it ends
// the writing.
type inProcess struct {
	handler http.Handler
	running *sync.WaitGroup
}

// RoundTrip implements http.RoundTripper.
func (l *inProcess) RoundTrip(r *http.Request) (*http.Response, error) {
	in := r.Clone(r.Context())
	in.RequestURI, in.RemoteAddr = in.URL.Path, "in-process"
	if strings.HasPrefix(r.Header.Get("Accept"), "text/event-stream") {
		return l.stream(in)
	}
	w := &whole{header: http.Header{}}
	if err := l.serve(w, in); err != nil {
		return nil, err
	}
	w.WriteHeader(http.StatusOK)
	return response(in, w.code, w.header, io.NopCloser(&w.body)), nil
}

// serve runs the handler. As with net/http a panic loses the request, not the process.
func (l *inProcess) serve(w http.ResponseWriter, r *http.Request) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = io.ErrUnexpectedEOF
		}
	}()
	l.handler.ServeHTTP(w, r)
	return r.Context().Err()
}

// stream returns when the handler begins to answer.
func (l *inProcess) stream(r *http.Request) (*http.Response, error) {
	ctx, cancel := context.WithCancel(r.Context())
	reader, writer := io.Pipe()
	w := &piped{whole: whole{header: http.Header{}}, pipe: writer, begun: make(chan struct{})}
	l.running.Go(func() {
		err := l.serve(w, r.WithContext(ctx))
		w.WriteHeader(http.StatusOK)
		_ = writer.CloseWithError(err) // of a pipe: it never fails
	})
	select {
	case <-w.begun:
		return response(r, w.code, w.sent, &hangUp{reader, cancel}), nil
	case <-r.Context().Done():
		cancel()
		_ = reader.CloseWithError(r.Context().Err())
		return nil, r.Context().Err()
	}
}

// hangUp tells the handler when nobody listens any more.
type hangUp struct {
	*io.PipeReader
	cancel context.CancelFunc
}

// Close implements io.Closer.
func (h *hangUp) Close() error {
	h.cancel()
	return h.PipeReader.Close()
}

func response(r *http.Request, code int, header http.Header, body io.ReadCloser) *http.Response {
	return &http.Response{Status: http.StatusText(code), StatusCode: code, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: header, Body: body, ContentLength: -1, Request: r}
}

// whole is an answer in memory.
type whole struct {
	header http.Header
	code   int
	body   bytes.Buffer
}

// Header implements http.ResponseWriter.
func (w *whole) Header() http.Header { return w.header }

// WriteHeader implements http.ResponseWriter.
func (w *whole) WriteHeader(code int) {
	if w.code == 0 {
		w.code = code
	}
}

// Write implements http.ResponseWriter.
func (w *whole) Write(p []byte) (int, error) {
	w.WriteHeader(http.StatusOK)
	return w.body.Write(p)
}

// piped is an answer that is read while it is written.
type piped struct {
	whole
	pipe  *io.PipeWriter
	begun chan struct{}
	sent  http.Header
}

// WriteHeader implements http.ResponseWriter.
func (w *piped) WriteHeader(code int) {
	if w.code == 0 {
		w.code, w.sent = code, w.header.Clone()
		close(w.begun)
	}
}

// Write implements http.ResponseWriter.
func (w *piped) Write(p []byte) (int, error) {
	w.WriteHeader(http.StatusOK)
	return w.pipe.Write(p)
}

// Flush implements http.Flusher: a pipe holds nothing back.
func (w *piped) Flush() { w.WriteHeader(http.StatusOK) }
