package seal

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/width"

	"github.com/vetgraph/vetgraph/internal/citizen"
	"github.com/vetgraph/vetgraph/internal/workday"
)

// Sheet is what of a feedback sheet (一单反馈) is sealed.
//
// Version 1 of its text is one line. Records end with a semicolon, fields are
// divided by commas:
//
//	VG1;NUMBER,STATE,PROMISED,USED,ISSUED,ISSUER,CATALOG;MATTER,STATE,DECIDED,RESULT;…;SUITE,KEYID,SIGNATURE
//
// Days of the calendar are YYYYMMDD; what is not there is empty. An item's state is
// one letter (A approved, D delivered, R rejected, B blocked, W withdrawn) or, for
// one that has not ended, its name. Within a field a percent sign, comma, semicolon
// and everything that a printer would not show are written %XX, byte for byte of
// UTF-8. The signature is over everything before the comma that it follows. A sheet
// has one spelling, and a text in any other is refused.
type Sheet struct {
	Number   string // of the case
	State    string // of the case, as the GraphQL schema names it
	Promised int    // working days
	Used     *int   // working days from acceptance to the end; nil if it never was accepted
	Issued   workday.Day
	Issuer   string
	Catalog  string // version of the catalogue that the matters' codes are of
	Lines    []Line
}

// Line is one item of the sheet.
type Line struct {
	Matter  string // code
	State   string // as the GraphQL schema names it
	Decided *workday.Day
	Result  Result
}

// Result is the number of a result (文号、证号) as far as the seal carries it.
type Result struct {
	Number   string // whole, if short
	Digest   string // of a long number: base64 of the first 16 bytes of its SHA-256
	Withheld bool   // it holds a citizen number, of which not even a digest may be published
}

// Limits in bytes. Long numbers give way to digests until a text is below Roomy,
// which fits QR version 25 at its lowest level of correction; a text above Longest
// fits no QR code that reads well and is not sealed.
const (
	Roomy       = 1200
	Longest     = 2331 // QR version 40 at level M
	longNumber  = 40
	shortNumber = 23 // a digest and its mark
)

const version = "VG1;"

// letters are the states in which items end.
var letters = map[string]string{"APPROVED": "A", "DELIVERED": "D", "REJECTED": "R", "BLOCKED": "B", "WITHDRAWN": "W", "TERMINATED": "T"}

var names = func() map[string]string {
	back := map[string]string{}
	for name, letter := range letters {
		back[letter] = name
	}
	return back
}()

// Seal writes a sheet's text and signs it. Numbers that hold a citizen number are
// left out.
func (s *Signer) Seal(sheet Sheet) (string, error) {
	body, err := sheet.withhold().encode()
	if err != nil {
		return "", fmt.Errorf("seal a sheet: %w", err)
	}
	body += ";" + string(s.key.Suite) + "," + s.key.ID
	signature, err := s.signature([]byte(body))
	if err != nil {
		return "", fmt.Errorf("seal a sheet: %w", err)
	}
	return body + "," + signature, nil
}

// Open reads a sealed text and checks it. With [ErrForged] and [ErrUnknownKey] it
// still answers what the text claims, which is not to be believed; with
// [ErrMalformed] nothing.
func (r Ring) Open(text string) (*Sheet, Key, error) {
	sheet, tail, err := parse(text)
	if err != nil {
		return nil, Key{}, err
	}
	body, _ := cutLast(text, ",")
	key, err := r.check(tail[0], tail[1], tail[2], []byte(body))
	if errors.Is(err, ErrMalformed) {
		return nil, Key{}, err
	}
	return sheet, key, err
}

// Sealed says whether a text claims to be a sealed sheet.
func Sealed(text string) bool { return strings.HasPrefix(text, version) }

