// The least of a server: POST a GraphQL request as JSON, read its answer.
import { createServer } from 'node:http';

export function serve(port, answer) {
  createServer((request, response) => {
    const parts = [];
    request.on('data', (part) => parts.push(part));
    request.on('end', async () => {
      let body;
      try {
        body = JSON.stringify(await answer(JSON.parse(Buffer.concat(parts).toString('utf8')), request.headers));
      } catch (err) {
        body = JSON.stringify({ errors: [{ message: String(err?.message ?? err) }] });
      }
      response.writeHead(200, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) });
      response.end(body);
    });
  }).listen(Number(port), '127.0.0.1');
}
