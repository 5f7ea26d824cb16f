package catalog

import (
	"maps"
	"regexp"
	"slices"
	"strings"
	"time"
)

// life is what the ports of a matter do, one for each.
var life = []string{"SUBMIT", "RECEIPT", "CORRECTION", "STATUS", "RESULT", "WITHDRAW"}

// operations are what a port can do.
var operations = append(slices.Clone(life), lookup, push)

const lookup = "LOOKUP"

// portKinds are the kinds of port there is code for.
var portKinds = []string{"rest-json", "soap", "file-drop", "database-view", "graphql"}

// auths are the ways in which a department knows who calls.
var auths = []string{"none", "bearer", "hmac", "sm2", "oauth", "none+tls", "bearer+tls", "hmac+tls", "sm2+tls", "oauth+tls"}

var (
	portID   = regexp.MustCompile(`^[a-z][a-zA-Z0-9]*(\.[a-zA-Z][a-zA-Z0-9-]*)+$`)
	portPath = regexp.MustCompile(`^(/([a-zA-Z0-9_-]+|\{id\}))+$`)
)

// The bounds of one call.
const (
	maxBatch     = 1000
	maxTimeoutMS = 120_000
	maxRate      = 10_000
	maxAbreast   = 1000
	maxFreshness = 10 * 365 * 24 * time.Hour
)

func (l *loader) checkPorts() {
	owned := map[string]*Port{} // matter and operation -> port
	for _, p := range l.c.Ports {
		l.checkPort(p)
		if p.Operation == lookup || p.Matter == "" {
			continue
		}
		key := p.Matter + " " + p.Operation
		if p.Operation == push { // one takes the list, another pays
			key += " " + p.Department
		}
		if owned[key] != nil {
			l.blame(&p.ID, "%s has a second port for %s; the first is %s", p.Matter, p.Operation, owned[key].ID)
		} else {
			owned[key] = p
		}
	}
	for _, m := range l.c.Matters {
		without := slices.DeleteFunc(slices.Clone(life), func(op string) bool { return owned[m.Code+" "+op] != nil })
		if len(without) > 0 && m.Code != "" && !l.lost["ports"] {
			l.blame(&m.Code, "%s has no port for %s", m.Code, strings.Join(without, ", "))
		}
		l.checkSent(m, owned[m.Code+" SUBMIT"])
		l.checkReturned(m, owned[m.Code+" RESULT"])
	}
	l.checkOrigins()
}

func (l *loader) checkPort(p *Port) {
	l.shaped(&p.ID, portID, "ps.identityVerify")
	l.oneOf(&p.Operation, operations...)
	l.oneOf(&p.Kind, portKinds...)
	if p.Path != "" && !portPath.MatchString(p.Path) {
		l.blame(&p.Path, "%q is not a path below the department's address, like /items/{id}", p.Path)
	}
	if p.Batch < 0 || p.Batch > maxBatch {
		l.blame(&p.Batch, "a batch is 0 to %d", maxBatch)
	}
	if p.TimeoutMS < 0 || p.TimeoutMS > maxTimeoutMS {
		l.blame(&p.TimeoutMS, "a timeout is 0 to %d ms", maxTimeoutMS)
	}
	if d := l.department(&p.Department); d != nil && d.External && p.Operation != push {
		l.blame(&p.Department, "%s is an external party: only payments are pushed to it", d.Code)
	}
	switch {
	case p.Operation == lookup && p.Matter != "":
		l.blame(&p.Matter, "a lookup belongs to no matter")
	case p.Operation != lookup && p.Operation != "" && p.Matter == "":
		l.blame(&p.ID, "which matter is %s for?", p.ID)
	case p.Matter != "":
		if m := l.matter(&p.Matter); m != nil && p.Operation != push && m.Lead != p.Department && l.leads(m.Lead) {
			l.blame(&p.Matter, "%s is led by %s, not %s", m.Code, m.Lead, p.Department)
		}
	}
	if p.Operation == push {
		l.checkPush(p)
	} else {
		if p.OnDemand && p.Operation != lookup && p.Operation != "" {
			l.blame(&p.OnDemand, "only a LOOKUP is on demand, not a %s", p.Operation)
		}
		l.checkMaps(p)
	}
	l.checkTables(p)
	l.checkSpec(p)
}

