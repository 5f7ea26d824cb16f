// What the scripts here share: named checks, each with an end in sight.
const wait = 20_000; // ms until a check that hears nothing has failed

let failed = 0;

// check runs one check and says how it came out.
export async function check(name, run) {
  let timer;
  try {
    const late = new Promise((_, no) => { timer = setTimeout(() => no(new Error('nothing came in time')), wait); });
    await Promise.race([run(), late]);
    console.log(`ok    ${name}`);
  } catch (err) {
    failed += 1;
    console.log(`FAIL  ${name}: ${err?.message ?? JSON.stringify(err) ?? err}`);
  } finally {
    clearTimeout(timer);
  }
}

// end ends the program: 1 if a check failed.
export function end() {
  process.exit(failed === 0 ? 0 : 1);
}

export function equal(got, want, what) {
  const [a, b] = [JSON.stringify(got), JSON.stringify(want)];
  if (a !== b) throw new Error(`${what}: ${a}, want ${b}`);
}

// first is the first message of a stream, which is left then.
export async function first(stream) {
  for await (const message of stream) return message;
  throw new Error('the stream ended without a message');
}

// told checks that a message tells of a case.
export function told(message) {
  if (message.errors) throw new Error(JSON.stringify(message.errors));
  if (message.data.caseProgress.total < 1 || message.data.caseProgress.entries.length < 1) throw new Error(`it tells nothing: ${JSON.stringify(message)}`);
}

export const watch = `subscription ($id: ID!) {
  caseProgress(id: $id) { ended total over case { state } entries { id kind } }
}`;
