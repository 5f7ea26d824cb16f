package gqlport

import (
	"errors"
	"fmt"
	"time"

	"github.com/vetgraph/vetgraph/internal/port"
)

// records reads what was found: by ref where records bear one, else by place. They
// are given in the order of the persons. Errors do not repeat values.
func (l *line) records(records []map[string]any, persons []port.Person) ([]port.Found, error) {
	places := make(map[string]int, len(persons))
	for i, q := range persons {
		places[q.Ref] = i
	}
	byRef := false
	for _, r := range records {
		_, bears := r["ref"]
		byRef = byRef || bears
	}
	if len(records) != len(persons) {
		return nil, fmt.Errorf("%d records for %d questions", len(records), len(persons))
	}
	found, seen := make([]port.Found, len(persons)), make([]bool, len(persons))
	for i, r := range records {
		if byRef {
			ref, _ := r["ref"].(string)
			place, known := places[ref]
			if !known {
				return nil, errors.New("a record of nobody asked about")
			}
			i = place
		}
		if seen[i] {
			return nil, errors.New("two records for one question")
		}
		seen[i] = true
		f, err := l.record(r, persons[i])
		if err != nil {
			return nil, err
		}
		found[i] = f
	}
	return found, nil
}

// record reads one record; null is somebody of whom nothing is held.
func (l *line) record(r map[string]any, q port.Person) (port.Found, error) {
	f := port.Found{Ref: q.Ref}
	if known, said := r["known"]; said {
		is, ok := known.(bool)
		if !ok {
			return f, errors.New("known: neither true nor false")
		}
		f.Known = is
	} else {
		f.Known = r != nil
	}
	if !f.Known {
		return f, nil
	}
	switch at := r["asOf"].(type) {
	case nil:
		if _, said := r["asOf"]; !said {
			f.AsOf = l.now()
		}
	case string:
		var err error
		if f.AsOf, err = moment(at); err != nil {
			return f, err
		}
	default:
		return f, errors.New("asOf: not a time")
	}
	var err error
	f.Lookups, err = values(r, q.Lookups)
	return f, err
}

// values are what a record says for each lookup: as it sorts them, or its own fields for all.
func values(r map[string]any, lookups []string) (map[string]map[string]any, error) {
	all := make(map[string]map[string]any, len(lookups))
	said, sorted := r["lookups"]
	if !sorted {
		for _, id := range lookups {
			all[id] = r
		}
		return all, nil
	}
	by, ok := said.(map[string]any)
	if !ok && said != nil {
		return nil, errors.New("lookups: not an object")
	}
	for _, id := range lookups {
		of, ok := by[id].(map[string]any)
		if !ok && by[id] != nil {
			return nil, errors.New("lookups: not an object of objects")
		}
		all[id] = of
	}
	return all, nil
}

// moment is a time, or the beginning of a day in China.
func moment(s string) (time.Time, error) {
	if t, err := time.Parse(time.RFC3339Nano, s); err == nil {
		return t, nil
	}
	t, err := time.ParseInLocation(time.DateOnly, s, time.FixedZone("Asia/Shanghai", 8*60*60))
	if err != nil {
		return time.Time{}, errors.New("asOf: not a time")
	}
	return t, nil
}
