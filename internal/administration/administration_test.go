package administration_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"github.com/vetgraph/vetgraph/ent/gen/restriction"
	"github.com/vetgraph/vetgraph/internal/access"
	"github.com/vetgraph/vetgraph/internal/administration"
	"github.com/vetgraph/vetgraph/internal/fault"
	"github.com/vetgraph/vetgraph/internal/journal"
	"github.com/vetgraph/vetgraph/internal/store"
	"github.com/vetgraph/vetgraph/internal/store/storetest"
)

var noon = time.Date(2026, 11, 24, 4, 0, 0, 0, time.UTC)

func desk(s *store.Store) *administration.Desk {
	return &administration.Desk{Store: s, Now: func() time.Time { return noon }, Log: zerolog.Nop()}
}

func as(t *testing.T, kind access.Kind, account string) context.Context {
	t.Helper()
	return access.With(t.Context(), &access.Viewer{ID: account, Kind: kind, Self: account})
}

func reason(err error) string {
	if err == nil {
		return ""
	}
	return fault.Of(err).Reason
}

func TestRestrict(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		d, other, security := desk(s), desk(s), as(t, access.Security, "security-1")
		person, partner := &access.Viewer{ID: "thief", Kind: access.Veteran}, &access.Viewer{ID: "client", Kind: access.Partner, Slice: "bus"}
		for _, v := range []*access.Viewer{person, partner, nil} {
			if err := d.Kept(t.Context(), v); err != nil {
				t.Fatalf("%+v is kept out of nothing: %v", v, err)
			}
		}
		_ = other.Kept(t.Context(), person) // it knows, and will not ask for a second
		row, err := d.Restrict(security, restriction.KindACCOUNT, " thief ", "令牌被盗")
		if err != nil || row.Subject != "thief" {
			t.Fatal(row, err)
		}
		if _, err := d.Restrict(security, restriction.KindSLICE, "bus", "有人投诉"); err != nil {
			t.Fatal(err)
		}
		if got := reason(d.Admit(t.Context(), person)); got != "ACCOUNT_RESTRICTED" {
			t.Errorf("at once: %q", got)
		}
		if got := reason(d.Admit(t.Context(), partner)); got != "SLICE_RESTRICTED" {
			t.Errorf("a slice: %q", got)
		}
		for end := time.Now().Add(administration.Fresh + 5*time.Second); reason(other.Kept(t.Context(), person)) == ""; {
			if time.Now().After(end) {
				t.Fatal("another hub does not hear of it")
			}
		}
		if err := d.Admit(t.Context(), &access.Viewer{ID: "thief", Kind: access.Auditor}); err != nil {
			t.Errorf("the audit ended: %v", err)
		}
		for name, c := range map[string]struct {
			err  error
			want string
		}{
			"twice":                {second(d.Restrict(security, restriction.KindACCOUNT, "thief", "再次")), "RESTRICTED_ALREADY"},
			"oneself":              {second(d.Restrict(security, restriction.KindACCOUNT, "security-1", "试试")), "RESTRICTION_SELF"},
			"nobody":               {second(d.Restrict(security, restriction.KindACCOUNT, "  ", "试试")), "SUBJECT_MISSING"},
			"without a reason":     {second(d.Restrict(security, restriction.KindACCOUNT, "x", " ")), "REASON_MISSING"},
			"a reason too long":    {second(d.Restrict(security, restriction.KindACCOUNT, "x", strings.Repeat("长", 1001))), "WORDS_TOO_LONG"},
			"lifting nothing":      {second(d.Lift(security, "nothing", "试试")), "RESTRICTION_NOT_FOUND"},
			"by an operator":       {second(d.Restrict(as(t, access.Operator, "o"), restriction.KindACCOUNT, "x", "试试")), "NOT_ALLOWED"},
			"by an auditor":        {second(d.Restrict(as(t, access.Auditor, "a"), restriction.KindACCOUNT, "x", "试试")), "NOT_ALLOWED"},
			"lifted by an officer": {second(d.Lift(as(t, access.Officer, "o"), row.ID, "试试")), "NOT_ALLOWED"},
		} {
			if got := reason(c.err); got != c.want {
				t.Errorf("%s: %q, want %q", name, got, c.want)
			}
		}
		if _, err := d.Lift(security, row.ID, "查明是误报"); err != nil {
			t.Fatal(err)
		}
		if err := d.Admit(t.Context(), person); err != nil {
			t.Errorf("lifted: %v", err)
		}
		if got := reason(second(d.Lift(security, row.ID, "再次"))); got != "RESTRICTION_LIFTED" {
			t.Errorf("lifted twice: %q", got)
		}
		open, more, err := d.Restrictions(security, false, 10, "")
		if err != nil || len(open) != 1 || more || open[0].Subject != "bus" {
			t.Errorf("open: %v, %v, %v", open, more, err)
		}
		all, more, err := d.Restrictions(as(t, access.Auditor, "a"), true, 1, "")
		if err != nil || len(all) != 1 || !more {
			t.Errorf("a page of all: %v, %v, %v", all, more, err)
		}
		if rest, more, err := d.Restrictions(security, true, 1, all[0].ID); err != nil || len(rest) != 1 || more || rest[0].ID == all[0].ID {
			t.Errorf("the next page: %v, %v, %v", rest, more, err)
		}
	})
}

