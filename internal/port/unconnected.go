package port

import (
	"context"
	"time"

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
