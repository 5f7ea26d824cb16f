package identity

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/vetgraph/vetgraph/ent/gen/identitycheck"
	"github.com/vetgraph/vetgraph/internal/access"
	"github.com/vetgraph/vetgraph/internal/fault"
	"github.com/vetgraph/vetgraph/internal/port"
)

// saying is what the police say of a check.
type saying struct {
	state, page, reference, level string
	until                         time.Time
}

// ask asks about a check, and begins it the first time. Its ID goes along as the
// reference of the question, so that asking again begins no other.
func (d *Desk) ask(ctx context.Context, veteranID, id, lookup string) (saying, error) {
	p := d.Catalog().Port(lookup)
	if p == nil {
		return saying{}, fault.New(fault.Unavailable, "IDENTITY_CHECK_NOT_OFFERED", "目前不提供在线身份核验，请到窗口办理。", "Identity checks are not offered online at present; please go to a window.")
	}
	v, err := d.Profile.Get(access.AsMachine(ctx, machine), veteranID)
	if err != nil {
		return saying{}, err
	}
	number, err := d.Profile.Number(v)
	if err != nil {
		return saying{}, err
	}
	records, err := d.Departments.Get(p.Department).Lookup(ctx, []port.Question{{Ref: id, CitizenNumber: number, Lookups: []string{lookup}}})
	if err != nil {
		return saying{}, fmt.Errorf("identity check at %s: %w", p.Department, err)
	}
	if !records[0].Known {
		return saying{}, fault.New(fault.Conflict, "IDENTITY_UNKNOWN", "公安人口库没有您的信息，无法在线核验，请到窗口办理。", "The police do not know you by this number, so this cannot be checked online; please go to a window.")
	}
	s := saying{}
	for fact, to := range map[string]*string{factState: &s.state, factPage: &s.page, factReference: &s.reference, factLevel: &s.level} {
		*to, _ = records[0].Facts[fact].(string)
	}
	until, _ := records[0].Facts[factUntil].(string)
	s.until, _ = time.Parse(time.RFC3339, until)
	if identitycheck.StateValidator(identitycheck.State(s.state)) != nil || s.reference == "" || len(s.reference) > 80 {
		return saying{}, d.garbled(errors.New("no state or number"))
	}
	if s.state == string(identitycheck.StatePASSED) && d.InForce().rank(s.level) < 0 {
		return saying{}, d.garbled(errors.New("a level that nobody has agreed on"))
	}
	return s, nil
}

func (d *Desk) garbled(why error) error {
	code := ""
	if p := d.Catalog().Port(d.InForce().Check.Lookup); p != nil {
		code = p.Department
	}
	return port.Garbled(code).Because(why)
}
