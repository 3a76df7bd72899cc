/**
 * `metrics-token.mjs ADMINISTRATOR FILE`: gives Prometheus a token of its own in FILE, issued by the purchase service at REGULARS_URL for
 * the administrator whose token lies in ADMINISTRATOR. One that was given before stays.
 */
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

const [administrator, file] = process.argv.slice(2);
const WAIT_MINUTES_MAX = 10;

/** The answer to the request for a token; undefined where the service is not ready for it yet. */
async function ask() {
  if (!existsSync(administrator)) return undefined;
  const answer = await fetch(new URL('/v1/tokens', process.env.REGULARS_URL), {
    method: 'POST',
    headers: { authorization: `Bearer ${readFileSync(administrator, 'utf8').trim()}`, 'content-type': 'application/json' },
    body: JSON.stringify({ role: 'sre', label: 'Prometheus' }),
    signal: AbortSignal.timeout(30_000),
  }).catch(() => undefined);
  return answer === undefined || answer.status === 503 ? undefined : answer;
}

async function issue() {
  for (const until = Date.now() + WAIT_MINUTES_MAX * 60_000; Date.now() < until; await sleep(2_000)) {
    const answer = await ask();
    if (answer?.status === 201) return (await answer.json()).token;
    if (answer) throw new Error(`The purchase service issues no token: ${answer.status}`);
  }
  throw new Error(`The purchase service was not ready within ${WAIT_MINUTES_MAX} minutes.`);
}

if (!existsSync(file)) {
  const token = await issue();
  // Prometheus runs as another user; nobody else has this volume.
  writeFileSync(`${file}.new`, token, { mode: 0o644 });
  renameSync(`${file}.new`, file);
}
