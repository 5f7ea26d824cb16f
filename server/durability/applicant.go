package durability

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"slices"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/vetgraph/vetgraph/internal/lifecycle"
)

// errGone says that no answer came: the hub is dead, or died before it answered.
var errGone = errors.New("no answer")

// file is what an applicant remembers of their case.
type file struct {
	person int
	key    string

	sent       int // times the submission was sent
	unanswered int // of those, times without an answer
	caseID     string
	number     string
	items      []string // IDs
	found      bool     // the first answer said that the case was there already
	over       bool
}

// ledger is what all applicants remember, and what they complain of.
type ledger struct {
	mu     sync.Mutex
	all    []*file
	broken []string
}

func (w *world) complain(format string, args ...any) {
	w.files.mu.Lock()
	defer w.files.mu.Unlock()
	w.files.broken = append(w.files.broken, fmt.Sprintf(format, args...))
}

func (w *world) acknowledged() int {
	w.files.mu.Lock()
	defer w.files.mu.Unlock()
	n := 0
	for _, f := range w.files.all {
		if f.caseID != "" {
			n++
		}
	}
	return n
}

// handle is one applicant's business: read the form, hand it in until there is a
// receipt, and follow the case to its end. It fails only if the experiment is flawed.
func (w *world) handle(ctx context.Context, person int, dice *rand.Rand) error {
	token, err := w.issuer.veteran(w.people[person].id)
	if err != nil {
		return err
	}
	input, err := w.fillIn(ctx, person, token)
	if err != nil || input == nil {
		return err
	}
	f := &file{person: person, key: input["idempotencyKey"].(string)}
	w.files.mu.Lock()
	w.files.all = append(w.files.all, f)
	w.files.mu.Unlock()
	if err := w.handIn(ctx, f, token, input, dice); err != nil || f.caseID == "" {
		return err
	}
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() error { return w.follow(ctx, f, token) })
	if at := w.fronts[person%len(w.fronts)]; len(w.hubs) > 1 && at.streams {
		g.Go(func() error { return w.listen(ctx, f, token, at) })
	}
	return g.Wait()
}

const handingIn = `mutation($input: SubmitCaseInput!) { submitCase(input: $input) {
	replayed problems { field reason } case { id number items { id } } } }`

type submitted struct {
	SubmitCase struct {
		Replayed bool
		Problems []struct{ Field, Reason string }
		Case     *struct {
			ID, Number string
			Items      []struct{ ID string }
		}
	}
}

// handIn sends the same submission under the same key until it is acknowledged.
// Some people press the button twice.
func (w *world) handIn(ctx context.Context, f *file, token string, input map[string]any, dice *rand.Rand) error {
	for {
		fingers := 1
		if dice.IntN(6) == 0 {
			fingers = 2
		}
		w.files.mu.Lock()
		f.sent += fingers
		w.files.mu.Unlock()
		answers, errs := make([]submitted, fingers), make([]error, fingers)
		var all sync.WaitGroup
		for i := range fingers {
			all.Go(func() {
				w.moments.happen(sent)
				errs[i] = w.ask(ctx, token, handingIn, map[string]any{"input": input}, &answers[i])
			})
		}
		all.Wait()
		for i, err := range errs {
			switch {
			case errors.Is(err, errGone):
				w.files.mu.Lock()
				f.unanswered++
				w.files.mu.Unlock()
			case isRefusal(err, "CONFLICT"):
				w.complain("key %s was refused: %v", f.key, err)
				return nil
			case err != nil:
				return fmt.Errorf("submit: %w", err)
			default:
				if err := w.acknowledge(f, &answers[i]); err != nil {
					return err
				}
			}
		}
		if f.caseID != "" || ctx.Err() != nil {
			return ctx.Err()
		}
		pause(ctx, 20*time.Millisecond)
	}
}

