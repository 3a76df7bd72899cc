import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { IntegrationEvent } from '@regulars/contracts';
import type { JsonObject } from '@regulars/kernel';
import { componentLogger, type Configuration, ConfigurationError, type Logger } from '@regulars/runtime';

/** `infra/kafka/topics.yaml` beside the packages. */
const OWN_TOPICS = join(__dirname, '..', '..', '..', '..', 'infra', 'kafka', 'topics.yaml');

/** A file that a setting names. Throws `ConfigurationError` where it cannot be read. */
function fileOf(key: string, path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    const reason = `the file cannot be read (${(error as NodeJS.ErrnoException).code})`;
    throw new ConfigurationError([{ key, source: 'setting', kind: 'file', reason }]);
  }
}

const optional = (key: string, path: string): string | undefined => (path === '' ? undefined : fileOf(key, path));

/** The text of the file that says which topics there are. Throws `ConfigurationError` where it cannot be read. */
export function topicsFile({ kafka }: Configuration): string {
  return fileOf('kafka.topicsFile', kafka.topicsFile === '' ? OWN_TOPICS : kafka.topicsFile);
}

/** The settings of Kafka as its adapter takes them; certificates are read. Throws `ConfigurationError`. */
export function kafkaSettings({ kafka, chain }: Configuration, logger: Logger) {
  const log = componentLogger(logger, 'kafka');
  const { brokers, clientId, topicSuffix, tls, caFile, certFile, keyFile, saslMechanism, username, password, sessionTimeoutSeconds } =
    kafka;
  const files = {
    ca: optional('kafka.caFile', caFile),
    cert: optional('kafka.certFile', certFile),
    key: optional('kafka.keyFile', keyFile),
  };
  const encrypted = tls || Object.values(files).some((text) => text !== undefined);
  return {
    connection: {
      brokers: brokers.split(','),
      clientId,
      ...(encrypted ? { ssl: files } : {}),
      ...(saslMechanism === 'none' ? {} : { sasl: { mechanism: saslMechanism, username, password } }),
      timings: { sessionTimeoutMs: sessionTimeoutSeconds * 1_000, heartbeatIntervalMs: Math.min(3_000, sessionTimeoutSeconds * 250) },
      log: ({ level, message }: { readonly level: 'error' | 'warn' | 'info'; readonly message: string }) => log[level](message),
    },
    topicSuffix,
    chain: chain.id,
    report: ({ part, reason }: { readonly part: string; readonly reason: string }) => log.warn({ part, reason }, 'the bus does not work'),
  };
}

/** Tells why data do not fit their type's contract, or that the type has none; undefined where all is well. Quotes nothing of the data. */
export function contractsValidator(events: readonly IntegrationEvent[]): (type: string, data: JsonObject) => string | undefined {
  const byType = new Map(events.map((event) => [event.type, event]));
  return (type, data) => {
    const event = byType.get(type);
    if (!event) return 'the type has no contract here';
    const checked = event.schema.safeParse(data);
    if (checked.success) return undefined;
    const [first] = checked.error.issues;
    return `the data break the contract of ${event.type} at ${first?.path.join('.') || 'the top'} (${first?.code})`;
  };
}
