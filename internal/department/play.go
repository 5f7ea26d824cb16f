package department

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"time"

	"golang.org/x/text/encoding/simplifiedchinese"

	"github.com/vetgraph/vetgraph/internal/catalog"
)

// errSpoilt is of a call that is not carried out: what is answered instead is played
// at the door.
var errSpoilt = errors.New("the department misbehaves")

// call is one call over HTTP, of which it shows inside at which port it is made.
type call struct {
	fault  Fault
	failed bool // what the fault's ErrorRate came to
	late   bool // it was carried out before it went wrong
}

type callKey struct{}

// around counts a call, and misbehaves as is set: before it is carried out, or with
// the answer to it.
func (o *office) around(operation string, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		o.counts.add(operation, 1)
		if o.trouble.get() == (Fault{}) && len(o.trouble.ports()) == 0 {
			next.ServeHTTP(w, r)
			return
		}
		c := &call{}
		answer := &kept{header: http.Header{}, status: http.StatusOK}
		next.ServeHTTP(answer, r.WithContext(context.WithValue(r.Context(), callKey{}, c)))
		if !c.play(w, r, answer) {
			answer.send(w)
		}
	})
}

// meets takes a call past the fault of its port: it waits if that is slow, and fails
// with errSpoilt if nothing is to be done.
func (o *office) meets(ctx context.Context, ports ...*catalog.Port) (Fault, error) {
	c, ok := ctx.Value(callKey{}).(*call)
	if !ok {
		return Fault{}, nil // not over HTTP: see [office.manner]
	}
	c.fault = o.trouble.of(ports...)
	if c.failed = o.trouble.fails(c.fault.ErrorRate); c.fault.refuses(c.failed) {
		return c.fault, errSpoilt
	}
	if c.fault.Slow > 0 {
		select {
		case <-time.After(c.fault.Slow):
		case <-ctx.Done():
			return c.fault, ctx.Err()
		}
	}
	return c.fault, nil
}

// spoils lets the answer to a call that was carried out meet the fault of another port.
func (o *office) spoils(ctx context.Context, p *catalog.Port) {
	c, ok := ctx.Value(callKey{}).(*call)
	if f, own := o.trouble.among(p); ok && own {
		c.fault, c.late = f, true
		c.failed = o.trouble.fails(f.ErrorRate)
	}
}

// play answers as the fault has it; false leaves it to the true answer.
func (c *call) play(w http.ResponseWriter, r *http.Request, answer *kept) bool {
	f := c.fault
	like := func() { w.Header().Set("Content-Type", r.Header.Get("Accept")) }
	switch {
	case f.Silent:
		_, _ = io.Copy(io.Discard, r.Body) // only then does the server notice that the caller hangs up
		<-r.Context().Done()
	case f.Reset, f.LoseAnswer:
		breakOff(w)
	case f.Busy > 0:
		w.Header().Set("Retry-After", strconv.Itoa(int((f.Busy+time.Second-1)/time.Second)))
		w.WriteHeader(http.StatusTooManyRequests)
	case c.failed, f.HalfCommit:
		w.WriteHeader(http.StatusInternalServerError)
	case f.Garbled:
		like()
		_, _ = io.WriteString(w, `{"item": "`)
	case f.Oversized:
		like()
		flood := []byte(strings.Repeat(" ", 1<<20))
		for range 64 {
			if _, err := w.Write(flood); err != nil {
				break
			}
		}
	case f.Drip:
		answer.drip(w, r)
	case f.Mixed:
		answer.body = *bytes.NewBuffer(mixed(answer.body.Bytes()))
		return false
	case f.Drift:
		answer.body = *bytes.NewBuffer(drifted(answer.body.Bytes()))
		return false
	default:
		return false
	}
	return true
}

// breakOff ends a connection as a machine does that falls over.
func breakOff(w http.ResponseWriter) {
	if conn, _, err := http.NewResponseController(w).Hijack(); err == nil {
		if tcp, ok := conn.(*net.TCPConn); ok {
			_ = tcp.SetLinger(0) // a reset, no farewell
		}
		_ = conn.Close()
		return
	}
	panic(http.ErrAbortHandler)
}

// gbk is in another encoding than all around it.
func gbk() string {
	text, _ := simplifiedchinese.GBK.NewEncoder().String("备注：系统切换中") // all of it has a code there
	return text
}

// mixed puts a text of another encoding into an answer, where a careful system has none.
func mixed(body []byte) []byte {
	text := string(body)
	if rest, ok := strings.CutPrefix(strings.TrimSpace(text), "{"); ok {
		return []byte(`{"BZ":"` + gbk() + `",` + rest)
	}
	if i := strings.LastIndex(text, "</"); i >= 0 {
		return []byte(text[:i] + "<!-- " + gbk() + " -->" + text[i:])
	}
	return []byte(gbk() + text)
}

var (
	jsonName = regexp.MustCompile(`"([A-Za-z]+)":`)
	xmlName  = regexp.MustCompile(`<(/?)((?:[\w-]+:)?)([\w-]+)`)
)

// drifted gives everything in an answer another name than agreed, as a new release does.
func drifted(body []byte) []byte {
	if bytes.HasPrefix(bytes.TrimSpace(body), []byte("{")) {
		return jsonName.ReplaceAll(body, []byte(`"${1}V2":`))
	}
	return xmlName.ReplaceAllFunc(body, func(tag []byte) []byte {
		switch m := xmlName.FindSubmatch(tag); string(m[3]) {
		case "Envelope", "Header", "Body":
			return tag
		}
		return append(bytes.Clone(tag), "V2"...)
	})
}

// kept is an answer that is not sent yet.
type kept struct {
	header http.Header
	status int
	body   bytes.Buffer
}

func (k *kept) Header() http.Header         { return k.header }
func (k *kept) Write(b []byte) (int, error) { return k.body.Write(b) }
func (k *kept) WriteHeader(status int)      { k.status = status }

func (k *kept) send(w http.ResponseWriter) {
	k.head(w)
	_, _ = w.Write(k.body.Bytes())
}

func (k *kept) head(w http.ResponseWriter) {
	for name, values := range k.header {
		w.Header()[name] = values
	}
	w.Header().Del("Content-Length")
	w.WriteHeader(k.status)
}

// dripEvery is how long a byte takes.
const dripEvery = 100 * time.Millisecond

func (k *kept) drip(w http.ResponseWriter, r *http.Request) {
	k.head(w)
	for _, b := range k.body.Bytes() {
		if _, err := w.Write([]byte{b}); err != nil {
			return
		}
		_ = http.NewResponseController(w).Flush()
		select {
		case <-time.After(dripEvery):
		case <-r.Context().Done():
			return
		}
	}
}

// nowhere is where an answer goes that is lost.
type nowhere struct{ header http.Header }

func (n nowhere) Header() http.Header         { return n.header }
func (n nowhere) Write(b []byte) (int, error) { return len(b), nil }
func (n nowhere) WriteHeader(int)             {}
