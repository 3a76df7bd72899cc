/** FerretDB: the MongoDB protocol over SQLite files, built with Go. For contracts and small runs; it says nothing about MongoDB's speed. */
import { mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { cached, cacheEntry, isCached } from './cache.mjs';
import { runToEnd } from './processes.mjs';
import { requireTools } from './requirements.mjs';

const recipe = join(dirname(fileURLToPath(import.meta.url)), 'ferretdb');
const version = '1.24.0';
const build = ['build', '-mod=readonly', '-trimpath', '-buildvcs=false', '-tags', 'ferretdb_no_postgresql'];
const url = (address) => `mongodb://${address}/?directConnection=true`;

/** The program in its cache folder. */
const program = (folder) => join(folder, 'regulars-ferretdb');

async function isReady({ address }) {
  const { MongoClient } = await import('mongodb');
  const client = new MongoClient(url(address), { serverSelectionTimeoutMS: 1000, socketTimeoutMS: 5000 });
  try {
    const database = client.db('regulars_engines_readiness');
    await database.command({ ping: 1 });
    await database.collection('probe').insertOne({ probe: 1 });
    await database.dropDatabase();
    return true;
  } catch {
    return false;
  } finally {
    await client.close();
  }
}

/** An engine as ./engines.mjs starts it. */
export const ferretdb = {
  name: 'ferretdb',
  title: `FerretDB ${version}`,
  version,
  portCount: 1,
  stopSeconds: 10,
  entry: () =>
    cacheEntry(
      'ferretdb',
      version,
      ['main.go', 'go.mod', 'go.sum'].map((file) => join(recipe, file)),
    ),

  tools() {
    return isCached(this.entry()) ? [] : ['go'];
  },

  /** The folder of the program; built the first time. Throws EngineFailure where Go is missing. */
  async install(say) {
    const entry = this.entry();
    requireTools(this.tools());
    return cached(entry, say, async (folder) => {
      say(`Building ${this.title} with Go (once, about two minutes) …`);
      const options = { cwd: recipe, env: { ...process.env, CGO_ENABLED: '0' } };
      await runToEnd('go', [...build, '-o', program(folder), '.'], `${entry}.log`, options);
    });
  },

  async prepare(folder, directory, ports) {
    const databases = join(directory, 'databases');
    mkdirSync(databases, { recursive: true });
    const args = ['-listen', this.address(ports), '-directory', databases];
    return { command: program(folder), args, marker: databases };
  },

  address: ([port]) => `127.0.0.1:${port}`,
  /** Each write of a bulk command holds a connection of FerretDB's; many of them at once never end. */
  settings: ({ address }) => ({ REGULARS_MONGODB_URL: url(address), REGULARS_MONGODB_BULK_WRITES_MAX: '32' }),
  isReady,
  program,
};
