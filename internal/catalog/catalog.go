// Package catalog is everything offered: matters, fields, materials, code lists, departments and ports, as files.
//
// A catalogue is read once by [Load], which reports every mistake at once with
// file and line, and does not change afterwards. The one that ships is in the
// folders beside this file; an operator replaces it with --catalog DIR.
// Every fact keeps its confidence mark and its sources, for the built-in
// catalogue is a reconstruction and says so.
//
// Who may file a matter, when a paper is needed and when a field is asked are
// rules in CEL over field IDs ([Expr]). They are three-valued: what nobody has
// told is unknown, what is told not to exist is null, and a rule must have an
// answer for null. To add a matter, write matters/CODE-slug.yaml and its six
// ports; the loader says what is still missing.
package catalog

import (
	"regexp"

	"cel.dev/cel-go/cel"

	"github.com/vetgraph/vetgraph/internal/words"
)

// Text is what people read, Chinese first.
type Text = words.Text

// Evidence says how sure a fact is and where it comes from. Confidence is a key
// of [Meta.Confidence]; Sources are keys of [Catalog.Sources].
type Evidence struct {
	Confidence string   `yaml:"confidence" json:"confidence"`
	Sources    []string `yaml:"sources,omitempty" json:"sources,omitempty"`
}

// Catalog is everything offered.
type Catalog struct {
	Version     string // label and content hash, e.g. "draft-1+3f9ac1d27b40"; two catalogues with equal bytes have equal versions
	Meta        Meta
	Sources     map[string]string
	Departments []*Department // in file order; the six that take part, then the external parties
	Codes       map[string]*CodeList
	Materials   []*Material // in code order
	Fields      []*Field    // in form order: by section, then as listed
	Matters     []*Matter   // in code order
	Ports       []*Port     // in ID order
	Process     Process
	Derived     []*Fact // what rules may read besides the fields, in file order

	facts       map[string]string // every name a rule may read -> its kind
	env         *cel.Env
	departments map[string]*Department
	materials   map[string]*Material
	fields      map[string]*Field
	matters     map[string]*Matter
	ports       map[string]*Port
	derived     map[string]*Fact
}

// Department returns the department or external party with a code, or nil.
func (c *Catalog) Department(code string) *Department { return c.departments[code] }

// Material returns the material with a code, or nil.
func (c *Catalog) Material(code string) *Material { return c.materials[code] }

// Field returns the data element with an ID, or nil; the process's own fields too.
func (c *Catalog) Field(id string) *Field { return c.fields[id] }

// Matter returns the matter with a code or slug, or nil.
func (c *Catalog) Matter(code string) *Matter { return c.matters[code] }

// Port returns the port with an ID, or nil.
func (c *Catalog) Port(id string) *Port { return c.ports[id] }

// Fact returns the derived fact with an ID, or nil.
func (c *Catalog) Fact(id string) *Fact { return c.derived[id] }

// Meta says what a catalogue is.
type Meta struct {
	Title      Text              `yaml:"title"`
	Label      string            `yaml:"label"` // e.g. draft-1
	AsOf       string            `yaml:"asOf"`  // date
	Disclaimer Text              `yaml:"disclaimer"`
	Confidence map[string]string `yaml:"confidence"` // mark -> meaning
	Published  map[string]int    `yaml:"published"`  // totals the publisher states; compared with the computed ones by Differences, never used in a plan
}

// Fact is something rules may read that no form asks: computed from other facts
// (From), or told by a department (Origin).
type Fact struct {
	ID     string   `yaml:"id"`
	Name   Text     `yaml:"name"`
	Type   string   `yaml:"type"` // as of a Field
	From   []string `yaml:"from,omitempty"`
	Origin string   `yaml:"source,omitempty"`
}

// Department is an authority that decides matters, or (External) a party that
// takes part without deciding any.
type Department struct {
	Code     string   `yaml:"code"`
	Name     Text     `yaml:"name"`
	Role     string   `yaml:"role"`   // lead, handler, coordinator, external
	Levels   []string `yaml:"levels"` // of division: province city county township village
	Evidence `yaml:",inline"`
	External bool `yaml:"-"`
}

// CodeList is a closed list of values.
type CodeList struct {
	ID        string `yaml:"id"`
	Standard  string `yaml:"standard"`
	Note      string `yaml:"note,omitempty"`
	Evidence  `yaml:",inline"`
	Open      bool                `yaml:"open,omitempty"` // the list is a subset or lives elsewhere (divisions): values outside it are not refused
	Items     []CodeItem          `yaml:"items,omitempty"`
	AllowedBy string              `yaml:"allowedBy,omitempty"` // the list whose codes are the keys of Allowed
	Allowed   map[string][]string `yaml:"allowed,omitempty"`   // combinations with another list, e.g. category -> settlement modes
}

