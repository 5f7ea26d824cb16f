package progress_test

import (
	"context"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/vetgraph/vetgraph/internal/access"
	"github.com/vetgraph/vetgraph/internal/fault"
	"github.com/vetgraph/vetgraph/internal/lifecycle"
	"github.com/vetgraph/vetgraph/internal/progress"
	"github.com/vetgraph/vetgraph/internal/store"
	"github.com/vetgraph/vetgraph/internal/store/storetest"
	"github.com/vetgraph/vetgraph/internal/workday"
)

// TestNobodyCountsMoreThanTheySee: what a viewer asks is cut down to their
// division and department, whatever the question says.
func TestNobodyCountsMoreThanTheySee(t *testing.T) {
	w := newWorld(t, storetest.Open(t, storetest.SQLite(t)), 3)
	for range 60 {
		w.step()
	}
	all := func(q progress.Question) int { return w.ask(w.ctx, q).Total.Items.Count }
	viewer := func(k access.Kind, division, department string) context.Context {
		return access.With(t.Context(), &access.Viewer{ID: "x", Kind: k, Division: division, Department: department})
	}
	for _, c := range []struct {
		name string
		ctx  context.Context
		q    progress.Question
		want int
	}{
		{"an analyst of the province sees all", viewer(access.Analyst, "230000000000", ""), progress.Question{}, all(progress.Question{})},
		{"a clerk of a city sees the city", viewer(access.Clerk, "230100000000", ""), progress.Question{}, all(progress.Question{Division: "2301"})},
		{"also when asking about the province", viewer(access.Clerk, "230100000000", ""), progress.Question{Division: "23"}, all(progress.Question{Division: "2301"})},
		{"and a county of it when asking about that", viewer(access.Clerk, "230100000000", ""), progress.Question{Division: "230102"}, all(progress.Question{Division: "230102"})},
		{"and nothing of another city", viewer(access.Clerk, "230100000000", ""), progress.Question{Division: "2302"}, 0},
		{"and nothing of another county, from the cases", viewer(access.Clerk, "230102000000", ""), progress.Question{Division: "230103002003"}, 0},
		{"an officer sees the department", viewer(access.Officer, "230000000000", "PS"), progress.Question{}, all(progress.Question{Department: "PS"})},
		{"and nothing of another", viewer(access.Officer, "230000000000", "PS"), progress.Question{Department: "VA"}, 0},
		{"a viewer who serves no division sees nothing", viewer(access.Analyst, "", ""), progress.Question{}, 0},
	} {
		if st := w.ask(c.ctx, c.q); st.Total.Items.Count != c.want {
			t.Errorf("%s: %d, not %d", c.name, st.Total.Items.Count, c.want)
		}
	}
	for name, ctx := range map[string]context.Context{
		"SIGN_IN": t.Context(), "NOT_ALLOWED": viewer(access.Veteran, "", ""), "NOT_ALLOWED ": viewer(access.Operator, "", ""), "NOT_ALLOWED  ": viewer(access.Partner, "230000000000", ""),
	} {
		if _, err := w.board.Statistics(ctx, progress.Question{}); fault.Of(err).Reason != strings.TrimSpace(name) {
			t.Errorf("%v, not %s", err, name)
		}
	}
}

func TestTooWide(t *testing.T) {
	w := newWorld(t, storetest.Open(t, storetest.SQLite(t)), 3)
	const most = progress.MostRows
	w.tx(func(tx store.Tx) error {
		for i := range most + 1 {
			day := workday.Date(2000, time.Month(1+i), 1)
			_, err := tx.Plain().Exec(w.ctx, "INSERT INTO standing_changes (at, kind, division, matter, department, channel, accepted, case_state, state, warning, lead, used, on_time, returns, papers, visits, n) "+
				"VALUES (1, 'CASE', '230102001001', '', '', 'WEB', $1, 'IN_PROGRESS', '', 'NONE', false, -1, false, 0, 0, 0, 1)", int(day))
			if err != nil {
				return err
			}
		}
		return nil
	})
	if _, err := w.board.Statistics(w.ctx, progress.Question{By: []progress.Dimension{progress.ByMonth}}); fault.Of(err).Reason != "STATISTICS_TOO_WIDE" {
		t.Error(err)
	}
}

