// What the composer that vetgraph carries says in Node.js: one JSON line in, one out.
import { createInterface } from 'node:readline';
import './entry.mjs';

for await (const line of createInterface({ input: process.stdin })) console.log(globalThis.compose(line));
