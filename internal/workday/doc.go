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
// days ([Calendar.CalendarDue]). Matters that wait for one another are reckoned
// together ([Calendar.Chain]).
//
// A day on which something happens is never counted for what begins by it (民法典
// 201): not the day of acceptance for the deadline, not the day of a stop for the
// pause, not the day of a resumption for the time that goes on. So every interval
// here is open at its beginning and closed at its end, and intervals that follow
// one another leave out no day and share none.
package workday
