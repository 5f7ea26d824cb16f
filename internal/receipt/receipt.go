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
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/vetgraph/vetgraph/internal/vault"
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
	var b bytes.Buffer
	_, _ = fmt.Fprintln(&b, version)
	for i, value := range []string{
		l.At.UTC().Format(stamp), l.Answer, l.Viewer, l.Kind, l.Department, l.Slice, l.Division, l.Person, l.Case, l.Purpose, l.Basis, l.Article, strings.Join(l.Fields, " "),
	} {
		_, _ = fmt.Fprintf(&b, "%s %s\n", names[i], oneLine(value))
	}
	return b.Bytes()
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

// pseudonymSize is how many bytes of a blind index a pseudonym keeps: enough that
// no two are alike, and no more than is needed.
const pseudonymSize = 16

// pseudonym stands for an ID in the log. Each sort of thing has its own, so that
// an account cannot be compared with a person.
func pseudonym(v *vault.Vault, sort, id string) []byte {
	return v.Index(id, "receipt/"+sort)[:pseudonymSize]
}

// written is a pseudonym as leaves have it, "" for no ID.
func written(v *vault.Vault, sort, id string) string {
	if id == "" {
		return ""
	}
	return hex.EncodeToString(pseudonym(v, sort, id))
}
