import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DirectoryLocked, lockDirectory } from './directory-lock';

const directory = mkdtempSync(join(tmpdir(), 'directory-lock-'));
afterAll(() => rmSync(directory, { recursive: true }));

describe('The lock of a directory', () => {
  it('is held once, until it is released', () => {
    const lock = lockDirectory(directory);
    expect(() => lockDirectory(directory)).toThrow(DirectoryLocked);
    expect(() => lockDirectory(directory)).toThrow(directory);
    lock.release();
    lock.release();
    lockDirectory(directory).release();
  });

  it('keeps other processes out and goes with its owner, however that one ends', async () => {
    const built = join(__dirname.replace(/\/src$/, '/dist'), 'directory-lock.js');
    const script = `require(${JSON.stringify(built)}).lockDirectory(${JSON.stringify(directory)}); console.log('held'); setInterval(() => {}, 1000);`;
    const owner = spawn(process.execPath, ['-e', script], { stdio: ['ignore', 'pipe', 'inherit'] });
    await once(owner.stdout, 'data');
    expect(() => lockDirectory(directory)).toThrow(DirectoryLocked);
    owner.kill('SIGKILL');
    await once(owner, 'exit');
    lockDirectory(directory).release();
  });
});
