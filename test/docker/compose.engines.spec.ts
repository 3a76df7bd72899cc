import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { settingList } from '@regulars/runtime';

const ROOT = join(__dirname, '..', '..');
const CODE = ['purchase', 'loyalty-tier'];
/** Run to their end, and again where that fails. */
const JOBS = ['topics', 'metrics-token'];

interface Service {
  readonly image?: string;
  readonly build?: { readonly target?: string; readonly args?: Readonly<Record<string, string>> };
  readonly restart?: string;
  readonly environment?: Readonly<Record<string, string>>;
  readonly healthcheck?: object;
  readonly depends_on?: Readonly<Record<string, { readonly condition: string }>>;
  readonly ports?: readonly { readonly host_ip?: string; readonly published: string }[];
  readonly volumes?: readonly { readonly type: string; readonly source: string; readonly target: string }[];
}

function composeConfig(file: string) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [join(ROOT, 'tools', 'compose-config.mjs'), file], { encoding: 'utf8' });
  return { status, stdout, stderr };
}

let services: Readonly<Record<string, Service>>;
let volumes: readonly string[];

beforeAll(() => {
  const { status, stdout, stderr } = composeConfig(join(ROOT, 'docker-compose.yml'));
  if (status !== 0) throw new Error(stderr);
  const project = JSON.parse(stdout) as { services: Record<string, Service>; volumes: object };
  services = project.services;
  volumes = Object.keys(project.volumes);
});

test('Compose understands the file, and it holds what the platform needs', () => {
  expect(Object.keys(services).sort()).toEqual(['eventstoredb', 'kafka', 'mongodb', 'prometheus', ...CODE, ...JOBS].sort());
});

test('a file that Compose does not understand is refused', () => {
  const folder = mkdtempSync(join(tmpdir(), 'regulars-compose-'));
  const text = readFileSync(join(ROOT, 'docker-compose.yml'), 'utf8').replace('condition: service_healthy', 'condition: service_happy');
  writeFileSync(join(folder, 'docker-compose.yml'), text);
  const { status, stderr } = composeConfig(join(folder, 'docker-compose.yml'));
  rmSync(folder, { recursive: true });
  expect(status).not.toBe(0);
  expect(stderr).toContain('depends_on');
});

test('settings are ones that the services read', () => {
  const known = new Set(settingList.map(({ variable }) => variable));
  const unknown = CODE.flatMap((name) => Object.keys(services[name]?.environment ?? {})).filter((variable) => !known.has(variable));
  expect(unknown).toEqual([]);
});

test('a service waits for the topics job alone; for servers it waits by itself', () => {
  for (const name of CODE) {
    expect(services[name]?.depends_on).toEqual({ topics: expect.objectContaining({ condition: 'service_completed_successfully' }) });
  }
});

test('what runs on comes back after a fault, and says whether it is well', () => {
  for (const [name, { restart, healthcheck, build }] of Object.entries(services)) {
    expect([name, restart]).toEqual([name, JOBS.includes(name) ? 'on-failure' : 'unless-stopped']);
    // The image of a service has its own healthcheck.
    if (!JOBS.includes(name)) expect([name, healthcheck !== undefined || build !== undefined]).toEqual([name, true]);
  }
});

test('an image is built for each service that is in this tree, others are pinned', () => {
  for (const [name, { image, build }] of Object.entries(services)) {
    if (CODE.includes(name)) expect(build?.args).toEqual({ SERVICE: name });
    else if (JOBS.includes(name)) expect(build).toMatchObject({ target: 'cli', args: { SERVICE: 'cli' } });
    else expect(image).toMatch(/:v?\d+\.\d+/);
  }
});

test('ports are open to this machine only', () => {
  const open = Object.entries(services).flatMap(([name, { ports = [] }]) =>
    ports.filter((port) => port.host_ip !== '127.0.0.1').map(() => name),
  );
  expect(open).toEqual([]);
});

test('data lie in named volumes; instances of loyalty-tier share none', () => {
  const named = Object.values(services)
    .flatMap((service) => service.volumes ?? [])
    .filter(({ type }) => type === 'volume');
  expect(new Set(named.map(({ source }) => source))).toEqual(new Set(volumes));
  expect(services['purchase']?.volumes).toEqual([expect.objectContaining({ source: 'purchase-data', target: '/data' })]);
  expect(services['loyalty-tier']?.volumes).toBeUndefined();
});