// Says tells whether this is a number's result, whichever way it is carried. Of one
// that is withheld it tells only that the number is one to withhold.
func (r Result) Says(number string) bool {
	if r.Withheld {
		return holdsCitizen(number, workday.Date(9999, time.December, 31))
	}
	given := Result{Number: number}
	return r == given.carried(longNumber) || r == given.carried(shortNumber)
}

// carried digests a number longer than so many bytes.
func (r Result) carried(longest int) Result {
	if len(escape(r.Number)) <= longest {
		return r
	}
	sum := sha256.Sum256([]byte(r.Number))
	return Result{Digest: encoding.EncodeToString(sum[:16])}
}

// field is the result as the text writes it.
func (r Result) field(longest int) string {
	r = r.carried(longest)
	switch {
	case r.Withheld:
		return "*"
	case r.Digest != "":
		return "#" + r.Digest
	case strings.HasPrefix(r.Number, "*") || strings.HasPrefix(r.Number, "#"):
		return fmt.Sprintf("%%%02X", r.Number[0]) + escape(r.Number[1:])
	}
	return escape(r.Number)
}

// youngest is how many years old whoever a citizen number belongs to is at least:
// a running number behind a recent date is no person's.
const youngest = 16

// withhold leaves out results that hold a citizen number.
func (s Sheet) withhold() Sheet {
	s.Lines = slices.Clone(s.Lines)
	for i, l := range s.Lines {
		if holdsCitizen(l.Result.Number, workday.Date(s.Issued.Year()-youngest, time.December, 31)) {
			s.Lines[i].Result = Result{Withheld: true}
		}
	}
	return s
}

// holdsCitizen tells whether the citizen number of somebody born by a day stands
// anywhere in a text: in one or in groups, full-width or not. It would rather see
// one where there is none.
func holdsCitizen(text string, by workday.Day) bool {
	text = strings.Map(func(r rune) rune {
		if r >= '0' && r <= '9' || r == 'X' || r == 'x' {
			return r
		}
		return -1
	}, width.Narrow.String(text))
	for i := 0; i+18 <= len(text); i++ {
		if _, err := citizen.ParseOn(text[i:i+18], by); err == nil {
			return true
		}
	}
	return false
}

func (s Sheet) encode() (string, error) {
	body, err := s.write(longNumber)
	if err == nil && len(body) > Roomy-signatureRoom {
		body, err = s.write(shortNumber)
	}
	if err == nil && len(body) > Longest-signatureRoom {
		err = fmt.Errorf("%w: %d bytes before its signature", ErrTooLong, len(body))
	}
	return body, err
}

// signatureRoom is what suite, key ID and signature take at most, in bytes.
const signatureRoom = 1 + 7 + 1 + 16 + 1 + 86

func (s Sheet) write(longest int) (string, error) {
	if s.Number == "" || s.State == "" || s.Issuer == "" || s.Catalog == "" || s.Issued == 0 || len(s.Lines) == 0 {
		return "", errors.New("it has no number, state, issuer, catalogue, day of issue or lines")
	}
	if err := s.sound(); err != nil {
		return "", err
	}
	used := ""
	if s.Used != nil {
		used = strconv.Itoa(*s.Used)
	}
	var b strings.Builder
	b.WriteString(version)
	b.WriteString(strings.Join([]string{escape(s.Number), escape(s.State), strconv.Itoa(s.Promised), used, compact(&s.Issued), escape(s.Issuer), escape(s.Catalog)}, ","))
	for _, l := range s.Lines {
		state := escape(l.State)
		if letter, ok := letters[l.State]; ok {
			state = letter
		}
		b.WriteString(";" + strings.Join([]string{escape(l.Matter), state, compact(l.Decided), l.Result.field(longest)}, ","))
	}
	return b.String(), nil
}

// sound tells whether every field can be written so that it reads back as it is.
func (s Sheet) sound() error {
	all := s.Number + s.State + s.Issuer + s.Catalog
	for _, l := range s.Lines {
		if _, short := names[l.State]; short {
			return fmt.Errorf("its items have no state %q", l.State)
		}
		all += l.Matter + l.State + l.Result.Number
	}
	if !utf8.ValidString(all) {
		return errors.New("it is no UTF-8")
	}
	return nil
}

