// Permits say that somebody was shown a person's enrolments. The person's token goes
// to the hub only, so a mutation here cannot ask who sends it. It asks for a permit
// instead, which is given only as a field of a veteran whom the hub let the asker see.
import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { Refusal } from './refusal.js';

const lasts = 15 * 60; // seconds that somebody has to choose
const sumSize = 32; // bytes of an HMAC-SHA256

export class Permits {
  private constructor(private readonly key: Buffer) {}

  // open reads the key, or makes one.
  static open(file: string): Permits {
    let key: Buffer;
    try {
      key = readFileSync(file);
    } catch (err) {
      if ((err as NodeJS.ErrnoException).code !== 'ENOENT') throw err;
      key = randomBytes(32);
      writeFileSync(file, key, { mode: 0o600, flag: 'wx', flush: true });
    }
    if (key.length !== 32) throw new Error(`${file} has not 32 bytes: take it away, and a new one is made`);
    return new Permits(key);
  }

  issue(veteran: string, now: Date): string {
    const said = `${Math.floor(now.getTime() / 1000) + lasts}.${veteran}`;
    return Buffer.concat([this.sum(said), Buffer.from(said)]).toString('base64url');
  }

  // holder is whose permit it is.
  holder(permit: string, now: Date): string {
    const raw = Buffer.from(permit, 'base64url');
    const said = raw.subarray(sumSize).toString();
    if (raw.length < sumSize || raw.toString('base64url') !== permit || !timingSafeEqual(this.sum(said), raw.subarray(0, sumSize))) {
      throw new Refusal('FORBIDDEN', 'PERMIT_INVALID', '报名凭据无效，请重新查询后报名。', 'This permit is not one of ours; ask for it again.');
    }
    const dot = said.indexOf('.');
    if (Number(said.slice(0, dot)) < Math.floor(now.getTime() / 1000)) {
      throw new Refusal('FORBIDDEN', 'PERMIT_EXPIRED', '报名凭据已过期，请重新查询后报名。', 'The permit has expired; ask for it again.');
    }
    return said.slice(dot + 1);
  }

  private sum(said: string): Buffer {
    return createHmac('sha256', this.key).update(said).digest();
  }
}
