// Package guard makes every read of the record pass access, whichever door it came through: field, node, federation entity or nested edge.
//
// Rows out of sight are not there, so counts and pages are right; without a
// viewer there is nothing at all, and an entity that has no rule below is
// answered to nobody but the hub itself.
package guard

import (
	"context"
	"math"

	"entgo.io/ent/dialect/sql"

	"github.com/vetgraph/vetgraph/ent/gen"
	"github.com/vetgraph/vetgraph/ent/gen/casefile"
	"github.com/vetgraph/vetgraph/ent/gen/consent"
	"github.com/vetgraph/vetgraph/ent/gen/dispute"
	"github.com/vetgraph/vetgraph/ent/gen/event"
	"github.com/vetgraph/vetgraph/ent/gen/intercept"
	"github.com/vetgraph/vetgraph/ent/gen/item"
	"github.com/vetgraph/vetgraph/ent/gen/mandate"
	"github.com/vetgraph/vetgraph/ent/gen/material"
	"github.com/vetgraph/vetgraph/ent/gen/notification"
	"github.com/vetgraph/vetgraph/ent/gen/obligation"
	"github.com/vetgraph/vetgraph/ent/gen/pause"
	"github.com/vetgraph/vetgraph/ent/gen/task"
	"github.com/vetgraph/vetgraph/ent/gen/veteran"
	"github.com/vetgraph/vetgraph/internal/access"
	"github.com/vetgraph/vetgraph/internal/division"
)

// Reads sets the guard on a client.
func Reads(c *gen.Client) {
	c.Intercept(intercept.TraverseFunc(func(ctx context.Context, q intercept.Query) error {
		v := access.From(ctx)
		if v == nil {
			return access.SignIn()
		}
		if v.Kind == access.Machine {
			return nil
		}
		q.WhereP(func(s *sql.Selector) { s.Where(visible(v, q.Type(), s.C)) })
		return nil
	}))
}

// visible is the condition on a row of an entity type that a viewer may see.
// col qualifies a column of the row.
func visible(v *access.Viewer, entity string, col func(string) string) *sql.Predicate {
	switch entity {
	case gen.TypeDivision, gen.TypeSlot:
		return sql.ExprP("1 = 1") // public, like the map and the opening hours
	case gen.TypeCatalogVersion, gen.TypeCalendarYear, gen.TypePortOrder:
		return nothing()
	case gen.TypeVeteran:
		return known(v, col)
	case gen.TypeCaseFile:
		return file(v, col)
	case gen.TypeItem:
		return matter(v, col)
	case gen.TypeMaterial:
		return within(col(material.FieldCaseID), casefile.Table, v, file)
	case gen.TypeEvent:
		return entry(v, col)
	case gen.TypePreReview, gen.TypeAppointment:
		return within(col(event.FieldCaseID), casefile.Table, v, file)
	case gen.TypeCorrection, gen.TypePause:
		return within(col(pause.FieldItemID), item.Table, v, matter)
	case gen.TypeObligation, gen.TypeRating:
		return owed(v, col)
	case gen.TypeTask, gen.TypeViolation:
		return supervised(v, col)
	case gen.TypeMandate:
		return mandated(v, col)
	case gen.TypeNotification, gen.TypeIdentityCheck, gen.TypeConsent:
		return own(v, col)
	case gen.TypeDispute, gen.TypeSubsidy:
		return disputed(v, col)
	case gen.TypePaymentRoll:
		return supervised(v, col)
	case gen.TypePaymentLine, gen.TypeSliceUse, gen.TypeClientAssertion, gen.TypeAnnouncement:
		return nothing()
	case gen.TypeReceipt, gen.TypeReceiptHead, gen.TypeReceiptCheckpoint, gen.TypeReceiptCosignature:
		return nothing() // whose they are is known to package receipt alone, which asks first
	}
	if v.Kind == access.Veteran {
		return sql.EQ(col("veteran_id"), v.Self)
	}
	return within(col("veteran_id"), veteran.Table, v, person) // every other entity is a fact about a person
}

type rule func(v *access.Viewer, col func(string) string) *sql.Predicate

// person is the condition on a row of veterans.
func person(v *access.Viewer, col func(string) string) *sql.Predicate {
	switch v.Kind {
	case access.Veteran:
		return sql.EQ(col(veteran.FieldID), v.Self)
	case access.Clerk:
		return inDivision(v, col(veteran.FieldDivision))
	case access.Officer: // a person who has something before this department
		return sql.And(inDivision(v, col(veteran.FieldDivision)), one(item.Table, item.FieldVeteranID, col(veteran.FieldID), v, matter))
	case access.Partner:
		return sliced(v, col)
	}
	return nothing()
}

// sliced is the condition on a row of veterans that a partner's slice lets it see.
func sliced(v *access.Viewer, col func(string) string) *sql.Predicate {
	if v.Scope == nil || v.Division == "" {
		return nothing()
	}
	all := []*sql.Predicate{inDivision(v, col(veteran.FieldDivision))}
	for _, f := range v.Scope.Facts {
		in := make([]any, len(f.In))
		for i, value := range f.In {
			in[i] = value
		}
		all = append(all, one(f.Table, "veteran_id", col(veteran.FieldID), v, func(_ *access.Viewer, of func(string) string) *sql.Predicate {
			return sql.In(of(f.Column), in...)
		}))
	}
	if agreed := v.Scope.Consent; agreed != nil {
		all = append(all, one(consent.Table, consent.FieldVeteranID, col(veteran.FieldID), v, func(v *access.Viewer, of func(string) string) *sql.Predicate {
			return sql.And(sql.EQ(of(consent.FieldSlice), agreed.Slice), sql.EQ(of(consent.FieldVersion), agreed.Version),
				sql.IsNull(of(consent.FieldWithdrawnAt)), sql.GT(of(consent.FieldUntil), v.Scope.Now.UTC()))
		}))
	}
	return sql.And(all...)
}

