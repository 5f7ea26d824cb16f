package fault

import (
	"errors"
	"fmt"
)

// mostJoined is how many errors of one kind are told; of more the number is.
const mostJoined = 5

// Join is errors.Join for work that goes on after failures, of which there may be
// thousands: the first few are told, and how many more there are.
func Join(all ...error) error {
	var some []error
	more := 0
	for _, err := range all {
		switch {
		case err == nil:
		case len(some) < mostJoined:
			some = append(some, err)
		default:
			more++
		}
	}
	if more > 0 {
		some = append(some, fmt.Errorf("and %d more", more))
	}
	return errors.Join(some...)
}