// parse reads a text without asking who sealed it; tail is suite, key ID and
// signature.
func parse(text string) (*Sheet, []string, error) {
	records := strings.Split(text, ";")
	if !Sealed(text) || len(text) > Longest || len(records) < 4 {
		return nil, nil, ErrMalformed
	}
	head, tail := strings.Split(records[1], ","), strings.Split(records[len(records)-1], ",")
	if len(head) != 7 || len(tail) != 3 {
		return nil, nil, ErrMalformed
	}
	s := &Sheet{Number: unescape(head[0]), State: unescape(head[1]), Issuer: unescape(head[5]), Catalog: unescape(head[6])}
	s.Promised, _ = strconv.Atoi(head[2]) // what does not read as written is found by writing it again
	if head[3] != "" {
		used, _ := strconv.Atoi(head[3])
		s.Used = &used
	}
	if issued := expand(head[4]); issued != nil {
		s.Issued = *issued
	}
	for _, record := range records[2 : len(records)-1] {
		f := strings.Split(record, ",")
		if len(f) != 4 {
			return nil, nil, ErrMalformed
		}
		l := Line{Matter: unescape(f[0]), State: unescape(f[1]), Decided: expand(f[2]), Result: resultIn(f[3])}
		if name, ok := names[f[1]]; ok {
			l.State = name
		}
		s.Lines = append(s.Lines, l)
	}
	body, _ := cutLast(text, ";")
	if again, err := s.encode(); err != nil || again != body {
		return nil, nil, ErrMalformed
	}
	return s, tail, nil
}

func resultIn(field string) Result {
	if field == "*" {
		return Result{Withheld: true}
	} else if digest, ok := strings.CutPrefix(field, "#"); ok {
		if raw, err := encoding.DecodeString(digest); err != nil || len(raw) != 16 {
			return Result{Number: field} // which is written otherwise, and so refused
		}
		return Result{Digest: digest}
	}
	return Result{Number: unescape(field)}
}

func cutLast(text, mark string) (string, string) {
	i := strings.LastIndex(text, mark)
	return text[:i], text[i+1:]
}

const compactDay = "20060102"

func compact(d *workday.Day) string {
	if d == nil {
		return ""
	}
	return strings.ReplaceAll(d.String(), "-", "")
}

// expand reads a day; nil for none and for what is none.
func expand(text string) *workday.Day {
	t, err := time.ParseInLocation(compactDay, text, workday.Zone())
	if err != nil {
		return nil
	}
	d := workday.FromTime(t)
	return &d
}

// escape writes what divides fields, and what does not show on paper, as %XX.
func escape(text string) string {
	if !strings.ContainsFunc(text, hidden) {
		return text
	}
	var b strings.Builder
	for _, r := range text {
		if !hidden(r) {
			b.WriteRune(r)
			continue
		}
		for _, c := range []byte(string(r)) {
			fmt.Fprintf(&b, "%%%02X", c)
		}
	}
	return b.String()
}

func hidden(r rune) bool {
	return slices.Contains([]rune{'%', ',', ';', utf8.RuneError}, r) || !unicode.IsPrint(r)
}

// unescape is the inverse of escape. What escape never writes comes back as it is,
// and is found by writing it again.
func unescape(field string) string {
	if !strings.Contains(field, "%") {
		return field
	}
	var b strings.Builder
	for i := 0; i < len(field); i++ {
		if field[i] == '%' && i+2 < len(field) {
			if c, err := strconv.ParseUint(field[i+1:i+3], 16, 8); err == nil {
				b.WriteByte(byte(c))
				i += 2
				continue
			}
		}
		b.WriteByte(field[i])
	}
	return b.String()
}
