import { createHash } from 'node:crypto';

/** Root of all ids derived here: UUIDv5 of the DNS name `regulars.invalid`. Never change it: ids are for ever. */
const REGULARS_NAMESPACE = '9cfc7603-f3d8-5e87-b1f6-43a4719ab319';
const namespaceBytes = Buffer.from(REGULARS_NAMESPACE.replaceAll('-', ''), 'hex');

/**
 * The id of a fact, derived from its natural key (UUIDv5, RFC 9562 §5.5), so that whoever sees the same fact
 * again derives the same id. `kind` keeps equal keys of different kinds apart. Parts must not contain U+001F.
 */
export function naturalId(kind: string, ...parts: readonly string[]): string {
  const name = `${kind}\u001f${parts.join('\u001f')}`;
  const hash = createHash('sha1').update(namespaceBytes).update(name, 'utf8').digest('hex');
  const variant = ((parseInt(hash.charAt(16), 16) & 0x3) | 0x8).toString(16);
  return `${hash.slice(0, 8)}-${hash.slice(8, 12)}-5${hash.slice(13, 16)}-${variant}${hash.slice(17, 20)}-${hash.slice(20, 32)}`;
}
