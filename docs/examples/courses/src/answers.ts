// What the fields of the schema answer. The library reads a field as a property of these
// objects, and calls it with the arguments if it is a function.
import type { Entities, Representation } from './federation.js';
import type { Course, Offer } from './offer.js';
import type { Permits } from './permit.js';
import { Refusal } from './refusal.js';
import type { Enrolment, Register } from './register.js';
import { hoursHeld } from './timetable.js';

// School is everything that answers need.
export interface School {
  offer: Offer;
  register: Register;
  permits: Permits;
  now: () => Date;
}

interface EnrolInCourseInput {
  key: string;
  course: string;
  permit: string;
}

class CourseAnswer {
  readonly __typename = 'Course';
  constructor(private readonly school: School, private readonly course: Course) {}
  get code() { return this.course.code; }
  get name() { return this.course.name; }
  get trade() { return this.course.trade; }
  get hours() { return this.course.hours; }
  get hoursADay() { return this.course.hoursADay; }
  get weekdays() { return this.course.weekdays; }
  get places() { return this.course.places; }
  get placesFree() { return placesFree(this.school, this.course); }
  get matter() { return { code: this.course.matter }; } // a stub: the hub knows the rest
  get division() { return { code: this.course.division }; }
}

// placesFree are those that nobody holds who has still lessons to come.
function placesFree({ register, now }: School, course: Course): number {
  const holders = register.in(course.code).filter((e) => hoursHeld(course, new Date(e.at), now()) < course.hours);
  return Math.max(0, course.places - holders.length);
}

class EnrolmentAnswer {
  private readonly known: Course;
  constructor(private readonly school: School, private readonly enrolment: Enrolment) {
    this.known = school.offer.get(enrolment.course)!; // openSchool has looked that it is there
  }
  get number() { return `E${String(this.enrolment.line).padStart(8, '0')}`; }
  get course() { return new CourseAnswer(this.school, this.known); }
  get enrolledAt() { return this.enrolment.at; }
  get hoursHeld() { return hoursHeld(this.known, new Date(this.enrolment.at), this.school.now()); }
  get completed() { return this.hoursHeld === this.known.hours; }
}

// VeteranAnswer is what we add to a veteran. Whoever is named here is there: the router has
// had the ID from the hub, which decides who may see whom.
class VeteranAnswer {
  readonly __typename = 'Veteran';
  constructor(private readonly school: School, readonly id: string) {}
  get courses() { return this.school.register.of(this.id).map((e) => new EnrolmentAnswer(this.school, e)); }
  get courseHours() { return this.courses.reduce((sum, e) => sum + e.hoursHeld, 0); }
  get enrolmentPermit() { return this.school.permits.issue(this.id, this.school.now()); }
}

// queries are the fields of Query, mutations those of Mutation.
export function queries(school: School) {
  const all = [...school.offer.values()];
  return {
    courses: ({ matter }: { matter?: string | null }) =>
      all.filter((c) => matter == null || c.matter === matter).map((c) => new CourseAnswer(school, c)),
    course: ({ code }: { code: string }) => courseOf(school, code),
  };
}

export function mutations(school: School) {
  return {
    enrolInCourse: async ({ input }: { input: EnrolInCourseInput }) => {
      const veteran = school.permits.holder(input.permit, school.now());
      const size = Buffer.byteLength(input.key);
      if (size < 8 || size > 100) {
        throw new Refusal('BAD_USER_INPUT', 'KEY_MALFORMED', '键为 8 到 100 个字节。', 'A key has 8 to 100 bytes.');
      }
      const course = school.offer.get(input.course);
      if (!course) throw new Refusal('NOT_FOUND', 'COURSE_NOT_FOUND', '没有这门课程。', 'There is no such course.');
      const wanted = { at: school.now().toISOString(), veteran, course: course.code, key: input.key };
      const { enrolment, again } = await school.register.enrol(wanted, () => {
        if (placesFree(school, course) === 0) {
          throw new Refusal('CONFLICT', 'COURSE_FULL', '这门课程没有名额了。', 'There is no place left in this course.');
        }
      });
      return { enrolment: new EnrolmentAnswer(school, enrolment), again, veteran: new VeteranAnswer(school, veteran) };
    },
  };
}

export function entities(school: School): Entities {
  return {
    Course: (named) => named.map((r) => courseOf(school, keyOf(r, 'code'))),
    Veteran: (named) => named.map((r) => new VeteranAnswer(school, keyOf(r, 'id'))),
  };
}

function courseOf(school: School, code: string): CourseAnswer | null {
  const course = school.offer.get(code);
  return course ? new CourseAnswer(school, course) : null;
}

function keyOf(representation: Representation, name: string): string {
  const key = representation[name];
  if (typeof key === 'string' && key !== '') return key;
  throw new Refusal('BAD_USER_INPUT', 'ENTITY_KEY_MISSING', `实体缺少键 ${name}。`, `The entity has no key ${name}.`);
}
