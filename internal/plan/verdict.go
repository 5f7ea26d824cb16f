package plan

import (
	"fmt"
	"io"
	"strconv"
)

// MarshalGQL writes the verdict as GraphQL does.
func (v Verdict) MarshalGQL(w io.Writer) { _, _ = io.WriteString(w, strconv.Quote(string(v))) }

// UnmarshalGQL reads the verdict as GraphQL gives it.
func (v *Verdict) UnmarshalGQL(from any) error {
	s, ok := from.(string)
	if !ok {
		return fmt.Errorf("a verdict is text")
	}
	*v = Verdict(s)
	return nil
}
