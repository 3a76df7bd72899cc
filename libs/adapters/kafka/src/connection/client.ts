import { Kafka, logLevel } from 'kafkajs';
import type { Admin, LogEntry, SASLOptions } from 'kafkajs';
import { type KafkaConnection, timingsOf } from './options';

const LEVELS = { [logLevel.ERROR]: 'error', [logLevel.WARN]: 'warn', [logLevel.INFO]: 'info' } as const;

/** A client for the connection. Nothing is connected yet. */
export function kafkaClient(connection: KafkaConnection): Kafka {
  const { brokers, clientId, ssl = false, sasl, log } = connection;
  const timings = timingsOf(connection);
  const write = ({ level, namespace, log: { message } }: LogEntry): void => {
    const name = LEVELS[level as keyof typeof LEVELS];
    if (name) log?.({ level: name, message: namespace ? `${namespace}: ${message}` : message });
  };
  return new Kafka({
    brokers: [...brokers],
    clientId,
    ssl: typeof ssl === 'boolean' ? ssl : { ca: ssl.ca === undefined ? undefined : [ssl.ca], cert: ssl.cert, key: ssl.key },
    sasl: sasl as SASLOptions | undefined,
    connectionTimeout: timings.connectionTimeoutMs,
    authenticationTimeout: timings.connectionTimeoutMs,
    requestTimeout: timings.requestTimeoutMs,
    enforceRequestTimeout: true,
    retry: { initialRetryTime: timings.retryFirstMs, maxRetryTime: timings.retryMostMs, retries: timings.retries },
    logLevel: log ? logLevel.INFO : logLevel.NOTHING,
    logCreator: () => write,
  });
}

/** Does something as an administrator and lets go of the connection again. */
export async function asAdmin<T>(kafka: Kafka, act: (admin: Admin) => Promise<T>): Promise<T> {
  const admin = kafka.admin();
  try {
    await admin.connect();
    return await act(admin);
  } finally {
    await admin.disconnect().catch(() => undefined);
  }
}
