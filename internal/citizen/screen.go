package citizen

import "github.com/vetgraph/vetgraph/internal/workday"

// Screen masks the numbers by which a person is known where they stand in words that
// somebody typed: citizen numbers, mobile numbers, numbers of bank cards (银联, 62…).
// Words are not sealed, and nobody needs these there. Digits may be full-width. What
// is written in groups with blanks is not recognised.
func Screen(text string, today workday.Day) string {
	return screen(text, func(digits []byte, before bool) (keep, hide int) {
		if head, n := citizenAt(digits, today); n > 0 {
			return head, n
		}
		if before { // in the middle of a longer number
			return 0, 0
		}
		return contactAt(digits)
	})
}

// ScreenNumbers masks citizen numbers alone: for numbers of certificates, which may
// look like any other number, and of which some are the person's own (社会保障号码).
func ScreenNumbers(text string, today workday.Day) string {
	return screen(text, func(digits []byte, _ bool) (int, int) { return citizenAt(digits, today) })
}

// last is how many characters of a number stay in sight at its end.
const last = 4

// screen hides what find finds in each place where digits stand: it answers how many
// characters stay in sight at the beginning, and how long the number is.
func screen(text string, find func(digits []byte, before bool) (keep, n int)) string {
	runes := []rune(text)
	digits := make([]byte, len(runes))
	for i, r := range runes {
		digits[i] = digit(r)
	}
	changed := false
	for i := 0; i < len(runes); i++ {
		if !isDigit(digits, i) {
			continue
		}
		keep, n := find(digits[i:], isDigit(digits, i-1))
		if n == 0 {
			continue
		}
		for at := i + keep; at < i+n-last; at++ {
			runes[at] = '*'
		}
		changed, i = true, i+n-1
	}
	if !changed {
		return text
	}
	return string(runes)
}

// digit is a digit or X in ASCII, 0 for anything else.
func digit(r rune) byte {
	switch {
	case r >= '0' && r <= '9':
		return byte(r)
	case r >= '０' && r <= '９':
		return byte(r - '０' + '0')
	case r == 'X' || r == 'x' || r == 'Ｘ' || r == 'ｘ':
		return 'X'
	}
	return 0
}

func isDigit(digits []byte, i int) bool {
	return i >= 0 && i < len(digits) && digits[i] >= '0' && digits[i] <= '9'
}

// citizenAt recognises a citizen number, also within a longer one: rather one too many.
func citizenAt(digits []byte, today workday.Day) (keep, n int) {
	if len(digits) < length {
		return 0, 0
	}
	if _, err := ParseOn(string(digits[:length]), today); err != nil {
		return 0, 0
	}
	return 3, length
}

// contactAt recognises a mobile number, with 86 before it or not, and the number of a
// bank card, each standing alone.
func contactAt(digits []byte) (keep, n int) {
	run := 0
	for isDigit(digits, run) {
		run++
	}
	head := 0
	if run == 13 && string(digits[:2]) == "86" {
		head = 2
	}
	switch {
	case run-head == 11 && digits[head] == '1' && digits[head+1] >= '3':
		return head + 3, run
	case run >= 16 && run <= 19 && string(digits[:2]) == "62" && luhn(digits[:run]):
		return 4, run
	}
	return 0, 0
}

// luhn checks the check digit of a bank card (GB/T 15694.1, ISO/IEC 7812-1).
func luhn(digits []byte) bool {
	sum := 0
	for i := range digits {
		d := int(digits[len(digits)-1-i] - '0')
		if i%2 == 1 {
			if d *= 2; d > 9 {
				d -= 9
			}
		}
		sum += d
	}
	return sum%10 == 0
}
