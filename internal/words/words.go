// Package words is what people read, in both languages of the house: Chinese first, then English.
package words

import "unicode/utf8"

// Text is one sentence or name in both languages.
type Text struct {
	Zh string `yaml:"zh" json:"zh"`
	En string `yaml:"en" json:"en"`
}

// Clip cuts a text after so many characters.
func Clip(text string, characters int) string {
	if utf8.RuneCountInString(text) <= characters {
		return text
	}
	return string([]rune(text)[:characters])
}
