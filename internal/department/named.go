package department

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/vetgraph/vetgraph/internal/catalog"
	"github.com/vetgraph/vetgraph/internal/port/dbview"
	"github.com/vetgraph/vetgraph/internal/port/filedrop"
)

// The faults that every system meets sooner or later.
const (
	TimeOut            = "TIME_OUT"
	Reset              = "RESET"
	TooMany            = "TOO_MANY" // 429
	ServerError        = "SERVER_ERROR"
	Drip               = "DRIP"
	Garbage            = "GARBAGE"
	MixedEncoding      = "MIXED_ENCODING"
	Drift              = "DRIFT"
	Duplicate          = "DUPLICATE"
	OutOfOrder         = "OUT_OF_ORDER"
	EarlyResult        = "EARLY_RESULT"
	ForgedResult       = "FORGED_RESULT"
	HalfCommit         = "HALF_COMMIT"
	ExpiredCertificate = "EXPIRED_CERTIFICATE"
)

var named = map[string]Fault{
	TimeOut:            {Silent: true},
	Reset:              {Reset: true},
	TooMany:            {Busy: time.Second},
	ServerError:        {ErrorRate: 1},
	Drip:               {Drip: true},
	Garbage:            {Garbled: true},
	MixedEncoding:      {Mixed: true},
	Drift:              {Drift: true},
	Duplicate:          {Repeated: true, DuplicateCallbacks: true},
	OutOfOrder:         {Reordered: true, ShuffledCallbacks: true},
	EarlyResult:        {Odds: Odds{EarlyResult: 1}},
	ForgedResult:       {Forged: true},
	HalfCommit:         {HalfCommit: true},
	ExpiredCertificate: {Expired: true},
}

// FaultNames lists the faults that have a name, sorted.
func FaultNames() []string { return slices.Sorted(maps.Keys(named)) }

// Named is the fault of a name.
func Named(name string) (Fault, error) {
	f, ok := named[name]
	if !ok {
		return Fault{}, fmt.Errorf("no fault is called %q: one of %s", name, strings.Join(FaultNames(), ", "))
	}
	return f, nil
}

// Name is the name of a fault; "" of good behaviour, CUSTOM of what has none.
func (f Fault) Name() string {
	if f == (Fault{}) {
		return ""
	}
	for name, g := range named {
		if f == g {
			return name
		}
	}
	return "CUSTOM"
}

// seen is at which operations a fault shows, and why at no others.
var seen = map[string]struct {
	at  []string
	why string
}{
	TimeOut:            {everywhere, ""},
	Reset:              {everywhere, ""},
	Drip:               {everywhere, ""},
	Garbage:            {everywhere, ""},
	MixedEncoding:      {everywhere, ""},
	Drift:              {everywhere, ""},
	TooMany:            {called, "the department calls here and is not called"},
	ServerError:        {called, "the department calls here and is not called"},
	ExpiredCertificate: {called, "the department calls here and shows no certificate"},
	Duplicate:          {[]string{"SUBMIT", "CORRECTION", "WITHDRAW", "STATUS", "LOOKUP", "RESULT"}, "a receipt is given once, in answer to a delivery"},
	OutOfOrder:         {[]string{"STATUS", "LOOKUP", "RESULT"}, "one thing has no order"},
	EarlyResult:        {[]string{"RECEIPT", "RESULT"}, "it has to do with receipt and result alone"},
	ForgedResult:       {[]string{"RESULT"}, "here nobody is believed for having called"},
	HalfCommit:         {[]string{"SUBMIT", "CORRECTION", "WITHDRAW", "RESULT"}, "nothing is written here that could be half written"},
}

var (
	called     = []string{"SUBMIT", "CORRECTION", "WITHDRAW", "STATUS", "LOOKUP", "RECEIPT"}
	everywhere = append([]string{"RESULT"}, called...)
)

// silentKinds are kinds of port that are not calls, with the faults that they can have.
var silentKinds = map[string][]string{
	filedrop.Kind: {TimeOut, TooMany, ServerError, Garbage},
	dbview.Kind:   {TimeOut, ServerError, Garbage, Drift},
}

// Unseen says why a fault cannot show at a port; "" if it can.
func Unseen(name string, p *catalog.Port) (why string) {
	if can, ok := silentKinds[p.Kind]; ok && !slices.Contains(can, name) {
		return "a port of kind " + p.Kind + " has no such thing"
	}
	if s := seen[name]; !slices.Contains(s.at, p.Operation) {
		return s.why
	}
	return ""
}

// Play makes a department or a port misbehave as a name says, and behave where it is
// empty. What cannot be seen at a port is an error.
func (f *Fleet) Play(target, name string) error {
	if name == "" {
		return f.SetFault(target, Fault{})
	}
	fault, err := Named(name)
	if err != nil {
		return err
	}
	o, err := f.played(target)
	if err != nil {
		return err
	}
	if p := o.ports[target]; p != nil {
		if why := Unseen(name, p); why != "" {
			return fmt.Errorf("%s at %s: %s", name, target, why)
		}
	}
	return f.SetFault(target, fault)
}

// Played are the names of the faults that are set, by department code or port ID.
func (f *Fleet) Played() map[string]string {
	all := map[string]string{}
	for target, fault := range f.Faults() {
		all[target] = fault.Name()
	}
	return all
}
