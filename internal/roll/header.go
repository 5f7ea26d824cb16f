package roll

import (
	"fmt"
	"strings"

	"github.com/vetgraph/vetgraph/internal/fault"
)

// header says which column stands where.
type header struct {
	columns []*column // by place; nil for an empty one at the end
	has     map[string]bool
}

// readHeader reads the first line that is not blank. The order of columns is
// free; which they are is not. What stands there is not repeated in faults: a
// file without headers begins with a person.
func readHeader(in *lines) (*header, error) {
	l, err := in.next()
	for err == nil && l.blank() {
		l, err = in.next()
	}
	if err != nil || l.fault != "" {
		return nil, fault.New(fault.Invalid, "ROLL_EMPTY", "名册是空的，或第一行无法读取。", "The roll is empty, or its first line cannot be read.")
	}
	h := &header{has: map[string]bool{}}
	var unknown, twice []string
	for i, cell := range l.cells {
		name := plain(strings.TrimPrefix(cell, "\ufeff"))
		c := byHeader[name]
		h.columns = append(h.columns, c)
		switch {
		case c == nil && name != "":
			unknown = append(unknown, fmt.Sprint(i+1))
		case c != nil && h.has[c.header]:
			twice = append(twice, c.header)
		case c != nil:
			h.has[c.header] = true
		}
	}
	return h, h.faults(unknown, twice)
}

func (h *header) faults(unknown, twice []string) error {
	var missing []string
	for _, c := range columns {
		if c.required && !h.has[c.header] {
			missing = append(missing, c.header)
		}
	}
	known := strings.Join(Headers(), "、")
	switch {
	case len(unknown) > 0:
		return fault.New(fault.Invalid, "ROLL_HEADER_UNKNOWN",
			"第 "+strings.Join(unknown, "、")+" 列的表头不认识。可用的表头:"+known+"。",
			"The headers of columns "+strings.Join(unknown, ", ")+" are not known. Known are: "+known+".")
	case len(twice) > 0:
		return fault.New(fault.Invalid, "ROLL_HEADER_REPEATED",
			"表头重复:"+strings.Join(twice, "、")+"。", "These headers stand there twice: "+strings.Join(twice, ", ")+".")
	case len(missing) > 0:
		return fault.New(fault.Invalid, "ROLL_HEADER_MISSING",
			"缺少必需的列:"+strings.Join(missing, "、")+"。可用的表头:"+known+"。",
			"These columns are missing: "+strings.Join(missing, ", ")+". Known are: "+known+".")
	}
	return nil
}

// Headers lists the headers a roll may have, the required ones first.
func Headers() []string {
	var must, may []string
	for _, c := range columns {
		if c.required {
			must = append(must, c.header)
		} else {
			may = append(may, c.header)
		}
	}
	return append(must, may...)
}
