// Package receipt keeps a log of who was sent sensitive data of whom, in which nobody can change or leave out a line unnoticed.
//
// One leaf is one answer to one viewer about one person: when, who, for which
// purpose, on which basis, in which case, and which fields. It is on the disk
// before the answer leaves ([Log.Append]); what cannot be kept is not sent.
// Leaves form a Merkle tree as of RFC 6962, its heads are signed as C2SP
// checkpoints, and witnesses sign that heads only ever grow. So a person can be
// given a proof of a read that anybody checks without us ([Proof.Check]), and an
// auditor finds whatever was altered in the database ([Log.Audit]).
//
// Leaves name nobody: people, accounts and cases are pseudonyms of the vault,
// which only this installation can make. To whom a leaf belongs is told to the
// person it is about ([Log.Reads]), with the delays of rules.yaml, and to nobody else.
package receipt

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
)

// Leaf is one read as the log keeps it.
type Leaf struct {
	At         time.Time // UTC, to the millisecond
	Answer     string    // number of the answer, the same for all whom it was about
	Viewer     string    // pseudonym of the account
	Kind       string    // of the viewer, as package access has it
	Department string    // code, of an officer
	Slice      string    // name, of a partner
	Division   string    // that the viewer serves, 12 digits
	Person     string    // pseudonym of whom it was about
	Case       string    // pseudonym of the case it was read under, if any
	Purpose    string    // code
	Basis      string    // code
	Article    string    // the law, in Chinese
	Fields     []string  // Type.field as the schema has them, sorted, each once
}

// version is the first line of every leaf. Another form gets another number, and
// leaves of this one stay readable.
const version = "vetgraph read receipt v1"

// stamp is how times are written.
const stamp = "2006-01-02T15:04:05.000Z"

// names are the lines of a leaf after the first, in their order.
var names = []string{"at", "answer", "viewer", "kind", "department", "slice", "division", "person", "case", "purpose", "basis", "article", "fields"}

// Bytes is the leaf as it is hashed: one line for each name, always in the same
// order, so that the same leaf is always the same bytes.
func (l Leaf) Bytes() []byte {
	b := l.before(make([]byte, 0, 512))
	b = line(line(b, 7, l.Person), 8, l.Case)
	return l.behind(b, strings.Join(l.Fields, " "))
}

// before writes the lines before the person, which are the same for all whom one
// answer is about.
func (l Leaf) before(b []byte) []byte {
	b = append(append(b, version...), '\n')
	for i, value := range []string{l.At.UTC().Format(stamp), l.Answer, l.Viewer, l.Kind, l.Department, l.Slice, l.Division} {
		b = line(b, i, value)
	}
	return b
}

// behind writes those behind the case.
func (l Leaf) behind(b []byte, fields string) []byte {
	return line(line(line(line(b, 9, l.Purpose), 10, l.Basis), 11, l.Article), 12, fields)
}

// line writes the line of a name by its place.
func line(b []byte, name int, value string) []byte {
	return append(append(append(append(b, names[name]...), ' '), oneLine(value)...), '\n')
}

// oneLine keeps a value from being read as two.
func oneLine(s string) string {
	if !strings.ContainsAny(s, "\r\n") {
		return s
	}
	return strings.Join(strings.FieldsFunc(s, func(r rune) bool { return r == '\r' || r == '\n' }), " ")
}

// Parse reads a leaf. It takes nothing that Bytes would not have written.
func Parse(body []byte) (Leaf, error) {
	lines := strings.Split(string(body), "\n")
	if len(lines) != len(names)+2 || lines[0] != version || lines[len(lines)-1] != "" {
		return Leaf{}, errors.New("it is no leaf of a form that is known here")
	}
	values := make([]string, len(names))
	for i, name := range names {
		value, ok := strings.CutPrefix(lines[i+1], name+" ")
		if !ok {
			return Leaf{}, fmt.Errorf("line %d of a leaf does not begin with %q", i+2, name)
		}
		values[i] = value
	}
	at, err := time.Parse(stamp, values[0])
	if err != nil {
		return Leaf{}, errors.New("the time of a leaf cannot be read")
	}
	l := Leaf{
		At: at, Answer: values[1], Viewer: values[2], Kind: values[3], Department: values[4], Slice: values[5], Division: values[6], Person: values[7],
		Case: values[8], Purpose: values[9], Basis: values[10], Article: values[11],
	}
	if values[12] != "" {
		l.Fields = strings.Split(values[12], " ")
	}
	if !slices.IsSorted(l.Fields) || !bytes.Equal(l.Bytes(), body) {
		return Leaf{}, errors.New("a leaf is not written as leaves are")
	}
	return l, nil
}
