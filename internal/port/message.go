package port

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"
	"unicode/utf8"

	"github.com/vetgraph/vetgraph/internal/fault"
)

// MaxCallback is the most bytes that a callback may have, also where each of its
// parts is within bounds; what is longer is heard by asking.
const MaxCallback = 64 << 10

// Bounds of a message; far above what a department has to say.
const (
	maxID      = 100  // bytes
	maxNumber  = 100  // characters
	maxWords   = 2000 // characters
	maxOutputs = 64
	maxFaults  = 64
	maxWhy     = 300 // characters
)

// Message is what a department says of an item, in its own names: the body of a
// callback, and one element of an answer to Status.
type Message struct {
	Item      string         `json:"item"`
	Matter    string         `json:"matter"`
	State     State          `json:"state"`
	Number    string         `json:"number,omitempty"`
	Words     string         `json:"words,omitempty"`
	Outputs   map[string]any `json:"outputs,omitempty"` // by the department's names; numbers are json.Number after decoding
	Faults    []Defect       `json:"faults,omitempty"`  // of a return; fields by the department's names
	DecidedAt time.Time      `json:"decidedAt,omitzero"`
	DueAt     time.Time      `json:"dueAt,omitzero"`
	Sequence  int64          `json:"sequence"`
}

// DecodeCallback reads the body of a callback whose signature has been verified.
// Unknown keys are let pass, so that a department may add some; everything else
// that is out of its bounds is a fault of kind Invalid, CALLBACK_MALFORMED.
func DecodeCallback(body []byte) (Message, error) {
	var m Message
	err := errors.New("too large")
	if len(body) <= MaxCallback {
		err = DecodeJSON(body, &m)
	}
	if err == nil {
		err = m.Check()
	}
	if err != nil {
		return Message{}, fault.New(fault.Invalid, "CALLBACK_MALFORMED",
			"回调内容不符合约定。", "The callback is not as agreed.").Because(err)
	}
	return m, nil
}

// Check says what is wrong with a message, without repeating its values.
func (m Message) Check() error {
	switch {
	case !wellFormedID(m.Item):
		return errors.New("item: not an identifier")
	case !wellFormedID(m.Matter):
		return errors.New("matter: not an identifier")
	case !m.State.Known():
		return errors.New("state: not one of the list")
	case m.Sequence < 1:
		return errors.New("sequence: not positive")
	case utf8.RuneCountInString(m.Number) > maxNumber:
		return errors.New("number: too long")
	case utf8.RuneCountInString(m.Words) > maxWords:
		return errors.New("words: too long")
	case len(m.Outputs) > maxOutputs:
		return errors.New("outputs: too many")
	case len(m.Faults) > maxFaults:
		return errors.New("faults: too many")
	case m.DecidedAt.IsZero() && (m.State.Decided() || m.State == Returned):
		return errors.New("decidedAt: missing from a decision")
	}
	for i, d := range m.Faults {
		if err := d.Check(); err != nil {
			return fmt.Errorf("faults: number %d: %w", i+1, err)
		}
	}
	return nil
}

// DecodeJSON reads exactly one JSON value in valid UTF-8. Unknown keys are let
// pass, wrong types are not. Its errors say where and never what: the text may
// hold personal data.
func DecodeJSON(text []byte, into any) error {
	if !utf8.Valid(text) {
		return errors.New("not UTF-8")
	}
	dec := json.NewDecoder(bytes.NewReader(text))
	dec.UseNumber()
	if err := dec.Decode(into); err != nil {
		var typ *json.UnmarshalTypeError
		if errors.As(err, &typ) {
			return fmt.Errorf("wrong type at byte %d", typ.Offset)
		}
		return fmt.Errorf("not the agreed JSON before byte %d", dec.InputOffset())
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return errors.New("more than one JSON value")
	}
	return nil
}

// wellFormedID accepts 1 to 100 letters, digits and "-_.:", which are safe in addresses and logs.
func wellFormedID(s string) bool {
	if s == "" || len(s) > maxID {
		return false
	}
	for _, c := range []byte(s) {
		switch {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9':
		case c == '-', c == '_', c == '.', c == ':':
		default:
			return false
		}
	}
	return s != "." && s != ".."
}
