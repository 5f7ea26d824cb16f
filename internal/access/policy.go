package access

import (
	_ "embed" // policy.yaml
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"

	"github.com/vetgraph/vetgraph/internal/catalog"
	"github.com/vetgraph/vetgraph/internal/words"
)

//go:embed policy.yaml
var policy []byte

// Policy is the closed model of who may see and do what: policy.yaml, read. What
// it does not list nobody may.
type Policy struct {
	Classes  map[string]words.Text        `yaml:"classes"` // @tag of the schema -> its name
	Acts     []ActRule                    `yaml:"acts"`
	Signed   []string                     `yaml:"signed"` // root fields for everybody who is signed in
	Open     []string                     `yaml:"open"`   // root fields for everybody
	Doors    []Door                       `yaml:"doors"`
	Roles    []Role                       `yaml:"roles"`
	Rows     []Rows                       `yaml:"rows"`
	Called   map[string]string            `yaml:"called"`   // type of the schema -> entity, where the names differ
	Itself   []string                     `yaml:"itself"`   // types that tell of whoever asks
	Elements map[string]map[string]string `yaml:"elements"` // type -> field -> elements of the catalogue, or one of Theirs, Own, Asked

	roles  map[Kind]*Role
	sights map[string]map[Kind]Sight // by entity
	asks   map[string]Act            // by root field; empty for Signed and Open
}

// ActRule is an act and the root fields that ask for it, as Type.field.
type ActRule struct {
	Act  Act      `yaml:"act"`
	Zh   string   `yaml:"zh"`
	En   string   `yaml:"en"`
	Asks []string `yaml:"asks"`
}

// Door is a way by which data leaves, and for which roles.
type Door struct {
	Name  string `yaml:"door"`
	Zh    string `yaml:"zh"`
	En    string `yaml:"en"`
	At    string `yaml:"at"` // path, or the beginning of one where it ends in a stroke
	Roles []Kind `yaml:"roles"`
}

// Role is what a kind of viewer is there for.
type Role struct {
	Kind        Kind     `yaml:"role"`
	Zh          string   `yaml:"zh"`
	En          string   `yaml:"en"`
	Where       string   `yaml:"where"`
	Reads       Ground   `yaml:"reads,omitempty"`
	Acts        []Act    `yaml:"acts,omitempty"`
	Classes     []string `yaml:"classes"`
	Needed      bool     `yaml:"needed,omitempty"`      // of the sensitive and the military only what the department needs, see [Policy.Needs]
	Administers string   `yaml:"administers,omitempty"` // SYSTEM, SECURITY or AUDIT; whoever does one does no other
}

// Rows are entities of the record and which rows of them each role sees.
type Rows struct {
	Of  []string       `yaml:"of"`
	See map[Kind]Sight `yaml:"see,omitempty"`
}

// Sight is a condition on rows, of a closed list; internal/guard makes a predicate of it.
type Sight string

// The sights. None is the one of a role that is not named.
const (
	None          Sight = ""
	All           Sight = "ALL"
	SelfOnly      Sight = "SELF"
	InDivision    Sight = "DIVISION"
	InDepartment  Sight = "DEPARTMENT"
	AsAgent       Sight = "AGENT"
	OfCase        Sight = "CASE"
	OfItem        Sight = "ITEM"
	OfCaseAndItem Sight = "CASE_ITEM"
	OfPerson      Sight = "PERSON"
	FileHandled   Sight = "FILE_HANDLED"
	Handled       Sight = "HANDLED"
	HandledPerson Sight = "HANDLED_PERSON"
	Disputed      Sight = "DISPUTED"
	Sliced        Sight = "SLICED"
)

// Sights is the closed list.
var Sights = []Sight{
	All, SelfOnly, InDivision, InDepartment, AsAgent, OfCase, OfItem, OfCaseAndItem, OfPerson, FileHandled, Handled, HandledPerson, Disputed, Sliced,
}

// In place of an element: what stands there is looked at value by value, is for the
// person and the window alone, or belongs to what is before the department.
const (
	Theirs = "THEIRS"
	Own    = "OWN"
	Asked  = "ASKED"
)

var (
	wheres          = []string{"SELF", "DIVISION", "DEPARTMENT", "SLICE", "NOBODY"}
	bases           = []string{OwnData, ByMandate, StatutoryDuty, ByConsent}
	administrations = []string{"SYSTEM", "SECURITY", "AUDIT"}
)

