package seal_test

import (
	"fmt"
	"image/color"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/boombuler/barcode/qr"
	"rsc.io/qr/coding"

	"github.com/vetgraph/vetgraph/internal/seal"
)

var (
	box = regexp.MustCompile(`viewBox="0 0 (\d+) (\d+)"`)
	row = regexp.MustCompile(`M(\d+) (\d+)\.5([hm 0-9]*)`)
	pen = regexp.MustCompile(`h(\d+)|m(\d+) 0`)
)

// modules reads a picture back: size without the border, and which are dark.
func modules(t *testing.T, svg string) (int, func(x, y int) bool) {
	t.Helper()
	m := box.FindStringSubmatch(svg)
	if m == nil || m[1] != m[2] {
		t.Fatal("no square")
	}
	side, _ := strconv.Atoi(m[1])
	dark := map[[2]int]bool{}
	for _, r := range row.FindAllStringSubmatch(svg, -1) {
		x, _ := strconv.Atoi(r[1])
		y, _ := strconv.Atoi(r[2])
		for _, p := range pen.FindAllStringSubmatch(r[3], -1) {
			n, _ := strconv.Atoi(p[1] + p[2])
			for i := range n {
				dark[[2]int{x + i, y}] = p[1] != ""
			}
			x += n
		}
	}
	return side - 8, func(x, y int) bool { return dark[[2]int{x + 4, y + 4}] }
}

// A second, unrelated encoder draws the same codes: for each text, its picture and
// ours are both what one of the eight masks gives, module for module.
func TestQRAgreesWithAnotherEncoder(t *testing.T) {
	texts := []string{"VG1;短"}
	for _, name := range seal.Suites() {
		text, err := signer(t, name, 7).Seal(full(t))
		if err != nil {
			t.Fatal(err)
		}
		texts = append(texts, text)
	}
	for _, n := range []int{997, 998, seal.Roomy, 1273, 2000, seal.Longest} {
		texts = append(texts, strings.Repeat("甲", n/3)+strings.Repeat("x", n%3))
	}
	for _, text := range texts {
		svg, err := seal.QR(text)
		if err != nil {
			t.Fatal(err)
		}
		size, dark := modules(t, svg)
		version, level, theirs := (size-17)/4, coding.M, qr.M
		if len(text) > 997 {
			level, theirs = coding.L, qr.L
		}
		if len(text) <= seal.Roomy && version > 25 {
			t.Errorf("%d bytes make version %d", len(text), version)
		}
		other, err := qr.Encode(text, theirs, qr.Unicode)
		if err != nil {
			t.Fatal(err)
		}
		ours, agreed := 0, 0
		for mask := range coding.Mask(8) {
			plan, err := coding.NewPlan(coding.Version(version), level, mask)
			if err != nil {
				t.Fatal(err)
			}
			code, err := plan.Encode(coding.String(text))
			if err != nil {
				t.Fatal(err)
			}
			if agree(code, size, dark) {
				ours++
			}
			if agree(code, other.Bounds().Dx(), func(x, y int) bool { return other.At(x, y) == color.Black }) {
				agreed++
			}
		}
		if ours != 1 || agreed != 1 {
			t.Errorf("%d bytes: %d masks give our picture, %d the other encoder's", len(text), ours, agreed)
		}
		t.Logf("%d bytes: version %d, %d modules, %d bytes of SVG", len(text), version, size, len(svg))
	}
	if _, err := seal.QR(strings.Repeat("x", seal.Longest+1)); err == nil {
		t.Error("a code that is too long")
	}
}

func agree(code *coding.Code, size int, dark func(x, y int) bool) bool {
	if code.Size != size {
		return false
	}
	for y := range size {
		for x := range size {
			if code.Black(x, y) != dark(x, y) {
				return false
			}
		}
	}
	return true
}

func BenchmarkSeal(b *testing.B) {
	for _, name := range seal.Suites() {
		s := signer(b, name, 7)
		sheet := full(b)
		text, err := s.Seal(sheet)
		if err != nil {
			b.Fatal(err)
		}
		ring := seal.NewRing(s.Key())
		b.Run(fmt.Sprint("seal/", name), func(b *testing.B) {
			for b.Loop() {
				_, _ = s.Seal(sheet)
			}
		})
		b.Run(fmt.Sprint("open/", name), func(b *testing.B) {
			for b.Loop() {
				_, _, _ = ring.Open(text)
			}
		})
	}
	text := strings.Repeat("甲", 250)
	b.Run("qr", func(b *testing.B) {
		for b.Loop() {
			_, _ = seal.QR(text)
		}
	})
}