// TestThePastIsKeptByTheDay: after 35 days the changes of a day are netted, and an
// instant within such a day is answered as of the end of the day before, and says so.
func TestThePastIsKeptByTheDay(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s, 5)
		fold(w) // the record begins
		for range 40 {
			w.step()
		}
		fold(w)
		old := time.Date(2026, 3, 2, 3, 0, 0, 0, time.UTC) // 11:00 in China
		w.exec("UPDATE standing_marks SET began = $1", old.AddDate(0, 0, -9).UnixMicro())
		w.exec("UPDATE standing_history SET at = $1 + id", old.UnixMicro())
		total := func(at time.Time) *progress.Statistics { return w.ask(w.ctx, progress.Question{AsOf: &at}) }
		before := flat(total(time.Date(2026, 3, 2, 15, 59, 59, 0, time.UTC)))
		rows := w.number("SELECT count(*) FROM standing_history")
		w.step() // today
		fold(w)
		if n := w.number("SELECT count(*) FROM standing_history WHERE at < $1", old.AddDate(0, 0, 2).UnixMicro()); n >= rows {
			t.Errorf("%d changes were netted to %d", rows, n)
		}
		end := total(time.Date(2026, 3, 2, 15, 59, 59, 999999000, time.UTC))
		if got := flat(end); got != before || end.Precision != progress.ToTheDay {
			t.Errorf("at the end of the day %s\n got %s\nwant %s", end.Precision, got, before)
		}
		if noon := total(old.Add(time.Hour)); noon.Precision != progress.ToTheDay || !noon.AsOf.Equal(time.Date(2026, 3, 1, 15, 59, 59, 999999000, time.UTC)) || noon.Total.Items.Count != 0 {
			t.Errorf("within the day: as of %v, %s, %d items", noon.AsOf, noon.Precision, noon.Total.Items.Count)
		}
		if _, err := w.board.Statistics(w.ctx, progress.Question{AsOf: ptr(old.AddDate(0, 0, -10))}); fault.Of(err).Reason != "STATISTICS_BEFORE_RECORD" {
			t.Error(err)
		}
	})
}

func ptr[T any](v T) *T { return &v }

func (w *world) exec(query string, args ...any) {
	w.t.Helper()
	w.tx(func(tx store.Tx) error { _, err := tx.Plain().Exec(w.ctx, query, args...); return err })
}

func (w *world) number(query string, args ...any) (n int) {
	w.t.Helper()
	err := w.s.Snapshot(w.ctx, func(ctx context.Context, p store.Plain) error {
		return p.Each(ctx, query, args, func(scan func(...any) error) error { return scan(&n) })
	})
	if err != nil {
		w.t.Fatal(err)
	}
	return n
}

// TestAnswersStandWhileOthersWrite: an answer that was given while many wrote at
// once, and folds ran, is given again.
func TestAnswersStandWhileOthersWrite(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s, 11)
		for range 6 {
			w.begin()
		}
		fold(w) // the record begins
		ctx, stop := context.WithCancel(w.ctx)
		var writers sync.WaitGroup
		failed := make(chan error, 8)
		for n := range 4 {
			writers.Add(1)
			go func() {
				defer writers.Done()
				for i := 0; ctx.Err() == nil; i++ {
					err := s.InTx(w.ctx, func(ctx context.Context, tx store.Tx) error {
						id := w.cases[(n+i)%len(w.cases)]
						if err := tx.LockCase(ctx, id); err != nil {
							return err
						}
						c, err := tx.Ent.CaseFile.Get(ctx, id)
						if err != nil {
							return err
						}
						before := w.board.Of(c, c.QueryItems().AllX(ctx))
						if err := c.Update().SetReturns(c.Returns + 1).Exec(ctx); err != nil {
							return err
						}
						return w.board.Note(ctx, tx, id, before)
					})
					if err != nil {
						failed <- err
						return
					}
				}
			}()
		}
		type told struct {
			at   time.Time
			text string
		}
		var past []told
		for i := range 40 {
			st := w.ask(w.ctx, progress.Question{})
			past = append(past, told{st.AsOf, text(st)})
			if i%10 == 5 {
				fold(w)
			}
		}
		stop()
		writers.Wait()
		select {
		case err := <-failed:
			t.Fatal(err)
		default:
		}
		for _, p := range past {
			if got := text(w.ask(w.ctx, progress.Question{AsOf: &p.at})); got != p.text {
				t.Fatalf("as of %v\n got %s\nwant %s", p.at, got, p.text)
			}
		}
		if got, want := flat(w.ask(w.ctx, progress.Question{})), w.count(progress.Question{}); got != want {
			t.Errorf("in the end\n got %s\nwant %s", got, want)
		}
	})
}

