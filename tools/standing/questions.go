package main

import (
	"time"

	"github.com/vetgraph/vetgraph/internal/casefile"
	"github.com/vetgraph/vetgraph/internal/lifecycle"
	"github.com/vetgraph/vetgraph/internal/progress"
	"github.com/vetgraph/vetgraph/internal/workday"
)

type figure struct {
	name string
	progress.Question
}

type list struct {
	name string
	casefile.Filter
	after string
}

func day(y int, m time.Month, d int) *workday.Day { on := workday.Date(y, m, d); return &on }

type by = []progress.Dimension

var figures = []figure{
	{"everything together", progress.Question{}},
	{"by city", progress.Question{By: by{progress.ByDivision}}},
	{"by county", progress.Question{By: by{progress.ByDivision}, Level: "COUNTY"}},
	{"by matter", progress.Question{By: by{progress.ByMatter}}},
	{"by department and item state", progress.Question{By: by{progress.ByDepartment, progress.ByItemState}}},
	{"by month", progress.Question{By: by{progress.ByMonth}}},
	{"by city and month", progress.Question{By: by{progress.ByDivision, progress.ByMonth}}},
	{"by matter and month", progress.Question{By: by{progress.ByMatter, progress.ByMonth}}},
	{"by city and matter", progress.Question{By: by{progress.ByDivision, progress.ByMatter}}},
	{"by county and state", progress.Question{By: by{progress.ByDivision, progress.ByState}, Level: "COUNTY"}},
	{"by channel and month", progress.Question{By: by{progress.ByChannel, progress.ByMonth}}},
	{"by warning, in progress", progress.Question{By: by{progress.ByWarning}, States: []lifecycle.CaseState{lifecycle.CaseInProgress}}},
	{"one city by county, 14 months", progress.Question{Division: "230100000000", By: by{progress.ByDivision}, AcceptedFrom: day(2025, 3, 1), AcceptedBefore: day(2026, 5, 1)}},
	{"one matter by county", progress.Question{Matter: "M05", By: by{progress.ByDivision}, Level: "COUNTY"}},
	{"web and app by city, this year", progress.Question{Channels: []string{"WEB", "APP"}, By: by{progress.ByDivision}, AcceptedFrom: day(2026, 1, 1)}},
	{"one county by township", progress.Question{Division: "230102000000", By: by{progress.ByDivision}}},
	{"one county by township and matter", progress.Question{Division: "230102000000", By: by{progress.ByDivision, progress.ByMatter}}},
	{"one county by township and month", progress.Question{Division: "230102000000", By: by{progress.ByDivision, progress.ByMonth}}},
	{"one township", progress.Question{Division: "230102001000"}},
	{"one township by village (from the cases)", progress.Question{Division: "230102001000", By: by{progress.ByDivision}}},
	{"one county by village (from the cases)", progress.Question{Division: "230102000000", By: by{progress.ByDivision}, Level: "VILLAGE"}},
	{"one county, ten days (from the cases)", progress.Question{Division: "230102000000", AcceptedFrom: day(2026, 3, 5), AcceptedBefore: day(2026, 3, 15)}},
}

var open = []lifecycle.CaseState{lifecycle.CaseInProgress}

var lists = []list{
	{"all", casefile.Filter{}, ""},
	{"all, from the middle", casefile.Filter{}, "0194d000-0000-7000-8000-000000000000"},
	{"a city", casefile.Filter{Division: "230200000000"}, ""},
	{"a county", casefile.Filter{Division: "230102000000"}, ""},
	{"a township", casefile.Filter{Division: "230102001000"}, ""},
	{"a village", casefile.Filter{Division: "230102001001"}, ""},
	{"in progress", casefile.Filter{States: open}, ""},
	{"red, in progress", casefile.Filter{States: open, Warnings: []lifecycle.Warning{lifecycle.Red}}, ""},
	{"a city, yellow or red", casefile.Filter{Division: "230200000000", Warnings: []lifecycle.Warning{lifecycle.Yellow, lifecycle.Red}}, ""},
	{"a county, rejected", casefile.Filter{Division: "230102000000", States: []lifecycle.CaseState{lifecycle.CaseRejected}}, ""},
	{"a matter", casefile.Filter{Matter: "M13"}, ""},
	{"a county, a department", casefile.Filter{Division: "230102000000", Department: "MIL"}, ""},
	{"a city, a matter, in progress", casefile.Filter{Division: "230200000000", Matter: "M05", States: open}, ""},
	{"accepted in a month two years ago", casefile.Filter{AcceptedFrom: day(2024, 3, 1), AcceptedBefore: day(2024, 4, 1)}, ""},
	{"a city, withdrawn, accepted in that month", casefile.Filter{Division: "230200000000", AcceptedFrom: day(2024, 3, 1), AcceptedBefore: day(2024, 4, 1), States: []lifecycle.CaseState{lifecycle.CaseWithdrawn}}, ""},
	{"due within four days two years ago", casefile.Filter{DueFrom: day(2024, 3, 1), DueBefore: day(2024, 3, 5)}, ""},
	{"overdue, in progress", casefile.Filter{States: open, DueBefore: day(2026, 11, 20)}, ""},
	{"by agents, rejected, a city", casefile.Filter{Division: "230200000000", Channels: []string{"AGENT"}, States: []lifecycle.CaseState{lifecycle.CaseRejected}}, ""},
}
