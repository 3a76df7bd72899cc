import { type DestinationStream, pino } from 'pino';

/** The platform's logger. Log ids of requests and events, route patterns and counts; never bodies, addresses or customers. */
export type Logger = pino.Logger;

/** What a logger is made from. */
export interface LoggerOptions {
  /** Least severity that is logged; default `info`. */
  readonly level?: string;
  /** Errors only, whatever the level says. */
  readonly quiet?: boolean | undefined;
  /** Where lines go; default standard output. */
  readonly destination?: DestinationStream;
}

/** Members that must never reach a log, at the top and one level down. */
const secretMembers = ['authorization', 'token', 'secret', 'password', 'body', 'query', 'customer', 'url'];

/** A logger that writes one JSON object a line: `level`, `time` (ISO 8601), `component`, `msg` and what is stated. */
export function createLogger(options: LoggerOptions = {}): Logger {
  return pino(
    {
      level: options.quiet && options.level !== 'silent' ? 'error' : (options.level ?? 'info'),
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      redact: { paths: secretMembers.flatMap((name) => [name, `*.${name}`]), censor: '[not logged]' },
      serializers: { err: pino.stdSerializers.err },
    },
    options.destination ?? pino.destination({ dest: 1, sync: true }),
  );
}

/** A logger whose lines carry the component's name. */
export function componentLogger(logger: Logger, component: string): Logger {
  return logger.child({ component });
}
