// The client of npm graphql-sse, in its mode of distinct connections, against
// the hub: node events.mjs ADDRESS TOKEN CASE [going-on], with a case that ends
// soon, or goes on until we leave: then lines are cut too. The client's other mode
// keeps state in one replica between requests, so the hub does not have it.
import { createClient } from 'graphql-sse';
import { check, end, equal, first, told, watch } from './checks.mjs';

const [url, token, id, course] = process.argv.slice(2);
const goesOn = course === 'going-on';
const client = (authorization, more = {}) => createClient({
  url, singleConnection: false, retryAttempts: 0, ...more,
  headers: authorization ? { Authorization: `Bearer ${authorization}` } : {},
});
const subscription = { query: watch, variables: { id } };

await check('a query as events', async () => {
  const answer = await first(client(token).iterate({ query: '{ me { kind } }' }));
  equal(answer.data, { me: { kind: 'VETERAN' } }, 'the answer');
});

await check('the first message of a subscription', async () => {
  const c = client(token);
  told(await first(c.iterate(subscription)));
  c.dispose();
});

if (!goesOn) await check('complete, after the last message', async () => {
  const states = [];
  for await (const m of client(token).iterate(subscription)) {
    told(m);
    states.push(m.data.caseProgress.case.state);
  }
  equal(states.at(-1), 'COMPLETED', 'the last state');
});

await check('a wrong token is refused: 401', async () => {
  try {
    await first(client('nonsense').iterate(subscription));
  } catch (err) {
    equal(err.response?.status, 401, 'the status');
    return;
  }
  throw new Error('it was let in');
});

await check('without a token nothing is told', async () => {
  const m = await first(client('').iterate(subscription));
  equal(m.errors?.[0].extensions.reason, 'SIGN_IN', 'the fault');
});

await check('a document that is none is told so', async () => {
  try {
    const m = await first(client(token).iterate({ query: '{ nothing }' }));
    equal(m.errors?.[0].extensions.reason, 'DOCUMENT_INVALID', 'the fault');
  } catch (err) {
    if (!err.response) throw err;
    equal(err.response.status, 400, 'the status');
  }
});

// cutAfterFirst is an answer whose line breaks behind its first event, once that
// was read: the client takes an error that nobody waits for as the end.
function cutAfterFirst(answer, read) {
  const from = answer.body.getReader();
  const text = new TextDecoder();
  let seen = '';
  let over = false;
  const through = new ReadableStream({
    async pull(to) {
      if (over) { await read; to.error(new TypeError('the line was cut')); return; }
      for (let end = -1; !over;) {
        const { value, done } = await from.read();
        if (done) throw new Error('the stream ended without an event');
        seen += text.decode(value, { stream: true });
        const at = seen.indexOf('event: next');
        if (at >= 0) end = seen.indexOf('\n\n', at);
        over = end >= 0;
        if (over) to.enqueue(new TextEncoder().encode(seen.slice(0, end + 2)));
      }
      from.cancel().catch(() => {});
    },
  }, { highWaterMark: 0 });
  return new Response(through, { status: answer.status, headers: answer.headers });
}

if (goesOn) await check('a connection that broke is made again, and the subscription with it', async () => {
  let connections = 0;
  let wasRead;
  const read = new Promise((done) => { wasRead = done; });
  const c = client(token, {
    retryAttempts: 3, retry: async () => {},
    fetchFn: async (address, init) => {
      connections += 1;
      const answer = await fetch(address, init);
      return connections > 1 ? answer : cutAfterFirst(answer, read);
    },
  });
  let messages = 0;
  for await (const m of c.iterate(subscription)) {
    told(m);
    messages += 1;
    setImmediate(wasRead); // by then this loop waits for the next one
    if (connections === 2) break;
  }
  equal([connections, messages], [2, 2], 'connections and messages');
});

end();
