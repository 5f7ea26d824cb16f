// Package slice is what a partner agency may read of the graph: one file each, and everything about it follows from the file.
//
// A slice says for which purpose and on which basis who may read which fields of
// whom, for how long, how often, and how long they may keep it. From it come the
// partner's own schema ([Slice.Cut]), the rows ([Rows], which internal/guard turns
// into a condition), the notice to the person ([Slice.Notice]) and the public
// register. What a slice does not name is not there: default deny
// (个人信息保护法 art. 6: the smallest scope; art. 23: to whom, for what, which kinds).
package slice

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/vetgraph/vetgraph/internal/access"
	"github.com/vetgraph/vetgraph/internal/words"
	"github.com/vetgraph/vetgraph/internal/workday"
)

// Slice is one file, checked. Ask [Slice.Cut] before use whether the schema has it all.
type Slice struct {
	Name    string     `yaml:"slice"`
	Version int        `yaml:"version"`
	Title   words.Text `yaml:"title"`
	Partner Partner    `yaml:"partner"`
	Purpose Purpose    `yaml:"purpose"`
	Basis   Basis      `yaml:"basis"`
	Fields  Fields     `yaml:"fields"`
	Rows    Rows       `yaml:"rows"`
	Period  Period     `yaml:"period"`
	Often   Frequency  `yaml:"frequency"`
	// Keep is how many calendar days the partner may keep what it has read.
	Keep int `yaml:"keepDays"`
	// Changes are what the partner is told of by webhook; empty: nothing.
	Changes Changes  `yaml:"changes,omitempty"`
	Clients []Client `yaml:"clients"`

	text []byte // the file as it was read: what reviewers sign
}

// Partner is the agency, and whom a person may turn to there (PIPL 23).
type Partner struct {
	Name    words.Text `yaml:"name"`
	Contact string     `yaml:"contact"`
}

// Purpose is what the data is read for; each request repeats its code.
type Purpose struct {
	Code string     `yaml:"code"`
	Text words.Text `yaml:"text"`
}

// Basis is what allows it: access.StatutoryDuty with its article, or access.ByConsent.
type Basis struct {
	Kind    string `yaml:"kind"`
	Article string `yaml:"article"`
}

// Period is the first and the last day on which the slice is open, both included.
type Period struct {
	From  string `yaml:"from"`
	Until string `yaml:"until"`

	first, last workday.Day
}

// First is the first day.
func (p Period) First() workday.Day { return p.first }

// Last is the last day.
func (p Period) Last() workday.Day { return p.last }

// Frequency bounds how often the partner may ask.
type Frequency struct {
	PerMinute int `yaml:"perMinute"`
	PerDay    int `yaml:"perDay"`
}

// Rows is whom the slice is about: those who settle in a division and below it,
// and of whom every condition is true.
type Rows struct {
	Division string     `yaml:"division"` // twelve digits
	Where    []Of       `yaml:"where"`
	Text     words.Text `yaml:"text"`
}

// Of is one condition on a person: that the record holds a fact with one of these values.
type Of struct {
	Fact string   `yaml:"fact"` // one of [Facts]
	In   []string `yaml:"in"`
}

// Client is one program of the partner's: how it is called, and how it shows that:
// by the public key it signs with (a JWK of RFC 7517; RFC 7523 private-key JWT), by
// the certificate of its connection (RFC 8705), or, where both stand here, by both.
type Client struct {
	ID          string            `yaml:"id"`
	Key         map[string]string `yaml:"key,omitempty"`
	Certificate Certificate       `yaml:"certificate,omitempty"`
}

// Certificate is how a client's certificate is known: by its own SHA-256, whoever
// issued it, or by a DNS name in it that an authority of the operator's vouches for.
type Certificate struct {
	SHA256 string `yaml:"sha256,omitempty"` // of the DER, base64url without padding: x5t#S256 of RFC 8705
	DNS    string `yaml:"dns,omitempty"`
}

// Facts are the facts that rows may be chosen by: table and column of the record.
// A column is named here and nowhere else, so a file cannot reach another.
var Facts = map[string]struct{ Table, Column string }{
	"settlement.mode":        {"settlements", "mode"},
	"preferentialCard.state": {"preferential_cards", "state"},
	"socialSecurityCard":     {"social_security_cards", "state"},
	"enrolment.branch":       {"enrolments", "branch"},
	"enrolment.state":        {"enrolments", "state"},
	"employment.status":      {"employment_records", "status"},
	"training.state":         {"trainings", "state"},
}

