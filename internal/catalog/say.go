package catalog

import (
	"fmt"
	"strings"
)

// Say is a sentence in both languages. A [Text] among the arguments gives each
// sentence its own language; anything else is formatted into both.
func Say(zh, en string, args ...any) Text {
	inZh, inEn := make([]any, len(args)), make([]any, len(args))
	for i, a := range args {
		inZh[i], inEn[i] = a, a
		if t, ok := a.(Text); ok {
			inZh[i], inEn[i] = t.Zh, t.En
		}
	}
	return Text{Zh: fmt.Sprintf(zh, inZh...), En: fmt.Sprintf(en, inEn...)}
}

// List joins texts as people list things: 甲、乙, and: a, b.
func List(items ...Text) Text {
	zh, en := make([]string, len(items)), make([]string, len(items))
	for i, t := range items {
		zh[i], en[i] = t.Zh, t.En
	}
	return Text{Zh: strings.Join(zh, "、"), En: strings.Join(en, ", ")}
}
