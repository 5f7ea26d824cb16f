// The courses on offer, as courses.json has them. Every mistake in the file is told at once.
import { readFileSync } from 'node:fs';

export interface Text {
  zh: string;
  en: string;
}

export interface Course {
  code: string;
  name: Text;
  trade: Text;
  hours: number; // of lessons, in all
  hoursADay: number;
  weekdays: number[]; // with a lesson; 1 is Monday, 7 is Sunday
  places: number; // 0 closes a course that people are still enrolled in
  matter: string;
  division: string;
}

export type Offer = ReadonlyMap<string, Course>;

type Check = readonly [ok: (value: unknown) => boolean, says: string];

const whole = (from: number, to: number) => (v: unknown) => Number.isInteger(v) && (v as number) >= from && (v as number) <= to;
const shaped = (shape: RegExp) => (v: unknown) => typeof v === 'string' && shape.test(v);
const text: Check = [
  (v) => isObject(v) && Object.keys(v).length === 2 && shaped(/\S/)(v['zh']) && shaped(/\S/)(v['en']),
  'is in zh and en',
];

// fields are what a course has: all of them, and nothing else.
const fields: Record<keyof Course, Check> = {
  code: [shaped(/^[a-z][a-z0-9-]{1,40}$/), 'is a short lower-case word'],
  name: text,
  trade: text,
  hours: [whole(1, 5000), 'is from 1 to 5000'],
  hoursADay: [whole(1, 12), 'is from 1 to 12'],
  weekdays: [
    (v) => Array.isArray(v) && v.length > 0 && v.every(whole(1, 7)) && new Set(v).size === v.length,
    'are days from 1 (Monday) to 7 (Sunday), each once',
  ],
  places: [whole(0, 100_000), 'is from 0 to 100000'],
  matter: [shaped(/^[A-Z][A-Z0-9]{1,15}$/), 'is the code of a matter, like M03'],
  division: [shaped(/^[0-9]{12}$/), 'is a code of 12 digits'],
};

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

// loadOffer reads a file.
export function loadOffer(file: string | URL): Offer {
  try {
    return parseOffer(readFileSync(file, 'utf8'));
  } catch (err) {
    throw new Error(`${file instanceof URL ? file.pathname : file}: ${err instanceof Error ? err.message : err}`);
  }
}

export function parseOffer(body: string): Offer {
  const said: unknown = JSON.parse(body);
  if (!isObject(said) || Object.keys(said).join() !== 'courses' || !Array.isArray(said['courses']) || said['courses'].length === 0) {
    throw new Error('it is {"courses": [...]} with at least one course');
  }
  const wrong: string[] = [];
  const offer = new Map<string, Course>();
  for (const [i, course] of (said['courses'] as unknown[]).entries()) {
    const at = `courses[${i}]`;
    if (!isObject(course)) {
      wrong.push(`${at} is an object`);
      continue;
    }
    for (const [name, [ok, says]] of Object.entries(fields)) {
      if (!ok(course[name])) wrong.push(`${at}.${name} ${says}`);
    }
    for (const name of Object.keys(course)) {
      if (!(name in fields)) wrong.push(`${at}.${name} is not a field of a course`);
    }
    const made = course as unknown as Course;
    if (offer.has(made.code)) wrong.push(`${at}.code ${made.code} is another course's`);
    offer.set(made.code, made);
  }
  if (wrong.length > 0) throw new Error(wrong.join('\n'));
  return offer;
}
