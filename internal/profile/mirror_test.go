package profile_test

import (
	"bytes"
	"context"
	"sync"
	"testing"
	"time"

	"github.com/vetgraph/vetgraph/ent/gen/saying"
	"github.com/vetgraph/vetgraph/internal/profile"
	"github.com/vetgraph/vetgraph/internal/store"
	"github.com/vetgraph/vetgraph/internal/store/storetest"
)

// heard is an answer as of an hour of 20 November, given an hour later.
func heard(id, department string, hour int, facts map[string]any) profile.Heard {
	asOf := time.Date(2026, 11, 20, hour, 0, 0, 0, time.UTC)
	return profile.Heard{VeteranID: id, Department: department, Known: true, AsOf: asOf, At: asOf.Add(time.Hour), Facts: facts}
}

func mirror(t testing.TB, p *profile.Profile, all ...profile.Heard) {
	t.Helper()
	if err := p.Store.InTx(machine(t), func(ctx context.Context, tx store.Tx) error { return p.Mirror(ctx, tx, all) }); err != nil {
		t.Fatal(err)
	}
}

func findings(t testing.TB, p *profile.Profile, id string, now ...profile.Heard) *profile.Findings {
	t.Helper()
	rows, err := p.ReadRows(machine(t), []string{id})
	if err != nil {
		t.Fatal(err)
	}
	f, err := p.Findings(rows[id], now...)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// one is the only word about an element.
func one(t testing.TB, f *profile.Findings, element string) profile.Word {
	t.Helper()
	found, ok := f.By[element]
	if !ok || found.Conflict() {
		t.Fatalf("%s: %d words", element, len(found.Words))
	}
	return found.Words[0]
}

// What departments said is there the next time, also what the profile has no table for.
func TestMirror(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		p, q := open(t, s), full()
		q.IDCard = nil
		put(t, p, q)
		id := p.VeteranID(q.Number)
		ps := heard(id, "PS", 5, map[string]any{"name": "王晓明", "idValidTo": "2040-01-01", "gender": "1", "maritalStatus": nil, "medicalEnrolmentStatus": "NONE"})
		before := findings(t, p, id, ps)
		mirror(t, p, ps, heard(id, "VA", 6, map[string]any{"serviceUnit": "32002部队", "armyPensionMonths": int64(97), "armyPensionAmount": 80000.02, "awards": []string{"MERIT_2", "MERIT_3"}}))
		f := findings(t, p, id)
		for element, want := range map[string]any{"name": "王晓明", "idValidTo": "2040-01-01", "gender": "1", "serviceUnit": "32002部队", "armyPensionMonths": int64(97), "armyPensionAmount": 80000.02} {
			if w := one(t, f, element); w.Value != want || w.Basis == "" || w.HeardAt.Sub(w.AsOf) != time.Hour {
				t.Errorf("%s: %+v", element, w)
			}
		}
		if w := one(t, f, "maritalStatus"); !w.Absent || w.Source != "PS" {
			t.Errorf("absent: %+v", w)
		}
		if w := one(t, before, "name"); w.Value != "王晓明" || one(t, f, "dischargeCertNo").Source != "UNIT" {
			t.Errorf("what was just heard counts before it is written: %+v", w)
		}
		if _, ok := f.By["medicalEnrolmentStatus"]; ok {
			t.Error("a mirror of the enrolment over all levels would be old")
		}
		if at := f.Answered["PS"]; !at.Equal(ps.At) || len(f.Answered) != 2 {
			t.Errorf("answered %v", f.Answered)
		}
		// The domains follow their own source.
		now := get(t, p, q.Number)
		if now.Identity.Name != "王晓明" || now.IDCard == nil || now.IDCard.ValidTo.String() != "2040-01-01" || now.ServicePeriods[0].Unit != "32001部队" {
			t.Errorf("%+v %+v", now.Identity, now.IDCard)
		}
		mirror(t, p, ps)
		for _, row := range s.Read.Saying.Query().AllX(machine(t)) {
			if bytes.Contains(row.ValueSealed, []byte("王晓明")) || bytes.Contains(row.ValueSealed, []byte("2040")) {
				t.Error("a value is in the open")
			}
		}
		mirror(t, p, heard("nobody", "PS", 5, map[string]any{"name": "x"}))
	})
}

