package durability

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"
)

const following = `subscription($id: ID!) { caseProgress(id: $id) { over entries { id } case { state veteran { concessionStanding { code } } } } }`

// listen follows a case by a subscription until it says that it is over, however
// often the line breaks, and compares what it was told with what stands in the
// record: every entry, in order.
func (w *world) listen(ctx context.Context, f *file, token string, at front) error {
	var told []string
	for over, lines := false, 0; !over; lines++ {
		if lines > 0 {
			w.files.mu.Lock()
			w.resumed++
			w.files.mu.Unlock()
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
		again, err := w.stream(ctx, f, token, at, func(entries []string, end bool) {
			for _, e := range entries {
				if !slices.Contains(told, e) { // a line that is taken up begins with all there is
					told = append(told, e)
				}
			}
			over = end
		})
		if err != nil {
			return fmt.Errorf("subscription at %s: %w", at.name, err)
		}
		if again && !over {
			pause(ctx, 50*time.Millisecond)
		}
	}
	var now struct {
		Case struct{ Timeline []struct{ ID, Kind string } }
	}
	if err := w.patiently(ctx, func() error {
		return w.ask(ctx, token, `query($id: ID!) { case(id: $id) { timeline { id kind } } }`, map[string]any{"id": f.caseID}, &now)
	}); err != nil {
		return err
	}
	var kept []string
	for _, e := range now.Case.Timeline {
		if len(kept) == len(told) && !strings.HasPrefix(e.Kind, "CASE_") && !strings.HasPrefix(e.Kind, "ITEM_") {
			break // money is paid, and tasks are closed, after a case has ended
		}
		kept = append(kept, e.ID)
	}
	if !slices.Equal(kept, told) {
		w.complain("case %s: %s told %d entries, the record has %d:\n%v\n%v", f.caseID, at.name, len(told), len(kept), told, kept)
	}
	return nil
}

// stream reads one line of a subscription until it ends or breaks. An answer that
// tells that the graph is not whole just now is a break.
func (w *world) stream(ctx context.Context, f *file, token string, at front, each func(entries []string, over bool)) (broke bool, err error) {
	body, err := json.Marshal(map[string]any{"query": following, "variables": map[string]any{"id": f.caseID}})
	if err != nil {
		return false, err
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, at.url, bytes.NewReader(body))
	if err != nil {
		return false, err
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Accept", "text/event-stream")
	r.Header.Set("Authorization", "Bearer "+token)
	res, err := (&http.Client{}).Do(r) // no time-out: a stream lasts
	if err != nil {
		return true, nil
	}
	defer func() { _ = res.Body.Close() }()
	lines := bufio.NewScanner(res.Body)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		data, ok := strings.CutPrefix(lines.Text(), "data:")
		if !ok || strings.TrimSpace(data) == "" {
			continue
		}
		var message struct {
			Data struct {
				CaseProgress *struct {
					Over    bool
					Entries []struct{ ID string }
					Case    struct {
						Veteran struct{ ConcessionStanding *struct{ Code string } }
					}
				}
			}
			Errors []struct{ Extensions struct{ Reason string } }
		}
		if err := json.Unmarshal([]byte(data), &message); err != nil {
			return false, err
		}
		p := message.Data.CaseProgress
		if p == nil {
			return true, nil
		}
		if p.Case.Veteran.ConcessionStanding == nil {
			return false, errors.New("a message is not joined with what the partner knows: " + data)
		}
		var entries []string
		for _, e := range p.Entries {
			entries = append(entries, e.ID)
		}
		each(entries, p.Over)
	}
	return true, nil
}
