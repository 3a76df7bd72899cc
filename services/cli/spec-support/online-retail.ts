import { existsSync } from 'node:fs';
import { join } from 'node:path';

const checkout = join(__dirname, '..', '..', '..');
const shared = process.env.REGULARS_SHARED_DATA ?? join(checkout, '..', 'shared', 'data');
const file = join(shared, 'online-retail', 'online_retail.csv.gz');

/** The UCI Online Retail file; undefined, said loudly, where this machine does not have it. It is never copied into the project. */
export function onlineRetailFile(): string | undefined {
  if (existsSync(file)) return file;
  process.stderr.write(
    `\nONLINE RETAIL IS NOT HERE: ${file} does not exist; set REGULARS_SHARED_DATA to the folder that holds online-retail/.\n\n`,
  );
  return undefined;
}
