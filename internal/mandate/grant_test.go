package mandate_test

import (
	"strings"
	"testing"
	"time"

	"github.com/vetgraph/vetgraph/internal/access"
	"github.com/vetgraph/vetgraph/internal/catalog"
	"github.com/vetgraph/vetgraph/internal/fault"
	"github.com/vetgraph/vetgraph/internal/mandate"
	"github.com/vetgraph/vetgraph/internal/store"
	"github.com/vetgraph/vetgraph/internal/store/storetest"
)

// A mandate is for one clerk, one person, these matters, these fields, until this day.
func TestActKeepsToTheMandate(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		r := newRig(t, s)
		anna := r.clerk("anna", home)
		m := r.confirmed("M04", "M05")
		for name, c := range map[string]struct {
			clerk, place    string
			hero            int
			matters, fields []string
			reason, lacks   string
		}{
			"covered":          {"anna", home, 0, []string{"M04"}, m.Fields, "", ""},
			"a slug":           {"anna", home, 0, []string{slug(t, "M04")}, nil, "", ""},
			"nothing to do":    {"anna", home, 0, nil, nil, "", ""},
			"another matter":   {"anna", home, 0, []string{"M04", "M08"}, nil, "MANDATE_TOO_NARROW", "M08"},
			"another field":    {"anna", home, 0, []string{"M04"}, []string{"name", "bankAccountNo"}, "MANDATE_TOO_NARROW", "name, bankAccountNo"},
			"another clerk":    {"boris", home, 0, []string{"M04"}, nil, "MANDATE_REQUIRED", ""},
			"another person":   {"anna", home, 1, []string{"M04"}, nil, "MANDATE_REQUIRED", ""},
			"another division": {"anna", other, 0, []string{"M04"}, nil, "MANDATE_REQUIRED", ""},
		} {
			_, err := r.desk.Act(r.clerk(c.clerk, c.place), r.heroes[c.hero], c.matters, c.fields)
			if c.reason == "" {
				if err != nil {
					t.Errorf("%s: %v", name, err)
				}
				continue
			}
			wants(t, err, c.reason)
			if f := fault.Of(err); f.Kind != fault.Denied || !strings.Contains(f.Text, c.lacks) {
				t.Errorf("%s: %+v", name, f)
			}
		}
		if ctx, err := r.desk.Act(r.veteran(0), r.heroes[0], []string{"M08"}, nil); err != nil || access.From(ctx).Mandate != "" {
			t.Errorf("the veteran needs no mandate: %v", err)
		}
		_, err := r.desk.Act(t.Context(), r.heroes[0], nil, nil)
		wants(t, err, "SIGN_IN")
		// The last day is within, the day after is not.
		r.wait(30 * 24 * time.Hour)
		_, err = r.desk.Act(anna, r.heroes[0], []string{"M04"}, nil)
		must(t, err)
		r.wait(24 * time.Hour)
		_, err = r.desk.Act(anna, r.heroes[0], []string{"M04"}, nil)
		wants(t, err, "MANDATE_REQUIRED")
		if r.desk.State(m) != mandate.Expired {
			t.Error("still in force after its last day")
		}
	})
}

func slug(t *testing.T, code string) string {
	t.Helper()
	c, err := catalog.Builtin()
	must(t, err)
	return c.Matter(code).Slug
}

// Revoked is revoked: the next act finds nothing.
func TestRevoke(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		r := newRig(t, s)
		anna := r.clerk("anna", home)
		m := r.confirmed("M01")
		_, err := r.desk.Revoke(r.veteran(1), m.ID)
		wants(t, err, "MANDATE_NOT_FOUND")
		_, err = r.desk.Revoke(anna, m.ID)
		wants(t, err, "NOT_ALLOWED")
		for range 2 { // again is the same
			m, err = r.desk.Revoke(r.veteran(0), m.ID)
			must(t, err)
		}
		if r.desk.State(m) != mandate.Revoked || m.EndedAt == nil || !strings.HasPrefix(m.EndedBy, "veteran/") || len(r.notices("MANDATE_REVOKED")) != 1 {
			t.Errorf("revoked: %+v", m)
		}
		_, err = r.desk.Act(anna, r.heroes[0], []string{"M01"}, nil)
		wants(t, err, "MANDATE_REQUIRED")
		_, err = r.desk.Grant(r.veteran(0), mandate.Grant{MandateID: m.ID})
		wants(t, err, "MANDATE_NOT_OPEN")

		asked := r.request("M01")
		code := r.code(asked.ID)
		refused, err := r.desk.Revoke(r.veteran(0), asked.ID)
		must(t, err)
		if r.desk.State(refused) != mandate.Refused || len(r.notices("MANDATE_REQUESTED")[0].SecretSealed) > 0 {
			t.Errorf("refused: %+v", refused)
		}
		_, err = r.desk.Confirm(anna, asked.ID, code)
		wants(t, err, "MANDATE_NOT_OPEN")
	})
}

