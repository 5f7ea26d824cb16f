// The audits of npm graphql-http against an address: node http.mjs ADDRESS [--without ID,ID] [--header NAME=VALUE]
// Prints one line for each audit. Anything that is not "ok" ends it with 1,
// also what the specification only recommends; what an address does not do by
// its nature is named after --without, and must then indeed not be done.
import { serverAudits } from 'graphql-http';

const [address, ...options] = process.argv.slice(2);
const without = new Set();
const extra = {};
for (let i = 0; i < options.length; i += 2) {
  const value = options[i + 1] ?? '';
  if (options[i] === '--without') value.split(',').forEach((id) => without.add(id));
  else if (options[i] === '--header') extra[value.slice(0, value.indexOf('='))] = value.slice(value.indexOf('=') + 1);
  else throw new Error(`unknown option ${options[i]}`);
}

const fetchFn = (url, init = {}) => fetch(url, { ...init, headers: { ...init.headers, ...extra } });
const results = [];
for (const audit of serverAudits({ url: address, fetchFn })) results.push(await audit.fn());

let wrong = 0;
const sums = {};
for (const { id, name, status, reason } of results) {
  const expected = without.has(id) ? status !== 'ok' : status === 'ok';
  if (!expected) wrong += 1;
  const says = without.has(id) ? (status === 'ok' ? 'DONE AFTER ALL' : 'not done here') : status;
  sums[says] = (sums[says] ?? 0) + 1;
  console.log(`${says.padEnd(14)} ${id}  ${name}${reason && !without.has(id) ? `\n               ${reason}` : ''}`);
}
console.log(`${results.length} audits of ${address}: ${Object.entries(sums).map(([s, n]) => `${n} ${s}`).join(', ')}`);
process.exitCode = wrong === 0 && results.length >= 61 ? 0 : 1;
