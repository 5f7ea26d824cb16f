package workday

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
)

// maxSchedule is far above any real schedule: a year takes about 600 bytes.
const maxSchedule = 1 << 20

// Problem is one mistake in a schedule. Year and Date are as written, or empty if
// the mistake is not about one.
type Problem struct{ Year, Date, Text string }

// Problems is every mistake of a schedule at once.
type Problems []Problem

// Error lists the problems, one per line.
func (p *Problems) Error() string {
	lines := []string{fmt.Sprintf("work schedule: %d problems", len(*p))}
	for _, x := range *p {
		lines = append(lines, strings.Join(strings.Fields(x.Year+" "+x.Date+" "+x.Text), " "))
	}
	return strings.Join(lines, "\n  ")
}

// year is the schedule of one year as written.
type year struct {
	Off  []string `json:"off"`  // days without work; weekends may be named too
	Work []string `json:"work"` // make-up workdays, all on weekends
}

// Load reads a schedule {"2026": {"off": ["2026-01-01", …], "work": ["2026-01-04", …]}}.
// A date stands under the year it lies in, whichever notice names it. Errors are
// [*Problems]: broken JSON, an unknown or a repeated key is one by itself;
// otherwise all bad dates, dates outside their year, listed twice or under both
// headings, make-up workdays that are no weekend and years that name nothing.
func Load(r io.Reader) (*Calendar, error) {
	years, err := decode(io.LimitReader(r, maxSchedule))
	if err != nil {
		return nil, &Problems{{Text: err.Error()}}
	}
	var found Problems
	moved := map[Day]bool{}
	for _, label := range slices.Sorted(maps.Keys(years)) {
		y := years[label]
		if len(label) != 4 || strings.Trim(label, "0123456789") != "" {
			found = append(found, Problem{Year: label, Text: "is not a year of four digits"})
		}
		if len(y.Off)+len(y.Work) == 0 {
			found = append(found, Problem{Year: label, Text: "names no day"})
		}
		for _, text := range y.Off {
			found = append(found, enter(moved, label, text, false)...)
		}
		for _, text := range y.Work {
			found = append(found, enter(moved, label, text, true)...)
		}
	}
	if len(years) == 0 {
		found = append(found, Problem{Text: "holds no year"})
	}
	if found != nil {
		return nil, &found
	}
	return newCalendar(moved), nil
}

// enter records one date and answers what is wrong with it.
func enter(moved map[Day]bool, label, text string, works bool) Problems {
	d, err := ParseDay(text)
	if err != nil {
		return Problems{{Year: label, Date: text, Text: "is not a date like 2026-11-23"}}
	}
	var found Problems
	say := func(what string) { found = append(found, Problem{Year: label, Date: text, Text: what}) }
	if !strings.HasPrefix(text, label+"-") {
		say("stands under another year")
	}
	before, named := moved[d]
	switch {
	case named && before == works:
		say("is listed twice")
	case named:
		say("is both off and a working day")
	}
	if works && !weekend(d) {
		say("is a make-up workday but no weekend")
	}
	moved[d] = works
	return found
}

// decode reads the JSON by hand because encoding/json forgives repeated keys.
func decode(r io.Reader) (map[string]year, error) {
	dec := json.NewDecoder(r)
	years := map[string]year{}
	err := object(dec, func(label string) error {
		var y year
		err := object(dec, func(key string) error {
			switch key {
			case "off":
				return dec.Decode(&y.Off)
			case "work":
				return dec.Decode(&y.Work)
			}
			return fmt.Errorf("key %q is neither off nor work", key)
		})
		years[label] = y
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("at byte %d: %w", dec.InputOffset(), err)
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("something follows the schedule")
	}
	return years, nil
}

// object walks an object, calling each with every key once to decode its value.
func object(dec *json.Decoder, each func(key string) error) error {
	if err := delim(dec, '{'); err != nil {
		return err
	}
	seen := map[string]bool{}
	for dec.More() {
		t, err := dec.Token()
		if err != nil {
			return err
		}
		key, _ := t.(string) // the decoder allows nothing else here
		if seen[key] {
			return fmt.Errorf("key %q is given twice", key)
		}
		seen[key] = true
		if err := each(key); err != nil {
			return err
		}
	}
	return delim(dec, '}')
}

func delim(dec *json.Decoder, want json.Delim) error {
	t, err := dec.Token()
	if err != nil {
		return err
	}
	if t != want {
		return fmt.Errorf("found %v where %v should stand", t, want)
	}
	return nil
}
