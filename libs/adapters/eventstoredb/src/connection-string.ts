/** Where and how to connect. */
export interface ConnectionOptions {
  /**
   * `esdb://host:2113?tls=true`, with several hosts separated by commas for a cluster, or `esdb+discover://name:2113`
   * for one found by DNS. May carry `user:password@`. `eventstore://` and `kurrentdb://` mean the same.
   */
  readonly connectionString: string;
  /** Instead of credentials in the connection string. */
  readonly username?: string | undefined;
  readonly password?: string | undefined;
  /** File with the certificate of the authority that signed the server's, in PEM. */
  readonly tlsCaFile?: string | undefined;
}

/** What the client understands, in any case and with or without `-` and `_`. */
const KNOWN = new Set(
  [
    ['tls', 'tlsCAFile', 'userCertFile', 'userKeyFile', 'connectionName'],
    ['maxDiscoverAttempts', 'discoveryInterval', 'gossipTimeout', 'nodePreference'],
    ['defaultDeadline', 'throwOnAppendFailure', 'keepAliveInterval', 'keepAliveTimeout'],
  ]
    .flat()
    .map(flat),
);

function flat(key: string): string {
  return key.trim().toLowerCase().replace(/[_-]/g, '');
}

/** A connection string that cannot be used. The message never quotes it: it may carry a password. */
export class BadConnectionString extends Error {
  constructor(problem: string) {
    super(`The connection string of the event store ${problem}; it should look like esdb://user:password@host:2113?tls=true`);
    this.name = 'BadConnectionString';
  }
}

/**
 * The connection string for the client, with credentials and CA file from the options. Checked here because the
 * client prints strings it has doubts about, password included. Throws `BadConnectionString`.
 */
export function toClientString({ connectionString, username, password, tlsCaFile }: ConnectionOptions): string {
  const match = /^(?:esdb|eventstore|kurrentdb)(\+discover)?:\/\/(?:([^@/?]*)@)?([^@?]*?)\/*(?:\?(.*))?$/.exec(connectionString.trim());
  if (!match) throw new BadConnectionString('does not begin with esdb:// or esdb+discover://');
  const [, discover = '', userInfo, hosts, query] = match as unknown as [string, string | undefined, string | undefined, string, string?];
  if (!/^[^,:\s]+(:\d{1,5})?(,[^,:\s]+(:\d{1,5})?)*$/.test(hosts)) throw new BadConnectionString('names no host, or a bad port');
  const pairs = (query ?? '').split('&').filter((pair) => pair !== '');
  pairs.forEach(checkPair);
  if (tlsCaFile !== undefined) pairs.push(`tlsCAFile=${encodeURIComponent(tlsCaFile)}`);
  const credentials = credentialsOf(userInfo, username, password);
  return `esdb${discover}://${credentials}${hosts}${pairs.length > 0 ? `?${pairs.join('&')}` : ''}`;
}

function checkPair(pair: string): void {
  const [key, value, ...more] = pair.split('=') as [string, ...string[]];
  if (flat(key) === 'tlsverifycert') {
    throw new BadConnectionString('has tlsVerifyCert, which the client does not support: name the authority with tlsCAFile');
  }
  if (!KNOWN.has(flat(key))) throw new BadConnectionString(`has the unknown setting "${key.slice(0, 40)}"`);
  if (!value || more.length > 0) throw new BadConnectionString(`has no proper value for "${key}"`);
}

function credentialsOf(userInfo: string | undefined, username: string | undefined, password: string | undefined): string {
  if (username === undefined && password === undefined) {
    if (userInfo !== undefined && !/^[^:]+:[^:]+$/.test(userInfo)) throw new BadConnectionString('has a user without a password');
    return userInfo === undefined ? '' : `${userInfo}@`;
  }
  if (!username || !password) throw new BadConnectionString('comes with a user name or a password alone');
  if (userInfo !== undefined) throw new BadConnectionString('has credentials, and the options have as well');
  return `${encodeURIComponent(username)}:${encodeURIComponent(password)}@`;
}

/** Where a connection string leads, for messages: `host:port` without credentials and settings. */
export function hostsOf(clientString: string): string {
  return clientString
    .replace(/^[^:]+:\/\//, '')
    .replace(/^.*@/, '')
    .replace(/\?.*$/, '');
}
