package form

import (
	"fmt"
	"slices"

	"github.com/vetgraph/vetgraph/internal/catalog"
	"github.com/vetgraph/vetgraph/internal/workday"
)

// decider decides, field by field, where values come from.
type decider struct {
	catalog *catalog.Catalog
	matters []string // of the form
	known   map[string]Known
	facts   catalog.Facts
}

// decide fills one field. The order of the cases is the order of precedence.
func (d decider) decide(def *catalog.Field, askedBy []string) (Field, error) {
	f := Field{
		ID: def.ID, Name: def.Name, Section: def.Group, Type: def.Type, Format: def.Format,
		Pattern: def.Pattern, MinLength: def.MinLength, MaxLength: def.MaxLength,
		Codes: def.Codes, Sensitivity: def.Sensitivity, AskedBy: askedBy, When: def.When,
	}
	holds, err := verdict(def.Condition, d.facts)
	if err != nil {
		return f, fmt.Errorf("condition of field %s: %w", def.ID, err)
	}
	if def.Condition != nil {
		f.Reads, f.WhenOpen = def.Condition.Fields(), holds == catalog.Unknown
	}
	k, told := d.known[def.ID]
	switch {
	case def.OnSite:
		f.Fill, f.Source, f.Why = OnSite, def.Origin, catalog.Say("由%s在窗口现场采集，不填写、不存储。", "Taken at the window by %s; never typed or stored.", d.name(def.Origin))
	case holds == catalog.False:
		f.Fill, f.Why = NotAsked, catalog.Say("按现有情况不需要：取决于%s。", "Not needed as things stand: it depends on %s.", d.labels(f.Reads))
	case d.produced(def):
		f.Fill, f.ProducedBy, f.Source = Produced, def.OutputOf, def.Origin
		f.Why = catalog.Say("由本次办理的“%s”产生。", "Comes out of “%s” in this case.", d.catalog.Matter(def.OutputOf).Name)
	case told:
		d.fillKnown(&f, def, k)
	case def.Origin == Derived:
		f.Fill, f.Source, f.Why = Computed, Derived, catalog.Say("由其他信息自动计算。", "Computed from other facts.")
	case def.Origin == Applicant:
		f.Fill, f.Source, f.Required = Ask, Applicant, !def.Optional && holds == catalog.True
		f.Why = catalog.Say("只有您知道，请填写。", "Only you know this; please fill it in.")
	default:
		f.Fill, f.Source, f.Why = Department, def.Origin, catalog.Say("由%s提供，不用您填。", "Provided by %s; not asked of you.", d.name(def.Origin))
		f.Basis = "国务院令第716号 7"
	}
	return f, nil
}

func (d decider) fillKnown(f *Field, def *catalog.Field, k Known) {
	f.Fill, f.Value, f.Absent, f.Source, f.Basis, f.ValidUntil = Filled, k.Value, k.Absent, k.Source, k.Basis, k.ValidUntil
	if !k.AsOf.IsZero() {
		f.AsOf = &k.AsOf
	}
	f.ReadOnly = ofRecord(d.catalog, def, k.Source)
	switch {
	case k.Source == Derived:
		f.Fill, f.ReadOnly = Computed, true
		f.Why = catalog.Say("根据已知信息自动计算。", "Computed from what is known.")
	case k.Absent && def.Origin == Applicant && !def.Optional && !f.ReadOnly:
		// A required answer that was once left empty is a question again.
		f.Fill, f.Absent, f.Required = Ask, false, !f.WhenOpen
		f.Why = catalog.Say("只有您知道，请填写。", "Only you know this; please fill it in.")
	case k.Absent:
		f.Why = catalog.Say("%s记录为“无”%s。", "Recorded as “none” by %s%s.", d.name(k.Source), since(k))
	case k.Source == Applicant:
		f.Why = catalog.Say("您以前填写过%s，请核对。", "You gave this before%s; please check it.", since(k))
	default:
		f.Why = catalog.Say("由%s提供%s，不用再填。", "Provided by %s%s; nothing to type.", d.name(k.Source), since(k))
	}
}

// ofRecord tells whether a source keeps the record of a field, so that the
// person may dispute a value but not type over it. Facts of parties that have no
// system of their own, such as the former unit, are told by a department that
// relays them (退役军人保障法 8).
func ofRecord(c *catalog.Catalog, def *catalog.Field, source string) bool {
	if def.Origin == Applicant || source == Applicant {
		return false
	}
	if source == def.Origin || def.Origin == Derived {
		return true
	}
	origin := c.Department(def.Origin)
	return origin != nil && origin.External
}

// produced tells whether a matter of this case ends in the field's value.
func (d decider) produced(def *catalog.Field) bool {
	return def.OutputOf != "" && slices.Contains(d.matters, def.OutputOf)
}

func (d decider) name(code string) catalog.Text {
	if dep := d.catalog.Department(code); dep != nil {
		return dep.Name
	}
	switch code {
	case Applicant:
		return catalog.Text{Zh: "您", En: "you"}
	case Derived:
		return catalog.Text{Zh: "系统", En: "the system"}
	}
	return catalog.Text{Zh: code, En: code}
}

// labels names the fields a condition reads, for people.
func (d decider) labels(ids []string) catalog.Text {
	names := make([]catalog.Text, len(ids))
	for i, id := range ids {
		names[i] = catalog.Text{Zh: id, En: id}
		if f := d.catalog.Field(id); f != nil {
			names[i] = f.Name
		} else if f := d.catalog.Fact(id); f != nil {
			names[i] = f.Name
		}
	}
	return catalog.List(names...)
}

func since(k Known) catalog.Text {
	if k.AsOf.IsZero() {
		return catalog.Text{}
	}
	day := workday.FromTime(k.AsOf).String()
	return catalog.Text{Zh: "（" + day + "）", En: " (" + day + ")"}
}
