package filedrop

import (
	"crypto/rand"
	"encoding/hex"
	"regexp"
	"time"
)

// What a file is, as its name says. Requests are named by what is asked.
const (
	deliver  = "deliver"
	status   = "status"
	withdraw = "withdraw"
	lookup   = "lookup"
	push     = "push"
	outcomes = "outcomes"

	slips    = "slips"    // answer to deliver and push
	messages = "messages" // answer to status and withdraw
	records  = "records"  // answer to lookup
	settled  = "settled"  // answer to outcomes
	refused  = "refused"  // no, for a reason
	busy     = "busy"     // not now
	failed   = "failed"   // its own failure
)

// The folders below a place, and what stands in each.
const (
	inFolder   = "in"   // we write: requests
	outFolder  = "out"  // they write: answers
	doneFolder = "done" // answers that were read, a folder for each day (UTC)
)

// stamp is the time in a name. Names sort by it, so that requests are answered
// in the order in which they were made.
const stamp = "20060102T150405.000000000Z"

var shape = regexp.MustCompile(`^([0-9]{8}T[0-9]{6}\.[0-9]{9}Z)-(deliver|status|withdraw|lookup|push|outcomes|slips|messages|records|settled|refused|busy|failed)-([0-9a-f]{24})-([0-9a-f]{32})\.(?:csv|txt)$`)

// title is the name of a file, taken apart. Files of other names are none of ours.
type title struct {
	name    string
	at      time.Time // by its writer's clock
	kind    string
	subject string // the same for the same question, keyed; tells nothing of a person
	request string // random, the request's, also in the name of its answer
}

func titled(at time.Time, kind, subject, request, extension string) title {
	at = at.UTC()
	return title{at.Format(stamp) + "-" + kind + "-" + subject + "-" + request + "." + extension, at, kind, subject, request}
}

func parseTitle(name string) (title, bool) {
	m := shape.FindStringSubmatch(name)
	if m == nil {
		return title{}, false
	}
	at, err := time.Parse(stamp, m[1])
	return title{name, at, m[2], m[3], m[4]}, err == nil
}

func (t title) isRequest() bool {
	return t.kind == deliver || t.kind == status || t.kind == withdraw || t.kind == lookup || t.kind == push || t.kind == outcomes
}

func newRequest() string {
	b := make([]byte, 16)
	_, _ = rand.Read(b) // never fails: crypto/rand ends the process instead
	return hex.EncodeToString(b)
}
