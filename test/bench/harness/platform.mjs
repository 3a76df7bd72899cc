import { startSide } from './child.mjs';
import { callJson, sendStreams, waitFor } from './client.mjs';
import { mustEqual } from './measure.mjs';
import { AS_OF, stores } from '../data/receipts.mjs';

const CATCH_UP_SECONDS = 600;

/** Starts the platform in a process of its own; `url` and `token` for callers, `side` to stop or kill it. */
export async function startPlatform(dataDir) {
  const side = await startSide('ours-platform', { dataDir });
  return { ...side.first, side };
}

/** A new platform with the generated chain's stores. */
export async function startWithStores(dataDir) {
  const platform = await startPlatform(dataDir);
  for (const store of stores) await callJson(platform, '/v1/stores', store);
  return platform;
}

/** Sends the files to a platform as tills would; see sendStreams. */
export function ingest({ url, token }, files, onResults) {
  return sendStreams({ url, token, path: '/v1/purchases:stream', files, onResults });
}

/** What the platform says of everybody's tier: heads, sum and the digest over all of them. */
export async function tiersOf(platform) {
  const { customers, total, digest } = await callJson(platform, `/v1/pyramid?asOf=${AS_OF}&window=all`);
  return { customers, total, digest };
}

/** Waits until every projection has taken in the whole log; resolves with the seconds it took. */
export async function caughtUp(platform) {
  const started = performance.now();
  await waitFor(
    () => callJson(platform, '/v1/status'),
    ({ projections }) => projections.every((projection) => projection.caughtUp && projection.lagBytes === 0),
    CATCH_UP_SECONDS,
  );
  return (performance.now() - started) / 1000;
}

/** Throws Disagreement unless all items were accepted, the intake report adds up, and every customer's tier is as expected. */
export async function mustHold(platform, { items, expected }) {
  const { total } = await callJson(platform, '/v1/intake/report');
  mustEqual('intake reports', total, { received: items, accepted: items, duplicate: 0, quarantined: 0 });
  mustEqual('tiers', await tiersOf(platform), expected);
}
