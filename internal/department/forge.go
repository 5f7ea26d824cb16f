package department

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"time"

	"github.com/vetgraph/vetgraph/internal/port"
)

// carries is a callback's body on its way, as the line misbehaves.
func (f Fault) carries(body []byte) io.Reader {
	whole := bytes.NewReader(body)
	switch {
	case f.Reset:
		return io.MultiReader(io.LimitReader(whole, int64(len(body)/2)), broken{})
	case f.Drip:
		return dripping{whole}
	}
	return whole
}

// broken is where a line ends too soon.
type broken struct{}

func (broken) Read([]byte) (int, error) { return 0, errors.New("the line broke") }

// dripping gives byte by byte.
type dripping struct{ io.Reader }

func (d dripping) Read(b []byte) (int, error) {
	time.Sleep(dripEvery)
	return d.Reader.Read(b[:min(1, len(b))])
}

// forge tells lies about an item in the department's name, as somebody does who has
// seen its callbacks and not its secret: that the contrary was decided. What is
// believed of it is counted.
func (o *office) forge(l letter) {
	var m port.Message
	if json.Unmarshal(l.body, &m) != nil {
		return
	}
	m.Sequence += 100
	if m.State = port.Rejected; m.DecidedAt.IsZero() {
		m.DecidedAt = o.now()
	}
	m.Number, m.Outputs = "", nil
	lie, err := json.Marshal(m)
	if err != nil {
		return
	}
	secret := []byte(o.secrets.Callback)
	for _, forged := range []struct {
		signature string
		body      []byte
	}{
		{"", lie},
		{port.SignCallback([]byte(randomText()), lie, o.now()), lie},
		{port.SignCallback(secret, l.body, o.now()), lie},                                   // a true signature of something else
		{port.SignCallback(secret, l.body, o.now().Add(-2*port.CallbackTolerance)), l.body}, // an old one, played again
		{port.SignCallback(secret, append(bytes.Clone(l.body), ' '), o.now()), l.body},      // a little more than was signed
	} {
		status, err := o.post(l.url, forged.signature, bytes.NewReader(forged.body))
		o.counts.add("FORGED", 1)
		if err == nil && status < 300 {
			o.counts.add("FORGERY_TAKEN", 1)
		}
	}
}
