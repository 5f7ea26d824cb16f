package subsidy

import (
	_ "embed" // the parameters
	"slices"

	"github.com/vetgraph/vetgraph/internal/catalog"
	"github.com/vetgraph/vetgraph/internal/division"
)

//go:embed subsidy.yaml
var builtin []byte

// Parameters are how the subsidy is reckoned and paid: subsidy.yaml, read.
type Parameters struct {
	Matter    string    `yaml:"matter"`
	Finance   string    `yaml:"finance"` // external party that rolls are pushed to
	Bank      string    `yaml:"bank"`    // external party that pays and answers
	Basis     string    `yaml:"basis"`
	Remainder Remainder `yaml:"remainder"`
	Shares    []Share   `yaml:"shares"`
	Bases     []Base    `yaml:"bases"`
	Awards    Awards    `yaml:"awards,omitempty"` // left out: awards raise nothing
	Rounding  Rounding  `yaml:"rounding"`
	Roll      Roll      `yaml:"roll"`
	Returns   []Return  `yaml:"returns"`

	catalog *catalog.Catalog
}

// Remainder is how what is left over of a year counts.
type Remainder struct {
	Steps []struct {
		BelowMonths  int `yaml:"belowMonths"`
		CountsMonths int `yaml:"countsMonths"`
	} `yaml:"steps"`
	Confidence string `yaml:"confidence"`
	Source     string `yaml:"source"`
}

// Share is how many times the base a category of personnel is paid.
type Share struct {
	Category     string `yaml:"category"`
	FirstYears   int    `yaml:"firstYears"`
	FirstPercent int    `yaml:"firstPercent"`
	EachPercent  int    `yaml:"eachPercent"` // for a year above the first
	Confidence   string `yaml:"confidence"`
	Source       string `yaml:"source"`
}

// Base is the base of a place for those discharged from a year on.
type Base struct {
	Category   string `yaml:"category"`
	Division   string `yaml:"division"`
	From       int    `yaml:"from"` // year of discharge
	Fen        int    `yaml:"fen"`
	Confidence string `yaml:"confidence"`
	Source     string `yaml:"source"`
}

// Awards are what a place adds for awards; only the highest counts. The additions of
// 安置条例 22 are to the army's payment and no part of this.
type Awards struct {
	Additions []struct {
		Level   string `yaml:"level"`
		Percent int    `yaml:"percent"`
	} `yaml:"additions"`
	Confidence string `yaml:"confidence"`
	Source     string `yaml:"source"`
}

// Rounding is to what the amount is rounded, half up.
type Rounding struct {
	Fen        int    `yaml:"fen"`
	Confidence string `yaml:"confidence"`
	Source     string `yaml:"source"`
}

// Roll is how rolls are made and pushed.
type Roll struct {
	GatherHours    int    `yaml:"gatherHours"`              // by the clock
	LookWorkdays   int    `yaml:"lookWorkdays"`             // working days
	SilentWorkdays int    `yaml:"silentWorkdays,omitempty"` // working days; left out: as long as ten
	TimeoutSeconds int    `yaml:"timeoutSeconds,omitempty"` // of files from before ports said it; read by nobody
	Confidence     string `yaml:"confidence"`
	Source         string `yaml:"source"`
}

// usualSilence is how many working days who pays may be silent, where the
// parameters do not say.
const usualSilence = 10

// Return is a reason for which money comes back, in words for the person.
type Return struct {
	Code string `yaml:"code"`
	Zh   string `yaml:"zh"`
	En   string `yaml:"en"`
}

// other is the return whose words stand for codes that nobody listed.
const other = "OTHER"

// Builtin are the parameters that come with the program, for a catalogue.
func Builtin(c *catalog.Catalog) (*Parameters, error) { return Load("subsidy.yaml", builtin, c) }

// marks of confidence: those of the catalogue, and ours.
var marks = []string{"S", "C", "L", "K", "I", "R", "A"}

// Load reads parameters. Its error is [*catalog.Problems], every mistake at once.
func Load(file string, data []byte, c *catalog.Catalog) (*Parameters, error) {
	p := &Parameters{catalog: c}
	s := catalog.ReadStrict(file, data, p)
	if c.Matter(p.Matter) == nil {
		s.Blame(&p.Matter, "there is no matter %s", p.Matter)
	}
	for _, party := range []*string{&p.Finance, &p.Bank} {
		if d := c.Department(*party); d == nil || !d.External {
			s.Blame(party, "%s is no external party of the catalogue", *party)
		}
	}
	p.checkRemainder(s)
	p.checkShares(s)
	p.checkBases(s)
	p.checkRest(s)
	if err := s.Err(); err != nil {
		return nil, err
	}
	return p, nil
}

func number(s *catalog.Strict, of *int, least, most int) {
	if *of < least || *of > most {
		s.Blame(of, "is %d, not from %d to %d", *of, least, most)
	}
}

