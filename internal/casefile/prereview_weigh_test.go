package casefile_test

import (
	"slices"
	"testing"
	"time"

	"github.com/vetgraph/vetgraph/internal/casefile"
	"github.com/vetgraph/vetgraph/internal/form"
	"github.com/vetgraph/vetgraph/internal/store"
	"github.com/vetgraph/vetgraph/internal/store/storetest"
	"github.com/vetgraph/vetgraph/internal/workday"
)

// A pre-review counts at submission if every department passed exactly what is
// submitted and the result holds still; else it is waived, and that is written down.
func TestPreReviewIsWeighed(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		matters := []string{"M01", "M04"}
		for n, tt := range []struct {
			name, kind string
			before     func(o *office, id string) // after it was passed
		}{
			{"as it was passed", "PRE_REVIEW_USED", func(*office, string) {}},
			{"saved again unchanged", "PRE_REVIEW_USED", func(o *office, id string) {
				o.mustSave(id, form.Answer{Field: "targetAddress", Value: "示例路1号"})
			}},
			{"changed after it", "PRE_REVIEW_WAIVED", func(o *office, id string) {
				o.mustSave(id, form.Answer{Field: "targetAddress", Value: "示例路2号"})
			}},
			{"changed and changed back", "PRE_REVIEW_WAIVED", func(o *office, id string) {
				o.mustSave(id, form.Answer{Field: "targetAddress", Value: "示例路2号"})
				o.mustSave(id, form.Answer{Field: "targetAddress", Value: "示例路1号"})
			}},
			{"expired", "PRE_REVIEW_WAIVED", func(o *office, _ string) { o.at = time.Date(2027, 1, 11, 10, 0, 0, 0, workday.Zone()) }},
			{"the officer has not spoken", "PRE_REVIEW_WAIVED", func(o *office, id string) { must(o.t, o.desk.RequestPreReview(o.as(hero), id)) }},
		} {
			t.Run(tt.name, func(t *testing.T) {
				o := newOffice(t, s)
				id, err := o.save("", matters, o.complete(matters...)...)
				must(t, err)
				must(t, o.desk.RequestPreReview(o.as(hero), id))
				o.pass(id)
				tt.before(o, id)
				o.submit(casefile.Submission{VeteranID: o.heroes[hero], Key: "weighed-000" + string(rune('0'+n)), Matters: matters, Answers: o.draft(id).Answers, DraftID: id})
				kinds := o.kinds(id)
				if !slices.Contains(kinds, tt.kind) || o.note(id, tt.kind) != "M04" {
					t.Errorf("journal: %v", kinds)
				}
				if len(o.owed(id)) != 0 {
					t.Error("somebody still owes a pre-review")
				}
				for _, row := range o.reviews(o.machine(), id) {
					if row.EndedAt == nil {
						t.Error("a pre-review of what is submitted goes on")
					}
				}
				must(t, o.desk.WithdrawCase(o.as(hero), id, "")) // room for the next
			})
		}
	})
}

func (o *office) mustSave(id string, answers ...form.Answer) {
	o.t.Helper()
	_, err := o.save(id, nil, answers...)
	must(o.t, err)
}

func (o *office) note(id, kind string) string {
	o.t.Helper()
	entries, err := o.desk.Timeline(o.machine(), []string{id})
	must(o.t, err)
	for _, e := range entries[id] {
		if e.Kind == kind {
			return e.Reason
		}
	}
	return ""
}
