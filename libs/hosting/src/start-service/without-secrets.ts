import type { Configuration } from '@regulars/runtime';

/** User and password in a URL, and a password alone. */
const CREDENTIALS = /:\/\/[^\s/@]*@/g;

/** A text with every secret of the settings taken out, for logs: messages of client libraries may quote what they were given. */
export function withoutSecrets(text: string, { kafka, mongodb, eventStore }: Configuration): string {
  const secrets = [kafka.password, ...[mongodb.url, eventStore.url].flatMap(secretsIn)].filter((secret) => secret.length > 0);
  return secrets.reduce((clean, secret) => clean.replaceAll(secret, '[not told]'), text.replace(CREDENTIALS, '://[not told]@'));
}

/** The password in a connection string, as it stands there and decoded. */
function secretsIn(url: string): readonly string[] {
  const password = /:\/\/[^\s/@:]*:([^\s/@]*)@/.exec(url)?.[1];
  if (!password) return [];
  try {
    return [password, decodeURIComponent(password)];
  } catch {
    return [password];
  }
}
