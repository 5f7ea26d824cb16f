// Package guard makes every read of the record pass access, whichever door it came through: field, node, federation entity or nested edge.
//
// Rows out of sight are not there, so counts and pages are right; without a
// viewer there is nothing at all, and an entity that the policy does not
// speak of is answered to nobody but the hub itself.
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
	"github.com/vetgraph/vetgraph/ent/gen/notification"
	"github.com/vetgraph/vetgraph/ent/gen/obligation"
	"github.com/vetgraph/vetgraph/ent/gen/pause"
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

// visible is the condition on a row of an entity type that a viewer may see, as the
// policy says. col qualifies a column of the row.
func visible(v *access.Viewer, entity string, col func(string) string) *sql.Predicate {
	return seen(entity)(v, col)
}

type rule func(v *access.Viewer, col func(string) string) *sql.Predicate

// sights make predicates of what the policy calls by name; what it does not name is
// not seen. (A function, as the rules refer to each other.)
func sights(s access.Sight) rule {
	switch s {
	case access.All:
		return func(*access.Viewer, func(string) string) *sql.Predicate { return sql.ExprP("1 = 1") }
	case access.SelfOnly:
		return own
	case access.InDivision:
		return placed
	case access.InDepartment:
		return assigned
	case access.AsAgent:
		return agent
	case access.OfCase:
		return through(event.FieldCaseID, casefile.Table, seen(gen.TypeCaseFile))
	case access.OfItem:
		return through(pause.FieldItemID, item.Table, seen(gen.TypeItem))
	case access.OfCaseAndItem:
		return entry
	case access.OfPerson:
		return through(notification.FieldVeteranID, veteran.Table, seen(gen.TypeVeteran))
	case access.HandledPerson:
		return through(notification.FieldVeteranID, veteran.Table, handled)
	case access.FileHandled:
		return fileHandled
	case access.Handled:
		return handled
	case access.Disputed:
		return disputed
	case access.Sliced:
		return sliced
	}
	return func(*access.Viewer, func(string) string) *sql.Predicate { return nothing() }
}

// seen is the rule of whoever asks for rows of an entity.
func seen(entity string) rule {
	return func(v *access.Viewer, col func(string) string) *sql.Predicate {
		sight := access.Builtin().Sight(entity, v.Kind)
		if entity == gen.TypeVeteran && sight == access.SelfOnly {
			return sql.EQ(col(veteran.FieldID), v.Self)
		}
		return sights(sight)(v, col)
	}
}

// through is true of a row that refers by a column to a row of table which r lets the viewer see.
func through(column, table string, r rule) rule {
	return func(v *access.Viewer, col func(string) string) *sql.Predicate {
		return one(table, "id", col(column), v, r)
	}
}

func own(v *access.Viewer, col func(string) string) *sql.Predicate {
	return sql.EQ(col(notification.FieldVeteranID), v.Self)
}

func placed(v *access.Viewer, col func(string) string) *sql.Predicate {
	return inDivision(v, col(casefile.FieldDivision))
}

func assigned(v *access.Viewer, col func(string) string) *sql.Predicate {
	return sql.And(placed(v, col), sql.EQ(col(item.FieldDepartment), v.Department))
}

func agent(v *access.Viewer, col func(string) string) *sql.Predicate {
	return sql.And(placed(v, col), sql.EQ(col(mandate.FieldAgent), v.ID))
}

// handled is true of a person who has something before the department.
func handled(v *access.Viewer, col func(string) string) *sql.Predicate {
	return sql.And(placed(v, col), one(item.Table, item.FieldVeteranID, col(veteran.FieldID), v, assigned))
}

// fileHandled is true of a case with an item before the department, or a word that it owes.
func fileHandled(v *access.Viewer, col func(string) string) *sql.Predicate {
	return sql.And(placed(v, col), sql.Or(
		one(item.Table, item.FieldCaseID, col(casefile.FieldID), v, assigned),
		one(obligation.Table, obligation.FieldCaseID, col(casefile.FieldID), v, assigned)))
}

// entry is true of what is written of a case that is seen and, if of an item, of one that is seen.
func entry(v *access.Viewer, col func(string) string) *sql.Predicate {
	return sql.And(sights(access.OfCase)(v, col), sql.Or(sql.IsNull(col(event.FieldItemID)), sights(access.OfItem)(v, col)))
}

// disputed is handled, and also who objects to a value before this department: who
// they are, for as long as it is open, and nothing else of them.
func disputed(v *access.Viewer, col func(string) string) *sql.Predicate {
	open := func(v *access.Viewer, of func(string) string) *sql.Predicate {
		return sql.And(assigned(v, of), sql.EQ(of(dispute.FieldState), dispute.StateOPEN))
	}
	return sql.Or(handled(v, col), sql.And(placed(v, col), one(dispute.Table, dispute.FieldVeteranID, col(veteran.FieldID), v, open)))
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
