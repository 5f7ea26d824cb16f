package fault

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// CheckKey says what is wrong with an idempotency key that came as an input of its
// own name. Fault: IDEMPOTENCY_KEY_MALFORMED.
func CheckKey(key string) error {
	odd := func(r rune) bool { return r == utf8.RuneError || !unicode.IsGraphic(r) || unicode.IsSpace(r) }
	if n := utf8.RuneCountInString(key); n < 8 || n > 120 || strings.ContainsFunc(key, odd) {
		return New(Invalid, "IDEMPOTENCY_KEY_MALFORMED", "幂等键应为 8 至 120 个可见字符。",
			"An idempotency key has 8 to 120 visible characters.").At("input", "idempotencyKey")
	}
	return nil
}