// What an administrator did is for the audit administrator alone, and nobody is two.
func TestAdministratorsAreSeparate(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		d := desk(s)
		operator := &access.Viewer{ID: "zhang", Kind: access.Operator}
		err := s.InTx(access.AsMachine(t.Context(), "test"), func(ctx context.Context, tx store.Tx) error {
			return journal.Administer(ctx, tx, operator, journal.Deed{Act: access.OperatePorts, Deed: "PAUSE", Subject: "va.report.submit", Reason: "检修", At: noon})
		})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := d.Restrict(as(t, access.Security, "li"), restriction.KindACCOUNT, "thief", "令牌被盗"); err != nil {
			t.Fatal(err)
		}
		for _, c := range []struct {
			account string
			kind    access.Kind
			want    string
		}{
			{"zhang", access.Operator, ""}, {"zhang", access.Security, "ROLES_SEPARATED"}, {"zhang", access.Auditor, "ROLES_SEPARATED"}, {"zhang", access.Officer, ""},
			{"li", access.Security, ""}, {"li", access.Operator, "ROLES_SEPARATED"}, {"li", access.Auditor, "ROLES_SEPARATED"}, {"wang", access.Auditor, ""},
		} {
			if got := reason(d.Admit(t.Context(), &access.Viewer{ID: c.account, Kind: c.kind})); got != c.want {
				t.Errorf("%s as %s: %q, want %q", c.account, c.kind, got, c.want)
			}
		}
		acts, more, err := d.Acts(as(t, access.Auditor, "wang"), "", 10, "")
		if err != nil || more || len(acts) != 2 || acts[0].Deed != "RESTRICT_ACCOUNT" || acts[1].Account != "zhang" || acts[1].Role != "OPERATOR" || acts[1].Act != "ports.operate" {
			t.Errorf("acts: %v, %v, %v", acts, more, err)
		}
		if one, _, err := d.Acts(as(t, access.Auditor, "wang"), "zhang", 10, ""); err != nil || len(one) != 1 {
			t.Errorf("acts of one: %v, %v", one, err)
		}
		for _, kind := range []access.Kind{access.Operator, access.Security, access.Supervisor, access.Clerk} {
			if _, _, err := d.Acts(as(t, kind, "x"), "", 10, ""); reason(err) != "NOT_ALLOWED" {
				t.Errorf("%s reads the journal: %v", kind, err)
			}
		}
		if _, _, err := d.Restrictions(as(t, access.Operator, "zhang"), false, 10, ""); reason(err) != "NOT_ALLOWED" {
			t.Errorf("an operator sees who is kept out: %v", err)
		}
	})
}

func second[T any](_ T, err error) error { return err }