// acknowledge notes the receipt. Under one key there is one case, for ever.
func (w *world) acknowledge(f *file, s *submitted) error {
	a := s.SubmitCase
	if a.Case == nil {
		return fmt.Errorf("submit: the form of the experiment is wrong: %v", a.Problems)
	}
	ids := make([]string, len(a.Case.Items))
	for i, it := range a.Case.Items {
		ids[i] = it.ID
	}
	slices.Sort(ids)
	if f.caseID != "" {
		if f.caseID != a.Case.ID || f.number != a.Case.Number || !slices.Equal(f.items, ids) {
			w.complain("key %s was acknowledged as case %s and as case %s", f.key, f.caseID, a.Case.ID)
		}
		return nil
	}
	w.files.mu.Lock()
	f.caseID, f.number, f.items, f.found = a.Case.ID, a.Case.Number, ids, a.Replayed && f.unanswered > 0
	w.files.mu.Unlock()
	w.moments.happen(receiving)
	return nil
}

const progress = `query($id: ID!) { case(id: $id) { number state items { id } } }`

// follow looks at the case until it is over. A case that was acknowledged is
// there whenever the hub is.
func (w *world) follow(ctx context.Context, f *file, token string) error {
	for {
		var now struct {
			Case struct {
				Number string
				State  lifecycle.CaseState
				Items  []struct{ ID string }
			}
		}
		err := w.ask(ctx, token, progress, map[string]any{"id": f.caseID}, &now)
		refusal, refused := errors.AsType[*refusal](err)
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case refused && refusal.reason == "CASE_NOT_FOUND":
			w.complain("case %s was acknowledged and is not there", f.caseID)
			return nil
		case err != nil && !errors.Is(err, errGone):
			return fmt.Errorf("follow a case: %w", err)
		case err == nil && (now.Case.Number != f.number || len(now.Case.Items) != len(f.items)):
			w.complain("case %s was acknowledged as %s with %d items and is now %s with %d", f.caseID, f.number, len(f.items), now.Case.Number, len(now.Case.Items))
		case err == nil && now.Case.State.Ended():
			w.files.mu.Lock()
			f.over = true
			w.files.mu.Unlock()
			return nil
		}
		pause(ctx, 250*time.Millisecond)
	}
}

// refusal is an answer that tells what is wrong.
type refusal struct{ front, code, reason string }

func (r *refusal) Error() string { return r.front + " refused: " + r.code + " " + r.reason }

func isRefusal(err error, code string) bool {
	r, ok := errors.AsType[*refusal](err)
	return ok && r.code == code
}

// ask sends one GraphQL operation to one front after the other. Errors: errGone, or a *refusal.
func (w *world) ask(ctx context.Context, token, query string, variables map[string]any, into any) error {
	return w.askAt(ctx, w.fronts[int(w.turn.Add(1))%len(w.fronts)], token, query, variables, into)
}

func (w *world) askAt(ctx context.Context, at front, token, query string, variables map[string]any, into any) error {
	body, err := json.Marshal(map[string]any{"query": query, "variables": variables})
	if err != nil {
		return err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, at.url, bytes.NewReader(body))
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Authorization", "Bearer "+token)
	res, err := w.client.Do(req)
	if err != nil {
		return errGone
	}
	defer func() { _ = res.Body.Close() }()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		return errGone
	}
	if res.StatusCode == http.StatusBadGateway { // of the balancer
		return errGone
	}
	var answer struct {
		Data   json.RawMessage
		Errors []struct{ Extensions struct{ Code, Reason string } }
	}
	if err := json.Unmarshal(text, &answer); err != nil {
		return fmt.Errorf("status %d: %w", res.StatusCode, err)
	}
	if len(answer.Errors) > 0 {
		// Our own say: come again. Other gateways have words of their own when a hub
		// dies under them, without a reason of ours.
		if e := answer.Errors[0].Extensions; e.Code == "UNAVAILABLE" || e.Reason == "" && len(w.hubs) > 1 {
			return errGone
		}
		return &refusal{at.name, answer.Errors[0].Extensions.Code, answer.Errors[0].Extensions.Reason}
	}
	return json.Unmarshal(answer.Data, into)
}
