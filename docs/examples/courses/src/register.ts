// The register of enrolments: a file to which lines are only ever added. A line is on
// the disk before anybody is told of it.
import { open, type FileHandle } from 'node:fs/promises';
import { dirname } from 'node:path';
import { isObject } from './offer.js';
import { Refusal } from './refusal.js';

export interface Enrolment {
  at: string; // RFC 3339, UTC
  veteran: string; // the hub's opaque ID
  course: string;
  key: string; // the caller's
  line: number; // its place in the file, from 1
}

const members = ['at', 'veteran', 'course', 'key'];

export class Register {
  private readonly lines: Enrolment[] = [];
  private readonly ofVeteran = new Map<string, Enrolment[]>();
  private readonly inCourse = new Map<string, Enrolment[]>();
  private turn: Promise<unknown> = Promise.resolve(); // one enrolment after the other
  private broken: Error | undefined; // the disk failed: nothing more is taken

  private constructor(private readonly file: FileHandle) {}

  static async open(name: string): Promise<Register> {
    const register = new Register(await open(name, 'a+', 0o600));
    try {
      await register.read();
      await syncFolder(dirname(name)); // a new file is there after a power cut too
    } catch (err) {
      await register.file.close();
      throw new Error(`register ${name}: ${err instanceof Error ? err.message : err}`);
    }
    return register;
  }

  // read takes in the file. A last line without its end was never acknowledged: it is
  // cut off. Any other line that cannot be read is somebody's hand, and stops us.
  private async read(): Promise<void> {
    const body = await this.file.readFile();
    const whole = body.lastIndexOf(0x0a) + 1;
    for (const line of body.subarray(0, whole).toString().split('\n').slice(0, -1)) {
      this.note(parseLine(line, this.lines.length + 1));
    }
    if (whole < body.length) {
      await this.file.truncate(whole);
      await this.file.sync();
    }
  }

  private note(enrolment: Enrolment): void {
    this.lines.push(enrolment);
    for (const [map, key] of [[this.ofVeteran, enrolment.veteran], [this.inCourse, enrolment.course]] as const) {
      const list = map.get(key);
      if (list) list.push(enrolment);
      else map.set(key, [enrolment]);
    }
  }

  // enrol enrols somebody, or says that this was done before: by the same key, or by
  // another. A key that was used for another course is refused. admit throws if there
  // is no place; nobody else is enrolled between its answer and the line on the disk.
  enrol(wanted: Omit<Enrolment, 'line'>, admit: () => void): Promise<{ enrolment: Enrolment; again: boolean }> {
    const done = this.turn.then(async () => {
      const mine = this.of(wanted.veteran);
      if (mine.some((e) => e.key === wanted.key && e.course !== wanted.course)) {
        throw new Refusal('CONFLICT', 'IDEMPOTENCY_KEY_REUSED', '这个键已用于另一门课程。', 'This key was used for another course.');
      }
      const before = mine.find((e) => e.course === wanted.course);
      if (before) return { enrolment: before, again: true };
      admit();
      return { enrolment: await this.add(wanted), again: false };
    });
    this.turn = done.catch(() => {});
    return done;
  }

  private async add({ at, veteran, course, key }: Omit<Enrolment, 'line'>): Promise<Enrolment> {
    if (this.broken) throw this.broken;
    try {
      await this.file.appendFile(JSON.stringify({ at, veteran, course, key }) + '\n');
      await this.file.sync();
    } catch (err) { // how much of the line is there, only the next start can tell
      this.broken = new Error('the register cannot be written', { cause: err });
      throw this.broken;
    }
    const enrolment = { at, veteran, course, key, line: this.lines.length + 1 };
    this.note(enrolment);
    return enrolment;
  }

  of(veteran: string): readonly Enrolment[] {
    return this.ofVeteran.get(veteran) ?? [];
  }

  in(course: string): readonly Enrolment[] {
    return this.inCourse.get(course) ?? [];
  }

  courses(): string[] {
    return [...this.inCourse.keys()];
  }

  // close waits for the enrolment under way.
  async close(): Promise<void> {
    await this.turn;
    await this.file.close();
  }
}

function parseLine(line: string, number: number): Enrolment {
  let said: unknown;
  try {
    said = JSON.parse(line);
  } catch {
    said = undefined;
  }
  if (!isObject(said) || Object.keys(said).join() !== members.join() || !Object.values(said).every((v) => typeof v === 'string' && v !== '') || Number.isNaN(Date.parse(said['at'] as string))) {
    throw new Error(`line ${number} cannot be read`);
  }
  return { ...(said as unknown as Omit<Enrolment, 'line'>), line: number };
}

async function syncFolder(name: string): Promise<void> {
  if (process.platform === 'win32') return; // which keeps names with their files
  const folder = await open(name, 'r');
  await folder.sync();
  await folder.close();
}