// known is person, and for an officer also who objects to a value before this
// department: who they are, for as long as it is open, and nothing else of them.
func known(v *access.Viewer, col func(string) string) *sql.Predicate {
	if v.Kind != access.Officer {
		return person(v, col)
	}
	open := func(v *access.Viewer, of func(string) string) *sql.Predicate {
		return sql.And(supervised(v, of), sql.EQ(of(dispute.FieldState), dispute.StateOPEN))
	}
	return sql.Or(person(v, col), sql.And(inDivision(v, col(veteran.FieldDivision)),
		one(dispute.Table, dispute.FieldVeteranID, col(veteran.FieldID), v, open)))
}

// file is the condition on a row of case_files.
func file(v *access.Viewer, col func(string) string) *sql.Predicate {
	switch v.Kind {
	case access.Veteran:
		return sql.EQ(col(casefile.FieldVeteranID), v.Self)
	case access.Clerk, access.Analyst, access.Supervisor, access.Auditor:
		return inDivision(v, col(casefile.FieldDivision))
	case access.Officer: // an item before this department, or a word that it owes
		return sql.And(inDivision(v, col(casefile.FieldDivision)), sql.Or(
			one(item.Table, item.FieldCaseID, col(casefile.FieldID), v, matter),
			one(obligation.Table, obligation.FieldCaseID, col(casefile.FieldID), v, supervised)))
	}
	return nothing()
}

// matter is the condition on a row of items.
func matter(v *access.Viewer, col func(string) string) *sql.Predicate {
	switch v.Kind {
	case access.Veteran:
		return sql.EQ(col(item.FieldVeteranID), v.Self)
	case access.Clerk, access.Analyst, access.Supervisor, access.Auditor:
		return inDivision(v, col(item.FieldDivision))
	case access.Officer:
		return sql.And(inDivision(v, col(item.FieldDivision)), sql.EQ(col(item.FieldDepartment), v.Department))
	}
	return nothing()
}

// entry is the condition on a row of events: of a visible case and, for an
// officer, not about another department's item.
func entry(v *access.Viewer, col func(string) string) *sql.Predicate {
	p := within(col(event.FieldCaseID), casefile.Table, v, file)
	if v.Kind != access.Officer {
		return p
	}
	return sql.And(p, sql.Or(sql.IsNull(col(event.FieldItemID)), within(col(event.FieldItemID), item.Table, v, matter)))
}

// supervised is the condition on a row that names the department and the division
// which answer for it: for those who supervise, never for the person.
func supervised(v *access.Viewer, col func(string) string) *sql.Predicate {
	switch v.Kind {
	case access.Officer:
		return sql.And(inDivision(v, col(task.FieldDivision)), sql.EQ(col(task.FieldDepartment), v.Department))
	case access.Supervisor, access.Auditor:
		return inDivision(v, col(task.FieldDivision))
	}
	return nothing()
}

// owed is supervised, and of a visible case for the person, the window and those
// who count.
func owed(v *access.Viewer, col func(string) string) *sql.Predicate {
	switch v.Kind {
	case access.Veteran:
		return within(col(obligation.FieldCaseID), casefile.Table, v, file)
	case access.Clerk, access.Analyst:
		return inDivision(v, col(obligation.FieldDivision))
	}
	return supervised(v, col)
}

// own is the condition on a row that is for the person alone.
func own(v *access.Viewer, col func(string) string) *sql.Predicate {
	if v.Kind == access.Veteran {
		return sql.EQ(col(notification.FieldVeteranID), v.Self)
	}
	return nothing()
}

// mandated is the condition on a row of mandates: the person's, and the agent's own.
func mandated(v *access.Viewer, col func(string) string) *sql.Predicate {
	if v.Kind == access.Clerk {
		return sql.And(inDivision(v, col(mandate.FieldDivision)), sql.EQ(col(mandate.FieldAgent), v.ID))
	}
	return own(v, col)
}

// disputed is the condition on a row of disputes or subsidies: the person's, and
// those that an officer's department answers for.
func disputed(v *access.Viewer, col func(string) string) *sql.Predicate {
	if v.Kind == access.Veteran {
		return own(v, col)
	}
	return supervised(v, col)
}

// within is true of a column that refers to a row of table which r lets the viewer see.
func within(ref, table string, v *access.Viewer, r rule) *sql.Predicate {
	return one(table, "id", ref, v, r)
}

// one is true if table has a row whose column key is ref and which r lets the
// viewer see. The row is fetched by its key before r is looked at: the LIMIT,
// which cuts nothing off, keeps PostgreSQL from doing it the other way round.
// Left to itself it guesses that a division is small, and once the statement is
// prepared collects everybody in it, each time.
func one(table, key, ref string, v *access.Viewer, r rule) *sql.Predicate {
	t := sql.Table(table)
	row := sql.Select().From(t).Where(sql.ColumnsEQ(t.C(key), ref)).Limit(math.MaxInt32).As("the_" + table)
	return sql.Exists(sql.Select(row.C("id")).From(row).Where(r(v, row.C)))
}

func inDivision(v *access.Viewer, col string) *sql.Predicate {
	lo, hi := division.Range(v.Division)
	return sql.And(sql.GTE(col, lo), sql.LTE(col, hi))
}

func nothing() *sql.Predicate { return sql.False() }
