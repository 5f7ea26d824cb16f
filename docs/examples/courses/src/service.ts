// The school behind HTTP: /graphql for routers, /healthz for whoever watches.
import { createHash, timingSafeEqual } from 'node:crypto';
import { mkdirSync, readFileSync } from 'node:fs';
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import { join } from 'node:path';
import { createHandler } from 'graphql-http';
import { entities, mutations, queries, type School } from './answers.js';
import { subgraph } from './federation.js';
import { boundedParse, boundedValidate, maxBody } from './limits.js';
import { loadOffer } from './offer.js';
import { Permits } from './permit.js';
import { present } from './refusal.js';
import { Register } from './register.js';

// secretHeader is where a router shows that it is one.
export const secretHeader = 'vetgraph-router-secret';

export type Log = (fields: object) => void;

const own = (name: string) => new URL(`../${name}`, import.meta.url);

// openSchool reads what there is: the courses, the key, and who is enrolled.
export async function openSchool(data: string, courses = '', now = () => new Date()): Promise<School> {
  const offer = loadOffer(courses || own('courses.json'));
  mkdirSync(data, { recursive: true, mode: 0o700 });
  const permits = Permits.open(join(data, 'permit.key'));
  const register = await Register.open(join(data, 'enrolments.jsonl'));
  const missing = register.courses().filter((code) => !offer.has(code));
  if (missing.length > 0) {
    await register.close();
    throw new Error(`people are enrolled in ${missing.join(', ')}, which the file of courses does not have: keep it there, with 0 places`);
  }
  return { offer, register, permits, now };
}

// listener answers requests of the school's. Without a secret anybody is taken for the router.
export function listener(school: School, secret: string, log: Log): RequestListener {
  const { schema, fields } = subgraph(readFileSync(own('schema.graphqls'), 'utf8'), entities(school));
  const answer = createHandler<IncomingMessage>({
    schema,
    rootValue: { ...fields, ...queries(school), ...mutations(school) },
    parse: boundedParse,
    validate: boundedValidate,
    formatError: (err) => present(err, log),
  });
  const isRouter = compareSecret(secret);

  const graphql: RequestListener = async (req, res) => {
    if (!isRouter(req.headers[secretHeader])) return refuse(res, 401, 'UNAUTHENTICATED', 'ROUTER_SECRET', '路由器口令不正确。 The router\'s secret is not right.');
    if (req.method !== 'POST') return refuse(res, 405, 'BAD_USER_INPUT', 'METHOD', '请用 POST。 Routers POST.', { allow: 'POST' });
    const body = await read(req);
    if (body === undefined) return refuse(res, 413, 'BAD_USER_INPUT', 'TOO_LARGE', '请求过大。 The request is too large.', { connection: 'close' });
    const [text, { status, headers }] = await answer({ method: 'POST', url: req.url ?? '', headers: req.headers, body, raw: req, context: undefined });
    res.writeHead(status, headers).end(text);
  };

  return (req, res) => {
    const pathname = req.url?.split('?', 1)[0]; // as it came: not everything that does is a URL
    if (pathname === '/healthz') {
      res.writeHead(200, { 'content-type': 'text/plain; charset=utf-8' }).end('ok\n');
    } else if (pathname === '/graphql') {
      Promise.resolve(graphql(req, res)).catch((err: unknown) => {
        if (req.complete) log({ level: 'error', trace: traceOf(req), error: String(err) }); // who hung up is no news
        if (!res.headersSent) res.writeHead(500);
        res.end();
      });
    } else {
      res.writeHead(404).end();
    }
  };
}

// compareSecret takes the same time for every wrong secret, whatever its length.
function compareSecret(secret: string): (shown: string | string[] | undefined) => boolean {
  const digest = (text: string) => createHash('sha256').update(text).digest();
  const want = digest(secret);
  return (shown) => secret === '' || timingSafeEqual(digest(typeof shown === 'string' ? shown : ''), want);
}

// read reads a body, or says by undefined that it is too large.
async function read(req: IncomingMessage): Promise<string | undefined> {
  const parts: Buffer[] = [];
  let size = 0;
  for await (const part of req.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
    size += part.length;
    if (size > maxBody) return undefined;
    parts.push(part);
  }
  return Buffer.concat(parts).toString();
}

function refuse(res: ServerResponse, status: number, code: string, reason: string, message: string, headers: Record<string, string> = {}): void {
  res.writeHead(status, { 'content-type': 'application/json; charset=utf-8', ...headers });
  res.end(JSON.stringify({ errors: [{ message, extensions: { code, reason } }] }));
}

// traceOf is the second part of a W3C traceparent, by which a request is found again in
// the router's and the hub's logs. What was asked about whom is never logged.
export function traceOf(req: IncomingMessage): string {
  const parts = String(req.headers['traceparent'] ?? '').split('-');
  return parts.length === 4 && parts[1]?.length === 32 ? parts[1] : '';
}