// Ground is what a partner reads for by this slice.
func (s *Slice) Ground() access.Ground {
	return access.Ground{Purpose: s.Purpose.Code, Basis: s.Basis.Kind, Article: s.Basis.Article}
}

// Open tells whether the slice may be read on a day.
func (s *Slice) Open(day workday.Day) bool {
	return s.Period.first <= day && day <= s.Period.last
}

// Ends is the moment from which the slice is closed for good.
func (s *Slice) Ends() time.Time { return s.Period.last.AddDays(1).Time() }

// Asks tells whether the person's own consent is needed.
func (s *Slice) Asks() bool { return s.Basis.Kind == access.ByConsent }

// Label is name and version.
func (s *Slice) Label() string { return fmt.Sprintf("%s@%d", s.Name, s.Version) }

// Client is the partner's program with this name, nil if there is none.
func (s *Slice) Client(id string) *Client {
	for i := range s.Clients {
		if s.Clients[i].ID == id {
			return &s.Clients[i]
		}
	}
	return nil
}

// Register is every slice there is, by name.
type Register struct{ all []*Slice }

// All lists the slices in order of name.
func (r *Register) All() []*Slice { return slices.Clone(r.all) }

// Get is the slice with this name, nil if there is none.
func (r *Register) Get(name string) *Slice {
	if r == nil {
		return nil
	}
	for _, s := range r.all {
		if s.Name == name {
			return s
		}
	}
	return nil
}

// Of is the slice of a partner's program, nil if no slice names it.
func (r *Register) Of(client string) *Slice {
	if r == nil {
		return nil
	}
	for _, s := range r.all {
		if s.Client(client) != nil {
			return s
		}
	}
	return nil
}

// Notice is what a person is told of the slice, in Chinese and English (PIPL 17,
// 23): who reads what of whom, for what, on which basis, how long, and whom to ask.
// described answers the description of a schema coordinate such as "Veteran.name".
func (s *Slice) Notice(described func(coordinate string) words.Text) words.Text {
	var zh, en []string
	for _, c := range s.Fields.Told() {
		t := described(c)
		zh, en = append(zh, t.Zh), append(en, t.En)
	}
	basisZh, basisEn := "依据"+s.Basis.Article+"，无需另行同意", "as the law provides: "+s.Basis.Article
	if s.Asks() {
		basisZh, basisEn = "须经您单独同意（"+s.Basis.Article+"），您可以随时撤回，撤回后立即停止读取", "with your separate consent ("+s.Basis.Article+"), which you may withdraw at any time; reading then stops at once"
	}
	toldZh, toldEn := "", ""
	if len(s.Changes) > 0 {
		toldZh, toldEn = "其中部分信息变化时，会告诉对方哪一项变了，不含内容。", " When some of it changes, they are told which item, and not to what."
	}
	return words.Text{
		Zh: fmt.Sprintf("%s为“%s”读取您的以下信息：%s。%s。范围：%s。有效期：%s至%s。对方最多保存%d天。联系方式：%s。%s每一次读取敏感信息都有记录，您可以查看并核验。",
			s.Partner.Name.Zh, s.Purpose.Text.Zh, strings.Join(unique(zh), "、"), basisZh, s.Rows.Text.Zh, s.Period.From, s.Period.Until, s.Keep, s.Partner.Contact, toldZh),
		En: fmt.Sprintf("%s reads the following of you for %q: %s; %s. Who: %s. From %s to %s. It may be kept for %d days. Contact: %s.%s Every reading of sensitive data is recorded; you may see and check it.",
			s.Partner.Name.En, s.Purpose.Text.En, strings.Join(unique(en), ", "), basisEn, s.Rows.Text.En, s.Period.From, s.Period.Until, s.Keep, s.Partner.Contact, toldEn),
	}
}

func unique(texts []string) (out []string) {
	for _, t := range texts {
		if !slices.Contains(out, t) {
			out = append(out, t)
		}
	}
	return out
}
