/** csv-parse alone: the file to objects, and nothing done with them. */
import { createReadStream } from 'node:fs';
import { once } from 'node:events';
import { parse } from 'csv-parse';
import { answer, options } from '../harness/side.mjs';

let lines = 0;
const parser = createReadStream(options.file, { highWaterMark: 256 * 1024 }).pipe(parse({ columns: true }));
parser.on('data', () => lines++);
await once(parser, 'end');
answer({ lines });
