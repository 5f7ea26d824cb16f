package resolvers

import (
	"sync"

	"github.com/vetgraph/vetgraph/ent/gen"
	"github.com/vetgraph/vetgraph/graph/model"
	"github.com/vetgraph/vetgraph/internal/fault"
)

// reported is what partners say, through the router, of the veterans in one answer.
type reported struct {
	mu    sync.Mutex
	hours map[*gen.Veteran]int
}

// heard keeps what was said with the very representation that it was said of: each
// that says something becomes a veteran of its own, so no two are mixed up.
func (r *reported) heard(vs []*gen.Veteran, reps []*model.VeteranRepresentation) []*gen.Veteran {
	r.mu.Lock()
	defer r.mu.Unlock()
	for i, p := range reps {
		if vs[i] == nil || p.CourseHours == nil || *p.CourseHours < 0 {
			continue
		}
		own := *vs[i]
		if r.hours == nil {
			r.hours = map[*gen.Veteran]int{}
		}
		vs[i], r.hours[&own] = &own, *p.CourseHours
	}
	return vs
}

// courseHours are what a school said of each veteran. Without its word nobody is told
// a sum that might be too small.
func (r *reported) courseHours(vs []*gen.Veteran) ([]int, []error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	out, wrong := make([]int, len(vs)), make([]error, len(vs))
	for i, v := range vs {
		said := false
		if out[i], said = r.hours[v]; !said {
			wrong[i] = fault.New(fault.Invalid, "COURSE_HOURS_MISSING", "缺少培训学校报来的学时，应由路由器一并给出。",
				"The school's hours are missing; a router gives them with the veteran.").At("courseHours")
		}
	}
	return out, wrong
}
