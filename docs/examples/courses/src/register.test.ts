// What is kept survives whatever happens to the process, which here is a real one.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { appendFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { test, type TestContext } from 'node:test';

const program = fileURLToPath(new URL('main.js', import.meta.url));

function folder(t: TestContext): string {
  const made = mkdtempSync(join(tmpdir(), 'courses-'));
  t.after(() => rmSync(made, { recursive: true }));
  return made;
}

// run starts the program and answers its address, or the line by which it gave up.
async function run(t: TestContext, data: string) {
  const child = spawn(process.execPath, [program, '--listen', '127.0.0.1:0', '--data', data, '--secret', 's'], { stdio: ['ignore', 'ignore', 'pipe'] });
  const ended = once(child, 'exit');
  t.after(async () => {
    child.kill('SIGKILL');
    await ended;
  });
  let said = '';
  for await (const line of createInterface(child.stderr)) {
    said = line;
    if (line.includes('listening')) break;
  }
  const url: string = said.startsWith('{') ? JSON.parse(said).address : '';
  const ask = async (query: string): Promise<any> => {
    const res = await fetch(url, { method: 'POST', body: JSON.stringify({ query }), headers: { 'content-type': 'application/json', 'vetgraph-router-secret': 's' } });
    return ((await res.json()) as any).data;
  };
  const veteran = async (id: string) =>
    (await ask(`{ _entities(representations: [{ __typename: "Veteran", id: "${id}" }]) { ... on Veteran { enrolmentPermit courses { number } } } }`))._entities[0];
  const enrol = async (id: string) => {
    const { enrolmentPermit } = await veteran(id);
    return (await ask(`mutation { enrolInCourse(input: { key: "key-0001", course: "electrician", permit: "${enrolmentPermit}" }) { again enrolment { number } } }`)).enrolInCourse;
  };
  const end = async (signal: NodeJS.Signals) => {
    child.kill(signal);
    return (await ended)[0] as number | null;
  };
  return { said, veteran, enrol, end, ended };
}

test('what was acknowledged is there after the process was killed; half a line is not', async (t) => {
  const data = folder(t);
  let school = await run(t, data);
  assert.deepEqual(await school.enrol('a'), { again: false, enrolment: { number: 'E00000001' } });
  await school.end('SIGKILL');
  appendFileSync(join(data, 'enrolments.jsonl'), '{"at":"2026-11-24T01');
  school = await run(t, data);
  assert.deepEqual((await school.veteran('a')).courses, [{ number: 'E00000001' }]);
  assert.deepEqual(await school.enrol('b'), { again: false, enrolment: { number: 'E00000002' } });
  assert.equal(await school.end('SIGTERM'), 0);
  school = await run(t, data);
  assert.deepEqual((await school.veteran('b')).courses, [{ number: 'E00000002' }]);
});

for (const [what, line, says] of [
  ['a line that somebody spoilt', 'spoilt\n', /line 1 cannot be read/],
  ['a course that the file has no more', '{"at":"2026-11-24T01:00:00.000Z","veteran":"a","course":"piano","key":"key-0001"}\n', /enrolled in piano/],
] as const) {
  test(`no start over ${what}`, async (t) => {
    const data = folder(t);
    writeFileSync(join(data, 'enrolments.jsonl'), line);
    const school = await run(t, data);
    assert.match(school.said, says);
    assert.equal((await school.ended)[0], 1);
  });
}
