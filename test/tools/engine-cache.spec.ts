import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

const ENGINES = join(__dirname, '..', '..', 'infra', 'engines');
let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'regulars-engine-cache-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** Makes a cache entry in a process of its own: notes that it began or waits for another, waits for the file `go` between two files of the entry. */
function make(): ChildProcess {
  const script = `
    import { appendFileSync, existsSync, writeFileSync } from 'node:fs';
    import { join } from 'node:path';
    import { setTimeout as sleep } from 'node:timers/promises';
    import { cached, cacheEntry } from ${JSON.stringify(join(ENGINES, 'cache.mjs'))};
    const entry = cacheEntry('thing', '1.0', [join(${JSON.stringify(folder)}, 'recipe')]);
    console.log(await cached(entry, () => writeFileSync(join(${JSON.stringify(folder)}, 'waiting'), ''), async (into) => {
      appendFileSync(join(${JSON.stringify(folder)}, 'made'), '.');
      writeFileSync(join(into, 'first'), '');
      while (!existsSync(join(${JSON.stringify(folder)}, 'go'))) await sleep(10);
      writeFileSync(join(into, 'second'), '');
    }));`;
  const env = { PATH: process.env.PATH, XDG_CACHE_HOME: folder };
  return spawn(process.execPath, ['--input-type=module', '-e', script], { env, stdio: ['ignore', 'pipe', 'inherit'] });
}

const begun = (): number => (existsSync(join(folder, 'made')) ? readFileSync(join(folder, 'made'), 'utf8').length : 0);

async function untilBegun(times: number): Promise<void> {
  while (begun() < times) await sleep(10);
}

async function entryOf(child: ChildProcess): Promise<string> {
  let output = '';
  child.stdout?.on('data', (part: Buffer) => (output += part.toString('utf8')));
  await once(child, 'close');
  return output.trim();
}

const recipe = (text: string) => writeFileSync(join(folder, 'recipe'), text);
const go = () => writeFileSync(join(folder, 'go'), '');

test('two at once make it once, and both find it whole', async () => {
  recipe('one');
  const entries = [make(), make()].map(entryOf);
  await untilBegun(1);
  while (!existsSync(join(folder, 'waiting'))) await sleep(10);
  go();
  const [first, second] = await Promise.all(entries);
  expect(second).toBe(first);
  expect(readdirSync(first as string)).toEqual(['first', 'second']);
  expect(begun()).toBe(1);
  expect(readdirSync(join(folder, 'regulars', 'engines'))).toHaveLength(1);
});

test('what was left half made is not taken for whole, nor its lock for held', async () => {
  recipe('one');
  const killed = make();
  await untilBegun(1);
  killed.kill('SIGKILL');
  await once(killed, 'close');
  go();
  expect(readdirSync(await entryOf(make()))).toEqual(['first', 'second']);
  expect(begun()).toBe(2);
  expect(readdirSync(join(folder, 'regulars', 'engines'))).toHaveLength(1);
});

test('another recipe is another entry', async () => {
  go();
  recipe('one');
  const one = await entryOf(make());
  recipe('two');
  expect(await entryOf(make())).not.toBe(one);
  expect(begun()).toBe(2);
});
