// Package words is what people read, in both languages of the house: Chinese first, then English.
package words

// Text is one sentence or name in both languages.
type Text struct {
	Zh string `yaml:"zh" json:"zh"`
	En string `yaml:"en" json:"en"`
}