// A veteran grants a mandate afresh, in the portal, without any code.
func TestGrantAfresh(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		r := newRig(t, s)
		in := mandate.Grant{Agent: "boris", Matters: []string{"M01"}, Until: r.today().AddDays(60)}
		m, err := r.desk.Grant(r.veteran(0), in)
		must(t, err)
		if r.desk.State(m) != mandate.Active || m.ConfirmedHow != "PORTAL" || m.Agent != "boris" || len(m.CodeHash) > 0 || len(m.Matters) != 1 {
			t.Errorf("granted: %+v", m)
		}
		_, err = r.desk.Act(r.clerk("boris", home), r.heroes[0], []string{"M01"}, m.Fields)
		must(t, err)
		for reason, bad := range map[string]mandate.Grant{
			"MANDATE_UNTIL":           {Agent: "boris", Until: r.today().AddDays(61)},
			"MANDATE_AGENT_MALFORMED": {Agent: "a b", Until: r.today()},
			"MANDATE_GRANT_UNCLEAR":   {MandateID: m.ID, Agent: "boris"},
			"MANDATE_NOT_FOUND":       {MandateID: "nobody's"},
		} {
			_, err := r.desk.Grant(r.veteran(0), bad)
			wants(t, err, reason)
		}
		_, err = r.desk.Grant(r.veteran(0), mandate.Grant{Agent: "boris", Until: r.today().AddDays(-1)})
		wants(t, err, "MANDATE_UNTIL")
		_, err = r.desk.Grant(r.clerk("boris", home), in)
		wants(t, err, "NOT_ALLOWED")
		_, err = r.desk.Request(r.veteran(0), mandate.Request{VeteranID: r.heroes[0], Until: r.today()})
		wants(t, err, "NOT_ALLOWED")
		_, err = r.desk.Request(r.clerk("anna", other), mandate.Request{VeteranID: r.heroes[0], Until: r.today()})
		wants(t, err, "VETERAN_NOT_FOUND")
		for range 19 {
			_, err = r.desk.Grant(r.veteran(0), in)
			must(t, err)
		}
		_, err = r.desk.Grant(r.veteran(0), in)
		wants(t, err, "MANDATES_TOO_MANY")
	})
}

// The person sees all mandates, a clerk their own, anybody else none.
func TestWhoSeesMandates(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		r := newRig(t, s)
		first := r.confirmed("M01")
		last, err := r.desk.Grant(r.veteran(0), mandate.Grant{Agent: "boris", Matters: []string{"M01"}, Until: r.today()})
		must(t, err)
		id := r.heroes[0]
		for name, c := range map[string]struct {
			as   access.Viewer
			want string
		}{
			"the person":    {access.Viewer{Kind: access.Veteran, Self: id}, last.ID + " " + first.ID},
			"a stranger":    {access.Viewer{Kind: access.Veteran, Self: r.heroes[1]}, ""},
			"the clerk":     {access.Viewer{ID: "anna", Kind: access.Clerk, Division: home}, first.ID},
			"another clerk": {access.Viewer{ID: "clara", Kind: access.Clerk, Division: home}, ""},
			"an officer":    {access.Viewer{ID: "anna", Kind: access.Officer, Department: "VA", Division: home}, ""},
			"an auditor":    {access.Viewer{ID: "anna", Kind: access.Auditor, Division: home}, ""},
		} {
			by, err := r.desk.OfVeterans(access.With(t.Context(), &c.as), r.heroes)
			must(t, err)
			var got []string
			for _, m := range by[id] {
				got = append(got, m.ID)
			}
			if strings.Join(got, " ") != c.want {
				t.Errorf("%s sees %v", name, got)
			}
		}
	})
}

func TestFigures(t *testing.T) {
	f, err := mandate.Builtin()
	must(t, err)
	if f.LongestDays.Value != 60 || f.CodeMinutes.Value != 10 || f.CodeAttempts.Value != 5 {
		t.Errorf("%+v", f)
	}
	_, err = mandate.Load("x.yaml", []byte("longestDays: {value: 0, unit: hours, confidence: Z, source: s}\nsurprise: 1\n"))
	if err == nil {
		t.Fatal("taken")
	}
	for _, want := range []string{"1 to 366", "calendar days", "mark", "surprise", "codeMinutes"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("does not say %q:\n%v", want, err)
		}
	}
}
