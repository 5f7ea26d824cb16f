// The client of npm graphql-ws (graphql-transport-ws) against the hub:
// node websocket.mjs ADDRESS TOKEN CASE [going-on], with an http address and a
// case that ends soon, or goes on until we leave: then lines are cut too.
import { createClient } from 'graphql-ws';
import WebSocket from 'ws';
import { check, end, equal, first, told, watch } from './checks.mjs';

const [address, token, id, course] = process.argv.slice(2);
const goesOn = course === 'going-on';
const url = address.replace(/^http/, 'ws');
const client = (authorization, more = {}) => createClient({
  url, webSocketImpl: WebSocket, retryAttempts: 0, ...more,
  connectionParams: authorization ? { Authorization: `Bearer ${authorization}` } : {},
});
const subscription = { query: watch, variables: { id } };

await check('a query by socket', async () => {
  const c = client(token);
  const answer = await first(c.iterate({ query: '{ me { kind } }' }));
  equal(answer.data, { me: { kind: 'VETERAN' } }, 'the answer');
  await c.dispose();
});

await check('the first message of a subscription', async () => {
  const c = client(token);
  told(await first(c.iterate(subscription)));
  await c.dispose();
});

await check('two subscriptions on one socket, one of them left', async () => {
  let sockets = 0;
  const c = client(token, { lazyCloseTimeout: 1_000, on: { opened: () => { sockets += 1; } } });
  const kept = c.iterate(subscription);
  told((await kept.next()).value);
  told(await first(c.iterate(subscription)));
  const answer = await first(c.iterate({ query: '{ me { kind } }' }));
  equal(answer.data, { me: { kind: 'VETERAN' } }, 'the answer beside it');
  await kept.return();
  equal(sockets, 1, 'sockets');
  await c.dispose();
});

if (!goesOn) await check('complete, after the last message', async () => {
  const c = client(token);
  const states = [];
  for await (const m of c.iterate(subscription)) {
    told(m);
    states.push(m.data.caseProgress.case.state);
    if (m.data.caseProgress.over) equal(m.data.caseProgress.case.state, 'COMPLETED', 'the last state');
  }
  equal(states.at(-1), 'COMPLETED', 'the last state');
  await c.dispose();
});

await check('a wrong token is refused: 4403', async () => {
  const c = client('nonsense');
  try {
    await first(c.iterate(subscription));
  } catch (err) {
    equal([err.code, err.reason], [4403, 'TOKEN_INVALID'], 'the end of the connection');
    return;
  }
  throw new Error('it was let in');
});

await check('without a token the door is open and nothing is told', async () => {
  const c = client('');
  try {
    const m = await first(c.iterate(subscription));
    equal(m.errors?.[0].extensions.reason, 'SIGN_IN', 'the fault');
  } catch (errors) {
    equal(errors?.[0]?.extensions?.reason, 'SIGN_IN', 'the fault');
  }
  await c.dispose();
});

await check('a document that is none is an error of its own, not the end of the socket', async () => {
  const c = client(token);
  const keep = c.iterate({ query: '{ me { kind } }' });
  await keep.next();
  try {
    await first(c.iterate({ query: '{ nothing }' }));
    throw new Error('it was answered');
  } catch (errors) {
    equal(errors?.[0]?.extensions?.reason, 'DOCUMENT_INVALID', 'the fault');
  }
  await c.dispose();
});

if (goesOn) await check('a socket that broke is made again, and the subscription with it', async () => {
  let sockets = 0;
  let broken = false;
  const c = client(token, {
    retryAttempts: 3, retryWait: async () => {}, shouldRetry: () => true,
    on: { opened: () => { sockets += 1; } },
  });
  await new Promise((done, no) => {
    const leave = c.subscribe(subscription, {
      next: (m) => {
        try { told(m); } catch (err) { no(err); return; }
        if (!broken) { broken = true; c.terminate(); return; } // as if the line had been cut
        leave();
        done();
      },
      error: no,
      complete: () => no(new Error('it ended')),
    });
  });
  equal(sockets, 2, 'sockets');
  await c.dispose();
});

end();
