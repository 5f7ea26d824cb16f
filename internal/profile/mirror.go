package profile

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/vetgraph/vetgraph/ent/gen"
	"github.com/vetgraph/vetgraph/ent/gen/predicate"
	"github.com/vetgraph/vetgraph/ent/gen/saying"
	"github.com/vetgraph/vetgraph/ent/gen/veteran"
	"github.com/vetgraph/vetgraph/internal/fact"
	"github.com/vetgraph/vetgraph/internal/store"
)

// spoken is the table of sayings, as it is written in bulk. What decided a conflict
// stays when the department speaks again.
var spoken = factTable(saying.Table, "sy", "element text", "value_sealed bytea", "since timestamptz", "heard_at timestamptz")

// answers are the sayings without an element, of which the last that was heard
// counts, whatever copy of its register the department answered from.
var answers = func() *table {
	t := *spoken
	t.when = "excluded.heard_at >= sayings.heard_at"
	return &t
}()

// Mirror writes down what departments answered when they were asked, so that the
// record knows it the next time. Like [Profile.Put] it checks no permission.
//
// Nothing older takes the place of something newer, whichever answer arrives last:
// the department's own time decides. A department's word is kept beside the words
// of others; the facts that the domains of the profile show follow it only where
// they rest on the same source, so nobody is overruled by who was asked last.
// People who are not in the record are left out.
func (p *Profile) Mirror(ctx context.Context, tx store.Tx, heard []Heard) error {
	var ids []string
	for _, h := range heard {
		ids = append(ids, h.VeteranID)
	}
	slices.Sort(ids)
	ids = slices.Compact(ids)
	if err := lock(ctx, tx, ids); err != nil {
		return err
	}
	rows, err := readRows(ctx, tx.Ent, ids)
	if err != nil {
		return err
	}
	w, people := &writer{}, []Person(nil)
	for _, id := range ids {
		r := rows[id]
		if r == nil {
			continue
		}
		var of []Heard
		for _, h := range heard {
			if h.VeteranID == id {
				of = append(of, h)
			}
		}
		changed, err := p.mirror(w, r, of)
		if err != nil {
			return fmt.Errorf("mirror of %s: %w", id, err)
		}
		if changed != nil {
			people = append(people, *changed)
		}
	}
	if _, err := w.flush(ctx, tx); err != nil {
		return err
	}
	_, err = p.Put(ctx, tx, people)
	return err
}

// lock makes others who write about these people wait, in the order of their IDs.
func lock(ctx context.Context, tx store.Tx, ids []string) error {
	if tx.PG == nil {
		return nil // SQLite has one writer
	}
	_, err := tx.Ent.Veteran.Query().Where(store.OneOf[predicate.Veteran](veteran.FieldID, ids)).
		Order(veteran.ByID()).ForUpdate().Select(veteran.FieldID).Strings(ctx)
	if err != nil {
		return fmt.Errorf("lock %d veterans: %w", len(ids), err)
	}
	return nil
}

// mirror lays out what one person's departments said, and answers the person with
// the facts that change, or nil.
func (p *Profile) mirror(w *writer, r *Rows, heard []Heard) (*Person, error) {
	q, err := p.Person(r)
	if err != nil {
		return nil, err
	}
	words, answered, err := p.words(r, q)
	if err != nil {
		return nil, err
	}
	slices.SortStableFunc(heard, func(a, b Heard) int { // the newest word has the last say
		return cmp.Or(a.asOf().Compare(b.asOf()), a.At.Compare(b.At))
	})
	e := &entry{was: q, now: Person{ID: q.ID, Number: q.Number, Identity: q.Identity, Division: q.Division, Synthetic: q.Synthetic}}
	facts := false
	for i := range heard {
		h := &heard[i]
		p.said(w, r, words, h)
		if !h.At.Before(answered[h.Department]) {
			w.fact(answers, r.Veteran.ID, ":"+h.Department, h.by(), "", nil, h.asOf(), instant(h.At))
			answered[h.Department] = h.At
		}
		facts = p.follows(e, words, h) || facts
		hear(p.Catalog(), words, answered, h)
	}
	if !facts {
		return nil, nil
	}
	return &e.now, nil
}

func (h *Heard) by() fact.Provenance {
	return fact.Provenance{Source: h.Department, AsOf: h.asOf(), Basis: basis}
}

// said lays out what is new of an answer, element by element.
func (p *Profile) said(w *writer, r *Rows, words map[string][]Word, h *Heard) {
	c := p.Catalog()
	for _, id := range slices.Sorted(maps.Keys(h.Facts)) {
		if !kept(c, id) {
			continue
		}
		v := h.Facts[id]
		if i := slices.IndexFunc(r.Sayings, func(s *gen.Saying) bool { return s.Element == id && s.Source == h.Department }); i >= 0 {
			s := r.Sayings[i]
			if h.asOf().Before(s.AsOf) || h.asOf().Equal(s.AsOf) && h.At.Before(s.HeardAt) {
				continue
			}
			again := slices.ContainsFunc(words[id], func(b Word) bool {
				return !b.record && b.Source == h.Department && same(b.Value, v)
			})
			if again && h.asOf().Equal(s.AsOf) {
				continue // that it was said again stands with the answer as a whole
			}
		}
		sealed := p.Seal(saying.Table, sayingColumn(id, h.Department), r.Veteran.ID, encode(v))
		w.fact(spoken, r.Veteran.ID, id+":"+h.Department, h.by(), id, bytes(sealed), instant(since(words[id], h, v)), instant(h.At))
	}
}

