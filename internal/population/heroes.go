package population

import (
	"time"

	"github.com/vetgraph/vetgraph/internal/catalog"
	"github.com/vetgraph/vetgraph/internal/profile"
	"github.com/vetgraph/vetgraph/internal/workday"
)

// The first people of every population, by place. All have just left the forces
// and have everything before them; those without a word about it have no valid
// identity card.
const (
	DisabledNCO        = iota // self-employed, with a disability grade: all thirteen matters
	Conscript                 // self-employed: twelve
	ConscriptWithCard         // self-employed, with a valid identity card: eleven
	PlacedNCO                 // job placement: ten
	DemobilisedOfficer        // demobilised: eleven
	SupportedNCO              // disabled, state support: seven
)

// hero is a fixed person and the words that present them.
type hero struct {
	title  catalog.Text
	sketch sketch
	home   string // township
}

var heroes = []hero{
	{catalog.Text{Zh: "自主就业军士，有残疾等级，办理全部13项", En: "NCO, self-employed, with a disability grade: all 13 matters"}, sketch{
		category: "NCO", mode: "SELF_EMPLOYMENT", years: 8, grade: "7", nature: "DUTY", leftDaysAgo: 12, sex: "1", ethnicity: "01",
		name: "王志远", born: workday.Date(1998, time.March, 15), education: "30"}, "230102001000"},
	{catalog.Text{Zh: "自主就业义务兵", En: "Conscript, self-employed"}, sketch{
		category: "CONSCRIPT", mode: "SELF_EMPLOYMENT", years: 2, leftDaysAgo: 9, sex: "1", ethnicity: "01",
		name: "李浩然", born: workday.Date(2003, time.July, 8), education: "60"}, "230103001000"},
	{catalog.Text{Zh: "自主就业义务兵，身份证有效", En: "Conscript, self-employed, identity card valid"}, sketch{
		category: "CONSCRIPT", mode: "SELF_EMPLOYMENT", years: 2, leftDaysAgo: 10, sex: "2", ethnicity: "11",
		name: "关思雨", born: workday.Date(2004, time.January, 20), education: "30", validCard: true}, "230202001000"},
	{catalog.Text{Zh: "安排工作的军士", En: "NCO, job placement"}, sketch{
		category: "NCO", mode: "JOB_PLACEMENT", years: 12, leftDaysAgo: 15, sex: "1", ethnicity: "01",
		name: "张国栋", born: workday.Date(1994, time.May, 2), education: "30"}, "231002001000"},
	{catalog.Text{Zh: "复员军官", En: "Officer, demobilised"}, sketch{
		category: "OFFICER", mode: "DEMOBILIZATION", years: 9, leftDaysAgo: 14, sex: "1", ethnicity: "10",
		name: "金明哲", born: workday.Date(1995, time.October, 11), education: "20"}, "231003001000"},
	{catalog.Text{Zh: "供养的残疾军士", En: "NCO, disabled, state support"}, sketch{
		category: "NCO", mode: "STATE_SUPPORT", years: 6, grade: "2", nature: "WAR", leftDaysAgo: 11, sex: "1", ethnicity: "01",
		name: "刘建国", born: workday.Date(2000, time.February, 29), education: "40"}, "230602013000"},
}

// Heroes presents the first people of every population, in their order.
func Heroes() []catalog.Text {
	titles := make([]catalog.Text, len(heroes))
	for i, h := range heroes {
		titles[i] = h.title
	}
	return titles
}

// hero finishes a fixed person.
func (d *draw) hero(h hero) profile.Person {
	k := h.sketch
	k.home, _ = d.land.tree.Get(h.home)
	k.settledAt = county(h.home)
	q := d.finish(k)
	d.toldOtherwise(&q)
	return q
}