// Two write-backs of different age meet: the older never wins, whichever is later.
func TestMirrorRace(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		p, q := open(t, s), full()
		put(t, p, q)
		id := p.VeteranID(q.Number)
		for round := range 8 {
			older := heard(id, "HRSS", 2*round, map[string]any{"employmentStatus": "24", "enrolDivision": "230104000000"})
			newer := heard(id, "HRSS", 2*round+1, map[string]any{"employmentStatus": "51", "enrolDivision": "230105000000"})
			var both sync.WaitGroup
			for _, h := range []profile.Heard{older, newer} {
				both.Go(func() { mirror(t, p, h) })
			}
			both.Wait()
			mirror(t, p, older)
			f := findings(t, p, id)
			if w := one(t, f, "employmentStatus"); w.Value != "51" || !w.AsOf.Equal(newer.AsOf) {
				t.Fatalf("round %d: %v as of %v", round, w.Value, w.AsOf)
			}
			if one(t, f, "enrolDivision").Value != "230105000000" || get(t, p, q.Number).Employment.Status != "51" || !f.Answered["HRSS"].Equal(newer.At) {
				t.Fatalf("round %d: an older fact has won", round)
			}
		}
	})
}

// Sources that disagree stay so, until they agree.
func TestConflict(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		p, q := open(t, s), full()
		put(t, p, q)
		id := p.VeteranID(q.Number)
		same := heard(id, "MIL", 1, map[string]any{"dischargeDate": "2026-09-01", "enlistDate": "2018-09-01"})
		mirror(t, p, same)
		if w := one(t, findings(t, p, id), "dischargeDate"); w.Source != "UNIT" {
			t.Errorf("who agrees with the source of record does not take its place: %+v", w)
		}
		other := heard(id, "MIL", 2, map[string]any{"dischargeDate": "2026-09-03", "enlistDate": "2018-09-01"})
		mirror(t, p, other)
		mirror(t, p, heard(id, "MIL", 3, other.Facts), heard(id, "VA", 4, map[string]any{"dischargeDate": "2026-09-01"}))
		f := findings(t, p, id)
		found := f.By["dischargeDate"]
		if !found.Conflict() || len(found.Words) != 2 || found.Words[0].Source != "VA" || found.Words[1].Value != "2026-09-03" || !found.Since.Equal(other.AsOf) {
			t.Fatalf("%+v", found)
		}
		if owner := profile.Owner(builtin(t), "dischargeDate"); owner.Code != "VA" {
			t.Errorf("the former unit is asked through %s", owner.Code)
		}
		rows, err := p.ReadRows(machine(t), []string{id})
		if err != nil {
			t.Fatal(err)
		}
		known, err := p.Elements(rows[id])
		if err != nil {
			t.Fatal(err)
		}
		if _, ok := known["dischargeDate"]; ok || known["enlistDate"].Value != "2018-09-01" {
			t.Error("a conflict was decided silently")
		}
		if get(t, p, q.Number).Discharge.DischargedOn.String() != "2026-09-01" {
			t.Error("who was asked last has overruled the source")
		}
		mirror(t, p, heard(id, "MIL", 5, same.Facts))
		if w := one(t, findings(t, p, id), "dischargeDate"); w.Value != "2026-09-01" {
			t.Errorf("%+v", w)
		}
	})
}

