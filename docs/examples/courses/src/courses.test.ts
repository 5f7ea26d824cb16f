// The school through its own door: real HTTP, a real folder, a clock that is set by hand.
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test, type TestContext } from 'node:test';
import { parseOffer } from './offer.js';
import { listener, openSchool, secretHeader } from './service.js';

const secret = 'what routers know';
const folders: string[] = [];
after(() => folders.forEach((f) => rmSync(f, { recursive: true })));

function folder(): string {
  const made = mkdtempSync(join(tmpdir(), 'courses-'));
  folders.push(made);
  return made;
}

interface Answer {
  status: number;
  data?: any;
  reason?: string | undefined;
}

// start opens the school on a Tuesday.
async function start(t: TestContext, data = folder(), courses = '') {
  const clock = { now: new Date('2026-11-24T01:00:00Z') };
  const logged: object[] = [];
  const school = await openSchool(data, courses, () => clock.now);
  const server = createServer(listener(school, secret, (fields) => logged.push(fields)));
  await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/graphql`;
  let open = true;
  const stop = async () => {
    if (!open) return;
    open = false;
    server.closeAllConnections();
    await new Promise((closed) => server.close(closed));
    await school.register.close();
    assert.deepEqual(logged, []);
  };
  t.after(stop);
  const post = (body: string, headers: Record<string, string> = {}) =>
    fetch(url, { method: 'POST', body, headers: { 'content-type': 'application/json', [secretHeader]: secret, ...headers } });
  const ask = async (query: string, variables: object = {}): Promise<Answer> => {
    const res = await post(JSON.stringify({ query, variables }));
    const { data, errors } = (await res.json()) as any;
    return { status: res.status, data, reason: errors?.[0].extensions?.reason ?? errors?.[0].message };
  };
  const people = async (...ids: string[]) =>
    (await ask(`query ($of: [_Any!]!) { _entities(representations: $of) { ... on Veteran { id courseHours enrolmentPermit courses { number completed course { code } } } } }`,
      { of: ids.map((id) => ({ __typename: 'Veteran', id })) })).data._entities;
  const permit = async (id: string): Promise<string> => (await people(id))[0].enrolmentPermit;
  const enrol = (key: string, course: string, permit: string) =>
    ask(`mutation ($i: EnrolInCourseInput!) { enrolInCourse(input: $i) { again enrolment { number hoursHeld course { code placesFree } } veteran { id courses { number } } } }`,
      { i: { key, course, permit } });
  return { url, clock, stop, post, ask, people, permit, enrol };
}

test('courses, of one matter too, with stubs of what the hub knows', async (t) => {
  const s = await start(t);
  const all = await s.ask('{ courses { code name { zh } matter { code } division { code } weekdays placesFree } }');
  assert.equal(all.data.courses.length, 3);
  assert.deepEqual(all.data.courses[0], {
    code: 'drone-pilot', name: { zh: '无人机驾驶员培训' }, matter: { code: 'M03' }, division: { code: '230100000000' }, weekdays: [1, 3, 5], placesFree: 40,
  });
  assert.deepEqual((await s.ask('{ courses(matter: "M04") { code } course(code: "none") { code } }')).data, { courses: [], course: null });
});

test('what routers ask: the schema as it is written, and things by key in the order asked', async (t) => {
  const s = await start(t);
  const sdl = readFileSync(new URL('../schema.graphqls', import.meta.url), 'utf8');
  assert.deepEqual((await s.ask('{ _service { sdl } }')).data, { _service: { sdl } });
  const named = [
    { __typename: 'Course', code: 'none' }, { __typename: 'Veteran', id: 'a' },
    { __typename: 'Course', code: 'electrician' }, { __typename: 'Veteran', id: 'b' },
  ];
  const query = 'query ($of: [_Any!]!) { _entities(representations: $of) { __typename ... on Course { code } ... on Veteran { id } } }';
  assert.deepEqual((await s.ask(query, { of: named })).data._entities, [
    null, { __typename: 'Veteran', id: 'a' }, { __typename: 'Course', code: 'electrician' }, { __typename: 'Veteran', id: 'b' },
  ]);
  for (const [representation, reason] of [[{ __typename: 'Matter', code: 'M03' }, 'ENTITY_UNKNOWN'], [{ __typename: 'toString' }, 'ENTITY_UNKNOWN'], ['x', 'ENTITY_UNKNOWN'], [{ __typename: 'Veteran' }, 'ENTITY_KEY_MISSING']]) {
    assert.equal((await s.ask(query, { of: [representation] })).reason, reason);
  }
});

test('enrolling: once by key, once by course, and with a permit', async (t) => {
  const data = folder();
  let s = await start(t, data);
  const permit = await s.permit('a');
  const first = await s.enrol('key-0001', 'electrician', permit);
  const want = {
    again: false,
    enrolment: { number: 'E00000001', hoursHeld: 8, course: { code: 'electrician', placesFree: 29 } },
    veteran: { id: 'a', courses: [{ number: 'E00000001' }] },
  };
  assert.deepEqual(first.data, { enrolInCourse: want });
  for (const key of ['key-0001', 'key-0002']) {
    assert.deepEqual((await s.enrol(key, 'electrician', permit)).data, { enrolInCourse: { ...want, again: true } });
  }
  const foreign = Buffer.from(permit, 'base64url');
  foreign.writeUInt8(foreign.at(-1)! ^ 1, foreign.length - 1); // another person's
  for (const [key, course, shown, reason] of [
    ['key-0001', 'drone-pilot', permit, 'IDEMPOTENCY_KEY_REUSED'],
    ['1', 'drone-pilot', permit, 'KEY_MALFORMED'],
    ['key-0003', 'piano', permit, 'COURSE_NOT_FOUND'],
    ['key-0003', 'drone-pilot', 'bm8gcGVybWl0', 'PERMIT_INVALID'],
    ['key-0003', 'drone-pilot', foreign.toString('base64url'), 'PERMIT_INVALID'],
    ['key-0003', 'drone-pilot', permit + '=', 'PERMIT_INVALID'],
  ] as const) {
    assert.equal((await s.enrol(key, course, shown)).reason, reason);
  }
  s.clock.now = new Date('2026-11-24T01:15:01Z');
  assert.equal((await s.enrol('key-0003', 'drone-pilot', permit)).reason, 'PERMIT_EXPIRED');
  await s.stop();

  s = await start(t, data);
  assert.deepEqual((await s.enrol('key-0001', 'electrician', await s.permit('a'))).data, { enrolInCourse: { ...want, again: true } });
});

test('hours are those of lessons held, up to what a course has; who is through gives up the place', async (t) => {
  const s = await start(t);
  await s.enrol('key-0001', 'electrician', await s.permit('a')); // Tuesday, Thursday, Saturday
  await s.enrol('key-0002', 'starting-up-online', await s.permit('a')); // every day
  await s.enrol('key-0003', 'drone-pilot', await s.permit('b')); // Monday, Wednesday, Friday
  const hours = async () => (await s.people('a', 'b', 'nobody')).map((v: any) => v.courseHours);
  assert.deepEqual(await hours(), [8 + 2, 0, 0]);
  s.clock.now = new Date('2026-11-24T16:00:00Z'); // Wednesday begins in China
  assert.deepEqual(await hours(), [8 + 4, 6, 0]);
  s.clock.now = new Date('2026-12-07T01:00:00Z'); // Monday, after two weeks without a day
  assert.deepEqual(await hours(), [6 * 8 + 14 * 2, 6 * 6, 0]);
  const free = async () => (await s.ask('{ course(code: "electrician") { placesFree } }')).data.course.placesFree;
  assert.equal(await free(), 29);
  s.clock.now = new Date('2027-11-24T01:00:00Z');
  assert.deepEqual(await hours(), [200 + 56, 120, 0]);
  assert.equal(await free(), 30);
  assert.deepEqual((await s.people('a'))[0].courses.map((c: any) => c.completed), [true, true]);
});

test('the last place goes to one of all who come at once', async (t) => {
  const file = join(folder(), 'courses.json');
  writeFileSync(file, JSON.stringify({ courses: [{ code: 'small', name: { zh: '小班', en: 'Small' }, trade: { zh: '电工', en: 'Electrician' }, hours: 10, hoursADay: 1, weekdays: [2], places: 1, matter: 'M03', division: '230100000000' }] }));
  const s = await start(t, folder(), file);
  const ids = Array.from({ length: 20 }, (_, i) => `v${i}`);
  const answers = await Promise.all(ids.map(async (id) => s.enrol('key-0001', 'small', await s.permit(id))));
  assert.deepEqual(answers.map((a) => a.reason ?? 'in').sort(), [...ids.slice(1).map(() => 'COURSE_FULL'), 'in']);
});

test('only routers, only POST, and not too much of it', async (t) => {
  const s = await start(t);
  const body = JSON.stringify({ query: '{ courses { code } }' });
  assert.equal((await s.post(body)).status, 200);
  for (const shown of ['', 'nothing', secret + '!', secret.toUpperCase()]) {
    assert.equal((await s.post(body, { [secretHeader]: shown })).status, 401);
  }
  assert.equal((await fetch(`${s.url}?query={courses{code}}`, { headers: { [secretHeader]: secret } })).status, 405);
  assert.equal((await s.post(JSON.stringify({ query: '{ courses { code } }'.padEnd(2 << 20) }))).status, 413);
  assert.equal((await s.post('{')).status, 400);
  assert.equal((await fetch(s.url.replace('/graphql', '/healthz'))).status, 200);
  for (const path of ['/other', '//', '//[', '/graphql/']) {
    assert.equal((await fetch(s.url.replace('/graphql', path))).status, 404);
  }
  const aliases = (n: number) => `{ ${Array.from({ length: n }, (_, i) => `a${i}: courses { ...f }`).join(' ')} } fragment f on Course { code hours places }`;
  assert.equal((await s.ask(aliases(400))).status, 200);
  assert.equal((await s.ask(aliases(600))).reason, 'TOO_COSTLY');
  const doubling = Array.from({ length: 40 }, (_, i) => `fragment f${i} on Course { ...f${i + 1} ...f${i + 1} }`).join(' ');
  for (const last of ['code', '...f0', '...f41']) {
    assert.equal((await s.ask(`{ courses { ...f0 } } ${doubling} fragment f40 on Course { ${last} }`)).reason, 'TOO_COSTLY');
  }
  assert.match((await s.ask('{ courses { ...f } } fragment f on Course { code ...f }')).reason!, /within itself/);
});

test('every mistake of the file at once', () => {
  const body = JSON.stringify({ courses: [{ code: 'A', name: { zh: '甲' }, trade: '电工', hours: 0, hoursADay: 25, weekdays: [1, 1, 8], places: -1, matter: 'm', division: '23', price: 1 }, 7] });
  assert.throws(() => parseOffer(body), (err: Error) => {
    for (const want of ['code', 'name', 'trade', 'hours', 'hoursADay', 'weekdays', 'places', 'matter', 'division', 'price']) assert.match(err.message, new RegExp(`courses\\[0\\]\\.${want} `));
    assert.match(err.message, /courses\[1\] is an object/);
    return true;
  });
  assert.throws(() => parseOffer('{"courses":[]}'), /at least one/);
});
