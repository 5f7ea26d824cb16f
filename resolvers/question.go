package resolvers

import (
	"strings"
	"sync"
	"time"

	"github.com/vektah/gqlparser/v2/ast"

	"github.com/vetgraph/vetgraph/graph/exec"
	"github.com/vetgraph/vetgraph/graph/model"
	"github.com/vetgraph/vetgraph/internal/progress"
	"github.com/vetgraph/vetgraph/internal/words"
)

// question is what is asked of the sums.
func (r *Resolver) question(in *model.CaseFilter, by []progress.Dimension, level *progress.Level, asOf *time.Time) progress.Question {
	f := r.caseFilter(in)
	q := progress.Question{
		Division: f.Division, States: f.States, Matter: f.Matter, Department: f.Department, Warnings: f.Warnings, Channels: f.Channels,
		AcceptedFrom: f.AcceptedFrom, AcceptedBefore: f.AcceptedBefore, DueFrom: f.DueFrom, DueBefore: f.DueBefore, By: by, AsOf: asOf,
	}
	if level != nil {
		q.Level = *level
	}
	return q
}

// Named is what a group is called: places, matters and departments by the map and
// the catalogue in force, states as the schema describes them, all else as it is.
func (r *Resolver) Named(k progress.Key) words.Text {
	switch k.Dimension {
	case progress.ByDivision:
		return words.Text{Zh: r.Places.FullName(k.Code), En: k.Code}
	case progress.ByMatter:
		if m := r.Catalogue().Matter(k.Code); m != nil {
			return m.Name
		}
	case progress.ByDepartment:
		if d := r.Catalogue().Department(k.Code); d != nil {
			return d.Name
		}
	case progress.ByMonth, progress.ByState, progress.ByItemState, progress.ByWarning, progress.ByChannel:
		return described(k)
	}
	return words.Text{Zh: k.Code, En: k.Code}
}

// described is a state in the words of the schema, Chinese before 。 and English behind.
func described(k progress.Key) words.Text {
	if t := enums()[vocabulary[k.Dimension]]; t != nil {
		if v := t.EnumValues.ForName(k.Code); v != nil {
			if zh, en, ok := strings.Cut(v.Description, "。"); ok {
				return words.Text{Zh: strings.TrimSpace(zh), En: strings.TrimSuffix(strings.TrimSpace(en), ".")}
			}
		}
	}
	return words.Text{Zh: k.Code, En: k.Code}
}

// vocabulary is the SDL's type of each dimension that is one.
var vocabulary = map[progress.Dimension]string{
	progress.ByState: "CaseState", progress.ByItemState: "ItemState", progress.ByWarning: "WarningLevel", progress.ByChannel: "Channel",
}

var enums = sync.OnceValue(func() map[string]*ast.Definition {
	return exec.NewExecutableSchema(exec.Config{}).Schema().Types
})
