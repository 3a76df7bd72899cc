import { spawn } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';

const script = `
const { startPlatform } = require('@regulars/platform');
startPlatform({ dataDir: process.argv[1], port: 0, quiet: true }).then((platform) => {
  process.on('SIGTERM', () => platform.close().then(() => process.exit(0)));
  process.stdout.write(platform.url);
});`;

/** A real platform in a process of its own, serving a data directory. */
export async function platformProcess(data: string): Promise<{ readonly url: string; stop(): Promise<void> }> {
  mkdirSync(data, { recursive: true });
  const child = spawn(process.execPath, ['-e', script, data], { cwd: join(__dirname, '..'), stdio: ['ignore', 'pipe', 'inherit'] });
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve()));
  const url = await new Promise<string>((resolve, reject) => {
    child.stdout.once('data', (part: Buffer) => resolve(part.toString()));
    void ended.then(() => reject(new Error('the platform did not start')));
  });
  return {
    url,
    stop: async () => {
      child.kill('SIGTERM');
      await ended;
    },
  };
}