// Builtin is the policy that comes with the program.
var Builtin = sync.OnceValue(func() *Policy {
	p, err := LoadPolicy("policy.yaml", policy)
	if err != nil {
		panic(err) // embedded, and tested
	}
	return p
})

// LoadPolicy reads a policy from YAML. Its error is [*catalog.Problems], every mistake at once.
func LoadPolicy(file string, data []byte) (*Policy, error) {
	p := &Policy{roles: map[Kind]*Role{}, sights: map[string]map[Kind]Sight{}, asks: map[string]Act{}}
	s := catalog.ReadStrict(file, data, p)
	p.readActs(s)
	p.readRoles(s)
	for i := range p.Doors {
		d := &p.Doors[i]
		for j := range d.Roles {
			if p.roles[d.Roles[j]] == nil || slices.Contains(d.Roles[:j], d.Roles[j]) {
				s.Blame(&d.Roles[j], "%s is no role, or comes twice", d.Roles[j])
			}
		}
		if !strings.HasPrefix(d.At, "/") || slices.ContainsFunc(p.Doors[:i], func(o Door) bool { return o.Name == d.Name || o.At == d.At }) {
			s.Blame(&d.At, "wants a path of its own, and a name")
		}
	}
	p.readRows(s)
	for _, typ := range slices.Sorted(maps.Keys(p.Called)) {
		if p.Called[typ] != "NONE" && p.sights[p.Called[typ]] == nil {
			s.BlameKey(&p.Called, typ, "%s is no entity", p.Called[typ])
		}
	}
	for _, typ := range slices.Sorted(maps.Keys(p.Elements)) {
		for field, elements := range p.Elements[typ] {
			if len(strings.Fields(elements)) == 0 {
				s.BlameKey(&p.Elements, typ, "%s.%s tells nothing", typ, field)
			}
		}
	}
	if err := s.Err(); err != nil {
		return nil, err
	}
	return p, nil
}

func (p *Policy) readActs(s *catalog.Strict) {
	listed := func(fields []string, act Act) {
		for i, f := range fields {
			kind, name, ok := strings.Cut(f, ".")
			if _, twice := p.asks[f]; twice || !ok || name == "" || !slices.Contains([]string{"Query", "Mutation", "Subscription"}, kind) {
				s.Blame(&fields[i], "%s is no root field, or stands here twice", f)
			}
			p.asks[f] = act
		}
	}
	for i := range p.Acts {
		a := &p.Acts[i]
		if slices.ContainsFunc(p.Acts[:i], func(o ActRule) bool { return o.Act == a.Act }) {
			s.Blame(&a.Act, "%s stands here twice", a.Act)
		}
		listed(a.Asks, a.Act)
	}
	listed(p.Signed, "")
	listed(p.Open, "")
}

func (p *Policy) readRoles(s *catalog.Strict) {
	among := func(of any, value string, all []string) {
		if !slices.Contains(all, value) {
			s.Blame(of, "%q is none of %v", value, all)
		}
	}
	administered := map[string]Kind{}
	for i := range p.Roles {
		r := &p.Roles[i]
		if p.roles[r.Kind] != nil {
			s.Blame(&r.Kind, "%s stands here twice", r.Kind)
		}
		p.roles[r.Kind] = r
		among(&r.Where, r.Where, wheres)
		for j := range r.Classes {
			if _, ok := p.Classes[r.Classes[j]]; !ok {
				s.Blame(&r.Classes[j], "%s is no class", r.Classes[j])
			}
		}
		for j := range r.Acts {
			if !slices.ContainsFunc(p.Acts, func(a ActRule) bool { return a.Act == r.Acts[j] }) || slices.Contains(r.Acts[:j], r.Acts[j]) {
				s.Blame(&r.Acts[j], "%s is no act, or comes twice", r.Acts[j])
			}
		}
		if r.Reads != (Ground{}) {
			among(&r.Reads.Basis, r.Reads.Basis, bases)
		} else if r.Where != "SLICE" && slices.ContainsFunc(r.Classes, func(c string) bool { return c != "public" && c != "operational" }) {
			s.Blame(&r.Kind, "%s is sent personal data and has no ground for it (个人信息保护法第六条、第十三条)", r.Kind)
		}
		if r.Administers == "" {
			continue
		}
		among(&r.Administers, r.Administers, administrations)
		if other, taken := administered[r.Administers]; taken {
			s.Blame(&r.Administers, "%s administers this already", other)
		}
		administered[r.Administers] = r.Kind
	}
	if len(administered) != len(administrations) {
		s.Blame(&p.Roles, "there are three administrators, %v, each with a role of its own (GB/T 22239-2019 8.1.5)", administrations)
	}
}

