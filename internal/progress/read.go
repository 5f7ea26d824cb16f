package progress

import (
	"context"
	"time"

	"github.com/vetgraph/vetgraph/internal/store"
	"github.com/vetgraph/vetgraph/internal/workday"
)

const fileColumns = "c.id, c.division, c.state, c.channel, c.warning, c.accepted_on, c.due_on, c.created_at, c.closed_at, c.returns, c.papers_saved, c.visits_saved, c.workdays, c.on_time"

const partColumns = ", i.id, i.matter, i.department, i.state, i.warning, i.position, i.round, i.due_on, i.decided_at, i.workdays, i.on_time"

// lastGrade is the grade of the last rating of an item.
const lastGrade = ", (SELECT r.grade FROM ratings r WHERE r.case_id = i.case_id AND r.matter = i.matter ORDER BY r.round DESC LIMIT 1)"

// cases reads cases that meet a condition on c, each with its items, and hands
// them to f one by one.
func cases(ctx context.Context, p store.Plain, where string, args []any, grades bool, f func(*file) error) error {
	query := "SELECT " + fileColumns + partColumns
	if grades {
		query += lastGrade
	}
	items := "items i ON i.case_id = c.id"
	if p.Postgres() {
		// Left to itself it reads all items there are for those of a county, eight
		// seconds for thirteen million. The limit cuts nothing off.
		items = "LATERAL (SELECT * FROM items WHERE items.case_id = c.id LIMIT 10000) i ON true"
		if _, err := p.Exec(ctx, "SET LOCAL random_page_cost = 1.1"); err != nil {
			return err
		}
	}
	query += " FROM case_files c LEFT JOIN " + items + " WHERE " + where + " ORDER BY c.id, i.position, i.matter"
	var now *file
	err := p.Each(ctx, query, args, func(scan func(...any) error) error {
		next, item, err := row(scan, grades)
		if err != nil {
			return err
		}
		if now == nil || now.id != next.id {
			if now != nil {
				if err := f(now); err != nil {
					return err
				}
			}
			now = next
		}
		if item != nil {
			now.items = append(now.items, *item)
		}
		return nil
	})
	if err != nil || now == nil {
		return err
	}
	return f(now)
}

// row scans one case with one of its items, nil if it has none.
func row(scan func(...any) error, grades bool) (*file, *part, error) {
	f := &file{}
	var i struct {
		id, matter, department, state, warning *string
		position, round, workdays, grade       *int
		due                                    *workday.Day
		decided                                *time.Time
		onTime                                 *bool
	}
	to := []any{
		&f.id, &f.division, &f.state, &f.channel, &f.warning, &f.accepted, &f.due, &f.created, &f.closed, &f.returns, &f.papers, &f.visits, &f.workdays, &f.onTime,
		&i.id, &i.matter, &i.department, &i.state, &i.warning, &i.position, &i.round, &i.due, &i.decided, &i.workdays, &i.onTime,
	}
	if grades {
		to = append(to, &i.grade)
	}
	if err := scan(to...); err != nil || i.id == nil {
		return f, nil, err
	}
	p := &part{
		id: *i.id, matter: *i.matter, department: *i.department, state: *i.state, warning: *i.warning,
		position: *i.position, round: *i.round, due: *i.due, decided: i.decided, workdays: i.workdays, onTime: i.onTime,
	}
	if i.grade != nil {
		p.grade = *i.grade
	}
	return f, p, nil
}
