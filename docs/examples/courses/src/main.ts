// The courses of a training school, as a subgraph: npm start -- --listen 127.0.0.1:8092 --data DIR --secret TEXT
import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { parseArgs } from 'node:util';
import { listener, openSchool, type Log } from './service.js';

const log: Log = (fields) => console.error(JSON.stringify({ time: new Date().toISOString(), subgraph: 'courses', ...fields }));

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      listen: { type: 'string', default: '127.0.0.1:8092' }, // address of /graphql, for routers only 子图地址，仅供路由器
      data: { type: 'string', default: '.courses' }, // folder for the enrolments, and the key of permits 数据目录
      secret: { type: 'string', default: process.env['COURSES_SECRET'] ?? '' }, // what routers show 路由器口令
      courses: { type: 'string', default: '' }, // JSON file with courses in place of the built-in ones 课程文件
    },
  });
  const [, host, port] = /^(.*):(\d+)$/.exec(values.listen) ?? [];
  if (host === undefined) throw new Error('--listen is HOST:PORT');
  // The address comes first: who has it is alone with the data.
  let answer: RequestListener = (_, res) => void res.writeHead(503).end();
  const server = createServer({ requestTimeout: 60_000, headersTimeout: 10_000 }, (req, res) => answer(req, res));
  server.listen(Number(port), host.replace(/^\[|\]$/g, ''));
  await once(server, 'listening').catch((err: Error) => {
    throw new Error(`cannot listen on ${values.listen} (地址不可用); choose another with --listen: ${err.message}`);
  });
  const school = await openSchool(values.data, values.courses).catch((err: unknown) => {
    server.close();
    throw err;
  });
  answer = listener(school, values.secret, log);
  const at = server.address() as AddressInfo;
  if (values.secret === '') log({ level: 'warn', message: 'without --secret anybody who reaches this address is taken for the router' });
  log({ level: 'info', message: 'listening', address: `http://${at.family === 'IPv6' ? `[${at.address}]` : at.address}:${at.port}/graphql` });

  // What is under way is finished, for ten seconds at most.
  const stop = () => {
    setTimeout(() => server.closeAllConnections(), 10_000).unref();
    server.close(() => void school.register.close());
    server.closeIdleConnections();
  };
  process.once('SIGINT', stop).once('SIGTERM', stop);
}

main().catch((err: unknown) => {
  console.error(`courses: ${err instanceof Error ? err.message : err}`);
  process.exitCode = 1;
});
