// Package workday counts the days that offices work, and explains every deadline
// it names.
//
// A working day is Monday to Friday, except the days the State Council's yearly
// notice declares off, and with the weekend days it declares worked. Those
// notices are data: [Builtin] has the years 2023 to 2026, [Load] and
// [Calendar.Merge] add what is published later. Where a notice is missing the
// weekday decides and the answer is provisional; it is never silently wrong.
//
// A [Day] is a civil date in China. Deadlines promised to people are in working
// days ([Calendar.Due]); the limits that bind applicants are mostly in calendar
// days ([Calendar.CalendarDue]).
package workday
