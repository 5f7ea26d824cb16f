package notify

import (
	_ "embed" // the notices
	"regexp"
	"slices"
	"strings"
	"sync"
	"unicode/utf8"

	"github.com/vetgraph/vetgraph/internal/catalog"
	"github.com/vetgraph/vetgraph/internal/words"
)

//go:embed notices.yaml
var notices []byte

// Words are what people are told of which event, and how: notices.yaml, read.
type Words struct {
	Settings  Settings `yaml:"settings"`
	Untold    []Untold `yaml:"untold"`
	Otherwise Facts    `yaml:"otherwise"`
	Notices   []Text   `yaml:"notices"`

	by map[string]*Text
}

// Settings are the ways and times of telling.
type Settings struct {
	Channels       []string `yaml:"channels"`       // in turn; behind the last a person calls
	UnreadWorkdays int      `yaml:"unreadWorkdays"` // working days
	SMSHours       int      `yaml:"smsHours"`       // hours by the clock
	SecretHours    int      `yaml:"secretHours"`    // hours by the clock
	Confidence     string   `yaml:"confidence"`
}

// Untold is a kind of event that is not told by itself, and why.
type Untold struct {
	Kind string `yaml:"kind"`
	Why  string `yaml:"why"`
}

// Facts stand in for what a notice lacks.
type Facts struct {
	Number     words.Text `yaml:"number"`
	Matter     words.Text `yaml:"matter"`
	Department words.Text `yaml:"department"`
	Due        words.Text `yaml:"due"`
	Words      words.Text `yaml:"words"`
	Code       words.Text `yaml:"code"`
}

// Text is what is told of one kind of event.
type Text struct {
	Kind     string      `yaml:"kind"`
	Title    words.Text  `yaml:"title"`
	Body     words.Text  `yaml:"body"`
	SMS      *words.Text `yaml:"sms,omitempty"`      // instead of the body; without people's words
	Channels []string    `yaml:"channels,omitempty"` // instead of the usual ones
}

var builtin = sync.OnceValues(func() (*Words, error) { return Load("notices.yaml", notices) })

// Builtin are the notices that ship with the program. All callers share them.
func Builtin() (*Words, error) { return builtin() }

var (
	placeholder  = regexp.MustCompile(`\{[^{}]*\}`)
	placeholders = []string{"{number}", "{matter}", "{department}", "{due}", "{words}", "{code}"}
	channels     = []string{"SMS", "IN_APP"}
	kindName     = regexp.MustCompile(`^[A-Z][A-Z_]{2,39}$`)
)

// mustTell are the kinds that nobody may leave out: without them a case could end,
// or a silence be taken over, and the veteran not know.
var mustTell = []string{
	"CASE_NOT_ACCEPTED", "CASE_COMPLETED", "CASE_PARTIALLY_COMPLETED", "CASE_REJECTED", "CASE_WITHDRAWN", "CASE_TERMINATED", "SILENCE_ESCALATED",
}

// longest is how long a body may be, in characters of both languages together: as
// a short message with its facts filled in it stays within what a gateway takes.
const longest = 360

// Load reads notices. Its error is [*catalog.Problems], every mistake at once.
func Load(file string, data []byte) (*Words, error) {
	w := &Words{by: map[string]*Text{}}
	s := catalog.ReadStrict(file, data, w)
	w.Settings.check(s)
	for i := range w.Notices {
		t := &w.Notices[i]
		if w.by[t.Kind] != nil {
			s.Blame(&t.Kind, "%s stands here twice", t.Kind)
		}
		w.by[t.Kind] = t
		t.check(s)
	}
	for i := range w.Untold {
		if u := &w.Untold[i]; w.by[u.Kind] != nil {
			s.Blame(&u.Kind, "%s is told, so it is not untold", u.Kind)
		}
	}
	for _, kind := range mustTell {
		if w.by[kind] == nil {
			s.Blame(&w.Notices, "%s must be told: no case ends, and no silence is taken over, without the person knowing", kind)
		}
	}
	return w, s.Err()
}

func (o *Settings) check(s *catalog.Strict) {
	checkChannels(s, &o.Channels)
	for _, n := range []*int{&o.UnreadWorkdays, &o.SMSHours, &o.SecretHours} {
		if *n < 1 || *n > 720 {
			s.Blame(n, "wants a number from 1 to 720")
		}
	}
}

func checkChannels(s *catalog.Strict, of *[]string) {
	if len(*of) == 0 {
		s.Blame(of, "wants at least one channel: %s", strings.Join(channels, ", "))
	}
	for i := range *of {
		if c := &(*of)[i]; !slices.Contains(channels, *c) {
			s.Blame(c, "unknown channel %q; there are %s", *c, strings.Join(channels, ", "))
		} else if slices.Contains((*of)[:i], *c) {
			s.Blame(c, "%s stands here twice", *c)
		}
	}
}

func (t *Text) check(s *catalog.Strict) {
	if !kindName.MatchString(t.Kind) {
		s.Blame(&t.Kind, "a kind is written like CASE_ACCEPTED")
	}
	if t.Channels != nil {
		checkChannels(s, &t.Channels)
	}
	all := []*words.Text{&t.Title, &t.Body}
	if t.SMS != nil {
		all = append(all, t.SMS)
	}
	for _, text := range all {
		for _, language := range []*string{&text.Zh, &text.En} {
			for _, p := range placeholder.FindAllString(*language, -1) {
				if !slices.Contains(placeholders, p) {
					s.Blame(language, "unknown placeholder %s; there are %s", p, strings.Join(placeholders, " "))
				}
			}
		}
		if utf8.RuneCountInString(text.Zh)+utf8.RuneCountInString(text.En) > longest {
			s.Blame(text, "is longer than %d characters in both languages together", longest)
		}
	}
	if strings.Contains(t.Title.Zh+t.Title.En, "{") {
		s.Blame(&t.Title, "a title has no placeholders")
	}
	if sms := t.sms(); strings.Contains(sms.Zh+sms.En, "{words}") {
		s.Blame(&t.Body, "has {words}, which a short message may not carry: give it a text of its own under sms")
	}
}

func (t *Text) sms() words.Text {
	if t.SMS != nil {
		return *t.SMS
	}
	return t.Body
}

// channels are those of a kind, in turn.
func (w *Words) channels(kind string) []string {
	if t := w.by[kind]; t != nil && t.Channels != nil {
		return t.Channels
	}
	return w.Settings.Channels
}

// Tells says whether people are told of a kind of event.
func (w *Words) Tells(kind string) bool { return w.by[kind] != nil }
