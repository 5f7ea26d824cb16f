package seal

import (
	"fmt"
	"strings"

	"rsc.io/qr/coding"
)

// Bytes that QR version 25 holds at level M, which repairs 15 % of a code; what is
// longer gets level L, which repairs 7 % and keeps the modules large.
const fitsM = 997

// quiet is the empty border that readers need, in modules.
const quiet = 4

// QR draws a text as a QR code (ISO/IEC 18004, byte mode, UTF-8): SVG of one path, a
// unit for each module, dark on white whatever the page's colours. It fails for
// texts above [Longest].
func QR(text string) (string, error) {
	code, err := encodeQR(text)
	if err != nil {
		return "", fmt.Errorf("draw a QR code for %d bytes: %w", len(text), err)
	}
	var b strings.Builder
	side := code.Size + 2*quiet
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" shape-rendering="crispEdges" role="img" aria-label="二维码 QR code">`, side, side)
	fmt.Fprintf(&b, `<path fill="#fff" d="M0 0h%dv%dH0z"/><path stroke="#000" d="`, side, side)
	for y := range code.Size {
		fmt.Fprintf(&b, "M%d %d.5", quiet, y+quiet) // the middle of a row, drawn with a pen one unit wide
		for x := 0; x < code.Size; {
			from, dark := x, code.Black(x, y)
			for x < code.Size && code.Black(x, y) == dark {
				x++
			}
			if dark {
				fmt.Fprintf(&b, "h%d", x-from)
			} else if x < code.Size {
				fmt.Fprintf(&b, "m%d 0", x-from)
			}
		}
	}
	b.WriteString(`"/></svg>`)
	return b.String(), nil
}

// encodeQR takes the smallest version that holds the text and, of the eight masks,
// the one that readers find easiest.
func encodeQR(text string) (*coding.Code, error) {
	if len(text) > Longest {
		return nil, fmt.Errorf("more than %d", Longest)
	}
	level := coding.M
	if len(text) > fitsM {
		level = coding.L
	}
	content := coding.String(text)
	version := coding.Version(coding.MinVersion)
	for content.Bits(version) > 8*version.DataBytes(level) {
		version++
	}
	var best *coding.Code
	least := 0
	for mask := range coding.Mask(8) {
		plan, err := coding.NewPlan(version, level, mask)
		if err != nil {
			return nil, err
		}
		code, err := plan.Encode(content)
		if err != nil {
			return nil, err
		}
		if p := penalty(code); best == nil || p < least {
			best, least = code, p
		}
	}
	return best, nil
}

// penalty counts what misleads readers (ISO/IEC 18004, 7.8.3): long runs, blocks of
// one colour, what looks like a finder, too much of one colour.
func penalty(code *coding.Code) int {
	sum, black := 0, 0
	for y := range code.Size {
		sum += line(code.Size, func(i int) bool { return code.Black(i, y) }) + line(code.Size, func(i int) bool { return code.Black(y, i) })
		for x := range code.Size {
			here := code.Black(x, y)
			if here {
				black++
			}
			if x > 0 && y > 0 && here == code.Black(x-1, y) && here == code.Black(x, y-1) && here == code.Black(x-1, y-1) {
				sum += 3
			}
		}
	}
	off := 20*black/(code.Size*code.Size) - 10
	return sum + 10*max(off, -off)
}

// The two ends of a finder pattern with light modules beside it, as eleven bits.
const (
	finderFirst = 0b10111010000
	finderLast  = 0b00001011101
)

// line counts the runs and false finders of one row or column.
func line(size int, dark func(int) bool) int {
	sum, run, last := 0, 0, 0
	for i := range size {
		bit := 0
		if dark(i) {
			bit = 1
		}
		if i > 0 && bit == last&1 {
			run++
		} else {
			run = 1
		}
		if run == 5 {
			sum += 3
		} else if run > 5 {
			sum++
		}
		last = (last<<1 | bit) & (1<<11 - 1)
		if i >= 10 && (last == finderFirst || last == finderLast) {
			sum += 40
		}
	}
	return sum
}
