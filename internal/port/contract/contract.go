// Package contract checks a department's system against what the hub relies on, from outside and without harm.
//
// It is what a department runs before it joins, against a system of its own for
// tests: every port is called as the hub would call it, with invented people, and
// what comes back is judged. Nothing is decided and nothing is left open: what was
// handed over is withdrawn at the end. It proves less than porttest, which can
// make its counterpart fail; what it finds wrong is wrong for certain.
package contract

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/vetgraph/vetgraph/internal/catalog"
	"github.com/vetgraph/vetgraph/internal/citizen"
	"github.com/vetgraph/vetgraph/internal/fault"
	"github.com/vetgraph/vetgraph/internal/port"
	"github.com/vetgraph/vetgraph/internal/words"
)

// Options say what to check with.
type Options struct {
	Run      string           // part of the items' IDs, so that each run hands over new ones
	Known    []citizen.Number // people in the department's registers, if any are told: at least one
	Unknown  citizen.Number   // somebody who is not
	Callback string           // where results may be sent; nothing listens there

	// Payments are the PUSH ports of the department; nil if it has none.
	Payments Payments

	// Described is, by port, how the system's own description of itself (a WSDL, the
	// columns of a view) differs from the catalogue; nil: not at all. Ports left out
	// have no such description.
	Described map[string]error
}

// Payments is how payments are pushed and asked after, by port: port.Registry.
type Payments interface {
	Push(ctx context.Context, portID string, b port.Batch) (port.Receipt, error)
	Outcomes(ctx context.Context, portID string, lines []string) (map[string]port.Outcome, error)
}

// Finding is one thing that was checked.
type Finding struct {
	Port string // ID
	What words.Text
	Err  error // nil: as it should be; without what was sent or answered
}

// checker checks one department.
type checker struct {
	catalog *catalog.Catalog
	system  port.Department
	options Options
	found   []Finding
}

// Check calls every port of a department that the hub calls. Findings come in the
// order of the checks; the context bounds them all.
func Check(ctx context.Context, c *catalog.Catalog, code string, system port.Department, o Options) []Finding {
	k := &checker{catalog: c, system: system, options: o}
	for _, p := range c.Ports {
		if p.Department != code {
			continue
		}
		if err, has := o.Described[p.ID]; has {
			k.note(p, "系统自己的接口描述与目录一致", "the system describes itself as the catalogue has it", err)
		}
		switch p.Operation {
		case "SUBMIT":
			k.life(ctx, p)
		case "LOOKUP":
			k.lookup(ctx, p)
		case "PUSH":
			k.payment(ctx, p)
		}
	}
	return k.found
}

func (k *checker) note(p *catalog.Port, zh, en string, err error) bool {
	k.found = append(k.found, Finding{p.ID, words.Text{Zh: zh, En: en}, err})
	return err == nil
}

// life takes an invented item of one matter from delivery to withdrawal.
func (k *checker) life(ctx context.Context, p *catalog.Port) {
	d := Sample(k.catalog, p.Matter, "check-"+k.options.Run+"-"+p.Matter)
	d.Applicant, d.Callback = k.options.Unknown, k.options.Callback
	if len(k.options.Known) > 0 {
		d.Applicant = k.options.Known[0]
	}
	first, err := k.system.Deliver(ctx, d)
	if !k.note(p, "交办一件并得到受理回执", "an item is taken and receipted", err) {
		return
	}
	again, err := k.system.Deliver(ctx, d)
	if err == nil && again != first {
		err = errors.New("another receipt than the first time")
	}
	k.note(p, "重复交办得到同一回执", "delivered again, the same receipt", err)
	other := d
	other.Answers = maps.Clone(d.Answers)
	for _, field := range slices.Sorted(maps.Keys(other.Answers)) {
		if text, is := other.Answers[field].(string); is && k.plain(field) {
			other.Answers[field] = text + "二"
			_, err = k.system.Deliver(ctx, other)
			k.note(p, "同一件不同内容被拒绝", "delivered with another content, a conflict", wants(err, "ITEM_DELIVERED_OTHERWISE"))
			break
		}
	}
	k.status(ctx, p, d.ItemID)
	a, err := k.system.Withdraw(ctx, d.ItemID)
	if err == nil && a.State != port.Withdrawn {
		err = fmt.Errorf("it is %s after it was withdrawn", port.Clean(string(a.State)))
	}
	if fault.Of(err).Reason == "ITEM_DECIDED" && err != nil {
		err = nil // a system that decides within a second may have done so
	}
	if k.note(p, "撤回一件", "the item is withdrawn", err) && a.State == port.Withdrawn {
		b, err := k.system.Withdraw(ctx, d.ItemID)
		if err == nil && b.State != port.Withdrawn {
			err = errors.New("no longer withdrawn")
		}
		k.note(p, "重复撤回无妨", "withdrawn again, the same answer", err)
	}
	_, err = k.system.Withdraw(ctx, d.ItemID+"-never")
	k.note(p, "撤回从未交办的件得到“没有该事项”", "an item never delivered is unknown to a withdrawal", wants(err, "ITEM_UNKNOWN"))
}

