package progress

import (
	"context"
	"time"

	"github.com/vetgraph/vetgraph/internal/store"
	"github.com/vetgraph/vetgraph/internal/workday"
)

const fileColumns = "c.id, c.division, c.state, c.channel, c.warning, c.accepted_on, c.due_on, c.created_at, c.closed_at, c.returns, c.papers_saved, c.visits_saved, c.workdays, c.on_time"

const partColumns = ", i.id, i.matter, i.department, i.state, i.warning, i.position, i.round, i.due_on, i.decided_at, i.workdays, i.on_time"

// cases reads cases that meet a condition on c, each with its items in no order,
// and then hands them to f one by one.
func cases(ctx context.Context, p store.Plain, where string, args []any, grades bool, f func(*file) error) error {
	items := "items i ON i.case_id = c.id"
	if p.Postgres() {
		// Left to itself it reads all items there are for those of a county, eight
		// seconds for thirteen million. The limit cuts nothing off.
		items = "LATERAL (SELECT * FROM items WHERE items.case_id = c.id LIMIT 10000) i ON true"
		if _, err := p.Exec(ctx, "SET LOCAL random_page_cost = 1.1"); err != nil {
			return err
		}
	}
	query := "SELECT " + fileColumns + partColumns + " FROM case_files c LEFT JOIN " + items + " WHERE " + where
	files, order := map[string]*file{}, []*file(nil)
	err := p.Each(ctx, query, args, func(scan func(...any) error) error {
		next, item, err := row(scan)
		if err != nil {
			return err
		}
		now := files[next.id]
		if now == nil {
			files[next.id], order, now = next, append(order, next), next
		}
		if item != nil {
			now.items = append(now.items, *item)
		}
		return nil
	})
	if err == nil && grades {
		err = graded(ctx, p, where, args, files)
	}
	if err != nil {
		return err
	}
	for _, now := range order {
		if err := f(now); err != nil {
			return err
		}
	}
	return nil
}

// graded writes on items of cases the grade of their last rating.
func graded(ctx context.Context, p store.Plain, where string, args []any, files map[string]*file) error {
	query := "SELECT r.case_id, r.matter, r.grade FROM case_files c JOIN ratings r ON r.case_id = c.id WHERE " + where + " ORDER BY r.round"
	return p.Each(ctx, query, args, func(scan func(...any) error) error {
		var id, matter string
		var grade int
		if err := scan(&id, &matter, &grade); err != nil || files[id] == nil {
			return err
		}
		for i := range files[id].items {
			if files[id].items[i].matter == matter {
				files[id].items[i].grade = grade
			}
		}
		return nil
	})
}

// row scans one case with one of its items, nil if it has none.
func row(scan func(...any) error) (*file, *part, error) {
	f := &file{}
	var i struct {
		id, matter, department, state, warning *string
		position, round, workdays              *int
		due                                    *workday.Day
		decided                                *time.Time
		onTime                                 *bool
	}
	to := []any{
		&f.id, &f.division, &f.state, &f.channel, &f.warning, &f.accepted, &f.due, &f.created, &f.closed, &f.returns, &f.papers, &f.visits, &f.workdays, &f.onTime,
		&i.id, &i.matter, &i.department, &i.state, &i.warning, &i.position, &i.round, &i.due, &i.decided, &i.workdays, &i.onTime,
	}
	if err := scan(to...); err != nil || i.id == nil {
		return f, nil, err
	}
	p := &part{
		id: *i.id, matter: *i.matter, department: *i.department, state: *i.state, warning: *i.warning,
		position: *i.position, round: *i.round, due: *i.due, decided: i.decided, workdays: i.workdays, onTime: i.onTime,
	}
	return f, p, nil
}