// CodeItem is one value of a code list.
type CodeItem struct {
	Code string `yaml:"code"`
	Name Text   `yaml:"name"`
	Note string `yaml:"note,omitempty"` // e.g. the category a rank belongs to, the percent an award adds
}

// Disposition is what becomes of a paper when matters are handled as one.
type Disposition string

// The dispositions, a closed list.
const (
	Keep           Disposition = "KEEP"             // the applicant brings it
	New            Disposition = "NEW"              // made by handling as one: the joint form
	ProducedInside Disposition = "PRODUCED_INSIDE"  // the result of a matter of the case
	MergedIntoForm Disposition = "MERGED_INTO_FORM" // its questions are part of the joint form
)

// Material is a paper.
type Material struct {
	Code        string      `yaml:"code"`
	Name        Text        `yaml:"name"`
	Disposition Disposition `yaml:"disposition"`
	ProducedBy  string      `yaml:"producedBy,omitempty"` // matter code, with PRODUCED_INSIDE
	When        string      `yaml:"when,omitempty"`       // CEL: needed only if true of the person
	Gap         bool        `yaml:"gap,omitempty"`        // minor: may be promised for later (容缺受理)
	Commitment  bool        `yaml:"commitment,omitempty"` // may be replaced by a signed commitment (告知承诺)
	Condition   *Expr       `yaml:"-"`                    // When, compiled; nil means always
}

// Field is a data element: asked at most once on the joint form however many matters need it.
type Field struct {
	ID          string `yaml:"id"`
	Name        Text   `yaml:"name"`
	Group       string `yaml:"-"`                   // form section, from the file it stands in; "process" for the process's own
	Type        string `yaml:"type"`                // string code date decimal int money bool list file ref biometric
	Format      string `yaml:"format,omitempty"`    // for people: the standard or pattern in words
	Pattern     string `yaml:"pattern,omitempty"`   // RE2, anchored by the loader, for machines; with type date it widens what is a date (长期)
	MinLength   int    `yaml:"minLength,omitempty"` // characters
	MaxLength   int    `yaml:"maxLength,omitempty"` // characters
	Check       string `yaml:"check,omitempty"`     // a named check in Go: citizenNumber, luhn (16 digits and more), notFuture, division, equalsName
	Codes       string `yaml:"codes,omitempty"`     // code list ID
	Origin      string `yaml:"source"`              // source of record: a department or party code, APPLICANT or DERIVED
	OutputOf    string `yaml:"outputOf,omitempty"`  // matter whose result gives the value
	OnSite      bool   `yaml:"onSite,omitempty"`    // taken at the window, never typed or stored (biometrics)
	Sensitivity string `yaml:"sensitivity"`         // PERSONAL, SENSITIVE, MILITARY_RESTRICTED
	FormKey     string `yaml:"formKey,omitempty"`   // key in the Zhejiang form this catalogue learned from
	Optional    bool   `yaml:"optional,omitempty"`  // may stay empty
	When        string `yaml:"when,omitempty"`      // CEL over fields: asked only if true
	Condition   *Expr  `yaml:"-"`

	match *regexp.Regexp
}

// Matches says whether a text is as Pattern demands; without a pattern everything is.
func (f *Field) Matches(s string) bool { return f.match == nil || f.match.MatchString(s) }

// Matter is one thing a department does for a veteran.
type Matter struct {
	Code           string          `yaml:"code"`
	Slug           string          `yaml:"slug"`
	Name           Text            `yaml:"name"`
	NameEvidence   Evidence        `yaml:"nameEvidence"`
	Origin         string          `yaml:"origin"` // national or local
	Lead           string          `yaml:"lead"`   // department code
	With           []string        `yaml:"with,omitempty"`
	AcceptLevels   []string        `yaml:"acceptLevels"`
	DecideLevel    string          `yaml:"decideLevel"`
	Duty           Duty            `yaml:"duty"`
	Eligibility    Eligibility     `yaml:"eligibility"`
	Days           Days            `yaml:"days"`
	After          []Dependency    `yaml:"after,omitempty"` // matters that must be done first
	Materials      MaterialNeed    `yaml:"materials"`
	Visits         Count           `yaml:"visits"` // compulsory personal visits, done alone
	Steps          Count           `yaml:"steps"`  // handling steps, done alone
	InPerson       *InPerson       `yaml:"inPerson,omitempty"`
	BeforeDispatch *BeforeDispatch `yaml:"beforeDispatch,omitempty"`
	Asks           []string        `yaml:"asks"`              // field IDs of its own form
	Defects        []Defect        `yaml:"defects,omitempty"` // what officers find most often, by code
	Result         Result          `yaml:"result"`
	Law            []Law           `yaml:"law"`
	StatutoryLimit Stated          `yaml:"statutoryLimit"`
	ApplicantLimit *Limit          `yaml:"applicantLimit,omitempty"`
	BasicItemCode  string          `yaml:"basicItemCode,omitempty"`
	Remedy         Text            `yaml:"remedy"`   // where a refused applicant may turn, printed on the feedback sheet
	NextStep       Text            `yaml:"nextStep"` // what to do with an approved result, printed on the feedback sheet
	Notes          []string        `yaml:"notes,omitempty"`
}

