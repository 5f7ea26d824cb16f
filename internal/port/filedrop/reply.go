package filedrop

import (
	"context"
	"errors"
	"io/fs"
	"path"

	"github.com/vetgraph/vetgraph/internal/port"
)

// answer does as asked.
func (d *Desk) answer(ctx context.Context, c call) (kind string, columns []string, rows []row, err error) {
	malformed := &port.Refusal{Reason: "MALFORMED"}
	if c.bad != nil || (c.kind == deliver || c.kind == withdraw) && len(c.rows) != 1 {
		return "", nil, nil, malformed
	}
	if c.kind == push {
		return d.take(ctx, c.rows)
	}
	if len(c.rows) > maxQuestion {
		return "", nil, nil, &port.Refusal{Reason: "TOO_MANY"}
	}
	switch c.kind {
	case deliver:
		it, err := readItem(c.rows[0])
		if err != nil {
			return "", nil, nil, malformed
		}
		s, err := d.counterpart.Take(ctx, it)
		return slips, slipColumns, []row{slipRow(s)}, err
	case lookup:
		return d.find(ctx, c.rows)
	case outcomes:
		return d.settle(ctx, c.rows)
	}
	var ids []string
	for _, from := range c.rows {
		r := reading{row: from}
		if ids = append(ids, r.text("_item")); r.err != nil {
			return "", nil, nil, malformed
		}
	}
	var said []port.Message
	if c.kind == status {
		said, err = d.counterpart.Tell(ctx, ids)
	} else {
		said = make([]port.Message, 1)
		said[0], err = d.counterpart.TakeBack(ctx, ids[0])
	}
	if err != nil {
		return "", nil, nil, err
	}
	for _, m := range said {
		r, err := messageRow(m)
		if err != nil {
			return "", nil, nil, errors.New("an item with a name that is no column")
		}
		rows = append(rows, r)
	}
	return messages, messageColumns, rows, nil
}

func (d *Desk) find(ctx context.Context, asked []row) (kind string, columns []string, rows []row, err error) {
	persons := make([]port.Person, len(asked))
	for i, r := range asked {
		if persons[i], err = readPerson(r); err != nil {
			return "", nil, nil, &port.Refusal{Reason: "MALFORMED"}
		}
	}
	all, err := d.counterpart.Find(ctx, persons)
	if err != nil {
		return "", nil, nil, err
	}
	for _, f := range all {
		some, err := foundRows(f)
		if err != nil {
			return "", nil, nil, errors.New("a record with a name that is no column")
		}
		rows = append(rows, some...)
	}
	return records, foundColumns, rows, nil
}

// say writes an answer, then takes the request away.
func (d *Desk) say(ctx context.Context, c call, kind string, columns []string, rows []row) error {
	text, err := c.format.encode(columns, rows, c.request)
	if err != nil && kind != failed { // it cannot say that in the agreed encoding and widths
		return d.say(ctx, c, failed, failedColumns, []row{{"_reason": "FORMAT"}})
	}
	if err != nil {
		return err
	}
	if c.manner.Torn {
		return d.scrawl(ctx, c, text[:len(text)/2], false)
	}
	times := 1
	if c.manner.Twice {
		times = 2
	}
	for range times {
		name := titled(d.now(), kind, c.subject, c.request, c.format.extension()).name
		if err := d.place.write(ctx, path.Join(c.folder, outFolder, name), text); err != nil && !errors.Is(err, fs.ErrExist) {
			return err
		}
	}
	return d.clear(ctx, c)
}

// scrawl writes an answer that is none; an end makes it a whole one.
func (d *Desk) scrawl(ctx context.Context, c call, text []byte, end bool) error {
	if end {
		text = closed(text, 1, c.request)
	}
	name := titled(d.now(), answerTo[c.kind], c.subject, c.request, c.format.extension()).name
	if err := d.place.write(ctx, path.Join(c.folder, outFolder, name), text); err != nil {
		return err
	}
	return d.clear(ctx, c)
}

// clear takes a request away.
func (d *Desk) clear(ctx context.Context, c call) error {
	err := d.place.remove(ctx, path.Join(c.folder, inFolder, c.name))
	if errors.Is(err, fs.ErrNotExist) {
		return nil // whoever read the answer has
	}
	return err
}
