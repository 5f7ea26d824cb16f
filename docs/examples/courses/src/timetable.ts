// Days and lessons. A day is one of China, which has had no summer time since 1991;
// the timetable goes by the days of the week and knows no holidays.
import type { Course } from './offer.js';

const day = 24 * 60 * 60 * 1000;
const china = 8 * 60 * 60 * 1000;

// dayOf numbers the days in China; 1970-01-01 is 0, and was a Thursday.
const dayOf = (at: Date): number => Math.floor((at.getTime() + china) / day);
const weekdayOf = (n: number): number => ((n + 3) % 7) + 1;

// hoursHeld are the hours of lessons from one day to another, both included, and
// never more than the course has.
export function hoursHeld(course: Course, from: Date, to: Date): number {
  const first = dayOf(from);
  const days = dayOf(to) - first + 1;
  if (days <= 0) return 0;
  let lessons = Math.floor(days / 7) * course.weekdays.length;
  for (let n = 0; n < days % 7; n++) {
    if (course.weekdays.includes(weekdayOf(first + n))) lessons++;
  }
  return Math.min(course.hours, lessons * course.hoursADay);
}