// checkConnection sees that what a port or its file says of calling is sound.
func (l *loader) checkConnection(c *Connection) {
	if c.Auth != "" {
		l.oneOf(&c.Auth, auths...)
	}
	if c.Rate < 0 || c.Rate > maxRate {
		l.blame(&c.Rate, "a rate is 0 to %d calls a second", maxRate)
	}
	if c.Abreast < 0 || c.Abreast > maxAbreast {
		l.blame(&c.Abreast, "0 to %d calls can be under way at once", maxAbreast)
	}
	if d, err := time.ParseDuration(c.Freshness); c.Freshness != "" && (err != nil || d <= 0 || d > maxFreshness) {
		l.blame(&c.Freshness, "%q is not a time like 24h or 30m", c.Freshness)
	}
	for i := range c.Maintenance {
		m := &c.Maintenance[i]
		for _, text := range []*string{&m.From, &m.To} {
			if _, err := time.Parse("15:04", *text); err != nil {
				l.blame(text, "%q is not a time of day like 22:00", *text)
			}
		}
		for k := range m.Weekdays {
			if d := m.Weekdays[k]; d < 1 || d > 7 {
				l.blame(&m.Weekdays[k], "a day of the week is 1 (Monday) to 7 (Sunday)")
			}
		}
	}
}

// checkTables sees that every code has one on the other side, and the other way round.
func (l *loader) checkTables(p *Port) {
	for field, table := range p.Codes {
		f := l.c.fields[field]
		if said := p.Operation == push && slices.Contains(settled, field); f == nil && !said && !l.lost["fields"] {
			l.blame(entry{&p.Codes, field}, "there is no field %s", field)
			continue
		}
		back := map[string]string{}
		for _, ours := range slices.Sorted(maps.Keys(table)) {
			if other, twice := back[table[ours]]; twice {
				l.blame(entry{&p.Codes, field}, "%s and %s of %s are both %q to the department: it could not be told back", other, ours, field, table[ours])
			}
			back[table[ours]] = ours
		}
		if f == nil || f.Codes == "" || l.c.Codes[f.Codes] == nil || l.c.Codes[f.Codes].Open {
			continue
		}
		for _, v := range l.c.Codes[f.Codes].Items {
			if _, ok := table[v.Code]; !ok {
				l.blame(entry{&p.Codes, field}, "code %s of %s has none there", v.Code, field)
			}
		}
	}
	for theirs := range p.Constants {
		if p.Send[theirs] != "" {
			l.blame(entry{&p.Constants, theirs}, "%s is a constant and sent from %s too", theirs, p.Send[theirs])
		}
	}
	for i := range p.Require {
		if p.Send[p.Require[i]] == "" {
			l.blame(&p.Require[i], "%s is required but not sent", p.Require[i])
		}
	}
}

// checkSpec sees that a port says what its kind needs, and nothing of another kind.
func (l *loader) checkSpec(p *Port) {
	for kind, said := range map[string]bool{"soap": p.Soap != nil, "file-drop": p.File != nil, "database-view": p.Table != nil, "graphql": p.GraphQL != nil} {
		switch {
		case said && kind != p.Kind:
			l.blame(&p.Kind, "%s says what only %s ports say", p.ID, kind)
		case !said && kind == p.Kind && kind != "graphql":
			l.blame(&p.Kind, "%s does not say how it is a %s port", p.ID, kind)
		}
	}
	if s := p.Soap; s != nil {
		l.oneOf(&s.Version, "1.1", "1.2")
	}
	if f := p.File; f != nil {
		l.oneOf(&f.Format, "csv", "fixed")
		l.oneOf(&f.Encoding, "utf-8", "gbk")
	}
	if p.Ask != "" && p.Operation != push {
		l.blame(&p.Ask, "only PUSH ports say where lines are asked after")
	}
	if p.Kind == "database-view" && p.Operation != lookup && p.Operation != "STATUS" {
		l.blame(&p.Kind, "a database view can only be looked into: LOOKUP or STATUS, not %s", p.Operation)
	}
}