func mark(s *catalog.Strict, of *string) {
	if !slices.Contains(marks, *of) {
		s.Blame(of, "wants a mark of the catalogue, or A")
	}
}

// checkRemainder sees that every remainder counts, a longer one for no less.
func (p *Parameters) checkRemainder(s *catalog.Strict) {
	mark(s, &p.Remainder.Confidence)
	steps := p.Remainder.Steps
	for i := range steps {
		number(s, &steps[i].BelowMonths, 1, 12)
		number(s, &steps[i].CountsMonths, 0, 12)
		if i > 0 && (steps[i].BelowMonths <= steps[i-1].BelowMonths || steps[i].CountsMonths < steps[i-1].CountsMonths) {
			s.Blame(&steps[i].BelowMonths, "stands out of order: bounds rise, and a longer remainder counts for no less")
		}
	}
	if n := len(steps); n == 0 || steps[n-1].BelowMonths != 12 {
		s.Blame(&p.Remainder.Steps, "does not reach 12 months: every remainder must count as something")
	}
}

func (p *Parameters) checkShares(s *catalog.Strict) {
	seen := map[string]bool{}
	for i := range p.Shares {
		h := &p.Shares[i]
		if seen[h.Category] || !coded(p.catalog, "personnelCategory", h.Category) {
			s.Blame(&h.Category, "%q is no category of personnel, or stands here twice", h.Category)
		}
		seen[h.Category] = true
		number(s, &h.FirstYears, 0, 60)
		number(s, &h.FirstPercent, 0, 10_000)
		number(s, &h.EachPercent, 0, 10_000)
		mark(s, &h.Confidence)
		if !slices.ContainsFunc(p.Bases, func(b Base) bool { return b.Category == h.Category }) {
			s.Blame(&h.Category, "%s has a share and no base", h.Category)
		}
	}
}

func (p *Parameters) checkBases(s *catalog.Strict) {
	for i := range p.Bases {
		b := &p.Bases[i]
		if !slices.ContainsFunc(p.Shares, func(h Share) bool { return h.Category == b.Category }) {
			s.Blame(&b.Category, "%s has a base and no share", b.Category)
		}
		if code, ok := division.Normalize(b.Division); !ok || code != b.Division {
			s.Blame(&b.Division, "%q is not a division of 12 digits", b.Division)
		}
		number(s, &b.From, 1950, 2200)
		number(s, &b.Fen, 1, 1_000_000_000)
		mark(s, &b.Confidence)
		if slices.ContainsFunc(p.Bases[:i], func(o Base) bool { return o.Category == b.Category && o.Division == b.Division && o.From == b.From }) {
			s.Blame(&b.From, "the base of %s in %s from %d stands here twice", b.Category, b.Division, b.From)
		}
	}
}

func (p *Parameters) checkRest(s *catalog.Strict) {
	levels := map[string]bool{}
	for i := range p.Awards.Additions {
		a := &p.Awards.Additions[i]
		if levels[a.Level] || !coded(p.catalog, "awardLevel", a.Level) {
			s.Blame(&a.Level, "%q is no level of award, or stands here twice", a.Level)
		}
		levels[a.Level] = true
		number(s, &a.Percent, 0, 1000)
	}
	if len(p.Awards.Additions) > 0 {
		mark(s, &p.Awards.Confidence)
	}
	number(s, &p.Rounding.Fen, 1, 100_000)
	mark(s, &p.Rounding.Confidence)
	number(s, &p.Roll.GatherHours, 0, 31*24)
	number(s, &p.Roll.LookWorkdays, 1, 60)
	if p.Roll.SilentWorkdays == 0 {
		p.Roll.SilentWorkdays = usualSilence
	}
	number(s, &p.Roll.SilentWorkdays, 1, 250)
	mark(s, &p.Roll.Confidence)
	if !slices.ContainsFunc(p.Returns, func(r Return) bool { return r.Code == other }) {
		s.Blame(&p.Returns, "has no words for %s", other)
	}
}

func coded(c *catalog.Catalog, list, code string) bool {
	l := c.Codes[list]
	return l != nil && slices.ContainsFunc(l.Items, func(i catalog.CodeItem) bool { return i.Code == code })
}

// named is what a code of a list is called.
func (p *Parameters) named(list, code string) catalog.Text {
	if l := p.catalog.Codes[list]; l != nil {
		if i := slices.IndexFunc(l.Items, func(i catalog.CodeItem) bool { return i.Code == code }); i >= 0 {
			return l.Items[i].Name
		}
	}
	return catalog.Text{Zh: code, En: code}
}

// returned are the words for a reason of a return.
func (p *Parameters) returned(code string) Return {
	i := slices.IndexFunc(p.Returns, func(r Return) bool { return r.Code == code })
	if i < 0 {
		i = slices.IndexFunc(p.Returns, func(r Return) bool { return r.Code == other })
	}
	return p.Returns[i]
}
