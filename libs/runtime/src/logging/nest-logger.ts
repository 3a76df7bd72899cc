import type { LoggerService } from '@nestjs/common';
import type { Logger } from './logger';

/** Nest's own lines in the platform's log: its start-up chatter at debug, its warnings and errors as such. */
export function nestLogger(logger: Logger): LoggerService {
  const write =
    (level: 'debug' | 'warn' | 'error' | 'fatal') =>
    (message: unknown, ...rest: unknown[]): void => {
      // Nest passes [stack,] context after the message.
      const component = rest.length > 0 ? `nest.${String(rest.at(-1))}` : 'nest';
      if (message instanceof Error) logger[level]({ component, err: message }, message.message);
      else logger[level]({ component }, String(message));
    };
  return {
    log: write('debug'),
    debug: write('debug'),
    verbose: write('debug'),
    warn: write('warn'),
    error: write('error'),
    fatal: write('fatal'),
  };
}
