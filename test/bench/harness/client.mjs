import { createReadStream } from 'node:fs';
import { Agent, request } from 'node:http';
import { pipeline } from 'node:stream/promises';
import { setTimeout as pause } from 'node:timers/promises';

const READ_BYTES = 256 * 1024;
const ACCEPTED = Buffer.from('"accepted"');
const NEWLINE = 0x0a;

/**
 * Sends each file as one NDJSON stream on a connection of its own, all at once, and reads the result lines while it sends, as tills do.
 *
 * @param {{url: string, path: string, token?: string, files: string[], onResults?: (sum: number) => void}} options
 * @returns {Promise<{seconds: number, results: number, accepted: number}>} until the last result is in
 */
export async function sendStreams({ url, path, token, files, onResults }) {
  const tally = { results: 0, accepted: 0 };
  const agent = new Agent({ maxSockets: files.length });
  const started = performance.now();
  await Promise.all(files.map((file) => sendStream(new URL(path, url), token, file, agent, tally, onResults)));
  const seconds = (performance.now() - started) / 1000;
  agent.destroy();
  return { seconds, ...tally };
}

async function sendStream(url, token, file, agent, tally, onResults) {
  const headers = { 'content-type': 'application/x-ndjson', ...(token ? { authorization: `Bearer ${token}` } : {}) };
  const outgoing = request(url, { method: 'POST', headers, agent });
  const answered = new Promise((resolve, reject) => outgoing.once('response', resolve).once('error', reject));
  const sent = pipeline(createReadStream(file, { highWaterMark: READ_BYTES }), outgoing);
  sent.catch(() => undefined);
  const response = await answered;
  if (response.statusCode !== 200) throw new Error(`${url.pathname} answered ${response.statusCode}`);
  let rest = Buffer.alloc(0);
  for await (const chunk of response) {
    const text = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    const end = text.lastIndexOf(NEWLINE) + 1;
    for (let at = text.indexOf(NEWLINE); at !== -1; at = text.indexOf(NEWLINE, at + 1)) tally.results++;
    const whole = text.subarray(0, end);
    for (let at = whole.indexOf(ACCEPTED); at !== -1; at = whole.indexOf(ACCEPTED, at + ACCEPTED.length)) tally.accepted++;
    rest = text.subarray(end);
    onResults?.(tally.results);
  }
  await sent;
}

/** Calls the platform with JSON; throws on any answer but 2xx. */
export async function callJson(platform, path, body) {
  const headers = { authorization: `Bearer ${platform.token}`, 'content-type': 'application/json' };
  const response = await fetch(new URL(path, platform.url), { method: body ? 'POST' : 'GET', headers, body: body && JSON.stringify(body) });
  if (!response.ok) throw new Error(`${path} answered ${response.status}: ${await response.text()}`);
  return response.json();
}

/** Asks until the answer is as wanted; throws after a time limit in seconds, with the last answer. */
export async function waitFor(ask, wanted, limitSeconds, everyMs = 20) {
  const deadline = performance.now() + limitSeconds * 1000;
  for (;;) {
    const answer = await ask();
    if (wanted(answer)) return answer;
    if (performance.now() > deadline) throw new Error(`not reached within ${limitSeconds} s: ${JSON.stringify(answer)}`);
    await pause(everyMs);
  }
}
