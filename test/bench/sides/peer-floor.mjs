/**
 * The least a durable intake over HTTP can do: split lines, parse them, append, fdatasync, answer a line each. What arrives while
 * one write is under way, on any connection, goes into the next.
 */
import { open } from 'node:fs/promises';
import { createServer } from 'node:http';
import { options, ready } from '../harness/side.mjs';

const NEWLINE = 0x0a;
const file = await open(options.file, 'a');
let waiting = [];
let last = Promise.resolve();
let next;

function append(bytes) {
  waiting.push(bytes);
  next ??= last = last.then(writeGroup);
  return next;
}

async function writeGroup() {
  const group = waiting;
  waiting = [];
  next = undefined;
  await file.appendFile(Buffer.concat(group));
  await file.datasync();
}

const server = createServer(async (request, response) => {
  response.writeHead(200, { 'content-type': 'application/x-ndjson' });
  let rest = Buffer.alloc(0);
  let index = 0;
  for await (const chunk of request) {
    const text = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    let answers = '';
    let start = 0;
    for (let end = text.indexOf(NEWLINE); end !== -1; end = text.indexOf(NEWLINE, start)) {
      const { receipt } = JSON.parse(text.toString('utf8', start, end));
      answers += `{"index":${index++},"outcome":"accepted","receipt":"${receipt}"}\n`;
      start = end + 1;
    }
    rest = text.subarray(start);
    if (start === 0) continue;
    await append(text.subarray(0, start));
    if (!response.write(answers)) await new Promise((resolve) => response.once('drain', resolve));
  }
  response.end();
});
server.listen(0, '127.0.0.1', () => {
  ready({ url: `http://127.0.0.1:${server.address().port}` }, async () => {
    await new Promise((resolve) => server.close(resolve));
    const { size } = await file.stat();
    await file.close();
    return { bytes: size };
  });
});
