// Package fault names the ways a request can fail.
//
// A [Fault] is what a caller may be told. Anything else that reaches the edge is
// reported as [Internal] and its text goes to the log, never to the client.
package fault

import (
	"errors"
	"fmt"
	"time"
)

// Kind is the class of a fault; it decides the GraphQL code and the log level.
type Kind int

// The kinds, a closed list. resolvers/errors.go maps each to its GraphQL code.
const (
	Internal    Kind = iota // our bug or a broken machine
	Invalid                 // the input can never succeed as written
	SignedOut               // nobody is signed in
	Denied                  // somebody is, and may not
	NotFound                // no such thing, or none the viewer may know of
	Conflict                // true once, not in the present state
	Unavailable             // a department or a store does not answer; try later
	TooLarge                // over a limit of depth, cost or size
	TooMany                 // over a limit of requests in a time; try later
)

// Fault is an error fit for the person who caused it.
type Fault struct {
	Kind       Kind
	Reason     string // stable, e.g. "CASE_NOT_FOUND"; clients switch on it
	Text       string // for people, Chinese
	TextEn     string // for people, English
	Field      []string
	Department string    // code of the department concerned, if one is
	RetryAt    time.Time // when trying again makes sense, if it does
	err        error     // for the log
}

func (f *Fault) Error() string {
	if f.err != nil {
		return f.Reason + ": " + f.err.Error()
	}
	return f.Reason + ": " + f.TextEn
}

func (f *Fault) Unwrap() error { return f.err }

// New makes a fault. zh and en are the words for people; they carry no personal data.
func New(k Kind, reason, zh, en string) *Fault {
	return &Fault{Kind: k, Reason: reason, Text: zh, TextEn: en}
}

// Newf is New with one list of arguments formatted into both texts.
func Newf(k Kind, reason, zh, en string, args ...any) *Fault {
	return New(k, reason, fmt.Sprintf(zh, args...), fmt.Sprintf(en, args...))
}

// Because records the cause, for the log.
func (f *Fault) Because(err error) *Fault { g := *f; g.err = err; return &g }

// At records which input is to blame, as a path.
func (f *Fault) At(path ...string) *Fault { g := *f; g.Field = path; return &g }

// From records the department concerned and when to try again (zero: unknown).
func (f *Fault) From(department string, retryAt time.Time) *Fault {
	g := *f
	g.Department, g.RetryAt = department, retryAt
	return &g
}

// Of finds the fault within err, or calls it Internal.
func Of(err error) *Fault {
	if f := new(Fault); errors.As(err, &f) {
		return f
	}
	return &Fault{Kind: Internal, Reason: "INTERNAL", Text: "系统出错了，不是您的问题；我们已记录。", TextEn: "Something broke on our side.", err: err}
}