// leads says whether a department is one that can lead a matter.
func (l *loader) leads(code string) bool {
	d := l.c.departments[code]
	return d != nil && !d.External
}

// checkMaps sees that a port's maps speak of fields there are, on site ones excepted.
func (l *loader) checkMaps(p *Port) {
	for theirs, ours := range p.Send {
		m := l.c.matters[p.Matter]
		switch f := l.c.fields[ours]; {
		case p.Operation == "SUBMIT" && m != nil && m.BeforeDispatch != nil && m.BeforeDispatch.Tells == ours && ours != "":
		case f == nil && ours != "" && !l.lost["fields"]:
			l.blame(entry{&p.Send, theirs}, "there is no field %s", ours)
		case f != nil && f.OnSite:
			l.blame(entry{&p.Send, theirs}, "%s is taken on site and never sent", ours)
		}
	}
	for ours := range p.Answers {
		fact := l.c.derived[ours]
		switch {
		case l.c.fields[ours] == nil && fact == nil && !l.lost["fields"] && !l.lost["catalog"]:
			l.blame(entry{&p.Answers, ours}, "there is no field or derived fact %s", ours)
		case fact != nil && len(fact.From) > 0:
			l.blame(entry{&p.Answers, ours}, "%s is computed; no department tells it", ours)
		}
		if p.Operation != lookup && p.Operation != "RESULT" {
			l.blame(entry{&p.Answers, ours}, "only LOOKUP and RESULT ports answer with fields")
		}
	}
}

// checkSent sees that what a matter asks is what its department gets, neither more nor less.
func (l *loader) checkSent(m *Matter, submit *Port) {
	if submit == nil {
		return
	}
	sent := map[string]bool{}
	for theirs, ours := range submit.Send {
		if sent[ours] = true; !slices.Contains(m.Asks, ours) && l.c.fields[ours] != nil && m.Asks != nil {
			l.blame(entry{&submit.Send, theirs}, "%s is sent but never asked by %s", ours, m.Code)
		}
	}
	for i := range m.Asks {
		if f := l.c.fields[m.Asks[i]]; f != nil && f.Group != "process" && !f.OnSite && !sent[f.ID] {
			l.blame(&m.Asks[i], "%s is asked but %s does not send it", f.ID, submit.ID)
		}
	}
}

// checkReturned sees that the result port answers with the matter's outputs.
func (l *loader) checkReturned(m *Matter, result *Port) {
	if result == nil {
		return
	}
	for i := range m.Result.Outputs {
		if out := m.Result.Outputs[i]; result.Answers[out] == "" && out != "" {
			l.blame(&m.Result.Outputs[i], "%s is an output but %s does not answer with it", out, result.ID)
		}
	}
	for ours := range result.Answers {
		if !slices.Contains(m.Result.Outputs, ours) {
			l.blame(entry{&result.Answers, ours}, "%s is no output of %s", ours, m.Code)
		}
	}
}

// checkOrigins sees that what a department holds can be looked up there, and
// what an external party holds somewhere: else the field would stay empty.
func (l *loader) checkOrigins() {
	told := map[string][]string{} // field or fact -> departments that can be asked for it
	for _, p := range l.c.Ports {
		if p.Operation == lookup {
			for ours := range p.Answers {
				told[ours] = append(told[ours], p.Department)
			}
		}
	}
	answered := func(id, origin *string) {
		d := l.c.departments[*origin]
		if d == nil || l.lost["ports"] || slices.Contains(told[*id], d.Code) || d.External && len(told[*id]) > 0 {
			return
		}
		if d.External {
			l.blame(origin, "nobody can answer %s: no lookup does", *id)
			return
		}
		l.blame(origin, "nobody can answer %s: no lookup of %s does", *id, d.Code)
	}
	for _, f := range l.c.fields {
		if !f.OnSite {
			answered(&f.ID, &f.Origin)
		}
	}
	for _, f := range l.c.Derived {
		answered(&f.ID, &f.Origin)
	}
}