// status asks after the item between two that nobody knows.
func (k *checker) status(ctx context.Context, p *catalog.Port, id string) {
	answers, err := k.system.Status(ctx, []string{id + "-before", id, id + "-after"})
	switch {
	case err != nil:
	case answers[0].State != "" || answers[2].State != "":
		err = errors.New("it claims to know an item that was never delivered")
	case !answers[1].State.Known():
		err = errors.New("it does not know the item that it has receipted")
	case answers[1].Matter != p.Matter:
		err = errors.New("the item is of another matter now")
	}
	k.note(p, "查询进度，不认识的件留空", "status tells of the item and leaves gaps for others", err)
}

// lookup asks about everybody in one question; through a port where asking begins
// something, only about somebody who does not exist.
func (k *checker) lookup(ctx context.Context, p *catalog.Port) {
	questions := []port.Question{{Ref: "nobody", CitizenNumber: k.options.Unknown, Lookups: []string{p.ID}}}
	known := k.options.Known
	if p.OnDemand {
		known = nil
	}
	for i, n := range known {
		questions = append(questions, port.Question{Ref: fmt.Sprint("person-", i), CitizenNumber: n, Lookups: []string{p.ID}})
	}
	begin := time.Now()
	records, err := k.system.Lookup(ctx, questions)
	if !k.note(p, "一次查询多人，次序不乱、类型与代码相符", "several persons in one question, in order, of the right types and codes", err) {
		return
	}
	err = nil
	if records[0].Known {
		err = errors.New("it claims to know somebody invented")
	}
	k.note(p, "查无此人如实告知", "somebody unknown is told as such", err)
	for _, r := range records[1:] {
		switch {
		case !r.Known:
			err = errors.New("a person said to be in the registers is not known")
		case r.AsOf.After(begin.Add(5 * time.Minute)):
			err = errors.New("its answer is dated in the future")
		}
	}
	if len(records) > 1 {
		k.note(p, "登记在册的人查得到，截至时间可信", "a person in the registers is known, as of a time that can be", err)
	}
}

// plain says whether a field is free text: another one is still well formed.
func (k *checker) plain(field string) bool {
	f := k.catalog.Field(field)
	return f != nil && f.Type == "string" && f.Codes == ""
}

// wants gives nil if an error is the fault with a reason.
func wants(err error, reason string) error {
	if err == nil {
		return fmt.Errorf("no error, want %s", reason)
	}
	if got := fault.Of(err).Reason; got != reason {
		return fmt.Errorf("%s, want %s", got, reason)
	}
	return nil
}

// Sample is an invented delivery with every field that a matter sends.
func Sample(c *catalog.Catalog, matter, itemID string) port.Delivery {
	d := port.Delivery{ItemID: itemID, CaseNumber: "check-" + itemID, Matter: matter, Answers: map[string]any{}}
	if m := c.Matter(matter); m != nil {
		for _, id := range m.Asks {
			if f := c.Field(id); f != nil && !f.OnSite {
				d.Answers[id] = sample(c, f)
			}
		}
	}
	return d
}

// sample is something that a field may hold.
func sample(c *catalog.Catalog, f *catalog.Field) any {
	code := "1"
	if list := c.Codes[f.Codes]; list != nil && len(list.Items) > 0 {
		code = list.Items[0].Code
	}
	switch f.Type {
	case "bool":
		return true
	case "int":
		return int64(24)
	case "decimal", "money":
		return 4500.5
	case "date":
		return "2026-09-01"
	case "list":
		return []string{code}
	case "code":
		return code
	}
	return "示例"
}