// Duty says whether the person must or may file a matter, with the law.
type Duty struct {
	Kind  string `yaml:"kind"` // MUST or MAY
	Basis string `yaml:"basis"`
}

// Eligibility is who may file: every condition must hold.
type Eligibility struct {
	Basis      string      `yaml:"basis"`
	Conditions []Condition `yaml:"conditions"`
}

// Condition is one requirement on the person, a CEL expression over field IDs
// (and the derived today, age), with the words that explain it.
type Condition struct {
	When     string `yaml:"when"`
	Say      Text   `yaml:"say"`
	Evidence `yaml:",inline"`
	Expr     *Expr `yaml:"-"`
}

// Days are working days promised.
type Days struct {
	Alone     int `yaml:"alone"`     // done alone, pre-review included
	PreReview int `yaml:"preReview"` // the part that moves in front of acceptance when handled as one
	Evidence  `yaml:",inline"`
}

// Joint is the working days on the clock when handled as one: pre-review is in front of acceptance.
func (d Days) Joint() int { return d.Alone - d.PreReview }

// Dependency is a matter that must end first, with the reason and its evidence.
type Dependency struct {
	Matter   string `yaml:"matter"`
	Reason   Text   `yaml:"reason"`
	Evidence `yaml:",inline"`
}

// MaterialNeed is the papers a matter asks for. Each need is met by any one of its alternatives.
type MaterialNeed struct {
	Needs    []Need `yaml:"needs"`
	Evidence `yaml:",inline"`
}

// Need is met by any one of these materials (usually there is one). In YAML a bare code or {anyOf: [..]}.
type Need struct {
	AnyOf []string `yaml:"anyOf"`
}

// Count is a number with its evidence.
type Count struct {
	Value    int `yaml:"value"`
	Evidence `yaml:",inline"`
}

// InPerson is a step that the person must take themself.
type InPerson struct {
	Window   string `yaml:"window"` // ID of a [Window]
	Where    Text   `yaml:"where"`
	Why      Text   `yaml:"why"`
	Evidence `yaml:",inline"`
}

// Result is what a matter ends in when approved.
type Result struct {
	Name    Text     `yaml:"name"`
	Kind    string   `yaml:"kind"`              // RECEIPT PAYMENT REGISTRATION CERTIFICATE TRANSFER
	Outputs []string `yaml:"outputs,omitempty"` // field IDs the department's result carries, inputs of later matters
}

// Law is an act and its articles.
type Law struct {
	Act      string   `yaml:"act"`
	Articles []string `yaml:"articles"`
}

// Stated is a sentence with its evidence.
type Stated struct {
	Text     Text `yaml:"text"`
	Evidence `yaml:",inline"`
}

// Limit is the applicant's own deadline, in calendar days.
type Limit struct {
	CalendarDays int    `yaml:"calendarDays"`
	From         string `yaml:"from"` // field ID of a date
	AppliesTo    Text   `yaml:"appliesTo"`
	When         string `yaml:"when,omitempty"` // CEL: AppliesTo for machines
	Condition    *Expr  `yaml:"-"`              // When, compiled; nil means everybody
	Overdue      Text   `yaml:"overdue,omitempty"`
	Evidence     `yaml:",inline"`
}

// Process is what handling as one does to every case.
type Process struct {
	Sections      []Section `yaml:"sections"`    // of the joint form, in order
	PublicSteps   []Step    `yaml:"publicSteps"` // what the person does: submit, take the feedback sheet
	Windows       []Window  `yaml:"windows"`     // where personal steps of several matters meet in one visit
	JointForm     string    `yaml:"jointForm"`   // material code of the joint form
	SixOnes       []Text    `yaml:"sixOnes"`
	ProcessFields []*Field  `yaml:"processFields"` // consent, commitment, agent: asked by the process, not by a matter
}

// Section is a part of the joint form.
type Section struct {
	Group string `yaml:"group"`
	Name  Text   `yaml:"name"`
}

// Step is something the person does in the joint process.
type Step struct {
	ID   string `yaml:"id"`
	Name Text   `yaml:"name"`
}

// Window is a desk where one visit serves several matters.
type Window struct {
	ID      string   `yaml:"id"`
	Name    Text     `yaml:"name"`
	Matters []string `yaml:"matters"`
}