// As old, and from two sources of one voice: nobody says which is right.
func TestConflictAsOld(t *testing.T) {
	s := storetest.Open(t, storetest.SQLite(t))
	p, q := open(t, s), full()
	put(t, p, q)
	id := p.VeteranID(q.Number)
	h := heard(id, "VA", 1, map[string]any{"serviceUnit": "32009部队"})
	h.AsOf = q.Discharge.AsOf
	if f := findings(t, p, id, h).By["serviceUnit"]; !f.Conflict() {
		t.Errorf("%+v", f)
	}
	h.AsOf = h.AsOf.Add(time.Second)
	if w := one(t, findings(t, p, id, h), "serviceUnit"); w.Value != "32009部队" {
		t.Errorf("the relay of the unit's word is newer: %+v", w)
	}
	h.AsOf = time.Date(2099, 1, 1, 0, 0, 0, 0, time.UTC)
	if w := one(t, findings(t, p, id, h), "serviceUnit"); w.AsOf.After(h.At) {
		t.Errorf("a word from the future: %v", w.AsOf)
	}
}

// The owner decides: its word counts, until somebody says something else again.
func TestSettle(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		p, q := open(t, s), full()
		put(t, p, q)
		id := p.VeteranID(q.Number)
		settle := func(wrong bool) {
			t.Helper()
			if err := s.InTx(machine(t), func(ctx context.Context, tx store.Tx) error { return p.Settle(ctx, tx, id, "dischargeDate", wrong) }); err != nil {
				t.Fatal(err)
			}
		}
		settle(false) // no disagreement: nothing to decide
		if n := s.Read.Saying.Query().CountX(machine(t)); n != 0 {
			t.Fatalf("%d sayings", n)
		}
		mirror(t, p, heard(id, "MIL", 1, map[string]any{"dischargeDate": "2026-09-03"}))
		settle(false)
		if w := one(t, findings(t, p, id), "dischargeDate"); w.Value != "2026-09-01" || w.Source != "UNIT" {
			t.Errorf("%+v", w)
		}
		later := profile.Heard{VeteranID: id, Department: "MIL", Known: true, AsOf: p.Now().Add(time.Hour), At: p.Now().Add(2 * time.Hour), Facts: map[string]any{"dischargeDate": "2026-09-04"}}
		mirror(t, p, later)
		if !findings(t, p, id).By["dischargeDate"].Conflict() {
			t.Error("what was said after the decision is a new disagreement")
		}
		if err := s.InTx(machine(t), func(ctx context.Context, tx store.Tx) error {
			_, err := tx.Ent.Saying.Delete().Where(saying.ElementEQ("dischargeDate")).Exec(ctx)
			return err
		}); err != nil {
			t.Fatal(err)
		}
		mirror(t, p, heard(id, "MIL", 1, map[string]any{"dischargeDate": "2026-09-03"}))
		settle(true)
		if !findings(t, p, id).By["dischargeDate"].Conflict() {
			t.Error("the owner's own record is wrong, and it has not said what is right")
		}
		mirror(t, p, heard(id, "VA", 2, map[string]any{"dischargeDate": "2026-09-02"}))
		if w := one(t, findings(t, p, id), "dischargeDate"); w.Value != "2026-09-02" || w.Source != "VA" {
			t.Errorf("corrected: %+v", w)
		}
	})
}

// A sealed value cannot be taken for another element's.
func TestSayingsCannotBeMoved(t *testing.T) {
	s := storetest.Open(t, storetest.SQLite(t))
	p, q := open(t, s), full()
	put(t, p, q)
	id := p.VeteranID(q.Number)
	mirror(t, p, heard(id, "VA", 1, map[string]any{"disabilityCertNo": "a", "dischargeCertNo": "b"}))
	err := s.InTx(machine(t), func(ctx context.Context, tx store.Tx) error {
		a := tx.Ent.Saying.Query().Where(saying.ElementEQ("disabilityCertNo")).OnlyX(ctx)
		return tx.Ent.Saying.Update().Where(saying.ElementEQ("dischargeCertNo")).SetValueSealed(a.ValueSealed).Exec(ctx)
	})
	if err != nil {
		t.Fatal(err)
	}
	rows, err := p.ReadRows(machine(t), []string{id})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := p.Findings(rows[id]); err == nil {
		t.Error("it opens")
	}
}
