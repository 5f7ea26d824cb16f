package restjson

import (
	"context"
	"net/http"

	"github.com/vetgraph/vetgraph/internal/catalog"
	"github.com/vetgraph/vetgraph/internal/port"
)

// Paths of a PUSH port that names none.
const (
	BatchPath    = "/batches/{id}"
	OutcomesPath = "/lines/status"
)

// LinesQuestion is the body of POST lines/status.
type LinesQuestion struct {
	Lines []string `json:"lines"`
}

// LinesAnswer is the answer to POST lines/status. Lines that the department does
// not know are left out; order does not matter.
type LinesAnswer struct {
	Lines []port.Entry `json:"lines"`
}

// AskPath is where a PUSH port's lines are asked after, below the base address.
func AskPath(p *catalog.Port) string {
	if p.Ask != "" {
		return p.Ask
	}
	return OutcomesPath
}

// Push implements [port.Pusher].
func (l *line) Push(ctx context.Context, p *catalog.Port, b port.Batch) (s port.Slip, err error) {
	err = l.call(ctx, http.MethodPut, withID(Path(p, BatchPath), b.ID), b, &s)
	return s, err
}

// Outcomes implements [port.Pusher].
func (l *line) Outcomes(ctx context.Context, p *catalog.Port, lines []string) ([]port.Entry, error) {
	var a LinesAnswer
	err := l.call(ctx, http.MethodPost, AskPath(p), LinesQuestion{Lines: lines}, &a)
	return a.Lines, err
}

// maxBatch is the most that one list of payments may be: twenty thousand lines.
const maxBatch = 8 << 20

func (s *server) batch(r *http.Request, id string, body []byte) (any, error) {
	to, ok := s.counterpart.(port.Payer)
	if !ok {
		return nil, &port.Refusal{Reason: "PATH"}
	}
	var b port.Batch
	if err := decode(body, &b); err != nil {
		return nil, err
	}
	b.ID = id
	return to.TakeBatch(r.Context(), b)
}

func (s *server) outcomes(r *http.Request, _ string, body []byte) (any, error) {
	to, ok := s.counterpart.(port.Payer)
	if !ok {
		return nil, &port.Refusal{Reason: "PATH"}
	}
	var q LinesQuestion
	if err := decode(body, &q); err != nil {
		return nil, err
	}
	if len(q.Lines) > maxQuestion {
		return nil, &port.Refusal{Reason: "TOO_MANY"}
	}
	known, err := to.TellLines(r.Context(), q.Lines)
	if known == nil {
		known = []port.Entry{}
	}
	return LinesAnswer{Lines: known}, err
}
