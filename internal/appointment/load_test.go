package appointment_test

import (
	"strings"
	"testing"

	"github.com/vetgraph/vetgraph/internal/appointment"
	"github.com/vetgraph/vetgraph/internal/division"
)

func TestLoadReportsEveryMistake(t *testing.T) {
	c, err := builtin()
	must(t, err)
	_, err = appointment.Load("w.yaml", []byte(`
windows:
  - window: police-desk
    level: district
    open: ["09:00-11:30", "11:00-12:00", "9:00-10:00", "13:00-13:10"]
    slotMinutes: 30
    places: -1
    aheadWorkdays: 0
    leadMinutes: 60
    confidence: Z
    source: test
    divisions:
      - {division: "999999", places: 3}
      - {division: "2301"}
  - window: tax-desk
    level: county
    open: []
    slotMinutes: 1
    places: 4
    leadMinutes: 60
    confidence: A
    source: test
    colour: green
closed:
  - {division: "2301", window: no-desk, day: "2026-02-30", hours: "13:30", why: {zh: 年终结账}}
`), c, division.Builtin())
	if err == nil {
		t.Fatal("loaded")
	}
	for _, want := range []string{
		"w.yaml:4", "no level district", "11:00-12:00 begins before", "9:00-10:00 is not hours", "13:00-13:10 has no room for 30 minutes",
		"is -1, not from 0 to 1000", "is 0, not from 1 to 250", "no confidence mark Z", "there is no division 999999", "changes nothing",
		"the catalogue has no window tax-desk", "names no hours", "is 1, not from 5 to 480", "missing here: aheadWorkdays", `unknown key "colour"`,
		"the catalogue has no window no-desk", "2026-02-30 is not a date", "13:30 is not hours", "missing here: en",
	} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("not told: %s", want)
		}
	}
	if t.Failed() {
		t.Log(err)
	}
}

func TestLoadWantsEveryWindow(t *testing.T) {
	c, err := builtin()
	must(t, err)
	for text, want := range map[string]string{
		"":                       "empty",
		"windows: []":            "window police-desk of the catalogue has no hours",
		"windows: []\n---\na: b": "",
	} {
		if _, err := appointment.Load("w.yaml", []byte(text), c, division.Builtin()); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v", text, err)
		}
	}
}

// A place has the hours of the narrowest place that the file names, and is shut
// when it or one above it is.
func TestHoursOfPlaces(t *testing.T) {
	c, err := builtin()
	must(t, err)
	r := newRig(t, nil)
	r.diary.Windows, err = appointment.Load("w.yaml", []byte(`
windows:
  - window: police-desk
    level: county
    open: ["09:00-11:00"]
    slotMinutes: 60
    places: 1
    aheadWorkdays: 30
    leadMinutes: 0
    confidence: A
    source: test
    divisions:
      - {division: "230102", places: 3}
      - {division: "2301", places: 2, open: ["08:00-09:00"]}
      - {division: "230103", places: 0}
closed:
  - {division: "2302", day: "2026-11-25", why: {zh: 停电, en: No power}}
  - {division: "230204", day: "2026-11-26", hours: "09:30-10:00", why: {zh: 培训, en: Training}}
`), c, division.Builtin())
	must(t, err)
	for _, x := range []struct{ slot, reason string }{
		{slot("230102000000", wednesday, "08:00"), ""},
		{slot("230102000000", wednesday, "09:00"), "SLOT_UNKNOWN"},
		{slot("230103000000", wednesday, "08:00"), "SLOT_UNKNOWN"}, // no place at all
		{slot("230202000000", wednesday, "09:00"), "SLOT_UNKNOWN"}, // no power
		{slot("230202000000", wednesday+1, "09:00"), ""},
		{slot("230204000000", wednesday+1, "09:00"), "SLOT_UNKNOWN"},
		{slot("230204000000", wednesday+1, "10:00"), ""},
		{slot("231002000000", wednesday, "10:00"), ""},
	} {
		if got := r.diary.Offers(x.slot); got != (x.reason == "") {
			t.Errorf("%s offered: %v", x.slot, got)
		}
	}
}
