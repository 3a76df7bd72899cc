import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const ROOT = join(__dirname, '..', '..');
const text = (...path: string[]) => readFileSync(join(ROOT, ...path), 'utf8');
const dockerfile = text('Dockerfile');
const lockfile = JSON.parse(text('package-lock.json')) as {
  packages: Record<string, { link?: boolean; inBundle?: boolean; integrity?: string }>;
};

test('what an image copies is in the context that .dockerignore leaves', () => {
  const kept = [...text('.dockerignore').matchAll(/^!(.*)$/gm)].map((match) => match[1] as string);
  const copied = [...dockerfile.matchAll(/^COPY (?!--from)(\S+) /gm)].map((match) => (match[1] as string).replace(/\/\*.*$/, ''));
  for (const path of copied.filter((source) => source !== '.')) {
    expect(existsSync(join(ROOT, path))).toBe(true);
    expect(kept).toContain(path);
  }
});

// Where packages come from is checked with the lockfile (tools/check-lockfile.mjs).
test('packages are those of the lockfile, by their digests, and run no scripts', () => {
  expect(dockerfile.match(/npm ci .*/g)).toHaveLength(2);
  for (const install of dockerfile.match(/npm ci .*/g) ?? []) expect(install).toContain('--omit=dev --ignore-scripts');
  const unchecked = Object.entries(lockfile.packages).filter(
    ([path, { link, inBundle, integrity }]) => path.includes('node_modules/') && !link && !inBundle && !integrity,
  );
  expect(unchecked.map(([path]) => path)).toEqual([]);
  expect(text('.npmrc')).not.toContain('registry');
});

test('a container runs as nobody special, on Node 24, and is stopped in order', () => {
  expect(dockerfile).toMatch(/^ARG NODE_IMAGE=node:24-bookworm-slim$/m);
  expect(dockerfile).toMatch(/^STOPSIGNAL SIGTERM$/m);
  const stages = dockerfile.split(/^FROM /m).slice(1);
  for (const name of ['cli', 'service']) expect(stages.find((stage) => stage.includes(` AS ${name}\n`))).toContain('\nUSER node\n');
});

/** Runs a script of infra/docker to its end while `answer` answers its requests; without it nobody listens. Answers its exit code. */
async function run(script: string, args: readonly string[], answer?: RequestListener): Promise<number | null> {
  const server = createServer(answer).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  if (!answer) await once(server.close(), 'close');
  const env = { REGULARS_HTTP_PORT: String(port), REGULARS_URL: `http://127.0.0.1:${port}` };
  const child = spawn(process.execPath, [join(ROOT, 'infra', 'docker', script), ...args], { env, stdio: 'ignore' });
  const [code] = (await once(child, 'close')) as [number | null];
  server.closeAllConnections();
  if (answer) await once(server.close(), 'close');
  return code;
}

test('the healthcheck says whether the service is alive', async () => {
  const alive: RequestListener = ({ url }, response) => void response.writeHead(url === '/health/live' ? 200 : 404).end();
  const broken: RequestListener = (_request, response) => void response.writeHead(500).end();
  expect([await run('healthcheck.mjs', [], alive), await run('healthcheck.mjs', [], broken), await run('healthcheck.mjs', [])]).toEqual([
    0, 1, 1,
  ]);
});

test('Prometheus gets one token, as soon as the purchase service is ready', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'regulars-metrics-token-'));
  const files = ['admin.token', 'prometheus.token'].map((name) => join(folder, name));
  writeFileSync(files[0] as string, 'administrator\n');
  const asked: (string | undefined)[] = [];
  const service: RequestListener = ({ url, headers }, response) => {
    asked.push(`${url} ${headers.authorization}`);
    if (asked.length === 1) response.writeHead(503).end();
    else response.writeHead(201).end(JSON.stringify({ id: 'one', token: 'metrics only' }));
  };
  expect(await run('metrics-token.mjs', files, service)).toBe(0);
  expect(await run('metrics-token.mjs', files, service)).toBe(0);
  expect(asked).toEqual(['/v1/tokens Bearer administrator', '/v1/tokens Bearer administrator']);
  expect(readFileSync(files[1] as string, 'utf8')).toBe('metrics only');
  rmSync(folder, { recursive: true });
});
