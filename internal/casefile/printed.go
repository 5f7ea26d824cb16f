package casefile

import "context"

// SheetOf is the sheet of the case with a number, as far as the viewer may see it.
// Faults: CASE_NOT_FOUND, for a stranger's case too.
func (d *Desk) SheetOf(ctx context.Context, number string) (*Sheet, error) {
	cs, err := d.ByNumber(ctx, []string{number})
	if err != nil {
		return nil, err
	}
	if cs[0] == nil {
		return nil, notFound()
	}
	items, err := d.Items(ctx, []string{cs[0].ID})
	if err != nil {
		return nil, err
	}
	return d.Sheet(ctx, cs[0], items[cs[0].ID])
}