// TestViewsLeadToNobody: no column of a view for analysts holds, or is a key to, a
// person, a number or a sealed value.
func TestViewsLeadToNobody(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s, 3)
		for range 60 {
			w.step()
		}
		allowed := regexp.MustCompile(`^(case_id|item_id|event_id|division|province|city|county|state|warning|channel|catalog_version|matter|department|kind|actor_kind|from_state|to_state|at|round|grade|name|level|parent|returns|supplements|papers_saved|visits_saved|on_time|workdays_(promised|used)|(accepted|due|closed|decided|rated)_on)$`)
		for _, view := range []string{"cases", "items", "events", "ratings", "divisions"} {
			var columns []string
			query := "SELECT name FROM pragma_table_info('analytics_" + view + "')"
			if s.Pool != nil {
				query = "SELECT column_name FROM information_schema.columns WHERE table_schema = current_schema() AND table_name = 'analytics_" + view + "'"
			}
			err := s.Snapshot(w.ctx, func(ctx context.Context, p store.Plain) error {
				return p.Each(ctx, query, nil, func(scan func(...any) error) error {
					var c string
					err := scan(&c)
					columns = append(columns, c)
					return err
				})
			})
			if err != nil || len(columns) == 0 {
				t.Fatal(view, err)
			}
			for _, c := range columns {
				if !allowed.MatchString(c) {
					t.Errorf("%s.%s may lead to a person", view, c)
				}
			}
			w.number("SELECT count(*) FROM analytics_" + view)
		}
		if got, want := w.number("SELECT count(*) FROM analytics_items WHERE workdays_used IS NOT NULL"), w.ask(w.ctx, progress.Question{}).Total.Items.Decided; got != want || want == 0 {
			t.Errorf("%d decided items in the view, %d in the figures", got, want)
		}
		if n := w.number("SELECT count(*) FROM analytics_items WHERE province <> '230000000000' OR county NOT LIKE '%000000' OR city NOT LIKE '%00000000'"); n != 0 {
			t.Errorf("%d items in the wrong place", n)
		}
	})
}

// TestWhatIsUnderWayIsLater: an answer given while a transaction has noted a change
// and not committed is given again after it has.
func TestWhatIsUnderWayIsLater(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s, 2)
		w.begin()
		fold(w)
		w.begin()
		var during *progress.Statistics
		w.tx(func(tx store.Tx) error {
			c := tx.Ent.CaseFile.GetX(w.ctx, w.cases[0])
			before := w.board.Of(c, c.QueryItems().AllX(w.ctx))
			c.Update().SetState(lifecycle.CaseTerminated).ExecX(w.ctx)
			err := w.board.Note(w.ctx, tx, c.ID, before)
			during = w.ask(w.ctx, progress.Question{})
			return err
		})
		if got := w.ask(w.ctx, progress.Question{AsOf: &during.AsOf}); text(got) != text(during) {
			t.Errorf("after it committed\n got %s\nwant %s", text(got), text(during))
		}
		if got, want := flat(w.ask(w.ctx, progress.Question{})), w.count(progress.Question{}); got != want {
			t.Errorf("now\n got %s\nwant %s", got, want)
		}
	})
}
