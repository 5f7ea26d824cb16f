package port

import (
	"fmt"
	"time"

	"github.com/vetgraph/vetgraph/internal/fault"
)

// Silent is the fault of a department that cannot be reached or does not answer in time.
func Silent(department string) *fault.Fault {
	return fault.New(fault.Unavailable, "DEPARTMENT_SILENT",
		"部门系统暂时没有回应，稍后会自动重试。", "The department's system does not answer; we try again later.").From(department, time.Time{})
}

// Busy is the fault of a department that asks for patience; retryAt is zero if it does not say until when.
func Busy(department string, retryAt time.Time) *fault.Fault {
	return fault.New(fault.Unavailable, "DEPARTMENT_BUSY",
		"部门系统繁忙，稍后会自动重试。", "The department's system is busy; we try again later.").From(department, retryAt)
}

// Failed is the fault of a department that answers with its own failure.
func Failed(department string) *fault.Fault {
	return fault.New(fault.Unavailable, "DEPARTMENT_FAILED",
		"部门系统出现故障，稍后会自动重试。", "The department's system has failed; we try again later.").From(department, time.Time{})
}

// Garbled is the fault of a department whose answer cannot be understood.
func Garbled(department string) *fault.Fault {
	return fault.New(fault.Unavailable, "DEPARTMENT_GARBLED",
		"部门系统的回应无法识别，稍后会自动重试。", "The department's answer cannot be understood; we try again later.").From(department, time.Time{})
}

// Refused is the fault of content that the department will never take as written.
func Refused(department string) *fault.Fault {
	return fault.New(fault.Invalid, "DEPARTMENT_REFUSED",
		"部门系统不接受所报内容，需要更正。", "The department does not take this as written.").From(department, time.Time{})
}

// DeliveredOtherwise is the fault of an item that was delivered before with another content.
func DeliveredOtherwise(department string) *fault.Fault {
	return fault.New(fault.Conflict, "ITEM_DELIVERED_OTHERWISE",
		"该事项此前已以不同内容送达部门。", "This item was delivered before with another content.").From(department, time.Time{})
}

// TooLate is the fault of withdrawing an item that is decided.
func TooLate(department string) *fault.Fault {
	return fault.New(fault.Conflict, "ITEM_DECIDED",
		"部门已作出决定，不能撤回。", "The department has decided; it is too late to withdraw.").From(department, time.Time{})
}

// UnknownItem is the fault of an item that the department has never seen.
func UnknownItem(department string) *fault.Fault {
	return fault.New(fault.NotFound, "ITEM_UNKNOWN",
		"部门系统中没有该事项。", "The department has no such item.").From(department, time.Time{})
}

// HTTPStatus is the cause of a fault where a system answered with a status that says
// more than its body.
type HTTPStatus int

// Error implements error.
func (s HTTPStatus) Error() string { return fmt.Sprintf("status %d", int(s)) }
