/** The connection string of the real EventStoreDB for the suites that want one; undefined where there is none. */
export function realServer(): string | undefined {
  return process.env.EVENTSTORE_URL || undefined;
}
