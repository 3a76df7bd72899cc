import { hash } from 'node:crypto';

/** Root of all ids derived here: UUIDv5 of the DNS name `regulars.invalid`. Never change it: ids are for ever. */
const REGULARS_NAMESPACE = '9cfc7603-f3d8-5e87-b1f6-43a4719ab319';
/** The two high bits of the clock sequence are 10: RFC 9562 §4.1. */
const VARIANT_DIGITS = '89ab';
const namespaceBytes = Buffer.from(REGULARS_NAMESPACE.replaceAll('-', ''), 'hex');

/**
 * The id of a fact, derived from its natural key (UUIDv5, RFC 9562 §5.5), so that whoever sees the same fact
 * again derives the same id. `kind` keeps equal keys of different kinds apart. Parts must not contain U+001F.
 */
export function naturalId(kind: string, ...parts: readonly string[]): string {
  const name = `${kind}\u001f${parts.join('\u001f')}`;
  const nameBytes = Buffer.from(name, 'utf8');
  const sha1 = hash('sha1', Buffer.concat([namespaceBytes, nameBytes], 16 + nameBytes.length), 'hex');
  const variant = VARIANT_DIGITS.charAt(parseInt(sha1.charAt(16), 16) & 0x3);
  return `${sha1.slice(0, 8)}-${sha1.slice(8, 12)}-5${sha1.slice(13, 16)}-${variant}${sha1.slice(17, 20)}-${sha1.slice(20, 32)}`;
}
