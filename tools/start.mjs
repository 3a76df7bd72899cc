/** `npm start`: installs and compiles what is missing, then runs the platform in this process with the arguments given. */
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { ensureInstalled, requireNode } from './install.mjs';

requireNode();
ensureInstalled('prod');

// The compiler is one of the packages just installed, so it may only be loaded now.
const { build } = await import('./build.mjs');
build();

const main = join(dirname(fileURLToPath(import.meta.url)), '..', 'services', 'platform', 'dist', 'main.js');
if (!existsSync(main)) {
  console.error('services/platform/src/main.ts is missing: this checkout is not complete.');
  process.exit(1);
}
process.argv[1] = main;
await import(pathToFileURL(main).href);