// follows enters what an answer changes of facts that rest on the same source, or
// that the record has no word of; it tells whether anything changes.
func (p *Profile) follows(e *entry, words map[string][]Word, h *Heard) (changes bool) {
	c := p.Catalog()
	e.by = h.by()
	for _, id := range slices.Sorted(maps.Keys(h.Facts)) {
		at := rests[id]
		if at == nil {
			continue
		}
		on, may := at(e.was)
		if !may || on != nil && (voice(c, on.Source) != voice(c, h.Department) || on.AsOf.After(h.asOf())) {
			continue
		}
		if slices.ContainsFunc(words[id], func(b Word) bool {
			return b.record && same(b.Value, h.Facts[id]) || b.AsOf.After(h.asOf()) && voice(c, b.Source) == voice(c, h.Department)
		}) {
			continue // it says so, or the department has said something since
		}
		changes = places[id](e, h.Facts[id]) || changes
	}
	return changes
}

// rests tells on whose word the fact rests that an element belongs to: nil if there
// is no such fact yet. It answers false where a look-up says too little to make
// one: an address alone is no entry of the household register.
var rests = map[string]func(*Person) (on *fact.Provenance, may bool){
	"name": ofIdentity, "ethnicity": ofIdentity, "maritalStatus": ofIdentity,
	"education": ofBackground, "politicalStatus": ofBackground,
	"hukouAddress": ofHousehold(Current), "priorHukouDivision": ofHousehold(Prior), "priorHukouAddress": ofHousehold(Prior),
	"targetPoliceStation": ofHousehold(Prior), "hukouCancelDate": ofHousehold(Prior),
	"idValidTo": func(q *Person) (*fact.Provenance, bool) {
		if q.IDCard == nil {
			return nil, true
		}
		return &q.IDCard.Provenance, true
	},
	"enrolDivision":     ofEnrolment(Social, false),
	"pensionSchemeType": ofEnrolment(Pension, false), "priorPensionDivision": ofEnrolment(Pension, true),
	"medicalSchemeType": ofEnrolment(Medical, false), "priorMedicalDivision": ofEnrolment(Medical, true),
	"hasSocialSecurityCard": func(q *Person) (*fact.Provenance, bool) {
		if q.SocialSecurityCard == nil {
			return nil, true
		}
		return &q.SocialSecurityCard.Provenance, true
	},
	"employmentStatus": func(q *Person) (*fact.Provenance, bool) {
		if q.Employment == nil {
			return nil, true
		}
		return &q.Employment.Provenance, true
	},
	"disabilityGrade": ofDisability, "disabilityNature": ofDisability, "disabilityCertNo": ofDisability, "disabilityAuthority": ofDisability,
}

func ofIdentity(q *Person) (*fact.Provenance, bool) { return &q.Identity.Provenance, true }

func ofBackground(q *Person) (*fact.Provenance, bool) {
	if q.Background == nil {
		return nil, true
	}
	return &q.Background.Provenance, true
}

func ofDisability(q *Person) (*fact.Provenance, bool) {
	if q.Disability == nil {
		return nil, true
	}
	return &q.Disability.Provenance, true
}

func ofHousehold(kind string) func(*Person) (*fact.Provenance, bool) {
	return func(q *Person) (*fact.Provenance, bool) {
		i := slices.IndexFunc(q.Households, func(f Household) bool { return f.Kind == kind })
		if i < 0 {
			return nil, false
		}
		return &q.Households[i].Provenance, true
	}
}

func ofEnrolment(branch string, before bool) func(*Person) (*fact.Provenance, bool) {
	return func(q *Person) (*fact.Provenance, bool) {
		i := slices.IndexFunc(q.Enrolments, func(f Enrolment) bool { return f.Branch == branch && f.BeforeService == before })
		if i < 0 {
			return nil, true
		}
		return &q.Enrolments[i].Provenance, true
	}
}

// Settle writes down that the owner of an element has decided on a disagreement
// about it. From then on its word counts against what others have said so far: the
// word it has, or, if it found that its own record is wrong, the next one, as it
// corrects it. Without a disagreement, or a word of the owner, nothing happens.
func (p *Profile) Settle(ctx context.Context, tx store.Tx, veteranID, element string, wrong bool) error {
	if err := lock(ctx, tx, []string{veteranID}); err != nil {
		return err
	}
	rows, err := readRows(ctx, tx.Ent, []string{veteranID})
	if err != nil || rows[veteranID] == nil {
		return err
	}
	f, err := p.Findings(rows[veteranID])
	if err != nil {
		return err
	}
	found, owner := f.By[element], Owner(p.Catalog(), element)
	if !found.Conflict() || owner == nil || p.Voice(found.Words[0].Source) != owner.Code {
		return nil
	}
	word := found.Words[0]
	from, now := word.AsOf, instant(p.Now())
	if wrong {
		from = from.Add(time.Microsecond)
	}
	id := veteranID + ":" + spoken.kind + ":" + element + ":" + word.Source
	n, err := tx.Ent.Saying.Update().Where(saying.ID(id)).SetSettlesFrom(from).SetSettledAt(now).Save(ctx)
	if err != nil || n > 0 {
		return err
	}
	return tx.Ent.Saying.Create().SetID(id).SetVeteranID(veteranID).SetElement(element).SetSource(word.Source).SetAsOf(word.AsOf).
		SetNillableValidUntil(word.ValidUntil).SetBasis(word.Basis).SetSince(word.Since).SetHeardAt(word.HeardAt).SetSettlesFrom(from).SetSettledAt(now).
		SetValueSealed(p.Seal(saying.Table, sayingColumn(element, word.Source), veteranID, encode(word.Value))).Exec(ctx)
}
