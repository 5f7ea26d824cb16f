// Package messenger carries short messages to people's phones.
//
// A gateway may be slow, absent or lose an answer on the way; callers rely only on
// what messengertest checks of every kind. Numbers and texts are personal data:
// a [Message] does not print, format or marshal them, and no error of this
// package repeats them (个人信息保护法 art.51).
//
// Faults that a caller may meet:
//
//	Invalid     MESSAGE_UNDELIVERABLE   the number cannot be reached or the gateway will never take this: use another channel
//	Unavailable MESSAGE_GATEWAY_SILENT  no sensible answer; it may or may not have gone: send it again under the same ID
//	Conflict    MESSAGE_SENT_OTHERWISE  another message went under this ID
package messenger

import (
	"context"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/vetgraph/vetgraph/internal/fault"
)

// Gateway sends short messages. It is safe for concurrent use.
type Gateway interface {
	// Send hands one message to the gateway. The message's ID is the idempotency
	// key: the same message again returns the same receipt and reaches the person
	// once; another one under the same ID is a fault of kind Conflict. After a
	// fault of kind Unavailable the message may or may not have gone; send it again.
	Send(ctx context.Context, m Message) (Receipt, error)
}

// Message is a short message to one person.
type Message struct {
	ID   string `json:"id"` // of whoever asks for it; the same for every attempt
	To   string `json:"-"`  // mobile number, eleven digits; never for a log
	Text string `json:"-"`  // up to 500 characters, Chinese first; never for a log
}

// Format shows a message's ID and nothing else, whatever the verb.
func (m Message) Format(s fmt.State, _ rune) { _, _ = io.WriteString(s, "message "+m.ID) }

// Receipt is the gateway's word that it has taken a message, given after it has kept it.
type Receipt struct {
	ID         string
	Reference  string // the gateway's own, for asking it about the message
	AcceptedAt time.Time
}

const (
	maxID   = 100 // bytes
	maxText = 500 // characters: seven or eight parts of what one short message holds
)

var (
	identifier = regexp.MustCompile(`^[A-Za-z0-9_.:-]+$`)
	mobile     = regexp.MustCompile(`^1[3-9][0-9]{9}$`)
)

// Check says what is wrong with a message, without repeating its values. A number
// that is no mobile number is MESSAGE_UNDELIVERABLE, everything else a mistake of
// whoever made the message.
func (m Message) Check() error {
	switch {
	case len(m.ID) > maxID || !identifier.MatchString(m.ID):
		return errors.New("message: its ID is not an identifier")
	case strings.TrimSpace(m.Text) == "":
		return errors.New("message: without text")
	case !utf8.ValidString(m.Text):
		return errors.New("message: its text is not UTF-8")
	case utf8.RuneCountInString(m.Text) > maxText:
		return fmt.Errorf("message: longer than %d characters", maxText)
	case !mobile.MatchString(m.To):
		return Undeliverable().Because(errors.New("not a mobile number"))
	}
	return nil
}

// Undeliverable is the fault of a message that will not reach its number, however often it is sent.
func Undeliverable() *fault.Fault {
	return fault.New(fault.Invalid, "MESSAGE_UNDELIVERABLE",
		"短信无法送达该号码，请改用其他方式通知。", "No short message reaches this number; use another channel.")
}

// Silent is the fault of a gateway that does not answer sensibly; retryAt is zero
// if it does not say until when.
func Silent(retryAt time.Time) *fault.Fault {
	return fault.New(fault.Unavailable, "MESSAGE_GATEWAY_SILENT",
		"短信网关暂时没有回应，稍后会自动重试。", "The message gateway does not answer; we try again later.").From("", retryAt)
}

// SentOtherwise is the fault of an ID under which another message has gone.
func SentOtherwise() *fault.Fault {
	return fault.New(fault.Conflict, "MESSAGE_SENT_OTHERWISE",
		"该编号此前已发送过不同内容的短信。", "Another message was sent under this ID before.")
}
