package model

import (
	"time"

	"github.com/vetgraph/vetgraph/internal/words"
)

// ReadReceiptConnection is a page of read receipts.
type ReadReceiptConnection struct {
	Nodes    []*ReadReceipt
	PageInfo *PageInfo
}

// ReadReceipt is one read of a person's sensitive data.
type ReadReceipt struct {
	ID         string
	At         time.Time
	Reader     *ReadReceiptReader
	Purpose    *ReadReceiptCode
	Basis      *ReadReceiptCode
	Article    *string
	Fields     []*ReadReceiptField
	CaseNumber *string
	Proof      string // path of the address
}

// ReadReceiptReader is who read.
type ReadReceiptReader struct {
	Kind           string
	Name           words.Text
	DepartmentCode string // empty: none, or masked
	DivisionCode   string // empty: none, or masked
	Slice          *string
	Masked         bool
	Self           bool
}

// ReadReceiptCode is a code and its name.
type ReadReceiptCode struct {
	Code string
	Name words.Text
}

// ReadReceiptField is a field that was read.
type ReadReceiptField struct {
	Coordinate string
	Name       words.Text
}