func (p *Policy) readRows(s *catalog.Strict) {
	for i := range p.Rows {
		r := &p.Rows[i]
		for j := range r.Of {
			if _, twice := p.sights[r.Of[j]]; twice {
				s.Blame(&r.Of[j], "%s stands here twice", r.Of[j])
			}
			p.sights[r.Of[j]] = r.See
		}
		for _, k := range slices.Sorted(maps.Keys(r.See)) {
			if p.roles[k] == nil || k == Machine || !slices.Contains(Sights, r.See[k]) {
				s.BlameKey(&r.See, string(k), "%s sees %s: no role, or no sight", k, r.See[k])
			}
		}
	}
}

// Role is what a kind is there for, nil for a kind that is none.
func (p *Policy) Role(k Kind) *Role { return p.roles[k] }

// Sight is which rows of an entity a kind sees.
func (p *Policy) Sight(entity string, k Kind) Sight { return p.sights[entity][k] }

// Entity is the entity whose rows a type of the schema shows, empty for one that is part
// of another, no part of the record, or the hub's own and told by whoever keeps it.
func (p *Policy) Entity(typ string) string {
	if e, ok := p.Called[typ]; ok {
		typ = e
	}
	if len(p.sights[typ]) == 0 {
		return ""
	}
	return typ
}

// Entities are those that the policy speaks of, sorted.
func (p *Policy) Entities() []string { return slices.Sorted(maps.Keys(p.sights)) }

// Asks is the act that a root field, as Type.field, asks for: none for what is for
// everybody. known is false for a field that the policy does not list: nobody's.
func (p *Policy) Asks(root string) (act Act, known bool) {
	act, known = p.asks[root]
	return act, known
}

// Through says whether a kind comes through a door at all.
func (p *Policy) Through(door string, k Kind) bool {
	return slices.ContainsFunc(p.Doors, func(d Door) bool { return d.Name == door && slices.Contains(d.Roles, k) })
}

// Needs says whether a department needs to know an element of a person, beyond
// what is ordinary: a matter that it leads asks for it, or it is the one that keeps it.
func Needs(c *catalog.Catalog, department, element string) bool {
	f := c.Field(element)
	if f == nil {
		return false
	}
	return f.Origin == department || slices.ContainsFunc(c.Matters, func(m *catalog.Matter) bool { return m.Lead == department && slices.Contains(m.Asks, element) })
}

// Sent says whether a viewer may be sent a field with these classes, beyond root
// fields, which ask for acts; a viewer of a role that is [Role.Needed] only what their department needs. Rows and acts are
// looked at elsewhere. What may hold one class or another is sent to those who may
// be sent either, and looked at value by value ([Policy.Value]).
func (p *Policy) Sent(c *catalog.Catalog, v *Viewer, typ, field string, classes []string) bool {
	_, root := p.asks[typ+"."+field]
	if root || v.Kind == Machine || slices.Contains(p.Itself, typ) {
		return true
	}
	r := p.roles[v.Kind]
	if r == nil || !slices.ContainsFunc(classes, func(class string) bool { return slices.Contains(r.Classes, class) }) {
		return false
	}
	if !r.Needed || !slices.Contains(classes, "sensitive") && !slices.Contains(classes, "military") {
		return true
	}
	switch elements := p.Elements[typ][field]; elements {
	case Theirs, Asked:
		return true
	case Own, "":
		return false
	default:
		return slices.ContainsFunc(strings.Fields(elements), func(e string) bool { return Needs(c, v.Department, e) })
	}
}

// Value says whether a viewer may be sent the value of an element of a person whom they see.
func (p *Policy) Value(c *catalog.Catalog, v *Viewer, element string) bool {
	f := c.Field(element)
	if v == nil || f == nil {
		return false
	}
	if v.Kind == Machine {
		return true
	}
	class := map[string]string{"PERSONAL": "personal", "SENSITIVE": "sensitive", "MILITARY_RESTRICTED": "military"}[f.Sensitivity]
	r := p.roles[v.Kind]
	return r != nil && slices.Contains(r.Classes, class) && (!r.Needed || class == "personal" || Needs(c, v.Department, element))
}

// String names a role for people.
func (r *Role) String() string { return fmt.Sprintf("%s %s", r.Zh, r.En) }
