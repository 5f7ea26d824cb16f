package seal_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"golang.org/x/text/width"

	"github.com/vetgraph/vetgraph/internal/citizen"
	"github.com/vetgraph/vetgraph/internal/seal"
	"github.com/vetgraph/vetgraph/internal/workday"
)

func opened(t *testing.T, sheet seal.Sheet) (string, *seal.Sheet) {
	t.Helper()
	s := signer(t, seal.Ed25519, 7)
	text, err := s.Seal(sheet)
	if err != nil {
		t.Fatal(err)
	}
	back, _, err := seal.NewRing(s.Key()).Open(text)
	if err != nil {
		t.Fatal(err)
	}
	return text, back
}

// A citizen number that a department gave as the number of its result leaves no
// trace, also within a longer number or in groups; a running number behind a date
// is none.
func TestCitizenNumbersAreWithheld(t *testing.T) {
	n := citizen.Make("230102", workday.Date(1999, time.March, 5), 1).Reveal()
	for _, number := range []string{n, "社保" + n + "号", n[:6] + " " + n[6:14] + "-" + n[14:], "9" + n + "9", strings.ToLower(n), width.Widen.String(n), n[:6] + "·" + n[6:14] + "／" + n[14:]} {
		sheet := full(t)
		sheet.Lines[4].Result.Number = number
		text, back := opened(t, sheet)
		if strings.Contains(text, n[6:14]) || back.Lines[4].Result != (seal.Result{Withheld: true}) || !back.Lines[4].Result.Says(number) || back.Lines[4].Result.Says("1") {
			t.Errorf("%s: %+v", number, back.Lines[4])
		}
	}
	running := 0
	for i := range 100 {
		sheet := full(t)
		sheet.Lines[0].Result.Number = fmt.Sprintf("230102-20261123-%04d", i)
		if _, back := opened(t, sheet); back.Lines[0].Result.Number != "" {
			running++
		}
	}
	if running != 100 {
		t.Errorf("%d of 100 running numbers are told", running)
	}
}

// Numbers give way so that a sheet still fits a code that reads well.
func TestLongNumbersBecomeDigests(t *testing.T) {
	long := strings.Repeat("长", 80)
	sheet := full(t)
	for i := range sheet.Lines {
		sheet.Lines[i].Result.Number = fmt.Sprintf("%s%d", long, i)
	}
	text, back := opened(t, sheet)
	if len(text) > seal.Roomy || back.Lines[1].Result.Digest == "" || !back.Lines[1].Result.Says(long+"1") || back.Lines[1].Result.Says(long+"2") {
		t.Errorf("%d bytes: %+v", len(text), back.Lines[1])
	}
	for i := range sheet.Lines { // each short enough alone, too long together
		sheet.Lines[i].Result.Number = fmt.Sprintf("%034d编号", i)
		sheet.Lines[i].Matter = fmt.Sprintf("CITY-2026-%06d", i)
		sheet.Lines[i].State = "SUSPENDED"
	}
	if text, back = opened(t, sheet); len(text) > seal.Roomy || back.Lines[3].Result.Digest == "" {
		t.Errorf("%d bytes: %s", len(text), text)
	}
	for i := range 60 { // more than any code bears
		sheet.Lines = append(sheet.Lines, seal.Line{Matter: fmt.Sprint("X", i), State: "APPROVED", Result: seal.Result{Number: long}})
	}
	if _, err := signer(t, seal.Ed25519, 7).Seal(sheet); !errors.Is(err, seal.ErrTooLong) {
		t.Errorf("a sheet that fits no code: %v", err)
	}
}

func TestSheetsThatCannotBeSealed(t *testing.T) {
	for name, spoil := range map[string]func(*seal.Sheet){
		"no lines": func(s *seal.Sheet) { s.Lines = nil }, "no issuer": func(s *seal.Sheet) { s.Issuer = "" },
		"no day": func(s *seal.Sheet) { s.Issued = 0 }, "no UTF-8": func(s *seal.Sheet) { s.Issuer = "\xff" }, "a state that reads as another": func(s *seal.Sheet) { s.Lines[0].State = "D" },
	} {
		sheet := full(t)
		spoil(&sheet)
		if text, err := signer(t, seal.Ed25519, 7).Seal(sheet); err == nil {
			t.Errorf("%s: %s", name, text)
		}
	}
}
