/** `node engine-files.mjs <engine> <installed in> <directory> <port…>`: makes the files an engine needs and says how to run it, as JSON. */
import { mkdirSync } from 'node:fs';
import { ferretdb } from '../../../infra/engines/ferretdb.mjs';
import { kafka } from '../../../infra/engines/kafka.mjs';

const [name, installedIn, directory, ...ports] = process.argv.slice(2);
const engine = { kafka, ferretdb }[name];
mkdirSync(directory, { recursive: true });
console.log(JSON.stringify(await engine.prepare(installedIn, directory, ports.map(Number))));
