import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { AccessInMemory, at, causation, clock } from '../../spec-support/access-in-memory';
import { ensureAdministrator } from './administrator';
import { revokeToken } from './revoke-token';
import { parseToken } from './token-text';

let access: AccessInMemory;
beforeEach(async () => {
  access = new AccessInMemory();
  await access.open();
});
afterEach(() => access.close());

describe("the administrator's file", () => {
  let dataDir: string;
  beforeEach(() => {
    dataDir = mkdtempSync(join(tmpdir(), 'regulars-access-'));
  });
  afterEach(() => rmSync(dataDir, { recursive: true }));
  const path = () => join(dataDir, 'admin.token');
  const ensure = () => ensureAdministrator({ dataDir, context: access.context, clock, causation });

  it('is made at the first start, readable by its owner only, and access.kept', async () => {
    const token = await ensure();
    expect(readFileSync(path(), 'utf8')).toBe(`${token}\n`);
    expect(statSync(path()).mode & 0o777).toBe(0o600);
    expect(readdirSync(dataDir)).toEqual(['admin.token']);
    expect(access.context.registry.authenticate(token)).toMatchObject({ role: 'administrator', stores: '*' });
    await access.restart();
    expect(await ensure()).toBe(token);
    expect(access.context.registry.list()).toHaveLength(1);
  });

  it('is made anew when it is gone; the token before is revoked, others are not', async () => {
    const first = await ensure();
    const other = await access.issued({ role: 'administrator', stores: '*', terminal: null, label: 'somebody' });
    rmSync(path());
    const second = await ensure();
    expect(second).not.toBe(first);
    expect(access.context.registry.authenticate(first)).toBeUndefined();
    expect(access.context.registry.authenticate(second)).toBeDefined();
    expect(access.context.registry.authenticate(other.token)).toBeDefined();
  });

  it.each(['', 'nonsense', `rgl_local-0_${'x'.repeat(43)}`])('is made anew when it holds %p', async (content) => {
    writeFileSync(path(), content);
    const token = await ensure();
    expect(readFileSync(path(), 'utf8').trim()).toBe(token);
  });

  it("is made anew when it holds a revoked or a lesser role's token", async () => {
    const first = await ensure();
    await revokeToken(access.context, parseToken(first)?.tokenId as string, at, causation);
    const second = await ensure();
    expect(second).not.toBe(first);
    writeFileSync(path(), (await access.issued()).token);
    expect(await ensure()).not.toBe(second);
  });

  it('of a place leaves the tokens of other places alone, and takes the force of its own earlier ones', async () => {
    const other = join(dataDir, 'other');
    const at = (place: string, folder = dataDir) =>
      ensureAdministrator({ dataDir: folder, context: access.context, clock, causation, place });
    const [first, second] = [await at('one'), await at('two', other)];
    const { registry } = access.context;
    for (const token of [first, second]) expect(registry.authenticate(token)).toMatchObject({ role: 'administrator' });
    rmSync(path());
    const renewed = await at('one');
    expect([first, second, renewed].map((token) => registry.authenticate(token)?.role)).toEqual([
      undefined,
      'administrator',
      'administrator',
    ]);
  });

  it('is closed to others again, and a draft left by a crash does not matter', async () => {
    writeFileSync(`${path()}.new`, 'half');
    const token = await ensure();
    chmodSync(path(), 0o644);
    expect(await ensure()).toBe(token);
    expect(statSync(path()).mode & 0o777).toBe(0o600);
  });
});
