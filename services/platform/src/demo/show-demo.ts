import { existsSync } from 'node:fs';
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Presets, SingleBar } from 'cli-progress';
import { customerTier, pyramid, pyramidTable } from '@regulars/loyalty-tier';
import type { Platform } from '../start-platform';
import { demoPlan } from './chain';
import { loadDemo } from './load-demo';

/** Lies in the data directory while the demo is being loaded: a start that finds it goes on loading. */
const LOADING = 'demo-is-loading';
/** The day the demo is shown as of: the last of its year, whatever today is. */
const AS_OF = '2026-06-30';

/** Loads the demo chain where it is wanted (or was cut off), then shows what there is and what to try. */
export async function showDemo(platform: Platform, dataDir: string, wanted: boolean): Promise<void> {
  const loading = join(dataDir, LOADING);
  if (wanted || existsSync(loading)) {
    await writeFile(loading, '');
    await load(platform);
    await rm(loading);
  }
  await platform.loyaltyTier.fresh();
  const ledger = platform.loyaltyTier.ledger();
  const out = (text: string) => void process.stdout.write(`${text}\n`);
  if (ledger.stats().customers > 0) {
    const isDemo = platform.purchase.stores.get('berlin-mitte') !== undefined;
    const query = { asOf: isDemo ? AS_OF : new Date().toISOString().slice(0, 10), currency: platform.loyaltyTier.currency() };
    out(`\n${pyramidTable(await pyramid(ledger, query), { currency: query.currency })}`);
    if (isDemo) {
      for (const customer of ['M100001', 'M100020', 'M101500']) out((await customerTier(ledger, customer, query)).words);
    }
  }
  out(whatToTry(platform.url, dataDir));
}

async function load(platform: Platform): Promise<void> {
  const bar = new SingleBar(
    { format: 'Demo chain {bar} {percentage}% | {value}/{total} items | {eta_formatted} left', noTTYOutput: true, notTTYSchedule: 2_000 },
    Presets.shades_classic,
  );
  let started = false;
  const summary = await loadDemo(platform.url, platform.adminToken, (sent, total) => {
    if (!started) bar.start(total, 0);
    started = true;
    bar.update(sent);
  });
  bar.stop();
  await platform.purchase.settled();
  const { received, accepted, duplicate, quarantined } = summary;
  process.stdout.write(
    `${demoPlan.customers} customers, ${received} items received: ${accepted} accepted, ${duplicate} duplicates, ${quarantined} to quarantine (some wait for their receipt and are taken by themselves)\n`,
  );
}

function whatToTry(url: string, dataDir: string): string {
  const option = dataDir === 'data' ? '' : ` --data ${dataDir}`;
  return `
Regulars is ready.
  API      ${url}        readable at ${url}/docs
  token    ${join(dataDir, 'admin.token')}   (administrator; keep it to yourself)

Try in another terminal, in this folder:
  npx regulars pyramid --scope region:north --window 2026${option}
  npx regulars customer M100020${option}
  npx regulars quarantine list${option}
  npx regulars --help
Ctrl-C stops.`;
}
