package port

import (
	"errors"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/vetgraph/vetgraph/internal/words"
)

// Defect is one thing that must be put right before an item goes on, named by
// the department that returned it. All of them are told at one time (行政许可法
// art.32); a system that cannot name them says why in the words of its answer.
type Defect struct {
	Field    string `json:"field,omitempty"`    // our field ID; in a [Message], the department's name of it
	Material string `json:"material,omitempty"` // material code of the catalogue, the same on both sides
	Words    string `json:"words"`              // why, Chinese; for the applicant, never for a log
}

// Check says what is wrong with a defect, without repeating its values: exactly
// one of field and material is named, in at most 100 characters, and why, in at
// most 300.
func (d Defect) Check() error {
	switch {
	case (d.Field == "") == (d.Material == ""):
		return errors.New("not exactly one of field and material")
	case utf8.RuneCountInString(d.Field)+utf8.RuneCountInString(d.Material) > maxNumber:
		return errors.New("field or material: too long")
	case strings.TrimSpace(d.Words) == "":
		return errors.New("words: missing")
	case utf8.RuneCountInString(d.Words) > maxWhy:
		return errors.New("words: too long")
	}
	return nil
}

// FieldName is what the department calls one of our fields in what a matter
// sends it, the first by alphabet if it has several names; empty if the matter
// does not send it.
func (n *Names) FieldName(matter, field string) string {
	p := n.submit[matter]
	if p == nil {
		return ""
	}
	for _, theirs := range sortedKeys(p.Send) {
		if p.Send[theirs] == field {
			return theirs
		}
	}
	return ""
}

// faults gives the defects of a return under our names. One that concerns
// nothing of ours, neither a field that was sent nor a paper of the catalogue,
// cannot be opened for correction, and may not be lost either: why goes into the
// words that the applicant reads. Defects beside another state are of an earlier
// return and say nothing.
func (n *Names) faults(m Message) (ours []Defect, why string) {
	why = m.Words
	if m.State != Returned {
		return nil, why
	}
	for _, d := range m.Faults {
		field, known := "", n.materials[d.Material]
		if p := n.submit[m.Matter]; d.Field != "" && p != nil {
			field = p.Send[d.Field]
			known = field != ""
		}
		named := Defect{Field: field, Material: d.Material, Words: d.Words}
		switch {
		case !known && !strings.Contains(why, d.Words):
			why = words.Clip(strings.TrimSpace(why+"\n"+d.Words), maxWords)
		case known && !slices.Contains(ours, named): // two of their names for one field of ours
			ours = append(ours, named)
		}
	}
	return ours, why
}
