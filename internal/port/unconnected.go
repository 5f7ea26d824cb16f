package port

import (
	"context"
	"time"

	"github.com/vetgraph/vetgraph/internal/catalog"
	"github.com/vetgraph/vetgraph/internal/fault"
)

// unconnected stands where a department's system has no address yet.
type unconnected struct{ code string }

func (u unconnected) fault() error {
	return fault.New(fault.Unavailable, "DEPARTMENT_NOT_CONNECTED",
		"该部门系统尚未接入。", "This department's system is not connected yet.").From(u.code, time.Time{})
}

func (u unconnected) Deliver(context.Context, Delivery) (Receipt, error)   { return Receipt{}, u.fault() }
func (u unconnected) Status(context.Context, []string) ([]Answer, error)   { return nil, u.fault() }
func (u unconnected) Withdraw(context.Context, string) (Answer, error)     { return Answer{}, u.fault() }
func (u unconnected) Lookup(context.Context, []Question) ([]Record, error) { return nil, u.fault() }

// notYet is the line of a port that has no address yet.
type notYet struct{ code string }

func (n notYet) Deliver(context.Context, *catalog.Port, Item) (Slip, error) {
	return Slip{}, unconnected(n).fault()
}

func (n notYet) Status(context.Context, *catalog.Port, []string) ([]Message, error) {
	return nil, unconnected(n).fault()
}

func (n notYet) Withdraw(context.Context, *catalog.Port, string) (Message, error) {
	return Message{}, unconnected(n).fault()
}

func (n notYet) Lookup(context.Context, *catalog.Port, []Person) ([]Found, error) {
	return nil, unconnected(n).fault()
}
