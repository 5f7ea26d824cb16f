package department

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"github.com/vetgraph/vetgraph/internal/port"
)

// Fields are what the department that has an item was sent of it last, under its
// own names.
func (f *Fleet) Fields(ctx context.Context, itemID string) (map[string]any, error) {
	for _, code := range f.codes {
		o, err := f.office(code)
		if err != nil {
			return nil, err
		}
		var text string
		err = o.book.readers.QueryRowContext(ctx, `SELECT fields FROM items WHERE id = ?`, itemID).Scan(&text)
		if errors.Is(err, sql.ErrNoRows) {
			continue
		} else if err != nil {
			return nil, fmt.Errorf("item at %s: %w", code, err)
		}
		fields := map[string]any{}
		if err := port.DecodeJSON([]byte(text), &fields); err != nil {
			return nil, fmt.Errorf("item at %s: %w", code, err)
		}
		return fields, nil
	}
	return nil, fmt.Errorf("no department has the item %s", itemID)
}
